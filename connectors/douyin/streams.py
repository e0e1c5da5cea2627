"""What is read from a Douyin shop, and how it becomes contract records. Qianchuan's streams stand in `ads`.

Lists of orders reach back 90 days and no further; orders we hold that are older and still open are read again
one by one. There is no cursor and no has_more anywhere: pages are numbered from 0 inside a frozen window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from connectors.douyin import wire
from connectors.engine.stream import (
    DAY,
    EVER,
    MINUTE,
    Ask,
    ByKnown,
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
from connectors.engine.values import ZERO, fen, from_seconds, share, text
from connectors.engine.vocabulary import province, reason_code
from queries.records import Order, OrderLine, OrderStatus, Product, Refund, RefundStatus, RefundType

REACH = timedelta(days=90) - 5 * MINUTE
"""The 90 days of the order list, less what a clock may differ and a retried page may take."""

ORDER_STATUS: dict[int, OrderStatus] = {
    1: "open", 105: "paid", 2: "paid", 101: "shipped", 3: "shipped", 4: "cancelled", 5: "completed",
}
"""By `order_status`. 4 is the cancelled one; of 101 one parcel of several has left."""
DEPOSIT_ONLY = 103
CLOSED_AFTER_SHIPPING = (22, 39)
"""`main_status` words that `order_status` does not tell apart."""
CASH_ON_DELIVERY, DEPOSIT_PRESALE, SAMPLE = 0, 2, 10

REFUND_STATUS: dict[int, RefundStatus] = {
    6: "requested", 7: "approved", 8: "approved", 11: "approved", 12: "success", 13: "approved",
    3: "approved", 14: "success", 27: "rejected", 28: "closed", 29: "rejected", 51: "closed", 53: "approved",
}
"""By `aftersale_status`; 3 and 13 are the same (an exchange on its way to the buyer)."""
MONEY: dict[int, RefundStatus] = {1: "approved", 2: "approved", 4: "approved", 5: "closed"}
"""What `refund_status` takes back of a success: money not out yet (or failed to go), money clawed back."""
REFUND_TYPE: dict[int, RefundType] = {
    0: "return_refund", 1: "refund_only", 2: "cancel_before_ship", 3: "exchange", 6: "compensation",
    7: "exchange", 8: "exchange",
}
"""By `aftersale_type`. 6 is price protection; 7 (resend) and 8 (repair) move goods and no money, like 3."""
GOODS_COME_BACK = ("return_refund", "cancel_before_ship")
SUCCESS = 12
FIRST_SHOPS = 1_420_070_400
"""2015: a window of products begins no earlier, as 0 may be read as "no filter"."""
PRODUCT_STATUS: dict[int | None, str] = {0: "on_sale", 1: "off_shelf", 2: "deleted"}


def changed_orders(ask: Ask, context: Context) -> Call:
    """Ascending by change, so that what changes while we read moves behind what we have read."""
    assert ask.window is not None
    start, end = ask.window.seconds()
    return Call("/order/searchList", verb="POST", params={
        "page": ask.page, "size": ask.size, "update_time_start": start, "update_time_end": end,
        "order_by": "update_time", "order_asc": True})


def one_order(ask: Ask, context: Context) -> Call:
    return Call("/order/orderDetail", {"shop_order_id": ask.key}, verb="POST")


def orders(reply: Reply, call: Call) -> Page:
    found = wire.data(reply.body, wire.OrderData)
    if found.shop_order_detail:
        return Page([found.shop_order_detail])
    return Page(found.shop_order_list or [], found.total)


def order_rows(order: wire.ShopOrder, context: Context) -> Iterator[Order | OrderLine | Finding]:
    """An order and its lines. The lines' own figures decide; the order's are spread where lines have none."""
    order_id, skus = text(order.order_id), order.sku_order_list or []
    created_at = from_seconds(order.create_time)
    if created_at is None:
        yield undated(order_id)
        return
    lines = [line_row(order_id, sku) for sku in skus]
    spread(order, skus, lines)
    live = next((sku for sku in skus if text(sku.theme_type) == "1" or sku.ad_env_type == "live"), None)
    row = Order(
        order_id=order_id, status=status(order), native_status=native_status(order),
        payment_type="cod" if order.pay_type == CASH_ON_DELIVERY else "prepaid",
        created_at=created_at, paid_at=from_seconds(order.pay_time),
        shipped_at=from_seconds(order.ship_time), modified_at=from_seconds(order.update_time),
        currency=context.currency, list_amount=total(line.list_amount for line in lines),
        seller_discount=total(line.seller_discount for line in lines),
        platform_discount=total(line.platform_discount for line in lines),
        shipping_amount=fen(order.post_amount), channel=channel(skus, live),
        live_session_id=(live.room_id_str or text(live.room_id) or None) if live else None,
        region=region(order), buyer=order.doudian_open_id or None)
    if row.status == "cancelled":
        later = order.main_status in CLOSED_AFTER_SHIPPING
        row.cancelled_at = (None if later else from_seconds(order.finish_time)) or row.modified_at
    received(row, order, skus)
    kinds = {sku.trade_type for sku in skus} or {order.trade_type}
    if DEPOSIT_PRESALE in kinds:
        presale(row, order.order_phase_list or [])
    elif SAMPLE in kinds:
        row.order_type = "sample"
    yield row
    yield from lines


def status(order: wire.ShopOrder) -> OrderStatus:
    if order.main_status == DEPOSIT_ONLY:
        return "open"
    return ORDER_STATUS.get(order.order_status, "unknown")


def native_status(order: wire.ShopOrder) -> str:
    """"4" or, where the main flow says more, "4/22"."""
    more = order.main_status not in (None, 0, order.order_status)
    return f"{order.order_status}/{order.main_status}" if more else str(order.order_status)


def line_row(order_id: str, sku: wire.SkuOrder) -> OrderLine:
    """One sub-order: unit list price x quantity, and who bears the discounts (the *_cost_amount pair: shared
    campaigns make the promotion_* figures differ). A price change is the seller's; a gift is 0."""
    gift = sku.given_product_type == "FREE"
    listed, before = ZERO, ZERO
    if not gift:
        listed = fen(sku.origin_amount) * sku.item_num
        before = listed if sku.order_amount is None else fen(sku.order_amount)
        listed = before if sku.origin_amount is None else listed
    return OrderLine(
        order_id=order_id, line_id=text(sku.order_id), product_id=sku.product_id_str or text(sku.product_id),
        sku_id=text(sku.sku_id), quantity=sku.item_num, list_amount=listed,
        seller_discount=ZERO if gift else listed - before + fen(sku.shop_cost_amount),
        platform_discount=ZERO if gift else fen(sku.platform_cost_amount), is_gift=gift)


