"""What is read from a Taobao or Tmall shop, and how it becomes contract records.

Orders and refunds are followed by their time of change; nothing is written about how far back that reaches,
so the same walk does the first load. Lists come newest change first: pages are read from last to first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.engine.errors import Misconfigured
from connectors.engine.stream import (
    BEGINNING,
    DAY,
    EVER,
    HOUR,
    About,
    Ask,
    ByWindow,
    Call,
    Context,
    Finding,
    Identity,
    Page,
    Reply,
    Stream,
    undated,
)
from connectors.engine.values import ZERO, beijing, text, to_beijing, told
from connectors.engine.vocabulary import province, reason_code
from connectors.taobao import wire
from connectors.taobao.client import GRANTED
from connectors.taobao.wire import answer, elements
from queries.records import Order, OrderLine, OrderStatus, Product, Refund, RefundStatus, RefundType, Shop

if TYPE_CHECKING:
    from connectors.taobao import TaobaoSettings

TRADE_FIELDS = ("tid,status,type,post_fee,created,pay_time,consign_time,end_time,modified,step_trade_status,"
                "step_paid_fee,seller_flag,buyer_open_uid,receiver_state,orders")
REFUND_FIELDS = ("refund_id,tid,oid,status,refund_fee,created,modified,refund_phase,dispute_type,"
                 "order_status,good_status,has_good_return,num,reason")
ITEM_FIELDS = "num_iid,title,approve_status,list_time,modified,skus"
"""What is not asked for does not come: no nickname, name, phone, address or remark is on these lists."""

TRADE_STATUS: dict[str, OrderStatus] = {
    "TRADE_NO_CREATE_PAY": "open",
    "WAIT_BUYER_PAY": "open",
    "PAY_PENDING": "open",
    "WAIT_PRE_AUTH_CONFIRM": "open",
    "WAIT_SELLER_SEND_GOODS": "paid",
    "PAID_FORBID_CONSIGN": "paid",
    "SELLER_CONSIGNED_PART": "shipped",
    "WAIT_BUYER_CONFIRM_GOODS": "shipped",
    "TRADE_BUYER_SIGNED": "delivered",
    "TRADE_FINISHED": "completed",
    "TRADE_CLOSED": "cancelled",
    "TRADE_CLOSED_BY_TAOBAO": "cancelled",
}
REFUND_STATUS: dict[str, RefundStatus] = {
    "WAIT_SELLER_AGREE": "requested",
    "WAIT_BUYER_RETURN_GOODS": "approved",
    "WAIT_SELLER_CONFIRM_GOODS": "approved",
    "WAIT_SELLER_CONSIGN_GOODS": "approved",
    "WAIT_BUYER_CONFIRM_EXCHANGE_SELLER_SEND_GOODS": "approved",
    "EXCHANGE_TRANSFORM_TO_REFUND": "requested",
    "SELLER_REFUSE_BUYER": "rejected",
    "CLOSED": "closed",
    "SUCCESS": "success",
}
ITEM_STATUS = {"onsale": "on_sale", "instock": "off_shelf"}
EXCHANGES = {"TMALL_EXCHANGE", "TAOBAO_EXCHANGE", "REPAIR", "RESHIPPING"}

ONE_DAY = DAY - timedelta(seconds=1)
"""The longest window, less the second by which rounding outwards may stretch it."""


def listed(method: str, fields: str) -> Callable[[Ask, Context], Call]:
    """Words one page of a list that is cut by a time of change."""

    def word(ask: Ask, context: Context) -> Call:
        assert ask.window is not None
        return Call(method, verb="POST", params={
            "fields": fields,
            "start_modified": to_beijing(ask.window.start), "end_modified": _up(ask.window.end),
            "page_no": ask.page, "page_size": ask.size, "use_has_next": str(not ask.counting).lower()})

    return word


def _up(moment: datetime) -> str:
    """Rounded up to the next whole second: a window's end must not be cut short."""
    return to_beijing(moment + timedelta(seconds=1) - timedelta.resolution)


def trades(reply: Reply, call: Call) -> Page:
    found = answer(reply.body)
    return page(found, found.trades and found.trades.trade)


def refunds(reply: Reply, call: Call) -> Page:
    found = answer(reply.body)
    return page(found, found.refunds and found.refunds.refund)


def items(reply: Reply, call: Call) -> Page:
    found = answer(reply.body)
    return page(found, found.items and found.items.item)


