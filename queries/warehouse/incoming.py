"""From a batch's records to Arrow tables: the newest version of each row, once.

Duplicates are settled here, before SQL sees them: a MERGE with two source rows of one key would store both.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from operator import attrgetter
from types import UnionType
from typing import TYPE_CHECKING, Any, NamedTuple, Union, get_args, get_origin, get_type_hints

import pyarrow as pa

from queries.records import Order, OrderLine, Record, Refund, Shop
from queries.warehouse.errors import UnfitRecord
from queries.warehouse.tables import BY_RECORD, ORDERS, REFUNDS, Table

if TYPE_CHECKING:
    from queries.warehouse.batch import Batch

MONEY = pa.decimal128(18, 4)
DECIMALS = {
    ("platform_native_daily", "value"): pa.decimal128(24, 6),
    ("reviews", "rating"): pa.decimal128(4, 2),
}
ARROW = {
    Decimal: MONEY,
    datetime: pa.timestamp("us", tz="UTC"),
    date: pa.date32(),
    int: pa.int64(),
    bool: pa.bool_(),
    str: pa.string(),
}


def tables(batch: Batch) -> dict[Table, pa.Table]:
    """What arrives in each table, one row a key."""
    found = {} if isinstance(batch.rows, list) else batch.rows.columns()
    for kind, rows in settled(_records(batch), batch.replaces).items():
        if table := BY_RECORD.get(kind):
            arrived = joined([columns(rows, table, batch.shop_id)])
            found[table] = _added_up(arrived, table) if table.sums else arrived
    return found


def settled(records: Sequence[Record], replaces: tuple[str, ...]) -> dict[type[Record], list[Any]]:
    """Rows by record type, one row a key.

    Of two versions of an order or refund the newest `modified_at` wins, then the later in the batch; the
    lines (and, where they are replaced as a set, the refunds) that follow a losing order go with it.
    """
    rows: dict[type[Record], list[Any]] = defaultdict(list)
    for row in records:
        rows[type(row)].append(row)
    if _repeated(rows[Order], ORDERS):
        rows = _without_losers(records, replaces)
    rows[Refund] = _newest_refunds(rows[Refund])
    return {
        kind: _once(found, BY_RECORD[kind]) if kind in BY_RECORD else found[-1:]
        for kind, found in rows.items()
        if found
    }


class Column(NamedTuple):
    """A column, or the only value it has, `times` over: of an order's thirty columns a platform fills ten."""

    values: pa.Array
    times: int = 1

    def whole(self) -> pa.Array:
        return pa.repeat(self.values[0], self.times) if self.times > 1 else self.values


def columns(rows: Sequence[Record], table: Table, shop_id: str) -> dict[str, Column]:
    """Records of one type as columns named like the table's; instants become UTC timestamps without zone."""
    found = {"shop_id": _column([row.shop_id or shop_id for row in rows], pa.string(), table, "shop_id")}
    for field, kind in _fields(table.record).items():
        values = list(map(attrgetter(field), rows))
        found[table.column(field)] = _column(values, DECIMALS.get((table.name, field), kind), table, field)
    return found


def joined(parts: Sequence[dict[str, Column]]) -> pa.Table:
    """Parts one after another, in one piece each: a reader takes many small pieces for much work."""
    return pa.table({name: pa.concat_arrays([part[name].whole() for part in parts]) for name in parts[0]})


def shops_of(batch: Batch) -> list[str]:
    """The shops a batch speaks of."""
    named = set() if isinstance(batch.rows, list) else batch.rows.shops
    return sorted({row.shop_id or batch.shop_id for row in _records(batch)} | named | {batch.shop_id} - {""})


def _key(table: Table) -> Callable[[Any], Any]:
    return attrgetter("shop_id", *table.key)


def _repeated(rows: list[Any], table: Table) -> bool:
    return len(rows) > 1 and len(set(map(_key(table), rows))) < len(rows)


