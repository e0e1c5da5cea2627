"""What is read from a Mercado Libre account, and how it becomes contract records.

Searches answer twelve months and leave cancelled orders out: the open orders that we hold are looked for in what a
search shows of the last two months, and those that have vanished from it are read one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from connectors.engine.errors import Broken, Rejected
from connectors.engine.places import home
from connectors.engine.stream import (
    DAY,
    HOUR,
    About,
    Ask,
    ByCursor,
    ByVanished,
    ByWindow,
    Call,
    Context,
    Detail,
    Finding,
    Identity,
    Page,
    Reply,
    Stream,
)
from connectors.engine.values import iso, text
from connectors.mercado_libre import wire
from connectors.mercado_libre.client import TOKEN
from connectors.mercado_libre.rows import order_rows
from queries.records import Fee, InventoryDaily, Order, OrderLine, Product, Refund, Shop

REACH = 365 * DAY
SPAN = 30 * DAY
PAGE, ITEMS_AT_ONCE = 50, 20
MILLISECOND = timedelta(milliseconds=1)
FOLLOWED = 60 * DAY
"""How long an order may still be cancelled or wholly paid back, and so vanish from the searches."""

ITEM_STATUS = {"active": "on_sale", "paused": "off_shelf", "closed": "off_shelf", "under_review": "off_shelf"}


def created_orders(ask: Ask, context: Context) -> Call:
    return search(ask, context, "order.date_created")


def changed_orders(ask: Ask, context: Context) -> Call:
    return search(ask, context, "order.date_last_updated")


def search(ask: Ask, context: Context, field: str) -> Call:
    """One page by offset, of a window. A misspelt field would be ignored without a word.

    The end is in it: an order that changed at the very end would push others to pages that are behind us, so a
    window ends a millisecond earlier. It begins two earlier, in case an end is not in it after all.
    """
    assert ask.window is not None
    start, end = ask.window.start - 2 * MILLISECOND, ask.window.end - MILLISECOND
    return Call("/orders/search", {
        "seller": context.shop_id, f"{field}.from": stamp(start), f"{field}.to": stamp(end),
        "sort": "date_asc", "offset": ask.page * ask.size, "limit": ask.size})


def stamp(moment: datetime) -> str:
    """`2026-06-18T12:00:00.000-00:00`, rounded up to the millisecond."""
    up = moment.astimezone(UTC) + timedelta(microseconds=999)
    return up.strftime("%Y-%m-%dT%H:%M:%S.") + f"{up.microsecond // 1000:03d}-00:00"


def one_order(ask: Ask, context: Context) -> Call:
    return Call(f"/orders/{ask.key}")


def orders(reply: Reply, call: Call) -> Page:
    found: wire.OrderPage = wire.ORDERS.decode(reply.body)
    return Page(found.results, found.paging.total)


def order(reply: Reply, call: Call) -> Page:
    return Page([wire.ORDER.decode(reply.body)])


def claims_calls(items: Sequence[wire.Order], context: Context) -> list[Call]:
    return [Call("/post-purchase/v1/claims/search", {"resource": "order", "resource_id": text(item.id)})
            for item in items]


def with_claims(items: Sequence[wire.Order], replies: Sequence[Reply]) -> Iterator[wire.Order]:
    for item, reply in zip(items, replies, strict=True):
        item.claims = wire.CLAIMS.decode(reply.body).data
        yield item


def item_ids(ask: Ask, context: Context) -> Call:
    """A scan: the first call opens it, each answer names how to go on."""
    scroll = (ask.cursor or "").partition(" ")[2] or None
    return Call(f"/users/{context.shop_id}/items/search", {
        "search_type": "scan", "limit": ask.size, "scroll_id": scroll})


def items_page(reply: Reply, call: Call) -> Page:
    """Ids only. The scroll id may stay the same from page to page: the last id of the page is put before it, so
    that only a page which comes twice looks like one."""
    found: wire.ItemIds = wire.ITEM_IDS.decode(reply.body)
    ids = found.results or []
    return Page([wire.Item(id) for id in ids], next=f"{ids[-1]} {found.scroll_id}" if ids and found.scroll_id else None)


def items_calls(items: Sequence[wire.Item], context: Context) -> list[Call]:
    return [Call("/items", {"ids": ",".join(item.id for item in items)})]


def with_items(items: Sequence[wire.Item], replies: Sequence[Reply]) -> Iterable[wire.Item]:
    """The items themselves. One that is gone keeps its id and nothing else; other failures are tried again."""
    found: dict[str, wire.Item] = {}
    for reply in replies:
        for answer in wire.ITEM_ANSWERS.decode(reply.body):
            code = answer.get("code")
            if code == 200:
                item = msgspec.convert(answer["body"], wire.Item, strict=False)
                found[item.id] = item
            elif code not in (403, 404):
                raise Broken(f"({code} for one of several items)")
    return [found.get(item.id, item) for item in items]


def item_rows(item: wire.Item, context: Context) -> Iterator[Product | InventoryDaily]:
    """One row per variation, and what of it can be sold today; an item without variations is its own. The category is
    a code that says nothing."""
    if not item.title:
        return
    brand = next((one.value_name for one in item.attributes or [] if one.id == "BRAND"), None)
    stock = {text(variation.id): variation.available_quantity for variation in item.variations or []} or {
        item.id: item.available_quantity}
    for sku, left in stock.items():
        yield Product(product_id=item.id, sku_id=sku, title=item.title, brand=brand,
                      listed_at=iso(item.date_created), status=ITEM_STATUS.get(item.status or "", item.status))
        if left is not None:
            yield InventoryDaily(sku_id=sku, date=context.now.astimezone(context.zone).date(), on_hand=left)


def shop_calls(settings: object) -> list[Call]:
    """The account's number comes with the token, name and country from the account itself."""
    return [Call(TOKEN, host="auth"), Call("/users/me", optional=True)]