def spread(order: wire.ShopOrder, skus: Sequence[wire.SkuOrder], lines: Sequence[OrderLine]) -> None:
    """Where an app's scene shows no costs on the lines: the order's, in proportion to list value."""
    weights = [line.list_amount for line in lines]
    if all(sku.shop_cost_amount is None for sku in skus):
        for line, part in zip(lines, share(fen(order.shop_cost_amount), weights), strict=True):
            line.seller_discount += part
    if all(sku.platform_cost_amount is None for sku in skus):
        for line, part in zip(lines, share(fen(order.platform_cost_amount), weights), strict=True):
            line.platform_discount += part


def region(order: wire.ShopOrder) -> str | None:
    place = order.post_addr.province if order.post_addr else None
    return province(place.name) if place else None


def channel(skus: Sequence[wire.SkuOrder], live: wire.SkuOrder | None) -> Literal["live", "ad", "unknown"]:
    """Live room by `theme_type` 1; another advertisement's environment means the order came from the ad."""
    if live:
        return "live"
    return "ad" if any(sku.ad_env_type for sku in skus) else "unknown"


def received(row: Order, order: wire.ShopOrder, skus: Sequence[wire.SkuOrder]) -> None:
    """Delivered when every line is signed for; one that is done without saying when, when it was done."""
    times = [from_seconds(sku.logistics_receipt_time or sku.confirm_receipt_time) for sku in skus]
    known = [moment for moment in times if moment]
    if known and len(known) == len(times):
        row.delivered_at = max(known)
        if row.status == "shipped":
            row.status = "delivered"
    elif row.status == "completed":
        row.delivered_at = from_seconds(order.finish_time)


