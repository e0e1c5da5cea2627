"""The first load: one bulk operation, asked for once and read line by line from its JSONL file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from connectors.engine.errors import Gone, Rejected, Throttled
from connectors.engine.stream import BEGINNING, Ask, Call, Context, Reply, Report
from connectors.engine.values import enveloped
from connectors.shopify import documents, wire
from connectors.shopify.client import missing_right
from connectors.shopify.documents import graphql, instant

WAIT = 10.0
"""Seconds until a place among the store's bulk operations (five at once) may be free."""


def submit(ask: Ask, context: Context) -> Call:
    assert ask.window is not None
    begun = ask.window.start > BEGINNING
    filters = f"created_at:>='{instant(ask.window.start)}'" if begun else ""
    return graphql(documents.SUBMIT, query=documents.all_orders(filters))


def submitted(reply: Reply) -> str:
    """The operation's id. Another operation under way is a matter of waiting."""
    found = enveloped(wire.SUBMITTED.decode(reply.body).data)
    if found.bulk_operation is not None and not found.user_errors:
        return found.bulk_operation.id
    first = found.user_errors[0] if found.user_errors else wire.UserError("no operation")
    if first.code in ("OPERATION_IN_PROGRESS", "LIMIT_REACHED") or "in progress" in first.message:
        raise Throttled(f"({first.code or 'OPERATION_IN_PROGRESS'})", wait=WAIT)
    raise Rejected(f"({first.code}: {first.message})")


def poll(operation: str) -> Call:
    return graphql(documents.POLL, id=operation)


def polled(reply: Reply) -> Report:
    """What a failed operation has read so far (`partialDataUrl`) is left: the next run asks for all of it."""
    found = enveloped(wire.POLLED.decode(reply.body).data)
    if found is None:
        raise Gone("(bulk operation)")
    if found.status in ("CREATED", "RUNNING", "CANCELING"):
        return Report("running")
    if found.status == "COMPLETED":
        return Report("done", found.url, found.root_object_count)
    if found.error_code == "ACCESS_DENIED":
        raise missing_right("(ACCESS_DENIED)")
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
            kind = "lineItems" if "/LineItem/" in str(found.get("id")) else "shippingLines"
            lists.setdefault(parent, {}).setdefault(kind, []).append(found)
    for gid, head in heads.items():
        children = {kind: {"nodes": nodes} for kind, nodes in lists.get(gid, {}).items()}
        yield msgspec.convert(head | children, wire.Order, strict=False)
