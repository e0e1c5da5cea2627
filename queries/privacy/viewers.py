"""Who is asking, and where: the effective permission of one question.

Effective permission = what the role of the asker allows, and the rule of the channel too, because everyone in
a channel reads the answer. It is read from the same tables that people can ask about, so the settings shown
are the settings enforced. Whatever has no row gets nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

from queries.privacy.reading import Reader, snapshot_reader
from queries.viewer import Viewer

SHIPPED_ROLES = ("viewer", "analyst", "dpo", "admin", "owner")
"""Names that `--as` takes in place of a member, weakest first."""
Lane = Literal["none", "business", "person"]


@dataclass(frozen=True)
class Channel:
    """Where a question was asked. The default is the machine itself: nobody else reads along.

    `direct`: a direct message with the bot. `external`: shared with another company (Slack Connect), as Slack
    says; a rule may say so too. `ephemeral`: the answer will be shown to the asker alone, so the channel's
    lane does not narrow it, but what is closed to Souk altogether stays closed.
    """

    id: str = ""
    direct: bool = False
    external: bool = False
    ephemeral: bool = False


@dataclass(frozen=True)
class RoleRights:
    role: str
    person_lane: bool
    min_group: int
    registers: bool
    export: bool
    admin: bool


@dataclass(frozen=True)
class Membership:
    role: str
    principal: str
    expires_at: datetime | None


@dataclass(frozen=True)
class ChannelLane:
    external: bool
    lane: Lane


class Permissions:
    """The access tables of one snapshot.

    >>> permissions.resolve("analyst", now=now).person_lane
    True
    >>> permissions.resolve("slack:T1/U9", Channel("C1"), now=now, guest=True).business_lane
    False
    """

    def __init__(
        self,
        roles: Iterable[RoleRights],
        members: Iterable[Membership],
        shops: dict[str, list[tuple[str, str]]],
        channels: dict[str, ChannelLane],
        min_group: int,
    ) -> None:
        self._roles = {role.role: role for role in roles}
        self._members = list(members)
        self._shops = shops
        self._channels = channels
        self._min_group = min_group

    @classmethod
    def read(cls, reader: Reader) -> Permissions:
        """From the tables of schema `privacy`, in a snapshot or a session."""
        k = reader.named("SELECT min_group FROM privacy.disclosure_rules WHERE scope = 'slack'")[0][
            "min_group"
        ]
        roles = [
            RoleRights(
                row["role"],
                bool(row["may_ask_person_lane"]),
                max(k, row["min_group"] or 0),
                bool(row["may_read_registers"]),
                bool(row["may_export"]),
                bool(row["may_admin"]),
            )
            for row in reader.named("SELECT * FROM privacy.roles")
        ]
        members = [
            Membership(row["role"], row["principal"], row["expires_at"])
            for row in reader.named("SELECT role, principal, expires_at FROM privacy.role_members")
        ]
        shops: dict[str, list[tuple[str, str]]] = {}
        for row in reader.named("SELECT * FROM privacy.role_shops ORDER BY platform, shop_id"):
            shops.setdefault(row["role"], []).append((row["platform"], row["shop_id"]))
        channels = {
            row["channel_id"]: ChannelLane(bool(row["is_external"]), row["lane"])
            for row in reader.named("SELECT channel_id, is_external, lane FROM privacy.channel_rules")
        }
        return cls(roles, members, shops, channels, k)

    def resolve(
        self,
        principal: str,
        channel: Channel | None = None,
        *,
        now: datetime,
        guest: bool = False,
        external: bool = False,
    ) -> Viewer:
        """The viewer of one question.

        `principal`: `slack:<team>/<user>`, `local:<name>`, or, at the machine (`channel` None) only, a
        shipped role's name. `guest`: Slack says the user is a guest; `external`: the user belongs to another
        workspace.
        An unknown principal is nobody: no lane, no rights.
        """
        if guest or external:
            return self._nobody(principal, channel)
        roles = self._roles_of(principal, now, at_machine=channel is None)
        if not roles:
            return self._nobody(principal, channel)
        lane = self._lane(channel)
        if lane == "none":
            return self._nobody(principal, channel)
        private = channel is None or channel.direct or channel.ephemeral
        open_lane = lane == "person"
        person = open_lane and any(role.person_lane for role in roles)
        registers = open_lane and any(role.registers for role in roles)
        return Viewer(
            principal=principal,
            role=max(roles, key=_strength).role,
            business_lane=True,
            person_lane=person,
            may_see_sql=person,
            may_read_settings=person or registers,
            may_read_registers=registers,
            may_export=open_lane and any(role.export for role in roles),
            may_admin=private and any(role.admin for role in roles),
            min_group=max(role.min_group for role in roles),
            shops=self._shops_of(roles),
            channel_id=channel.id if channel else "",
            private=private or open_lane,
        )

    def _roles_of(self, principal: str, now: datetime, *, at_machine: bool) -> list[RoleRights]:
        """Active roles: those of the principal itself, else those of the wildcard it falls under."""
        if at_machine and principal in SHIPPED_ROLES:
            return [self._roles[principal]] if principal in self._roles else []
        active = [
            member
            for member in self._members
            if member.expires_at is None or member.expires_at > now.replace(tzinfo=None)
        ]
        own = [member.role for member in active if member.principal == principal]
        names = own or [member.role for member in active if _falls_under(principal, member.principal)]
        return [self._roles[name] for name in dict.fromkeys(names) if name in self._roles]

    def _lane(self, channel: Channel | None) -> Lane:
        """The widest lane that may be answered there."""
        if channel is None:
            return "person"
        rule = self._channels.get(channel.id) or self._channels.get("*")
        if channel.external or (rule is not None and rule.external):
            return "none"
        if channel.direct:
            return "person" if channel.id not in self._channels else self._channels[channel.id].lane
        if rule is None or rule.lane == "none":
            return "none"
        return "person" if channel.ephemeral else rule.lane

    def _shops_of(self, roles: list[RoleRights]) -> tuple[tuple[str, str], ...] | None:
        """None where any of the roles is unrestricted, else all shops that the roles name."""
        if any(role.role not in self._shops for role in roles):
            return None
        return tuple(sorted({shop for role in roles for shop in self._shops[role.role]}))

    def _nobody(self, principal: str, channel: Channel | None) -> Viewer:
        return Viewer(
            principal=principal,
            role="none",
            business_lane=False,
            min_group=self._min_group,
            channel_id=channel.id if channel else "",
            private=False,
        )

    def knows(self, principal: str, role: str, now: datetime) -> bool:
        """Whether the principal itself (no wildcard) holds the role now."""
        return any(
            member.role == role
            and member.principal == principal
            and (member.expires_at is None or member.expires_at > now.replace(tzinfo=None))
            for member in self._members
        )

    def is_admin(self, principal: str, now: datetime) -> bool:
        """Whether the principal may change settings: the person at the machine, or an administrator."""
        return any(role.admin for role in self._roles_of(principal, now, at_machine=principal == "owner"))


def _strength(role: RoleRights) -> tuple[int, int]:
    rank = SHIPPED_ROLES.index(role.role) if role.role in SHIPPED_ROLES else 0
    return role.person_lane + 2 * role.registers + 4 * role.admin, rank


def _falls_under(principal: str, pattern: str) -> bool:
    """`slack:T1/U1` falls under `slack:T1/*`. Before a Slack workspace is installed the row still reads
    `slack:<team>/*`; then only the person at the machine can be asking as somebody, so any team fits."""
    if not pattern.endswith("/*"):
        return False
    team, slash, user = principal.partition("/")
    return bool(slash and user) and team.startswith("slack:") and pattern[:-2] in (team, "slack:<team>")


@lru_cache(maxsize=4)
def permissions_of(snapshot: Path) -> Permissions:
    """The permissions of a published person-lane snapshot; its path is new with every publication."""
    with snapshot_reader(snapshot) as reader:
        return Permissions.read(reader)