def page(found: wire.Answer, listed: Any) -> Page:
    """An empty list may be missing, its count may not. One that only says that there is more has its window cut."""
    told(listed, found.total_results, found.has_next)
    uncounted = found.has_next and found.total_results is None
    return Page(elements(listed), found.total_results, next="more" if uncounted else None)


def trade_rows(trade: wire.Trade, context: Context) -> Iterator[Order | OrderLine | Finding]:
    """A trade and its sub-orders. The discounts of a trade are those of its lines: the trade's own figures
    leave some out, and `payment` moves with part refunds."""
    tid, created = text(trade.tid), beijing(trade.created)
    if created is None:
        yield undated(tid)
        return
    lines = [line_row(tid, line) for line in elements(trade.orders.order if trade.orders else None)]
    status = TRADE_STATUS.get(trade.status, "unknown")
    paid_at, ended_at = beijing(trade.pay_time), beijing(trade.end_time)
    order = Order(
        order_id=tid, status=status, native_status=trade.status,
        order_type="presale" if trade.type == "step" or trade.step_trade_status else "normal",
        payment_type="cod" if trade.type == "cod" else "prepaid",
        created_at=created, paid_at=paid_at, shipped_at=beijing(trade.consign_time),
        modified_at=beijing(trade.modified), currency=context.currency,
        list_amount=sum((line.list_amount for line in lines), ZERO),
        seller_discount=sum((line.seller_discount for line in lines), ZERO),
        shipping_amount=trade.post_fee or ZERO, discount_split="unknown",
        region=province(trade.receiver_state), buyer=trade.buyer_open_uid or None,
        excluded_reason="brushing" if trade.seller_flag in context.settings.flags else None)
    if status == "cancelled":
        order.cancelled_at = ended_at or order.modified_at
    elif status == "completed":
        order.delivered_at = ended_at
    elif status == "delivered":
        order.delivered_at = order.modified_at
    if order.order_type == "presale":
        presale(order, trade)
    yield order
    yield from lines
    if not lines:
        yield Finding("order_without_lines", "a trade came without its sub-orders")


def presale(order: Order, trade: wire.Trade) -> None:
    """A deposit alone is no sale. `pay_time` is the deposit's time until the balance is paid, then the
    balance's; `step_paid_fee` is the deposit only as long as the balance is open."""
    step = trade.step_trade_status
    if step == "FRONT_PAID_FINAL_NOPAID":
        order.deposit_amount = trade.step_paid_fee or ZERO
        order.deposit_paid_at, order.paid_at = order.paid_at or order.created_at, None
    elif step == "FRONT_PAID_FINAL_PAID" or (not step and order.status != "open"):
        order.balance_paid_at = order.paid_at


def line_row(tid: str, line: wire.SubOrder) -> OrderLine:
    """One sub-order. List price x quantity is before everything; `divide_order_fee` is after everything."""
    listed_amount = line.price * line.num
    after = line.divide_order_fee
    if after is None:
        total = line.total_fee
        if total is None:
            total = listed_amount + (line.adjust_fee or ZERO) - (line.discount_fee or ZERO)
        after = total - (line.part_mjz_discount or ZERO)
    product = text(line.num_iid)
    return OrderLine(
        order_id=tid, line_id=text(line.oid), product_id=product, sku_id=text(line.sku_id) or product,
        quantity=line.num, list_amount=listed_amount, seller_discount=listed_amount - after,
        is_gift=line.price == 0)


def refund_rows(refund: wire.Refund, context: Context) -> Iterator[Refund]:
    """One refund of one sub-order. There is no time of payout: the change to SUCCESS is the nearest."""
    status = REFUND_STATUS.get(refund.status, "unknown")
    kind = refund_type(refund)
    changed = beijing(refund.modified)
    yield Refund(
        refund_id=text(refund.refund_id), order_id=text(refund.tid), line_id=text(refund.oid) or None,
        refund_type=kind, status=status, native_status=refund.status, requested_at=beijing(refund.created),
        refunded_at=changed if status == "success" else None, modified_at=changed,
        quantity=(refund.num or 0) if kind in ("return_refund", "cancel_before_ship") else 0,
        goods_amount=refund.refund_fee or ZERO, reason_code=reason_code(refund.reason),
        restocked=status == "success" and kind in ("return_refund", "cancel_before_ship"))


