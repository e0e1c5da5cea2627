"""Fees, ad charges and payouts from the Finances API.

Both lists are read by whole shop days, the last ones again each time: the rows of a day replace what was there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from connectors.ebay import wire
from connectors.ebay.windows import REACH, counted, known, paged
from connectors.engine.stream import DAY, ByDay, Context, Stream
from connectors.engine.values import ZERO, iso, text
from queries.records import AdDaily, Fee, Settlement

Kind = Literal["commission", "payment", "service", "fulfilment", "shipping", "other"]
KINDS: dict[str, Kind] = {
    "FINAL_VALUE_FEE": "commission",
    "FINAL_VALUE_FEE_FIXED_PER_ORDER": "commission",
    "FINAL_VALUE_SHIPPING_FEE": "commission",
    "BELOW_STANDARD_FEE": "commission",
    "BELOW_STANDARD_SHIPPING_FEE": "commission",
    "HIGH_ITEM_NOT_AS_DESCRIBED_FEE": "commission",
    "REGULATORY_OPERATING_FEE": "commission",
    "INTERNATIONAL_FEE": "payment",
    "PAYMENT_PROCESSING_FEE": "payment",
    "INSERTION_FEE": "service",
    "SUBTITLE_FEE": "service",
    "GALLERY_PLUS_FEE": "service",
    "STORE_SUBSCRIPTION_FEE": "service",
    "SHIPPING_LABEL": "shipping",
}
"""Fee types, and the transaction type of a label; what is not here is `other`."""
ADS = ("AD_FEE", "PREMIUM_AD_FEE", "OFFSITE_AD")
"""A charge whose type begins so is spending on ads: it goes to ad_daily alone."""
OWN_CHARGES = frozenset({"NON_SALE_CHARGE", "SHIPPING_LABEL", "CREDIT"})
"""Transactions that are a charge, or its return, themselves."""
CAMPAIGN = "promoted_listings"


@dataclass(frozen=True)
class Book:
    """The transactions of some whole shop days."""

    transactions: Sequence[wire.Transaction]


transactions_of_days = paged("/sell/finances/v1/transaction", "transactionDate")
payouts_of_days = paged("/sell/finances/v1/payout", "payoutDate")


def booked(found: Sequence[wire.Transaction]) -> list[Book]:
    """Each transaction once, as today's list grows at its head while it is read; without those that failed."""
    kept = {(text(item.transaction_id), item.transaction_type): item for item in found}
    return [Book([item for item in kept.values() if item.transaction_status != "FAILED"])]


def book_rows(book: Book, context: Context) -> Iterator[Fee | AdDaily]:
    """Ad charges are added up by shop day."""
    ads: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    for item in book.transactions:
        at = known(item.transaction_date)
        for kind, amount, currency in charges(item):
            if kind.startswith(ADS):
                ads[at.astimezone(context.zone).date(), currency] += amount
            elif amount:
                yield Fee(order_id=item.order_id, fee_type=KINDS.get(kind, "other"), amount=amount, charged_at=at,
                          currency=currency)
    for (day, currency), spend in ads.items():
        yield AdDaily(date=day, campaign_id=CAMPAIGN, channel="ad", spend=spend, currency=currency)


def charges(item: wire.Transaction) -> Iterator[tuple[str, Decimal, str]]:
    """(fee type, what it cost the seller, currency). Fees of a sale are what was kept back from a credit; those
    of a refund, a debit, come back and are negative."""
    sign = -1 if item.booking_entry == "DEBIT" else 1
    total = ZERO
    for line in item.order_line_items:
        for fee in line.marketplace_fees:
            total += fee.amount.value
            yield fee.fee_type, sign * fee.amount.value, fee.amount.currency
    if item.total_fee_amount and item.total_fee_amount.value != total:
        yield "FINAL_VALUE_FEE", sign * (item.total_fee_amount.value - total), item.total_fee_amount.currency
    if item.transaction_type in OWN_CHARGES:
        label = item.transaction_type == "SHIPPING_LABEL"
        kind = "SHIPPING_LABEL" if label else item.fee_type or item.transaction_type
        yield kind, -sign * item.amount.value, item.amount.currency


def payout_rows(payout: wire.Payout, context: Context) -> Iterator[Settlement]:
    """A payout counts once the money has gone out."""
    at = iso(payout.payout_date)
    if payout.payout_status == "SUCCEEDED" and at:
        yield Settlement(settlement_id=text(payout.payout_id), date=at.astimezone(context.zone).date(),
                         amount=payout.amount.value, currency=payout.amount.currency)


FEES = Stream(
    name="fees", source="transaction", tables=(Fee, AdDaily), lookback=3 * DAY,
    changes=ByDay(transactions_of_days, size=1000, first=0, span=30, reach=REACH),
    read=counted(wire.TRANSACTIONS, "transactions"), gather=booked, rows=book_rows,
    key=lambda item: text(item.transaction_id))

SETTLEMENTS = Stream(
    name="settlements", source="payout", tables=(Settlement,), lookback=14 * DAY,
    changes=ByDay(payouts_of_days, size=200, first=0, span=90, reach=REACH),
    read=counted(wire.PAYOUTS, "payouts"), rows=payout_rows, key=lambda payout: text(payout.payout_id))
