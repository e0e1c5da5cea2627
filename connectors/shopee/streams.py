"""What is read from a Shopee shop, and how it becomes contract records.

The list of orders gives numbers alone: details come by fifty, and the split of vouchers by the escrow of orders that
are paid. No list is counted, so windows are cut until one page holds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from math import ceil
from typing import Any

from connectors.engine.places import home
from connectors.engine.stream import (
    DAY,
    About,
    Ask,
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
from connectors.engine.values import ZERO, from_seconds, share, text, to_seconds
from connectors.shopee import wire
from connectors.shopee.client import ESCROW, ESCROWS
from queries.records import (
    Order,
    OrderLine,
    OrderStatus,
    Refund,
    RefundStatus,
    Shop,
)

ORDER_FIELDS = "item_list,total_amount,pay_time,buyer_user_id,pickup_done_time,recipient_address"
"""What the detail leaves out unless named. The address comes whole; no name, note or tax number is asked for."""
ORDER_STATUS: dict[str, OrderStatus] = {
    "UNPAID": "open",
    "PENDING": "paid",
    "INVOICE_PENDING": "paid",
    "READY_TO_SHIP": "paid",
    "PROCESSED": "paid",
    "RETRY_SHIP": "paid",
    "IN_CANCEL": "paid",
    "SHIPPED": "shipped",
    "TO_CONFIRM_RECEIVE": "delivered",
    "TO_RETURN": "delivered",
    "COMPLETED": "completed",
    "CANCELLED": "cancelled",
}
RETURN_STATUS: dict[str, RefundStatus] = {
    "REQUESTED": "requested",
    "JUDGING": "requested",
    "SELLER_DISPUTE": "requested",
    "ACCEPTED": "approved",
    "PROCESSING": "approved",
    "REFUND_PAID": "success",
    "CANCELLED": "closed",
    "CLOSED": "closed",
}
REASONS = {
    **dict.fromkeys(("PHYSICAL_DMG", "FUNCTIONAL_DMG", "ITEM_DAMAGED", "ITEM_WRONGDAMAGED", "DIFFERENT_DESC",
                     "ITEM_FAKE", "EXPECTATION_FAILED", "DAMAGED_OTHERS"), "quality"),
    **dict.fromkeys(("CHANGE_MIND", "MUTUAL_AGREE"), "changed_mind"),
    "NOT_RECEIPT": "late", "ITEM_NOT_FIT": "size",
}
LAUNCHED = 1_577_836_800
"""2020: a day that no shop has many orders of."""
LONGEST = 14 * DAY
"""Under the fifteen days that a window may have."""
AT_ONCE = 20
"""Escrows a call: fifty are allowed, twenty recommended."""


def bounds(window: Window | None) -> tuple[int, int]:
    """A window as whole seconds, rounded outwards."""
    assert window is not None
    return to_seconds(window.start), ceil(window.end.timestamp())


# --- orders -------------------------------------------------------------------------------------------------


def changed_orders(ask: Ask, context: Context) -> Call:
    start, end = bounds(ask.window)
    return Call("/order/get_order_list", {
        "time_range_field": "update_time", "time_from": start, "time_to": end, "page_size": ask.size,
        "cursor": ask.cursor or "", "response_optional_fields": "order_status"})


def orders(reply: Reply, call: Call) -> Page:
    found = wire.ORDERS.decode(reply.body).response or wire.Orders()
    return Page(found.order_list or [], next=found.next_cursor or None if found.more else None)


def detail_calls(items: Sequence[wire.Order], context: Context) -> list[Call]:
    return [Call("/order/get_order_detail", {
        "order_sn_list": ",".join(order.order_sn for order in items), "response_optional_fields": ORDER_FIELDS})]


def details(reply: Reply) -> dict[str, wire.Order]:
    found = wire.ORDERS.decode(reply.body).response or wire.Orders()
    return {order.order_sn: order for order in found.order_list or []}


def escrow_calls(numbers: Sequence[str], replies: Sequence[Reply]) -> list[Call]:
    """The escrows of these orders, `replies` being the answers of what was asked before: first in batches, then one
    by one those of a batch that was refused, as it may have been for a single order without one."""
    batches = [numbers[at:at + AT_ONCE] for at in range(0, len(numbers), AT_ONCE)]
    if not replies:
        return [Call(ESCROWS, verb="POST", body={"order_sn_list": list(batch)}, nothing=True) for batch in batches]
    if len(replies) > len(batches):
        return []
    return [Call(ESCROW, {"order_sn": number}, nothing=True) for batch, reply in zip(batches, replies, strict=True)
            if len(batch) > 1 and wire.refused(reply.body) for number in batch]


def paid_escrows(items: Sequence[wire.Order], replies: Sequence[Reply]) -> list[Call]:
    """Asked once the details are there: only what is paid, or to be paid at the door, has an escrow."""
    paid = [order.order_sn for order in details(replies[0]).values()
            if order.pay_time or (order.cod and ORDER_STATUS.get(order.order_status) != "open")]
    return escrow_calls(paid, replies[1:]) if paid else []


def with_details(items: Sequence[wire.Order], replies: Sequence[Reply]) -> Iterator[wire.Order]:
    found = details(replies[0])
    incomes = wire.incomes(replies[1:])
    for item in items:
        order = found.get(item.order_sn, item)
        order.order_income = incomes.get(order.order_sn)
        yield order


def order_rows(order: wire.Order, context: Context) -> Iterator[Order | OrderLine | Finding]:
    """An order and its lines: list prices and item discounts by the detail, vouchers by the escrow."""
    if not order.create_time:
        yield Finding("order_without_detail", "a listed order came without its detail")
        return
    lines = list(line_rows(order))
    vouchers(order, lines, context.currency)
    status, changed = ORDER_STATUS.get(order.order_status, "unknown"), from_seconds(order.update_time)
    yield Order(
        order_id=order.order_sn, status=status, native_status=order.order_status,
        payment_type="cod" if order.cod else "prepaid", created_at=datetime.fromtimestamp(order.create_time, UTC),
        paid_at=from_seconds(order.pay_time), shipped_at=from_seconds(order.pickup_done_time),
        delivered_at=changed if status in ("delivered", "completed") else None,
        cancelled_at=changed if status == "cancelled" else None, modified_at=changed,
        currency=order.currency or context.currency, list_amount=sum((line.list_amount for line in lines), ZERO),
        seller_discount=sum((line.seller_discount for line in lines), ZERO),
        platform_discount=sum((line.platform_discount for line in lines), ZERO),
        shipping_amount=shipping(order, lines), discount_split="known" if order.order_income else "unknown",
        region=region(order), buyer=text(order.buyer_user_id) or None)
    yield from lines
    if not lines:
        yield Finding("order_without_lines", "an order came without its item_list")


def line_rows(order: wire.Order) -> Iterator[OrderLine]:
    """Lines by model, as returns name nothing else; a second line of a model (a bundle) adds its own number."""
    taken: set[str] = set()
    for item in order.item_list or []:
        sku, quantity = text(item.model_id) or text(item.item_id), item.model_quantity_purchased
        price = item.model_original_price
        after = price if item.model_discounted_price is None or bundled(item) else item.model_discounted_price
        line_id = f"{sku}/{text(item.line_item_id)}" if sku in taken else sku
        taken.add(sku)
        yield OrderLine(
            order_id=order.order_sn, line_id=line_id, product_id=text(item.item_id), sku_id=sku, quantity=quantity,
            list_amount=price * quantity, seller_discount=(price - after) * quantity, is_gift=after == 0)


def bundled(item: wire.OrderItem) -> bool:
    """An item of a bundle: its price of 0 is no price, what it cost stands in the escrow."""
    return item.promotion_type == "bundle_deal" and not item.model_discounted_price


def vouchers(order: wire.Order, lines: Sequence[OrderLine], currency: str) -> None:
    """Adds vouchers to the lines: the escrow's amounts are for the whole quantity. Without an escrow, what the total
    lacks is a voucher of an unknown side and counts as the seller's."""
    if order.order_income is None:
        goods = [line.list_amount - line.seller_discount for line in lines]
        lacking = max(ZERO, sum(goods, ZERO) - total(order)) if order.total_amount is not None else ZERO
        for line, part in zip(lines, share(lacking, goods, order.currency or currency), strict=True):
            line.seller_discount += part
        return
    entries = list(order.order_income.items or [])
    for line, item in zip(lines, order.item_list or [], strict=True):
        if entry := take(entries, item):
            if bundled(item) and entry.discounted_price is not None:
                line.seller_discount = line.list_amount - entry.discounted_price
            rebate = min(entry.shopee_discount or ZERO, line.seller_discount)
            line.seller_discount += (entry.discount_from_voucher_seller or ZERO) - rebate
            line.platform_discount = (entry.discount_from_voucher_shopee or ZERO) + rebate


