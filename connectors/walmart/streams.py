"""A Walmart seller's orders by who ships them, and how they become contract records.

They are followed by their time of change, in windows that are cut until one page holds each of them: the cursor only
counts rows, so a row that changes meanwhile would hide another one behind a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors.engine.errors import Rejected
from connectors.engine.places import home
from connectors.engine.stream import (
    DAY,
    About,
    Ask,
    ByWindow,
    Call,
    Context,
    Detail,
    Identity,
    Page,
    Reply,
    Stream,
)
from connectors.engine.values import ZERO, from_millis, text
from connectors.engine.vocabulary import reason_code
from connectors.walmart import wire
from connectors.walmart.returns import returns
from connectors.walmart.windows import REACH, paged, span, stamp
from connectors.walmart.wire import elements
from queries.records import Order, OrderLine, OrderStatus, Refund, Shop

SHIPPERS = {"orders": "SellerFulfilled", "orders_wfs": "WFSFulfilled", "orders_3pl": "3PLFulfilled"}
"""Who ships an order: a list of its own each, and the first alone unless the others are asked for."""

WORDS = frozenset({"Created", "Acknowledged", "Shipped", "Delivered", "Cancelled", "Refund"})
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Sale:
    """An order, and which of its lines returns tell of: their refunds are told there."""

    order: wire.Order
    returned: frozenset[str] = frozenset()

    @property
    def lines(self) -> list[wire.Line]:
        return elements(self.order.order_lines.order_line)


def changed(shipper: str) -> Callable[[Ask, Context], Call]:
    """Words a window of the orders of one shipper. Without `createdStartDate` only orders of the last seven days
    would come."""

    def word(ask: Ask, context: Context) -> Call:
        if ask.cursor:
            return Call(f"/v3/orders{ask.cursor}", nothing=True, limit="orders")
        modified = span(ask, context, "lastModified")
        return Call("/v3/orders", nothing=True, limit="orders", params={
            **modified, "createdStartDate": stamp(context.now - REACH),
            "createdEndDate": modified["lastModifiedEndDate"], "limit": ask.size, "shipNodeType": shipper,
            "replacementInfo": "true"})

    return word


def orders(reply: Reply, call: Call) -> Page:
    """404 = there are none in the window."""
    found = wire.ORDERS.decode(reply.body).list if reply.status != 404 else wire.OrderList()
    sales = [Sale(order) for order in elements(found.elements.order if found.elements else None)]
    return paged(sales, found.meta)


def return_calls(sales: Sequence[Sale], context: Context) -> list[Call]:
    return [Call("/v3/returns", {"customerOrderId": text(sale.order.customer_order_id), "limit": 200}, nothing=True,
                 limit="returns") for sale in sales]


def with_returns(sales: Sequence[Sale], replies: Sequence[Reply]) -> Iterator[Sale]:
    for sale, reply in zip(sales, replies, strict=True):
        told = [] if reply.status == 404 else returns(reply, Call("")).items
        lines = (line for found in told for line in elements(found.return_order_lines))
        yield replace(sale, returned=frozenset(
            text(line.purchase_order_line_number) for line in lines
            if text(line.purchase_order_id) == text(sale.order.purchase_order_id)))


def doubtful(sale: Sale) -> bool:
    """Whether a line has a refund that may belong to a return."""
    return any(line.refund and not line.return_order_id for line in sale.lines)


def sale_rows(sale: Sale, context: Context) -> Iterator[Order | OrderLine | Refund]:
    order, status = sale.order, order_status(sale)
    created = from_millis(order.order_date)
    if created is None:
        raise Rejected("(an order without its time)")
    lines = [line_row(sale, line) for line in sale.lines]
    times = [at for line in sale.lines if (at := from_millis(line.status_date))]
    yield Order(
        order_id=text(order.purchase_order_id), status=status, native_status="/".join(sorted(words(sale))),
        order_type="exchange" if order.order_type == "REPLACEMENT" else "normal", created_at=created,
        paid_at=created, shipped_at=shipped_at(sale),
        delivered_at=max(times, default=None) if status == "delivered" else None,
        cancelled_at=max(times, default=created) if status == "cancelled" else None,
        modified_at=max([created, *times]), currency=currency(sale) or context.currency,
        list_amount=sum((line.list_amount for line in lines), ZERO),
        seller_discount=sum((line.seller_discount for line in lines), ZERO),
        shipping_amount=sum((charged(line, "SHIPPING") for line in sale.lines), ZERO),
        tax_amount=sum((taxed(line) for line in sale.lines), ZERO), tax_included=False,
        region=region(order), buyer=order.buyer_id or None)
    yield from lines
    for line in sale.lines:
        yield from line_refunds(sale, line, whole=status == "cancelled")


def words(sale: Sale) -> set[str]:
    return {found.status for line in sale.lines for found in _statuses(line)}


def _statuses(line: wire.Line) -> list[wire.LineStatus]:
    return elements(line.order_line_statuses.order_line_status)


def order_status(sale: Sale) -> OrderStatus:
    """What the lines that are not cancelled have reached together; one parcel sent is `shipped`."""
    found = words(sale)
    if not found or found - WORDS:
        return "unknown"
    alive = found - {"Cancelled"}
    if not alive:
        return "cancelled"
    if alive & {"Created", "Acknowledged"}:
        return "shipped" if alive & {"Shipped", "Delivered"} else "paid"
    return "shipped" if "Shipped" in alive else "delivered"


def shipped_at(sale: Sale) -> datetime | None:
    times = [found.tracking_info.ship_date_time for line in sale.lines for found in _statuses(line)
             if found.tracking_info]
    return min((at for moment in times if (at := from_millis(moment))), default=None)


def currency(sale: Sale) -> str:
    return next((charge.charge_amount.currency for line in sale.lines
                 for charge in elements(line.charges.charge) if charge.charge_amount.currency), "")


def charged(line: wire.Line, kind: str) -> Decimal:
    return sum((charge.charge_amount.amount for charge in elements(line.charges.charge)
                if charge.charge_type == kind), ZERO)


def taxed(line: wire.Line) -> Decimal:
    return sum((charge.tax.tax_amount.amount for charge in elements(line.charges.charge) if charge.tax), ZERO)


def line_row(sale: Sale, line: wire.Line) -> OrderLine:
    """Prices come after discounts; a negative PRODUCT charge (a subscription's) is one more. Walmart names no
    product on a line but the seller's SKU."""
    amounts = [charge.charge_amount.amount for charge in elements(line.charges.charge)
               if charge.charge_type == "PRODUCT"]
    listed = sum((amount for amount in amounts if amount > 0), ZERO)
    return OrderLine(
        order_id=text(sale.order.purchase_order_id), line_id=text(line.line_number), product_id=line.item.sku,
        sku_id=line.item.sku, quantity=int(line.order_line_quantity.amount), list_amount=listed,
        seller_discount=-sum((amount for amount in amounts if amount < 0), ZERO), is_gift=not listed)


def line_refunds(sale: Sale, line: wire.Line, whole: bool) -> Iterator[Refund]:
    """What a line tells of money going back: pieces cancelled in an order that goes on, and a refund that the
    seller gave without a return. A whole order cancelled leaves by a derived row: pieces that were cancelled before
    the rest are then taken back, or they would stand for the whole."""
    order_id, line_id = text(sale.order.purchase_order_id), text(line.line_number)
    at = from_millis(line.status_date)
    pieces = sum((found.status_quantity.amount for found in _statuses(line) if found.status == "Cancelled"), ZERO)
    ordered = line.order_line_quantity.amount
    several = sum((one.order_line_quantity.amount for one in sale.lines), ZERO) > 1
    if pieces and ordered and charged(line, "PRODUCT") and (several or not whole):
        part = ZERO if whole else pieces / ordered
        yield Refund(
            refund_id=f"{order_id}:cancelled", order_id=order_id, line_id=line_id,
            status="closed" if whole else "success", refund_type="cancel_before_ship", requested_at=at,
            refunded_at=None if whole else at, modified_at=at, quantity=0 if whole else int(pieces),
            goods_amount=_cents(charged(line, "PRODUCT") * part), tax_amount=_cents(taxed(line) * part),
            shipping_amount=_cents(charged(line, "SHIPPING") * part), restocked=not whole)
    if line.refund is None or line.return_order_id or line_id in sale.returned:
        return
    charges = elements(line.refund.refund_charges.refund_charge if line.refund.refund_charges else None)
    back = {kind: sum((abs(found.charge.charge_amount.amount) for found in charges
                       if (found.charge.charge_type == "SHIPPING") == (kind == "SHIPPING")), ZERO)
            for kind in ("PRODUCT", "SHIPPING")}
    tax = sum((abs(found.charge.tax.tax_amount.amount) for found in charges if found.charge.tax), ZERO)
    if charges:
        yield Refund(
            refund_id=text(line.refund.refund_id) or f"{order_id}:{line_id}", order_id=order_id, line_id=line_id,
            status="success", native_status="Refund", refund_type="refund_only", requested_at=at, refunded_at=at,
            modified_at=at, goods_amount=back["PRODUCT"], shipping_amount=back["SHIPPING"], tax_amount=tax,
            reason_code=reason_code(charges[0].refund_reason))


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def region(order: wire.Order) -> str | None:
    """The state; where an address has none, the country."""
    place = order.shipping_info.postal_address
    return (place.state or place.country or None) if place else None


# --- the seller ----------------------------------------------------------------------------------------------


def about_calls(settings: Any) -> list[Call]:
    """Orders test the keys; the payment statement names the partner, where the keys may read it."""
    return [Call("/v3/orders", {"limit": 1}, nothing=True), Call("/v3/report/payment/statement", optional=True)]


def shop_row(replies: Sequence[Reply | None], settings: Any) -> Identity:
    """The partner id; else what an order list's cursor gives away; else the host, as Walmart names no shop."""
    found, statement = replies
    partner = wire.STATEMENT.decode(statement.body).partner_id if statement else ""
    page = orders(found, Call("/v3/orders")) if found else Page([])
    seller = settings.seller_id or partner or parse_qs(urlsplit(page.next or "").query).get("partnerId", [""])[0]
    shop_id = seller or urlsplit(settings.base_url).hostname or "walmart"
    zone, money = ("America/New_York", "USD") if settings.market == "us" else home(settings.market)
    name = f"Walmart {seller}".strip()
    return Identity(shop_id, Shop(name=name, tz=settings.timezone or zone, currency=money, cod_anchor="created"))


def sales(name: str, shipper: str) -> Stream:
    return Stream(
        name=name, source="order", tables=(Order, OrderLine, Refund), replaces=("order_lines",),
        changes=ByWindow(changed(shipper), span=15 * DAY, size=200, reach=REACH), read=orders, rows=sale_rows,
        key=lambda sale: text(sale.order.purchase_order_id),
        detail=Detail(return_calls, with_returns, needs=doubtful))


ORDERS = tuple(sales(name, shipper) for name, shipper in SHIPPERS.items())
ABOUT = About(about_calls, shop_row)
