"""What is read from a Lazada shop, and how it becomes contract records.

Orders come by their time of change with offsets and a true total, so each frozen window is read from its last page
to its first; their items come by fifty orders a call. The truth about a status is on the item, not on the order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil
from typing import Any

from connectors.engine.errors import Rejected
from connectors.engine.places import home
from connectors.engine.stream import (
    DAY,
    HOUR,
    About,
    Ask,
    ById,
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
from connectors.engine.values import ZERO, from_millis, from_seconds, text, to_millis
from connectors.engine.vocabulary import reason_code
from connectors.lazada import wire
from connectors.lazada.wire import instant
from queries.records import (
    InventoryDaily,
    Order,
    OrderLine,
    OrderStatus,
    Product,
    Refund,
    RefundStatus,
    RefundType,
    Shop,
)

ITEM_STATUS: dict[str, OrderStatus] = {
    "unpaid": "open",
    "pending": "paid",
    "packed": "paid",
    "topack": "paid",
    "toship": "paid",
    "ready_to_ship": "paid",
    "ready_to_ship_pending": "paid",
    "shipped": "shipped",
    "shipping": "shipped",
    "delivered": "delivered",
    "returned": "delivered",
    "failed": "cancelled",
    "canceled": "cancelled",
    **dict.fromkeys(("failed_delivery", "shipped_back", "shipped_back_success", "shipped_back_failed", "lost",
                     "lost_by_3pl", "damaged_by_3pl", "package_scrapped"), "cancelled"),
}
"""`returned` was a delivery: the reverse order says what went back. What failed, was sent back to the seller, lost,
damaged or scrapped never reached the buyer."""
REVERSE_STATUS: dict[str, RefundStatus] = {
    "REQUEST_INITIATE": "requested",
    "CANCEL_INIT": "requested",
    "RTM_INIT": "approved",
    "CANCEL_SUCCESS": "approved",
    "REFUND_SUCCESS": "success",
    "CANCEL_REFUND_ISSUED": "success",
    "REQUEST_REJECT": "rejected",
    "REQUEST_CANCEL": "closed",
    "RTM_CANCELED": "closed",
}
REVERSE_TYPE: dict[str, RefundType] = {
    "CANCEL": "cancel_before_ship", "RETURN": "return_refund", "ONLY_REFUND": "refund_only"}
PRODUCT_STATUS = {"active": "on_sale", "inactive": "off_shelf", "suspended": "off_shelf", "deleted": "deleted"}
UNPAID = re.compile(r"unpaid|not pa(?:y|id)|no payment|payment (?:time|expire|overdue|fail|not|pending|cancel)|"
                    r"(?:pending|awaiting|without) payment")
"""Words in an item's reason that say that the money never came; a wish to change the method of payment says nothing."""
NAMES = {"singapore": "SG", "malaysia": "MY", "vietnam": "VN", "viet nam": "VN", "việt nam": "VN", "thailand": "TH",
         "philippines": "PH", "indonesia": "ID", "sg": "SG", "my": "MY", "vn": "VN", "th": "TH", "ph": "PH", "id": "ID"}
"""Countries as addresses name them."""
SECOND = timedelta(seconds=1)


def bounds(window: Window | None, zone: Any) -> tuple[str, str]:
    """A window in ISO 8601 with the shop's offset, a second wider on both sides: which ends belong to it is not
    written anywhere."""
    assert window is not None
    start, end = window.start.replace(microsecond=0) - SECOND, window.end
    end = end.replace(microsecond=0) + SECOND * ceil(end.microsecond / 1_000_000)
    return start.astimezone(zone).isoformat(), end.astimezone(zone).isoformat()


def changed_orders(ask: Ask, context: Context) -> Call:
    after, before = bounds(ask.window, context.zone)
    return Call("/orders/get", {
        "update_after": after, "update_before": before, "sort_by": "updated_at", "sort_direction": "ASC",
        "limit": ask.size, "offset": ask.page * ask.size})


def orders(reply: Reply, call: Call) -> Page:
    found = wire.ORDERS.decode(reply.body).data or wire.Orders()
    return Page(found.orders or [], found.countTotal)


def item_calls(items: Sequence[wire.Order], context: Context) -> list[Call]:
    ids = ",".join(text(order.order_id) for order in items)
    return [Call("/orders/items/get", {"order_ids": f"[{ids}]"})]


def with_items(items: Sequence[wire.Order], replies: Sequence[Reply]) -> Iterator[wire.Order]:
    found = {text(group.order_id): group.order_items or []
             for reply in replies for group in wire.ITEMS.decode(reply.body).data or []}
    for order in items:
        order.order_items = found.get(text(order.order_id), [])
        yield order


