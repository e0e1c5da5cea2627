"""Buyers between segments at two dates, under the group-size rule.

Each date stands for the last snapshot up to it. The table has one row per pair of segments; both of its margins are
known from other questions (how many were in a segment), so a cell that could be had by subtraction is hidden too:
small cells, then the next smallest in every row and column whose hidden buyers are fewer than k together.
"""

from __future__ import annotations

from datetime import date

from sqlglot import exp

from queries.compile.fragments import fragment, literal
from queries.compile.scope import Scope
from queries.query import Filter, MovementQuery

NOT_YET, GONE = "(not yet)", "(gone)"
"""Codes for buyers without a segment at the earlier date (no purchase yet), and at the later one (erased)."""
SIDES = ("from_segment", "to_segment")
PASSES = ("from_segment", "to_segment", "from_segment", "to_segment")


def movement(query: MovementQuery, scope: Scope) -> exp.Select:
    """Rows of (from, to, customers, share of those it left), the two days, and whether anything is hidden.

    No row at all means that there are no two snapshots; a row without customers that the asked ones are too few.
    """
    k = str(scope.k)
    select = fragment(
        """SELECT from_segment, to_segment,
          CASE WHEN NOT hidden THEN persons END AS segment_customers,
          CASE WHEN NOT hidden THEN round(CAST(CAST(persons AS HUGEINT) * 100000000 // of_segment
            AS DECIMAL(30, 0)) * 0.00000001, 6) END AS share_of_from,
          earlier_day, later_day, some_hidden AS is_suppressed
        FROM snapshot_days CROSS JOIN looks LEFT JOIN shown ON TRUE
        WHERE earlier_day < later_day
        ORDER BY segment_customers DESC NULLS LAST, from_segment NULLS LAST, to_segment NULLS LAST"""
    )
    assert isinstance(select, exp.Select)
    steps = {"snapshot_days": _days(query), **_members(query), "moves": _moves(), "hidden_0": _small(k)}
    for n, side in enumerate(PASSES):
        steps[f"hidden_{n + 1}"] = _hidden_too(f"hidden_{n}", side, k)
    steps["safe"] = _safe(f"hidden_{len(PASSES)}", k)
    steps["shown"] = " AND ".join(["SELECT * FROM safe WHERE NOT hidden", *_kept(query)])
    steps["looks"] = "SELECT coalesce(bool_or(hidden), TRUE) AS some_hidden FROM safe"
    if query.as_rate:
        steps["totals"] = _totals(query, k)
        select = select.select("moved_total", "left_total", "moved_share").join("totals", join_type="cross")
    for name, step in steps.items():
        select = select.with_(name, as_=fragment(step))
    return select


def _totals(query: MovementQuery, k: str) -> str:
    """How many of those who were in one of the segments went where it is asked, of the moves that are shown: few and
    none stay alike."""
    left, went = (", ".join(map(_sql, kept)) for kept in (query.leaving, query.entering))
    meant = f"from_segment IN ({left}) AND to_segment IN ({went})"
    whole = f"sum(CASE WHEN from_segment IN ({left}) THEN persons END)"
    return f"""SELECT moved_total, left_total, CASE WHEN left_total > 0 THEN round(CAST(CAST(moved_total AS HUGEINT)
      * 100000000 // left_total AS DECIMAL(30, 0)) * 0.00000001, 6) END AS moved_share
    FROM (SELECT
      CASE WHEN {whole} >= {k} THEN sum(CASE WHEN {meant} AND NOT hidden THEN persons END) END AS moved_total,
      CASE WHEN {whole} >= {k} THEN {whole} END AS left_total FROM safe) AS summed"""


def _kept(query: MovementQuery) -> list[str]:
    """The asked segments on either side, as conditions; who came or went has not stayed."""
    sides = zip(SIDES, (query.leaving, query.entering), strict=True)
    found = [f"{side} IN ({', '.join(map(_sql, kept))})" for side, kept in sides if kept]
    return [*found, "from_segment <> to_segment"] if bool(query.leaving) != bool(query.entering) else found


