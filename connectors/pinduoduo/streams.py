"""What is read from a Pinduoduo shop, and how it becomes contract records.

The first load goes by time of deal, in days; changes and refunds go by time of change, in half hours that end
three minutes ago. Lists are read from their last page to their first, as the platform asks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from math import ceil
from typing import Any

from connectors.engine.errors import Rejected
from connectors.engine.stream import (
    DAY,
    HOUR,
    MINUTE,
    About,
    Ask,
    ById,
    ByWindow,
    Call,
    Context,
    Finding,
    Identity,
    Page,
    Reply,
    Stream,
)
from connectors.engine.values import ZERO, beijing, share, text, to_seconds, told
from connectors.engine.vocabulary import province, reason_code
from connectors.pinduoduo import wire
from connectors.pinduoduo.client import REFRESH
from connectors.pinduoduo.wire import answer
from queries.records import Order, OrderLine, OrderStatus, Product, Refund, RefundStatus, RefundType, Shop

SECOND = timedelta(seconds=1)
HALF_HOUR, ONE_DAY = 30 * MINUTE - SECOND, DAY - SECOND
"""The longest windows, less the second by which rounding outwards may stretch them."""
LAG = 3 * MINUTE + 30 * SECOND
"""Lists are complete only up to three minutes ago; and the clocks may differ a little."""
REACH = 89 * DAY
"""Three months at their shortest."""
PAGE = 100
ALL, EVERY = 5, 1
"""Filters of orders (5) and of after-sales (1) that leave nothing out."""

STATUS: dict[int, OrderStatus] = {1: "paid", 2: "shipped", 3: "delivered"}
COMPLETE = 1
NO_DEAL: dict[int, OrderStatus] = {0: "open", 2: "cancelled"}
"""By `confirm_status`: the group is complete, is not complete, or never was: then no sale, though it was paid."""
REFUNDED = 4

AFTER_SALES: dict[int, RefundStatus] = {
    0: "closed", 2: "requested", 3: "requested", 4: "approved", 5: "approved", 6: "rejected", 7: "approved",
    8: "requested", 9: "rejected", 10: "success", 11: "closed", 12: "closed", 13: "closed", 14: "requested",
    15: "approved", 16: "success", 17: "closed", 18: "approved", 21: "approved", 22: "approved", 24: "approved",
    25: "approved", 27: "approved", 31: "approved", 32: "approved", 33: "approved",
}
"""10 is the one at which money went back; 14 to 18 exchanges, 21 to 27 repairs."""
KINDS: dict[int, RefundType] = {
    2: "cancel_before_ship", 3: "return_refund", 4: "exchange", 5: "exchange", 6: "exchange",
}
"""By `after_sales_type`; 5 (resend) and 6 (repair) move goods and no money. 2, money only, is a cancellation
unless it was asked for after the parcel left: the warehouse looks at the order."""


def dealt_orders(ask: Ask, context: Context) -> Call:
    start, end = seconds(ask)
    return Call("pdd.order.list.get", verb="POST", params={
        "order_status": ALL, "refund_status": ALL, "start_confirm_at": start, "end_confirm_at": end,
        "page": ask.page, "page_size": ask.size, "use_has_next": not ask.counting})


def changed_orders(ask: Ask, context: Context) -> Call:
    start, end = seconds(ask)
    return Call("pdd.order.number.list.increment.get", verb="POST", params={
        "is_lucky_flag": 0, "order_status": ALL, "refund_status": ALL, "start_updated_at": start,
        "end_updated_at": end, "page": ask.page, "page_size": ask.size, "use_has_next": not ask.counting})


def changed_refunds(ask: Ask, context: Context) -> Call:
    start, end = seconds(ask)
    return Call("pdd.refund.list.increment.get", verb="POST", limit="refunds", params={
        "after_sales_status": EVERY, "after_sales_type": EVERY, "start_updated_at": start, "end_updated_at": end,
        "page": ask.page, "page_size": ask.size})


def all_goods(ask: Ask, context: Context) -> Call:
    return Call("pdd.goods.list.get", verb="POST", params={"page": ask.page, "page_size": ask.size})


def seconds(ask: Ask) -> tuple[int, int]:
    """The window in whole Unix seconds, rounded outwards."""
    assert ask.window is not None
    return to_seconds(ask.window.start), ceil(ask.window.end.timestamp())


def orders(reply: Reply, call: Call) -> Page:
    found = answer(reply.body)
    return page(found, found.order_list if found.order_sn_list is None else found.order_sn_list)


def refunds(reply: Reply, call: Call) -> Page:
    found = answer(reply.body)
    return page(found, found.refund_list)


def goods(reply: Reply, call: Call) -> Page:
    found = answer(reply.body)
    return page(found, found.goods_list)


def page(found: wire.Answer, items: Sequence[Any] | None) -> Page:
    """An answer that only says that there is more, without the count, has its window cut."""
    told(items, found.total_count, found.has_next)
    uncounted = found.has_next and found.total_count is None
    return Page(items or [], found.total_count, next="more" if uncounted else None)


def order_rows(order: wire.Order, context: Context) -> Iterator[Order | OrderLine | Finding]:
    """An order and its lines. One whose group is not complete is open, one whose group failed is cancelled, both
    without a time of payment: the money waits or went back by itself, and nothing was sold."""
    created = beijing(order.created_time)
    if created is None:
        raise Rejected("(an order without its time of creation)")
    lines, modified = line_rows(order), beijing(order.updated_at)
    status = STATUS.get(order.order_status, "unknown")
    dealt = order.confirm_status == COMPLETE
    if not dealt:
        status = NO_DEAL.get(order.confirm_status, "unknown")
    elif status == "paid" and order.refund_status == REFUNDED:
        status = "cancelled"
    paid = beijing(order.pay_time) or beijing(order.confirm_time) or created
    yield Order(
        order_id=order.order_sn, status=status, native_status=native_status(order), created_at=created,
        paid_at=paid if dealt else None, shipped_at=beijing(order.shipping_time),
        delivered_at=beijing(order.receive_time), cancelled_at=modified if status == "cancelled" else None,
        modified_at=modified, currency=context.currency,
        list_amount=sum((line.list_amount for line in lines), ZERO),
        seller_discount=sum((line.seller_discount for line in lines), ZERO),
        platform_discount=sum((line.platform_discount for line in lines), ZERO),
        shipping_amount=order.postage or ZERO, region=province(order.province))
    yield from lines
    if not order.item_list:
        yield Finding("order_without_lines", "an order came without its item_list")
    if order.trade_type:
        yield Finding("unknown_order_type", f"trade_type {order.trade_type}")


def native_status(order: wire.Order) -> str:
    """"1", or with what else decides: "1 refund 4", "1 confirm 0"."""
    words = str(order.order_status)
    if order.confirm_status != COMPLETE:
        words += f" confirm {order.confirm_status}"
    return words if order.refund_status in (None, 1) else f"{words} refund {order.refund_status}"


def line_rows(order: wire.Order) -> list[OrderLine]:
    """The goods and the gifts. Lines are not numbered and after-sales name a SKU: the first line of a SKU takes
    its id, another one a number behind it. Discounts are the order's, spread by value."""
    seen, lines = dict[str, int](), []
    items, gifts = order.item_list or [], order.gift_list or []
    for item, gift in [*((item, False) for item in items), *((item, True) for item in gifts)]:
        sku = text(item.sku_id) or text(item.goods_id)
        seen[sku] = seen.get(sku, 0) + 1
        price = ZERO if gift else item.goods_price or ZERO
        lines.append(OrderLine(
            order_id=order.order_sn, line_id=sku if seen[sku] == 1 else f"{sku}-{seen[sku]}",
            product_id=text(item.goods_id), sku_id=sku, quantity=item.goods_count,
            list_amount=price * item.goods_count, is_gift=price == 0))
    seller, platform = discounts(order)
    weights = [line.list_amount for line in lines]
    parts = zip(lines, share(seller, weights), share(platform, weights), strict=True)
    for line, of_seller, of_platform in parts:
        line.seller_discount, line.platform_discount = of_seller, of_platform
    return lines


