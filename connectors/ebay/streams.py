"""What is read of orders and items, and how it becomes contract records. Money that moves is in `finances.py`.

Orders are followed by their time of change, also in the first load: an order placed since then has changed since
then. A window's end is the last millisecond before it, as eBay takes both ends in, and never in the future.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

from connectors.ebay import wire
from connectors.engine.errors import Denied, Rejected
from connectors.engine.places import home
from connectors.engine.stream import (
    DAY,
    HOUR,
    About,
    Ask,
    ByCursor,
    ByWindow,
    Call,
    Context,
    Detail,
    Identity,
    Page,
    Reply,
    Stream,
)
from connectors.engine.values import ZERO, iso, share, text
from queries.records import Order, OrderLine, OrderStatus, Product, Refund, RefundStatus, Shop

ORDER_PATH, USER_PATH = "/sell/fulfillment/v1/order", "/commerce/identity/v1/user/"
ITEM_PATH, OFFER_PATH = "/sell/inventory/v1/inventory_item", "/sell/inventory/v1/offer"
REACH = 729 * DAY
"""eBay answers for two years, not for the day on which they end."""
MILLISECOND = timedelta(milliseconds=1)
NET_PRICES = frozenset({"EBAY_US", "EBAY_MOTORS_US", "EBAY_CA", "EBAY_MOTORS", ""})
"""Marketplaces where prices are without tax. Elsewhere VAT is inside them, and eBay does not say how much."""
STATES = frozenset({"US", "CA", "AU"})
"""Countries whose parcels name a state by its code; elsewhere that field is whatever the buyer typed."""

PAYMENTS = frozenset({"PENDING", "FAILED", "PAID", "PARTIALLY_REFUNDED", "FULLY_REFUNDED"})
FULFILMENTS = frozenset({"NOT_STARTED", "IN_PROGRESS", "FULFILLED"})
CANCELLED = ("CANCELED", "CANCELLED")
CANCELS = frozenset({"", "NONE_REQUESTED", "IN_PROGRESS", *CANCELLED})
REFUND_STATUS: dict[str, RefundStatus] = {"REFUNDED": "success", "PENDING": "approved", "FAILED": "rejected"}
ITEM_STATUS = {"ACTIVE": "on_sale", "OUT_OF_STOCK": "on_sale", "PUBLISHED": "on_sale"}
NO_SELLER = ("This shop has no order yet: name it with --set seller_id=...",
             "该店铺还没有订单：请用 --set seller_id=... 指定卖家。")


# --- orders -------------------------------------------------------------------------------------------------


def stamp(instant: datetime) -> str:
    """2026-06-18T12:00:00.000Z"""
    return f"{instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def span(ask: Ask, context: Context) -> str:
    """The window as a filter spells it, both ends included."""
    assert ask.window is not None
    end = max(ask.window.start, min(ask.window.end - MILLISECOND, context.now))
    return f"[{stamp(ask.window.start)}..{stamp(end)}]"


def changed_orders(ask: Ask, context: Context) -> Call:
    """No `fieldGroups`: with TAX_BREAKDOWN every total would hold the taxes that eBay collects for itself."""
    return Call(ORDER_PATH, {"filter": f"lastmodifieddate:{span(ask, context)}", "limit": ask.size,
                             "offset": ask.page * ask.size})


def orders(reply: Reply, call: Call) -> Page:
    found = wire.ORDERS.decode(reply.body) if reply.body else wire.Orders()
    return Page(found.orders, found.total)


def order_rows(order: wire.Order, context: Context) -> Iterator[Order | OrderLine | Refund]:
    pricing, status = order.pricing_summary, order_status(order)
    paid = [iso(payment.payment_date) for payment in order.payment_summary.payments]
    created = known(order.creation_date)
    settled = status not in ("open", "unknown", "cancelled")
    lines = line_rows(order)
    refunds = list(refund_rows(order, lines))
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


def refund_rows(order: wire.Order, lines: Sequence[OrderLine]) -> Iterator[Refund]:
    """One row a refunded line, and one for what no line explains. The order and its lines name the same refund:
    never both are counted. Whether goods came back is not told."""
    whole: dict[str, wire.Refund] = {}
    for number, refund in enumerate(order.payment_summary.refunds):
        whole[_refund_id(refund, f"{order.order_id}:{number}")] = refund
    left = {name: refund.amount.value for name, refund in whole.items()}
    explained: set[str] = set()
    for line, item in zip(lines, order.line_items, strict=True):
        for number, part in enumerate(item.refunds):
            name = _refund_id(part, _at_that_moment(part, whole, left) or f"{item.line_item_id}:{number}")
            left[name] = left.get(name, part.amount.value) - part.amount.value
            explained.add(name)
            goods = min(part.amount.value, line.list_amount - line.seller_discount)
            yield _refund(order, name, whole.get(name), part, line, goods, part.amount.value - goods)
    shipping = order.pricing_summary.delivery_cost.value + order.pricing_summary.delivery_discount.value
    sold = sum((line.list_amount - line.seller_discount for line in lines), ZERO)
    for name, refund in whole.items():
        if left[name]:
            beyond = left[name] - (ZERO if name in explained else sold)
            postage = min(max(beyond, ZERO), shipping)
            yield _refund(order, name, refund, None, None, left[name] - postage, postage)


def _refund(order: wire.Order, name: str, whole: wire.Refund | None, part: wire.LineRefund | None,
            line: OrderLine | None, goods: Decimal, postage: Decimal) -> Refund:
    when = iso((part.refund_date if part else None) or (whole.refund_date if whole else None))
    word = (whole.refund_status if whole else None) or ("REFUNDED" if when else "PENDING")
    status = REFUND_STATUS.get(word, "unknown")
    before = order_status(order) == "cancelled" and order.order_fulfillment_status == "NOT_STARTED"
    return Refund(
        refund_id=name, order_id=order.order_id, line_id=line.line_id if line else None,
        refund_type="cancel_before_ship" if before else "refund_only", status=status, native_status=word,
        requested_at=when, refunded_at=when if status == "success" else None,
        modified_at=iso(order.last_modified_date), quantity=line.quantity if before and line else 0,
        goods_amount=goods, shipping_amount=postage, restocked=before and status == "success")


def _refund_id(refund: wire.Refund | wire.LineRefund, otherwise: str) -> str:
    return refund.refund_id or refund.refund_reference_id or otherwise


def _at_that_moment(part: wire.LineRefund, whole: dict[str, wire.Refund], left: dict[str, Decimal]) -> str:
    """The order's refund that a line's belongs to, where the line's has no number: else both would count."""
    return next((name for name, refund in whole.items() if part.refund_date and refund.refund_date == part.refund_date
                 and part.amount.value <= left[name]), "")


