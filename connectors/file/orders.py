"""The rows of one order as its records: the order, its lines, refunds and products."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from connectors.engine.stream import Finding
from connectors.file.cells import EMPTY, BadCell
from connectors.file.columns import InColumn, Reader, Row, constants, readers
from connectors.file.mapping import Mapping_
from connectors.file.settling import Values, settle, settle_line
from queries.records import ZERO, Order, OrderLine, Product, Record, Refund

SOLD = ("paid", "shipped", "delivered", "completed")
WHEN_REFUNDED = ("cancelled_at", "delivered_at", "shipped_at", "balance_paid_at", "paid_at", "created_at")
"""Where the export tells no day of a refund: the last that is known of its order."""
UNDATED = Finding("refund_date_unknown", "refunds are dated by the last day known of their order")
NO_COLUMN = BadCell("has no column here", "没有对应的列")


class OrderRows:
    """Reads groups of rows of one file."""

    def __init__(self, mapping: Mapping_, places: Mapping[str, int]) -> None:
        self.mapping = mapping
        self.tables: dict[str, dict[str, Reader]] = {
            table: readers(mapping, table, filling, places) for table, filling in mapping.tables.items()
        }
        self.fixed = {table: constants(mapping, table, filling) for table, filling in mapping.tables.items()}
        table = "orders" if "orders" in self.tables else "order_lines"
        self.group = places[mapping.group] if mapping.group else self.tables[table]["order_id"].ways[0].at[0]
        self._met: set[tuple[str, str]] = set()
        self._words_fixed = "native_status" in self.tables.get("orders", {})

    def read(self, rows: Sequence[Row]) -> Iterator[Record | Finding]:
        lines = self._lines(rows)
        order: Values = {}
        if "orders" in self.tables:
            order = self._order(rows)
            settle(order, lines, order["currency"])
            yield _made(Order, order)
        else:
            for line in lines:
                settle_line(line)
        for line in lines:
            line.setdefault("order_id", order.get("order_id"))
            yield _made(OrderLine, line)
        if "refunds" in self.tables:
            yield from self._refunds(rows, order, lines)
        if "products" in self.tables:
            yield from self._products(rows)

    def _order(self, rows: Sequence[Row]) -> Values:
        values = self._values("orders", rows)
        status = values.setdefault("status", "unknown")
        reader = self.tables["orders"].get("status")
        if reader is not None and not self._words_fixed:
            values["native_status"] = reader.words(rows[0][1])
        values.setdefault("currency", self.mapping.currency)
        if "created_at" not in values:
            self._refuse("orders", "created_at")
        if self.mapping.paid_when_sold and status in SOLD and values.get("payment_type") != "cod":
            values.setdefault("paid_at", values["created_at"])
        if values.get("order_type") == "presale" and status in SOLD:
            values.setdefault("balance_paid_at", values.get("paid_at"))  # the time of payment is then the balance's
        return values

    def _lines(self, rows: Sequence[Row]) -> list[Values]:
        if "order_lines" not in self.tables:
            return []
        seen: dict[str, int] = {}
        return [line for row in rows if (line := self._line(row, seen)) is not None]

    def _line(self, row: Row, seen: dict[str, int]) -> Values | None:
        line = self._values("order_lines", [row])
        if line.get("quantity") is None:
            return None  # a row of postage or of the order alone
        reader = self.tables["order_lines"].get("line_id")
        name = line.get("line_id", "")
        seen[name] = number = seen.get(name, 0) + 1
        numbered = reader.ways[0].column.number if reader else "always"
        if numbered == "always":
            line["line_id"] = f"{name}|{number}" if name else str(number)
        elif numbered == "again" and number > 1:
            line["line_id"] = f"{name}-{number}"
        line.setdefault("product_id", "")
        line.setdefault("sku_id", line["product_id"])
        return line

    def _refunds(self, rows: Sequence[Row], order: Values, lines: Sequence[Values]) -> Iterator[Record | Finding]:
        """One refund of the order, or one of each row that tells of one."""
        if self.mapping.tables["refunds"].per == "order" or len(lines) != len(rows):
            yield from self._refund(rows, order, None)
            return
        for row, line in zip(rows, lines, strict=True):
            yield from self._refund([row], order, line)

    def _refund(self, rows: Sequence[Row], order: Values, line: Values | None) -> Iterator[Record | Finding]:
        values = self._values("refunds", rows)
        money, readers_ = values.get("goods_amount"), self.tables["refunds"]
        status = values.get("status", "success" if money else None)
        if status is None or ("goods_amount" in readers_ and not money):
            return
        owner = line or order
        whole = owner["list_amount"] - owner.get("seller_discount", ZERO) - owner.get("platform_discount", ZERO)
        order_id = values.setdefault("order_id", owner.get("order_id") or order.get("order_id"))
        values["status"] = status
        if "status" in readers_:
            values.setdefault("native_status", readers_["status"].words(rows[0][1]))
        values.setdefault("goods_amount", whole)
        if line is not None:
            values.setdefault("line_id", line["line_id"])
        values.setdefault("refund_id", ":".join(filter(None, ("export", order_id, values.get("line_id")))))
        values.setdefault("refund_type", _kind(order, values["goods_amount"] >= whole))
        if status == "success" and "refunded_at" not in values:
            values["refunded_at"] = _last_known(order, values.get("requested_at"))
            yield UNDATED
        yield _made(Refund, values)

    def _products(self, rows: Sequence[Row]) -> Iterator[Record]:
        """Each product once a reading."""
        for row in rows:
            values = self._values("products", [row])
            key = (values.get("product_id", ""), values.get("sku_id") or values.get("product_id", ""))
            if key not in self._met and key[1] and values.get("title"):
                self._met.add(key)
                yield _made(Product, {**values, "product_id": key[0], "sku_id": key[1]})

    def _values(self, table: str, rows: Sequence[Row]) -> Values:
        values = dict(self.fixed[table])
        if len(rows) == 1:
            cells = rows[0][1]
            for name, reader in self.tables[table].items():
                try:
                    value = reader.read(cells)
                except InColumn as error:
                    error.line = error.line or rows[0][0]
                    raise
                if value is not None:
                    values[name] = value
            return values
        for name, reader in self.tables[table].items():
            value = reader.over(rows)
            if value is not None:
                values[name] = value
        return values

    def _refuse(self, table: str, name: str) -> None:
        reader = self.tables[table].get(name)
        raise InColumn(reader.ways[0].label if reader else name, EMPTY if reader else NO_COLUMN)


def _made(kind: type[Any], values: Values) -> Any:
    return msgspec.convert(values, kind, strict=True)


def _kind(order: Values, in_full: bool) -> str:
    """Before the parcel left, all of the money is a cancellation; the warehouse looks at the order once more."""
    gone = order.get("shipped_at") or order.get("status") in ("shipped", "delivered", "completed")
    return "cancel_before_ship" if in_full and not gone and order else "refund_only"


def _last_known(order: Values, otherwise: datetime | None) -> datetime | None:
    return otherwise or next((order[name] for name in WHEN_REFUNDED if order.get(name)), None)


