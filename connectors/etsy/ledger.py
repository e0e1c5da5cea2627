"""Fees, ad charges and payouts from the payment account's ledger: the only place where Etsy tells them.

It is read by whole shop days, the last ones again each time: the rows of a day replace what was there. Entries
name a receipt, a payment or a transaction (a line); of the latter two, payments and the receipts of those days
tell whose order they belong to. Amounts are negative where the shop pays; a fee is stored as what it cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from connectors.engine.stream import DAY, Ask, ByDay, Call, Context, Detail, Finding, Page, Reply, Stream
from connectors.engine.values import from_seconds, minor_digits, text, to_seconds
from connectors.etsy import wire
from connectors.etsy.streams import known, last_second
from queries.records import AdDaily, Fee, Settlement

PAGE = 100
AGE = 3 * 86_400
"""Seconds that a fee may be younger than its receipt."""

Kind = Literal["commission", "payment", "service", "shipping", "other"]
FEES: dict[str, Kind] = {
    "transaction": "commission",
    "shipping_transaction": "commission",
    "gift_wrap_transaction": "commission",
    "regulatory_operating_fee": "commission",
    "payment_processing_fee": "payment",
    "refund_processing_fee": "payment",
    "listing": "service",
    "renew_sold": "service",
    "renew_sold_auto": "service",
    "renew_expired": "service",
    "auto_renew_expired": "service",
    "transaction_quantity": "service",
    "shop_subscription": "service",
    "shipping_labels": "shipping",
    "buyer_fee": "other",
    "vat_seller_services": "other",
}
"""Kinds of entries; the same with `_refund` behind is a fee that comes back."""
ADS = {"prolist": "etsy_ads", "offsite_ads_fee": "offsite_ads"}
"""Ad charges go to ad_daily alone, under these campaigns."""
PAYOUTS = frozenset({"disburse", "disburse2", "deposit"})
PASSING = frozenset({
    "payment_gross", "payment", "refund_gross", "refund", "sales_tax", "sales_tax_refund", "billing_payment",
    "bill_payment", "recoup", "reserve_hold", "reserve_release"})
"""Money of orders, refunds and taxes on its way: told by receipts, or nobody's cost."""
AD_WORDS = (("offsite", "offsite_ads"), ("prolist", "etsy_ads"), ("etsy_ads", "etsy_ads"), ("ads_", "etsy_ads"),
            ("_ads", "etsy_ads"))
FEE_WORDS: tuple[tuple[str, Kind], ...] = (
    ("shipping_label", "shipping"), ("postage", "shipping"), ("processing_fee", "payment"),
    ("transaction_fee", "commission"), ("operating_fee", "commission"), ("listing_fee", "service"),
    ("subscription", "service"), ("_fee", "other"))
"""Other names by the words in them, as no page lists the names: what is called a fee is one. The first that fits
decides."""


@dataclass(frozen=True)
class Entry:
    entry: wire.LedgerEntry
    shop_id: str
    order_id: str | None = None

    @property
    def at(self) -> datetime:
        return known(from_seconds(self.seconds))

    @property
    def seconds(self) -> int:
        return self.entry.created_timestamp or self.entry.create_date

    @property
    def kind(self) -> str:
        """`PAYMENT_PROCESSING_FEE` -> payment_processing_fee; old entries say it in their description."""
        return "_".join((self.entry.ledger_type or self.entry.description).lower().split())

    @property
    def amount(self) -> Decimal:
        return Decimal(self.entry.amount).scaleb(-minor_digits(self.entry.currency))


@dataclass(frozen=True)
class Book:
    """The entries of some whole shop days."""

    entries: Sequence[Entry]


def entries_of_days(ask: Ask, context: Context) -> Call:
    assert ask.window is not None
    return Call(f"/shops/{context.settings.shop_id}/payment-account/ledger-entries", {
        "min_created": to_seconds(ask.window.start), "max_created": last_second(ask.window.end),
        "limit": ask.size, "offset": ask.page * ask.size})


def entries(reply: Reply, call: Call) -> Page:
    found = wire.LEDGER.decode(reply.body)
    shop_id = call.path.split("/")[2]
    return Page([Entry(entry, shop_id, text(entry.reference_id) if entry.reference_type == "receipt" else None)
                 for entry in found.results], found.count)


# --- whose order an entry is about --------------------------------------------------------------------------


def wanting(item: Entry) -> bool:
    return fee_kind(item.kind) is not None and item.entry.reference_type in ("transaction", "shop_payment")


