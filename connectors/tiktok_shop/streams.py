"""What is read from a TikTok Shop, and how it becomes contract records.

Orders, returns and cancellations are followed by their time of change, in windows that one page holds: the page
token is opaque and the total an estimate, so nothing else is sure to lose no row while the list moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from math import ceil
from typing import Any, Literal

from connectors.engine.errors import Rejected
from connectors.engine.places import home
from connectors.engine.stream import (
    DAY,
    HOUR,
    About,
    Ask,
    ByCursor,
    ByDay,
    ByWindow,
    Call,
    Context,
    Detail,
    Finding,
    Identity,
    Page,
    Reply,
    Stream,
    Window,
)
from connectors.engine.values import ZERO, from_seconds, share, to_seconds
from connectors.engine.vocabulary import reason_code
from connectors.tiktok_shop import wire
from queries.records import (
    Fee,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Refund,
    RefundStatus,
    RefundType,
    Settlement,
    Shop,
)

ORDER_STATUS: dict[str, OrderStatus] = {
    "UNPAID": "open",
    "ON_HOLD": "paid",
    "AWAITING_SHIPMENT": "paid",
    "PARTIALLY_SHIPPING": "shipped",
    "AWAITING_COLLECTION": "paid",
    "IN_TRANSIT": "shipped",
    "DELIVERED": "delivered",
    "COMPLETED": "completed",
    "CANCELLED": "cancelled",
}
RETURN_STATUS: dict[str, RefundStatus] = {
    "RETURN_OR_REFUND_REQUEST_PENDING": "requested",
    "AWAITING_BUYER_RESPONSE": "requested",
    "AWAITING_BUYER_SHIP": "approved",
    "BUYER_SHIPPED_ITEM": "approved",
    "RETURN_OR_REFUND_REQUEST_SUCCESS": "approved",
    "RETURN_OR_REFUND_REQUEST_COMPLETE": "success",
    "REJECT_RECEIVE_PACKAGE": "rejected",
    "REFUND_OR_RETURN_REQUEST_REJECT": "rejected",
    "REFUND_RETURN_REQUEST_REJECT": "rejected",
    "RETURN_OR_REFUND_REQUEST_CANCEL": "closed",
}
"""SUCCESS is only the seller's yes: the money is back at COMPLETE."""
CANCEL_STATUS: dict[str, RefundStatus] = {
    "CANCELLATION_REQUEST_PENDING": "requested",
    "CANCELLATION_REQUEST_SUCCESS": "approved",
    "CANCELLATION_REQUEST_COMPLETE": "success",
    "CANCELLATION_REQUEST_CANCEL": "closed",
    "CANCELLATION_REQUEST_CANCELLED": "closed",
}
RETURN_TYPE: dict[str, RefundType] = {
    "REFUND": "refund_only", "RETURN_AND_REFUND": "return_refund", "REPLACEMENT": "exchange",
}
PRODUCT_STATUS = {"ACTIVATE": "on_sale", "SELLER_DEACTIVATED": "off_shelf", "PLATFORM_DEACTIVATED": "off_shelf",
                  "FREEZE": "off_shelf", "DELETED": "deleted"}
STATES = ("State", "Province", "Region")
FeeType = Literal["commission", "payment", "creator", "shipping"]
FEES: tuple[tuple[FeeType, tuple[str, ...]], ...] = (
    ("commission", ("platform_commission_amount", "referral_fee_amount")),
    ("payment", ("transaction_fee_amount",)),
    ("creator", ("affiliate_commission_amount", "affiliate_partner_commission_amount")),
    ("shipping", ("shipping_cost_amount",)),
)
"""Amounts of a statement's transaction by fee type; what fees are left over is `other`."""


def bounds(window: Window | None) -> tuple[int, int]:
    """A window as whole seconds, rounded outwards (`_ge` is inclusive, `_lt` exclusive)."""
    assert window is not None
    return to_seconds(window.start), ceil(window.end.timestamp())


