"""Weibo payloads become daily figures. What is not told is unknown, never 0."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest

from connectors.engine.catalogue import load, wire_paths
from connectors.engine.errors import Rejected
from connectors.engine.stream import Ask, Call, Context, Reply
from connectors.weibo import CONNECTOR, ads, social, wire
from queries.records import AdDaily, Campaign, SocialDaily

FIXTURES = Path(__file__).parent / "fixtures"
SETTINGS = CONNECTOR.settings(uid="1404376560", access_token="t", advertiser_id="2608812381")
NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
CONTEXT = Context(SETTINGS, "1404376560", "CNY", ZoneInfo("Asia/Shanghai"), NOW)
TODAY = date(2026, 6, 20)
CATALOGUE = load(Path(social.__file__).parent / "fields.yaml")


def reply(body: bytes) -> Reply:
    return Reply(200, {}, body)


def fixture(name: str) -> Reply:
    return reply((FIXTURES / name).read_bytes())


TIMELINE = social.timeline(Ask(page=1, size=100), CONTEXT)
COUNTS = reply(b'[{"id": 1404376560, "followers_count": 48200, "friends_count": 3, "statuses_count": 5}]')
OLD, NEWER, NEWEST = 1_306_835_215, 1_781_740_800, 1_781_884_799


def snapshot(*posts: tuple[str, int | None, int | None, int | None, int], followers: int | None = 100) -> social.Levels:
    return {"followers": followers, "posts": {name: list(rest) for name, *rest in posts}}


def test_a_snapshot_sums_nothing_up_yet() -> None:
    items = [*social.read(COUNTS, social.user_counts("1404376560")).items,
             *social.read(fixture("timeline.json"), TIMELINE).items]
    assert social.levels(items) == {"followers": 48200, "posts": {
        "5023456789012347": [3, 0, 12, NEWEST], "5023456789012346": [310, 220, 640, NEWER],
        "3000000000000001": [7, None, None, OLD]}}


@pytest.mark.parametrize(("total", "read"), [("5", 5), ("2431", 2000), ("null", None)])
def test_a_timeline_ends_at_its_total_or_its_depth(total: str, read: int | None) -> None:
    assert social.read(reply(b'{"statuses": [], "total_number": %s}' % total.encode()), TIMELINE).total == read


def test_an_account_that_the_counts_leave_out_has_unknown_followers() -> None:
    assert social.levels(social.read(reply(b"[]"), social.user_counts("1")).items)["followers"] is None


FIRST = snapshot(("a", 10, 5, 100, 50), ("b", 1, 1, 1, 60))


@pytest.mark.parametrize(("what", "now", "posts", "shares", "comments", "likes"), [
    ("nothing moved", FIRST, 0, 0, 0, 0),
    ("counts grew", snapshot(("a", 12, 5, 130, 50), ("b", 1, 2, 1, 60)), 0, 2, 1, 30),
    ("a post was taken back", snapshot(("b", 2, 1, 4, 60)), 0, 1, 0, 3),
    ("likes were taken back", snapshot(("a", 10, 5, 98, 50), ("b", 1, 1, 1, 60)), 0, 0, 0, -2),
    ("a new post counts whole", snapshot(("c", 3, 2, 9, 70), ("a", 10, 5, 100, 50), ("b", 1, 1, 1, 60)), 1, 3, 2, 9),
    ("an older one comes to sight", snapshot(("o", 500, 500, 500, 40), ("a", 10, 5, 100, 50)), 0, 0, 0, 0),
    ("one count is hidden", snapshot(("a", 11, None, 100, 50), ("b", 1, 1, 1, 60)), 0, 1, None, 0),
])
def test_growth(what: str, now: social.Levels, posts: int, shares: int, comments: object, likes: int) -> None:
    assert list(social.growth(now, FIRST, TODAY, CONTEXT)) == [SocialDaily(
        account="1404376560", date=TODAY, followers=100, posts=posts, shares=shares, comments=comments, likes=likes,
        impressions=None)], what


def test_before_a_second_snapshot_growth_is_unknown() -> None:
    assert list(social.growth(FIRST, None, TODAY, CONTEXT)) == [
        SocialDaily(account="1404376560", date=TODAY, followers=100)]


@pytest.mark.parametrize(("spelled", "at"), [
    ("Tue May 31 17:46:55 +0800 2011", datetime(2011, 5, 31, 9, 46, 55, tzinfo=UTC)),
    ("Wed Jan 01 00:00:00 +0800 2025", datetime(2024, 12, 31, 16, tzinfo=UTC)),
    ("Sun Feb 29 23:00:00 -0530 2032", datetime(2032, 3, 1, 4, 30, tzinfo=UTC)),
])
def test_instants(spelled: str, at: datetime) -> None:
    assert social.posted(spelled) == at.timestamp()


def asked(day: date = date(2026, 6, 18), page: int = 1) -> Call:
    return ads.effect(Ask(first_day=day, last_day=day, page=page, size=50), CONTEXT)


def test_creatives_add_up_to_their_campaign() -> None:
    """2,822.09 + 0.10 of two creatives; a number beyond 2^53; a row of the whole account."""
    page = ads.entries(fixture("effect.json"), asked())
    rows = [row for entry in ads.by_campaign(page.items) for row in ads.ad_rows(entry, CONTEXT)]
    day = {"date": date(2026, 6, 18), "channel": "ad", "currency": "CNY"}
    assert rows == [
        AdDaily(**day, campaign_id="500001", spend=Decimal("2822.19"), impressions=120400, attributed_orders=17),
        AdDaily(**day, campaign_id="9007199254740993", spend=Decimal(1), impressions=None, attributed_orders=None),
        AdDaily(**day, campaign_id="2608812381", spend=Decimal("0.07"), impressions=4, attributed_orders=None)]
    assert {row.clicks for row in rows} == {None}


@pytest.mark.parametrize("body", [b"{}", b'{"code": 0}', b'{"code": 0, "message": "success", "pages": 1}'])
def test_an_answer_without_its_list_takes_no_figures_away(body: bytes) -> None:
    with pytest.raises(msgspec.ValidationError, match="list"):
        ads.entries(reply(body), asked())


def test_a_day_without_ads_is_an_empty_list() -> None:
    assert ads.entries(reply(b'{"code": 0, "pages": 0, "list": null}'), asked()).items == []


def test_a_day_that_was_not_asked_for_is_no_answer() -> None:
    with pytest.raises(Rejected, match="asked for 2026-06-17, got 2026-06-18"):
        ads.entries(fixture("effect.json"), asked(date(2026, 6, 17)))


@pytest.mark.parametrize(("page", "pages", "following"), [(1, 3, "2"), (2, 3, "3"), (3, 3, None), (1, 1, None)])
def test_the_report_says_how_many_pages_it_has(page: int, pages: int, following: str | None) -> None:
    found = ads.entries(reply(b'{"code": 0, "pages": %d, "list": [{"pv": 1}]}' % pages), asked(page=page))
    assert found.next == following
    assert found.total == (0 if following is None else None), "a full last page must not be followed by an empty one"


@pytest.mark.parametrize(("day", "calls"), [(TODAY, 1), (date(2026, 6, 19), 1), (date(2026, 6, 18), 0),
                                            (date(2025, 3, 1), 1)])
def test_names_are_asked_for_now_and_then(day: date, calls: int) -> None:
    assert len(ads.names([ads.Entry(day, wire.AdRow(), "9")], CONTEXT)) == calls


def test_campaigns_get_their_names_page_by_page() -> None:
    entries = [ads.Entry(TODAY, wire.AdRow(campaign_id=5), "9"), ads.Entry(TODAY, wire.AdRow(campaign_id=6), "9")]
    pages = [reply(b'{"code": 0, "page_total": 2, "list": [{"id": 5, "name": "\xe6\x96\xb0\xe5\x93\x81"}]}'),
             reply(b'{"code": 0, "page_total": 2, "list": [{"id": 7, "name": "old"}, {"id": 8, "name": ""}]}')]
    (further,) = ads.more_names(entries, pages[:1])
    assert further.params == {"advertiser_id": "9", "page": 2, "page_size": 100}
    assert ads.more_names(entries, pages) == []
    rows = [row for entry in ads.by_campaign(list(ads.with_names(entries, pages)))
            for row in ads.ad_rows(entry, CONTEXT) if isinstance(row, Campaign)]
    assert rows == [Campaign(campaign_id="5", name="新品", channel="ad"),
                    Campaign(campaign_id="7", name="old", channel="ad")]


@pytest.mark.parametrize(("source", "kind"), [("social", wire.Account), ("social", wire.Post), ("ads", wire.AdRow),
                                              ("ads", wire.Campaign)])
def test_every_field_that_is_read_has_its_class(source: str, kind: type) -> None:
    entries = CATALOGUE.sources[source].by_path
    for path in wire_paths(kind):
        assert entries[path].treatment != "drop", path


@pytest.mark.parametrize(("name", "source"), [("timeline.json", "social"), ("effect.json", "ads")])
def test_every_field_that_arrives_has_its_class(name: str, source: str) -> None:
    known, body = CATALOGUE.sources[source], (FIXTURES / name).read_bytes()
    assert known.unknown(body, set(), deep=True) == set()
    strange = body.replace(b'"idstr"', b'"giftwrap"').replace(b'"pv"', b'"giftwrap"')
    assert known.unknown(strange, set()) == {"giftwrap"}


@pytest.mark.parametrize("path", ["text", "user.*", "geo.*", "source", "retweeted_status.*"])
def test_what_tells_of_people_is_dropped(path: str) -> None:
    assert CATALOGUE.sources["social"].by_path[path].treatment == "drop"