def reference_calls(items: Sequence[Entry], context: Context) -> list[Call]:
    """The first page of the receipts of those days, then the payments, each where entries name any."""
    calls = [receipts_page(items, 0)] if _sold(items) else []
    paid = [text(item.entry.entry_id) for item in items if item.entry.reference_type == "shop_payment"]
    if paid:
        calls.append(Call(f"/shops/{items[0].shop_id}/payment-account/ledger-entries/payments",
                          {"ledger_entry_ids": ",".join(paid)}))
    return calls


def more_receipts(items: Sequence[Entry], replies: Sequence[Reply]) -> list[Call]:
    """The next page of receipts, until as many are here as Etsy counts."""
    if not _sold(items):
        return []
    payments = any(item.entry.reference_type == "shop_payment" for item in items)
    read = PAGE * (len(replies) - payments)
    return [receipts_page(items, read)] if read < wire.REFERENCES.decode(replies[0].body).count else []


def receipts_page(items: Sequence[Entry], offset: int) -> Call:
    sold = _sold(items)
    return Call(f"/shops/{items[0].shop_id}/receipts", {
        "min_created": min(sold) - AGE, "max_created": max(sold), "sort_on": "created", "sort_order": "asc",
        "limit": PAGE, "offset": offset})


def _sold(items: Sequence[Entry]) -> list[int]:
    return [item.seconds for item in items if item.entry.reference_type == "transaction"]


def with_orders(items: Sequence[Entry], replies: Sequence[Reply]) -> Iterator[Entry]:
    orders: dict[tuple[str, str], str] = {}
    for reply in replies:
        for found in wire.REFERENCES.decode(reply.body).results:
            orders |= {("transaction", text(line.transaction_id)): text(found.receipt_id)
                       for line in found.transactions}
            if found.payment_id:
                orders["shop_payment", text(found.payment_id)] = text(found.receipt_id)
    for item in items:
        yield replace(item, order_id=orders.get((item.entry.reference_type or "", text(item.entry.reference_id))))


# --- rows ---------------------------------------------------------------------------------------------------


def fee_kind(word: str) -> Kind | None:
    """What kind of fee an entry is; None = it is none."""
    known_as = FEES.get(word) or FEES.get(word.removesuffix("_refund"))
    if known_as or ad_campaign(word):
        return known_as
    return next((kind for words, kind in FEE_WORDS if words in word), None)


def ad_campaign(word: str) -> str | None:
    """Which ad charge an entry is; None = it is none.

    >>> ad_campaign("prolist"), ad_campaign("etsy_ads_fee"), ad_campaign("offsite_ads_fee_refund"), ad_campaign("loads")
    ('etsy_ads', 'etsy_ads', 'offsite_ads', None)
    """
    plain = word.removesuffix("_refund")
    return ADS.get(plain) or next((campaign for words, campaign in AD_WORDS if words in plain), None)


def booked(found: Sequence[Entry]) -> list[Book]:
    """Each entry once, as today's list grows while it is read."""
    return [Book(list({text(item.entry.entry_id): item for item in found}.values()))]


def book_rows(book: Book, context: Context) -> Iterator[Fee | AdDaily | Settlement | Finding]:
    """Ad charges are added up by shop day; a kind of entry that nobody knows is reported, not guessed."""
    ads: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    currency = context.currency
    for item in book.entries:
        kind, day = item.kind, item.at.astimezone(context.zone).date()
        campaign = ad_campaign(kind)
        if campaign:
            ads[day, campaign] -= item.amount
            currency = item.entry.currency or currency
        elif fee := fee_kind(kind):
            yield Fee(order_id=item.order_id, fee_type=fee, amount=-item.amount, charged_at=item.at,
                      currency=item.entry.currency)
        elif kind in PAYOUTS or "disbursement" in kind:
            yield Settlement(settlement_id=text(item.entry.entry_id), date=day, amount=-item.amount,
                             currency=item.entry.currency)
        elif kind not in PASSING:
            yield Finding("unknown_ledger_type", kind)
    for (day, campaign), spend in ads.items():
        yield AdDaily(date=day, campaign_id=campaign, channel="ad", spend=spend, currency=currency)


FEES_AND_PAYOUTS = Stream(
    name="ledger", source="ledger", tables=(Fee, AdDaily, Settlement), lookback=2 * DAY,
    changes=ByDay(entries_of_days, size=PAGE, first=0, span=7), read=entries, gather=booked, rows=book_rows,
    key=lambda item: text(item.entry.entry_id),
    detail=Detail(reference_calls, with_orders, needs=wanting, batch=PAGE, more=more_receipts, optional=True))

STREAMS = (FEES_AND_PAYOUTS,)
