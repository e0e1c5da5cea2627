"""What a store tells of its orders, their refunds and itself. Mapping is pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from msgspec import Struct

from connectors.engine.stream import (
    BEGINNING,
    DAY,
    HOUR,
    About,
    Ask,
    ById,
    ByWindow,
    Call,
    Context,
    Detail,
    Identity,
    Page,
    Reply,
    Stream,
)
from connectors.engine.values import iso, text
from connectors.woocommerce import wire
from connectors.woocommerce.refunds import refund_rows
from queries import records
from queries.records import OrderStatus

SECOND = timedelta(seconds=1)
RECHECKED = 30 * DAY
"""For how long after the last change of an order a deletion of its refund is noticed."""
ORDER_FIELDS = ("id,status,currency,date_created_gmt,date_modified_gmt,date_paid_gmt,date_completed_gmt,"
                "shipping_total,total,total_tax,customer_id,payment_method,billing.state,billing.country,"
                "shipping.state,shipping.country,line_items,fee_lines,refunds")
REFUND_FIELDS = "id,date_created_gmt,amount,line_items,fee_lines,shipping_lines"

STATUSES: dict[str, OrderStatus] = {
    "pending": "open", "checkout-draft": "open", "on-hold": "open", "processing": "paid",
    "completed": "completed", "refunded": "completed", "cancelled": "cancelled", "failed": "cancelled",
    "trash": "cancelled",
    "partial-shipped": "shipped", "shipped": "shipped", "delivered": "delivered",
    "pre-ordered": "paid", "partial-payment": "open", "pending-deposit": "open", "scheduled-payment": "open",
}
"""`on-hold` waits for a bank transfer; a paid or a fully refunded order is settled in `_status`. The last two lines:
words of the common plug-ins for shipping, pre-orders and deposits."""
UNPAID = frozenset({"pending", "checkout-draft"})
PAST_UNPAID = frozenset({"processing", "completed", "refunded"})

orders_of = wire.Documents(list[wire.Order])
refunds_of = wire.Documents(list[wire.Refund])
site_of, setting_of = wire.Documents(wire.Site), wire.Documents(wire.Setting)


# --- orders -------------------------------------------------------------------------------------------------


class Sale(Struct, frozen=True, gc=False):
    """An order with its refunds, which the list only names."""

    order: wire.Order
    refunds: Sequence[wire.Refund] = ()


def all_orders(ask: Ask, context: Context) -> Call:
    """By id; frozen by creation, so that new orders do not enter while we read. `any` leaves the trash out."""
    assert ask.window
    since = {"after": _from(ask.window.start, context)} if ask.window.start > BEGINNING else {}
    return Call("/orders", {
        "orderby": "id", "order": "asc", "status": "any", "dates_are_gmt": "true",
        "before": _gmt(ask.window.end), "per_page": ask.size, "page": ask.page, "_fields": ORDER_FIELDS, **since})


def changed_orders(ask: Ask, context: Context) -> Call:
    """Both ends are exclusive for the store. Without `dates_are_gmt` it would read them in its own zone."""
    assert ask.window
    return Call("/orders", {
        "orderby": "id", "order": "asc", "status": "any", "dates_are_gmt": "true",
        "modified_after": _from(ask.window.start, context), "modified_before": _gmt(ask.window.end),
        "per_page": ask.size, "page": ask.page, "_fields": ORDER_FIELDS})


def lately_changed_orders(ask: Ask, context: Context) -> Call:
    """All that changed in the last weeks: the list can only grow while it is read."""
    return Call("/orders", {
        "orderby": "id", "order": "asc", "status": "any", "dates_are_gmt": "true",
        "modified_after": _from(context.now - RECHECKED, context),
        "per_page": ask.size, "page": ask.page, "_fields": ORDER_FIELDS})


def trashed_orders(ask: Ask, context: Context) -> Call:
    """What was thrown away since: `any` leaves the trash out, so an order there would stay a sale with us."""
    return replace(call := changed_orders(ask, context), params={**call.params, "status": "trash"})


def read_orders(reply: Reply, call: Call) -> Page:
    return wire.listed([Sale(order) for order in orders_of.decode(reply.body)], reply, call)


def refund_calls(sales: Sequence[Sale], context: Context) -> Sequence[Call]:
    return [Call(f"/orders/{sale.order.id}/refunds", {"per_page": 100, "_fields": REFUND_FIELDS})
            for sale in sales]


def with_refunds(sales: Sequence[Sale], replies: Sequence[Reply]) -> Iterable[Sale]:
    for sale, reply in zip(sales, replies, strict=True):
        yield Sale(sale.order, refunds_of.decode(reply.body))


def sale_rows(sale: Sale, context: Context) -> Iterable[records.Record]:
    order = sale.order
    created = iso(order.date_created_gmt) or iso(order.date_paid_gmt) or iso(order.date_modified_gmt)
    if created is None:  # a draft that was never placed
        return
    completed = iso(order.date_completed_gmt)
    cod = order.payment_method == "cod"
    paid = _paid(order, created)
    status = _status(order, paid, completed)
    lines = _lines(order)
    yield records.Order(
        order_id=str(order.id), status=status, native_status=order.status,
        payment_type="cod" if cod else "prepaid",
        created_at=created, paid_at=paid, shipped_at=completed, delivered_at=completed if cod else None,
        cancelled_at=_cancelled(sale) if status == "cancelled" else None,
        modified_at=iso(order.date_modified_gmt), currency=order.currency,
        list_amount=sum([line.list_amount for line in lines], wire.ZERO),
        seller_discount=sum([line.seller_discount for line in lines], wire.ZERO),
        shipping_amount=order.shipping_total, tax_amount=order.total_tax, tax_included=False,
        channel="direct", region=_region(order), buyer=text(order.customer_id) or None)
    yield from lines
    yield from refund_rows(
        order, lines, sale.refunds, created, completed=completed,
        left_at=_cancelled(sale) if paid and STATUSES.get(order.status) == "cancelled" else None)


def _lines(order: wire.Order) -> list[records.OrderLine]:
    """Products, then fees: a surcharge counts as goods, a negative fee as the seller's discount.

    Amounts of lines come rounded, their sum in the order's total is rounded once: the cent between them goes to the
    dearest line, so that lines and total agree. A greater difference (a gift card of a plug-in) is a way of paying.
    """
    order_id = str(order.id)
    lines = [*_product_lines(order_id, order.line_items), *_fee_lines(order_id, order.fee_lines)]
    told = sum([line.total for line in order.line_items]) + sum([fee.total for fee in order.fee_lines])
    rest = order.total - order.total_tax - order.shipping_total - told
    if rest and order.total and lines:
        unit = Decimal((0, (1,), int(order.total.as_tuple().exponent)))
        if abs(rest) <= unit * (len(lines) + 1):
            max(lines, key=lambda line: line.list_amount).list_amount += rest
    return lines


def _product_lines(order_id: str, lines: Iterable[wire.Line]) -> Iterable[records.OrderLine]:
    for line in lines:
        yield records.OrderLine(
            order_id=order_id, line_id=str(line.id), product_id=text(line.product_id),
            sku_id=text(line.variation_id or line.product_id), quantity=int(line.quantity),
            list_amount=line.subtotal, seller_discount=line.subtotal - line.total, is_gift=not line.subtotal)


def _fee_lines(order_id: str, fees: Iterable[wire.FeeLine]) -> Iterable[records.OrderLine]:
    for fee in fees:
        yield records.OrderLine(
            order_id=order_id, line_id=str(fee.id), product_id="fee", sku_id="fee", quantity=0,
            list_amount=max(fee.total, wire.ZERO), seller_discount=max(-fee.total, wire.ZERO))


def _paid(order: wire.Order, created: datetime) -> datetime | None:
    """An order that was set back to "pending payment" keeps its time of payment in the store, but not the money."""
    if order.status in UNPAID:
        return None
    assumed = order.status in PAST_UNPAID and order.payment_method != "cod"
    return iso(order.date_paid_gmt) or (created if assumed else None)


def _status(order: wire.Order, paid: datetime | None, completed: datetime | None) -> OrderStatus:
    if order.status == "refunded" and not completed:
        return "cancelled"
    if order.status == "on-hold" and paid:
        return "paid"
    return STATUSES.get(order.status, "unknown")


def _cancelled(sale: Sale) -> datetime | None:
    """There is no time of cancellation: the last refund's, else that of the last change."""
    made = [at for refund in sale.refunds if (at := iso(refund.date_created_gmt))]
    return max(made, default=iso(sale.order.date_modified_gmt))


