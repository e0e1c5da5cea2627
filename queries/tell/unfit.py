"""Where a figure would mislead rather than inform, it is not given: the sentence that stands in its place."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from queries.tell.asides import Reach
from queries.tell.caveats import HISTORY_DAYS, named_platforms, platform_name, reads_sales, without_shop
from queries.tell.telling import Telling
from queries.tell.words import listed, number, say

SHORT_HISTORY_DAYS = 90
TOO_MANY_UNKNOWN_BUYERS = Decimal("0.30")


def unfit(told: Telling) -> str:
    """Why the figure would mislead rather than inform, or ''.

    A platform without a shop here and a time before the first order have no figure, least of all zero. New customers
    need 90 days of history before the period, on at least one platform in scope (the others are named beside the
    figure); repeat and cohort figures need a known buyer behind seven orders in ten.
    """
    absent = _absent(told) or _before_history(told)
    if absent:
        return absent
    if told.currency != told.base_currency and told.asides.rate is None:
        return say("refusals", "no_rate", told.language, words=told.currency, base=told.base_currency)
    keys = {key for metric in told.metrics for key in metric.caveats}
    start = told.footing.time.start if told.footing.time else None
    if "history_bias" in keys and start:
        short = [reach for reach in told.asides.reaches if _history_days(reach, start) < SHORT_HISTORY_DAYS]
        if short and len(short) == len(told.asides.reaches):
            facts = {"platform": platform_name(told, short[0].platform), "day": short[0].history_from}
            return say("refusals", "history_short", told.language, **facts)
    share = told.asides.unknown_buyers
    if "unknown_buyers" in keys and share is not None and share > TOO_MANY_UNKNOWN_BUYERS:
        return say("refusals", "buyers_unknown", told.language, share=number(share, "ratio"))
    return ""


def _absent(told: Telling) -> str:
    """That none of the named platforms has a shop here, or ''."""
    asked, missing = named_platforms(told), without_shop(told)
    if not asked or missing != asked or _something_found(told):
        return ""
    here = listed([platform_name(told, p) for p in told.asides.platforms], told.language)
    gone = listed([platform_name(told, p) for p in missing], told.language)
    return say("refusals", "no_such_shop", told.language, platform=gone, here=here)


def _before_history(told: Telling) -> str:
    """A period that ends before any platform's complete orders begin, and in which none was found."""
    end = told.footing.time.end if told.footing.time else None
    begins = [reach.history_from for reach in told.asides.reaches if reach.history_from]
    if end is None or not begins or min(begins) < end or not any(reads_sales(m) for m in told.metrics):
        return ""
    if _something_found(told):
        return ""
    return say("refusals", "before_history", told.language, day=min(begins))


def _something_found(told: Telling) -> bool:
    figures = [n for n, output in enumerate(told.compiled.columns) if output.kind == "metric"]
    return any(row[n] for row in told.rows for n in figures)


def _history_days(reach: Reach, start: date) -> int:
    """Days of complete orders before the period; many where no beginning is known."""
    return (start - reach.history_from).days if reach.history_from else HISTORY_DAYS
