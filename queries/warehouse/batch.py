"""What goes into one write of the warehouse, and what comes out: Batch, Merged, SyncRun, Check.

These are values without behaviour; `merge.py` says what a merge does with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from queries.records import Record

if TYPE_CHECKING:
    from queries.warehouse.gather import Gathered  # brings Arrow, which a question does not need


@dataclass(frozen=True)
class CoveredPeriod:
    """Whole shop-local days, both inclusive, for which a batch is complete.

    The rows of `tables` inside these days are replaced as a set, so a campaign that the platform took out
    of its report disappears here too. Only tables counted by the day can be covered:

    >>> CoveredPeriod(date(2026, 11, 1), date(2026, 11, 7), ("ad_daily",)).tables
    ('ad_daily',)
    """

    first: date
    last: date
    tables: tuple[str, ...]


@dataclass(frozen=True)
class Batch:
    """Records of one stream of one connection, merged together with the stream's new checkpoint.

    `rows` may mix record types. An order's lines and refunds follow their order, so that when a batch holds
    two versions of an order the lines go with the version that wins (the newest by `modified_at`).
    `buyer` of an order already holds the pseudonym (`customer_key`) here.
    """

    connection: str
    platform: str
    shop_id: str
    stream: str
    rows: list[Record] | Gathered = field(default_factory=list)
    replaces: tuple[str, ...] = ()
    """`order_lines`, `refunds`: complete for each order of the batch, so rows not in it are gone."""
    covers: CoveredPeriod | None = None
    checkpoint: dict[str, Any] | None = None
    """Where the stream goes on next time; None leaves the stored one."""


@dataclass(frozen=True)
class Merged:
    """What a merge changed.

    `rows_written` counts rows inserted, changed or removed; a row that was already stored with the same
    values counts nothing, so a repeated batch reports 0.
    """

    rows_written: int = 0
    by_table: Mapping[str, int] = field(default_factory=dict)
    sequence: int = 0
    """The warehouse's sequence number after the merge."""
    without_rate: tuple[str, ...] = ()
    """Currencies of this batch for which no exchange rate is known: their rows stay out of base sums."""


@dataclass(frozen=True)
class Check:
    """What a check found, a row of `data_quality`. The texts must hold no personal data."""

    name: str
    status: Literal["pass", "warn", "fail"]
    expected: str = ""
    found: str = ""
    detail: str = ""


@dataclass(frozen=True)
class SyncRun:
    """One run of one stream, a row of `sync_runs`.

    `platform` and `shop_id` say whose history an order run extends (`shops.history_from`, `data_through`);
    other streams may leave them empty.
    """

    run_id: str
    connection: str
    stream: str
    started_at: datetime
    ended_at: datetime | None
    status: Literal["running", "succeeded", "failed", "cancelled"]
    window_start: datetime | None = None
    window_end: datetime | None = None
    rows_read: int = 0
    rows_written: int = 0
    requests: int = 0
    retries: int = 0
    error: str | None = None
    platform: str = ""
    shop_id: str = ""
    complete_orders: bool = False
    """The run read every order of the window, under whatever name the stream has (an imported export)."""
