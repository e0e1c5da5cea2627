"""Versions of a segment set: its rules and the numbers behind them, frozen for a quarter.

The numbers are measured at the end of the last full quarter and then stand, so that a buyer changes segment
because of what the buyer did. A version is made when a quarter begins, when the rules change, and when the
history it was measured on turned out to be incomplete (it grew by more than a fifth since).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from queries.segments.figures import (
    Session,
    buyers_of_year,
    gap_percentiles,
    measure_buyers,
    net_sales_percentiles,
    top_shares,
)
from queries.segments.rules import Rules

ENOUGH_BUYERS = 100
"""Fewer buyers at the end of the quarter measure nothing: the snapshot's own day is taken until there are."""
SCORES = ("r2", "r3", "r4", "r5", "f2", "f3", "f4", "f5")
MONEY = ("m2", "m3", "m4", "m5")
ALL = ""
"""Stands for every platform in `Threshold.platform`."""


@dataclass(frozen=True)
class Threshold:
    """One number of one version: a row of `segment_thresholds`."""

    platform: str
    name: str
    value: Decimal
    is_default: bool = False


@dataclass(frozen=True)
class Version:
    """A set's rules with their numbers. `number` 0 = not stored yet."""

    segment_set: str
    valid_from: date
    thresholds: tuple[Threshold, ...]
    measured_on: date
    basis_buyers: int
    number: int = 0
    rules: tuple[tuple[str, str], ...] = field(default=())
    """(segment, rule), in the order of their priority."""

    def value(self, platform: str, name: str) -> Decimal | None:
        """The threshold on a platform, else the one for all."""
        by_name = {(threshold.platform, threshold.name): threshold.value for threshold in self.thresholds}
        return by_name.get((platform, name), by_name.get((ALL, name)))


def quarter_start(day: date) -> date:
    """The first day of the quarter.

    >>> quarter_start(date(2026, 11, 15))
    datetime.date(2026, 10, 1)
    """
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def versions_for(session: Session, rules: Rules, day: date, platforms: list[str]) -> dict[str, Version]:
    """The version of each set that holds on a day: the stored one where it still fits, else one to be stored.

    `value_tier` is measured on the day itself; its stored version says only the rules.
    """
    valid_from = quarter_start(day)
    end = valid_from - timedelta(days=1)
    basis = buyers_of_year(session, end)
    measured_on = end
    if basis < ENOUGH_BUYERS:
        measured_on, basis = day, buyers_of_year(session, day)
    made: dict[str, Version] = {}
    for name in rules.sets():
        stored = _stored(session, name, valid_from)
        wanted = _configured(rules, name, platforms)
        if stored is None or not _fits(stored, rules, wanted, measured_on, basis):
            measured = _measured(session, rules, name, measured_on, platforms)
            shape = tuple((segment.segment, segment.rule) for segment in rules.sets()[name])
            stored = Version(name, valid_from, (*wanted, *measured), measured_on, basis, 0, shape)
        made[name] = stored
    return made


def tier_bounds(session: Session, rules: Rules, table: str) -> tuple[Threshold, ...]:
    """The value tiers' bounds of one day, from that day's buyers."""
    bounds = top_shares(session, table, rules.value_tier.shares)
    return tuple(
        Threshold(ALL, name, value) for name, value in zip(("top_from", "middle_from"), bounds, strict=False)
    )


def _configured(rules: Rules, name: str, platforms: list[str]) -> tuple[Threshold, ...]:
    """The thresholds that the rules set as numbers."""
    if name != "rfm":
        return ()
    found = [Threshold(ALL, "new_days", Decimal(rules.rfm.new_days))]
    for platform in (ALL, *(p for p in platforms if p in rules.platforms)):
        recency, days = rules.scores(platform)
        # The first bound of recency is the best score's, the first of purchase days is score 2's.
        numbers = [*reversed(recency), *days]
        found += [Threshold(platform, score, Decimal(n)) for score, n in zip(SCORES, numbers, strict=True)]
    return tuple(found)


def _measured(
    session: Session, rules: Rules, name: str, day: date, platforms: list[str]
) -> tuple[Threshold, ...]:
    if name == "rfm":
        measure_buyers(session, day, "measured_buyers")
        amounts = net_sales_percentiles(session, "measured_buyers", rules.rfm.net_sales_percentiles)
        return tuple(Threshold(ALL, score, amount) for score, amount in zip(MONEY, amounts, strict=False))
    if name == "lifecycle":
        return _cut_points(session, rules, day, platforms)
    return ()


def _cut_points(session: Session, rules: Rules, day: date, platforms: list[str]) -> tuple[Threshold, ...]:
    """Each platform's own gaps, or the default days where there are too few repeat buyers."""
    gaps = gap_percentiles(session, day, rules.lifecycle.gap_percentiles)
    found = []
    for platform in (ALL, *platforms):
        repeaters, low, high = gaps.get(platform, (0, 0, 0))
        default = repeaters < rules.lifecycle.fewest_repeaters
        days = rules.lifecycle.default_days if default else (low, high)
        for name, value in zip(("active_until", "cooling_until"), days, strict=True):
            found.append(Threshold(platform, name, Decimal(value), default))
    return tuple(found)


def _fits(
    stored: Version, rules: Rules, wanted: tuple[Threshold, ...], measured_on: date, basis: int
) -> bool:
    """Whether a stored version still says what would be measured now."""
    shape = tuple((segment.segment, segment.rule) for segment in rules.sets()[stored.segment_set])
    if stored.rules != shape:
        return False
    fixed = {(t.platform, t.name): t.value for t in stored.thresholds if t.name in ("new_days", *SCORES)}
    if fixed != {(t.platform, t.name): t.value for t in wanted}:
        return False
    if stored.segment_set == "value_tier":
        return True
    provisional = stored.measured_on >= stored.valid_from
    if provisional and measured_on < stored.valid_from:
        return False
    return basis <= stored.basis_buyers * 1.2


def _stored(session: Session, name: str, valid_from: date) -> Version | None:
    """The newest stored version of a set for a quarter."""
    found = session.execute(
        "SELECT max(version) FROM segment_definitions WHERE segment_set = ? AND valid_from = ?",
        [name, valid_from],
    )[0]
    if found[0] is None:
        return None
    number = int(found[0])
    shape = session.execute(
        "SELECT segment, rule FROM segment_definitions WHERE segment_set = ? AND version = ? ORDER BY priority",
        [name, number],
    )
    rows = session.execute(
        "SELECT coalesce(platform, ''), name, value, is_default, measured_on, basis_buyers FROM segment_thresholds"
        " WHERE segment_set = ? AND version = ?",
        [name, number],
    )
    thresholds = tuple(Threshold(row[0], row[1], row[2], row[3]) for row in rows)
    measured_on, basis = (rows[0][4], rows[0][5]) if rows else (valid_from, 0)
    return Version(name, valid_from, thresholds, measured_on, basis, number, tuple((s, r) for s, r in shape))
