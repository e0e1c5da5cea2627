"""Inventory items with their offers, and what of them is in stock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import parse_qs, urlsplit

from connectors.ebay import wire
from connectors.engine.stream import HOUR, Ask, ByCursor, Call, Context, Detail, Page, Reply, Stream
from connectors.engine.values import text
from queries.records import InventoryDaily, Product

ITEM_PATH, OFFER_PATH = "/sell/inventory/v1/inventory_item", "/sell/inventory/v1/offer"
ITEM_STATUS = {"ACTIVE": "on_sale", "OUT_OF_STOCK": "on_sale", "PUBLISHED": "on_sale"}


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


def item_rows(sku: Sku, context: Context) -> Iterator[Product | InventoryDaily]:
    """One row a listing; an item that is not offered anywhere is its own. Its stock is today's, at the shop."""
    place = sku.item.availability.ship_to_location_availability
    if place and place.quantity is not None:
        yield InventoryDaily(sku_id=sku.item.sku, date=context.now.astimezone(context.zone).date(),
                             on_hand=place.quantity)
    for offer in sku.offers or (wire.Offer(),):
        listing = offer.listing or wire.Listing()
        word = listing.listing_status or offer.status or ""
        yield Product(
            product_id=text(listing.listing_id) or sku.item.sku, sku_id=sku.item.sku, title=sku.item.product.title,
            category=text(offer.category_id) or None, brand=sku.item.product.brand or None,
            status=ITEM_STATUS.get(word, "off_shelf"))


PRODUCTS = Stream(
    name="products", source="item", tables=(Product, InventoryDaily), changes=ByCursor(all_items, size=200, whole=True),
    read=items, rows=item_rows, key=lambda sku: sku.item.sku, every=20 * HOUR,
    detail=Detail(offer_calls, with_offers, optional=True))
