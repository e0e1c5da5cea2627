"""A batch gathered while it is read: orders and their lines become columns at once, so that tens of thousands of
them wait for their transaction in a tenth of the memory that records take.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from queries.records import Order, OrderLine, Record
from queries.warehouse.incoming import arrow, settled
from queries.warehouse.tables import BY_RECORD, ORDER_LINES, ORDERS, Table

COLUMNS = (ORDERS, ORDER_LINES)


class Gathered:
    """Records of one batch in the order in which they came.

    >>> gathered = Gathered(shop_id="S", replaces=("order_lines",))
    >>> gathered.add([order, line, line]); len(gathered)
    3
    """

    def __init__(self, shop_id: str, replaces: tuple[str, ...] = ()) -> None:
        self.records: list[Record] = []
        """What is no order and no line."""
        self.shops: set[str] = set()
        """Ids of the shops that orders and lines name."""
        self._shop_id, self._replaces = shop_id, replaces
        self._parts: dict[str, list[pa.Table]] = {}
        self._orders: set[tuple[str, str]] = set()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def meets(self, rows: Iterable[Record]) -> bool:
        """Whether any of these belongs to an order that is here already: which version wins is decided by the
        merge, so that the two must not come in one batch."""
        return bool(self._orders) and not self._orders.isdisjoint(map(_order, filter(_is_column, rows)))

    def add(self, rows: list[Record]) -> None:
        """Takes rows none of whose orders is here; of two versions among themselves the newest wins."""
        self._count += len(rows)
        self._orders.update(map(_order, filter(_is_column, rows)))
        for kind, found in settled(rows, self._replaces).items():
            if BY_RECORD.get(kind) in COLUMNS:
                table = BY_RECORD[kind]
                self._parts.setdefault(table.name, []).append(arrow(found, table, self._shop_id))
                self.shops.update({row.shop_id for row in found} - {""})
            else:
                self.records += found

    def columns(self) -> dict[Table, pa.Table]:
        """Table -> its rows, of those that have any."""
        return {table: pa.concat_tables(self._parts[table.name]) for table in COLUMNS if table.name in self._parts}


def _is_column(row: Record) -> bool:
    return isinstance(row, Order | OrderLine)


def _order(row: Record) -> tuple[str, str]:
    return row.shop_id, row.order_id  # type: ignore[attr-defined]
