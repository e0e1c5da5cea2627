"""Members: who has which role, until when, and who decided it.

The person at the machine decides alone (it is the machine that holds the files). An administrator elsewhere
proposes and a second administrator approves; nobody approves a proposal of their own, nor one that is about
themselves. Memberships expire and are reviewed every quarter.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from queries.privacy.decisions import record_decision
from queries.privacy.reading import snapshot_reader
from queries.privacy.rows import Role, RoleMember, Row
from queries.privacy.viewers import Permissions
from queries.trouble import Trouble

if TYPE_CHECKING:
    from queries.warehouse import Session, State, Warehouse

OWNER = "owner"
EXPIRES_AFTER = timedelta(days=365)
REVIEW_EVERY = timedelta(days=92)
PROPOSAL_LIVES = timedelta(days=7)
PROPOSALS = "proposal"


class NoSuchRole(Trouble):
    en = "There is no role {role}."
    zh = "没有名为 {role} 的角色。"
    hint_en = "Roles: {known}."
    hint_zh = "现有角色: {known}。"


class BadPrincipal(Trouble):
    en = "{principal} is not a member's name."
    zh = "{principal} 不是有效的成员名。"
    hint_en = "Write slack:TEAM/USER (for example slack:T024/U17), slack:TEAM/* or local:NAME."
    hint_zh = "请写 slack:团队/用户 (例如 slack:T024/U17), slack:团队/* 或 local:名称。"


class NotAMember(Trouble):
    en = "{principal} does not have the role {role}."
    zh = "{principal} 没有角色 {role}。"
    hint_en = "`souk members list` shows who has which role."
    hint_zh = "`souk members list` 可查看成员与角色。"


class MayNotAdminister(Trouble):
    en = "Only an administrator may change this; {principal} is not one."
    zh = "只有管理员可以更改; {principal} 不是管理员。"
    hint_en = "At the machine: `souk members grant admin PRINCIPAL`."
    hint_zh = "请在本机执行: `souk members grant admin 成员`。"


class NeedsAnother(Trouble):
    en = "This needs a second administrator, who neither proposed it nor gains from it."
    zh = "此更改需要另一位管理员批准, 且不能是提议人或受益人。"


class NoSuchProposal(Trouble):
    en = "There is no open proposal {proposal}."
    zh = "没有待批准的提议 {proposal}。"
    hint_en = "Proposals lapse after seven days."
    hint_zh = "提议七天后失效。"


@dataclass(frozen=True)
class Member:
    """A row of `privacy.role_members`, with what is to be done about it."""

    role: str
    principal: str
    granted_by: str | None
    granted_at: datetime | None
    expires_at: datetime | None
    last_reviewed_on: date | None
    active: bool
    review_due: bool


@dataclass(frozen=True)
class Proposal:
    """A change that waits for a second administrator."""

    proposal: str
    action: Literal["grant", "revoke", "set"]
    table: str
    row: dict[str, Any]
    proposed_by: str
    proposed_at: datetime


def list_members(warehouse: Warehouse, *, now: datetime) -> list[Member]:
    """Everybody with a role, lapsed ones included, by role and name."""
    with snapshot_reader(warehouse) as reader:
        rows = reader.named("SELECT * FROM privacy.role_members ORDER BY role, principal")
    naive = now.astimezone(UTC).replace(tzinfo=None)
    return [
        Member(
            **row,
            active=row["expires_at"] is None or row["expires_at"] > naive,
            review_due=row["granted_by"] != "shipped" and _reviewed(row) + REVIEW_EVERY < naive.date(),
        )
        for row in rows
    ]


def _reviewed(row: dict[str, Any]) -> date:
    known = [day for day in (row["last_reviewed_on"], row["granted_at"] and row["granted_at"].date()) if day]
    return max(known, default=date.min)


def grant(
    warehouse: Warehouse,
    state: State,
    role: str,
    principal: str,
    *,
    by: str,
    now: datetime,
    expires_at: datetime | None = None,
    forever: bool = False,
) -> RoleMember | Proposal:
    """Gives a role: at once by the owner, as a proposal by an administrator. Expires after a year.

    Raises NoSuchRole, BadPrincipal, MayNotAdminister.
    """
    until = None if forever else expires_at or now + EXPIRES_AFTER
    try:
        row = RoleMember(
            role=role,
            principal=principal,
            granted_by=by,
            granted_at=now,
            expires_at=until,
            last_reviewed_on=now.date(),
        )
    except ValidationError:
        raise BadPrincipal(principal=principal) from None
    with snapshot_reader(warehouse) as reader:
        known = [found["role"] for found in reader.named("SELECT role FROM privacy.roles ORDER BY role")]
    if role not in known:
        raise NoSuchRole(role=role, known=", ".join(known))
    return _decide(warehouse, state, "grant", row, by=by, now=now)


def revoke(
    warehouse: Warehouse, state: State, role: str, principal: str, *, by: str, now: datetime
) -> RoleMember | Proposal:
    """Takes a role away: at once, by the owner or any one administrator, as leavers must be out within a day.

    Closing a wildcard row (`slack:T1/*`) works the same way. Raises NotAMember, MayNotAdminister.
    """
    with snapshot_reader(warehouse) as reader:
        found = reader.named(
            "SELECT * FROM privacy.role_members WHERE role = ? AND principal = ?", [role, principal]
        )
        allowed = by == OWNER or Permissions.read(reader).is_admin(by, now)
    if not found:
        raise NotAMember(role=role, principal=principal)
    if not allowed:
        raise MayNotAdminister(principal=by)
    row = RoleMember.model_validate(found[0])
    with warehouse.write() as session:
        record_decision(session, row, by=by, approved_by=None, now=now, withdraw=True)
    warehouse.publish()
    return row


def review(warehouse: Warehouse, principal: str, *, by: str, now: datetime) -> int:
    """Notes that somebody looked at a member's roles and left them; returns how many rows."""
    with warehouse.write() as session:
        rows = session.named("SELECT * FROM privacy.role_members WHERE principal = ?", [principal])
        for found in rows:
            row = RoleMember.model_validate({**found, "last_reviewed_on": now.date()})
            record_decision(session, row, by=by, approved_by=None, now=now)
    if not rows:
        raise NotAMember(role="any role", principal=principal)
    warehouse.publish()
    return len(rows)


