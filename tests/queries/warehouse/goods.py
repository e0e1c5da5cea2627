"""Short ways to write records in tests; whatever is not said is unremarkable."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from queries.records import AdDaily, Order, OrderLine, Record, Refund, Shop
from queries.warehouse import Batch


def at(text: str) -> datetime:
    """`10-05 08:00` of 2026, UTC."""
    return datetime.fromisoformat(f"2026-{text.replace(' ', 'T')}").replace(tzinfo=UTC)


def shop(**said: Any) -> Shop:
    return Shop(**{"name": "Shop", "tz": "Asia/Shanghai", "currency": "CNY", **said})


def order(order_id: str, amount: str = "100", paid: str | None = "10-05 08:00", **said: Any) -> Order:
    """A paid order of that list amount, created an hour before it was paid."""
    moment = at(paid) if paid else None
    created = said.pop("created_at", None) or (
        at(paid).replace(hour=at(paid).hour - 1) if paid else at("10-05 07:00")
    )
    return Order(
        **{
            "order_id": order_id,
            "status": "paid" if paid else "open",
            "created_at": created,
            "paid_at": moment,
            "currency": "CNY",
            "list_amount": Decimal(amount),
            "modified_at": said.pop("modified", moment or created),
            **said,
        }
    )


def line(order_id: str, line_id: str = "1", amount: str = "100", **said: Any) -> OrderLine:
    return OrderLine(
        **{
            "order_id": order_id,
            "line_id": line_id,
            "product_id": "P",
            "sku_id": "S",
            "quantity": 1,
            "list_amount": Decimal(amount),
            **said,
        }
    )


def refund(refund_id: str, order_id: str, amount: str = "30", **said: Any) -> Refund:
    return Refund(
        **{
            "refund_id": refund_id,
            "order_id": order_id,
            "refund_type": "refund_only",
            "status": "success",
            "requested_at": at("10-06 01:00"),
            "refunded_at": at("10-06 02:00"),
            "goods_amount": Decimal(amount),
            **said,
        }
    )


def ad(day: int, campaign: str = "k", spend: str = "10", **said: Any) -> AdDaily:
    return AdDaily(
        **{
            "date": date(2026, 10, day),
            "campaign_id": campaign,
            "channel": "ad",
            "spend": Decimal(spend),
            "currency": "CNY",
            **said,
        }
    )


def batch(*rows: Record, stream: str = "orders", **said: Any) -> Batch:
    return Batch(
        **{
            "connection": "c1",
            "platform": "taobao",
            "shop_id": "T1",
            "stream": stream,
            "rows": list(rows),
            **said,
        }
    )
