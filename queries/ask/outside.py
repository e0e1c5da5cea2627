"""Our figures held against those of others: what a platform reports for itself, the growth of the market.

Reads "compare our GMV with what Taobao reports", 平台口径 vs 我们的口径, "are we growing faster than the market".
Both come to a fixed set of metrics that belong together, the gap among them.
"""

from __future__ import annotations

from queries.ask.choose import Choice
from queries.ask.frame import Frame
from queries.ask.when.meaning import Festival, Period, Versus

TOGETHER = {
    "own_and_native": ("own_gmv_of_native_days", "native_gmv", "native_difference", "reconciliation_gap"),
    "market": ("market_growth_gap", "own_growth", "market_growth"),
}
ALONE = {"market": "market_growth_gap"}
"""A gap that says little without its two sides."""
SALES = {"gmv", "net_sales", "native_gmv", "reconciliation_gap", "market_growth_gap", "market_growth"}


def held_against(frame: Frame, choice: Choice) -> None:
    """Puts the metrics of the comparison in place of the one named; another one than sales stays unread."""
    for sign, metrics in TOGETHER.items():
        if not frame.has(sign) and choice.metrics != [ALONE.get(sign)]:
            continue
        if set(choice.metrics) - SALES or choice.open_options:
            frame.residue.extend(frame.signs.get(sign, ()))
            return
        choice.metrics = list(metrics)
        if sum(isinstance(t.meaning, Period | Festival) for t in frame.times) <= 1:
            # 平台口径和我们的口径对比: the comparison is between the figures, not between periods
            frame.times = [t for t in frame.times if not isinstance(t.meaning, Versus)]
        choice.defaults = [default for default in choice.defaults if not default.startswith("term:")]
        return
