"""What is read from a Shopify store, and how it becomes contract records.

The first load is one bulk operation, changes follow a cursor over `updated_at` ascending: a row that changes
while we read moves to the end and is read twice, never lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

import msgspec

from connectors.engine.errors import Broken, Gone, Rejected, Throttled
from connectors.engine.stream import (
    BEGINNING,
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
    Report,
    Stream,
)
from connectors.engine.values import ZERO, iso
from connectors.shopify import documents, wire
from connectors.shopify.wire import number
from queries.records import Order, OrderLine, OrderStatus, Product, Refund, RefundType, Shop

PAID = {"PAID", "PARTIALLY_PAID", "PARTIALLY_REFUNDED", "REFUNDED"}
UNPAID = {"PENDING", "AUTHORIZED", None, ""}
VOID = {"VOIDED", "EXPIRED"}
WAITING = {"UNFULFILLED", "OPEN", "IN_PROGRESS", "ON_HOLD", "SCHEDULED", "PENDING_FULFILLMENT", "RESTOCKED",
           "REQUEST_DECLINED", ""}  # fmt: skip
GONE_OUT = {"FULFILLED", "PARTIALLY_FULFILLED", "FULFILLMENT_NOT_REQUIRED"}
PRODUCT_STATUS = {"ACTIVE": "on_sale", "DRAFT": "off_shelf", "UNLISTED": "off_shelf", "ARCHIVED": "deleted"}


# --- orders: calls and answers ------------------------------------------------------------------------------


def graphql(document: str, **variables: Any) -> Call:
    return Call("graphql", verb="POST", body=document, params=variables)


def instant(moment: datetime) -> str:
    """Down to the second, as search filters read it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def changed_orders(ask: Ask, context: Context) -> Call:
    assert ask.window is not None
    filters = f"updated_at:>='{instant(ask.window.start)}'"
    return graphql(documents.CHANGED_ORDERS, first=ask.size, after=ask.cursor, filter=filters)


def orders(reply: Reply, call: Call) -> Page:
    found = wire.ORDERS.decode(reply.body).data.orders
    return Page(found.nodes, next=found.page_info.end_cursor if found.page_info.has_next_page else None)


def submit(ask: Ask, context: Context) -> Call:
    assert ask.window is not None
    begun = ask.window.start > BEGINNING
    filters = f"created_at:>='{instant(ask.window.start)}'" if begun else ""
    return graphql(documents.SUBMIT, query=documents.all_orders(filters))


def submitted(reply: Reply) -> str:
    """The operation's id. Another operation under way is a matter of waiting."""
    found = wire.SUBMITTED.decode(reply.body).data.bulk_operation_run_query
    if found.bulk_operation is not None and not found.user_errors:
        return found.bulk_operation.id
    first = found.user_errors[0] if found.user_errors else wire.UserError("no operation")
    if first.code in ("OPERATION_IN_PROGRESS", "LIMIT_REACHED") or "in progress" in first.message:
        raise Throttled(f"({first.code or 'OPERATION_IN_PROGRESS'})", wait=10)
    raise Rejected(f"({first.code}: {first.message})")


def poll(operation: str) -> Call:
    return graphql(documents.POLL, id=operation)


def polled(reply: Reply) -> Report:
    found = wire.POLLED.decode(reply.body).data.bulk_operation
    if found is None:
        raise Gone("(bulk operation)")
    if found.status in ("CREATED", "RUNNING", "CANCELING"):
        return Report("running")
    if found.status == "COMPLETED":
        return Report("done", found.url, found.root_object_count)
    return Report("failed", why=found.error_code or found.status)


def root(line: bytes) -> str:
    """Which order a line of the file belongs to: children name their parent."""
    found = wire.ANY.decode(line)
    return str(found.get("__parentId") or found["id"])


def join(lines: Iterable[bytes]) -> Iterator[wire.Order]:
    """Orders with their children, which need not follow them."""
    heads: dict[str, dict[str, Any]] = {}
    lists: dict[str, dict[str, list[Any]]] = {}
    for line in lines:
        found = wire.ANY.decode(line)
        parent = found.pop("__parentId", None)
        if parent is None:
            heads[found["id"]] = found
        else:
            kind = "lineItems" if "/LineItem/" in found["id"] else "shippingLines"
            lists.setdefault(parent, {}).setdefault(kind, []).append(found)
    for gid, head in heads.items():
        children = {kind: {"nodes": nodes} for kind, nodes in lists.get(gid, {}).items()}
        yield msgspec.convert(head | children, wire.Order, strict=False)