def discounts(order: wire.Order) -> tuple[Decimal, Decimal]:
    """The seller's and the platform's. What the platform does not pay, the shop does: the capital-free discount
    too."""
    platform = order.platform_discount or ZERO
    if order.discount_amount is not None:
        return order.discount_amount - platform, platform
    return (order.seller_discount or ZERO) + (order.capital_free_discount or ZERO), platform


def refund_rows(refund: wire.Refund, context: Context) -> Iterator[Refund | Finding]:
    """One after-sale of one SKU. There is no time of payout: the change to "refund succeeded" is the nearest."""
    status = AFTER_SALES.get(refund.after_sales_status, "unknown")
    kind = KINDS.get(refund.after_sales_type)
    if kind is None:
        yield Finding("unknown_refund_type", f"after_sales_type {refund.after_sales_type}")
    changed = beijing(refund.updated_time)
    back = kind in ("return_refund", "cancel_before_ship")
    yield Refund(
        refund_id=text(refund.id), order_id=refund.order_sn, line_id=text(refund.sku_id) or None,
        refund_type=kind or "refund_only", status=status, native_status=str(refund.after_sales_status),
        requested_at=beijing(refund.created_time), refunded_at=changed if status == "success" else None,
        modified_at=changed, quantity=(refund.goods_number or 0) if back else 0,
        goods_amount=ZERO if kind == "exchange" else refund.refund_amount or ZERO,
        reason_code=reason_code(refund.after_sale_reason), restocked=status == "success" and back)