def search(path: str) -> Callable[[Ask, Context], Call]:
    """Words one page of a list cut by its time of change."""

    def word(ask: Ask, context: Context) -> Call:
        start, end = bounds(ask.window)
        return Call(path, verb="POST", body={"update_time_ge": start, "update_time_lt": end}, params={
            "page_size": ask.size, "page_token": ask.cursor, "sort_field": "update_time", "sort_order": "ASC"})

    return word


def listed(name: str) -> Callable[[Reply, Call], Page]:
    """Reads the list of that name; an empty token is the end, and the estimated total counts for nothing."""
    return lambda reply, call: page_of(wire.data(reply.body), name)


def page_of(data: wire.Data, name: str) -> Page:
    return Page(getattr(data, name) or [], next=data.next_page_token or None)


def order_rows(order: wire.Order, context: Context) -> Iterator[Order | OrderLine | Finding]:
    """An order and its units. Order-level discounts are spread over the lines already."""
    lines, payment = [line_row(order.id, line) for line in order.line_items or []], order.payment or wire.Payment()
    status, changed = ORDER_STATUS.get(order.status, "unknown"), from_seconds(order.update_time)
    shipping, tax = payment.shipping_fee or ZERO, payment.tax or ZERO
    row = Order(
        order_id=order.id, status=status, native_status=order.status,
        order_type="sample" if order.is_sample_order else "exchange" if order.is_replacement_order else "normal",
        payment_type="cod" if order.is_cod else "prepaid", created_at=datetime.fromtimestamp(order.create_time, UTC),
        paid_at=from_seconds(order.paid_time), shipped_at=from_seconds(order.collection_time or order.rts_time),
        delivered_at=from_seconds(order.delivery_time), modified_at=changed,
        currency=payment.currency or context.currency, list_amount=sum((line.list_amount for line in lines), ZERO),
        seller_discount=sum((line.seller_discount for line in lines), ZERO),
        platform_discount=sum((line.platform_discount for line in lines), ZERO),
        shipping_amount=shipping, tax_amount=tax, region=region(order.recipient_address),
        tax_included=not tax or payment.total_amount == (payment.sub_total or ZERO) + shipping,
        buyer=order.user_id if order.user_id and order.user_id.strip("*0") else None)
    if status == "cancelled":
        row.cancelled_at = from_seconds(order.cancel_time) or changed
    elif status in ("delivered", "completed"):
        row.delivered_at = row.delivered_at or changed
    yield row
    yield from lines
    if not lines:
        yield Finding("order_without_lines", "an order came without its line_items")


def line_row(order_id: str, line: wire.Line) -> OrderLine:
    """One unit. Where the list price is missing it follows from the price paid."""
    seller, platform = line.seller_discount or ZERO, line.platform_discount or ZERO
    before = line.original_price
    if before is None:
        before = (line.sale_price or ZERO) + seller + platform
    return OrderLine(
        order_id=order_id, line_id=line.id, product_id=line.product_id, sku_id=line.sku_id or line.product_id,
        quantity=1, list_amount=before, seller_discount=seller, platform_discount=platform,
        is_gift=bool(line.is_gift))


def region(address: wire.Address | None) -> str | None:
    """The state where the address names one, else the country."""
    if address is None:
        return None
    levels = {level.address_level_name: level.address_name for level in address.district_info or []}
    return next((levels[name] for name in STATES if levels.get(name)), address.region_code or None)


def return_rows(item: wire.Return, context: Context) -> Iterator[Refund | Finding]:
    kind = RETURN_TYPE.get(item.return_type)
    if kind is None:
        yield Finding("unknown_refund_type", f"return_type {item.return_type}")
    status = RETURN_STATUS.get(item.return_status, "unknown")
    head = Refund(
        refund_id=item.return_id, order_id=item.order_id, refund_type=kind or "refund_only", status=status,
        native_status=item.return_status, requested_at=from_seconds(item.create_time), goods_amount=ZERO,
        modified_at=from_seconds(item.update_time),
        reason_code=reason_code(item.return_reason_text or item.return_reason))
    yield from by_line(head, item.refund_amount, item.return_line_items or [], context)