def population(query: MovementQuery) -> str:
    """The distinct buyers the movement is about, for the overlap alarm."""
    text = " AND ".join(["SELECT DISTINCT platform, customer_key FROM members WHERE TRUE", *_kept(query)])
    select = fragment(text)
    assert isinstance(select, exp.Select)
    steps = {"snapshot_days": _days(query), **_members(query)}
    for name, step in steps.items():
        select = select.with_(name, as_=fragment(step))
    return select.sql(dialect="duckdb")


def _days(query: MovementQuery) -> str:
    def last(day: date) -> str:
        return (
            f"(SELECT max(snapshot_date) FROM customer_segments WHERE segment_set = {_sql(query.segments)}"
            f" AND snapshot_date <= {literal(day).sql(dialect='duckdb')})"
        )

    return f"SELECT {last(query.earlier)} AS earlier_day, {last(query.later)} AS later_day"


def _members(query: MovementQuery) -> dict[str, str]:
    """Who was where at either date. Without two different snapshots nobody has moved, and nothing is told."""
    scope = " AND ".join(["TRUE", *(_platforms(given) for given in query.filters)])

    def at(day: str) -> str:
        return (
            "SELECT platform, customer_key, segment FROM customer_segments CROSS JOIN snapshot_days"
            f" WHERE segment_set = {_sql(query.segments)} AND snapshot_date = {day}"
            f" AND earlier_day < later_day AND {scope}"
        )

    members = f"""SELECT coalesce(e.platform, l.platform) AS platform, coalesce(e.customer_key, l.customer_key)
          AS customer_key, coalesce(e.segment, '{NOT_YET}') AS from_segment, coalesce(l.segment, '{GONE}') AS to_segment
        FROM earlier AS e FULL JOIN later AS l ON l.platform = e.platform AND l.customer_key = e.customer_key"""
    return {"earlier": at("earlier_day"), "later": at("later_day"), "members": members}


def _platforms(given: Filter) -> str:
    values = ", ".join(_sql(value) for value in given.values)
    return f"CAST(platform AS VARCHAR) {'NOT IN' if given.op == 'not_in' else 'IN'} ({values})"


def _moves() -> str:
    return (
        "SELECT from_segment, to_segment, count(*) AS persons,"
        " sum(count(*)) OVER (PARTITION BY from_segment) AS of_segment FROM members GROUP BY from_segment, to_segment"
    )


def _small(k: str) -> str:
    return f"SELECT *, persons < {k} AS hidden FROM moves"


def _hidden_too(source: str, side: str, k: str) -> str:
    """The next smallest of every row or column whose hidden buyers are fewer than k together."""
    other = SIDES[1 - SIDES.index(side)]
    return f"""SELECT from_segment, to_segment, persons, of_segment, hidden OR (
          sum(CASE WHEN hidden THEN persons ELSE 0 END) OVER (PARTITION BY {side}) BETWEEN 1 AND {k} - 1
          AND row_number() OVER (PARTITION BY {side}, hidden ORDER BY persons, {other}) = 1) AS hidden
        FROM {source}"""


def _safe(source: str, k: str) -> str:
    """The last look: where a row or column that shows something gives fewer than k away, nothing is shown.

    A row that is hidden as a whole gives nothing away: its sum is a segment under k, which nobody is told either.
    """
    looks = " OR ".join(
        f"(sum(CASE WHEN hidden THEN persons ELSE 0 END) OVER (PARTITION BY {side}) BETWEEN 1 AND {k} - 1"
        f" AND NOT bool_and(hidden) OVER (PARTITION BY {side}))"
        for side in SIDES
    )
    return (
        "SELECT from_segment, to_segment, persons, of_segment, hidden OR bool_or(leaks) OVER () AS hidden"
        f" FROM (SELECT *, {looks} AS leaks FROM {source}) AS looked"
    )


def _sql(value: str) -> str:
    return literal(value).sql(dialect="duckdb")
