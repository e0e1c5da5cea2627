"""What is read from a JD shop (POP), and how it becomes contract records.

Refunds stand in two lists that do not overlap: applications before shipment, after-sale cases after it.
Neither can be asked by time of change, so both are read again as far back as a case may take to settle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connectors.engine.errors import Misconfigured
from connectors.engine.stream import (
    DAY,
    HOUR,
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
    Window,
    undated,
)
from connectors.engine.values import ZERO, beijing, fen, from_millis, share, text, to_beijing, told
from connectors.engine.vocabulary import province, reason_code
from connectors.jd import wire
from connectors.jd.wire import answer
from queries.records import Order, OrderLine, OrderStatus, Product, Refund, RefundStatus, Shop

if TYPE_CHECKING:
    from connectors.jd import JdSettings

STATES: dict[str, OrderStatus] = {
    "WAIT_SELLER_STOCK_OUT": "paid",
    "WAIT_SELLER_DELIVERY": "paid",
    "WAIT_SEND_CODE": "paid",
    "LOCKED": "paid",
    "PAUSE": "paid",
    "POP_ORDER_PAUSE": "paid",
    "WAIT_GOODS_RECEIVE_CONFIRM": "shipped",
    "FINISHED_L": "completed",
    "TRADE_CANCELED": "cancelled",
}
"""Only states that are asked for come: all that are known are asked for."""

ORDER_FIELDS = ("orderId,orderState,payType,freightPrice,sellerDiscount,orderStartTime,paymentConfirmTime,"
                "orderEndTime,modified,parentOrderId,directParentOrderId,open_id_buyer,xid_buyer,consigneeInfo,"
                "couponDetailList,itemInfoList")
"""Without `optional_fields` the call is refused, or its rows are empty."""

PLATFORM_COUPONS = ("34", "39", "41")
"""Coupon types JD pays for: red packets, beans, JD coupons."""
SELLER_COUPONS = ("20", "28", "29", "30", "35", "100")
"""Bundles, flash sales, groups, single-product promotions, cash back, shop discounts. 52, a gift card, is no
discount but a means of payment."""

APPLICATION_STATUS: dict[int, RefundStatus] = {
    0: "requested", 1: "approved", 2: "rejected", 3: "success", 4: "rejected", 5: "approved", 6: "success",
    7: "approved", 8: "rejected", 9: "success", 11: "closed", 18: "closed",
}
"""3: paid back by JD's finance. 6: parcel intercepted, paid back. 9: order closed, paid back. 7/8: an
interception that succeeded or failed."""
REFUNDED, REFUSED = 13, 14
"""Status of an after-sale refund; any other is open."""

MONTH = 28 * DAY
"""The longest window is "one month": the shortest month is never too long."""
PAGE = 50
ZONE = ZoneInfo("Asia/Shanghai")
UNSETTLED = 60 * DAY
"""How long an application or an after-sale case may take to be paid out."""


def orders_call(ask: Ask, context: Context) -> Call:
    """One page of the orders changed in a window (`dateType` "1" would be: created)."""
    return Call("jingdong.pop.order.enSearch", verb="POST", params={
        **_window(ask, "start_date", "end_date"), "order_state": ",".join(STATES),
        "optional_fields": ORDER_FIELDS, "page": ask.page, "page_size": ask.size, "dateType": "0"})


def applications_call(ask: Ask, context: Context) -> Call:
    return Call("jingdong.pop.afs.soa.refundapply.queryPageList", verb="POST", params={
        **_window(ask, "applyTimeStart", "applyTimeEnd"), "pageIndex": ask.page, "pageSize": ask.size})


def after_sales_call(ask: Ask, context: Context) -> Call:
    return Call("jingdong.asc.serviceAndRefund.view", verb="POST", params={
        **_window(ask, "applyTimeBegin", "applyTimeEnd"), "pageNumber": ask.page, "pageSize": ask.size})


def wares_call(ask: Ask, context: Context) -> Call:
    return Call("jingdong.ware.read.searchWare4Valid", verb="POST",
                params={"pageNo": ask.page, "pageSize": ask.size})


def _window(ask: Ask, start: str, end: str) -> dict[str, str]:
    """The window in Beijing time, its end rounded up to a whole second so that nothing is cut off."""
    assert ask.window is not None
    until = ask.window.end + timedelta(seconds=1) - timedelta.resolution
    return {start: to_beijing(ask.window.start), end: to_beijing(until)}


def orders(reply: Reply, call: Call) -> Page:
    page = told(answer(reply.body).searchorderinfo_result)
    return Page(page.orderInfoList or [], page.orderTotal)


def applications(reply: Reply, call: Call) -> Page:
    page = told(answer(reply.body).queryResult)
    return Page(page.result or [], page.totalCount)


def after_sales(reply: Reply, call: Call) -> Page:
    page = told(answer(reply.body).pageResult)
    return Page(page.data or [], page.totalCount)


def wares(reply: Reply, call: Call) -> Page:
    page = told(answer(reply.body).page)
    return Page(page.data or [], page.totalItem)


def order_rows(info: wire.OrderInfo, context: Context) -> Iterator[Order | OrderLine | Finding]:
    """An order and its lines. JD tells no time of shipping; the list holds orders from payment on."""
    lines = line_rows(info)
    status = STATES.get(info.orderState, "unknown")
    created, ended = beijing(info.orderStartTime), beijing(info.orderEndTime)
    modified = beijing(info.modified)
    if created is None:
        yield undated(text(info.orderId))
        return
    cod = str(info.payType).startswith("1")
    paid_at = beijing(info.paymentConfirmTime)
    if not paid_at and not cod and status not in ("cancelled", "unknown"):
        paid_at = created
    parents = [text(id_) for id_ in (info.parentOrderId, info.directParentOrderId) if text(id_) not in ("", "0")]
    yield Order(
        order_id=text(info.orderId), status=status, native_status=info.orderState,
        payment_type="cod" if cod else "prepaid", created_at=created, paid_at=paid_at,
        delivered_at=ended if status == "completed" else None,
        cancelled_at=(ended or modified) if status == "cancelled" else None,
        modified_at=modified, currency=context.currency,
        list_amount=sum((line.list_amount for line in lines), ZERO),
        seller_discount=sum((line.seller_discount for line in lines), ZERO),
        platform_discount=sum((line.platform_discount for line in lines), ZERO),
        shipping_amount=info.freightPrice or ZERO,
        region=province(info.consigneeInfo.province) if info.consigneeInfo else None,
        split_from=",".join(dict.fromkeys(parents)) or None, buyer=info.open_id_buyer or info.xid_buyer or None)
    yield from lines
    if not lines:
        yield Finding("order_without_lines", "an order came without its itemInfoList")


def line_rows(info: wire.OrderInfo) -> list[OrderLine]:
    """The lines with their share of the discounts.

    JD numbers no lines and after-sale cases name a ware: the first line of a ware takes the ware's id,
    another line of the same ware a number behind it. `sellerDiscount` is the seller's part of all discounts.
    """
    order_id, seen = text(info.orderId), dict[str, int]()
    lines = []
    for item in sorted(info.itemInfoList or [], key=lambda item: item.jdPrice == 0):
        ware = text(item.wareId) or text(item.skuId)
        seen[ware] = seen.get(ware, 0) + 1
        lines.append(OrderLine(
            order_id=order_id, line_id=ware if seen[ware] == 1 else f"{ware}-{seen[ware]}", product_id=ware,
            sku_id=text(item.skuId), quantity=item.itemTotal, list_amount=item.jdPrice * item.itemTotal,
            is_gift=item.jdPrice == 0))
    coupons = info.couponDetailList or []
    seller = info.sellerDiscount
    if seller is None:
        seller = sum((price(coupon) for coupon in coupons if kind(coupon) in SELLER_COUPONS), ZERO)
    for line, part in zip(lines, spread(seller, coupons, SELLER_COUPONS, lines), strict=True):
        line.seller_discount = part
    platform = sum((price(coupon) for coupon in coupons if kind(coupon) in PLATFORM_COUPONS), ZERO)
    for line, part in zip(lines, spread(platform, coupons, PLATFORM_COUPONS, lines), strict=True):
        line.platform_discount = part
    return lines


def spread(amount: Decimal, coupons: Sequence[wire.Coupon], kinds: Sequence[str],
           lines: Sequence[OrderLine]) -> list[Decimal]:
    """`amount` over the lines: coupons that name a SKU stay on its line, the rest goes by what is left."""
    named = [sum((price(coupon) for coupon in coupons
                  if kind(coupon) in kinds and text(coupon.skuId) == line.sku_id and not line.is_gift), ZERO)
             for line in lines]
    left = [max(line.list_amount - line.seller_discount - own, ZERO)
            for line, own in zip(lines, named, strict=True)]
    rest = share(amount - sum(named, ZERO), left)
    return [own + part for own, part in zip(named, rest, strict=True)]


def kind(coupon: wire.Coupon) -> str:
    """`100-店铺优惠` -> "100"."""
    return str(coupon.couponType).partition("-")[0].strip()


def price(coupon: wire.Coupon) -> Decimal:
    return coupon.couponPrice or ZERO


def application_rows(item: wire.Application, context: Context) -> Iterator[Refund]:
    """A refund before shipment: of the whole order, without a line."""
    status = APPLICATION_STATUS.get(item.status, "unknown")
    applied, checked = beijing(item.applyTime), beijing(item.checkTime)
    yield Refund(
        refund_id=text(item.id), order_id=text(item.orderId), refund_type="cancel_before_ship", status=status,
        native_status=str(item.status), requested_at=applied,
        refunded_at=(checked or applied) if status == "success" else None,
        goods_amount=fen(item.applyRefundSum), restocked=status == "success")


def after_sale_rows(item: wire.AfterSale, context: Context) -> Iterator[Refund]:
    """A refund after shipment. JD does not say whether goods came back: no unit is counted as returned."""
    bill, refund_id = item.sameOrderServiceBill, text(item.afsRefundId)
    if not refund_id:
        return  # a repair or a replacement: no money moves
    status: RefundStatus = "approved" if from_millis(bill.approveDate) else "requested"
    if item.status in (REFUNDED, REFUSED):
        status = "success" if item.status == REFUNDED else "rejected"
    completed = from_millis(item.completeTime)
    yield Refund(
        refund_id=refund_id, order_id=text(bill.orderId), line_id=text(bill.wareId) or None,
        refund_type="refund_only", status=status, native_status=text(item.status),
        requested_at=from_millis(bill.afsApplyTime), refunded_at=completed if status == "success" else None,
        goods_amount=fen(item.refoundAmount),
        reason_code=reason_code(text(bill.applyReason)))


WARE_STATUS = {"8": "on_sale", "1": "off_shelf", "2": "off_shelf", "4": "off_shelf"}
"""Never put on sale, taken off by the seller, taken off by JD; any other number stays as it is."""


def ware_rows(ware: wire.Ware, context: Context) -> Iterator[Product]:
    """The list has wares without their SKUs: a ware stands for all of them. `categoryId` is a number without a
    name and is not used: a category comes from an export, where there is one."""
    ware_id, status = text(ware.wareId), text(ware.wareStatus)
    yield Product(
        product_id=ware_id, sku_id=ware_id, title=ware.title,
        listed_at=from_millis(ware.onlineTime), status=WARE_STATUS.get(status, status or None))


SHOP_CALL = "jingdong.vender.shop.query"


def shop_calls(settings: object) -> list[Call]:
    return [Call(SHOP_CALL, verb="POST", optional=True)]


def seller_calls(settings: object, now: datetime) -> list[Call]:
    """Where the app has no right to that call: the last weeks' orders name the seller, and test the keys."""
    call = orders_call(Ask(window=Window(now - MONTH, now), page=1, size=1), Context(settings, "", "CNY", ZONE, now))
    fields = f"{ORDER_FIELDS},venderId"
    return [replace(call, params={**call.params, "optional_fields": fields, "sortType": "1"})]


