"""Currencies that amounts are asked in: 销售额多少美元 asks for dollars, 美元订单有多少 for the orders in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from queries.ask.spans import InCurrency, Meaning, Span, ValueWord

_ASKED = re.compile(r"(?:多少|几多|几)(?:钱|万)?的?$")


def asked_in(spans: Iterable[Span], text: str) -> list[Span]:
    """The spans, with a currency right behind 多少 as the one to show amounts in."""
    return [_shown(span) if _ASKED.search(text[: span.start]) else span for span in spans]


def _shown(span: Span) -> Span:
    codes = [word.value for word in span.of(ValueWord) if word.dimension == "currency"]
    if not codes:
        return span
    meanings: tuple[Meaning, ...] = (InCurrency(codes[0]),)
    return replace(span, meanings=meanings)
