"""How each business table is merged: its key, its day, the amounts that follow an exchange rate.

Platform and shop belong to every key. A table with a `day` can be covered (whole days replaced as a set).
"""

from __future__ import annotations

from dataclasses import dataclass

from queries import records
from queries.records import Record


@dataclass(frozen=True)
class Table:
    """One row of the list below."""

    name: str
    record: type[Record]
    key: tuple[str, ...]
    """What tells two rows of one shop apart."""
    nullable: tuple[str, ...] = ()
    """Key columns that may be NULL; a NULL equals a NULL."""
    day: str = ""
    """The column whose day a row belongs to: a date, or an instant that falls on a shop-local day."""
    has_rate: bool = False
    """Whether `fx_to_base` (of that day) is stored on the row."""
    columns: tuple[tuple[str, str], ...] = ()
    """Record fields that have another name in the table."""
    versioned: bool = False
    """Whether `modified_at` decides which of two versions is newer."""
    sums: tuple[str, ...] = ()
    """Amounts added up where one batch holds several rows of a key (fees have no id of their own)."""

    kept: tuple[str, ...] = ()
    """Columns where an arriving NULL means "this source does not tell": what is stored stays."""

    def column(self, field: str) -> str:
        """The table's column for a record's field."""
        return dict(self.columns).get(field, field)

    def day_of(self, row: str) -> str:
        """SQL: the shop-local day of a row, whose shop is joined as `s`."""
        return f"{row}.{self.day}" if self.day == "date" else local_day(f"{row}.{self.day}")

    def same_key(self, left: str, right: str) -> str:
        """SQL: two rows have the same key. Only nullable columns pay for the NULL-safe comparison."""
        parts = [f"{left}.{name} = {right}.{name}" for name in ("platform", "shop_id")]
        parts += [
            f"{left}.{name} {'IS NOT DISTINCT FROM' if name in self.nullable else '='} {right}.{name}"
            for name in self.key
        ]
        return " AND ".join(parts)


def local_day(instant: str, tz: str = "s.tz") -> str:
    """SQL: the day that a UTC timestamp falls on where the shop is.

    >>> local_day("i.created_at")
    "CAST((i.created_at AT TIME ZONE 'UTC') AT TIME ZONE s.tz AS DATE)"
    """
    return f"CAST(({instant} AT TIME ZONE 'UTC') AT TIME ZONE {tz} AS DATE)"


ORDERS = Table("orders", records.Order, ("order_id",), columns=(("buyer", "customer_key"),), versioned=True)
ORDER_LINES = Table(
    "order_lines", records.OrderLine, ("order_id", "line_id"), columns=(("unit_cost", "native_unit_cost"),)
)
REFUNDS = Table("refunds", records.Refund, ("refund_id", "line_id"), nullable=("line_id",), versioned=True)
UNIT_COSTS = Table("unit_costs", records.UnitCost, ("sku_id", "valid_from"))

PLAIN: tuple[Table, ...] = (
    Table("products", records.Product, ("product_id", "sku_id"), kept=("category", "brand", "listed_at", "status")),
    Table(
        "ad_daily",
        records.AdDaily,
        ("date", "campaign_id", "channel"),
        nullable=("channel",),
        day="date",
        has_rate=True,
    ),
    Table("campaigns", records.Campaign, ("campaign_id",)),
    Table(
        "traffic_daily",
        records.TrafficDaily,
        ("date", "channel", "product_id"),
        nullable=("product_id",),
        day="date",
    ),
    Table("live_sessions", records.LiveSession, ("session_id",), day="started_at", has_rate=True),
    Table(
        "fees",
        records.Fee,
        ("order_id", "fee_type", "charged_at", "currency"),
        nullable=("order_id",),
        day="charged_at",
        has_rate=True,
        sums=("amount",),
    ),
    Table("reviews", records.Review, ("review_id",)),
    Table("inventory_daily", records.InventoryDaily, ("sku_id", "date"), day="date"),
    Table("settlements", records.Settlement, ("settlement_id",), day="date", has_rate=True),
    Table("social_daily", records.SocialDaily, ("account", "date"), day="date"),
    Table(
        "platform_native_daily",
        records.PlatformNativeDaily,
        ("date", "metric", "currency"),
        nullable=("currency",),
        day="date",
    ),
)
"""Tables whose rows stand for themselves: nothing else is derived from them."""

BY_RECORD: dict[type[Record], Table] = {
    table.record: table for table in (ORDERS, ORDER_LINES, REFUNDS, UNIT_COSTS, *PLAIN)
}