def goods_rows(item: wire.Goods, context: Context) -> Iterator[Product]:
    """One row per SKU; goods that come without SKUs are their own."""
    product = text(item.goods_id)
    status = None if item.is_onsale is None else "on_sale" if item.is_onsale else "off_shelf"
    for sku in [text(sku.sku_id) for sku in item.sku_list or []] or [product]:
        yield Product(product_id=product, sku_id=sku, title=item.goods_name, status=status)


def shop_calls(settings: object) -> list[Call]:
    """The shop is named with its token, and nowhere else that every app may read."""
    return [Call(REFRESH, host="auth")]


def shop_row(replies: Sequence[Reply | None], settings: object) -> Identity:
    found = answer(replies[0].body) if replies[0] else wire.Answer()
    if not text(found.owner_id):
        raise Rejected("(the token answer names no shop)")
    shop = Shop(name=found.owner_name or text(found.owner_id), tz="Asia/Shanghai", currency="CNY")
    return Identity(text(found.owner_id), shop)


ORDERS = Stream(
    name="orders", source="order", tables=(Order, OrderLine), replaces=("order_lines",), lag=LAG,
    backfill=ByWindow(dealt_orders, span=ONE_DAY, size=PAGE, reach=REACH, moving=False),
    changes=ByWindow(changed_orders, span=HALF_HOUR, size=PAGE), read=orders, rows=order_rows,
    key=lambda order: order.order_sn, changed=lambda order: beijing(order.updated_at))

REFUNDS = Stream(
    name="refunds", source="refund", tables=(Refund,), lag=LAG,
    changes=ByWindow(changed_refunds, span=HALF_HOUR, size=PAGE, reach=REACH), read=refunds, rows=refund_rows,
    key=lambda refund: text(refund.id), changed=lambda refund: beijing(refund.updated_time))

GOODS = Stream(
    name="products", source="goods", tables=(Product,), changes=ById(all_goods, size=PAGE), read=goods,
    rows=goods_rows, key=lambda item: text(item.goods_id), every=20 * HOUR)

STREAMS = (ORDERS, REFUNDS, GOODS)
ABOUT = About(shop_calls, shop_row)