def region(order: wire.Order) -> str | None:
    for start in order.fulfillment_start_instructions:
        contact = start.shipping_step.ship_to if start.shipping_step else None
        place = start.final_destination_address or (contact.contact_address if contact else None)
        if place:
            return (place.state_or_province if place.country_code in STATES else None) or place.country_code
    return None


def known(moment: str) -> datetime:
    found = iso(moment)
    if found is None:
        raise Rejected("(an order without its times)")
    return found


# --- items --------------------------------------------------------------------------------------------------


class Sku:
    """An inventory item with its offers, which alone name the listing that order lines name."""

    def __init__(self, item: wire.Item, offers: Sequence[wire.Offer] = ()) -> None:
        self.item, self.offers = item, offers


def all_items(ask: Ask, context: Context) -> Call:
    """`offset` is a page number here, other than with orders: `next` is followed, whatever it counts."""
    return Call(ITEM_PATH, {"limit": ask.size, "offset": ask.cursor or "0"})


def items(reply: Reply, call: Call) -> Page:
    found = wire.ITEMS.decode(reply.body) if reply.body else wire.Items()
    further = parse_qs(urlsplit(found.next).query).get("offset") if found.next else None
    return Page([Sku(item) for item in found.inventory_items], next=further[0] if further else None)


def offer_calls(skus: Sequence[Sku], context: Context) -> list[Call]:
    return [Call(OFFER_PATH, {"sku": sku.item.sku}) for sku in skus]


def with_offers(skus: Sequence[Sku], replies: Sequence[Reply]) -> Iterator[Sku]:
    for sku, reply in zip(skus, replies, strict=True):
        yield Sku(sku.item, wire.OFFERS.decode(reply.body).offers if reply.body else ())


def item_rows(sku: Sku, context: Context) -> Iterator[Product]:
    """One row a listing; an item that is not offered anywhere is its own."""
    for offer in sku.offers or (wire.Offer(),):
        listing = offer.listing or wire.Listing()
        word = listing.listing_status or offer.status or ""
        yield Product(
            product_id=text(listing.listing_id) or sku.item.sku, sku_id=sku.item.sku, title=sku.item.product.title,
            category=text(offer.category_id) or None, brand=sku.item.product.brand or None,
            status=ITEM_STATUS.get(word, "off_shelf"))


# --- the shop -----------------------------------------------------------------------------------------------


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

PRODUCTS = Stream(
    name="products", source="item", tables=(Product,), changes=ByCursor(all_items, size=200, whole=True),
    read=items, rows=item_rows, key=lambda sku: sku.item.sku, every=20 * HOUR,
    detail=Detail(offer_calls, with_offers, optional=True))

STREAMS = (ORDERS, PRODUCTS)
ABOUT = About(about_calls, shop_row)
