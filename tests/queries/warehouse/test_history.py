"""Runs, and how much of a shop's history is known to be complete."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from queries.warehouse import SyncRun
from queries.warehouse.history import joined, whole_days
from queries.warehouse.session import written_by

from .goods import at, batch, shop

KNOWN = (date(2026, 3, 1), date(2026, 3, 10))


def day(number, month=3):
    return date(2026, month, number)


@pytest.mark.parametrize(
    ("what", "window", "known"),
    [
        ("goes on", (day(11), day(14)), (day(1), day(14))),
        ("overlaps", (day(8), day(12)), (day(1), day(12))),
        ("lies inside", (day(3), day(4)), KNOWN),
        ("reaches back", (day(20, 2), day(28, 2)), (day(20, 2), day(10))),
        ("leaves a gap behind", (day(12), day(14)), KNOWN),
        ("leaves a gap before", (day(1, 2), day(20, 2)), KNOWN),
        ("no whole day", (day(11), day(10)), KNOWN),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_windows_extend_history_only_where_they_touch_it(what, window, known):
    assert joined(*window, *KNOWN) == known


def test_the_first_window_is_the_history():
    assert joined(day(1), day(4), None, None) == (day(1), day(4))
    assert joined(day(4), day(3), None, None) == (None, None)


@pytest.mark.parametrize(
    ("zone", "start", "end", "days"),
    [
        ("Asia/Shanghai", "03-01 16:00", "03-03 16:00", (day(2), day(3))),  # midnight to midnight
        ("Asia/Shanghai", "03-01 16:01", "03-03 15:59", (day(3), day(2))),  # not one whole day
        ("America/New_York", "03-08 05:00", "03-09 04:00", (day(8), day(8))),  # the day the clocks go forward
        ("America/New_York", "03-08 05:00", "03-09 03:59", (day(8), day(7))),
    ],
)
def test_only_whole_local_days_count(zone, start, end, days):
    assert whole_days(at(start), at(end), ZoneInfo(zone)) == days


def run(stream="orders", status="succeeded", start="10-01 00:00", end="10-05 05:00", **said):
    return SyncRun(run_id="r1", connection="c1", stream=stream, started_at=at(end), ended_at=at(end),
                   status=status, window_start=at(start), window_end=at(end), **said)  # fmt: skip


@pytest.mark.parametrize(
    ("said", "known"),
    [
        ({}, (date(2026, 10, 2), date(2026, 10, 4))),
        ({"status": "failed", "error": "x"}, (None, None)),
        ({"stream": "refunds"}, (None, None)),
    ],
)
def test_a_successful_order_run_extends_its_shop(warehouse, look, said, known):
    warehouse.merge(batch(shop()))
    with warehouse.write() as session:
        session.execute("INSERT INTO connections VALUES ('c1', 'taobao', 'T1', 'active', [], now(), NULL)")
    warehouse.record_run(run(**said))
    assert look("SELECT history_from, data_through FROM shops") == [known]
    succeeded = datetime(2026, 10, 5, 5) if said.get("status") != "failed" else None
    assert look("SELECT last_success_at FROM connections") == [(succeeded,)]


def test_a_run_is_noted_over_its_earlier_note(warehouse, look):
    warehouse.record_run(run(status="running"))
    warehouse.record_run(run(status="succeeded", rows_read=5, rows_written=3, requests=2))
    assert look("SELECT run_id, status, rows_read, rows_written FROM sync_runs") == [
        ("r1", "succeeded", 5, 3)
    ]


def test_instants_are_stored_in_utc(warehouse, look):
    beijing = datetime(2026, 10, 5, 13, tzinfo=ZoneInfo("Asia/Shanghai"))
    warehouse.record_run(SyncRun("r", "c", "s", beijing, beijing + timedelta(hours=1), "succeeded"))
    assert look("SELECT started_at, ended_at FROM sync_runs") == [
        (datetime(2026, 10, 5, 5), datetime(2026, 10, 5, 6))
    ]
    assert beijing.astimezone(UTC).hour == 5


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("SELECT * FROM orders", []),
        ("INSERT INTO connections VALUES (?)", ["connections"]),
        ("INSERT OR REPLACE INTO privacy.roles VALUES (?)", ["privacy.roles"]),
        ("INSERT INTO segment_definitions(segment) SELECT segment FROM x", ["segment_definitions"]),
        ("UPDATE orders SET customer_key = NULL", ["person.orders"]),
        ("UPDATE orders SET customer_key = NULL, status = 'x'", ["orders"]),
        ("UPDATE main.orders AS o SET excluded_reason = 'x' FROM y WHERE y.a = o.a", ["orders"]),
        ("DELETE FROM customers WHERE customer_key = ?", ["customers"]),
        ("WITH x AS (SELECT 1) INSERT INTO products SELECT * FROM x", ["products"]),
        ("MERGE INTO shops USING x ON true WHEN MATCHED THEN UPDATE SET tz = 'UTC'", ["shops"]),
    ],
)
def test_a_session_knows_what_a_statement_writes(sql, tables):
    assert written_by(sql) == tables
