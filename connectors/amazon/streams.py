"""What is read from Amazon, and how it becomes contract records.

History comes from flat-file reports of thirty days, changes from searchOrders (one call in three minutes: too slow
for more), refunds and fees from the finances. Nothing is asked for that names a buyer: orders have none here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.amazon import finances, flat_file, wire
from connectors.amazon.ads import ADS
from connectors.amazon.figures import STOCK, TRAFFIC
from connectors.amazon.lines import instant, line_id
from connectors.amazon.listings import PRODUCTS
from connectors.amazon.reports import create, created, listed, report_stands, report_status
from connectors.amazon.settlements import SETTLEMENTS
from connectors.engine.errors import Broken, Rejected
from connectors.engine.places import home
from connectors.engine.stream import (
    DAY,
    MINUTE,
    About,
    Ask,
    ByCursor,
    ByReport,
    Call,
    Context,
    Detail,
    Finding,
    Identity,
    Page,
    Reply,
    Stream,
)
from connectors.engine.values import ZERO, iso
from queries.records import Fee, Order, OrderLine, OrderStatus, Refund, Shop

ORDERS_REPORT = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
LAG = timedelta(minutes=2, seconds=30)
"""Amazon refuses windows that end less than two minutes ago."""
INCLUDED = "PROCEEDS,FULFILLMENT,PACKAGES"
"""Never BUYER or RECIPIENT."""
API_ORDERS = "/orders/2026-01-01/orders"

STATUS: dict[str, OrderStatus] = {
    "PENDING_AVAILABILITY": "open", "PENDINGAVAILABILITY": "open", "PENDING": "open", "INVOICEUNCONFIRMED": "open",
    "UNSHIPPED": "paid", "SHIPPING": "paid", "PARTIALLY_SHIPPED": "shipped", "PARTIALLYSHIPPED": "shipped",
    "SHIPPED": "shipped", "COMPLETE": "completed", "CANCELLED": "cancelled", "CANCELED": "cancelled",
    "UNFULFILLABLE": "cancelled", "SHIPPED - DELIVERED TO BUYER": "delivered", "SHIPPED - PICKED UP": "delivered",
}  # fmt: skip
"""Three vocabularies: the orders interface, its older version, and the reports (`Shipped - Out for Delivery`)."""
PACIFIC = "America/Los_Angeles"
"""Amazon's day in Canada too."""
ELSEWHERE = "NON_AMAZON"
"""The channel of what was sold somewhere else and only sent by Amazon: it counts where it was sold."""
ON_SHIPPING = ("SHIPPING", "GIFT_WRAP", "COD_FEE")
"""What the buyer is charged beside the goods."""
REPLACEMENTS = ("REPLACEMENT_ORIGINAL_ID", "EXCHANGE_ORIGINAL_ID")


# --- reports ------------------------------------------------------------------------------------------------


def order_report(ask: Ask, context: Context) -> Call:
    assert ask.window is not None
    return create(ORDERS_REPORT, context, dataStartTime=instant(ask.window.start),
                  dataEndTime=instant(ask.window.end))  # fmt: skip


def reports_before(ask: Ask, context: Context) -> Call:
    return listed(ORDERS_REPORT, "DONE,IN_QUEUE,IN_PROGRESS", context)


def same_period(reply: Reply, ask: Ask) -> str:
    assert ask.window is not None
    period = (ask.window.start, ask.window.end)
    return next((found.report_id for found in wire.REPORTS.decode(reply.body).reports
                 if found.report_type == ORDERS_REPORT
                 and (iso(found.data_start_time), iso(found.data_end_time)) == period), "")  # fmt: skip


# --- orders -------------------------------------------------------------------------------------------------


def changed_orders(ask: Ask, context: Context) -> Call:
    """A token goes with the very filters that gave it."""
    assert ask.window is not None
    params = {"marketplaceIds": context.settings.marketplace_ids, "lastUpdatedAfter": instant(ask.window.start),
              "lastUpdatedBefore": instant(ask.window.end), "includedData": INCLUDED, "maxResultsPerPage": ask.size}
    if ask.cursor:
        params["paginationToken"] = ask.cursor
    return Call(API_ORDERS, params=params, limit="searchOrders")  # fmt: skip


