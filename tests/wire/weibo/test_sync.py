"""Weibo served from the sandbox world, synced over real sockets: levels, growth and spend to the fen."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from connectors.engine.sync import sync

UID, FIRST = "7412589630", date(2026, 5, 1)


@pytest.fixture(scope="module")
def market(open_market: Callable[..., Any]) -> Any:
    """Synced on 20 June at noon and on each of the three days after it."""
    found = open_market("weibo", scale=0.1)
    found.snapshots = []
    for days in range(4):
        found.world.advance(timedelta(days=min(days, 1)))
        found.sync(**({} if days else {"since": found.world.now - timedelta(days=50)}))
        found.snapshots.append((found.world.followers("weibo", UID), found.world.posts("weibo", UID)))
    return found


def test_followers_are_levels_and_the_rest_is_what_was_gained(market: Any) -> None:
    rows = market.look("SELECT followers, posts, shares, comments, likes, impressions FROM social_daily ORDER BY date")
    assert rows[0] == (market.snapshots[0][0], None, None, None, None, None)
    for row, (_, before), (followers, after) in zip(rows[1:], market.snapshots, market.snapshots[1:], strict=False):
        sums = [[sum(getattr(post, name) for post in posts) for name in ("reposts", "comments", "likes")]
                for posts in (before, after)]
        gained = [now - then for then, now in zip(*sums, strict=True)]
        assert row == (followers, len(after) - len(before), *gained, None)
        assert gained[2] > 0
    assert len(rows) == 4


def test_spend_by_campaign_and_day_to_the_fen(market: Any) -> None:
    found = {row[:2]: row[2:] for row in market.look(
        "SELECT date, campaign_id, spend * 100, impressions, clicks, attributed_orders FROM ad_daily")}
    expected: dict[tuple[date, str], list[int]] = {}
    for row in market.world.ads("weibo", (FIRST, market.world.now.date())):
        sums = expected.setdefault((row.date, row.campaign_id), [0, 0, 0])
        for place, figure in enumerate((row.spend, row.impressions, row.orders)):
            sums[place] += figure
    assert len(expected) > 100
    assert found == {key: (spend, seen, None, orders) for key, (spend, seen, orders) in expected.items()}


def test_campaigns_have_their_names(market: Any) -> None:
    assert dict(market.look("SELECT campaign_id, name FROM campaigns")) == {
        campaign.campaign_id: campaign.name for campaign in market.world.campaigns("weibo")}


def test_the_account_is_the_shop(market: Any) -> None:
    assert market.look("SELECT shop_id, tz, currency FROM shops") == [(UID, "Asia/Shanghai", "CNY")]
    assert market.look("SELECT DISTINCT account, shop_id FROM social_daily") == [(UID, UID)]


def test_no_rule_is_broken_and_no_field_unknown(market: Any) -> None:
    assert market.sandbox.violations == []
    assert market.look("SELECT check_name, detail FROM data_quality") == []


def test_no_text_of_a_post_reaches_the_disk(market: Any) -> None:
    texts = {post.text.encode() for post in market.world.posts("weibo", UID)} | {"山屿生活".encode()}
    for path in market.warehouse.rooms.home.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not [text for text in texts if text in content], path.name


def test_within_the_hour_nothing_is_asked(market: Any) -> None:
    assert {report.requests for report in market.sync().values()} == {0}


def test_a_second_look_on_the_same_day_does_not_count_twice(market: Any) -> None:
    before = market.look("SELECT likes FROM social_daily ORDER BY date")
    market.sync(streams=["social"])
    assert market.look("SELECT likes FROM social_daily ORDER BY date") == before


def test_faults_and_an_expired_ads_token_lose_nothing(market: Any) -> None:
    market.world.advance(timedelta(hours=2))
    stored = market.vault.settings("weibo")["ads_access_token"]
    market.sandbox.states["weibo"].tokens("ads").expire()
    for place, kind in enumerate(("429", "500", "cut", "drop"), start=1):
        # not on the token's own way: whoever loses the answer to a renewal has lost the token
        market.sandbox.faults.add("weibo", kind, at=(place * 2,), path="/2/")
    reports = market.sync()
    market.sandbox.faults.clear()
    assert sum(report.retries for report in reports.values()) >= 5
    assert market.vault.settings("weibo")["ads_access_token"] != stored
    test_spend_by_campaign_and_day_to_the_fen(market)


def test_an_expired_account_token_is_a_matter_for_people(market: Any) -> None:
    """The ads go on; the failed stream says what to do."""
    market.world.advance(timedelta(hours=2))
    market.sandbox.states["weibo"].tokens().expire()
    reports = sync(market.connections.active(), market.warehouse, market.vault, lambda: market.world.now)
    social, ads = sorted(reports, key=lambda report: report.stream, reverse=True)
    assert (ads.stream, ads.status) == ("ads", "succeeded")
    assert (social.stream, social.status) == ("social", "failed")
    assert social.error == "The platform refused access. (the access token has ended)"
