"""Snapshots: a partition of all buyers, reproducible, versioned; lifecycle and value tiers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from queries.segments import BadSegments, Rules, daily, snapshot_day, take_snapshots, weekly_history

from .conftest import Books, open_books

DAY = date(2026, 11, 15)
RULES = Rules.read()

sale = st.tuples(
    st.sampled_from(["taobao", "jd"]), st.integers(0, 12), st.integers(0, 800), st.integers(1, 5000)
)


@settings(max_examples=25, deadline=None)
@given(st.lists(sale, max_size=60), st.lists(st.tuples(st.integers(0, 12), st.integers(0, 400)), max_size=6))
def test_every_buyer_is_in_exactly_one_segment_of_each_set(sales, refunds) -> None:  # type: ignore[no-untyped-def]
    books = open_books()
    for platform, buyer, days, amount in sales:
        books.sell((f"b{buyer}", DAY - timedelta(days=days), amount), platform=platform)
    bought = {f"b{buyer}" for _, buyer, _, _ in sales}
    for buyer, amount in refunds:
        if f"b{buyer}" in bought:
            books.refund(f"b{buyer}", DAY - timedelta(days=buyer), amount)
    made = snapshot_day(books, RULES, DAY)
    buyers = {(platform, f"b{buyer}") for platform, buyer, _, _ in sales}
    assert made.buyers == len(buyers) and made.rows == 3 * len(buyers)
    rows = books.execute(
        "SELECT segment_set, platform, customer_key, segment, version FROM customer_segments"
    )
    assert len(rows) == len({row[:3] for row in rows}) == 3 * len(buyers)
    assert {(platform, key) for _, platform, key, _, _ in rows} == buyers
    defined = set(books.execute("SELECT segment_set, segment, version FROM segment_definitions"))
    assert {(row[0], row[3], row[4]) for row in rows} <= defined


def test_what_was_sold_or_refunded_later_does_not_change_a_past_day(books: Books) -> None:
    books.sell(*[(f"b{n:03}", date(2026, 8, 1) - timedelta(days=n), 10 + n) for n in range(150)])
    snapshot_day(books, RULES, date(2026, 10, 31))
    before = {name: books.segments(date(2026, 10, 31), name) for name in RULES.sets()}
    books.sell(("b001", date(2026, 11, 2), 9999), ("later", date(2026, 11, 3), 1))
    books.refund("b002", date(2026, 11, 4), 5)
    assert snapshot_day(books, RULES, date(2026, 10, 31)).changed is False
    assert {name: books.segments(date(2026, 10, 31), name) for name in RULES.sets()} == before


def test_a_late_order_of_a_past_day_is_taken_up_when_it_is_made_again(books: Books) -> None:
    books.sell(("a", DAY, 10))
    assert snapshot_day(books, RULES, DAY).changed
    books.sell(("late", DAY, 10))
    assert snapshot_day(books, RULES, DAY).changed and set(books.segments(DAY, "rfm")) == {"a", "late"}
    assert snapshot_day(books, RULES, DAY).changed is False


def test_only_sales_of_known_buyers_count(books: Books) -> None:
    books.sell(("a", DAY, 10), ("test", DAY, 10), ("unpaid", DAY, 10))
    books.execute("UPDATE orders SET excluded_reason = 'brushing' WHERE customer_key = 'test'")
    books.execute("UPDATE orders SET sale_at = NULL, sale_date = NULL WHERE customer_key = 'unpaid'")
    books.execute(
        "INSERT INTO orders SELECT * REPLACE (NULL AS customer_key, 'x' AS order_id) FROM orders LIMIT 1"
    )
    snapshot_day(books, RULES, DAY)
    assert set(books.segments(DAY, "rfm")) == {"a"}


# --- lifecycle


def repeaters(books: Books, count: int, gaps: list[int], platform: str = "taobao") -> None:
    """`count` buyers who bought twice before October, the gap between cycling through `gaps`."""
    for number in range(count):
        first = date(2026, 1, 5)
        second = first + timedelta(days=gaps[number % len(gaps)])
        books.sell((f"r{number:03}", first, 10), (f"r{number:03}", second, 10), platform=platform)


@pytest.mark.parametrize(
    ("days_ago", "stage"),
    [(0, "active"), (16, "active"), (17, "cooling"), (19, "cooling"), (20, "lapsed"), (300, "lapsed")],
)
def test_lifecycle_cuts_at_the_80th_and_95th_percentile_of_the_shops_own_gaps(
    days_ago: int, stage: str
) -> None:
    books = open_books()
    repeaters(books, 200, list(range(1, 21)))  # 80 % of gaps are at most 16 days, 95 % at most 19
    books.sell(("x", DAY - timedelta(days=days_ago), 10))
    snapshot_day(books, RULES, DAY)
    assert books.segments(DAY, "lifecycle")["x"] == stage


@pytest.mark.parametrize(
    ("days_ago", "stage"), [(90, "active"), (91, "cooling"), (180, "cooling"), (181, "lapsed")]
)
def test_with_fewer_than_200_repeat_buyers_the_default_days_hold_and_say_so(
    days_ago: int, stage: str
) -> None:
    books = open_books()
    repeaters(books, 199, [5])
    books.sell(("x", DAY - timedelta(days=days_ago), 10))
    snapshot_day(books, RULES, DAY)
    assert books.segments(DAY, "lifecycle")["x"] == stage
    rows = books.execute("SELECT DISTINCT is_default FROM segment_thresholds WHERE segment_set = 'lifecycle'")
    assert rows == [(True,)]


def test_each_platform_has_its_own_cut_points() -> None:
    books = open_books()
    repeaters(books, 200, [5])
    repeaters(books, 200, [50], platform="jd")
    books.sell(("x", DAY - timedelta(days=30), 10))
    books.sell(("y", DAY - timedelta(days=30), 10), platform="jd")
    snapshot_day(books, RULES, DAY)
    stages = books.segments(DAY, "lifecycle")
    assert (stages["x"], stages["y"]) == ("lapsed", "active")


# --- value tiers


def test_tiers_are_the_top_5_and_the_next_15_percent_of_the_years_buyers() -> None:
    books = open_books()
    books.sell(*[(f"b{n:03}", DAY - timedelta(days=n), n) for n in range(1, 101)])
    books.sell(("old", DAY - timedelta(days=365), 99999))
    snapshot_day(books, RULES, DAY)
    tiers = books.segments(DAY, "value_tier")
    assert sorted(buyer for buyer, tier in tiers.items() if tier == "top") == [
        f"b{n:03}" for n in range(96, 101)
    ]
    assert sorted(b for b, tier in tiers.items() if tier == "middle") == [f"b{n:03}" for n in range(81, 96)]
    assert tiers["old"] == "rest"
    rows = books.execute(
        "SELECT name, CAST(value AS INTEGER) FROM segment_thresholds WHERE segment_set = 'value_tier'"
        " AND measured_on = ? ORDER BY 2", [DAY],
    )  # fmt: skip
    assert rows == [("middle_from", 81), ("top_from", 96)]


# --- versions


def versions(books: Books, day: date, rules: Rules = RULES) -> int:
    return snapshot_day(books, rules, day).versions["rfm"]


def test_a_version_lives_for_a_quarter() -> None:
    books = open_books()
    books.sell(*[(f"b{n:03}", date(2026, 6, 1), n + 1) for n in range(150)])
    assert [versions(books, day) for day in (date(2026, 10, 1), DAY, date(2026, 12, 31))] == [1, 1, 1]
    assert versions(books, date(2027, 1, 1)) == 2
    assert versions(books, DAY) == 1, "a past day keeps the version of its quarter"
    stored = books.execute(
        "SELECT DISTINCT version, valid_from FROM segment_definitions WHERE segment_set = 'rfm' ORDER BY 1"
    )
    assert stored == [(1, date(2026, 10, 1)), (2, date(2027, 1, 1))]


def test_changed_rules_make_a_version_and_leave_old_snapshots_alone() -> None:
    books = open_books()
    books.sell(("a", DAY - timedelta(days=35), 10), ("b", DAY - timedelta(days=34), 10))
    versions(books, DAY - timedelta(days=1))
    longer = RULES.model_copy(update={"rfm": RULES.rfm.model_copy(update={"new_days": 40})})
    assert versions(books, DAY, longer) == 2
    assert set(books.segments(DAY - timedelta(days=1), "rfm").values()) == {"promising"}
    assert set(books.segments(DAY, "rfm").values()) == {"new"}


def test_a_history_that_was_incomplete_is_measured_again() -> None:
    books = open_books()
    books.sell(*[(f"b{n:03}", date(2026, 6, 1), 10) for n in range(120)])
    assert versions(books, DAY) == 1
    books.sell(*[(f"c{n:03}", date(2026, 6, 1), 1000) for n in range(24)])
    assert versions(books, DAY) == 1, "a fifth more is no reason"
    books.sell(*[(f"d{n:03}", date(2026, 6, 1), 1000) for n in range(1)])
    assert versions(books, DAY) == 2


def test_a_young_history_is_measured_on_its_own_day_until_there_is_a_quarter() -> None:
    books = open_books()
    books.sell(*[(f"b{n:03}", date(2026, 11, 1), n + 1) for n in range(150)])
    assert versions(books, DAY) == 1
    assert books.execute("SELECT DISTINCT measured_on FROM segment_thresholds WHERE segment_set = 'rfm'") == [
        (DAY,)
    ]
    books.sell(*[(f"old{n:03}", date(2026, 8, 1), n + 1) for n in range(100)])
    assert versions(books, DAY) == 2
    rows = books.execute(
        "SELECT DISTINCT measured_on FROM segment_thresholds WHERE segment_set = 'rfm' AND version = 2"
    )
    assert rows == [(date(2026, 9, 30),)]


# --- rules


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rfm: {new_days: soon}", "new_days"),
        ("rfm: {recency_days: [60, 30, 120, 240]}", "rise"),
        ("rfm: {recency_days: [30, 60]}", "recency_days"),
        ("value_tier: {shares: [50, 50]}", "rest"),
        ("lifecycle: {segments: [{segment: a, name_en: A, name_zh: A, rule: r > 1}]}", "TRUE"),
        (
            "lifecycle: {segments: [{segment: a, name_en: A, name_zh: A, rule: 'customer_key = 1'}]}",
            "customer_key",
        ),
        ("lifecycle: {segments: [{segment: a, name_en: A, name_zh: A, rule: 'TRUE; DROP'}]}", "knows no"),
        ("lifecycle: {segments: [{segment: \"a' x\", name_en: A, name_zh: A, rule: 'TRUE'}]}", "segment"),
        ("colour: red", "colour"),
        ("rfm: [", "segment rules are wrong"),
    ],
)
def test_wrong_rules_are_refused_before_they_become_sql(tmp_path, text: str, words: str) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "segments.yaml").write_text(text)
    with pytest.raises(BadSegments, match=words):
        Rules.read(tmp_path)


def test_a_workspace_sets_its_own_thresholds_also_for_one_platform(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "segments.yaml").write_text(
        "rfm: {new_days: 7}\nplatforms: {jd: {recency_days: [5, 10, 15, 20]}}\n"
    )
    books = open_books()
    for platform in ("taobao", "jd"):
        books.sell(("x" + platform, DAY - timedelta(days=12), 10), platform=platform)
    snapshot_day(books, Rules.read(tmp_path), DAY)
    assert books.segments(DAY, "rfm") == {"xtaobao": "promising", "xjd": "needs_attention"}


# --- the warehouse


def test_the_daily_job_makes_yesterday_in_the_workspaces_zone_publishes_and_thins(tmp_path) -> None:  # type: ignore[no-untyped-def]
    from queries.warehouse import Warehouse

    now = datetime(2026, 11, 15, 17, tzinfo=UTC)  # the 16th in Shanghai
    warehouse = Warehouse(tmp_path, clock=lambda: now)
    warehouse.prepare()
    with warehouse.write() as session:
        session.execute(
            "INSERT INTO shops (platform, shop_id, tz, currency) VALUES ('jd', '1', 'Asia/Shanghai', 'CNY')"
        )
        session.execute(
            "INSERT INTO orders (platform, shop_id, order_id, customer_key, order_type, sale_at, sale_date, fx_to_base,"
            " list_amount, seller_discount) VALUES ('jd', '1', 'o', 'k', 'normal', ?, ?, 1, 10, 0)",
            [datetime(2026, 9, 1), date(2026, 9, 1)],
        )
    take_snapshots(warehouse, weekly_history(date(2026, 11, 8), 8))
    (made,) = daily(warehouse, now=now, timezone="Asia/Shanghai")
    assert (made.day, made.buyers, made.changed) == (date(2026, 11, 15), 1, True)
    days = [
        day for (day,) in warehouse.look("SELECT DISTINCT snapshot_date FROM customer_segments ORDER BY 1")
    ]
    # Within five weeks every snapshot stays, before that the last of each month.
    assert days == [date(2026, 9, 27), *(date(2026, 10, 18) + timedelta(weeks=n) for n in range(5))]
    published = warehouse.snapshot_id()
    (again,) = daily(warehouse, now=now, timezone="Asia/Shanghai")
    assert again.changed is False and warehouse.snapshot_id() == published