def order_rows(order: wire.Order, context: Context) -> Iterator[Order | OrderLine | Finding]:
    """An order and its units. There is no payment time: once past unpaid, the creation stands for it."""
    order_id, items = text(order.order_id), order.order_items
    lines = [line_row(order_id, item) for item in items]
    words = [item.status for item in items] or order.statuses or []
    status, changed = order_status(words), instant(order.updated_at)
    cod = (order.payment_method or "").upper() in ("COD", "CASH_ON_DELIVERY")
    arrived = max((at for item in items if (at := instant(item.updated_at))), default=None) or changed
    created = known(instant(order.created_at))
    yield Order(
        order_id=order_id, status=status, native_status=",".join(dict.fromkeys(words)),
        payment_type="cod" if cod else "prepaid", created_at=created, modified_at=changed,
        paid_at=None if cod or status == "open" or never_paid(status, items) else created,
        delivered_at=arrived if status == "delivered" else None,
        cancelled_at=changed if status == "cancelled" else None,
        currency=next((item.currency for item in items if item.currency), context.currency),
        list_amount=sum((line.list_amount for line in lines), ZERO),
        seller_discount=sum((line.seller_discount for line in lines), ZERO),
        platform_discount=sum((line.platform_discount for line in lines), ZERO),
        shipping_amount=order.shipping_fee or ZERO, tax_amount=sum((item.tax_amount or ZERO for item in items), ZERO),
        region=(order.address_shipping.country or None) if order.address_shipping else None,
        buyer=next((text(item.buyer_id) for item in items if item.buyer_id), None))
    yield from lines
    if not lines:
        yield Finding("order_without_lines", "an order came without its items")


def order_status(words: Sequence[str]) -> OrderStatus:
    """One status from those of the items. Cancelled items count only where there are no others; of items that are
    not equally far, some have left."""
    known_words = [ITEM_STATUS.get(word, "unknown") for word in words]
    if "unknown" in known_words or not known_words:
        return "unknown"
    alive = {word for word in known_words if word != "cancelled"}
    if not alive:
        return "cancelled"
    if len(alive) == 1:
        return alive.pop()
    return "open" if "open" in alive else "shipped"


def never_paid(status: OrderStatus, items: Sequence[wire.Item]) -> bool:
    """Cancelled for want of payment. Lazada keeps no trace of a payment: only the reason tells the two apart."""
    reasons = " ".join(item.reason or "" for item in items).lower()
    return status == "cancelled" and UNPAID.search(reasons) is not None


def line_row(order_id: str, item: wire.Item) -> OrderLine:
    """One unit. Product and SKU may be named, or hide in the shop's SKU: `<product>_SG-<sku>`."""
    seller, platform = item.voucher_seller or ZERO, item.voucher_platform or ZERO
    price = item.item_price
    if price is None:
        price = (item.paid_price or ZERO) + seller + platform
    product, sku = ids(item.shop_sku, item.product_id, item.sku_id, item.sku)
    return OrderLine(order_id=order_id, line_id=text(item.order_item_id), product_id=product, sku_id=sku, quantity=1,
                     list_amount=price, seller_discount=seller, platform_discount=platform, is_gift=price == 0)


def ids(shop_sku: str | None, product: Any, sku: Any, own: str) -> tuple[str, str]:
    """Product and SKU as the product list names them too.

    >>> ids("2345670613_SG-11203400100", None, None, "RUG-1")
    ('2345670613', '11203400100')
    """
    first, _, rest = (shop_sku or "").partition("_")
    return text(product) or first, text(sku) or rest.rpartition("-")[2] or own


def known(moment: datetime | None) -> datetime:
    if moment is None:
        raise Rejected("(an order without its time of creation)")
    return moment


def changed_reverses(ask: Ask, context: Context) -> Call:
    """Changes are whole seconds: a millisecond earlier on both sides, a window holds its first second and not its end,
    whichever end belongs to it. What changes at the end must not enter a list whose order is not written."""
    assert ask.window is not None
    start, end = ask.window.start.replace(microsecond=0), ceil(ask.window.end.timestamp()) * 1000
    return Call("/reverse/getreverseordersforseller", {
        "page_no": ask.page, "page_size": ask.size, "ReverseOrderLineModifiedTimeRangeStart": to_millis(start) - 1,
        "ReverseOrderLineModifiedTimeRangeEnd": end - 1})


def reverses(reply: Reply, call: Call) -> Page:
    found = wire.reverses(reply.body)
    return Page(found.items or [], found.total)


def reverse_changed(item: wire.Reverse) -> datetime | None:
    times = [line.return_order_line_gmt_modified for line in item.reverse_order_lines or []]
    return from_seconds(max((moment for moment in times if moment), default=None))


