"""Cohort grids, funnels and movements against hand-written SQL, and what the group-size rule hides in them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from queries.compile import Clock, Compiled, compile_shape, settled, validate
from queries.model import load_model
from queries.privacy.decisions import load_settings
from queries.query import (
    CohortQuery,
    Filter,
    FunnelQuery,
    MovementQuery,
    Order,
    PaybackQuery,
    SemanticQuery,
    ShapedQuery,
    TimeRange,
)
from queries.run import run
from queries.viewer import Viewer
from queries.warehouse import Warehouse
from tests.queries.asking import Market, days

NOW, TODAY = datetime(2026, 4, 20, 4, 0, tzinfo=UTC), date(2026, 4, 20)
YEAR = TimeRange(start=date(2026, 1, 1), end=date(2026, 5, 1))
TAOBAO = (Filter(dimension="platform", values=("taobao",)),)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Market:
    """Two platforms in 2026. 40 buyers first bought on taobao in January, 15 of them again in February, 4 in March;
    20 in February, nobody again; 8 (under the group size) on jd in January, all again in February. Every purchase
    is 100, one of January is refunded by 30 in March. Segments at the end of February and of March."""
    warehouse = Warehouse(tmp_path_factory.mktemp("shapes"), clock=lambda: NOW)
    warehouse.prepare()
    load_settings(warehouse, warehouse.rooms.home, now=NOW)
    with warehouse.write() as session:
        for platform in ("taobao", "jd"):
            session.execute(
                "INSERT INTO shops (platform, shop_id, tz, currency, history_from, data_through)"
                " VALUES (?, '1', 'Asia/Shanghai', 'CNY', '2024-01-01', '2026-04-19')",
                [platform],
            )
        session.executemany(ORDER, [_order(n, *sale) for n, sale in enumerate(_sales())])
        session.execute(REFUND)
        session.executemany("INSERT INTO customer_segments VALUES (?, ?, ?, 'lifecycle', ?, 1)", _segments())
        session.executemany(TRAFFIC, _traffic())
        session.executemany(REVIEW, _reviews())
    warehouse.publish()
    return Market(warehouse, NOW, TODAY)


ORDER = (
    "INSERT INTO orders (platform, shop_id, order_id, customer_key, status, order_type, payment_type, created_at,"
    " sale_at, created_date, sale_date, currency, fx_to_base, list_amount, seller_discount, platform_discount,"
    " shipping_amount, tax_amount, tax_included)"
    " VALUES (?, '1', ?, ?, 'completed', 'normal', 'prepaid', ?, ?, ?, ?, 'CNY', 1, 100, 0, 0, 0, 0, true)"
)
REFUND = (
    "INSERT INTO refunds (platform, shop_id, refund_id, order_id, refund_type, status, goods_amount, refund_date)"
    " VALUES ('taobao', '1', 'r', 'o0', 'refund_only', 'success', 30, '2026-03-05')"
)
TRAFFIC = (
    "INSERT INTO traffic_daily (platform, shop_id, date, channel, visitors, impressions, clicks, add_to_cart_visitors,"
    " paying_buyers) VALUES (?, '1', ?, ?, ?, ?, ?, ?, ?)"
)
REVIEW = (
    "INSERT INTO reviews (platform, shop_id, review_id, product_id, rating, rating_scale, created_at)"
    " VALUES ('taobao', '1', ?, ?, ?, 5, '2026-04-02 03:00')"
)


def _reviews() -> list[tuple[Any, ...]]:
    """Two of 5 for p1, forty of 4.5 for p2, eight of 2 for p3."""
    ratings = [("p1", "5")] * 2 + [("p2", "4.5")] * 40 + [("p3", "2")] * 8
    return [(f"v{n}", product, Decimal(rating)) for n, (product, rating) in enumerate(ratings)]


def _order(number: int, platform: str, buyer: str, day: date) -> tuple[Any, ...]:
    return (platform, f"o{number}", buyer, day, day, day, day)


def _sales() -> list[tuple[str, str, date]]:
    found = [("taobao", f"a{n}", date(2026, 1, 5)) for n in range(40)]
    found += [("taobao", f"a{n}", date(2026, 2, 5)) for n in range(15)]
    found += [("taobao", f"a{n}", date(2026, 3, 5)) for n in range(4)]
    found += [("taobao", f"b{n}", date(2026, 2, 7)) for n in range(20)]
    found += [("jd", f"c{n}", day) for n in range(8) for day in (date(2026, 1, 9), date(2026, 2, 9))]
    return found


def _segments() -> list[tuple[Any, ...]]:
    """February: 30 active, 25 cooling. March: of the active 15 stay and 15 cool; of the cooling 12 lapse, 10 stay,
    3 are active again; 11 are new and active."""
    moves = [("active", "active", 15), ("active", "cooling", 15), ("cooling", "lapsed", 12)]
    moves += [("cooling", "cooling", 10), ("cooling", "active", 3), ("", "active", 11)]
    rows: list[tuple[Any, ...]] = []
    number = 0
    for before, after, count in moves:
        for _ in range(count):
            number += 1
            if before:
                rows.append((date(2026, 2, 28), "taobao", f"s{number}", before))
            rows.append((date(2026, 3, 31), "taobao", f"s{number}", after))
    return rows


def _traffic() -> list[tuple[Any, ...]]:
    """Taobao has a total beside its channels; jd has channels alone and no exposure."""
    week = [date(2026, 4, 1) + timedelta(days=n) for n in range(7)]
    rows: list[tuple[Any, ...]] = []
    for day in week:
        rows.append(("taobao", day, "all", 100, 1000, 90, 20, 5))
        rows.append(("taobao", day, "search", 80, 700, 70, 15, 4))
        rows.append(("jd", day, "search", 40, None, None, 8, 2))
        rows.append(("jd", day, "live", 10, None, None, 4, 1))
    return rows


def ask(place: Market, query: ShapedQuery, viewer: Viewer | None = None) -> list[tuple[Any, ...]]:
    """Rows of a valid shaped query."""
    compiled = made(place, query, viewer)
    result = run(place.warehouse.snapshot(compiled.lane), compiled.sql)
    assert list(result.names) == [output.name for output in compiled.columns]
    return result.rows


def made(place: Market, query: ShapedQuery, viewer: Viewer | None = None) -> Compiled:
    who = viewer or place.viewer
    assert validate(query, load_model(), who, place.clock()) is None
    return compile_shape(query, load_model(), who, place.clock())


# --- cohorts

COHORT_SQL = """
WITH first AS (SELECT platform, customer_key, min(sale_date) AS day FROM v_orders
               WHERE is_sale AND customer_key IS NOT NULL AND platform = 'taobao' GROUP BY ALL),
