"""What is read of a seller, and how orders become contract records.

Orders are followed by their time of change, also in the first load: an order placed since then has changed since
then. A window's end is the last millisecond before it, as eBay takes both ends in, and never in the future.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from connectors.ebay import wire
from connectors.ebay.finances import FEES, SETTLEMENTS
from connectors.ebay.items import PRODUCTS
from connectors.ebay.refunds import refund_rows
from connectors.ebay.traffic import TRAFFIC
from connectors.ebay.windows import REACH, counted, known, paged
from connectors.engine.errors import Denied
from connectors.engine.places import home
from connectors.engine.stream import DAY, About, ByWindow, Call, Context, Identity, Reply, Stream
from connectors.engine.values import ZERO, iso, share, text
from queries.records import Order, OrderLine, OrderStatus, Refund, Shop

ORDER_PATH, USER_PATH = "/sell/fulfillment/v1/order", "/commerce/identity/v1/user/"
NET_PRICES = frozenset({"EBAY_US", "EBAY_MOTORS_US", "EBAY_CA", "EBAY_MOTORS", ""})
"""Marketplaces where prices are without tax. Elsewhere VAT is inside them, and eBay does not say how much."""
STATES = frozenset({"US", "CA", "AU"})
"""Countries whose parcels name a state by its code; elsewhere that field is whatever the buyer typed."""

PAYMENTS = frozenset({"PENDING", "FAILED", "PAID", "PARTIALLY_REFUNDED", "FULLY_REFUNDED"})
FULFILMENTS = frozenset({"NOT_STARTED", "IN_PROGRESS", "FULFILLED"})
CANCELLED = ("CANCELED", "CANCELLED")
CANCELS = frozenset({"", "NONE_REQUESTED", "IN_PROGRESS", *CANCELLED})
NO_SELLER = ("This shop has no order yet: name it with --set seller_id=...",
             "该店铺还没有订单：请用 --set seller_id=... 指定卖家。")


changed_orders, orders = paged(ORDER_PATH, "lastmodifieddate"), counted(wire.ORDERS, "orders")
"""No `fieldGroups`: with TAX_BREAKDOWN every total would hold the taxes that eBay collects for itself."""


def order_rows(order: wire.Order, context: Context) -> Iterator[Order | OrderLine | Refund]:
    pricing, status = order.pricing_summary, order_status(order)
    paid = [iso(payment.payment_date) for payment in order.payment_summary.payments]
    created = known(order.creation_date)
    settled = status not in ("open", "unknown", "cancelled")
    lines = line_rows(order)
    refunds = list(refund_rows(order, lines, cancelled=status == "cancelled"))
    currency = pricing.total.currency or context.currency
    row = Order(
        order_id=order.order_id, status=status, native_status=native_status(order), created_at=created,
        paid_at=min((at for at in paid if at), default=created if settled else None),
        modified_at=iso(order.last_modified_date), currency=currency,
        list_amount=sum((line.list_amount for line in lines), ZERO),
        seller_discount=sum((line.seller_discount for line in lines), ZERO),
        shipping_amount=pricing.delivery_cost.value + pricing.delivery_discount.value,
        tax_amount=pricing.tax.value,
        tax_included=not any(line.purchase_marketplace_id in NET_PRICES for line in order.line_items),
        channel="ad" if any(line.properties.sold_via_ad_campaign for line in order.line_items) else "unknown",
        region=region(order), buyer=order.buyer.username or None,
        presentment_currency=pricing.total.converted_from_currency,
        presentment_total=pricing.total.converted_from_value)
    if status == "cancelled":
        last = max((refund.refunded_at for refund in refunds if refund.refunded_at), default=row.modified_at)
        row.cancelled_at = iso(order.cancel_status.cancelled_date) or last
    yield row
    yield from lines
    yield from refunds


def order_status(order: wire.Order) -> OrderStatus:
    """Three enums become one status; a word of any of them that is new makes it unknown. There is no word for
    an order that has arrived."""
    payment, goods, cancel = _states(order)
    if payment not in PAYMENTS or goods not in FULFILMENTS or cancel not in CANCELS:
        return "unknown"
    if cancel in CANCELLED or (payment == "FULLY_REFUNDED" and goods == "NOT_STARTED"):
        return "cancelled"
    if goods != "NOT_STARTED":
        return "shipped"
    return "open" if payment in ("PENDING", "FAILED") else "paid"


def native_status(order: wire.Order) -> str:
    payment, goods, cancel = _states(order)
    return "/".join((payment, goods, *([] if cancel in ("", "NONE_REQUESTED") else [cancel])))


def _states(order: wire.Order) -> tuple[str, str, str]:
    return order.order_payment_status, order.order_fulfillment_status, order.cancel_status.cancel_state


def line_rows(order: wire.Order) -> list[OrderLine]:
    """The lines; a discount or later adjustment that only the order names is shared out by value."""
    rows = [
        OrderLine(
            order_id=order.order_id, line_id=line.line_item_id, product_id=text(line.legacy_item_id),
            sku_id=line.sku or text(line.legacy_variation_id) or text(line.legacy_item_id),
            quantity=line.quantity, list_amount=line.line_item_cost.value,
            seller_discount=line.line_item_cost.value - (line.discounted_line_item_cost or line.line_item_cost).value,
            is_gift=not line.line_item_cost.value)
        for line in order.line_items]
    pricing = order.pricing_summary
    known_of = sum((row.seller_discount for row in rows), ZERO)
    rest = -pricing.price_discount.value - pricing.adjustment.value - known_of
    if rest and rows:
        weights = [row.list_amount - row.seller_discount for row in rows]
        for row, part in zip(rows, share(rest, weights, pricing.total.currency), strict=True):
            row.seller_discount += part
    return rows


def region(order: wire.Order) -> str | None:
    for start in order.fulfillment_start_instructions:
        contact = start.shipping_step.ship_to if start.shipping_step else None
        place = start.final_destination_address or (contact.contact_address if contact else None)
        if place:
            return (place.state_or_province if place.country_code in STATES else None) or place.country_code
    return None


def about_calls(settings: Any) -> list[Call]:
    """An order tests the consent and names the seller; Identity does so for a shop without orders, where the
    consent covers it."""
    return [Call(ORDER_PATH, {"limit": 1}), Call(USER_PATH, optional=True)]


def shop_row(replies: Sequence[Reply | None], settings: Any) -> Identity:
    sample = orders(replies[0], Call(ORDER_PATH)).items if replies[0] else []
    user = wire.USER.decode(replies[1].body) if replies[1] and replies[1].body else wire.User()
    seller = settings.seller_id or (sample[0].seller_id if sample else "") or user.username
    if not seller:
        raise Denied("(the answer names no seller)", hint_en=NO_SELLER[0], hint_zh=NO_SELLER[1])
    country = (user.registration_marketplace_id or settings.marketplace_id).removeprefix("EBAY_")
    zone, currency = home("US" if country.startswith("MOTORS") else country, home("US"))
    return Identity(seller, Shop(name=seller, tz=settings.timezone or zone, currency=currency, cod_anchor="created"))


ORDERS = Stream(
    name="orders", source="order", tables=(Order, OrderLine, Refund), replaces=("order_lines", "refunds"),
    changes=ByWindow(changed_orders, span=30 * DAY, size=200, first=0, reach=REACH,
                     within=lambda order: iso(order.last_modified_date)),
    read=orders, rows=order_rows, key=lambda order: order.order_id,
    changed=lambda order: iso(order.last_modified_date))

STREAMS = (ORDERS, PRODUCTS, FEES, SETTLEMENTS, TRAFFIC)
ABOUT = About(about_calls, shop_row)
