"""What is read from a Xiaohongshu shop, and how it becomes contract records.

Orders are listed by creation in windows of a day (the first load) and by change in windows of half an hour
(after that). Lists carry no amounts: every order and every after-sale needs its detail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from connectors.engine.stream import (
    DAY,
    MINUTE,
    Ask,
    ById,
    ByWindow,
    Call,
    Context,
    Detail,
    Finding,
    Page,
    Reply,
    Stream,
    undated,
)
from connectors.engine.values import ZERO, fen, from_millis, share, text, to_millis, told
from connectors.engine.vocabulary import province, reason_code
from connectors.xiaohongshu import wire
from queries.records import (
    InventoryDaily,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Refund,
    RefundStatus,
    RefundType,
)

CREATED, CHANGED = 1, 2
"""`timeType`: windows of at most 24 hours, of at most 30 minutes."""
HALF_HOUR, WHOLE_DAY = 30 * MINUTE - timedelta(seconds=1), DAY - timedelta(seconds=1)
"""The longest windows, less the second by which rounding outwards may stretch one."""
DEEPEST = 10_000
"""100 pages of 100."""

ORDER_STATUS: dict[int, OrderStatus] = {
    1: "open", 2: "paid", 3: "paid", 4: "paid", 5: "shipped", 6: "shipped", 7: "completed", 8: "cancelled",
    9: "cancelled", 10: "delivered",
}
"""5 is partly shipped; 10 is an exchange asked for by a buyer who has the goods."""
DEPOSIT_PRESALE, EXCHANGE = 2, 5
GIFT = 1

REFUND_STATUS: dict[int, RefundStatus] = {
    1: "requested", 2: "approved", 3: "approved", 4: "success", 5: "closed", 6: "closed", 9: "rejected",
    9001: "rejected", 12: "approved", 13: "approved", 14: "requested",
}
REFUND_TYPE: dict[int, RefundType] = {
    1: "return_refund", 2: "exchange", 4: "refund_only", 5: "cancel_before_ship", 6: "compensation",
}
DONE, REFUNDED = 4, 2
GOODS_COME_BACK = ("return_refund", "cancel_before_ship")


def listed_orders(time_type: int) -> Callable[[Ask, Context], Call]:
    """One page of the order list. Requests are in seconds, answers in milliseconds."""

    def word(ask: Ask, context: Context) -> Call:
        assert ask.window is not None
        start, end = ask.window.seconds()
        return Call("order.getOrderList", verb="POST", params={
            "startTime": start, "endTime": end, "timeType": time_type, "pageNo": ask.page,
            "pageSize": ask.size})

    return word


def orders(reply: Reply, call: Call) -> Page:
    found = wire.data(reply.body, wire.OrderData)
    told(found.order_list, found.total)
    return Page(found.order_list or [], found.total)


def order_details(items: Sequence[wire.Order], context: Context) -> list[Call]:
    return [Call("order.getOrderDetail", {"orderId": item.order_id}, verb="POST") for item in items]


def with_order_details(items: Sequence[wire.Order], replies: Sequence[Reply]) -> Iterator[wire.Order]:
    """The detail says everything the list says, as of a little later."""
    for reply in replies:
        yield wire.data(reply.body, wire.Order)


def order_rows(order: wire.Order, context: Context) -> Iterator[Order | OrderLine | Finding]:
    created_at = from_millis(order.created_time)
    if created_at is None:
        yield undated(order.order_id)
        return
    lines = [line_row(order, line) for line in order.sku_list or []]
    row = Order(
        order_id=order.order_id, status=ORDER_STATUS.get(order.order_status, "unknown"),
        native_status=str(order.order_status),
        order_type="exchange" if order.order_type == EXCHANGE else "normal",
        created_at=created_at, paid_at=from_millis(order.paid_time),
        shipped_at=from_millis(order.delivery_time),
        modified_at=from_millis(order.update_time), currency=context.currency,
        list_amount=sum((line.list_amount for line in lines), ZERO),
        seller_discount=sum((line.seller_discount for line in lines), ZERO),
        platform_discount=sum((line.platform_discount for line in lines), ZERO),
        shipping_amount=fen(order.total_shipping_free), region=province(order.receiver_province_name),
        channel="live" if any(line.kol_id for line in order.sku_list or []) else "unknown",
        buyer=text(order.user_id) or None)
    if row.status == "cancelled":
        row.cancelled_at = from_millis(order.cancel_time) or row.modified_at
    elif row.status == "completed":
        row.delivered_at = from_millis(order.finish_time)
    if order.order_type == DEPOSIT_PRESALE:
        presale(row, order)
    yield row
    yield from lines


def presale(row: Order, order: wire.Order) -> None:
    """A deposit alone is no sale; `paidTime` comes with the balance. The time of the deposit is not given:
    an order whose deposit is not paid is cancelled within the hour, so it is the creation's."""
    row.order_type = "presale"
    row.deposit_amount = fen(order.total_deposit_amount)
    row.balance_paid_at = row.paid_at
    if row.deposit_amount and (row.paid_at or row.status != "cancelled"):
        row.deposit_paid_at = row.created_at


