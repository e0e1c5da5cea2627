"""A batch gathered while it is read: orders and their lines become columns by the thousand, so that tens of thousands
of them wait for their transaction in a tenth of the memory that records take.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from queries.records import Order, OrderLine, Record
from queries.warehouse.incoming import Column, columns, joined, settled
from queries.warehouse.tables import BY_RECORD, ORDER_LINES, ORDERS, Table

pa.set_memory_pool(pa.system_memory_pool())  # Arrow's own keeps what earlier batches have given back

COLUMNS = (ORDERS, ORDER_LINES)
KINDS = (Order, OrderLine)
TOGETHER = 4_000
"""Records that become columns together: fewer cost more for each, more hold memory."""


class Gathered:
    """Records of one batch in the order in which they came.

    >>> gathered = Gathered(shop_id="S", replaces=("order_lines",))
    >>> gathered.add([order, line, line]), gathered.add([newer_version_of_the_order]), len(gathered)
    (True, False, 3)
    """

    def __init__(self, shop_id: str, replaces: tuple[str, ...] = ()) -> None:
        self.shops: set[str] = set()
        """Ids of the shops that orders and lines name."""
        self._shop_id, self._replaces = shop_id, replaces
        self._waiting: list[Record] = []
        self._others: list[Record] = []
        self._parts: dict[Table, list[dict[str, Column]]] = {}
        self._orders: set[tuple[str, str]] = set()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, rows: list[Record]) -> bool:
        """Takes rows, of whose versions among themselves the newest wins. Refuses all of them (False) where one is of
        an order that is here already: which of its versions wins is decided by the merge, so that the two must not
        come in one batch."""
        orders = _orders(rows)
        if not self._orders.isdisjoint(orders):
            return False
        self._orders |= orders
        self._count += len(rows)
        self._waiting += rows
        if len(self._waiting) >= TOGETHER:
            self._settle()
        return True

    def records(self) -> list[Record]:
        """What is no order and no line."""
        self._settle()
        return self._others

    def columns(self) -> dict[Table, pa.Table]:
        """Table -> its rows, of those that have any."""
        self._settle()
        return {table: joined(parts) for table, parts in self._parts.items()}

    def _settle(self) -> None:
        waiting, self._waiting = self._waiting, []
        for kind, found in settled(waiting, self._replaces).items():
            table = BY_RECORD.get(kind)
            if table in COLUMNS:
                self._parts.setdefault(table, []).append(columns(found, table, self._shop_id))
                self.shops.update({row.shop_id for row in found} - {""})
            else:
                self._others += found


def _orders(rows: Iterable[Record]) -> set[tuple[str, str]]:
    return {(row.shop_id, row.order_id) for row in rows if isinstance(row, KINDS)}
