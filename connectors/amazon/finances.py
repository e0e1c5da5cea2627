"""Refunds and fees: what Amazon posted to the seller's account, as trees of amounts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.amazon import wire
from connectors.amazon.lines import instant, line_id
from connectors.engine.errors import Rejected
from connectors.engine.stream import Ask, Call, Context, Page, Reply
from connectors.engine.values import ZERO, iso
from queries.records import Fee, Refund

WITHOUT_TAX = ("USD", "CAD")
"""Prices are without tax in North America and with it elsewhere."""
FEES = (
    ("STORAGE", "storage"), ("COMMISSION", "commission"), ("REFERRAL", "commission"), ("FULFILL", "fulfilment"),
    ("FBA", "fulfilment"), ("SHIPPING", "shipping"), ("SUBSCRIPTION", "service"), ("PAYMENT", "payment"),
    ("CODFEE", "payment"),
)  # fmt: skip
"""Our fee types by a word in Amazon's; the first that fits, else `other`."""
REFUNDS = ("Refund", "GuaranteeClaim", "Chargeback")


AMERICA = "ATVPDKIKX0DER"


def posted(ask: Ask, context: Context) -> Call:
    """Asked for its marketplace, the one in the United States leaves out what sellers send themselves: there all are
    asked for, and `rows` leaves out those of others."""
    assert ask.window is not None
    params = {"postedAfter": instant(ask.window.start), "postedBefore": instant(ask.window.end)}
    places = context.settings.marketplaces
    if len(places) == 1 and places != [AMERICA]:
        params["marketplaceId"] = places[0]
    if ask.cursor:
        params["nextToken"] = ask.cursor
    return Call("/finances/2024-06-19/transactions", params=params, limit="listTransactions")


def transactions(reply: Reply, call: Call) -> Page:
    """A page may be empty and still have one after it."""
    found = wire.TRANSACTIONS.decode(reply.body).payload
    return Page(found.transactions or [], next=found.next_token or None)


def rows(done: wire.Transaction, context: Context) -> Iterator[Refund | Fee]:
    """Fees of everything; refunds of what gave money back. The release of a deferred transaction repeats it."""
    related = {one.related_identifier_name: one.related_identifier_value for one in done.related_identifiers or ()}
    place = done.marketplace_details.marketplace_id if done.marketplace_details else ""
    if "DEFERRED_TRANSACTION_ID" in related or place not in ("", *context.settings.marketplaces):
        return
    order_id, when = related.get("ORDER_ID"), iso(done.posted_date)
    if when is None:
        raise Rejected("(a transaction without its time)")
    parts = done.items if any(part.breakdowns for part in done.items or ()) else None
    parts = parts or [wire.Sold(breakdowns=done.breakdowns)]
    only_fees = done.transaction_type.endswith("Fee") or done.transaction_type.endswith("Fees")
    seen: Counter[tuple[str, str]] = Counter()
    for part in parts:
        found = [(path, leaf) for path, leaf in leaves(part.breakdowns or ()) if leaf.currency_amount]
        charged = [(path, leaf) for path, leaf in found if only_fees or "AMAZONFEES" in path]
        for path, leaf in charged:
            yield Fee(order_id=order_id, fee_type=fee_type(path), amount=-leaf.currency_amount, charged_at=when,
                      currency=leaf.currency_code)  # fmt: skip
        if order_id and done.transaction_type.startswith(REFUNDS):
            back = [pair for pair in found if pair not in charged]
            number = related.get("REFUND_ID") or done.transaction_id or f"{order_id}:{done.posted_date}"
            yield from refund_row(part, back, seen, refund_id=number, order_id=order_id, when=when)


def refund_row(part: wire.Sold, back: list[tuple[str, wire.Amount]], seen: Counter[tuple[str, str]], *,
               refund_id: str, order_id: str, when: datetime) -> Iterator[Refund]:
    """Of one line. Whether goods came back is not told: no unit counts as returned."""
    kinds: dict[str, Decimal] = {"goods": ZERO, "shipping": ZERO, "tax": ZERO}
    for path, leaf in back:
        kind = money_kind(path, leaf.currency_code)
        if kind:
            kinds[kind] -= leaf.currency_amount
    if not any(kinds.values()):
        return
    sold = next((one for one in part.contexts or () if one.sku or one.asin), None)
    if sold:
        seen[sold.sku, sold.asin] += 1
    yield Refund(
        refund_id=refund_id, order_id=order_id, line_id=line_id(sold.sku, sold.asin, seen) if sold else None,
        refund_type="refund_only", status="success", requested_at=when, refunded_at=when, modified_at=when,
        goods_amount=kinds["goods"], shipping_amount=kinds["shipping"], tax_amount=kinds["tax"])  # fmt: skip


def money_kind(path: str, currency: str) -> str | None:
    """What a leaf of the tree is, from its names; None = not paid to the buyer. Where prices hold their tax it
    belongs to what it is on."""
    if "FACILITATOR" in path or "WITHHELD" in path:
        return None
    on = "shipping" if "SHIPPING" in path else "goods"
    return "tax" if "TAX" in path and currency in WITHOUT_TAX else on


def leaves(nodes: Iterable[wire.Breakdown], above: str = "") -> Iterator[tuple[str, wire.Amount]]:
    """Only the leaves of the tree count: what is above them is their sum."""
    for node in nodes:
        path = f"{above}>{node.breakdown_type}".strip(">").upper()
        if node.breakdowns:
            yield from leaves(node.breakdowns, path)
        elif node.breakdown_amount:
            yield path, node.breakdown_amount


def fee_type(path: str) -> Any:
    return next((ours for word, ours in FEES if word in path), "other")