def _once(rows: list[Any], table: Table) -> list[Any]:
    """The last row of each key; rows whose amounts are added up are all kept."""
    if table.sums or not _repeated(rows, table):
        return rows
    return list(dict(zip(map(_key(table), rows), rows, strict=True)).values())


def _version(row: Any) -> float:
    """Order of versions; one without a change time is older than any that has it."""
    return row.modified_at.timestamp() if row.modified_at else float("-inf")


def _without_losers(records: Sequence[Record], replaces: tuple[str, ...]) -> dict[type[Record], list[Any]]:
    winner: dict[tuple[str, str], Order] = {}
    for row in records:
        if isinstance(row, Order):
            best = winner.get((row.shop_id, row.order_id))
            if best is None or _version(row) >= _version(best):
                winner[row.shop_id, row.order_id] = row
    following: tuple[type, ...] = (OrderLine, Refund) if "refunds" in replaces else (OrderLine,)
    current: dict[tuple[str, str], Order] = {}
    rows: dict[type[Record], list[Any]] = defaultdict(list)
    for row in records:
        if isinstance(row, Order):
            current[row.shop_id, row.order_id] = row
            if winner[row.shop_id, row.order_id] is not row:
                continue
        elif isinstance(row, following):
            order = (row.shop_id, row.order_id)  # type: ignore[attr-defined]
            if order in current and current[order] is not winner[order]:
                continue
        rows[type(row)].append(row)
    return rows


def _newest_refunds(rows: list[Refund]) -> list[Refund]:
    """Rows of the newest version of each refund: a line that left the refund must not stay."""
    if not _repeated(rows, REFUNDS):
        return rows
    newest_of: dict[tuple[str, str], float] = {}
    for row in rows:
        key = (row.shop_id, row.refund_id)
        newest_of[key] = max(newest_of.get(key, float("-inf")), _version(row))
    return [row for row in rows if _version(row) == newest_of[row.shop_id, row.refund_id]]


@cache
def _fields(record: type[Record]) -> dict[str, pa.DataType]:
    """Field -> Arrow type of a record, without `shop_id`."""
    return {name: _arrow_type(hint) for name, hint in get_type_hints(record).items() if name != "shop_id"}


def _arrow_type(hint: Any) -> pa.DataType:
    if get_origin(hint) in (Union, UnionType):
        hint = next(part for part in get_args(hint) if part is not type(None))
    return ARROW.get(hint, pa.string())  # what is left are Literals: words


def _column(values: list[Any], kind: pa.DataType, table: Table, field: str) -> Column:
    times = len(values) if values[-1] == values[0] and values.count(values[0]) == len(values) else 1
    values = values[:1] if times > 1 else values
    try:
        if pa.types.is_decimal(kind):
            return Column(_decimals(values, kind), times)
        column = pa.array(values, kind)
        return Column(column.cast(pa.timestamp("us")) if pa.types.is_timestamp(kind) else column, times)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as failure:
        raise UnfitRecord(column=f"{table.name}.{field}") from failure


def _decimals(values: list[Any], kind: pa.Decimal128Type) -> pa.Array:
    """Exact where the value fits; what has more places than the column is rounded half up."""
    try:
        return pa.array(values, kind)
    except pa.ArrowInvalid:
        step = Decimal(1).scaleb(-kind.scale)
        return pa.array(
            [None if value is None else value.quantize(step, ROUND_HALF_UP) for value in values], kind
        )


def _added_up(rows: pa.Table, table: Table) -> pa.Table:
    keys = [name for name in rows.column_names if name not in table.sums]
    added = rows.group_by(keys).aggregate([(name, "sum") for name in table.sums])
    renamed = added.rename_columns([name.removesuffix("_sum") for name in added.column_names])
    return renamed.cast(rows.select(renamed.column_names).schema)


def shop_records(batch: Batch) -> list[Shop]:
    """What the batch says of its shops."""
    return [row for row in _records(batch) if isinstance(row, Shop)]


def _records(batch: Batch) -> list[Record]:
    """What is not held as columns already."""
    return batch.rows if isinstance(batch.rows, list) else batch.rows.records()