def refund_type(refund: wire.Refund) -> RefundType:
    """What kind of refund it is: `dispute_type` says it, or whether goods came back."""
    if refund.dispute_type in EXCHANGES:
        return "exchange"
    if refund.dispute_type == "REFUND_AND_RETURN" or refund.has_good_return:
        return "return_refund"
    if refund.order_status in ("WAIT_SELLER_SEND_GOODS", "PAID_FORBID_CONSIGN"):
        return "cancel_before_ship"
    closed = refund.order_status in (None, "TRADE_CLOSED") and refund.refund_phase != "aftersale"
    if closed and refund.good_status == "BUYER_NOT_RECEIVED":
        return "cancel_before_ship"
    return "refund_only"


def item_rows(item: wire.Item, context: Context) -> Iterator[Product]:
    """One row per SKU; an item without SKUs is its own SKU, as it is on order lines."""
    product = text(item.num_iid)
    for sku in [text(sku.sku_id) for sku in elements(item.skus.sku if item.skus else None)] or [product]:
        yield Product(product_id=product, sku_id=sku, title=item.title, listed_at=beijing(item.list_time),
                      status=ITEM_STATUS.get(item.approve_status or "", item.approve_status))


def shop_calls(settings: object) -> list[Call]:
    """Items test the keys; the shop's number and name are in a package that not every app has."""
    return [Call("taobao.items.onsale.get", verb="POST", params={"fields": "num_iid", "page_size": 1}),
            Call("taobao.shop.seller.get", verb="POST", params={"fields": "sid,title"}, optional=True)]


def seller_call(settings: TaobaoSettings, now: datetime) -> list[Call]:
    """Where the app may not ask for the shop: the answer to a token call names its seller."""
    return [Call("token", host="auth", optional=True)]


def shop_row(replies: Sequence[Reply | None], settings: TaobaoSettings) -> Identity:
    """The shop that the token speaks for, else its seller: never the app, which may serve several shops. A seller's
    number once found out is kept: the right that comes later does not make it another shop. A sale to be paid on
    delivery counts when it is received."""
    _, named, *others = replies
    found = (answer(named.body).shop if named else None) or wire.Shop()
    told_by_token = GRANTED.decode(others[0].body).taobao_user_id if others and others[0] else None
    seller = text(told_by_token) or settings.taobao_user_id
    shop_id = seller or text(found.sid)
    if not shop_id:
        raise Misconfigured("refresh_token (taobao.shop.seller.get tells no shop; a new token names its seller)")
    shop = Shop(name=found.title or f"淘宝 {shop_id}", tz="Asia/Shanghai", currency="CNY", cod_anchor="delivered")
    if named:
        return Identity(shop_id, shop)
    unnamed = Finding("shop_unnamed", "taobao.shop.seller.get was refused: the shop goes by its seller's number")
    return Identity(shop_id, shop, [unnamed], {"taobao_user_id": seller})


def goods(name: str, method: str) -> Stream:
    """A list of items, read whole once a day, in windows where it is long: pages end at 20,000 rows or at 100,000,
    the documents disagree."""

    def word(ask: Ask, context: Context) -> Call:
        assert ask.window is not None
        since = to_beijing(ask.window.start) if ask.window.start > BEGINNING else None
        return Call(method, verb="POST", params={
            "fields": ITEM_FIELDS, "start_modified": since, "end_modified": _up(ask.window.end),
            "page_no": ask.page, "page_size": ask.size})

    return Stream(name=name, source="item", tables=(Product,), read=items, rows=item_rows,
                  changes=ByWindow(word, span=EVER, size=200, whole=True),
                  key=lambda item: text(item.num_iid), every=20 * HOUR)


ORDERS = Stream(
    name="orders", source="trade", tables=(Order, OrderLine), replaces=("order_lines",),
    changes=ByWindow(listed("taobao.trades.sold.increment.get", TRADE_FIELDS), span=ONE_DAY, size=50),
    read=trades, rows=trade_rows, key=lambda trade: text(trade.tid),
    changed=lambda trade: beijing(trade.modified))

REFUNDS = Stream(
    name="refunds", source="refund", tables=(Refund,),
    changes=ByWindow(listed("taobao.refunds.receive.get", REFUND_FIELDS), span=7 * DAY, size=50),
    read=refunds, rows=refund_rows, key=lambda refund: text(refund.refund_id),
    changed=lambda refund: beijing(refund.modified))

STREAMS = (ORDERS, REFUNDS, goods("products", "taobao.items.onsale.get"),
           goods("products_off_shelf", "taobao.items.inventory.get"))
ABOUT = About(shop_calls, shop_row, seller_call)
