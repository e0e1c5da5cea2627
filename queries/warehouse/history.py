"""How much of a shop's order history is complete: `shops.history_from` and `data_through`.

A successful order run read every order created in its window, because an order is changed no earlier than it
is created. Windows extend the known range only where they touch it: a gap is never papered over.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import duckdb

from queries.warehouse.batch import SyncRun


def extend_history(live: duckdb.DuckDBPyConnection, run: SyncRun) -> bool:
    """Extends the range of the run's shop; returns whether it moved."""
    reads_orders = run.stream == "orders" or run.complete_orders
    if not reads_orders or run.window_start is None or run.window_end is None:
        return False
    place = (
        (run.platform, run.shop_id)
        if run.platform
        else live.execute(
            "SELECT platform, shop_id FROM connections WHERE connection = ?", [run.connection]
        ).fetchone()
    )
    row = (
        place
        and live.execute(
            "SELECT tz, history_from, data_through FROM shops WHERE platform = ? AND shop_id = ?", [*place]
        ).fetchone()
    )
    if not place or not row:
        return False
    tz, history_from, data_through = row
    first, last = whole_days(run.window_start, run.window_end, ZoneInfo(tz))
    wanted = joined(first, last, history_from, data_through)
    if wanted == (history_from, data_through):
        return False
    live.execute(
        "UPDATE shops SET history_from = ?, data_through = ? WHERE platform = ? AND shop_id = ?",
        [*wanted, *place],
    )
    return True


def whole_days(start: datetime, end: datetime, zone: ZoneInfo) -> tuple[date, date]:
    """First and last local day that lie whole in [start, end); the last is before the first if none does."""
    begin, finish = start.astimezone(zone), end.astimezone(zone)
    first = begin.date() if begin.time() == time() else begin.date() + timedelta(days=1)
    return first, finish.date() - timedelta(days=1)


def joined(
    first: date, last: date, known_from: date | None, known_through: date | None
) -> tuple[date | None, date | None]:
    """The known range with [first, last] added where the two touch or overlap.

    >>> joined(date(2026, 3, 2), date(2026, 3, 5), date(2026, 1, 1), date(2026, 3, 1))
    (datetime.date(2026, 1, 1), datetime.date(2026, 3, 5))
    """
    if known_from is None and known_through is None:
        return (first, last) if first <= last else (None, None)
    from_ = known_from or first
    through = known_through or from_ - timedelta(days=1)
    if first > through + timedelta(days=1) or last < from_ - timedelta(days=1):
        return known_from, known_through
    return min(from_, first), max(through, last)
