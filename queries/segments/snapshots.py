"""Daily snapshots of who was in which segment: `customer_segments`, one row per buyer, set and day.

A snapshot of a day is made from what was sold and refunded up to the end of that day, so a day of the past
can be made later and comes out the same. Making it again replaces it and writes nothing where nothing changed.
Snapshots of the last weeks are kept daily, older ones at the end of each month.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from queries.segments.figures import Session, measure_buyers
from queries.segments.rules import Rules
from queries.segments.versions import ALL, MONEY, SCORES, Threshold, Version, tier_bounds, versions_for

if TYPE_CHECKING:
    from queries.warehouse import Warehouse

KEEP_DAILY = timedelta(days=35)
_BOUNDS = ("new_days", *SCORES, *MONEY, "active_until", "cooling_until", "top_from", "middle_from")


@dataclass(frozen=True)
class Snapshot:
    """What was made: `rows` of the day (three per buyer), and whether they differ from what was there."""

    day: date
    buyers: int
    rows: int
    changed: bool
    versions: dict[str, int]


def daily(
    warehouse: Warehouse, *, now: datetime, timezone: str, rules: Rules | None = None
) -> list[Snapshot]:
    """The scheduled job: yesterday in the workspace's zone, and thins what is old. Safe to repeat."""
    today = now.astimezone(ZoneInfo(timezone)).date()
    made = take_snapshots(warehouse, [today - timedelta(days=1)], rules=rules, thin_before=today - KEEP_DAILY)
    return made


def month_ends(before: date, months: int) -> list[date]:
    """The last days of the months before a day, oldest first: the days that stay when snapshots are thinned.

    >>> month_ends(date(2026, 11, 14), 2)
    [datetime.date(2026, 9, 30), datetime.date(2026, 10, 31)]
    """
    found: list[date] = []
    day = before
    for _ in range(months):
        day = day.replace(day=1) - timedelta(days=1)
        found.append(day)
    return found[::-1]


def weekly_history(last: date, weeks: int) -> list[date]:
    """The days of a weekly history that ends with `last`, oldest first, for `take_snapshots`.

    >>> weekly_history(date(2026, 11, 14), 2)
    [datetime.date(2026, 11, 7), datetime.date(2026, 11, 14)]
    """
    return [last - timedelta(weeks=back) for back in reversed(range(weeks))]


def take_snapshots(
    warehouse: Warehouse, days: Sequence[date], *, rules: Rules | None = None, thin_before: date | None = None
) -> list[Snapshot]:
    """Makes the snapshots of these days in one transaction and publishes if anything changed."""
    rules = rules or Rules.read(warehouse.rooms.home)
    with warehouse.write() as session:
        made = [snapshot_day(session, rules, day) for day in sorted(set(days))]
        thinned = _thin(session, thin_before) if thin_before else 0
    if thinned or any(snapshot.changed for snapshot in made):
        warehouse.publish()
    return made


def snapshot_day(session: Session, rules: Rules, day: date) -> Snapshot:
    """The three sets of one day, inside the caller's transaction."""
    platforms = [str(row[0]) for row in session.execute("SELECT DISTINCT platform FROM shops ORDER BY 1")]
    versions = {
        name: _store(session, rules, version)
        for name, version in versions_for(session, rules, day, platforms).items()
    }
    measure_buyers(session, day, "segment_buyers")
    tiers = tier_bounds(session, rules, "segment_buyers")
    _keep_tier_bounds(session, versions["value_tier"], tiers, day)
    _assign(session, rules, versions, tiers, platforms, day)
    buyers = session.execute("SELECT count(*) FROM segment_buyers")[0][0]
    rows = session.execute("SELECT count(*) FROM assigned")[0][0]
    changed = _replace(session, day)
    return Snapshot(day, buyers, rows, changed, {name: version.number for name, version in versions.items()})


def _store(session: Session, rules: Rules, version: Version) -> Version:
    """Writes a new version with its numbers; a stored one is returned as it is."""
    if version.number:
        return version
    name = version.segment_set
    last = session.execute(
        "SELECT coalesce(max(version), 0) FROM segment_definitions WHERE segment_set = ?", [name]
    )[0][0]
    number = last + 1
    session.executemany(
        "INSERT INTO segment_definitions (segment_set, segment, version, rule, priority, name_en, name_zh, valid_from)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                name,
                segment.segment,
                number,
                segment.rule,
                priority,
                segment.name_en,
                segment.name_zh,
                version.valid_from,
            )
            for priority, segment in enumerate(rules.sets()[name], 1)
        ],
    )
    _write_thresholds(session, name, number, version.thresholds, version.measured_on, version.basis_buyers)
    return Version(
        name,
        version.valid_from,
        version.thresholds,
        version.measured_on,
        version.basis_buyers,
        number,
        version.rules,
    )


def _write_thresholds(
    session: Session, name: str, number: int, thresholds: Iterable[Threshold], measured_on: date, basis: int
) -> None:
    session.executemany(
        "INSERT INTO segment_thresholds VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (name, number, t.platform or None, t.name, t.value, measured_on, basis, t.is_default)
            for t in thresholds
        ],
    )