def line_row(order: wire.Order, line: wire.Line) -> OrderLine:
    """One SKU. List value is the sum over its pieces. Where the seller changed prices by hand, all that the
    buyer did not pay and the platform did not bear was the seller's. Gifts are 0."""
    gift = line.sku_tag == GIFT
    paid, platform, seller = map(fen, (line.total_paid_amount, line.total_red_discount,
                                       line.total_merchant_discount))
    listed = sum((fen(piece.raw_price) * piece.quantity for piece in line.sku_detail_list or []), ZERO)
    listed = listed or paid + platform + seller
    if order.total_change_price_amount:
        seller = listed - paid - platform
    return OrderLine(
        order_id=order.order_id, line_id=f"{order.order_id}-{line.sku_id}", sku_id=text(line.sku_id),
        product_id=text(line.item_id) or text(line.sku_id), quantity=line.sku_quantity,
        list_amount=ZERO if gift else listed, seller_discount=ZERO if gift else seller,
        platform_discount=ZERO if gift else platform, is_gift=gift)


def listed_aftersales(time_type: int) -> Callable[[Ask, Context], Call]:
    """One page of the after-sale list: here requests are in milliseconds too, both ends included."""

    def word(ask: Ask, context: Context) -> Call:
        assert ask.window is not None
        start, end = to_millis(ask.window.start), to_millis(ask.window.end)
        return Call("afterSale.listAfterSaleInfos", verb="POST", params={
            "startTime": start, "endTime": max(end, start + 1), "timeType": time_type, "pageNo": ask.page,
            "pageSize": ask.size})

    return word


def aftersales(reply: Reply, call: Call) -> Page:
    found = wire.data(reply.body, wire.AftersaleData)
    told(found.after_sale_basic_infos, found.total_count)
    return Page(found.after_sale_basic_infos or [], found.total_count)


def aftersale_details(items: Sequence[wire.Aftersale], context: Context) -> list[Call]:
    return [Call("afterSale.getAfterSaleInfo", {"returnsId": text(item.returns_id)}, verb="POST")
            for item in items]


def with_aftersale_details(items: Sequence[wire.Aftersale], replies: Sequence[Reply],
                           ) -> Iterator[wire.Aftersale]:
    for item, reply in zip(items, replies, strict=True):
        yield wire.data(reply.body, wire.AftersaleData).after_sale_info or item