def take(entries: list[wire.EscrowItem], item: wire.OrderItem) -> wire.EscrowItem | None:
    """The escrow's entry of an order line: by its line number, else the first left of the model."""
    same = [entry for entry in entries
            if (text(entry.item_id), text(entry.model_id)) == (text(item.item_id), text(item.model_id))]
    exact = [entry for entry in same if text(entry.line_item_id) == text(item.line_item_id)]
    found = next(iter(exact or same), None)
    if found:
        entries.remove(found)
    return found


def total(order: wire.Order) -> Decimal:
    return order.total_amount or ZERO


def shipping(order: wire.Order, lines: Sequence[OrderLine]) -> Decimal:
    """What the buyer was charged; before there is an escrow, what the total has beyond the goods."""
    income = order.order_income
    if income and income.buyer_paid_shipping_fee is not None:
        return income.buyer_paid_shipping_fee
    paid = sum((line.list_amount - line.seller_discount - line.platform_discount for line in lines), ZERO)
    return max(ZERO, total(order) - paid)


def region(order: wire.Order) -> str | None:
    """The state, unless it is masked; else the country."""
    state = (order.recipient_address.state or "").strip() if order.recipient_address else ""
    return (state if state.strip("*") else order.region) or None


# --- returns ------------------------------------------------------------------------------------------------


