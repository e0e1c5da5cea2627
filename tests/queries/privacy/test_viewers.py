"""Who may see what, where: each row is one asker in one place."""

from __future__ import annotations

from datetime import timedelta

import pytest

from queries.privacy.rows import ChannelRule, RoleMember, RoleShop
from queries.privacy.viewers import Channel, ChannelLane, Membership, Permissions, RoleRights

from .conftest import NOW

NAIVE = NOW.replace(tzinfo=None)
ROLES = [
    RoleRights("viewer", False, 10, False, False, False),
    RoleRights("analyst", True, 10, False, False, False),
    RoleRights("dpo", True, 10, True, False, False),
    RoleRights("admin", True, 10, True, True, True),
    RoleRights("owner", True, 10, True, True, True),
    RoleRights("careful", True, 25, False, False, False),
    RoleRights("taobao_team", True, 10, False, False, False),
    RoleRights("jd_team", True, 10, False, False, False),
]
MEMBERS = [
    Membership("viewer", "slack:T1/*", None),
    Membership("analyst", "slack:T1/ANA", None),
    Membership("dpo", "slack:T1/DPO", NAIVE + timedelta(days=1)),
    Membership("admin", "slack:T1/ADM", None),
    Membership("analyst", "slack:T1/GONE", NAIVE - timedelta(minutes=1)),
    Membership("analyst", "local:anna", None),
    Membership("careful", "slack:T1/CARE", None),
    Membership("analyst", "slack:T1/CARE", None),
    Membership("taobao_team", "slack:T1/TB", None),
    Membership("taobao_team", "slack:T1/BOTH", None),
    Membership("jd_team", "slack:T1/BOTH", None),
    Membership("analyst", "slack:T1/MIX", None),
    Membership("jd_team", "slack:T1/MIX", None),
]
SHOPS = {"taobao_team": [("taobao", "S1")], "jd_team": [("jd", "J1"), ("jd", "J2")]}
CHANNELS = {
    "*": ChannelLane(False, "business"), "CPERSON": ChannelLane(False, "person"),
    "CSHUT": ChannelLane(False, "none"), "CEXT": ChannelLane(True, "none"), "DSHUT": ChannelLane(False, "none"),
}  # fmt: skip
PERMISSIONS = Permissions(ROLES, MEMBERS, SHOPS, CHANNELS, 10)

MACHINE, DM = None, Channel("D1", direct=True)
ANY, PERSON, SHUT = Channel("C1"), Channel("CPERSON"), Channel("CSHUT")
# b business lane, p person lane, q SQL, s settings, r registers, x export, a admin
CASES = [
    ("slack:T1/NEW", DM, "b"),
    ("slack:T1/NEW", ANY, "b"),
    ("slack:T1/NEW", PERSON, "b"),
    ("slack:T1/NEW", SHUT, ""),
    ("slack:T1/ANA", DM, "bpqs"),
    ("slack:T1/ANA", ANY, "b"),
    ("slack:T1/ANA", Channel("C1", ephemeral=True), "bpqs"),
    ("slack:T1/ANA", Channel("CSHUT", ephemeral=True), ""),
    ("slack:T1/ANA", PERSON, "bpqs"),
    ("slack:T1/ANA", SHUT, ""),
    ("slack:T1/ANA", Channel("DSHUT", direct=True), ""),
    ("slack:T1/DPO", DM, "bpqsr"),
    ("slack:T1/DPO", ANY, "b"),
    ("slack:T1/DPO", PERSON, "bpqsr"),
    ("slack:T1/ADM", DM, "bpqsrxa"),
    ("slack:T1/ADM", ANY, "b"),
    ("slack:T1/ADM", PERSON, "bpqsrx"),  # changing things is private
    ("slack:T1/GONE", DM, "b"),  # lapsed: a full member like any other
    ("slack:T2/ANA", DM, ""),
    ("slack:T1/ANA", Channel("CEXT"), ""),
    ("slack:T1/ANA", Channel("C1", external=True), ""),
    ("slack:T1/ANA", Channel("C1", external=True, ephemeral=True), ""),
    ("slack:T1/ADM", Channel("CEXT", ephemeral=True), ""),
    ("local:anna", MACHINE, "bpqs"),
    ("local:bert", MACHINE, ""),
    ("viewer", MACHINE, "b"),
    ("analyst", MACHINE, "bpqs"),
    ("dpo", MACHINE, "bpqsr"),
    ("admin", MACHINE, "bpqsrxa"),
    ("owner", MACHINE, "bpqsrxa"),
    ("careful", MACHINE, ""),  # only shipped roles stand for themselves
    ("admin", DM, ""),  # a role's name is nobody in Slack
    ("owner", ANY, ""),
    ("slack:T1/", DM, ""),
    ("", MACHINE, ""),
]


