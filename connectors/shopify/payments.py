"""What Shopify Payments kept back and paid out, and what lies in stock. Each needs a scope of its own."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Literal

from connectors.engine.stream import DAY, HOUR, Ask, ByCursor, ByDay, Call, Context, Page, Reply, Stream
from connectors.engine.values import enveloped, iso
from connectors.shopify import documents, inner, wire
from connectors.shopify.documents import graphql, instant
from connectors.shopify.wire import number
from queries.records import Fee, InventoryDaily, Settlement

FeeType = Literal["commission", "payment", "shipping", "other"]
CHARGED: tuple[tuple[str, FeeType], ...] = (
    ("SHIPPING_", "shipping"), ("REFERRAL_FEE", "commission"), ("MARKETPLACE_FEE", "commission"),
    ("CHARGEBACK_FEE", "other"), ("CUSTOMS_DUTY", "other"), ("IMPORT_TAX", "other"),
)  # fmt: skip
"""Transactions that are a charge themselves, by how their type begins. All others move money of sales; what they
cost stands in their `fee`."""


def of_days(document: str, field: str) -> Any:
    """Words one page of what happened on some days of the shop."""

    def word(ask: Ask, context: Context) -> Call:
        assert ask.window is not None
        filters = f"{field}:>='{instant(ask.window.start)}' {field}:<'{instant(ask.window.end)}'"
        return graphql(document, first=ask.size, after=ask.cursor, filter=filters)

    return word


def transactions(reply: Reply, call: Call) -> Page:
    """No account: the store is paid through somebody else."""
    account = enveloped(wire.BALANCE.decode(reply.body).data)
    return inner.page(enveloped(account)) if account else Page([])


def payouts(reply: Reply, call: Call) -> Page:
    account = enveloped(wire.PAYOUTS.decode(reply.body).data)
    return inner.page(enveloped(account)) if account else Page([])


def stock_page(ask: Ask, context: Context) -> Call:
    return graphql(documents.STOCK, first=ask.size, after=ask.cursor)


def variants(reply: Reply, call: Call) -> Page:
    return inner.page(enveloped(wire.STOCK.decode(reply.body).data))


def fee_rows(done: wire.BalanceTransaction, context: Context) -> Iterator[Fee]:
    """The fee of a charge, and what was charged outright (a label: a negative amount). Fees given back are
    negative."""
    at = iso(done.transaction_date)
    if done.test or at is None:
        return
    order_id = number(done.associated_order.id) if done.associated_order else None
    own = next((kind for begins, kind in CHARGED if done.type.startswith(begins)), None)
    found: list[tuple[FeeType, Decimal, str]] = [("payment", done.fee.amount, done.fee.currency_code)]
    if own:
        found.append((own, -done.amount.amount, done.amount.currency_code))
    for kind, amount, currency in found:
        if amount:
            yield Fee(order_id=order_id, fee_type=kind, amount=amount, charged_at=at, currency=currency)


def payout_rows(payout: wire.Payout, context: Context) -> Iterator[Settlement]:
    """A payout counts once the money has gone out; a withdrawal takes it back."""
    at = iso(payout.issued_at)
    if payout.status == "PAID" and at:
        sign = -1 if payout.transaction_type == "WITHDRAWAL" else 1
        yield Settlement(settlement_id=number(payout.id), date=at.astimezone(context.zone).date(),
                         amount=sign * abs(payout.net.amount), currency=payout.net.currency_code)  # fmt: skip


def stock_rows(variant: wire.Stock, context: Context) -> Iterator[InventoryDaily]:
    """What can be sold today over all places; of what the store does not count nothing is known."""
    if variant.inventory_item.tracked and variant.inventory_quantity is not None:
        yield InventoryDaily(sku_id=number(variant.id), date=context.now.astimezone(context.zone).date(),
                             on_hand=variant.inventory_quantity)  # fmt: skip


SCOPE = "the scope read_shopify_payments"
FEES = Stream(
    name="fees", source="transaction", tables=(Fee,), lookback=7 * DAY, every=20 * HOUR, read=transactions,
    changes=ByDay(of_days(documents.BALANCE, "processed_at"), size=100, span=30), rows=fee_rows,
    key=lambda done: done.id, approval=SCOPE)  # fmt: skip
PAYOUTS = Stream(
    name="payouts", source="payout", tables=(Settlement,), lookback=14 * DAY, every=20 * HOUR, read=payouts,
    changes=ByDay(of_days(documents.PAYOUTS, "issued_at"), size=100, span=90), rows=payout_rows,
    key=lambda payout: payout.id, approval=SCOPE)  # fmt: skip
STOCK = Stream(
    name="stock", source="variant", tables=(InventoryDaily,), every=20 * HOUR, read=variants, rows=stock_rows,
    changes=ByCursor(stock_page, size=100, whole=True), key=lambda variant: variant.id,
    approval="the scope read_inventory")  # fmt: skip
STREAMS = (FEES, PAYOUTS, STOCK)