def changed_returns(ask: Ask, context: Context) -> Call:
    start, end = bounds(ask.window)
    return Call("/returns/get_return_list", {
        "page_no": ask.page, "page_size": ask.size, "update_time_from": start, "update_time_to": end})


def returns(reply: Reply, call: Call) -> Page:
    found = wire.RETURNS.decode(reply.body).response or wire.Returns()
    return Page(found.returns or [], next=following(call, found.more))


def following(call: Call, more: bool) -> str | None:
    """The number of the next page, where the platform says only that there is one."""
    return str(int(call.params["page_no"]) + 1) if more else None


def return_rows(item: wire.Return, context: Context) -> Iterator[Refund]:
    """One row a model, sharing the amount by value; REFUND_PAID dates itself by its change."""
    status, changed = RETURN_STATUS.get(item.status, "unknown"), from_seconds(item.update_time)
    back = item.return_solution == 0 if item.return_solution is not None else bool(item.needs_logistics)
    items = item.item or []
    amount = item.refund_amount or ZERO
    parts = share(amount, [line.item_price * line.amount for line in items], item.currency or context.currency)
    for at, line in enumerate(items or [wire.ReturnItem()]):
        yield Refund(
            refund_id=item.return_sn, order_id=item.order_sn, native_status=item.status, status=status,
            line_id=text(line.model_id) or text(line.item_id) or None,
            refund_type="return_refund" if back else "refund_only", requested_at=from_seconds(item.create_time),
            refunded_at=changed if status == "success" else None, modified_at=changed,
            quantity=line.amount if back and items else 0, goods_amount=parts[at] if items else amount,
            restocked=back and status == "success", reason_code=reason(item.reason))


def reason(word: str | None) -> str | None:
    return REASONS.get(word, "other") if word and word != "NONE" else None


# --- the shop -----------------------------------------------------------------------------------------------


def about_calls(settings: Any) -> list[Call]:
    """The shop; and a day of orders, which tests the keys where an app may not read the shop."""
    return [Call("/shop/get_shop_info", optional=True), Call("/order/get_order_list", {
        "time_range_field": "update_time", "time_from": LAUNCHED, "time_to": LAUNCHED + 86_400, "page_size": 1})]


def shop_row(replies: Sequence[Reply | None], settings: Any) -> Identity:
    shop = wire.SHOP.decode(replies[0].body) if replies[0] else wire.Shop()
    region = shop.region or settings.region
    findings = [] if region else [Finding("unknown_country", "the app may not read which region the shop is of")]
    zone, currency = home(region or "SG")
    about = Shop(name=shop.shop_name or str(settings.shop_id), tz=zone, currency=currency, cod_anchor="delivered")
    return Identity(str(settings.shop_id), about, findings)


def changed(item: Any) -> datetime | None:
    return from_seconds(item.update_time)


def number(field: str) -> Callable[[Any], str]:
    return lambda item: text(getattr(item, field))


ORDERS = Stream(
    name="orders", source="order", tables=(Order, OrderLine), replaces=("order_lines",),
    changes=ByWindow(changed_orders, span=LONGEST, size=100), read=orders, rows=order_rows, changed=changed,
    key=number("order_sn"),
    detail=Detail(detail_calls, with_details, batch=50, more=paid_escrows, described=True))

REFUNDS = Stream(
    name="refunds", source="return", tables=(Refund,),
    changes=ByWindow(changed_returns, span=LONGEST, size=100, first=0, within=changed), read=returns,
    rows=return_rows, key=number("return_sn"), changed=changed)

ABOUT = About(about_calls, shop_row)