def cancel_rows(item: wire.Cancellation, context: Context) -> Iterator[Refund]:
    """Only where money goes back: an unpaid order's cancellation says so in the order itself."""
    if not amount(item.refund_amount):
        return
    head = Refund(
        refund_id=item.cancel_id, order_id=item.order_id, refund_type="cancel_before_ship",
        status=CANCEL_STATUS.get(item.cancel_status, "unknown"), native_status=item.cancel_status,
        requested_at=from_seconds(item.create_time), goods_amount=ZERO, modified_at=from_seconds(item.update_time),
        reason_code=reason_code(item.cancel_reason_text or item.cancel_reason))
    yield from by_line(head, item.refund_amount, item.cancel_line_items or [], context)


def by_line(head: Refund, whole: wire.RefundAmount | None, lines: Sequence[wire.ReturnLine], context: Context,
            ) -> Iterator[Refund]:
    """One row a unit: its own amounts where they are given, else equal shares of the whole. A refund has no time
    of its own: the change to its last status stands for it."""
    done, back = head.status == "success", head.refund_type in ("return_refund", "cancel_before_ship")
    goods, shipping, tax = parts(whole)
    shares = share(goods, [Decimal(1)] * len(lines), context.currency)
    own = [parts(line.refund_amount) if line.refund_amount else None for line in lines]
    known = bool(lines) and all(own) and sum(part[0] for part in own if part) == goods
    for at, line in enumerate(lines or [wire.ReturnLine()]):
        part = own[at] if known and own else None
        yield Refund(
            refund_id=head.refund_id, order_id=head.order_id, line_id=line.order_line_item_id or None,
            refund_type=head.refund_type, status=head.status, native_status=head.native_status,
            requested_at=head.requested_at, refunded_at=head.modified_at if done else None,
            modified_at=head.modified_at, quantity=1 if back and lines else 0,
            goods_amount=part[0] if part else shares[at] if lines else goods,
            shipping_amount=ZERO if at else shipping, tax_amount=ZERO if at else tax,
            restocked=done and back, reason_code=head.reason_code)


def parts(given: wire.RefundAmount | None) -> tuple[Decimal, Decimal, Decimal]:
    """Goods, shipping, tax of a refund."""
    if given is None:
        return ZERO, ZERO, ZERO
    shipping, tax = given.refund_shipping_fee or ZERO, given.refund_tax or ZERO
    goods = given.refund_subtotal
    return (goods if goods is not None else (given.refund_total or ZERO) - shipping - tax), shipping, tax


def amount(given: wire.RefundAmount | None) -> Decimal:
    return sum(parts(given), ZERO)


def products_page(ask: Ask, context: Context) -> Call:
    return Call("/product/202502/products/search", verb="POST", body={},
                params={"page_size": ask.size, "page_token": ask.cursor})


def product_rows(product: wire.Product, context: Context) -> Iterator[Product]:
    """One row per SKU. The list names neither category nor brand."""
    for sku in [sku.id for sku in product.skus or []] or [product.id]:
        yield Product(product_id=product.id, sku_id=sku, title=product.title,
                      listed_at=from_seconds(product.create_time),
                      status=PRODUCT_STATUS.get(product.status or "", product.status))


def statements_page(ask: Ask, context: Context) -> Call:
    start, end = bounds(ask.window)
    return Call("/finance/202309/statements", {
        "sort_field": "statement_time", "sort_order": "ASC", "statement_time_ge": start, "statement_time_lt": end,
        "page_size": ask.size, "page_token": ask.cursor})


def transactions(statement: str, token: str | None = None) -> Call:
    return Call(f"/finance/202309/statements/{statement}/statement_transactions", {
        "sort_field": "order_create_time", "sort_order": "ASC", "page_size": 100, "page_token": token})


def transaction_calls(items: Sequence[wire.Statement], context: Context) -> list[Call]:
    return [transactions(item.id) for item in items]


def more_transactions(items: Sequence[wire.Statement], replies: Sequence[Reply]) -> list[Call]:
    """One statement at a time (batch 1): its next page until there is none."""
    token = wire.data(replies[-1].body).next_page_token
    return [transactions(items[0].id, token)] if token else []


def with_transactions(items: Sequence[wire.Statement], replies: Sequence[Reply]) -> Iterator[wire.Statement]:
    for item in items:
        for reply in replies:
            data = wire.data(reply.body)
            item.statement_transactions = [*item.statement_transactions,
                                           *(data.statement_transactions or data.transactions or [])]
        yield item