def presale(row: Order, phases: Sequence[wire.Phase]) -> None:
    """A deposit alone is no sale; `pay_time` may be its time until the balance is paid. The phases decide."""
    deposits = [phase for phase in phases if phase.current_phase < phase.total_phase]
    balances = [phase for phase in phases if phase.current_phase == phase.total_phase]
    row.order_type = "presale"
    row.deposit_amount = total(fen(phase.phase_pay_amount) for phase in deposits)
    row.deposit_paid_at = paid(deposits)
    row.balance_paid_at = paid(balances) if phases else (row.paid_at if row.status != "open" else None)
    row.paid_at = row.balance_paid_at


def paid(phases: Sequence[wire.Phase]) -> datetime | None:
    """When the last of these was paid; None while one is unpaid."""
    times = [from_seconds(phase.phase_pay_time) if phase.pay_success else None for phase in phases]
    known = [moment for moment in times if moment]
    return max(known) if known and len(known) == len(times) else None


def changed_aftersales(ask: Ask, context: Context) -> Call:
    """The update window is honoured only together with this order."""
    assert ask.window is not None
    start, end = ask.window.seconds()
    return Call("/afterSale/List", verb="POST", params={
        "page": ask.page, "size": ask.size, "update_start_time": start, "update_end_time": end,
        "order_by": ["update_time asc"]})


def aftersales(reply: Reply, call: Call) -> Page:
    found = wire.data(reply.body, wire.AftersaleData)
    return Page(found.items or [], found.total)


def paid_back(item: wire.Aftersale) -> bool:
    """Only where money went back does the detail say more than the list."""
    return item.aftersale_info.aftersale_status == SUCCESS


def paid_back_calls(items: Sequence[wire.Aftersale], context: Context) -> list[Call]:
    return [Call("/afterSale/Detail", {"after_sale_id": text(item.aftersale_info.aftersale_id)}, verb="POST")
            for item in items]


def with_paid_back(items: Sequence[wire.Aftersale], replies: Sequence[Reply]) -> Iterator[wire.Aftersale]:
    for item, reply in zip(items, replies, strict=True):
        item.process_info = wire.data(reply.body, wire.DetailData).process_info
        yield item


def refund_rows(item: wire.Aftersale, context: Context) -> Iterator[Refund | Finding]:
    """One row per line of the after-sale. The amount is what was paid back once it was, before that what was
    applied for."""
    info, order = item.aftersale_info, item.order_info or wire.AftersaleOrder()
    back = (item.process_info or wire.ProcessInfo()).after_sale_info or wire.PaidBack()
    kind = REFUND_TYPE.get(info.aftersale_type)
    if kind is None:
        yield Finding("unknown_refund_type", f"aftersale_type {info.aftersale_type}")
    state = refund_status(info, back)
    whole, postage = fen(info.refund_amount), fen(info.refund_post_amount)
    if back.real_refund_amount is not None:
        whole, postage = fen(back.real_refund_amount), fen(back.refund_post_amount)
    changed = from_seconds(info.update_time)
    related = order.related_order_info or []
    goods = share(whole - postage, [fen(line.aftersale_pay_amount or line.pay_amount) for line in related])
    for at, line in enumerate(related or [None]):
        yield Refund(
            refund_id=text(info.aftersale_id), order_id=text(order.shop_order_id) or text(info.related_id),
            line_id=text(line.sku_order_id) if line else None, refund_type=kind or "refund_only",
            status=state, native_status=str(info.aftersale_status),
            requested_at=from_seconds(info.apply_time),
            refunded_at=(from_seconds(back.refund_time) or changed) if state == "success" else None,
            modified_at=changed, quantity=quantity(info, line) if kind in GOODS_COME_BACK else 0,
            goods_amount=goods[at] if line else whole - postage, shipping_amount=ZERO if at else postage,
            restocked=state == "success" and kind in GOODS_COME_BACK,
            reason_code=reason_code(item.text_part.reason_text) if item.text_part else None)