def change_setting(warehouse: Warehouse, state: State, row: Row, *, by: str, now: datetime) -> Row | Proposal:
    """Writes a settings row: at once by the owner, as a proposal by an administrator. The row is validated by
    its type (no group below five persons, no lane for an external channel)."""
    return _decide(warehouse, state, "set", row, by=by, now=now)


def _decide(
    warehouse: Warehouse, state: State, action: Literal["grant", "set"], row: Any, *, by: str, now: datetime
) -> Any:
    if by == OWNER:
        with warehouse.write() as session:
            record_decision(session, row, by=by, approved_by=None, now=now)
        warehouse.publish()
        return row
    with snapshot_reader(warehouse) as reader:
        if not Permissions.read(reader).is_admin(by, now):
            raise MayNotAdminister(principal=by)
    proposal = Proposal(secrets.token_hex(4), action, row.table, row.model_dump(mode="json"), by, now)
    kept = {**asdict(proposal), "proposed_at": now.isoformat()}
    state.put(PROPOSALS, proposal.proposal, kept, now=now, expires_at=now + PROPOSAL_LIVES)
    return proposal


def open_proposals(state: State, *, now: datetime) -> list[Proposal]:
    """What waits for a second administrator, oldest first."""
    return [_proposal(kept) for kept in state.items(PROPOSALS, now=now).values()]


def approve(warehouse: Warehouse, state: State, proposal: str, *, by: str, now: datetime) -> Row:
    """Carries out a proposal. Raises NoSuchProposal, MayNotAdminister, NeedsAnother."""
    from queries.privacy.rows import SETTINGS

    kept = state.get(PROPOSALS, proposal, now=now)
    if kept is None:
        raise NoSuchProposal(proposal=proposal)
    waiting = _proposal(kept)
    with warehouse.write() as session:
        if not (by == OWNER or Permissions.read(session).is_admin(by, now)):
            raise MayNotAdminister(principal=by)
        if by in (waiting.proposed_by, waiting.row.get("principal")):
            raise NeedsAnother
        row = SETTINGS[waiting.table].model_validate(waiting.row)
        _check_role(session, row)
        record_decision(session, row, by=waiting.proposed_by, approved_by=by, now=now)
    state.drop(PROPOSALS, proposal)
    warehouse.publish()
    return row


def _check_role(session: Session, row: Row) -> None:
    """A role may have gone since it was proposed."""
    known = [found["role"] for found in session.named("SELECT role FROM privacy.roles")]
    if isinstance(row, RoleMember) and not isinstance(row, Role) and row.role not in known:
        raise NoSuchRole(role=row.role, known=", ".join(known))


def _proposal(kept: dict[str, Any]) -> Proposal:
    return Proposal(**{**kept, "proposed_at": datetime.fromisoformat(kept["proposed_at"])})