def statement_rows(item: wire.Statement, context: Context) -> Iterator[Settlement | Fee]:
    """The payout of a shop day, and what was taken off, by order and kind."""
    at, currency = datetime.fromtimestamp(item.statement_time, UTC), item.currency or context.currency
    yield Settlement(settlement_id=item.id, date=at.astimezone(context.zone).date(), amount=item.settlement_amount,
                     currency=currency)
    for taken in item.statement_transactions:
        fee = Fee(order_id=taken.order_id or None, fee_type="other", amount=ZERO, charged_at=at,
                  currency=taken.currency or currency)
        rest = -(taken.fee_and_tax_amount or taken.fee_amount or ZERO)
        for kind, names in FEES:
            cost = -sum((getattr(taken, name) or ZERO for name in names), ZERO)
            rest -= cost if kind != "shipping" else ZERO
            if cost:
                yield charge(fee, kind, cost)
        if rest:
            yield charge(fee, "other", rest)


def charge(fee: Fee, kind: Any, cost: Decimal) -> Fee:
    return Fee(order_id=fee.order_id, fee_type=kind, amount=cost, charged_at=fee.charged_at, currency=fee.currency)


def shop_row(replies: Sequence[Reply | None], settings: Any) -> Identity:
    """The authorised shop with this cipher; the API names its region, and the region its day and money."""
    shops = (wire.data(replies[0].body).shops or []) if replies[0] else []
    wanted = settings.shop_cipher or (shops[0].cipher if len(shops) == 1 else "")
    found = next((shop for shop in shops if shop.cipher == wanted), None)
    if found is None:
        known = "; ".join(f"{shop.name} ({shop.region}): {shop.cipher}" for shop in shops) or "none"
        raise Rejected(
            "(no authorised shop has this shop_cipher)",
            hint_en=f"Give the shop_cipher of one of the authorised shops: {known}.",
            hint_zh=f"请使用已授权店铺之一的 shop_cipher：{known}。")
    zone, currency = home(found.region)
    shop = Shop(name=found.name, tz=zone, currency=currency, cod_anchor="delivered")
    return Identity(found.id, shop, learned={"shop_cipher": found.cipher})


def changed(item: Any) -> datetime | None:
    return from_seconds(item.update_time)


ORDERS = Stream(
    name="orders", source="order", tables=(Order, OrderLine), replaces=("order_lines",),
    changes=ByWindow(search("/order/202309/orders/search"), span=14 * DAY, size=100, within=changed),
    read=listed("orders"), rows=order_rows, key=lambda order: order.id, changed=changed)

RETURNS = Stream(
    name="refunds", source="return", tables=(Refund,),
    changes=ByWindow(search("/return_refund/202309/returns/search"), span=14 * DAY, size=50, within=changed),
    read=listed("return_orders"), rows=return_rows, key=lambda item: item.return_id, changed=changed)

CANCELLATIONS = replace(
    RETURNS, name="cancellations", source="cancellation",
    changes=ByWindow(search("/return_refund/202309/cancellations/search"), span=14 * DAY, size=50, within=changed),
    read=listed("cancellations"), rows=cancel_rows, key=lambda item: item.cancel_id)

PRODUCTS = Stream(
    name="products", source="product", tables=(Product,), changes=ByCursor(products_page, size=100, whole=True, lasting=False),
    read=listed("products"), rows=product_rows, key=lambda item: item.id, every=20 * HOUR)

SETTLEMENTS = Stream(
    name="settlements", source="statement", tables=(Settlement, Fee), every=20 * HOUR, lookback=14 * DAY,
    changes=ByDay(statements_page, size=100, span=7), read=listed("statements"), rows=statement_rows,
    key=lambda item: item.id,
    detail=Detail(transaction_calls, with_transactions, more=more_transactions, described=True))

STREAMS = (ORDERS, RETURNS, CANCELLATIONS, PRODUCTS, SETTLEMENTS)
ABOUT = About(lambda _settings: [Call("/authorization/202309/shops")], shop_row)