# --- orders: what lists leave out ---------------------------------------------------------------------------


def incomplete(order: wire.Order) -> bool:
    return bool(order.refunds) or order.line_items.page_info.has_next_page


def detail_calls(items: Sequence[wire.Order], context: Context) -> list[Call]:
    calls = []
    for order in items:
        if order.refunds:
            calls.append(graphql(documents.REFUNDS, id=order.id))
        if order.line_items.page_info.has_next_page:
            after = order.line_items.page_info.end_cursor
            calls.append(graphql(documents.MORE_LINES, id=order.id, after=after))
    return calls


def more_calls(items: Sequence[wire.Order], replies: Sequence[Reply]) -> list[Call]:
    """Inner cursors that have not come to their end: the last page of each list says so."""
    calls = []
    for gid, pages in _by_id(_pages(replies, "lineItems")):
        if pages[-1].page_info.has_next_page:
            calls.append(graphql(documents.MORE_LINES, id=gid, after=pages[-1].page_info.end_cursor))
    for gid, pages in _by_id(_pages(replies, "refundLineItems")):
        if pages[-1].page_info.has_next_page:
            calls.append(graphql(documents.MORE_REFUND_LINES, id=gid, after=pages[-1].page_info.end_cursor))
    return calls


def complete(items: Sequence[wire.Order], replies: Sequence[Reply]) -> Iterator[wire.Order]:
    lines = dict(_by_id(_pages(replies, "lineItems")))
    further = dict(_by_id(_pages(replies, "refundLineItems")))
    refunds = {gid: found for reply in replies for gid, found in _refunds(reply)}
    for order in items:
        for page in lines.get(order.id, ()):
            order.line_items.nodes.extend(msgspec.convert(page.nodes, list[wire.LineItem], strict=False))
        if order.id in refunds:
            order.refunds = refunds[order.id]
        for refund in order.refunds:
            for page in further.get(refund.id, ())[1:]:
                nodes = msgspec.convert(page.nodes, list[wire.RefundLine], strict=False)
                refund.refund_line_items.nodes.extend(nodes)
        yield order


def _pages(replies: Sequence[Reply], name: str) -> Iterator[tuple[str, wire.Nodes[Any]]]:
    """Every page of inner connections of that name, with the id of the object it belongs to."""
    for reply in replies:
        for holder in wire.ANY.decode(reply.body)["data"].values():
            if holder is None:
                raise Gone("(order)")
            for one in [holder, *(holder.get("refunds") or ())]:
                if name in one:
                    yield one["id"], msgspec.convert(one[name], wire.Nodes[Any], strict=False)


def _by_id(pages: Iterable[tuple[str, wire.Nodes[Any]]]) -> Iterator[tuple[str, list[wire.Nodes[Any]]]]:
    ordered = sorted(pages, key=lambda pair: pair[0])
    for gid, group in groupby(ordered, key=lambda pair: pair[0]):
        yield gid, [page for _, page in group]


def _refunds(reply: Reply) -> Iterator[tuple[str, list[wire.Refund]]]:
    for holder in wire.ANY.decode(reply.body)["data"].values():
        if holder and "refunds" in holder:
            yield holder["id"], msgspec.convert(holder["refunds"], list[wire.Refund], strict=False)


# --- orders: rows -------------------------------------------------------------------------------------------


