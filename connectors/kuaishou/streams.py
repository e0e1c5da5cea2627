"""What is read from a Kuaishou shop, and how it becomes contract records.

Orders and after-sales are followed by their time of change, ninety days back. Lists have a cursor and no count:
windows are cut until one page holds them, so nothing hangs on what the cursor stands for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from connectors.engine.errors import Rejected
from connectors.engine.stream import (
    DAY,
    HOUR,
    About,
    Ask,
    ByCursor,
    ByWindow,
    Call,
    Context,
    Finding,
    Identity,
    Page,
    Reply,
    Stream,
)
from connectors.engine.values import ZERO, fen, from_millis, text, to_millis
from connectors.engine.vocabulary import province, reason_code
from connectors.kuaishou import wire
from connectors.kuaishou.wire import data
from queries.records import Order, OrderLine, OrderStatus, Product, Refund, RefundStatus, RefundType, Shop

REACH = 90 * DAY - HOUR
"""Windows lie within the last ninety days; an hour is left for what a long reading may take."""
ORDER_SPAN, REFUND_SPAN = 7 * DAY, DAY
END = "nomore"
ALL_ORDERS, ALL_REFUNDS, ANY_CPS = 1, 9, 0
BY_CHANGE, ASCENDING = 2, 2

STATUS: dict[int, OrderStatus] = {
    10: "open", 30: "paid", 40: "shipped", 50: "delivered", 70: "completed", 80: "cancelled",
}
"""Not the vocabulary that lists are asked with (`orderViewStatus`)."""
REFUND_STATUS: dict[int, RefundStatus] = {
    10: "requested", 11: "requested", 12: "rejected", 20: "requested", 21: "requested", 22: "approved",
    30: "approved", 40: "approved", 45: "approved", 50: "approved", 60: "success", 70: "closed",
}
"""12 stands in older lists only; 20 and 21 wait for the platform's decision, 22 is its consent to a return."""
HANDLING: dict[int, RefundType] = {1: "return_refund", 3: "exchange", 10: "cancel_before_ship"}
"""10, money only, is a cancellation unless it was asked for after the parcel left: the warehouse looks at the
order, where the buyer has not already said that the goods have come."""
RECEIVED = 2
ON_SALE = 1


def orders_call(ask: Ask, context: Context) -> Call:
    return Call("open.order.cursor.list", {
        "orderViewStatus": ALL_ORDERS, "pageSize": ask.size, "sort": ASCENDING, "queryType": BY_CHANGE,
        **window(ask), "cpsType": ANY_CPS, "cursor": ask.cursor or ""})


def refunds_call(ask: Ask, context: Context) -> Call:
    """The page number goes along with the cursor."""
    return Call("open.seller.order.refund.pcursor.list", {
        "type": ALL_REFUNDS, "pageSize": ask.size, "currentPage": ask.page, "sort": ASCENDING,
        "queryType": BY_CHANGE, **window(ask), "pcursor": ask.cursor or ""})


def items_call(ask: Ask, context: Context) -> Call:
    return Call("open.item.list.get", {"pageNumber": int(ask.cursor or 1), "pageSize": ask.size})


def window(ask: Ask) -> dict[str, int]:
    assert ask.window is not None
    return {"beginTime": to_millis(ask.window.start), "endTime": to_millis(ask.window.end)}


def more(cursor: str | None) -> str | None:
    """The cursor to go on with. The end is a word, not an empty page."""
    return None if cursor in (None, "", END) else cursor


def orders(reply: Reply, call: Call) -> Page:
    found = data(reply.body)
    return Page(found.orderList or [], next=more(found.cursor))


def refunds(reply: Reply, call: Call) -> Page:
    found = data(reply.body)
    return Page(found.refundOrderInfoList or [], next=more(found.pcursor))


def items(reply: Reply, call: Call) -> Page:
    """Pages are counted, not items: a short page is not yet the last one."""
    found, page = data(reply.body), int(call.params["pageNumber"])
    size = int(call.params["pageSize"])
    more = len(found.items or []) == size if found.totalPage is None else page < found.totalPage
    return Page(found.items or [], next=str(page + 1) if more else None)


def order_rows(order: wire.Order, context: Context) -> Iterator[Order | OrderLine | Finding]:
    """An order and its one line. Who paid a discount is not said: all of it is counted as the seller's."""
    base, item = order.orderBaseInfo, order.orderItemInfo
    created, modified = from_millis(base.createTime), from_millis(base.updateTime)
    if created is None:
        raise Rejected("(an order without its time of creation)")
    status = STATUS.get(base.status, "unknown")
    line = line_row(base, item) if item else None
    row = Order(
        order_id=text(base.oid), status=status, native_status=str(base.status), created_at=created,
        paid_at=from_millis(base.payTime), shipped_at=from_millis(base.sendTime),
        delivered_at=from_millis(base.recvTime), modified_at=modified, currency=context.currency,
        list_amount=line.list_amount if line else fen(base.totalFee) - fen(base.expressFee),
        seller_discount=line.seller_discount if line else ZERO, shipping_amount=fen(base.expressFee),
        discount_split="unknown", region=province(order.orderAddress.province) if order.orderAddress else None,
        channel="live" if order.orderCpsInfo and text(order.orderCpsInfo.distributorId) else "unknown",
        buyer=base.buyerOpenId or None)
    if status == "cancelled":
        row.cancelled_at = from_millis(base.refundTime) or modified
    yield row
    if line:
        yield line
    else:
        yield Finding("order_without_lines", "an order came without its orderItemInfo")