def refund_rows(item: wire.Aftersale, context: Context) -> Iterator[Refund | Finding]:
    """One row per SKU that the after-sale names, none named: one for the order. Before money went back the
    amount is the one expected."""
    kind = REFUND_TYPE.get(item.return_type)
    if kind is None:
        yield Finding("unknown_refund_type", f"returnType {item.return_type}")
    state, changed = refund_status(item), from_millis(item.updated_at)
    whole = item.refund_amount_yuan if state == "success" else item.expected_refund_amount_yuan
    whole = (item.expected_refund_amount_yuan or ZERO) if whole is None else whole
    postage = min(item.applied_ship_fee_amount_yuan or ZERO, whole)
    skus = item.skus or []
    goods = share(whole - postage, [sku.applied_total_amount_yuan or ZERO for sku in skus])
    for at, sku in enumerate(skus or [None]):
        yield Refund(
            refund_id=text(item.returns_id), order_id=text(item.order_id),
            line_id=f"{item.order_id}-{sku.sku_id}" if sku else None, refund_type=kind or "refund_only",
            status=state, native_status=str(item.status), requested_at=from_millis(item.apply_time),
            refunded_at=(from_millis(item.refund_time) or changed) if state == "success" else None,
            modified_at=changed,
            quantity=(sku.applied_count or 0) if sku and kind in GOODS_COME_BACK else 0,
            goods_amount=goods[at] if sku else whole - postage, shipping_amount=ZERO if at else postage,
            restocked=state == "success" and kind in GOODS_COME_BACK,
            reason_code=reason_code(item.reason_name_zh))


def refund_status(item: wire.Aftersale) -> RefundStatus:
    """Done is only as good as its money: until `refundStatus` says refunded, it is on its way."""
    state = REFUND_STATUS.get(item.status, "unknown")
    moving = item.return_type != 2 and item.refund_status not in (None, 0, REFUNDED)
    return "approved" if state == "success" and moving else state


def all_skus(ask: Ask, context: Context) -> Call:
    return Call("product.getDetailSkuList", {"pageNo": ask.page, "pageSize": ask.size}, verb="POST")


def changed_skus(ask: Ask, context: Context) -> Call:
    assert ask.window is not None
    return Call("product.getDetailSkuList", verb="POST", params={
        "updateTimeFrom": to_millis(ask.window.start), "updateTimeTo": to_millis(ask.window.end),
        "pageNo": ask.page, "pageSize": ask.size})


def skus(reply: Reply, call: Call) -> Page:
    found = wire.data(reply.body, wire.ProductData)
    told(found.data, found.total)
    return Page(found.data or [], found.total)


def product_rows(product: wire.Product, context: Context) -> Iterator[Product | InventoryDaily]:
    """`categoryId` is a leaf without a name and is not used. Stock is that of the day on which it was read."""
    buyable = product.sku.buyable
    yield Product(
        product_id=text(product.item.id), sku_id=text(product.sku.id),
        title=product.item.name or product.sku.name,
        listed_at=from_millis(product.item.create_time),
        status=None if buyable is None else "on_sale" if buyable else "off_shelf")
    if product.sku.stock is not None:
        yield InventoryDaily(sku_id=text(product.sku.id), date=context.now.astimezone(context.zone).date(),
                             on_hand=product.sku.stock)


def order_changed(order: wire.Order) -> datetime | None:
    return from_millis(order.update_time)


ORDERS = Stream(
    name="orders", source="order", tables=(Order, OrderLine), replaces=("order_lines",),
    backfill=ByWindow(listed_orders(CREATED), span=WHOLE_DAY, size=100, depth=DEEPEST, moving=False),
    changes=ByWindow(listed_orders(CHANGED), span=HALF_HOUR, size=100, depth=DEEPEST, within=order_changed),
    read=orders, rows=order_rows, key=lambda order: order.order_id, changed=order_changed,
    detail=Detail(calls=order_details, join=with_order_details, described=True))

REFUNDS = Stream(
    name="refunds", source="aftersale", tables=(Refund,),
    backfill=ByWindow(listed_aftersales(CREATED), span=WHOLE_DAY, size=100, depth=50_000, moving=False),
    changes=ByWindow(listed_aftersales(CHANGED), span=HALF_HOUR, size=100, depth=50_000),
    read=aftersales, rows=refund_rows, key=lambda item: text(item.returns_id),
    changed=lambda item: from_millis(item.updated_at),
    detail=Detail(calls=aftersale_details, join=with_aftersale_details, described=True))

PRODUCTS = Stream(
    name="products", source="sku", tables=(Product, InventoryDaily),
    backfill=ById(all_skus, size=100), changes=ByWindow(changed_skus, span=30 * DAY, size=100),
    read=skus, rows=product_rows, key=lambda product: text(product.sku.id))

STREAMS = (ORDERS, REFUNDS, PRODUCTS)
