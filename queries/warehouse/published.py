"""Exchange rates that the European Central Bank has published since the package's history ends.

`connectors.ecb` fetches them; the warehouse does without where there is no network (`rates.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa

from queries.warehouse.rates import ADD, SOURCE
from queries.warehouse.session import Session
from queries.warehouse.tables import ORDERS, PLAIN
from queries.warehouse.warehouse import Warehouse

PUBLISHED = f"{SOURCE} (daily file)"
"""`source` of rates fetched from the bank itself."""

Quotes = Mapping[date, Mapping[str, Decimal]]
"""Day -> currency -> units of it for one euro."""


@dataclass(frozen=True)
class Newest:
    """The newest day of the stored rates. `sources` = source -> its newest day."""

    day: date | None
    sources: Mapping[str, date]


def newest(warehouse: Warehouse) -> Newest:
    """How far the stored rates reach."""
    rows = warehouse.look(
        "SELECT source, max(date) FROM fx_rates WHERE base = ? GROUP BY source", [warehouse.base_currency]
    )
    sources: dict[str, date] = dict(rows)
    return Newest(max(sources.values(), default=None), sources)


def add(warehouse: Warehouse, quotes: Quotes) -> int:
    """Adds what the bank has published since; returns how many rates are new.

    Rows of a day whose own rate was not known took the last earlier one: they take the day's own now. Rows of
    days whose rate was known stay as they are, so history does not move.
    """
    flat = [(day, currency, quote) for day, found in quotes.items() for currency, quote in found.items()]
    with warehouse.write() as session:
        session.lend("lent_quotes", _table(flat))
        [(before,)] = session.execute("SELECT count(*) FROM fx_rates")
        days = _missing(session, warehouse.base_currency)
        if not days:
            return 0
        session.execute(ADD, {"base": warehouse.base_currency, "source": PUBLISHED})
        _restate(session, warehouse.base_currency, min(days))
        [(after,)] = session.execute("SELECT count(*) FROM fx_rates")
    return int(after - before)


def _missing(session: Session, base: str) -> list[date]:
    """Days of the lent quotes for which some rate is not stored yet. Nothing is written where there are none."""
    rows = session.execute(
        """
        SELECT DISTINCT q.date
        FROM lent_quotes q
        ANTI JOIN fx_rates f ON f.date = q.date AND f.currency = q.currency AND f.base = $base
        WHERE q.currency <> $base""",
        {"base": base},
    )
    return [day for (day,) in rows]


def _restate(session: Session, base: str, since: date) -> None:
    """Gives rows from `since` on the rate of their day where it has just come."""
    day_of = {"orders": "coalesce(t.sale_date, t.created_date)"}
    day_of |= {table.name: table.day_of("t") for table in PLAIN if table.has_rate}
    for table in (ORDERS, *(table for table in PLAIN if table.has_rate)):
        found = f"""
            WITH rates AS (SELECT date, currency, rate, source FROM fx_rates WHERE base = $base),
            dated AS (
              SELECT t.rowid AS row, t.currency, t.fx_to_base, {day_of[table.name]} AS day
              FROM {table.name} t
              JOIN shops s USING (platform, shop_id)
              WHERE t.currency <> $base)
            SELECT d.row, r.rate
            FROM dated d
            ASOF JOIN rates r ON r.currency = d.currency AND r.date <= d.day
            WHERE d.day >= $since AND r.date >= $since AND r.source = $source
              AND d.fx_to_base IS DISTINCT FROM r.rate"""
        given = {"base": base, "since": since, "source": PUBLISHED}
        session.execute(f"CREATE OR REPLACE TEMP TABLE late_rates AS {found}", given)
        if session.execute("SELECT count(*) FROM late_rates") != [(0,)]:
            session.execute(f"UPDATE {table.name} SET fx_to_base = l.rate FROM late_rates l"
                            f" WHERE {table.name}.rowid = l.row")  # fmt: skip


def _table(flat: list[tuple[date, str, Decimal]]) -> pa.Table:
    days, currencies, quotes = zip(*flat, strict=True) if flat else ((), (), ())
    return pa.table({
        "date": pa.array(days, pa.date32()), "currency": pa.array(currencies, pa.string()),
        "quote": pa.array(quotes, pa.decimal128(18, 8)),
    })  # fmt: skip