def _keep_tier_bounds(session: Session, version: Version, tiers: Sequence[Threshold], day: date) -> None:
    """The value tiers' bounds are stored for each day they were measured on."""
    stored = session.execute(
        "SELECT name, value, version FROM segment_thresholds WHERE segment_set = 'value_tier' AND measured_on = ?",
        [day],
    )
    if set(stored) == {(tier.name, tier.value, version.number) for tier in tiers}:
        return
    session.execute(
        "DELETE FROM segment_thresholds WHERE segment_set = 'value_tier' AND measured_on = ?", [day]
    )
    basis = session.execute("SELECT count(*) FROM segment_buyers WHERE buyer_of_year")[0][0]
    _write_thresholds(session, "value_tier", version.number, tiers, day, basis)


def _assign(
    session: Session,
    rules: Rules,
    versions: dict[str, Version],
    tiers: Sequence[Threshold],
    platforms: list[str],
    day: date,
) -> None:
    """Fills the temporary table `assigned`: scores first, then the first rule of each set that holds."""
    session.execute(_bounds_sql(versions, tiers, platforms or [ALL]))
    sets = "\nUNION ALL\n".join(
        f"SELECT platform, customer_key, '{name}' AS segment_set, {_case(rules, name)} AS segment,"
        f" {versions[name].number} AS version FROM scored"
        for name in rules.sets()
    )
    session.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE assigned AS
        WITH scored AS (
          SELECT s.*, b.* EXCLUDE (platform),
            CASE WHEN days_since_last <= r5 THEN 5 WHEN days_since_last <= r4 THEN 4
              WHEN days_since_last <= r3 THEN 3 WHEN days_since_last <= r2 THEN 2 ELSE 1 END AS r,
            CASE WHEN purchase_days >= f5 THEN 5 WHEN purchase_days >= f4 THEN 4
              WHEN purchase_days >= f3 THEN 3 WHEN purchase_days >= f2 THEN 2 ELSE 1 END AS f,
            CASE WHEN NOT buyer_of_year THEN 1 WHEN net_sales > m5 THEN 5 WHEN net_sales > m4 THEN 4
              WHEN net_sales > m3 THEN 3 WHEN net_sales > m2 THEN 2 ELSE 1 END AS m
          FROM segment_buyers s
          JOIN segment_bounds b ON b.platform = CAST(s.platform AS VARCHAR))
        {sets}"""
    )


def _bounds_sql(versions: dict[str, Version], tiers: Sequence[Threshold], platforms: Sequence[str]) -> str:
    """The temporary table of thresholds, one row a platform; a number that could not be measured is NULL."""
    of_day = {threshold.name: threshold.value for threshold in tiers}
    rows = []
    for platform in platforms:
        numbers = [
            of_day.get(name) if name in of_day else _bound(versions, platform, name) for name in _BOUNDS
        ]
        cells = (f"CAST({'NULL' if n is None else n} AS DECIMAL(38,12))" for n in numbers)
        rows.append(f"('{platform}', {', '.join(cells)})")
    return (
        f"CREATE OR REPLACE TEMP TABLE segment_bounds AS SELECT * FROM (VALUES {', '.join(rows)})"
        f" AS bounds(platform, {', '.join(_BOUNDS)})"
    )


def _bound(versions: dict[str, Version], platform: str, name: str) -> Decimal | None:
    for version in versions.values():
        value = version.value(platform, name)
        if value is not None:
            return value
    return None


def _case(rules: Rules, name: str) -> str:
    """The rules of a set as one CASE: the first that holds decides, the last always holds."""
    whens = " ".join(f"WHEN {segment.rule} THEN '{segment.segment}'" for segment in rules.sets()[name])
    return f"CASE {whens} END"


def _replace(session: Session, day: date) -> bool:
    """Puts `assigned` in place of the day's rows; False, and nothing written, where they are the same."""
    same = session.execute(
        """
        WITH stored AS (
          SELECT CAST(platform AS VARCHAR) AS platform, customer_key, segment_set, segment, version
          FROM customer_segments WHERE snapshot_date = $day),
        made AS (
          SELECT CAST(platform AS VARCHAR) AS platform, customer_key, segment_set, segment, version FROM assigned)
        SELECT (SELECT count(*) FROM stored) = (SELECT count(*) FROM made)
          AND NOT EXISTS (SELECT * FROM made EXCEPT SELECT * FROM stored)""",
        {"day": day},
    )[0][0]
    if same:
        return False
    session.execute("DELETE FROM customer_segments WHERE snapshot_date = ?", [day])
    session.execute(
        """
        INSERT INTO customer_segments (snapshot_date, platform, customer_key, segment_set, segment, version)
        SELECT ?, platform, customer_key, segment_set, segment, version FROM assigned
        ORDER BY segment_set, platform, customer_key""",
        [day],
    )
    return True


def _thin(session: Session, before: date) -> int:
    """Of snapshots older than `before` only the last of each month stays; returns rows removed."""
    gone = session.execute(
        """
        SELECT snapshot_date FROM (SELECT DISTINCT snapshot_date FROM customer_segments) AS days
        WHERE snapshot_date < $before
          AND snapshot_date <> (
            SELECT max(c.snapshot_date) FROM customer_segments c
            WHERE date_trunc('month', c.snapshot_date) = date_trunc('month', days.snapshot_date))""",
        {"before": before},
    )
    removed = 0
    for (day,) in gone:
        removed += session.execute("SELECT count(*) FROM customer_segments WHERE snapshot_date = ?", [day])[
            0
        ][0]
        session.execute("DELETE FROM customer_segments WHERE snapshot_date = ?", [day])
    return removed
