"""Granting, revoking, reviewing, and the second administrator."""

from __future__ import annotations

from datetime import timedelta

import pytest

from queries.privacy.members import (
    BadPrincipal,
    MayNotAdminister,
    NeedsAnother,
    NoSuchProposal,
    NoSuchRole,
    NotAMember,
    Proposal,
    approve,
    change_setting,
    grant,
    list_members,
    open_proposals,
    review,
    revoke,
)
from queries.privacy.rows import ChannelRule
from queries.privacy.viewers import Channel, permissions_of

from .conftest import NOW

ADMIN, SECOND, ANA = "slack:T1/ADM", "slack:T1/ADM2", "slack:T1/ANA"


@pytest.fixture
def with_admins(home):  # type: ignore[no-untyped-def]
    for admin in (ADMIN, SECOND):
        grant(home.warehouse, home.state, "admin", admin, by="owner", now=NOW)
    return home


def seen(home, principal: str, channel: Channel | None = None):  # type: ignore[no-untyped-def]
    return permissions_of(home.warehouse.snapshot("person")).resolve(principal, channel, now=NOW)


def test_the_owner_grants_at_once_for_a_year(home) -> None:  # type: ignore[no-untyped-def]
    row = grant(home.warehouse, home.state, "analyst", ANA, by="owner", now=NOW)
    assert row.expires_at == NOW + timedelta(days=365)  # type: ignore[union-attr]
    assert seen(home, ANA).person_lane
    (member,) = [m for m in list_members(home.warehouse, now=NOW) if m.principal == ANA]
    assert (member.granted_by, member.active, member.review_due) == ("owner", True, False)


def test_an_administrator_proposes_and_another_approves(with_admins) -> None:  # type: ignore[no-untyped-def]
    home = with_admins
    proposal = grant(home.warehouse, home.state, "analyst", ANA, by=ADMIN, now=NOW)
    assert isinstance(proposal, Proposal)
    assert not seen(home, ANA).person_lane
    assert [p.proposal for p in open_proposals(home.state, now=NOW)] == [proposal.proposal]
    approve(home.warehouse, home.state, proposal.proposal, by=SECOND, now=NOW)
    assert seen(home, ANA).person_lane
    assert open_proposals(home.state, now=NOW) == []
    assert home.look(
        "SELECT decided_by, approved_by FROM privacy.setting_decisions WHERE row_key = ?",
        [f"analyst | {ANA}"],
    ) == [(ADMIN, SECOND)]


def test_nobody_approves_what_is_their_own(with_admins) -> None:  # type: ignore[no-untyped-def]
    home = with_admins
    mine = grant(home.warehouse, home.state, "analyst", ANA, by=ADMIN, now=NOW)
    about_second = grant(home.warehouse, home.state, "owner", SECOND, by=ADMIN, now=NOW)
    for proposal, by in ((mine, ADMIN), (about_second, SECOND)):
        with pytest.raises(NeedsAnother):
            approve(home.warehouse, home.state, proposal.proposal, by=by, now=NOW)  # type: ignore[union-attr]
    with pytest.raises(MayNotAdminister):
        approve(home.warehouse, home.state, mine.proposal, by=ANA, now=NOW)  # type: ignore[union-attr]
    assert not seen(home, ANA).person_lane


def test_proposals_lapse_after_a_week(with_admins) -> None:  # type: ignore[no-untyped-def]
    home = with_admins
    proposal = grant(home.warehouse, home.state, "analyst", ANA, by=ADMIN, now=NOW)
    with pytest.raises(NoSuchProposal):
        approve(home.warehouse, home.state, proposal.proposal, by=SECOND, now=NOW + timedelta(days=8))  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("role", "principal", "by", "error"),
    [
        ("boss", ANA, "owner", NoSuchRole), ("analyst", "anna", "owner", BadPrincipal),
        ("analyst", "anna@example.com", "owner", BadPrincipal), ("analyst", "slack:T1", "owner", BadPrincipal),
        ("analyst", ANA, ANA, MayNotAdminister), ("analyst", ANA, "slack:T1/NEW", MayNotAdminister),
        ("analyst", ANA, "admin", MayNotAdminister),
    ],
)  # fmt: skip
def test_what_cannot_be_granted(home, role: str, principal: str, by: str, error: type[Exception]) -> None:  # type: ignore[no-untyped-def]
    before = list_members(home.warehouse, now=NOW)
    with pytest.raises(error):
        grant(home.warehouse, home.state, role, principal, by=by, now=NOW)
    assert list_members(home.warehouse, now=NOW) == before


def test_one_administrator_is_enough_to_take_away(with_admins) -> None:  # type: ignore[no-untyped-def]
    home = with_admins
    grant(home.warehouse, home.state, "analyst", ANA, by="owner", now=NOW)
    revoke(home.warehouse, home.state, "analyst", ANA, by=ADMIN, now=NOW)
    assert not seen(home, ANA).person_lane
    with pytest.raises(NotAMember):
        revoke(home.warehouse, home.state, "analyst", ANA, by=ADMIN, now=NOW)
    with pytest.raises(MayNotAdminister):
        revoke(home.warehouse, home.state, "admin", ADMIN, by=ANA, now=NOW)


def test_the_workspace_closes_the_door_for_people_without_a_role_and_it_stays_closed(home) -> None:  # type: ignore[no-untyped-def]
    from queries.privacy.decisions import load_settings

    load_settings(home.warehouse, home.path, now=NOW, team="T1")
    assert seen(home, "slack:T1/NEW", Channel("C1")).business_lane
    revoke(home.warehouse, home.state, "viewer", "slack:T1/*", by="owner", now=NOW)
    (home.path / "privacy").mkdir()
    (home.path / "privacy" / "x.yaml").write_text(
        "version: 1\ndecided_by: A\ndecided_on: 2026-11-01\nchannel_rules: [{channel_id: C2, lane: business}]\n"
    )
    load_settings(home.warehouse, home.path, now=NOW)
    assert not seen(home, "slack:T1/NEW", Channel("C1")).business_lane


def test_reviews_are_due_every_quarter(home) -> None:  # type: ignore[no-untyped-def]
    grant(home.warehouse, home.state, "analyst", ANA, by="owner", now=NOW)
    later = NOW + timedelta(days=100)
    assert [m.principal for m in list_members(home.warehouse, now=later) if m.review_due] == [ANA]
    review(home.warehouse, ANA, by="owner", now=later)
    assert [m.principal for m in list_members(home.warehouse, now=later) if m.review_due] == []


def test_settings_change_by_command_under_the_same_rule(with_admins) -> None:  # type: ignore[no-untyped-def]
    home = with_admins
    rule = ChannelRule(channel_id="C5", lane="person", note="data team")
    proposal = change_setting(home.warehouse, home.state, rule, by=ADMIN, now=NOW)
    assert home.look("SELECT count(*) FROM privacy.channel_rules WHERE channel_id = 'C5'") == [(0,)]
    approve(home.warehouse, home.state, proposal.proposal, by=SECOND, now=NOW)  # type: ignore[union-attr]
    assert home.look("SELECT lane FROM privacy.channel_rules WHERE channel_id = 'C5'") == [("person",)]