def _region(order: wire.Order) -> str | None:
    """The state the parcel goes to, or the country where addresses have none."""
    return (order.shipping.state or order.billing.state or order.shipping.country
            or order.billing.country or None)


ORDERS = Stream(
    name="orders", source="order",
    tables=(records.Order, records.OrderLine, records.Refund), replaces=("order_lines", "refunds"),
    backfill=ById(all_orders, size=100),
    changes=ByWindow(changed_orders, span=30 * DAY, size=100,
                     within=lambda sale: iso(sale.order.date_modified_gmt)),
    read=read_orders, rows=sale_rows, key=lambda sale: str(sale.order.id),
    changed=lambda sale: iso(sale.order.date_modified_gmt),
    detail=Detail(refund_calls, with_refunds, needs=lambda sale: bool(sale.order.refunds)),
)

RECHECK = replace(
    ORDERS, name="recheck", backfill=None, changes=ById(lately_changed_orders, size=100), every=20 * HOUR)
"""A refund that is deleted again does not touch its order, so that no list of changes tells of it. As the refund did
touch the order when it was made, it is found among the orders that changed lately."""

TRASH = replace(
    ORDERS, name="trash", backfill=None,
    changes=ByWindow(trashed_orders, span=365 * DAY, size=100,
                     within=lambda sale: iso(sale.order.date_modified_gmt)),
)


