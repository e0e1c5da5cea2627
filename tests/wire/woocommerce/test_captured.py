"""Answers of a WooCommerce 11.0.1 and the amounts that its own analytics keep of them (table wc_order_stats).

Personal fields are not among those asked for; names of products and links were taken out.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from connectors.engine.stream import Context
from connectors.woocommerce import streams
from connectors.woocommerce.streams import Sale, sale_rows
from queries.records import Order, OrderLine, Refund

CAPTURED = json.loads((Path(__file__).parent / "fixtures" / "captured.json").read_text())
CONTEXT = Context(settings=None, shop_id="shop.example", currency="EUR", zone=ZoneInfo("Europe/Berlin"),
                  now=datetime(2026, 11, 25, 8, tzinfo=UTC))


def rows(case: str, **changed: Any) -> list[Any]:
    body = CAPTURED[case]
    [order] = streams.orders_of.decode(msgspec.json.encode([body["order"] | changed]))
    return list(sale_rows(Sale(order, streams.refunds_of.decode(msgspec.json.encode(body["refunds"]))), CONTEXT))


@pytest.mark.parametrize(("case", "net", "shipping", "tax", "items"), [
    ("cents", "1001.81", "0.00", "123.89", 19),  # its lines add up to two cents less
    ("cents-down", "941.67", "0.00", "104.31", 29),
    ("rf-fee", "22.99", "4.90", "5.30", 1),
    ("rf-mixed", "55.32", "4.90", "9.96", 3),
])
def test_an_order_is_worth_what_the_store_says(case: str, net: str, shipping: str, tax: str, items: int) -> None:
    found = rows(case)
    [order], lines = ([row for row in found if isinstance(row, kind)] for kind in (Order, OrderLine))
    assert (order.list_amount - order.seller_discount, order.shipping_amount, order.tax_amount) == (
        Decimal(net), Decimal(shipping), Decimal(tax))
    assert sum(line.list_amount - line.seller_discount for line in lines) == Decimal(net)
    assert sum(line.quantity for line in lines) == items


@pytest.mark.parametrize(("case", "refunds"), [
    # a fee paid back is no goods with tax in them
    ("rf-fee", [("213", "178", "3.00", "0", "0.57", 0)]),
    # line, fee, postage and a sum on top in one refund, then a sum alone
    ("rf-mixed", [("215", "182", "19.99", "0", "3.80", 1), ("215", "185", "3.00", "0", "0.57", 0),
                  ("215", None, "1.81", "4.90", "0.93", 0), ("216", None, "1.23", "0", "0", 0)]),
    # the status was set to "refunded": one sum for everything
    ("rf-full-status", [("218", "192", "39.98", "0", "0", 2), ("218", "193", "12.34", "0", "0", 1),
                        ("218", None, "0", "4.90", "9.39", 0)]),
    # ... after a sum had been paid back: what is left, not everything once more
    ("rf-two-then-full", [("226", None, "10.00", "0", "0", 0), ("227", "211", "29.98", "0", "0", 2),
                          ("227", None, "0", "4.90", "8.53", 0)]),
    # cancelled after a part was paid back: the store counts nothing of it any more
    ("rf-cancelled", [("234", None, "10.00", "0", "0", 0), ("cancelled:233", "223", "9.99", "0", "0", 1),
                      ("cancelled:233", None, "0", "0", "3.80", 0)]),
])
def test_refunds_in_the_parts_of_their_order(case: str, refunds: list[Any]) -> None:
    found = [row for row in rows(case) if isinstance(row, Refund)]
    assert [(row.refund_id, row.line_id, row.goods_amount, row.shipping_amount, row.tax_amount, row.quantity)
            for row in found] == [(refund, line, Decimal(goods), Decimal(shipping), Decimal(tax), quantity)
                                  for refund, line, goods, shipping, tax, quantity in refunds]


@pytest.mark.parametrize("case", ["rf-full-status", "rf-two-then-full", "rf-cancelled"])
def test_a_whole_refund_leaves_nothing(case: str) -> None:
    found = rows(case)
    [order], refunds = ([row for row in found if isinstance(row, kind)] for kind in (Order, Refund))
    assert sum(row.goods_amount + row.shipping_amount + row.tax_amount for row in refunds) == (
        order.list_amount - order.seller_discount + order.shipping_amount + order.tax_amount)
    assert sum(row.goods_amount for row in refunds) == order.list_amount - order.seller_discount


@pytest.mark.parametrize(("status", "paid"), [("processing", True), ("on-hold", True), ("pending", False),
                                              ("checkout-draft", False), ("cancelled", True)])
def test_an_order_set_back_to_pending_is_not_paid(status: str, paid: bool) -> None:
    """The store keeps the time of payment, but counts the order no more."""
    [order] = [row for row in rows("cents", status=status) if isinstance(row, Order)]
    assert (order.paid_at is not None) is paid


def test_a_gift_card_is_no_rounding() -> None:
    """A plug-in lowered the total by what a card paid: goods were sold at their price."""
    [order] = [row for row in rows("cents", total="1100.70") if isinstance(row, Order)]
    assert order.list_amount - order.seller_discount == Decimal("1001.79")
