"""What a new warehouse knows already: platforms, shopping festivals, exchange rates, market figures.

Rows of the shipped files replace earlier shipped ones when the files change. A workspace's own rows of the
calendar stay: only the festivals and years that the file names are replaced.
"""

from __future__ import annotations

import csv
import hashlib
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from pathlib import Path

import duckdb

from queries.warehouse import benchmark, migrate

SEEDS = Path(__file__).parent / "seeds"


@cache
def stamp(base: str) -> str:
    """Changes whenever a seed does, or the package that brings the exchange rates."""
    text = b"".join(path.read_bytes() for path in sorted(SEEDS.glob("*.csv")))
    return f"{hashlib.sha256(text).hexdigest()[:12]}-{version('CurrencyConverter')}-{base}"


def plant(live: duckdb.DuckDBPyConnection, base: str) -> bool:
    """Writes the seeds unless this version's are there; returns whether it wrote."""
    if migrate.get(live, "seeds") == stamp(base):
        return False
    from queries.warehouse import rates  # with Arrow and the package of the quotes

    _platforms(live)
    _festivals(live)
    rates.load(live, base)
    benchmark.load(
        live,
        [
            benchmark.Figure(
                row["series"],
                row["period"],
                Decimal(row["value"]),
                row["unit"],
                Decimal(row["yoy_pct"]),
                row["publisher"],
                row["cited_via"],
                date.fromisoformat(row["retrieved_on"]),
                row["note"],
            )
            for row in _rows("market_benchmark")
        ],
    )
    migrate.put(live, "base_currency", base)
    migrate.put(live, "seeds", stamp(base))
    return True


def _platforms(live: duckdb.DuckDBPyConnection) -> None:
    live.execute("DELETE FROM platforms")
    for row in _rows("platforms"):
        live.execute(
            "INSERT INTO platforms VALUES (?, ?, ?, ?, ?, ?)", [value or None for value in row.values()]
        )


def _festivals(live: duckdb.DuckDBPyConnection) -> None:
    rows = _rows("promo_calendar")
    for promo, year in sorted({(row["promo"], row["starts_on"][:4]) for row in rows}):
        live.execute("DELETE FROM promo_calendar WHERE promo = ? AND year(starts_on) = ?", [promo, int(year)])
    live.executemany(
        "INSERT INTO promo_calendar VALUES (?, ?, ?, ?, ?, ?, ?)",
        [[value or None for value in row.values()] for row in rows],
    )


def shipped_promotions() -> list[tuple[str, str | None, date, date, str, str]]:
    """(promo, platform, first day, last day, English, Chinese) of the shipped days and sale periods."""
    return [
        (row["promo"], row["platform"] or None, date.fromisoformat(row["starts_on"]),
         date.fromisoformat(row["ends_on"]), row["name_en"], row["name_zh"])
        for row in _rows("promo_calendar") if row["kind"] in ("day", "period", "")
    ]  # fmt: skip


def _rows(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