def line_row(base: wire.Base, item: wire.OrderItem) -> OrderLine:
    """What the buyer pays for the goods is exact (`totalFee` less freight); the difference to the list price is
    the discount, price changes included."""
    listed = fen(item.price) * item.num
    off = fen(base.discountFee) if base.totalFee is None else listed - fen(base.totalFee) + fen(base.expressFee)
    sku = text(item.skuId) or text(item.itemId)
    return OrderLine(
        order_id=text(base.oid), line_id=sku, product_id=text(item.itemId), sku_id=sku, quantity=item.num,
        list_amount=listed, seller_discount=off, is_gift=listed == 0)


def refund_rows(refund: wire.Refund, context: Context) -> Iterator[Refund | Finding]:
    """One after-sale of an order. How many pieces came back is not said: none are counted."""
    status = REFUND_STATUS.get(refund.status, "unknown")
    kind = HANDLING.get(refund.handlingWay)
    if kind is None:
        yield Finding("unknown_refund_type", f"handlingWay {refund.handlingWay}")
    elif kind == "cancel_before_ship" and refund.receiptStatus == RECEIVED:
        kind = "refund_only"
    changed = from_millis(refund.updateTime)
    yield Refund(
        refund_id=text(refund.refundId), order_id=text(refund.oid), line_id=text(refund.skuId) or None,
        refund_type=kind or "refund_only", status=status, native_status=str(refund.status),
        requested_at=from_millis(refund.submitTime) or from_millis(refund.createTime),
        refunded_at=(from_millis(refund.endTime) or changed) if status == "success" else None,
        modified_at=changed, goods_amount=ZERO if kind == "exchange" else fen(refund.refundFee),
        reason_code=reason_code(refund.refundReasonDesc),
        restocked=status == "success" and kind in ("return_refund", "cancel_before_ship"))


def item_rows(item: wire.Item, context: Context) -> Iterator[Product]:
    """The list names no SKUs: an item stands for itself."""
    product, status = text(item.kwaiItemId), item.onOfflineStatus
    yield Product(product_id=product, sku_id=product, title=item.title,
                  status=None if status is None else "on_sale" if status == ON_SALE else "off_shelf")


def shop_calls(settings: object) -> list[Call]:
    """The seller's id comes with the token; its name from a call of its own, which answers no id."""
    return [Call("refresh_token", host="auth"), Call("open.shop.info.get", optional=True)]


def shop_row(replies: Sequence[Reply | None], settings: object) -> Identity:
    owner = wire.OWNER.decode(replies[0].body).open_id if replies[0] else None
    named = data(replies[1].body) if replies[1] else wire.Data()
    shop_id = owner or text(named.shopId) or named.shopName
    if not shop_id:
        raise Rejected("(neither the token nor the shop call names the shop)")
    return Identity(shop_id, Shop(name=named.shopName or shop_id, tz="Asia/Shanghai", currency="CNY"))


def tick(span: timedelta) -> timedelta:
    """A window a millisecond shorter than the longest: both of its ends may be counted."""
    return span - timedelta(milliseconds=1)


ORDERS = Stream(
    name="orders", source="order", tables=(Order, OrderLine), replaces=("order_lines",),
    changes=ByWindow(orders_call, span=tick(ORDER_SPAN), size=50, reach=REACH), read=orders, rows=order_rows,
    key=lambda order: text(order.orderBaseInfo.oid),
    changed=lambda order: from_millis(order.orderBaseInfo.updateTime))

REFUNDS = Stream(
    name="refunds", source="refund", tables=(Refund,),
    changes=ByWindow(refunds_call, span=tick(REFUND_SPAN), size=100, reach=REACH), read=refunds,
    rows=refund_rows, key=lambda refund: text(refund.refundId),
    changed=lambda refund: from_millis(refund.updateTime))

PRODUCTS = Stream(
    name="products", source="item", tables=(Product,), read=items, rows=item_rows, every=20 * HOUR,
    changes=ByCursor(items_call, size=100, whole=True, lasting=False), key=lambda item: text(item.kwaiItemId))

STREAMS = (ORDERS, REFUNDS, PRODUCTS)
ABOUT = About(shop_calls, shop_row)