def reverse_rows(item: wire.Reverse, context: Context) -> Iterator[Refund | Finding]:
    """One row a unit; the change to its last status stands for the time of payout."""
    kind = REVERSE_TYPE.get(item.request_type)
    if kind is None:
        yield Finding("unknown_refund_type", f"request_type {item.request_type}")
    back = kind in ("cancel_before_ship", "return_refund")
    for line in item.reverse_order_lines or []:
        status = REVERSE_STATUS.get(line.reverse_status, "unknown")
        changed = from_seconds(line.return_order_line_gmt_modified)
        yield Refund(
            refund_id=text(item.reverse_order_id), order_id=text(item.trade_order_id),
            line_id=text(line.trade_order_line_id) or text(line.reverse_order_line_id) or None,
            refund_type=kind or "refund_only", status=status, native_status=line.reverse_status,
            requested_at=from_seconds(line.return_order_line_gmt_create), modified_at=changed,
            refunded_at=changed if status == "success" else None, quantity=1 if back else 0,
            goods_amount=Decimal(line.refund_amount or 0).scaleb(-2), restocked=back and status == "success",
            reason_code=reason_code(line.reason_text))


def all_products(ask: Ask, context: Context) -> Call:
    return Call("/products/get", {"filter": "all", "limit": ask.size, "offset": ask.page * ask.size})


def products(reply: Reply, call: Call) -> Page:
    found = wire.PRODUCTS.decode(reply.body).data or wire.Products()
    return Page(found.products or [], found.total_products)


def product_rows(product: wire.Product, context: Context) -> Iterator[Product | InventoryDaily]:
    """One row per SKU, and what of it lies in stock today. Categories are numbers only; `No Brand` is what Lazada
    writes for none."""
    about, today = product.attributes or wire.Attributes(), context.now.astimezone(context.zone).date()
    brand = about.brand if about.brand and about.brand.lower() != "no brand" else None
    for sku in product.skus or [wire.Sku()]:
        status = (sku.Status or product.status or "").lower()
        _, sku_id = ids(sku.ShopSku, product.item_id, sku.SkuId, sku.SellerSku or text(product.item_id))
        yield Product(product_id=text(product.item_id), sku_id=sku_id, title=about.name, brand=brand,
                      listed_at=from_millis(product.created_time) if product.created_time else None,
                      status=PRODUCT_STATUS.get(status, status or None))
        if sku.Available is not None:
            yield InventoryDaily(sku_id=sku_id, date=today, on_hand=sku.Available)


def about_calls(settings: Any) -> list[Call]:
    """The seller behind the token; where the host does not tell the country, an order does."""
    order = Call("/orders/get", optional=True, params={
        "update_after": "2012-01-01T00:00:00+00:00", "sort_by": "updated_at", "sort_direction": "ASC", "limit": 1,
        "offset": 0})
    return [Call("/seller/get")] if settings.home else [Call("/seller/get"), order]


def shop_row(replies: Sequence[Reply | None], settings: Any) -> Identity:
    """The country of the seller gives day and money. COD is paid at the door."""
    seller = (wire.SELLER.decode(replies[0].body).data if replies[0] else None) or wire.Seller()
    shop_id = text(seller.short_code) or text(seller.seller_id)
    if not shop_id:
        raise Rejected("(the answer names no seller)")
    country = settings.home or next((delivered_to(reply) for reply in replies[1:] if reply), "")
    zone, currency = home(country or "SG")
    findings = [] if country else [Finding("unknown_country", "neither the host nor an order says where the shop is")]
    about = Shop(name=seller.name or shop_id, tz=zone, currency=currency, cod_anchor="delivered")
    return Identity(shop_id, about, findings)


def delivered_to(reply: Reply) -> str:
    """The country of the first order that names one: shops sell where they are."""
    found = (wire.ORDERS.decode(reply.body).data or wire.Orders()).orders or []
    names = [(order.address_shipping.country or "").lower() for order in found if order.address_shipping]
    return next((NAMES[name] for name in names if name in NAMES), "")


def order_changed(order: wire.Order) -> datetime | None:
    return instant(order.updated_at)


ORDERS = Stream(
    name="orders", source="order", tables=(Order, OrderLine), replaces=("order_lines",),
    changes=ByWindow(changed_orders, span=14 * DAY, size=100, first=0, depth=4_000, within=order_changed),
    read=orders, rows=order_rows, key=lambda order: text(order.order_id), changed=order_changed,
    detail=Detail(item_calls, with_items, batch=50, described=True))

REFUNDS = Stream(
    name="refunds", source="reverse", tables=(Refund,),
    changes=ByWindow(changed_reverses, span=30 * DAY, size=50),
    read=reverses, rows=reverse_rows, key=lambda item: text(item.reverse_order_id), changed=reverse_changed)

PRODUCTS = Stream(
    name="products", source="product", tables=(Product, InventoryDaily), changes=ById(all_products, size=50, first=0),
    read=products, rows=product_rows, key=lambda item: text(item.item_id), every=20 * HOUR)

ABOUT = About(about_calls, shop_row)