def refund_status(info: wire.AftersaleInfo, back: wire.PaidBack) -> RefundStatus:
    state = REFUND_STATUS.get(info.aftersale_status, "unknown")
    if state == "success" and info.aftersale_status == SUCCESS:
        return MONEY.get(back.refund_status or info.refund_status or 0, "success")
    return state


def quantity(info: wire.AftersaleInfo, line: wire.RelatedOrder | None) -> int:
    given = line.aftersale_item_num if line else None
    return (info.aftersale_num or 0) if given is None else given


def changed_products(ask: Ask, context: Context) -> Call:
    """Both ends of this window are exclusive, hence the second before it; nothing is older than Douyin's shops."""
    assert ask.window is not None
    start, end = ask.window.seconds()
    start = max(start, FIRST_SHOPS)
    return Call("/product/listV2", verb="POST", params={
        "page": ask.page, "size": ask.size, "update_start_time": start - 1, "update_end_time": end})


def products(reply: Reply, call: Call) -> Page:
    found = wire.data(reply.body, wire.ProductData)
    return Page(found.data or [], found.total)


def sku_calls(items: Sequence[wire.Product], context: Context) -> list[Call]:
    return [Call("/sku/list", {"product_id": text(item.product_id)}, verb="POST") for item in items]


def with_skus(items: Sequence[wire.Product], replies: Sequence[Reply]) -> Iterator[wire.Product]:
    for item, reply in zip(items, replies, strict=True):
        item.skus = wire.skus(reply.body)
        yield item


def product_rows(product: wire.Product, context: Context) -> Iterator[Product]:
    """One row per SKU; a product without SKUs is its own, as everywhere."""
    product_id = text(product.product_id)
    for sku in [text(sku.id or sku.sku_id) for sku in product.skus or []] or [product_id]:
        yield Product(product_id=product_id, sku_id=sku, title=product.name,
                      status=PRODUCT_STATUS.get(product.status),
                      category=(product.category_detail or wire.Categories()).first_cname or None,
                      listed_at=from_seconds(product.create_time))


def total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def moment(field: str) -> Callable[[object], datetime | None]:
    return lambda item: from_seconds(getattr(item, field))


ORDERS = Stream(
    name="orders", source="order", tables=(Order, OrderLine), replaces=("order_lines",),
    changes=ByWindow(changed_orders, span=DAY, size=100, first=0, reach=REACH),
    read=orders, rows=order_rows, key=lambda order: text(order.order_id), changed=moment("update_time"))

OLDER_ORDERS = Stream(
    name="older_orders", source="order", tables=(Order, OrderLine), replaces=("order_lines",),
    changes=ByKnown(one_order, older=timedelta(days=90)), every=DAY,
    read=orders, rows=order_rows, key=lambda order: text(order.order_id))

REFUNDS = Stream(
    name="refunds", source="aftersale", tables=(Refund,),
    changes=ByWindow(changed_aftersales, span=7 * DAY, size=100, first=0, reach=timedelta(days=180),
                     depth=50_000),
    read=aftersales, rows=refund_rows, key=lambda item: text(item.aftersale_info.aftersale_id),
    changed=lambda item: from_seconds(item.aftersale_info.update_time),
    detail=Detail(calls=paid_back_calls, join=with_paid_back, needs=paid_back, described=True))

PRODUCTS = Stream(
    name="products", source="product", tables=(Product,),
    backfill=ByWindow(changed_products, span=EVER, size=100, whole=True),
    changes=ByWindow(changed_products, span=30 * DAY, size=100),
    read=products, rows=product_rows, key=lambda item: text(item.product_id), changed=moment("update_time"),
    detail=Detail(calls=sku_calls, join=with_skus, optional=True))
