"""What a correct sync must find: the contract's numbers of one shop, straight from the world.

Only what the wire can tell: jd and pinduoduo hide unpaid orders, so they are not here either. Postage or tax paid back
is not always told apart on the wire (taobao), hence `paid_back` beside `refunded_goods`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from connectors.sandbox.world.types import WorldOrder, WorldRefund, major


@dataclass(frozen=True, slots=True)
class Truth:
    """Counts, and sums in major units of `currency`."""

    platform: str
    currency: str
    orders: int
    lines: int
    gifts: int
    units: int
    """Pieces in all lines, gifts included."""
    buyers: int
    """Distinct buyer ids; guests have none."""
    guest_orders: int
    list_amount: Decimal
    seller_discount: Decimal
    platform_discount: Decimal
    shipping: Decimal
    tax: Decimal
    total: Decimal
    """What buyers paid or have to pay."""
    sales: int
    """Sale orders under the contract (normal or presale, not excluded, sale_at reached)."""
    gmv: Decimal
    """Goods after the seller's discounts of the sale orders."""
    refund_cases: int
    refund_lines: int
    """Lines named in refund cases."""
    refunds_paid: int
    """Cases with money paid out (exchanges are not)."""
    refunded_goods: Decimal
    refunded_shipping: Decimal
    refunded_tax: Decimal
    paid_back: Decimal
    """Goods, shipping and tax paid back."""
    silent_cancellations: int
    """Sale orders cancelled without any refund case: the contract derives a refund row for each."""
    by_type: dict[str, int] = field(default_factory=dict)
    by_exclusion: dict[str, int] = field(default_factory=dict)
    by_refund_kind: dict[str, int] = field(default_factory=dict)
    """Cases by kind, price protection counted as compensation."""


def listed(order: WorldOrder) -> bool:
    """Whether the platform lists the order at all: JD and Pinduoduo only once it is paid or to be paid at the
    door, Mercado Libre only until it is cancelled or wholly paid back."""
    if order.platform in ("jd", "pinduoduo"):
        return order.paid_at is not None or order.payment_type == "cod"
    return order.platform != "mercado_libre" or not (order.cancelled_at or order.closed_at)


def is_sale(order: WorldOrder) -> bool:
    return (
        order.order_type in ("normal", "presale")
        and order.excluded_reason is None
        and order.sale_at is not None
    )


def truth(
    platform: str, currency: str, orders: Iterable[WorldOrder], refunds: Iterable[WorldRefund]
) -> Truth:
    """The expected numbers of these orders and of those refunds that belong to them."""
    kept = {order.order_id: order for order in orders if listed(order)}
    cases = [refund for refund in refunds if refund.order_id in kept]
    sales = [order for order in kept.values() if is_sale(order)]
    lines = [line for order in kept.values() for line in order.lines]
    paid = [case for case in cases if case.refunded_at and case.kind != "exchange"]
    with_case = {case.order_id for case in cases}

    def worth(minor: int) -> Decimal:
        return major(minor, currency)

    def kept_sum(name: str) -> Decimal:
        return worth(sum(getattr(order, name) for order in kept.values()))

    return Truth(
        platform=platform,
        currency=currency,
        orders=len(kept),
        lines=len(lines),
        gifts=sum(line.is_gift for line in lines),
        units=sum(line.quantity for line in lines),
        buyers=len({order.buyer.buyer_id for order in kept.values()} - {""}),
        guest_orders=sum(not order.buyer.buyer_id for order in kept.values()),
        list_amount=kept_sum("list_amount"),
        seller_discount=kept_sum("seller_discount"),
        platform_discount=kept_sum("platform_discount"),
        shipping=kept_sum("shipping"),
        tax=kept_sum("tax"),
        total=kept_sum("total"),
        sales=len(sales),
        gmv=worth(sum(order.goods for order in sales)),
        refund_cases=len(cases),
        refund_lines=sum(len(case.lines) for case in cases),
        refunds_paid=len(paid),
        refunded_goods=worth(sum(case.amount_goods for case in paid)),
        refunded_shipping=worth(sum(case.shipping for case in paid)),
        refunded_tax=worth(sum(case.tax for case in paid)),
        paid_back=worth(sum(case.total for case in paid)),
        silent_cancellations=sum(bool(o.cancelled_at) and o.order_id not in with_case for o in sales),
        by_type=dict(Counter(order.order_type for order in kept.values())),
        by_exclusion=dict(Counter(o.excluded_reason for o in kept.values() if o.excluded_reason)),
        by_refund_kind=dict(Counter(case.kind.replace("price_protection", "compensation") for case in cases)),
    )
