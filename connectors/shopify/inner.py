"""The pages of lists, and what a list of orders or products leaves out: further pages of the lists inside them, and
refund lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec

from connectors.engine.errors import Gone
from connectors.engine.stream import Call, Context, Page, Reply
from connectors.shopify import documents, wire
from connectors.shopify.documents import graphql

Inner = wire.Nodes[Any]


def page(found: Inner) -> Page:
    return Page(found.nodes, next=found.page_info.end_cursor if found.page_info.has_next_page else None)


def incomplete(order: wire.Order) -> bool:
    return bool(order.refunds) or order.line_items.page_info.has_next_page or (
        order.shipping_lines.page_info.has_next_page)


def detail_calls(items: Sequence[wire.Order], context: Context) -> list[Call]:
    calls = []
    for order in items:
        if order.refunds:
            calls.append(graphql(documents.REFUNDS, id=order.id))
        for connection, document in ((order.line_items, documents.MORE_LINES),
                                     (order.shipping_lines, documents.MORE_SHIPPING)):
            if connection.page_info.has_next_page:
                calls.append(graphql(document, id=order.id, after=connection.page_info.end_cursor))
    return calls


FURTHER = {"lineItems": documents.MORE_LINES, "shippingLines": documents.MORE_SHIPPING,
           "refundLineItems": documents.MORE_REFUND_LINES, "refundShippingLines": documents.MORE_REFUND_SHIPPING,
           "variants": documents.MORE_VARIANTS}


def more_calls(items: Sequence[Any], replies: Sequence[Reply]) -> list[Call]:
    """Inner cursors that have not come to their end: the last page of each list says so."""
    return [graphql(document, id=gid, after=pages[-1].page_info.end_cursor)
            for name, document in FURTHER.items() for gid, pages in by_id(inner_pages(replies, name))
            if pages[-1].page_info.has_next_page]


def complete(items: Sequence[wire.Order], replies: Sequence[Reply]) -> Iterator[wire.Order]:
    """The first pages of an order's own lists stand in the order; those of its refunds came with the refunds."""
    lines, shipping, refund_lines, refund_shipping, _ = (dict(by_id(inner_pages(replies, name))) for name in FURTHER)
    refunds = {gid: found for reply in replies for gid, found in _refunds(reply)}
    for order in items:
        _extend(order.line_items, lines.get(order.id, ()), wire.LineItem)
        _extend(order.shipping_lines, shipping.get(order.id, ()), wire.ShippingLine)
        order.refunds = refunds.get(order.id, order.refunds)
        for refund in order.refunds:
            _extend(refund.refund_line_items, refund_lines.get(refund.id, ())[1:], wire.RefundLine)
            _extend(refund.refund_shipping_lines, refund_shipping.get(refund.id, ())[1:], wire.RefundShipping)
        yield order


def variant_calls(items: Sequence[wire.Product], context: Context) -> list[Call]:
    return [graphql(documents.MORE_VARIANTS, id=item.id, after=item.variants.page_info.end_cursor) for item in items]


def with_variants(items: Sequence[wire.Product], replies: Sequence[Reply]) -> Iterator[wire.Product]:
    further = dict(by_id(inner_pages(replies, "variants")))
    for item in items:
        _extend(item.variants, further.get(item.id, ()), wire.Variant)
        yield item


def inner_pages(replies: Sequence[Reply], name: str) -> Iterator[tuple[str, Inner]]:
    """Every page of inner connections of that name, with the id of the object it belongs to."""
    for reply in replies:
        for holder in _holders(reply):
            for one in [holder, *(holder.get("refunds") or ())]:
                if name in one:
                    yield one["id"], msgspec.convert(one[name], Inner, strict=False)


def by_id(pages: Iterable[tuple[str, Inner]]) -> Iterator[tuple[str, list[Inner]]]:
    """The pages of each object, in the order in which they came."""
    ordered = sorted(pages, key=lambda pair: pair[0])
    for gid, group in groupby(ordered, key=lambda pair: pair[0]):
        yield gid, [page for _, page in group]


def _extend(known: wire.Nodes[Any], pages: Iterable[Inner], kind: type) -> None:
    for page in pages:
        known.nodes.extend(msgspec.convert(page.nodes, list[kind], strict=False))  # type: ignore[valid-type]


def _refunds(reply: Reply) -> Iterator[tuple[str, list[wire.Refund]]]:
    for holder in _holders(reply):
        if "refunds" in holder:
            yield holder["id"], msgspec.convert(holder["refunds"], list[wire.Refund], strict=False)


def _holders(reply: Reply) -> Iterator[dict[str, Any]]:
    """The one object of an answer. Null: it was deleted in the meantime."""
    for holder in wire.ANY.decode(reply.body)["data"].values():
        if holder is None:
            raise Gone("(order)")
        yield holder
