"""What a store tells of its goods: products with their variations and stock, reviews without their words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from connectors.engine.stream import HOUR, Ask, ById, Call, Context, Detail, Page, Reply, Stream
from connectors.engine.values import iso, text
from connectors.woocommerce import wire
from queries import records

MOST = 100
"""Rows a page, at most."""
PRODUCT_FIELDS = "id,name,type,status,date_created_gmt,categories,brands,manage_stock,stock_quantity"
VARIATION_FIELDS = "id,manage_stock,stock_quantity"
REVIEW_FIELDS = "id,product_id,rating,date_created_gmt"

products_of = wire.Documents(list[wire.Product])
variations_of = wire.Documents(list[wire.Variation])
reviews_of = wire.Documents(list[wire.Review])


@dataclass(frozen=True)
class Item:
    product: wire.Product
    variations: Sequence[wire.Variation] = ()


def all_products(ask: Ask, context: Context) -> Call:
    return Call("/products", {"orderby": "id", "order": "asc", "status": "any", "per_page": ask.size,
                              "page": ask.page, "_fields": PRODUCT_FIELDS})


def read_products(reply: Reply, call: Call) -> Page:
    return wire.listed([Item(product) for product in products_of.decode(reply.body)], reply, call)


def _variations(item: Item, page: int) -> Call:
    return Call(f"/products/{item.product.id}/variations", {
        "per_page": MOST, "page": page, "orderby": "id", "order": "asc", "_fields": VARIATION_FIELDS})


def variation_calls(items: Sequence[Item], context: Context) -> Sequence[Call]:
    return [_variations(item, 1) for item in items]


def more_variations(items: Sequence[Item], replies: Sequence[Reply]) -> Sequence[Call]:
    """The next page, as long as they are full: a product with many sizes and colours has several."""
    full = len(variations_of.decode(replies[-1].body)) >= MOST
    return [_variations(items[0], len(replies) + 1)] if full else []


def with_variations(items: Sequence[Item], replies: Sequence[Reply]) -> Iterable[Item]:
    found = [variation for reply in replies for variation in variations_of.decode(reply.body)]
    yield replace(items[0], variations=found)


def product_rows(item: Item, context: Context) -> Iterable[records.Record]:
    """One row a variation; a simple product is its own SKU. Stock, where the store counts it, is today's."""
    product, today = item.product, context.now.astimezone(context.zone).date()
    skus: Sequence[wire.Product | wire.Variation] = item.variations or [product]
    for one in skus:
        yield records.Product(
            product_id=str(product.id), sku_id=str(one.id), title=wire.plain(product.name),
            category=wire.plain(product.categories[0].name) if product.categories else None,
            brand=wire.plain(product.brands[0].name) if product.brands else None,
            listed_at=iso(product.date_created_gmt), status=product.status or None)
        if one.manage_stock is True and one.stock_quantity is not None:
            yield records.InventoryDaily(sku_id=str(one.id), date=today, on_hand=int(one.stock_quantity))


PRODUCTS = Stream(
    name="products", source="product", tables=(records.Product, records.InventoryDaily),
    changes=ById(all_products, size=100), every=20 * HOUR,
    read=read_products, rows=product_rows, key=lambda item: str(item.product.id),
    detail=Detail(variation_calls, with_variations, more=more_variations,
                  needs=lambda item: item.product.type.startswith("variable")),
)


def all_reviews(ask: Ask, context: Context) -> Call:
    return Call("/products/reviews", {"orderby": "id", "order": "asc", "per_page": ask.size, "page": ask.page,
                                      "_fields": REVIEW_FIELDS})


def read_reviews(reply: Reply, call: Call) -> Page:
    return wire.listed(reviews_of.decode(reply.body), reply, call)


def review_rows(review: wire.Review, context: Context) -> Iterable[records.Review]:
    """Whether the shop has answered is not told."""
    at = iso(review.date_created_gmt)
    if review.rating and at:
        yield records.Review(review_id=str(review.id), product_id=text(review.product_id),
                             rating=Decimal(review.rating), rating_scale=5, created_at=at)


REVIEWS = Stream(
    name="reviews", source="review", tables=(records.Review,), changes=ById(all_reviews, size=100), every=20 * HOUR,
    read=read_reviews, rows=review_rows, key=lambda review: str(review.id),
    approval="the right moderate_comments")
"""Where the key's user may not see reviews, or a plug-in has taken their route away, they are left out."""
