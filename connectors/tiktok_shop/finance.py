"""Statements: what was paid out for a day of the shop, and what was taken off, by order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from connectors.engine.stream import DAY, HOUR, Ask, ByDay, Call, Context, Detail, Reply, Stream
from connectors.engine.values import ZERO
from connectors.tiktok_shop import wire
from connectors.tiktok_shop.pages import bounds, listed
from queries.records import Fee, Settlement

FeeType = Literal["commission", "payment", "creator", "shipping"]
FEES: tuple[tuple[FeeType, tuple[str, ...]], ...] = (
    ("commission", ("platform_commission_amount", "referral_fee_amount")),
    ("payment", ("transaction_fee_amount",)),
    ("creator", ("affiliate_commission_amount", "affiliate_partner_commission_amount")),
    ("shipping", ("shipping_cost_amount",)),
)
"""Amounts of a statement's transaction by fee type; what fees are left over is `other`."""


def statements_page(ask: Ask, context: Context) -> Call:
    start, end = bounds(ask.window)
    return Call("/finance/202309/statements", {
        "sort_field": "statement_time", "sort_order": "ASC", "statement_time_ge": start, "statement_time_lt": end,
        "page_size": ask.size, "page_token": ask.cursor})


def transactions(statement: str, token: str | None = None) -> Call:
    return Call(f"/finance/202309/statements/{statement}/statement_transactions", {
        "sort_field": "order_create_time", "sort_order": "ASC", "page_size": 100, "page_token": token})


def transaction_calls(items: Sequence[wire.Statement], context: Context) -> list[Call]:
    return [transactions(item.id) for item in items]


def more_transactions(items: Sequence[wire.Statement], replies: Sequence[Reply]) -> list[Call]:
    """One statement at a time (batch 1): its next page until there is none."""
    token = wire.data(replies[-1].body).next_page_token
    return [transactions(items[0].id, token)] if token else []


def with_transactions(items: Sequence[wire.Statement], replies: Sequence[Reply]) -> Iterator[wire.Statement]:
    for item in items:
        for reply in replies:
            data = wire.data(reply.body)
            item.statement_transactions = [*item.statement_transactions,
                                           *(data.statement_transactions or data.transactions or [])]
        yield item


def statement_rows(item: wire.Statement, context: Context) -> Iterator[Settlement | Fee]:
    """The payout of a shop day, and what was taken off, by order and kind."""
    at, currency = datetime.fromtimestamp(item.statement_time, UTC), item.currency or context.currency
    yield Settlement(settlement_id=item.id, date=at.astimezone(context.zone).date(), amount=item.settlement_amount,
                     currency=currency)
    for taken in item.statement_transactions:
        fee = Fee(order_id=taken.order_id or None, fee_type="other", amount=ZERO, charged_at=at,
                  currency=taken.currency or currency)
        rest = -(taken.fee_and_tax_amount or taken.fee_amount or ZERO)
        for kind, names in FEES:
            cost = -sum((getattr(taken, name) or ZERO for name in names), ZERO)
            rest -= cost if kind != "shipping" else ZERO
            if cost:
                yield charge(fee, kind, cost)
        if rest:
            yield charge(fee, "other", rest)


def charge(fee: Fee, kind: Any, cost: Decimal) -> Fee:
    return Fee(order_id=fee.order_id, fee_type=kind, amount=cost, charged_at=fee.charged_at, currency=fee.currency)


SETTLEMENTS = Stream(
    name="settlements", source="statement", tables=(Settlement, Fee), every=20 * HOUR, lookback=14 * DAY,
    changes=ByDay(statements_page, size=100, span=14), read=listed("statements"), rows=statement_rows,
    key=lambda item: item.id,
    detail=Detail(transaction_calls, with_transactions, more=more_transactions, described=True))