def orders(reply: Reply, call: Call) -> Page:
    found = wire.ORDERS.decode(reply.body)
    return Page(found.orders, next=(found.pagination and found.pagination.next_token) or None)


def costs_nothing(order: wire.Order) -> bool:
    """A report does not mark replacements: they show as orders for nothing, and the order itself must tell."""
    goods = [amount(item, "ITEM") for item in order.order_items if item.proceeds]
    return order.associated_orders is None and bool(goods) and not any(goods)


def one_order(items: Sequence[wire.Order], context: Context) -> list[Call]:
    params = {"includedData": INCLUDED}
    return [Call(f"{API_ORDERS}/{order.order_id}", params=params, limit="getOrder") for order in items]


def told(items: Sequence[wire.Order], replies: Sequence[Reply]) -> Iterator[wire.Order]:
    """Only the relation is taken over: the rest stands in the report as it does in the order."""
    for order, reply in zip(items, replies, strict=True):
        order.associated_orders = wire.ONE_ORDER.decode(reply.body).order.associated_orders or []
        yield order


def order_rows(order: wire.Order, context: Context) -> Iterator[Order | OrderLine | Finding]:
    """There is no time of payment: that of the purchase stands for it once the order is past pending. A buyer is
    charged when the parcel leaves, so an order cancelled before that never was a sale."""
    native, status = order.fulfillment.fulfillment_status if order.fulfillment else "", order_status(order)
    replaced = any(one.association_type in REPLACEMENTS for one in order.associated_orders or ())
    lines, created_at = list(line_rows(order, status)), _known(order.created_time)
    currency = currency_of(order) or context.currency
    discount = sum((line.seller_discount for line in lines), ZERO)
    sent = [at for parcel in order.packages or () if (at := iso(parcel.ship_time))]
    yield Order(
        order_id=order.order_id, status=status, native_status=native, currency=currency, created_at=created_at,
        order_type="exchange" if replaced else "normal", modified_at=_known(order.last_updated_time),
        paid_at=created_at if status in ("paid", "shipped", "delivered", "completed") else None,
        shipped_at=min(sent, default=None) if status != "cancelled" else None,
        cancelled_at=_known(order.last_updated_time) if status == "cancelled" else None,
        list_amount=sum((line.list_amount for line in lines), ZERO), seller_discount=discount,
        shipping_amount=sum((shipping(item) for item in order.order_items), ZERO),
        tax_amount=sum((amount(item, "TAX") for item in order.order_items), ZERO),
        tax_included=currency not in finances.WITHOUT_TAX,
        discount_split="unknown" if discount else "known",
        excluded_reason="duplicate" if order.sales_channel.channel_name.startswith(ELSEWHERE) else None)  # fmt: skip
    yield from lines


def order_status(order: wire.Order) -> OrderStatus:
    """`Shipped - Lost in Transit` and the like are what they begin with."""
    word = (order.fulfillment.fulfillment_status if order.fulfillment else "").upper()
    status = STATUS.get(word) or STATUS.get(word.partition(" - ")[0], "unknown")
    parcels = [parcel.package_status.status for parcel in order.packages or () if parcel.package_status]
    arrived = status == "shipped" and word == "SHIPPED" and parcels and set(parcels) <= {"DELIVERED", "CANCELLED"}
    return "delivered" if arrived and "DELIVERED" in parcels else status


def line_rows(order: wire.Order, status: OrderStatus) -> Iterator[OrderLine]:
    """Reports know no item number, so a line is named by SKU, ASIN and its place among its like: in both sources."""
    seen: Counter[tuple[str, str]] = Counter()
    for item in order.order_items:
        product = item.product
        seen[product.seller_sku, product.asin] += 1
        listed = amount(item, "ITEM")
        yield OrderLine(
            order_id=order.order_id, line_id=line_id(product.seller_sku, product.asin, seen), product_id=product.asin,
            sku_id=product.seller_sku, quantity=item.quantity_ordered, list_amount=listed,
            seller_discount=amount(item, "DISCOUNT") - discount_on_shipping(item),
            is_gift=bool(item.proceeds) and not listed and status != "cancelled")  # fmt: skip


