"""What orders and finances word alike: instants, and the name of an order line."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime


def instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def line_id(sku: str, asin: str, seen: Counter[tuple[str, str]]) -> str:
    """Reports and finances know no item number, so a line is named by SKU, ASIN and its place among its like
    (`seen` counts them, this one included)."""
    return f"{sku}|{asin}|{seen[sku, asin]}"
