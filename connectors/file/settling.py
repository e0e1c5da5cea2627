"""The amounts of an order whose export states some and leaves the others to be derived. Exact, in Decimal.

Exports state what buyers had to pay more often than what they were given off. With list price x quantity the
discount follows; an amount of the whole order is shared out over its lines, one of the lines is added up.

    goods = list - seller's discount          buyer paid = goods - platform's discount + postage (+ added tax)
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from connectors.engine.values import ZERO, share

Values = dict[str, Any]


def settle(order: Values, lines: Sequence[Values], currency: str) -> None:
    """Completes the amounts of an order and its lines, in place; stated amounts that are no columns are taken out."""
    for line in lines:
        settle_line(line)
    goods, paid, total = (order.pop(name, None) for name in ("goods_amount", "buyer_paid", "total_amount"))
    priced = bool(lines) and all("list_amount" in line for line in lines)
    if priced:
        order["list_amount"] = _sum(lines, "list_amount")
    _settle_seller(order, lines, goods, paid)
    order.setdefault("list_amount", _given(goods, paid, order))
    if total is not None and order.get("tax_amount"):
        without_tax = order["list_amount"] - order["seller_discount"] + order.get("shipping_amount", ZERO)
        order["tax_included"] = total - without_tax < order["tax_amount"]
    _settle_platform(order, lines, paid)
    if not priced:
        _share_out(order, lines, "list_amount", currency)
    for name in ("seller_discount", "platform_discount"):
        _share_out(order, lines, name, currency)


def settle_line(line: Values) -> None:
    """List amount and seller's discount of a line from what was to be paid for it."""
    goods, paid = line.pop("goods_amount", None), line.pop("buyer_paid", None)
    if goods is None and paid is not None:
        goods = paid + line.get("platform_discount", ZERO)
    if goods is None:
        return
    line.setdefault("list_amount", goods + line.get("seller_discount", ZERO))
    line.setdefault("seller_discount", line["list_amount"] - goods)


def _settle_seller(order: Values, lines: Sequence[Values], goods: Decimal | None, paid: Decimal | None) -> None:
    if "seller_discount" in order:
        return
    stated = any("seller_discount" in line for line in lines)
    if goods is not None and "list_amount" in order:
        order["seller_discount"] = order["list_amount"] - goods
    elif paid is not None and "list_amount" in order and not stated:
        order["seller_discount"] = _not_paid(order, lines, paid)
        order["discount_split"] = "unknown" if order["seller_discount"] else "known"
    else:
        order["seller_discount"] = _sum(lines, "seller_discount")


def _not_paid(order: Values, lines: Sequence[Values], paid: Decimal) -> Decimal:
    """What nobody is said to have given: the seller did, as nothing says that the platform paid it."""
    added = ZERO if order.get("tax_included", True) else order.get("tax_amount", ZERO)
    platform = order.get("platform_discount", _sum(lines, "platform_discount"))
    return max(order["list_amount"] + order.get("shipping_amount", ZERO) + added - platform - paid, ZERO)


def _given(goods: Decimal | None, paid: Decimal | None, order: Values) -> Decimal:
    """The list amount where only what was paid is known."""
    if goods is None and paid is not None:
        goods = paid + order.get("platform_discount", ZERO) - order.get("shipping_amount", ZERO)
    return (goods or ZERO) + order["seller_discount"]


def _settle_platform(order: Values, lines: Sequence[Values], paid: Decimal | None) -> None:
    if "platform_discount" in order:
        return
    stated = _sum(lines, "platform_discount")
    if paid is not None and not any("platform_discount" in line for line in lines):
        added = ZERO if order.get("tax_included", True) else order.get("tax_amount", ZERO)
        goods = order["list_amount"] - order["seller_discount"]
        stated = max(goods + order.get("shipping_amount", ZERO) + added - paid, ZERO)
    order["platform_discount"] = stated


def _share_out(order: Values, lines: Sequence[Values], name: str, currency: str) -> None:
    """An amount that the lines do not state: the order's, in proportion to their list amounts."""
    if not lines or all(name in line for line in lines):
        return
    weights = [line.get("list_amount") or Decimal(line.get("quantity") or 1) for line in lines]
    if name != "list_amount":
        weights = [line.get("list_amount", ZERO) for line in lines]
    for line, part in zip(lines, share(order[name], weights, currency), strict=True):
        line[name] = part


def _sum(lines: Sequence[Values], name: str) -> Decimal:
    return sum((line.get(name) or ZERO for line in lines), ZERO)
