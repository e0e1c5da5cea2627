"""Official market figures: level and growth must agree before a figure is believed.

Growth is published on a comparable basis, so `value / previous value - 1` may differ from `yoy_pct` by two
points. A source that gives 15.4 trillion yuan for 2023 with 4.0 % fails: the level belongs to 2023 (11.0 %),
the growth to the year before. Where the publisher itself restated the year before, the row says so in its
`note` ("comparable basis: ..."), and its growth is the one to quote.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from queries.warehouse.errors import ImplausibleBenchmark

TOLERANCE = Decimal(2)
"""Percentage points."""
RESTATED = "comparable basis:"


@dataclass(frozen=True)
class Figure:
    """One official annual figure, a row of `market_benchmark`."""

    series: str
    period: str
    value: Decimal
    unit: str
    yoy_pct: Decimal
    publisher: str
    cited_via: str
    retrieved_on: date
    note: str = ""


def check(figure: Figure, previous: Figure | None) -> None:
    """Raises ImplausibleBenchmark where level and growth contradict each other without a reason given."""
    if previous is None or figure.note.startswith(RESTATED):
        return
    implied = (figure.value / previous.value - 1) * 100
    if abs(implied - figure.yoy_pct) > TOLERANCE:
        raise ImplausibleBenchmark(series=figure.series, period=figure.period)


def load(live: duckdb.DuckDBPyConnection, figures: Iterable[Figure]) -> None:
    """Writes figures over earlier ones of the same series and year, each checked against the year before."""
    known = {
        (series, period): value
        for series, period, value in live.execute(
            "SELECT series, period, value FROM market_benchmark"
        ).fetchall()
    }
    for figure in sorted(figures, key=lambda each: (each.series, each.period)):
        value = known.get((figure.series, str(int(figure.period) - 1)))
        previous = (
            None
            if value is None
            else Figure(figure.series, "", value, figure.unit, Decimal(0), "", "", figure.retrieved_on)
        )
        check(figure, previous)
        known[figure.series, figure.period] = figure.value
        live.execute(
            "DELETE FROM market_benchmark WHERE series = ? AND period = ?", [figure.series, figure.period]
        )
        live.execute(
            "INSERT INTO market_benchmark VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                figure.series,
                figure.period,
                figure.value,
                figure.unit,
                figure.yoy_pct,
                figure.publisher,
                figure.cited_via,
                figure.retrieved_on,
                figure.note or None,
            ],
        )
