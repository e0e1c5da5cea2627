"""What did not happen: the list less the facts, against hand-written SQL; with what happened it is the whole list."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from queries.compile import compile_shape, validate
from queries.model import load_model
from queries.query import AbsentQuery, Filter
from queries.run import run
from tests.queries.asking import Market, days

DAY = days(date(2026, 10, 3), date(2026, 10, 3))
OCTOBER = days(date(2026, 10, 1), date(2026, 10, 31))
JD = (Filter(dimension="platform", values=("jd",)),)
GONE = "('deleted', 'removed', 'delisted', 'inactive', 'archived', 'draft')"
SOLD = "SELECT DISTINCT platform, shop_id, {} FROM v_sales_lines WHERE NOT is_gift AND sale_date = '2026-10-03'"


def rows_of(place: Market, **shape: Any) -> list[dict[str, Any]]:
    query = AbsentQuery(**shape)
    assert validate(query, load_model(), place.viewer, place.clock()) is None
    compiled = compile_shape(query, load_model(), place.viewer, place.clock())
    assert compiled.lane == "business"
    result = run(place.warehouse.snapshot("business"), compiled.sql)
    assert list(result.names) == [output.name for output in compiled.columns]
    return [dict(zip(result.names, row, strict=True)) for row in result.rows]


@pytest.mark.parametrize(("of", "key"), [("product", "product_id"), ("sku", "sku_id")])
def test_without_a_sale(market: Market, of: str, key: str) -> None:
    rows = rows_of(market, of=of, time=DAY)
    expected = market.sql(
        f"""SELECT platform, {key} FROM products p ANTI JOIN ({SOLD.format(key)}) s USING (platform, shop_id, {key})
          WHERE NOT coalesce(status, 'active') IN {GONE} GROUP BY platform, shop_id, {key}"""
    )
    assert expected and sorted((row["platform"], row["item"]) for row in rows) == sorted(expected)
    assert {row["absent_count"] for row in rows} == {len(expected)}


def test_without_a_refund(market: Market) -> None:
    """A refund of a whole order is one of each of its products."""
    rows = rows_of(market, what="refund", time=DAY, filters=JD)
    expected = market.sql(
        """SELECT l.product_id, sum(l.quantity) FROM v_sales_lines l WHERE l.platform = 'jd' AND NOT l.is_gift
          AND l.sale_date = '2026-10-03' AND NOT EXISTS (SELECT 1 FROM v_refunds r JOIN order_lines o
          USING (platform, shop_id, order_id) WHERE o.product_id = l.product_id AND o.platform = 'jd'
          AND r.sale_date = '2026-10-03' AND (r.line_id IS NULL OR r.line_id = o.line_id))
          GROUP BY l.product_id"""
    )
    assert expected and sorted((row["item"], row["units"]) for row in rows) == sorted(expected)


def test_counted_by_platform_is_the_list(market: Market) -> None:
    counted = rows_of(market, of="sku", time=DAY, count_by=("platform",))
    listed = rows_of(market, of="sku", time=DAY)
    assert sum(row["absent"] for row in counted) == len(listed)
    assert sum(row["listed"] for row in counted) == listed[0]["listed_count"]
    for row in counted:
        assert row["absent"] == sum(one["platform"] == row["platform"] for one in listed)


def test_what_sold_and_what_did_not_is_what_is_listed(market: Market) -> None:
    """The active SKU rate and the SKUs without a sale are two sides of one list."""
    rate = market.ask("active_sku_rate", time=DAY).one["active_sku_rate"]
    rows = rows_of(market, of="sku", time=DAY)
    part = Decimal(rows[0]["absent_count"]) / Decimal(rows[0]["listed_count"])
    assert rate == (1 - part).quantize(Decimal("0.000001"))


def test_the_active_sku_rate_is_never_above_one(market: Market) -> None:
    for row in market.ask("active_sku_rate", time=OCTOBER, dimensions=("platform",)).rows:
        assert row["active_sku_rate"] is None or row["active_sku_rate"] <= 1


def test_only_places_and_kinds_narrow(market: Market) -> None:
    query = AbsentQuery(time=DAY, filters=(Filter(dimension="channel", values=("live",)),))
    assert validate(query, load_model(), market.viewer, market.clock()) is not None
