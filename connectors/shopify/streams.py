"""What is read from a Shopify store.

The first load is one bulk operation, changes follow a cursor over `updated_at` ascending: a row that changes
while we read moves to the end and is read twice, never lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from connectors.engine.errors import Broken
from connectors.engine.stream import (
    HOUR,
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
from connectors.engine.values import enveloped, iso
from connectors.shopify import bulk, documents, inner, payments, wire
from connectors.shopify.client import missing_right
from connectors.shopify.documents import graphql, instant
from connectors.shopify.rows import order_rows, product_rows
from connectors.shopify.wire import number
from queries.records import Order, OrderLine, Product, Refund, Shop

NEEDED = ("read_orders", "read_products", "read_customers")
"""Without one of them the queries are refused: lines name their product, orders their customer."""
ALL_ORDERS = "read_all_orders"


def changed_orders(ask: Ask, context: Context) -> Call:
    assert ask.window is not None
    filters = f"updated_at:>='{instant(ask.window.start)}'"
    return graphql(documents.CHANGED_ORDERS, first=ask.size, after=ask.cursor, filter=filters)


def orders(reply: Reply, call: Call) -> Page:
    return inner.page(enveloped(wire.ORDERS.decode(reply.body).data))


def products_page(ask: Ask, context: Context) -> Call:
    return graphql(documents.PRODUCTS, first=ask.size, after=ask.cursor)


def products(reply: Reply, call: Call) -> Page:
    return inner.page(enveloped(wire.PRODUCTS.decode(reply.body).data))


def about_calls(settings: Any) -> Sequence[Call]:
    return [graphql(documents.SHOP), graphql(documents.SCOPES, optional=True)]


def shop_row(replies: Sequence[Reply | None], settings: Any) -> Identity:
    """The store is known by its myshopify host; its day and its money are the store's own."""
    if replies[0] is None:
        raise Broken("(no answer about the shop)")
    found = enveloped(wire.SHOP.decode(replies[0].body).data)
    shop = Shop(name=found.name, tz=found.iana_timezone, currency=found.currency_code, cod_anchor="created")
    return Identity(found.myshopify_domain, shop, rights(replies[1]))


def rights(reply: Reply | None) -> Sequence[Finding]:
    """Refuses an app that lacks a right, and tells of the one whose absence nothing else shows."""
    app = enveloped(wire.SCOPES.decode(reply.body).data) if reply else None
    granted = {scope.handle.replace("write_", "read_", 1) for scope in app.access_scopes} if app else set()
    if not granted:
        return ()
    if missing := [scope for scope in NEEDED if scope not in granted]:
        raise missing_right(f"(not granted: {', '.join(missing)})")
    if ALL_ORDERS not in granted:
        return (Finding("missing_right", f"{ALL_ORDERS}: orders older than 60 days, and their changes, stay unseen"),)
    return ()


ORDERS = Stream(
    name="orders", source="order", tables=(Order, OrderLine, Refund), replaces=("order_lines", "refunds"),
    backfill=ByReport(bulk.submit, bulk.submitted, bulk.poll, bulk.polled, bulk.root, bulk.join,
                      every=timedelta(seconds=5)),
    changes=ByCursor(changed_orders, size=25), read=orders, rows=order_rows, key=lambda order: number(order.id),
    changed=lambda order: iso(order.updated_at),
    detail=Detail(inner.detail_calls, inner.complete, needs=inner.incomplete, more=inner.more_calls))

PRODUCTS = Stream(
    name="products", source="product", tables=(Product,), changes=ByCursor(products_page, size=25, whole=True),
    read=products, rows=product_rows, key=lambda product: number(product.id), every=20 * HOUR,
    detail=Detail(inner.variant_calls, inner.with_variants, needs=lambda item: item.variants.page_info.has_next_page,
                  more=inner.more_calls))

STREAMS = (ORDERS, PRODUCTS, *payments.STREAMS)
ABOUT = About(about_calls, shop_row)
