"""What the seller offers, by SKU."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.engine.stream import HOUR, Ask, ByCursor, Call, Context, Page, Reply, Stream
from connectors.walmart import wire
from connectors.walmart.wire import elements
from queries.records import Product


def all_items(ask: Ask, context: Context) -> Call:
    """The cursor may be the same on every page, so the engine is given it with the number of the page."""
    page, _, cursor = (ask.cursor or "0 *").partition(" ")
    return Call("/v3/items", {"limit": ask.size, "nextCursor": cursor}, body={"page": int(page)}, nothing=True,
                limit="items")


def items(reply: Reply, call: Call) -> Page:
    """An empty page is the end, as well as a page without a cursor."""
    found = wire.ITEMS.decode(reply.body) if reply.status != 404 else wire.Items()
    rows = elements(found.items)
    return Page(rows, next=f"{call.body['page'] + 1} {found.cursor}" if rows and found.cursor else None)


def item_rows(item: wire.Item, context: Context) -> Iterator[Product]:
    on_sale = item.published_status == "PUBLISHED" and item.lifecycle_status in (None, "", "ACTIVE")
    yield Product(product_id=item.sku, sku_id=item.sku, title=item.product_name, category=item.product_type or None,
                  status="on_sale" if on_sale else "off_shelf")


PRODUCTS = Stream(
    name="products", source="item", tables=(Product,), every=20 * HOUR,
    changes=ByCursor(all_items, size=50, whole=True, lasting=False), read=items, rows=item_rows,
    key=lambda item: item.sku)