size AS (SELECT date_trunc('month', day)::DATE AS cohort, count(*) AS n FROM first GROUP BY 1),
back AS (SELECT date_trunc('month', f.day)::DATE AS cohort,
                date_diff('month', date_trunc('month', f.day), date_trunc('month', o.sale_date)) AS m,
                count(DISTINCT f.customer_key) AS active
         FROM first f JOIN v_orders o USING (platform, customer_key) WHERE o.is_sale GROUP BY 1, 2),
grid AS (SELECT cohort, n, unnest(generate_series(0, 3)) AS m FROM size)
SELECT cohort, n, m, CASE WHEN m > 0 AND (cohort + to_months(CAST(m + 1 AS INTEGER)))::DATE - 1 > '2026-04-19'
                          THEN NULL ELSE coalesce(active, 0) END
FROM grid LEFT JOIN back USING (cohort, m) ORDER BY 1, 3"""


def test_a_cohort_grid_counts_who_came_back(shop: Market) -> None:
    rows = ask(shop, CohortQuery(time=YEAR, months=3, filters=TAOBAO))
    independent = shop.sql(COHORT_SQL)
    assert len(rows) == len(independent) == 8
    for (cohort, size, no, active, share, hidden), (cohort_, size_, no_, active_) in zip(
        rows, independent, strict=True
    ):
        assert (cohort, size, no) == (cohort_, size_, no_)
        if active_ is None or hidden:
            assert active is None and share is None
        else:
            assert active == active_
            assert share == round(Decimal(active_) / size_, 6)


def test_the_january_cohort(shop: Market) -> None:
    january = [row for row in ask(shop, CohortQuery(time=YEAR, months=3, filters=TAOBAO)) if row[0].month == 1]
    #            month 0: all 40; month 1: 15; month 2: 4 buyers, under the group size; month 3 is April: not over
    assert [row[3] for row in january] == [40, 15, None, None]
    assert [row[5] for row in january] == [False, False, True, False]
    assert january[1][4] == Decimal("0.375")


def test_value_adds_up_per_buyer_of_the_cohort(shop: Market) -> None:
    rows = ask(shop, CohortQuery(measure="value", time=YEAR, months=3, filters=TAOBAO))
    january = [row for row in rows if row[0].month == 1]
    # 40 x 100 less the 30 that came back later, over 40 buyers; then 15 x 100 more
    assert january[0][4] == Decimal("99.25")
    assert january[1][4] == Decimal("136.75")
    assert january[2][4] is None  # four buyers more would show what these four spent
    february = [row for row in rows if row[0].month == 2]
    assert [row[4] for row in february] == [Decimal("100.00"), Decimal("100.00"), None, None]


def test_a_cohort_under_the_group_size_is_blank(shop: Market) -> None:
    jd = (Filter(dimension="platform", values=("jd",)),)
    rows = ask(shop, CohortQuery(time=YEAR, months=2, filters=jd))
    assert {(row[1], row[3], row[4]) for row in rows} == {(None, None, None)}
    assert rows[0][5]


def test_a_grid_per_platform_hides_what_a_grid_of_it_alone_hides(shop: Market) -> None:
    rows = ask(shop, CohortQuery(dimensions=("platform",), time=YEAR, months=1, from_month=1))
    alone = ask(shop, CohortQuery(filters=TAOBAO, time=YEAR, months=1, from_month=1))
    assert [row[1:] for row in rows if row[0] == "taobao"] == alone
    assert {row[2:6] for row in rows if row[0] == "jd"} == {(None, 1, None, None)}


def test_cohort_metrics_are_always_a_grid() -> None:
    """Alone they would pass by the group-size rule of its cells."""
    model, clock = load_model(), Clock(NOW, TODAY)
    asked = SemanticQuery(metrics=("retention_rate",), dimensions=("platform", "cohort_month"), time=YEAR)
    assert settled(asked, model) == CohortQuery(dimensions=("platform",), time=YEAR)
    beside = SemanticQuery(metrics=("retention_rate", "gmv"), time=YEAR)
    problem = validate(settled(beside, model), model, Viewer.owner(), clock)
    assert problem and problem.about == ("retention_rate", "gmv")


# --- funnels


def test_a_funnel_takes_the_total_row_where_there_is_one(shop: Market) -> None:
    rows = ask(shop, FunnelQuery(funnel="shop", filters=TAOBAO, time=days(date(2026, 4, 1), date(2026, 4, 7))))
    assert rows == [
        ("shop_impressions", 7000, None, Decimal("1.000000")),
        ("shop_clicks", 630, Decimal("0.090000"), Decimal("0.090000")),
        ("visitors", 700, Decimal("1.111111"), Decimal("0.100000")),
        ("add_to_cart_visitors", 140, Decimal("0.200000"), Decimal("0.020000")),
        ("paying_buyers", 35, Decimal("0.250000"), Decimal("0.005000")),
    ]


def test_a_stage_nobody_delivers_is_left_out(shop: Market) -> None:
    jd = (Filter(dimension="platform", values=("jd",)),)
    rows = ask(shop, FunnelQuery(funnel="shop", filters=jd, time=days(date(2026, 4, 1), date(2026, 4, 7))))
    assert [row[:2] for row in rows] == [("visitors", 350), ("add_to_cart_visitors", 84), ("paying_buyers", 21)]
    assert rows[0][2] is None and rows[1][2] == Decimal("0.24")


def test_platforms_have_a_funnel_each(shop: Market) -> None:
    rows = ask(shop, FunnelQuery(funnel="shop", time=days(date(2026, 4, 1), date(2026, 4, 7))))
    assert {row[0] for row in rows} == {"jd", "taobao"}
    assert [row[2] for row in rows if row[1] == "visitors"] == [350, 700]


def test_a_funnel_by_channel_takes_the_channel_rows(shop: Market) -> None:
    query = FunnelQuery(
        funnel="shop", dimensions=("channel",), filters=TAOBAO, time=days(date(2026, 4, 1), date(2026, 4, 7))
    )
    rows = ask(shop, query)
    assert [row[1:3] for row in rows] == [
        ("shop_impressions", 4900),
        ("shop_clicks", 490),
        ("visitors", 560),
        ("add_to_cart_visitors", 105),
        ("paying_buyers", 28),
    ]


# --- movements

MOVES = MovementQuery(segments="lifecycle", earlier=date(2026, 3, 1), later=date(2026, 4, 5))
MOVES_SQL = """
SELECT e.segment, l.segment, count(*) FROM
 (SELECT * FROM customer_segments WHERE segment_set = 'lifecycle' AND snapshot_date = '2026-02-28') e
 FULL JOIN (SELECT * FROM customer_segments WHERE segment_set = 'lifecycle' AND snapshot_date = '2026-03-31') l
 ON e.platform = l.platform AND e.customer_key = l.customer_key GROUP BY ALL"""


def test_moves_are_counted_between_the_last_snapshots(shop: Market) -> None:
    """The three who came back from cooling are too few; the next smallest cell of their row (10 who stayed cooling)
    and of their column (11 new ones) are hidden with them, or the three would follow by subtraction."""
    rows = ask(shop, MOVES)
    independent = {(before or "(not yet)", after): n for before, after, n in shop.sql(MOVES_SQL)}
    assert rows and all(independent[row[0], row[1]] == row[2] for row in rows)
    assert {(row[4], row[5]) for row in rows} == {(date(2026, 2, 28), date(2026, 3, 31))}
    assert {row[:3] for row in rows} == {
        ("active", "active", 15),
        ("active", "cooling", 15),
        ("cooling", "lapsed", 12),
    }
    shares = {row[:2]: row[3] for row in rows}
    assert shares["active", "cooling"] == Decimal("0.5")


def test_one_move_is_the_same_cell(shop: Market) -> None:
    one = MOVES.model_copy(update={"leaving": ("active",), "entering": ("cooling",)})
    assert [row[:4] for row in ask(shop, one)] == [("active", "cooling", 15, Decimal("0.500000"))]


def test_the_rate_is_of_all_who_were_there(shop: Market) -> None:
    """15 of the 30 who were active; of the cooling, three came back, which nobody is told."""
    rate = MOVES.model_copy(update={"leaving": ("active", "lapsed"), "entering": ("cooling",), "as_rate": True})
    row = ask(shop, rate)[0]
    ((left,),) = shop.sql(
        """SELECT count(*) FROM customer_segments WHERE segment_set = 'lifecycle' AND snapshot_date = '2026-02-28'
        AND segment IN ('active', 'lapsed')"""
    )
    assert row[7:] == (15, left, (Decimal(15) / left).quantize(Decimal("0.000001")))
    back = MOVES.model_copy(update={"leaving": ("cooling",), "entering": ("active",), "as_rate": True})
    assert {(row[7], row[9]) for row in ask(shop, back)} == {(None, None)}


def test_who_lapsed_has_not_stayed(shop: Market) -> None:
    into = MOVES.model_copy(update={"entering": ("cooling",)})
    assert [row[:3] for row in ask(shop, into)] == [("active", "cooling", 15)]


@pytest.mark.parametrize("pair", [("cooling", "active"), ("active", "lapsed")])
def test_few_and_none_look_the_same(shop: Market, pair: tuple[str, str]) -> None:
    """Three who came back, and nobody who lapsed: neither is told."""
    one = MOVES.model_copy(update={"leaving": pair[:1], "entering": pair[1:]})
    assert [(row[2], row[6]) for row in ask(shop, one)] == [(None, True)]


def test_hidden_moves_cannot_be_had_by_subtraction(shop: Market) -> None:
    """Both margins are public: what is hidden in a row or a column is nothing, or k buyers together."""
    shown = {row[:2]: row[2] for row in ask(shop, MOVES)}
    for side in (0, 1):
        for segment in {cell[side] or "(not yet)" for cell in (row[:2] for row in shop.sql(MOVES_SQL))}:
            whole = sum(n for b, a, n in shop.sql(MOVES_SQL) if (b or "(not yet)", a)[side] == segment)
            seen = [n for cell, n in shown.items() if cell[side] == segment]
            assert not seen or whole == sum(seen) or whole - sum(seen) >= 10


def test_without_two_snapshots_nothing_moved(shop: Market) -> None:
    assert ask(shop, MOVES.model_copy(update={"earlier": date(2026, 1, 1)})) == []
    assert ask(shop, MOVES.model_copy(update={"earlier": date(2026, 3, 1), "later": date(2026, 3, 2)})) == []


def test_the_persons_behind_a_movement_are_known_to_the_alarm(shop: Market) -> None:
    one = MOVES.model_copy(update={"leaving": ("active",), "entering": ("cooling",)})
    assert len(shop.sql(made(shop, one).population)) == 15


# --- payback


def _spend(session: Any, amount: int) -> None:
    session.execute("DELETE FROM ad_daily")
    session.execute(
        "INSERT INTO ad_daily (platform, shop_id, date, campaign_id, channel, spend, currency, fx_to_base)"
        " VALUES ('taobao', '1', '2026-01-10', 'k', 'search', ?, 'CNY', 1)",
        [amount],
    )


@pytest.mark.parametrize(
    ("spend", "days_", "value"),
    [
        (3000, 0, "99.25"),  # the first purchases of January (39 x 100 + 70) pay it at once
        (5000, 31, "136.75"),  # with the 15 of 5 February: 5,470
        (5800, 59, "146.75"),  # with the 4 of 5 March: 5,870
        (9000, None, "146.75"),  # never, in the 78 days that have passed for everybody
    ],
)
def test_payback_is_the_day_that_the_cohort_has_paid_its_ads(
    shop: Market, spend: int, days_: int | None, value: str
) -> None:
    with shop.warehouse.write() as session:
        _spend(session, spend)
    shop.warehouse.publish()
    january = PaybackQuery(filters=TAOBAO, time=days(date(2026, 1, 1), date(2026, 1, 31)))
    ((found, cac, buyers, by_then, observed),) = ask(shop, january)
    assert (found, buyers, observed) == (days_, 40, 78)
    assert cac == Decimal(spend) / 40 and by_then == Decimal(value)


def test_a_metric_query_for_payback_becomes_one() -> None:
    model = load_model()
    asked = SemanticQuery(metrics=("cac_payback_days",), dimensions=("platform",), time=YEAR)
    assert settled(asked, model) == PaybackQuery(dimensions=("platform",), time=YEAR)
    beside = settled(asked.model_copy(update={"metrics": ("cac_payback_days", "cac")}), model)
    problem = validate(beside, model, Viewer.owner(), Clock(NOW, TODAY))
    assert problem and problem.about == ("cac_payback_days", "cac")


# --- products by their reviews

SHRUNK_SQL = """
WITH v AS (SELECT product_id, CAST(rating AS DOUBLE) AS rating FROM reviews), m AS (SELECT avg(rating) AS mean FROM v)
SELECT product_id, avg(rating), (20 * any_value(mean) + sum(rating)) / (20 + count(*)), count(*) FROM v, m
GROUP BY product_id ORDER BY 3 DESC"""


def test_few_reviews_do_not_decide_a_rank(shop: Market) -> None:
    """Forty of 4.5 stand before two of 5; the plain mean and the number stand beside."""
    rows = shop.ask("review_score", dimensions=("product",), order=(Order(by="review_score"),), time=YEAR).rows
    independent = shop.sql(SHRUNK_SQL)
    assert [row["product"] for row in rows] == [row[0] for row in independent] == ["p2", "p1", "p3"]
    for row, (_, plain, shrunk, count) in zip(rows, independent, strict=True):
        assert abs(float(row["review_score"]) - plain) < 0.0001
        assert abs(float(row["review_score_shrunk"]) - shrunk) < 0.0001
        assert row["reviews"] == count


def test_reviews_without_a_rank_stay_plain(shop: Market) -> None:
    assert list(shop.ask("review_score", time=YEAR).one) == ["review_score"]


# --- who may ask


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        (CohortQuery(time=YEAR), "no_permission"),
        (MOVES, "no_permission"),
        (FunnelQuery(funnel="moon"), "not_in_model"),
        (FunnelQuery(funnel="shop", dimensions=("region",)), "not_in_model"),
        (CohortQuery(filters=(Filter(dimension="channel", values=("live",)),)), "not_in_model"),
        (MOVES.model_copy(update={"leaving": ("champions",)}), "not_in_model"),
    ],
)
def test_what_stands_against_a_shape(shop: Market, query: ShapedQuery, reason: str) -> None:
    viewer = Viewer.owner() if reason != "no_permission" else Viewer(principal="v", role="viewer")
    problem = validate(query, load_model(), viewer, Clock(NOW, TODAY))
    assert problem and problem.reason == reason


def test_a_funnel_needs_no_person(shop: Market) -> None:
    assert made(shop, FunnelQuery(funnel="shop", time=YEAR)).lane == "business"
