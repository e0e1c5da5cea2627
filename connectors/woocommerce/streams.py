"""What a store tells of its orders, their refunds and itself. Mapping is pure."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

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
from queries import records
from queries.records import OrderStatus

SECOND = timedelta(seconds=1)
ORDER_FIELDS = ("id,status,currency,date_created_gmt,date_modified_gmt,date_paid_gmt,date_completed_gmt,"
                "shipping_total,total,total_tax,customer_id,payment_method,billing.state,billing.country,"
                "shipping.state,shipping.country,line_items,fee_lines,refunds")
REFUND_FIELDS = "id,date_created_gmt,amount,line_items,shipping_lines"

STATUSES: dict[str, OrderStatus] = {
    "pending": "open", "checkout-draft": "open", "on-hold": "open", "processing": "paid",
    "completed": "completed", "refunded": "completed", "cancelled": "cancelled", "failed": "cancelled",
    "trash": "cancelled",
    "partial-shipped": "shipped", "shipped": "shipped", "delivered": "delivered",
    "pre-ordered": "paid", "partial-payment": "open", "pending-deposit": "open", "scheduled-payment": "open",
}
"""`on-hold` waits for a bank transfer; a paid or a fully refunded order is settled in `_status`. The last two lines:
words of the common plug-ins for shipping, pre-orders and deposits."""
PAST_UNPAID = frozenset({"processing", "completed", "refunded"})

orders_of = wire.Documents(list[wire.Order])
refunds_of = wire.Documents(list[wire.Refund])
site_of, setting_of = wire.Documents(wire.Site), wire.Documents(wire.Setting)


# --- orders -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sale:
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
        yield replace(sale, refunds=refunds_of.decode(reply.body))


def sale_rows(sale: Sale, context: Context) -> Iterable[records.Record]:
    order = sale.order
    created = iso(order.date_created_gmt) or iso(order.date_paid_gmt) or iso(order.date_modified_gmt)
    if created is None:  # a draft that was never placed
        return
    completed = iso(order.date_completed_gmt)
    cod = order.payment_method == "cod"
    paid = iso(order.date_paid_gmt) or (created if order.status in PAST_UNPAID and not cod else None)
    status = _status(order, paid, completed)
    lines = list(_lines(order))
    yield records.Order(
        order_id=str(order.id), status=status, native_status=order.status,
        payment_type="cod" if cod else "prepaid",
        created_at=created, paid_at=paid, shipped_at=completed, delivered_at=completed if cod else None,
        cancelled_at=_cancelled(sale) if status == "cancelled" else None,
        modified_at=iso(order.date_modified_gmt), currency=order.currency,
        list_amount=sum((line.list_amount for line in lines), wire.ZERO),
        seller_discount=sum((line.seller_discount for line in lines), wire.ZERO),
        shipping_amount=order.shipping_total, tax_amount=order.total_tax, tax_included=False,
        channel="direct", region=_region(order), buyer=text(order.customer_id) or None)
    yield from lines
    for refund in sale.refunds:
        yield from _refund_rows(refund, order, completed, iso(refund.date_created_gmt) or created)


def _lines(order: wire.Order) -> Iterable[records.OrderLine]:
    """Products, then fees: a surcharge counts as goods, a negative fee as the seller's discount."""
    for line in order.line_items:
        yield records.OrderLine(
            order_id=str(order.id), line_id=str(line.id), product_id=text(line.product_id),
            sku_id=text(line.variation_id or line.product_id), quantity=int(line.quantity),
            list_amount=line.subtotal, seller_discount=line.subtotal - line.total, is_gift=not line.subtotal)
    for fee in order.fee_lines:
        yield records.OrderLine(
            order_id=str(order.id), line_id=str(fee.id), product_id="fee", sku_id="fee", quantity=0,
            list_amount=max(fee.total, wire.ZERO), seller_discount=max(-fee.total, wire.ZERO))


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


def _refund_rows(refund: wire.Refund, order: wire.Order, completed: datetime | None, at: datetime,
                 ) -> Iterable[records.Refund]:
    """One row a line; postage and what no line explains on a row of its own. The store knows refunds only
    once they are made."""
    before_shipping = completed is None or at < completed
    explained = wire.ZERO

    def row(line_id: str | None, quantity: int, goods: Decimal, tax: Decimal, shipping: Decimal = wire.ZERO,
            ) -> records.Refund:
        returned = "return_refund" if quantity else "refund_only"
        return records.Refund(
            refund_id=str(refund.id), order_id=str(order.id), line_id=line_id, status="success",
            refund_type="cancel_before_ship" if before_shipping else returned,  # type: ignore[arg-type]
            requested_at=at, refunded_at=at, modified_at=at, quantity=quantity, goods_amount=goods,
            shipping_amount=shipping, tax_amount=tax)

    for line in refund.line_items:
        explained -= line.total + line.total_tax
        yield row(_refunded_line(line), -int(line.quantity), -line.total, -line.total_tax)
    shipping = -sum((part.total for part in refund.shipping_lines), wire.ZERO)
    shipping_tax = -sum((part.total_tax for part in refund.shipping_lines), wire.ZERO)
    rest = refund.amount - explained - shipping - shipping_tax
    if not refund.line_items and refund.amount == order.total:
        goods = order.total - order.total_tax - order.shipping_total
        yield row(None, 0, goods, order.total_tax, order.shipping_total)
    elif rest or shipping or shipping_tax or not refund.line_items:
        yield row(None, 0, rest, shipping_tax, shipping)


def _refunded_line(line: wire.RefundLine) -> str:
    for meta in line.meta_data:
        if meta.key == "_refunded_item_id":
            return str(meta.value)
    return str(line.id)


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
    host = urlsplit(site.home or settings.base_url).hostname or settings.base_url
    return Identity(host, records.Shop(
        name=html.unescape(site.name) or host, tz=_zone(site), cod_anchor="created",
        currency=code or (sample[0].currency if sample else "USD")))


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
