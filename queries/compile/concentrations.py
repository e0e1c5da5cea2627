"""How much the largest few make: the share of the top 10 % of customers, how many products make 80 % of sales.

Rows without a positive amount are in no group and in no whole. Ties are broken by key. Customers are only told about
as a group of k or more, with nobody or k others beside it, and none of whom makes most of it: the same group-size rule
as everywhere, laid on the group itself. Two groups of the same customers must not differ by a few of them, so the
shares go in steps, each step is k customers or more, and of a share that is reached only the number is told.
"""

from __future__ import annotations

from sqlglot import exp

from queries.compile.fragments import fragment, literal
from queries.compile.scope import Scope
from queries.query import ConcentrationQuery, Filter

PARTS = 1_000_000
"""Shares as whole millionths: the tenth of 419 customers is 42, however a tenth is written in binary."""
AMOUNTS = {"gmv": "o.goods_base", "orders": "1", "buyer_paid": "o.buyer_paid_base"}
"""What customers are ranked by: additive figures of their orders."""
STEP = 5
"""Customers are told about in steps of so many percent: the top 10 % less the top 10.1 % would be one of them."""
COLUMNS = {"platform": "o.platform", "shop": "o.shop_id", "channel": "o.channel"}


def concentration(query: ConcentrationQuery, scope: Scope, figures: exp.Select | None) -> exp.Select:
    """One row: how many of how many, their amount, the whole, both shares."""
    steps: dict[str, exp.Expr] = {}
    if figures is not None:
        steps["figures"] = figures
        steps["amounts"] = fragment(f"SELECT {query.of} AS item, {query.metric} AS amount FROM figures")
    else:
        steps["amounts"] = fragment(_of_buyers(query, scope))
    steps["ranked"] = fragment(_ranked(query))
    steps["picked"] = fragment(_picked(query))
    select = fragment(_told(query, scope))
    assert isinstance(select, exp.Select)
    for name, step in steps.items():
        select = select.with_(name, as_=step)
    return select


def _of_buyers(query: ConcentrationQuery, scope: Scope) -> str:
    return f"""SELECT o.platform || '/' || o.customer_key AS item, sum({AMOUNTS[query.metric]}) AS amount
    FROM v_orders AS o WHERE {_conditions(query.filters, scope)} GROUP BY o.platform || '/' || o.customer_key"""


def population(query: ConcentrationQuery, scope: Scope) -> str:
    """The distinct buyers the group is taken from, for the overlap alarm."""
    text = f"SELECT DISTINCT o.platform, o.customer_key FROM v_orders AS o WHERE {_conditions(query.filters, scope)}"
    return fragment(text).sql(dialect="duckdb")


def _conditions(filters: tuple[Filter, ...], scope: Scope) -> str:
    start, end = scope.period()
    found = ["o.is_sale", "NOT o.customer_key IS NULL"]
    found += [f"o.sale_date >= {_sql(start)}"] if start else []
    found += [f"o.sale_date < {_sql(end)}"] if end else []
    for given in filters:
        among = ", ".join(_sql(value) for value in given.values)
        side = COLUMNS[given.dimension]
        unknown = f" OR {side} IS NULL" if given.op == "not_in" else ""
        found.append(f"({side} {'NOT IN' if given.op == 'not_in' else 'IN'} ({among}){unknown})")
    if scope.viewer.shops is not None:
        own = [f"(o.platform = {_sql(platform)} AND o.shop_id = {_sql(shop)})" for platform, shop in scope.viewer.shops]
        found.append(f"({' OR '.join(own) or 'FALSE'})")
    return " AND ".join(found)


def _ranked(query: ConcentrationQuery) -> str:
    order = "amount DESC, item"
    return f"""SELECT amount, row_number() OVER (ORDER BY {order}) AS place, count(*) OVER () AS listed,
      sum(amount) OVER () AS whole,
      sum(amount) OVER (ORDER BY {order} ROWS UNBOUNDED PRECEDING) - amount AS before_it
    FROM amounts WHERE amount > 0"""


def _picked(query: ConcentrationQuery) -> str:
    """The first n % of the rows, or as few as reach the share."""
    if query.top is not None:
        millionths = int(query.top * PARTS)
        condition = f"place <= (listed * {millionths} + {PARTS - 1}) // {PARTS}"
    else:
        condition = f"before_it < whole * {format(query.reach or 0, 'f')}"
    return f"""SELECT count(*) AS items, max(listed) AS listed, sum(amount) AS amount, max(whole) AS whole,
      max(amount) AS largest FROM ranked WHERE {condition}"""


def _told(query: ConcentrationQuery, scope: Scope) -> str:
    enough = "items > 0"
    if query.of == "buyer":
        k = scope.k
        enough = (
            f"items >= {k} AND (listed = items OR listed - items >= {k}) AND listed * {STEP} >= {k} * 100 AND"
            f" largest <= amount * {scope.disclosure.dominance_max}"
        )
    columns = {
        "items": "items",
        "listed": "listed",
        "amount": "amount",
        "whole": "whole",
        "items_share": _share("items", "listed"),
        "amount_share": _share("amount", "whole"),
    }
    if query.of == "buyer" and query.reach is not None:
        columns |= {"amount": "NULL", "amount_share": "NULL"}  # exact sums of groups that differ by one customer
    told = ", ".join(f"CASE WHEN {enough} THEN {value} END AS {name}" for name, value in columns.items())
    return f"SELECT {told}, NOT ({enough}) AS is_suppressed FROM picked WHERE items > 0"


def _share(above: str, below: str) -> str:
    return (
        f"round(CAST(CAST({above} * 10000 AS HUGEINT) * 100000000 // CAST({below} * 10000 AS HUGEINT)"
        " AS DECIMAL(30, 0)) * 0.00000001, 6)"
    )


def _sql(value: object) -> str:
    return literal(value).sql(dialect="duckdb")  # type: ignore[arg-type]
