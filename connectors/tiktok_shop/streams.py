"""What is read from a TikTok Shop, and how orders and products become contract records.

Orders, returns and cancellations are followed by their time of change, in windows that one page holds: the page
token is opaque and the total an estimate, so nothing else is sure to lose no row while the list moves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.engine.errors import Rejected
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
    Finding,
    Identity,
    Reply,
    Stream,
)
from connectors.engine.values import ZERO, from_seconds
from connectors.tiktok_shop import wire
from connectors.tiktok_shop.figures import TRAFFIC
from connectors.tiktok_shop.finance import SETTLEMENTS
from connectors.tiktok_shop.pages import changed, listed, search
from connectors.tiktok_shop.returns import CANCELLATIONS, RETURNS
from queries.records import Order, OrderLine, OrderStatus, Product, Shop

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
PRODUCT_STATUS = {"ACTIVATE": "on_sale", "SELLER_DEACTIVATED": "off_shelf", "PLATFORM_DEACTIVATED": "off_shelf",
                  "FREEZE": "off_shelf", "DELETED": "deleted"}
STATES = ("State", "Province", "Region")


def order_rows(order: wire.Order, context: Context) -> Iterator[Order | OrderLine | Finding]:
    """An order and its units. Order-level discounts are spread over the lines already."""
    lines, payment = [line_row(order.id, line) for line in order.line_items or []], order.payment or wire.Payment()
    status, changed = ORDER_STATUS.get(order.status, "unknown"), from_seconds(order.update_time)
    shipping, tax = payment.shipping_fee or ZERO, payment.tax or ZERO
    row = Order(
        order_id=order.id, status=status, native_status=order.status,
        order_type="sample" if order.is_sample_order else
                   "exchange" if order.is_replacement_order or order.is_exchange_order else "normal",
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


def products_page(ask: Ask, context: Context) -> Call:
    return Call("/product/202502/products/search", verb="POST", body={},
                params={"page_size": ask.size, "page_token": ask.cursor})


def product_rows(product: wire.Product, context: Context) -> Iterator[Product]:
    """One row per SKU. The list names neither category nor brand."""
    for sku in [sku.id for sku in product.skus or []] or [product.id]:
        yield Product(product_id=product.id, sku_id=sku, title=product.title,
                      listed_at=from_seconds(product.create_time),
                      status=PRODUCT_STATUS.get(product.status or "", product.status))


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


ORDERS = Stream(
    name="orders", source="order", tables=(Order, OrderLine), replaces=("order_lines",),
    changes=ByWindow(search("/order/202309/orders/search"), span=14 * DAY, size=100, within=changed),
    read=listed("orders"), rows=order_rows, key=lambda order: order.id, changed=changed)

PRODUCTS = Stream(
    name="products", source="product", tables=(Product,), read=listed("products"), rows=product_rows,
    changes=ByCursor(products_page, size=100, whole=True, lasting=False), key=lambda item: item.id, every=20 * HOUR)

STREAMS = (ORDERS, RETURNS, CANCELLATIONS, PRODUCTS, SETTLEMENTS, TRAFFIC)
ABOUT = About(lambda _settings: [Call("/authorization/202309/shops")], shop_row)