def shop_row(replies: Sequence[Reply | None], settings: JdSettings) -> Identity:
    """The shop that the token speaks for, or its seller; at JD a sale to be paid on delivery counts when it is
    ordered. A seller's number once found out is kept: the right that comes later does not make it another shop."""
    asked, *others = replies
    found = answer(asked.body).shop_jos_result if asked else None
    number = settings.vender_id
    if found is not None:
        number = number or text(found.shop_id) or text(found.vender_id)
    elif not number:
        page = told(answer(others[0].body).searchorderinfo_result) if others and others[0] else wire.OrderPage()
        number = next((text(info.venderId) for info in page.orderInfoList or [] if text(info.venderId)), "")
    if not number:
        raise Misconfigured(f"vender_id ({SHOP_CALL} says nothing of the shop, nor does an order of the last weeks)")
    name = found.shop_name if found and found.shop_name else f"京东 {number}"
    shop = Shop(name=name, tz="Asia/Shanghai", currency="CNY", cod_anchor="created")
    if found is not None:
        return Identity(number, shop)
    unnamed = Finding("missing_right", f"{SHOP_CALL}: the shop goes by its seller's number")
    return Identity(number, shop, [unnamed], {"vender_id": number})


STREAMS = (
    Stream(name="orders", source="order", tables=(Order, OrderLine), replaces=("order_lines",),
           changes=ByWindow(orders_call, span=MONTH, size=PAGE), read=orders, rows=order_rows,
           key=lambda info: text(info.orderId), changed=lambda info: beijing(info.modified)),
    Stream(name="refunds", source="application", tables=(Refund,), lookback=UNSETTLED,
           changes=ByWindow(applications_call, span=MONTH, size=PAGE),
           read=applications, rows=application_rows, key=lambda item: text(item.id),
           changed=lambda item: beijing(item.applyTime)),
    Stream(name="after_sales", source="after_sale", tables=(Refund,), lookback=UNSETTLED,
           changes=ByWindow(after_sales_call, span=MONTH, size=PAGE), read=after_sales, rows=after_sale_rows,
           key=lambda item: f"{item.afsRefundId}/{item.sameOrderServiceBill.serviceId}",
           changed=lambda item: from_millis(item.sameOrderServiceBill.afsApplyTime)),
    Stream(name="products", source="ware", tables=(Product,), changes=ById(wares_call, size=PAGE), read=wares,
           rows=ware_rows, key=lambda ware: text(ware.wareId), every=20 * HOUR),
)
ABOUT = About(shop_calls, shop_row, seller_calls)