def order_rows(order: wire.Order, context: Context) -> Iterator[Order | OrderLine | Refund | Finding]:
    """An order with its lines and refunds. Shipping is what the buyer was charged, after its discounts."""
    order_id, lines = number(order.id), [line_row(order, line) for line in order.line_items.nodes]
    status, paid_at = order_status(order), payment(order)
    parcels = [
        parcel for parcel in order.fulfillments if parcel.status not in ("CANCELLED", "ERROR", "FAILURE")
    ]
    delivered = [iso(parcel.delivered_at) for parcel in parcels]
    presentment = order.total_price_set.presentment_money
    record = Order(
        order_id=order_id, status=status, modified_at=iso(order.updated_at), currency=order.currency_code,
        native_status=f"{order.display_financial_status or ''}/{order.display_fulfillment_status}",
        order_type="test" if order.test else "normal", created_at=_known(iso(order.created_at)), paid_at=paid_at,
        shipped_at=min((_known(iso(parcel.created_at)) for parcel in parcels), default=None),
        cancelled_at=iso(order.cancelled_at), list_amount=sum((line.list_amount for line in lines), ZERO),
        seller_discount=sum((line.seller_discount for line in lines), ZERO),
        shipping_amount=sum((amount(line.discounted_price_set) for line in order.shipping_lines.nodes), ZERO),
        tax_amount=amount(order.total_tax_set), tax_included=order.taxes_included,
        channel="direct" if order.source_name in ("web", "pos") else "unknown", region=region(order),
        buyer=number(order.customer.id) if order.customer else None)  # fmt: skip
    if status == "delivered":
        record.delivered_at = max(_known(moment) for moment in delivered)
    if presentment and presentment.currency_code != order.currency_code:
        record.presentment_currency, record.presentment_total = presentment.currency_code, presentment.amount
    yield record
    yield from lines
    for refund in order.refunds:
        yield from refund_rows(order, refund)
    if status == "unknown":
        yield Finding("unknown_status", record.native_status)


def order_status(order: wire.Order) -> OrderStatus:
    """Two enums become one status; a word of either that is new makes it unknown."""
    money, goods = order.display_financial_status or "", order.display_fulfillment_status
    if money not in PAID | VOID | UNPAID or goods not in WAITING | GONE_OUT:
        return "unknown"
    if order.cancelled_at or money in VOID:
        return "cancelled"
    if goods in GONE_OUT:
        parcels = [parcel for parcel in order.fulfillments if parcel.status == "SUCCESS"]
        arrived = bool(parcels) and goods == "FULFILLED" and all(parcel.delivered_at for parcel in parcels)
        return "delivered" if arrived else "shipped"
    return "paid" if money in PAID else "open"


def payment(order: wire.Order) -> datetime | None:
    """The earliest successful sale or capture: an authorisation is no payment."""
    times = [iso(done.processed_at) for done in order.transactions
             if done.status == "SUCCESS" and done.kind in ("SALE", "CAPTURE")]  # fmt: skip
    return min((moment for moment in times if moment), default=None)


def region(order: wire.Order) -> str | None:
    address = order.shipping_address
    return (address.province_code or address.country_code_v2 or None) if address else None


def amount(bag: wire.MoneyBag | None) -> Decimal:
    return bag.shop_money.amount if bag else ZERO


def line_row(order: wire.Order, line: wire.LineItem) -> OrderLine:
    """List price x quantity as ordered; the allocations are every share of every discount."""
    listed = amount(line.original_unit_price_set) * line.quantity
    product = number(line.product.id) if line.product else ""
    return OrderLine(
        order_id=number(order.id), line_id=number(line.id), product_id=product, quantity=line.quantity,
        sku_id=number(line.variant.id) if line.variant else (line.sku or product), list_amount=listed,
        seller_discount=sum((amount(share.allocated_amount_set) for share in line.discount_allocations), ZERO),
        is_gift=listed == 0)  # fmt: skip


def refund_rows(order: wire.Order, refund: wire.Refund) -> Iterator[Refund]:
    """One row a refunded line, and one for what is not of a line: shipping and a refund by amount.

    Cancelling an unpaid order leaves a refund of zero: no money moved, so there is no row.
    """
    total = amount(refund.total_refunded_set)
    if not total:
        return
    when = iso(refund.created_at) or iso(refund.updated_at)
    facts: dict[str, Any] = {
        "order_id": number(order.id), "refund_id": number(refund.id), "status": "success", "requested_at": when,
        "refunded_at": when, "modified_at": iso(refund.updated_at),
    }  # fmt: skip
    rest = total
    for line in refund.refund_line_items.nodes:
        tax = ZERO if order.taxes_included else amount(line.total_tax_set)
        goods = amount(line.subtotal_set)
        rest -= goods + tax
        kind = refund_type(line.restock_type)
        yield Refund(
            **facts, line_id=number(line.line_item.id), refund_type=kind, goods_amount=goods, tax_amount=tax,
            quantity=line.quantity, restocked=line.restock_type != "NO_RESTOCK")  # fmt: skip
    shipping = sum((amount(line.subtotal_amount_set) for line in refund.refund_shipping_lines.nodes), ZERO)
    taxes = sum((amount(line.tax_amount_set) for line in refund.refund_shipping_lines.nodes), ZERO)
    if order.taxes_included:
        taxes = ZERO
    rest -= shipping + taxes
    if rest or shipping or taxes:
        yield Refund(
            **facts, line_id=None, refund_type="cancel_before_ship" if order.cancelled_at else "refund_only",
            goods_amount=rest, shipping_amount=shipping, tax_amount=taxes)  # fmt: skip