@pytest.mark.parametrize(("principal", "channel", "rights"), CASES)
def test_effective_permission(principal: str, channel: Channel | None, rights: str) -> None:
    viewer = PERMISSIONS.resolve(principal, channel, now=NOW)
    flags = {
        "b": viewer.business_lane, "p": viewer.person_lane, "q": viewer.may_see_sql, "s": viewer.may_read_settings,
        "r": viewer.may_read_registers, "x": viewer.may_export, "a": viewer.may_admin,
    }  # fmt: skip
    assert "".join(flag for flag, on in flags.items() if on) == rights
    assert viewer.principal == principal


@pytest.mark.parametrize("who", [{"guest": True}, {"external": True}, {"guest": True, "external": True}])
@pytest.mark.parametrize("principal", ["slack:T1/NEW", "slack:T1/ADM"])
@pytest.mark.parametrize("channel", [DM, ANY, PERSON])
def test_guests_and_outsiders_get_nothing(principal: str, channel: Channel, who: dict[str, bool]) -> None:
    viewer = PERMISSIONS.resolve(principal, channel, now=NOW, **who)
    assert not (viewer.business_lane or viewer.person_lane or viewer.may_read_settings or viewer.may_admin)


def test_without_a_rule_for_other_channels_they_get_nothing() -> None:
    closed = Permissions(ROLES, MEMBERS, {}, {"CPERSON": ChannelLane(False, "person")}, 10)
    assert not closed.resolve("slack:T1/ANA", ANY, now=NOW).business_lane
    assert closed.resolve("slack:T1/ANA", PERSON, now=NOW).person_lane
    assert closed.resolve("slack:T1/ANA", DM, now=NOW).person_lane


def test_without_the_wildcard_row_people_without_a_role_get_nothing() -> None:
    closed = Permissions(ROLES, [m for m in MEMBERS if not m.principal.endswith("/*")], {}, CHANNELS, 10)
    assert not closed.resolve("slack:T1/NEW", DM, now=NOW).business_lane
    assert closed.resolve("slack:T1/ANA", DM, now=NOW).person_lane


def test_a_role_may_raise_the_group_size_and_never_lower_it() -> None:
    assert PERMISSIONS.resolve("slack:T1/CARE", DM, now=NOW).min_group == 25
    assert PERMISSIONS.resolve("analyst", now=NOW).min_group == 10


@pytest.mark.parametrize(
    ("principal", "shops"),
    [
        ("slack:T1/ANA", None), ("slack:T1/TB", (("taobao", "S1"),)),
        ("slack:T1/BOTH", (("jd", "J1"), ("jd", "J2"), ("taobao", "S1"))), ("slack:T1/MIX", None),
    ],
)  # fmt: skip
def test_shops_of_a_role(principal: str, shops: tuple[tuple[str, str], ...] | None) -> None:
    assert PERMISSIONS.resolve(principal, DM, now=NOW).shops == shops


def test_a_membership_ends_at_its_minute() -> None:
    member = "slack:T1/DPO"
    assert PERMISSIONS.resolve(member, DM, now=NOW + timedelta(hours=23, minutes=59)).may_read_registers
    assert not PERMISSIONS.resolve(member, DM, now=NOW + timedelta(days=1)).may_read_registers


def test_what_is_shown_is_private_where_others_cannot_read_along() -> None:
    private = {"machine": (MACHINE, "analyst"), "dm": (DM, "slack:T1/ANA"), "any": (ANY, "slack:T1/ANA")}
    assert {
        name: PERMISSIONS.resolve(who, channel, now=NOW).private for name, (channel, who) in private.items()
    } == {"machine": True, "dm": True, "any": False}


def test_permissions_are_read_from_the_tables_that_are_shown(home) -> None:  # type: ignore[no-untyped-def]
    from queries.privacy.decisions import write_rows
    from queries.privacy.viewers import permissions_of

    with home.warehouse.write() as session:
        write_rows(session, [
            RoleMember(role="analyst", principal="slack:T9/U1"), ChannelRule(channel_id="CP", lane="person"),
            RoleShop(role="analyst", platform="jd", shop_id="J1"),
        ])  # fmt: skip
        session.execute("UPDATE privacy.disclosure_rules SET min_group = 20 WHERE scope = 'slack'")
    home.warehouse.publish()
    permissions = permissions_of(home.warehouse.snapshot("person"))
    seen = permissions.resolve("slack:T9/U1", Channel("CP"), now=NOW)
    assert (seen.role, seen.person_lane, seen.min_group, seen.shops) == ("analyst", True, 20, (("jd", "J1"),))
    assert permissions.resolve("slack:T9/U2", Channel("C0"), now=NOW).role == "viewer"


@pytest.mark.parametrize("rule", [{"is_external": True, "lane": "business"}, {"lane": "everything"}])
def test_no_rule_can_open_an_external_channel(rule: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        ChannelRule(channel_id="C1", **rule)  # type: ignore[arg-type]
