"""Products by model, and what of each can be sold today. The list names items alone, what they are comes by fifty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from connectors.engine.stream import HOUR, Ask, ById, Call, Context, Detail, Page, Reply, Stream
from connectors.engine.values import from_seconds, text
from connectors.shopee import wire
from connectors.shopee.streams import number
from queries.records import InventoryDaily, Product

ITEM_STATUS = {"NORMAL": "on_sale", "UNLIST": "off_shelf", "REVIEWING": "off_shelf", "BANNED": "off_shelf",
               "SELLER_DELETE": "deleted", "SHOPEE_DELETE": "deleted"}


LISTED = ["NORMAL", "UNLIST", "REVIEWING", "BANNED"]


def all_items(ask: Ask, context: Context) -> Call:
    return Call("/product/get_item_list", {
        "offset": ask.page * ask.size, "page_size": ask.size, "item_status": LISTED})


def items_page(reply: Reply, call: Call) -> Page:
    found = wire.REFS.decode(reply.body).response or wire.ItemRefs()
    return Page(found.item or [], found.total_count)


def info_calls(items: Sequence[wire.Item], context: Context) -> list[Call]:
    return [Call("/product/get_item_base_info", {"item_id_list": ",".join(text(item.item_id) for item in items)})]


def infos(reply: Reply) -> dict[str, wire.Item]:
    found = wire.ITEMS.decode(reply.body).response or wire.Items()
    return {text(item.item_id): item for item in found.item_list or []}


def model_calls(items: Sequence[wire.Item], replies: Sequence[Reply]) -> list[Call]:
    """One call an item that has models."""
    if len(replies) > 1:
        return []
    return [Call("/product/get_model_list", {"item_id": number})
            for number, item in infos(replies[0]).items() if item.has_model]


def with_models(items: Sequence[wire.Item], replies: Sequence[Reply]) -> Iterator[wire.Item]:
    found = infos(replies[0])
    having = [item for item in found.values() if item.has_model]
    for item, reply in zip(having, replies[1:], strict=False):
        item.models = (wire.MODELS.decode(reply.body).response or wire.Models()).model or []
    for item in items:
        yield found.get(text(item.item_id), item)


def item_rows(item: wire.Item, context: Context) -> Iterator[Product | InventoryDaily]:
    """One row a model, and what of it can be sold today; an item without models is its own. Categories are numbers
    only. One that was deleted since it was listed has no name."""
    if not item.item_name:
        return
    brand = item.brand.original_brand_name if item.brand else None
    stocks = {text(model.model_id): model.stock_info_v2 for model in item.models} or {
        text(item.item_id): item.stock_info_v2}
    for sku, stock in stocks.items():
        yield Product(product_id=text(item.item_id), sku_id=sku, title=item.item_name, brand=brand or None,
                      listed_at=from_seconds(item.create_time),
                      status=ITEM_STATUS.get(item.item_status or "", item.item_status))
        left = stock.summary_info.total_available_stock if stock and stock.summary_info else None
        if left is not None:
            yield InventoryDaily(sku_id=sku, date=context.now.astimezone(context.zone).date(), on_hand=left)


PRODUCTS = Stream(
    name="products", source="product", tables=(Product, InventoryDaily), changes=ById(all_items, size=50, first=0),
    read=items_page, rows=item_rows, key=number("item_id"), every=20 * HOUR,
    detail=Detail(info_calls, with_models, batch=50, more=model_calls, described=True))