def shop_row(replies: Sequence[Reply | None], settings: object) -> Identity:
    granted, me = (wire.SELLER.decode(reply.body) if reply else wire.Seller() for reply in replies)
    shop_id = text(granted.user_id) or text(me.id)
    if not shop_id:
        raise Rejected("(the token answer names no account)")
    zone, currency = home(me.country_id or "", ("America/Sao_Paulo", "BRL"))
    findings = [] if me.country_id else [Finding("unknown_country", "the account does not say where it sells")]
    return Identity(shop_id, Shop(name=me.nickname or shop_id, tz=zone, currency=currency), findings)


CLAIMS = Detail(calls=claims_calls, join=with_claims, needs=lambda item: bool(item.mediations), optional=True)

ORDERS = Stream(
    name="orders", source="order", tables=(Order, OrderLine, Refund, Fee), replaces=("order_lines", "refunds"),
    backfill=ByWindow(created_orders, span=SPAN, size=PAGE, first=0, reach=REACH),
    changes=ByWindow(changed_orders, span=SPAN, size=PAGE, first=0, within=lambda item: iso(item.last_updated)),
    read=orders, rows=order_rows, key=lambda item: text(item.id), changed=lambda item: iso(item.last_updated),
    detail=CLAIMS)

OPEN_ORDERS = Stream(
    name="open_orders", source="order", tables=(Order, OrderLine, Refund, Fee), replaces=("order_lines", "refunds"),
    changes=ByVanished(one_order, created_orders, orders, size=PAGE, newer=FOLLOWED, first=0), read=order,
    rows=order_rows, key=lambda item: text(item.id), detail=CLAIMS)

PRODUCTS = Stream(
    name="products", source="item", tables=(Product, InventoryDaily),
    changes=ByCursor(item_ids, size=100, whole=True, lasting=False), read=items_page, rows=item_rows,
    key=lambda item: item.id, every=20 * HOUR,
    detail=Detail(calls=items_calls, join=with_items, batch=ITEMS_AT_ONCE, described=True))

STREAMS = (ORDERS, OPEN_ORDERS, PRODUCTS)
ABOUT = About(shop_calls, shop_row)
