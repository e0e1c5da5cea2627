"""Report files: tab-separated, a header line, one line an order item. Read by column name, as columns are added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from connectors.amazon import wire
from connectors.engine.errors import Rejected
from connectors.engine.values import money

Row = dict[str, str]

ORDER_COLUMNS = ("amazon-order-id", "purchase-date", "last-updated-date", "order-status", "sales-channel", "sku",
                 "asin", "quantity", "currency", "item-price", "item-tax", "shipping-price", "shipping-tax",
                 "gift-wrap-price", "gift-wrap-tax", "item-promotion-discount", "ship-promotion-discount")  # fmt: skip
"""Every column read; buyer columns (ship-city, ship-state, ship-postal-code) stay in the file."""
CHARSETS = {"Amazon.co.jp": "shift_jis"}
"""Where a line is not UTF-8 and the file's store does not name its charset, by the sales channel; Windows-1252
elsewhere."""


def first_column(line: bytes) -> str:
    """What the lines of an item have in common: the order's number."""
    return line.split(b"\t", 1)[0].decode("ascii", "replace").strip('" ')


def table(lines: Iterable[bytes], columns: tuple[str, ...]) -> Iterator[Row]:
    """Lines below their header as dicts of the wanted columns. Raises Rejected naming a column that is missing."""
    stream = iter(lines)
    head = [name.strip().strip('"').lower() for name in _decoded(next(stream, b"")).lstrip("\ufeff").split("\t")]
    if missing := [name for name in columns if name not in head]:
        raise Rejected(f"(the report has no column {', '.join(missing)})")
    places = {name: head.index(name) for name in columns}
    for line in stream:
        cells = _decoded(line).rstrip("\r\n").split("\t")
        cells += [""] * (len(head) - len(cells))
        yield {name: cells[place].strip() for name, place in places.items()}


def _decoded(line: bytes) -> str:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        charset = next((kind for channel, kind in CHARSETS.items() if channel.encode() in line), "cp1252")
        return line.decode(charset, "replace")


def orders(lines: Iterable[bytes]) -> Iterator[wire.Order]:
    """The orders of a part, in the shape of the orders interface, so that one mapping serves both."""
    found: dict[str, list[Row]] = {}
    for row in table(lines, ORDER_COLUMNS):
        found.setdefault(row["amazon-order-id"], []).append(row)
    for order_id, rows in found.items():
        latest = max(rows, key=lambda row: row["last-updated-date"])
        yield wire.Order(
            order_id=order_id, created_time=latest["purchase-date"], last_updated_time=latest["last-updated-date"],
            order_items=[_item(row) for row in rows], fulfillment=wire.Fulfilment(latest["order-status"]),
            sales_channel=wire.SalesChannel(latest["sales-channel"].upper().replace("-", "_")))  # fmt: skip


def _item(row: Row) -> wire.Item:
    product = wire.Product(asin=row["asin"], seller_sku=row["sku"])
    item = wire.Item(quantity_ordered=int(row["quantity"] or 0), product=product)
    if row["item-price"]:  # pending and cancelled lines have no prices
        item.proceeds = wire.Proceeds(list(_proceeds(row)))
    return item


def _proceeds(row: Row) -> Iterator[wire.Proceed]:
    def worth(*columns: str) -> wire.Money:
        return wire.Money(sum((abs(money(row[name])) for name in columns), Decimal(0)), row["currency"])

    yield wire.Proceed("ITEM", worth("item-price"))
    yield wire.Proceed("SHIPPING", worth("shipping-price"))
    yield wire.Proceed("GIFT_WRAP", worth("gift-wrap-price"))
    yield wire.Proceed("TAX", worth("item-tax", "shipping-tax", "gift-wrap-tax"))
    yield wire.Proceed("DISCOUNT", worth("item-promotion-discount", "ship-promotion-discount"), [
        wire.Detail("ITEM", worth("item-promotion-discount")),
        wire.Detail("SHIPPING", worth("ship-promotion-discount"))])  # fmt: skip
