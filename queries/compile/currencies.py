"""An answer in another currency: every amount divided by one rate, which is stated with its day.

Sales count at the rates of their own days; what is converted is the sum in base currency, at the rate of the last day
of the period or the last one before it. A rate older than a month is none.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlglot import exp

from queries.compile.fragments import fragment, literal, quotient
from queries.compile.scope import Scope
from queries.query import SemanticQuery

if TYPE_CHECKING:
    from queries.compile.compiler import Output

OLDEST = 35
"""Days a rate may be older than the period's last day."""
WITHOUT_CENTS = {"JPY", "KRW", "VND", "CLP", "IDR"}
RATE = """SELECT max_by(rate, date), max(date) FROM fx_rates
  WHERE currency = {currency} AND base = {base} AND date <= {last} AND date >= {first}"""


def rate_sql(query: SemanticQuery, base: str, today: date) -> str:
    """SQL for the rate and its day, both NULL where there is none."""
    end = query.time.end if query.time and query.time.end else today
    last = min(end - timedelta(days=1), today)
    days = {"last": literal(last), "first": literal(last - timedelta(days=OLDEST))}
    facts = {"currency": literal(query.currency or ""), "base": literal(base), **days}
    return RATE.format(**{key: value.sql("duckdb") for key, value in facts.items()})


def converted(
    select: exp.Select, outputs: list[Output], scope: Scope
) -> tuple[exp.Select, tuple[Output, ...]]:
    """The same rows with every amount in the other currency."""
    currency = str(scope.query.currency)
    places = 0 if currency in WITHOUT_CENTS else 2
    sql = rate_sql(scope.query, scope.base_currency, scope.clock.today).replace(", max(date)", "")
    columns, told = [], []
    for column, output in zip(select.selects, outputs, strict=True):
        if output.unit != scope.base_currency:
            columns.append(column)
            told.append(output)
            continue
        value = column.this if isinstance(column, exp.Alias) else column
        rate = exp.Subquery(this=fragment(sql))
        columns.append(exp.alias_(quotient(value, rate, places), output.name))
        told.append(replace(output, unit=currency))
    select.set("expressions", columns)
    return select, tuple(told)
