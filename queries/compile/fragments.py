"""Small pieces of SQL: the model's fragments as trees, literals, and the arithmetic that must stay exact.

Everything compiled is a sqlglot tree; text is only parsed where it comes from the model's own files. Values of
a question enter as literals built by `literal`, never as text.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

import sqlglot
from sqlglot import exp

DIALECT = "duckdb"
COMPARISONS = {"gt": exp.GT, "ge": exp.GTE, "lt": exp.LT, "le": exp.LTE, "eq": exp.EQ}
SCALE = 100_000_000
"""Ratios are divided as whole numbers of a hundred-millionth: exact to 8 places before the one rounding."""


@lru_cache(maxsize=2048)
def _parsed(text: str) -> exp.Expr:
    return sqlglot.parse_one(text, read=DIALECT)


def fragment(text: str) -> exp.Expr:
    """A model fragment as a fresh tree."""
    return _parsed(text).copy()


def source_of(text: str) -> exp.Expr:
    """What stands behind FROM: a table or a SELECT in parentheses, with its alias."""
    found = fragment(f"SELECT 1 FROM {text}").find(exp.From)
    assert found is not None
    return found.this


def literal(value: str | int | Decimal | date | datetime | bool) -> exp.Expr:
    """A value as a literal; dates and instants typed."""
    if isinstance(value, datetime):
        return exp.cast(exp.Literal.string(value.replace(tzinfo=None).isoformat(sep=" ")), "TIMESTAMP")
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "DATE")
    if isinstance(value, Decimal):
        return exp.Literal.number(format(value, "f"))
    return exp.convert(value)


def same(left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """Equality that also matches two unknowns."""
    return exp.NullSafeEQ(this=left, expression=right)


def case(*branches: tuple[exp.Expr, exp.Expr], default: exp.Expr | None = None) -> exp.Expr:
    """CASE WHEN ... THEN ... END."""
    built = exp.case()
    for condition, value in branches:
        built = built.when(condition, value)
    return built.else_(default) if default is not None else built


def func(name: str, *args: exp.Expr) -> exp.Expr:
    """A function call by name."""
    return exp.func(name, *args, dialect=DIALECT)


def wrapped(node: exp.Expr) -> exp.Expr:
    """In parentheses where precedence could bite: operators and CASE."""
    if isinstance(node, exp.Binary | exp.Connector | exp.Unary) and not isinstance(node, exp.Paren):
        return exp.Paren(this=node)
    return node


def rounded(node: exp.Expr, places: int) -> exp.Expr:
    """Half away from zero, on DECIMAL."""
    return func("round", node, exp.Literal.number(places))


def decimal(node: exp.Expr, places: int) -> exp.Expr:
    """A DOUBLE (a quantile, an age) as a rounded DECIMAL."""
    return exp.cast(rounded(node, places), f"DECIMAL(24, {places})")


def quotient(above: exp.Expr, below: exp.Expr, places: int, *, exact: bool = True) -> exp.Expr:
    """`above / below`, rounded once; NULL where nothing is below. The only division of a compiled query.

    DuckDB divides DECIMAL as DOUBLE, so both sides become whole numbers of a hundred-millionth first: a tie such
    as 318.755 then rounds up whatever its binary neighbour is. `exact=False` for quantiles and the like, which
    are DOUBLE already.
    """
    above, below = above.copy(), below.copy()
    nonzero = exp.NEQ(this=wrapped(below.copy()), expression=exp.Literal.number(0))
    if not exact:
        plain = exp.Div(this=wrapped(above), expression=wrapped(below), typed=False, safe=False)
        return case((nonzero, decimal(plain, places)))
    whole = exp.IntDiv(
        this=exp.Paren(this=exp.Mul(this=_whole(above), expression=exp.Literal.number(SCALE))),
        expression=_whole(below),
    )
    value = exp.Mul(this=exp.cast(whole, "DECIMAL(30, 0)"), expression=exp.Literal.number("0.00000001"))
    return case((nonzero, rounded(value, places)))


def _whole(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.Literal) and not node.is_string:
        return exp.cast(exp.Literal.number(int(Decimal(node.this) * SCALE)), "HUGEINT")
    return exp.cast(exp.Mul(this=wrapped(node), expression=exp.Literal.number(SCALE)), "HUGEINT")


def truncated(grain: str, day: exp.Expr) -> exp.Expr:
    """The first day of the day's week (Monday), month, quarter or year."""
    if grain == "day":
        return day
    return exp.cast(exp.Anonymous(this="date_trunc", expressions=[exp.Literal.string(grain), day]), "DATE")


def moved(day: exp.Expr, step: tuple[int, str] | None, *, back: bool = False) -> exp.Expr:
    """A day so many days or months later, or earlier.

    >>> moved(exp.column("week"), (7, "day")).sql()
    "CAST(week + INTERVAL '7' DAY AS DATE)"
    """
    if step is None:
        return day
    n, unit = step
    interval = exp.Interval(this=exp.Literal.string(str(n)), unit=exp.var(unit.upper()))
    kind = exp.Sub if back else exp.Add
    return exp.cast(kind(this=day.copy(), expression=interval), "DATE")


def render(tree: exp.Expr) -> str:
    """One clause a line."""
    return tree.sql(dialect=DIALECT, pretty=True, max_text_width=100)
