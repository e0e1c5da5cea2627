"""How much the largest few make, against hand-written SQL; of customers only groups that say nothing of one of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from queries.compile import Disclosure, compile_shape, validate
from queries.model import load_model
from queries.query import ConcentrationQuery, Filter
from queries.run import run
from tests.queries.asking import Market, days

ALL = days(date(2026, 9, 20), date(2026, 11, 20))
LINES = "SELECT * FROM v_sales_lines WHERE sale_date BETWEEN '2026-09-20' AND '2026-11-20'"
SALES = """SELECT * FROM v_orders WHERE is_sale AND sale_date BETWEEN '2026-09-20' AND '2026-11-20'
  AND customer_key IS NOT NULL"""


def one_of(place: Market, **shape: Any) -> dict[str, Any]:
    query = ConcentrationQuery(time=ALL, **shape)
    assert validate(query, load_model(), place.viewer, place.clock()) is None
    viewer, rule = place.viewer.model_copy(update={"min_group": 5}), Disclosure(min_group=5)
    compiled = compile_shape(query, load_model(), viewer, place.clock(), disclosure=rule)
    result = run(place.warehouse.snapshot(compiled.lane), compiled.sql)
    assert list(result.names) == [output.name for output in compiled.columns]
    (row,) = result.rows
    return dict(zip(result.names, row, strict=True))


def amounts(place: Market, of: str) -> list[Decimal]:
    if of == "buyer":
        rows = place.sql(f"SELECT sum(goods_base) FROM ({SALES}) GROUP BY platform, customer_key")
    else:
        rows = place.sql(f"SELECT round(sum(goods_base), 2) FROM ({LINES}) GROUP BY platform, shop_id, product_id")
    return sorted((Decimal(row[0]) for row in rows if row[0] > 0), reverse=True)


@pytest.mark.parametrize(("of", "top"), [("product", "0.25"), ("buyer", "0.2"), ("buyer", "0.5")])
def test_the_first_so_many(market: Market, of: str, top: str) -> None:
    row, values = one_of(market, of=of, top=Decimal(top)), amounts(market, of)
    count = -(-len(values) * int(Decimal(top) * 100) // 100)
    assert (row["items"], row["listed"]) == (count, len(values))
    assert row["amount"] == sum(values[:count]) and row["whole"] == sum(values)
    assert abs(row["amount_share"] - sum(values[:count]) / sum(values)) < Decimal("0.000002")


@pytest.mark.parametrize("of", ["product", "buyer"])
def test_as_few_as_reach_a_share(market: Market, of: str) -> None:
    row, values = one_of(market, of=of, reach=Decimal("0.8")), amounts(market, of)
    count = next(n for n in range(1, len(values) + 1) if sum(values[:n]) >= sum(values) * Decimal("0.8"))
    assert (row["items"], row["listed"]) == (count, len(values))
    assert row["amount"] == (None if of == "buyer" else sum(values[:count]))


def test_all_of_them_make_all_of_it(market: Market) -> None:
    row = one_of(market, of="product", top=Decimal(1))
    assert (row["items"], row["amount"], row["amount_share"]) == (row["listed"], row["whole"], 1)
    assert row["whole"] == market.ask("gmv", time=ALL).one["gmv"]


def test_a_group_of_few_customers_is_hidden(market: Market) -> None:
    """Of 132 customers 5 % are six: no step of the scale may be smaller than the group size of ten."""
    query = ConcentrationQuery(of="buyer", top=Decimal("0.5"), time=ALL)
    compiled = compile_shape(query, load_model(), market.viewer, market.clock())
    (row,) = run(market.warehouse.snapshot("person"), compiled.sql).rows
    assert compiled.lane == "person" and compiled.guarded and compiled.population
    assert row == (None,) * 6 + (True,)


REFUSED = [
    ({"of": "buyer", "top": Decimal("0.11")}, "group_too_small"),
    ({"of": "buyer", "reach": Decimal("0.801")}, "group_too_small"),
    ({"of": "buyer", "metric": "net_sales", "top": Decimal("0.1")}, "not_in_model"),
    ({"of": "product", "metric": "orders", "top": Decimal("0.1")}, "not_in_model"),
    ({"of": "product", "metric": "aov", "top": Decimal("0.1")}, "not_in_model"),
    (
        {"of": "buyer", "top": Decimal("0.1"), "filters": (Filter(dimension="region", values=("浙江",)),)},
        "not_in_model",
    ),
    (
        {"of": "product", "top": Decimal("0.1"), "filters": (Filter(dimension="region", values=("浙江",)),)},
        "group_too_small",
    ),
]


@pytest.mark.parametrize(("shape", "reason"), REFUSED)
def test_what_is_refused(market: Market, shape: dict[str, Any], reason: str) -> None:
    problem = validate(ConcentrationQuery(time=ALL, **shape), load_model(), market.viewer, market.clock())
    assert problem is not None and problem.reason == reason