# --- the shop -----------------------------------------------------------------------------------------------


def about_calls(settings: Any) -> Sequence[Call]:
    """An order tests the key; the index is public and tells name and zone; the setting wants more rights."""
    return (Call("/orders", {"per_page": 1, "_fields": ORDER_FIELDS}),
            Call("/wp-json/", {"_fields": "name,home,timezone_string,gmt_offset"}, optional=True),
            Call("/settings/general/woocommerce_currency", {"_fields": "value"}, optional=True))


def read_about(replies: Sequence[Reply | None], settings: Any) -> Identity:
    orders, index, currency = replies
    site = site_of.decode(index.body) if index else wire.Site()
    sample = orders_of.decode(orders.body) if orders else []
    code = setting_of.decode(currency.body).value if currency else ""
    shop_id = _address(site.home or settings.base_url)
    return Identity(shop_id, records.Shop(
        name=wire.plain(site.name) or shop_id, tz=_zone(site), cod_anchor="created",
        currency=code or (sample[0].currency if sample else "USD")))


def _address(home: str) -> str:
    """Host and path, as one host may have a store in each folder, whose orders have the same numbers.

    >>> _address("https://shop.example/de/")
    'shop.example/de'
    """
    parts = urlsplit(home)
    return f"{parts.netloc}{parts.path}".rstrip("/").lower() or home


PARTS_OF_HOURS = {
    "-9.5": "Pacific/Marquesas", "3.5": "Asia/Tehran", "4.5": "Asia/Kabul", "5.5": "Asia/Kolkata",
    "5.75": "Asia/Kathmandu", "6.5": "Asia/Yangon", "8.75": "Australia/Eucla", "9.5": "Australia/Darwin",
}
"""Zones that keep an offset all year which Etc/GMT has no name for."""


def _zone(site: wire.Site) -> str:
    """The site's zone; a bare offset becomes Etc/GMT, whose sign is reversed."""
    if site.timezone_string in available_timezones():
        return site.timezone_string
    hours = Decimal(str(site.gmt_offset or 0))
    if hours % 1:
        return PARTS_OF_HOURS.get(str(hours.normalize()), f"Etc/GMT{-round(hours):+d}")
    return f"Etc/GMT{-int(hours):+d}" if hours else "UTC"


ABOUT = About(about_calls, read_about)


# --- words --------------------------------------------------------------------------------------------------


def _gmt(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%S")


def _from(instant: datetime, context: Context) -> str:
    """A second earlier, as the end is exclusive. Even as GMT the store first reads the text on its own clock: in
    spring one hour of it does not exist there and would be taken for the next, hiding an hour of changes."""
    start = (instant - SECOND).astimezone(UTC)
    there = start.replace(tzinfo=context.zone)
    exists = there.astimezone(UTC).astimezone(context.zone).replace(tzinfo=None) == start.replace(tzinfo=None)
    return _gmt(start if exists else start - HOUR)
