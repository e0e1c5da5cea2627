"""The table `connections`, and what a sync must know from the warehouse before it starts.

Rows hold no secret: credentials lie in the vault of `connectors`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from queries.warehouse.warehouse import Warehouse

Status = Literal["active", "paused", "failing", "removed"]


@dataclass(frozen=True)
class Connection:
    """A row, with the zone and currency of its shop."""

    connection: str
    platform: str
    shop_id: str
    status: Status
    streams: tuple[str, ...]
    created_at: datetime
    last_success_at: datetime | None
    tz: str
    currency: str


def all_connections(warehouse: Warehouse) -> list[Connection]:
    """All rows, also removed ones, by name."""
    rows = warehouse.look("""
        SELECT c.connection, c.platform::VARCHAR, c.shop_id, c.status, c.streams, c.created_at,
          c.last_success_at, coalesce(s.tz, p.tz, 'UTC'), coalesce(s.currency, p.home_currency, 'CNY')
        FROM connections c
        LEFT JOIN shops s USING (platform, shop_id)
        LEFT JOIN platforms p ON p.platform = c.platform
        ORDER BY c.connection""")
    return [
        Connection(
            connection=name,
            platform=platform,
            shop_id=shop_id,
            status=status,
            streams=tuple(streams or ()),
            created_at=_aware(created),
            last_success_at=_aware(last) if last else None,
            tz=tz,
            currency=currency,
        )
        for name, platform, shop_id, status, streams, created, last, tz, currency in rows
    ]


def save(
    warehouse: Warehouse,
    connection: str,
    platform: str,
    shop_id: str,
    streams: Sequence[str],
    now: datetime,
) -> None:
    """A new row, or the old one with a new shop and status active; `created_at` stays the first."""
    with warehouse.write() as session:
        [(created, succeeded)] = session.execute(
            "SELECT min(created_at), max(last_success_at) FROM connections WHERE connection = ?",
            [connection],
        )
        session.execute("DELETE FROM connections WHERE connection = ?", [connection])
        session.execute(
            "INSERT INTO connections VALUES (?, ?, ?, 'active', ?, ?, ?)",
            [connection, platform, shop_id, list(streams), created or _naive(now), succeeded],
        )


def set_status(warehouse: Warehouse, connection: str, status: Status) -> None:
    """Change the status of one connection."""
    with warehouse.write() as session:
        session.execute("UPDATE connections SET status = ? WHERE connection = ?", [status, connection])


def first_order(warehouse: Warehouse, platform: str, shop_id: str) -> datetime | None:
    """When the oldest order we hold of a shop was created."""
    [(first,)] = warehouse.look(
        "SELECT min(created_at) FROM orders WHERE platform = ? AND shop_id = ?", [platform, shop_id]
    )
    return _aware(first) if first else None


def open_orders(
    warehouse: Warehouse, platform: str, shop_id: str, start: datetime, end: datetime
) -> list[str]:
    """Ids of orders created in [start, end) that may still change, oldest first."""
    rows = warehouse.look(
        """
        SELECT order_id
        FROM orders
        WHERE platform = ? AND shop_id = ?
          AND created_at >= ? AND created_at < ?
          AND status NOT IN ('completed', 'cancelled')
        ORDER BY created_at, order_id""",
        [platform, shop_id, _naive(start), _naive(end)],
    )
    return [row[0] for row in rows]


def _naive(instant: datetime) -> datetime:
    return instant.astimezone(UTC).replace(tzinfo=None)


def _aware(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC)


def has_shop(warehouse: Warehouse, platform: str, shop_id: str) -> bool:
    """Whether the shop is known already."""
    [(found,)] = warehouse.look(
        "SELECT count(*) FROM shops WHERE platform = ? AND shop_id = ?", [platform, shop_id]
    )
    return bool(found)


def is_connected(warehouse: Warehouse, platform: str, shop_id: str) -> bool:
    """Whether a connection of its own speaks for the shop."""
    [(found,)] = warehouse.look(
        "SELECT count(*) FROM connections WHERE platform = ? AND shop_id = ? AND status <> 'removed'",
        [platform, shop_id],
    )
    return bool(found)


def all_shops(warehouse: Warehouse) -> list[tuple[str, str, str, str]]:
    """(platform, shop, time zone, currency) of the shops that are known."""
    return [
        (platform, shop_id, tz, currency)
        for platform, shop_id, tz, currency in warehouse.look(
            "SELECT platform::VARCHAR, shop_id, tz, currency FROM shops ORDER BY ALL"
        )
    ]