def amount(item: wire.Item, kind: str) -> Decimal:
    """Of the whole line; discounts are positive here, whatever sign they come with."""
    found = [one.subtotal.amount for one in proceeds(item) if one.type == kind]
    price = item.product.price and item.product.price.unit_price
    if kind == "ITEM" and not found and price:
        return price.amount * item.quantity_ordered
    return sum(map(abs, found), ZERO)


def proceeds(item: wire.Item) -> Sequence[wire.Proceed]:
    return item.proceeds.breakdowns if item.proceeds else ()


def discount_on_shipping(item: wire.Item) -> Decimal:
    """Of the wrapping and cash on delivery too."""
    found = [part for one in proceeds(item) if one.type == "DISCOUNT"
             for part in one.detailed_breakdowns if part.subtype in ON_SHIPPING]  # fmt: skip
    return sum((abs(part.value.amount) for part in found if part.value), ZERO)


def shipping(item: wire.Item) -> Decimal:
    """What the buyer was charged beside the goods: postage after its discount, wrapping, cash on delivery."""
    return sum((amount(item, kind) for kind in ON_SHIPPING), -discount_on_shipping(item))


def currency_of(order: wire.Order) -> str:
    """Pending orders may have no price, and so no currency."""
    total = order.proceeds.grand_total.currency_code if order.proceeds and order.proceeds.grand_total else ""
    prices = [found.subtotal for item in order.order_items for found in proceeds(item)]
    units = [item.product.price.unit_price for item in order.order_items if item.product.price]
    return total or next((price.currency_code for price in [*prices, *units] if price and price.currency_code), "")


def _known(value: str) -> datetime:
    moment = iso(value)
    if moment is None:
        raise Rejected("(an order without its times)")
    return moment


# --- the shop -----------------------------------------------------------------------------------------------


def shop(replies: Sequence[Reply | None], settings: Any) -> Identity:
    """The seller has no id in this answer: the merchant token of the settings names the shop, else the marketplace."""
    if replies[0] is None:
        raise Broken("(no answer about the marketplaces)")
    known = {one.marketplace.id: one for one in wire.PARTICIPATIONS.decode(replies[0].body).payload}
    first = known.get(settings.marketplaces[0])
    if first is None:
        raise Rejected(f"(the seller does not sell in marketplace {settings.marketplaces[0]})")
    place = first.marketplace
    zone = PACIFIC if place.country_code == "CA" else home(place.country_code)[0]
    row = Shop(name=first.store_name or f"Amazon {place.country_code}", currency=place.default_currency_code,
               tz=zone, cod_anchor="delivered")  # fmt: skip
    return Identity(settings.seller_id or place.id, row)


ORDERS = Stream(
    name="orders", source="order", tables=(Order, OrderLine), replaces=("order_lines",), lag=LAG,
    backfill=ByReport(
        order_report, created, report_status, report_stands, flat_file.first_column, flat_file.orders,
        every=timedelta(seconds=20), span=30 * DAY, headed=True, earlier=reports_before, same=same_period),
    changes=ByCursor(changed_orders, size=100), read=orders, rows=order_rows, key=lambda order: order.order_id,
    lookback=10 * MINUTE, far=DAY, detail=Detail(one_order, told, needs=costs_nothing, optional=True))  # fmt: skip
"""More than a day is read from a report: a page of orders may take three minutes. `getOrder` knows no order of more
than two years ago: such a one stays as the report tells it."""

FINANCES = Stream(
    name="finances", source="transaction", tables=(Refund, Fee), lag=LAG, lookback=3 * DAY,
    changes=ByCursor(finances.posted, size=100, span=179 * DAY), read=finances.transactions, rows=finances.rows,
    key=lambda done: done.transaction_id)  # fmt: skip
"""Read three days back each time: the latest two may still lack transactions."""

STREAMS = (ORDERS, FINANCES, SETTLEMENTS, PRODUCTS, TRAFFIC, STOCK, *ADS)
ABOUT = About(lambda _settings: [Call("/sellers/v1/marketplaceParticipations", limit="getMarketplaceParticipations")],
              shop)  # fmt: skip