def refund_type(restock: str) -> RefundType:
    if restock == "CANCEL":
        return "cancel_before_ship"
    return "return_refund" if restock in ("RETURN", "LEGACY_RESTOCK") else "refund_only"


def _known(moment: datetime | None) -> datetime:
    if moment is None:
        raise Rejected("(an order without its times)")
    return moment


# --- products and the shop ----------------------------------------------------------------------------------


def products_page(ask: Ask, context: Context) -> Call:
    return graphql(documents.PRODUCTS, first=ask.size, after=ask.cursor)


def products(reply: Reply, call: Call) -> Page:
    found = wire.PRODUCTS.decode(reply.body).data.products
    return Page(found.nodes, next=found.page_info.end_cursor if found.page_info.has_next_page else None)


def variant_calls(items: Sequence[wire.Product], context: Context) -> list[Call]:
    return [graphql(documents.MORE_VARIANTS, id=item.id, after=item.variants.page_info.end_cursor)
            for item in items]  # fmt: skip


def more_variants(items: Sequence[wire.Product], replies: Sequence[Reply]) -> list[Call]:
    return [graphql(documents.MORE_VARIANTS, id=gid, after=pages[-1].page_info.end_cursor)
            for gid, pages in _by_id(_pages(replies, "variants")) if pages[-1].page_info.has_next_page]  # fmt: skip


def with_variants(items: Sequence[wire.Product], replies: Sequence[Reply]) -> Iterator[wire.Product]:
    further = dict(_by_id(_pages(replies, "variants")))
    for item in items:
        for page in further.get(item.id, ()):
            item.variants.nodes.extend(msgspec.convert(page.nodes, list[wire.Variant], strict=False))
        yield item


def product_rows(product: wire.Product, context: Context) -> Iterator[Product]:
    """One row a variant."""
    for variant in product.variants.nodes:
        yield Product(
            product_id=number(product.id), sku_id=number(variant.id), title=product.title,
            category=product.product_type or None, brand=product.vendor or None, listed_at=iso(product.created_at),
            status=PRODUCT_STATUS.get(product.status, product.status))  # fmt: skip


def shop_row(replies: Sequence[Reply | None], settings: Any) -> Identity:
    """The store is known by its myshopify host; its day and its money are the store's own."""
    if replies[0] is None:
        raise Broken("(no answer about the shop)")
    found = wire.SHOP.decode(replies[0].body).data.shop
    shop = Shop(name=found.name, tz=found.iana_timezone, currency=found.currency_code, cod_anchor="created")
    return Identity(found.myshopify_domain, shop)


ORDERS = Stream(
    name="orders", source="order", tables=(Order, OrderLine, Refund), replaces=("order_lines", "refunds"),
    backfill=ByReport(submit, submitted, poll, polled, root, join, every=timedelta(seconds=5)),
    changes=ByCursor(changed_orders, size=25), read=orders, rows=order_rows, key=lambda order: number(order.id),
    changed=lambda order: iso(order.updated_at),
    detail=Detail(detail_calls, complete, needs=incomplete, more=more_calls))  # fmt: skip

PRODUCTS = Stream(
    name="products", source="product", tables=(Product,), changes=ByCursor(products_page, size=25, whole=True),
    read=products, rows=product_rows, key=lambda product: number(product.id), every=20 * HOUR,
    detail=Detail(variant_calls, with_variants, needs=lambda item: item.variants.page_info.has_next_page,
                  more=more_variants))  # fmt: skip

STREAMS = (ORDERS, PRODUCTS)
ABOUT = About(lambda _settings: [graphql(documents.SHOP)], shop_row)
