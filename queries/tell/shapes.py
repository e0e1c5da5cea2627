"""Grids, funnels and movements in words: the sentence, what must be said beside it, and how its cells are laid out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from queries.answer import Grid
from queries.compile.movements import GONE, NOT_YET
from queries.compile.shaped import RATE
from queries.query import (
    AbsentQuery,
    CohortQuery,
    ConcentrationQuery,
    FunnelQuery,
    MovementQuery,
    PaybackQuery,
    SemanticQuery,
    ShapedQuery,
    TimeRange,
)
from queries.tell.absences import absence_caveats, absence_sentence
from queries.tell.columns import shown
from queries.tell.concentrations import concentration_caveats, concentration_sentence
from queries.tell.scope import scope_words
from queries.tell.telling import Telling
from queries.tell.words import listed, number, say, span


def shape_sentence(told: Telling, query: ShapedQuery) -> str:
    """The one sentence of a shaped answer.

    >>> shape_sentence(retention_of_the_last_six_months)
    'retention rate of buyers by month of first purchase, 2026-05 to 2026-10: 6 cohorts; of the 419 buyers of ...'
    """
    if isinstance(query, CohortQuery):
        return _cohorts(told, query)
    if isinstance(query, PaybackQuery):
        return _payback(told, query)
    if isinstance(query, AbsentQuery):
        return absence_sentence(told, query)
    if isinstance(query, ConcentrationQuery):
        return concentration_sentence(told, query)
    return _funnel(told, query) if isinstance(query, FunnelQuery) else _movement(told, query)


def grid_of(query: object) -> Grid | None:
    """Which columns of a shaped answer run down and along."""
    if isinstance(query, CohortQuery) and not query.dimensions:
        told = "retention_rate" if query.measure == "retention" else "cohort_value"
        return Grid(down="cohort_month", along="month_no", value=told, beside="cohort_members")
    if isinstance(query, MovementQuery) and not (query.leaving and query.entering):
        return Grid(down="from_segment", along="to_segment", value="segment_customers")
    return None


def period_of(query: SemanticQuery | ShapedQuery) -> TimeRange | None:
    """The period an answer names: of a movement, from the one date to the other."""
    if isinstance(query, MovementQuery):
        return TimeRange(start=query.earlier, end=query.later + timedelta(days=1))
    return query.time


def shape_caveats(told: Telling, query: ShapedQuery) -> list[str]:
    """What belongs to the shape: a month that still runs, stages nobody delivers, the days of the snapshots."""
    if isinstance(query, CohortQuery):
        return _running(told)
    if isinstance(query, PaybackQuery):
        return []
    if isinstance(query, AbsentQuery):
        return absence_caveats(told, query)
    if isinstance(query, ConcentrationQuery):
        return concentration_caveats(told, query)
    return _undelivered(told) if isinstance(query, FunnelQuery) else _snapshots(told, query)


# --- cohorts


def _cohorts(told: Telling, query: CohortQuery) -> str:
    value = "retention_rate" if query.measure == "retention" else "cohort_value"
    what = told.model.metrics[value].label(told.language)
    scope = scope_words(told, query.filters)
    if not told.rows:
        return say(
            "sentence",
            "empty",
            told.language,
            what=what,
            by="",
            scope=scope,
            period=_period(told, query.time),
        )
    month, no, size, at = (told.column(key) for key in ("cohort_month", "month_no", "cohort_members", value))
    months = sorted({row[month] for row in told.rows})
    after = [row for row in told.rows if row[no] == 1 and row[at] is not None and not query.dimensions]
    lead = ""
    if after:
        last = after[-1]
        lead = say(
            "sentence",
            f"cohorts_lead_{query.measure}",
            told.language,
            size=number(last[size], "count"),
            cohort=f"{last[month]:%Y-%m}",
            value=number(last[at], told.compiled.columns[at].unit, told.language),
        )
    return say(
        "sentence",
        "cohorts",
        told.language,
        what=what,
        scope=scope,
        first=f"{months[0]:%Y-%m}",
        last=f"{months[-1]:%Y-%m}",
        cohorts=len(months),
        lead=lead,
    )


def _running(told: Telling) -> list[str]:
    month = told.column("cohort_month")
    running = told.clock.today.replace(day=1)
    if not any(row[month] == running for row in told.rows):
        return []
    return [say("caveats", "running_cohort", told.language, month=f"{running:%Y-%m}")]


# --- funnels


def _funnel(told: Telling, query: FunnelQuery) -> str:
    what = told.model.funnels[query.funnel].label(told.language)
    facts = {"what": what, "scope": scope_words(told, query.filters), "period": _period(told, query.time)}
    leads = [_funnel_lead(told, key, rows) for key, rows in _funnels(told).items() if len(rows) > 1]
    if not leads:
        return say("sentence", "empty", told.language, by="", **facts)
    return say("sentence", "funnel", told.language, lead=leads[0], **facts)


def _funnels(told: Telling) -> dict[tuple[Any, ...], list[tuple[Any, ...]]]:
    """The stages of each funnel, the funnel with the most at its first stage in front."""
    at = told.column("stage")
    found: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for row in told.rows:
        found.setdefault(row[:at], []).append(row)
    return dict(sorted(found.items(), key=lambda item: -item[1][0][at + 1]))


def _funnel_lead(told: Telling, key: tuple[Any, ...], rows: list[tuple[Any, ...]]) -> str:
    """The stages in a row, each with its part of the one before: "1,230 visitors, 140 ... (11.38%)"."""
    at = told.column("stage")
    words = []
    for row in rows:
        facts = {
            "stage": told.model.metrics[row[at]].label(told.language),
            "amount": number(row[at + 1], "count"),
        }
        step = "" if row[at + 2] is None else f" ({number(row[at + 2], 'ratio')})"
        words.append(say("sentence", "funnel_stage", told.language, step=step, **facts))
    place = say("sentence", "funnel_by", told.language, name=" / ".join(_names(told, key))) if key else ""
    return place + say("sentence", "funnel_arrow", told.language).join(words)


def _names(told: Telling, key: tuple[Any, ...]) -> list[str]:
    outputs = told.compiled.columns[: len(key)]
    return [
        str(shown(value, told.model.dimensions[output.key].values, told.language))
        for value, output in zip(key, outputs, strict=True)
        if value is not None
    ]


def _undelivered(told: Telling) -> list[str]:
    """Stages that a funnel lacks or widens at, and platforms in question that have no funnel at all."""
    at, found = told.column("stage"), []
    if any(row[at + 2] is not None and row[at + 2] > 1 for row in told.rows):
        found.append(say("caveats", "widens", told.language))
    for key, rows in _funnels(told).items():
        lacking = [stage for stage in told.footing.metrics if stage not in {row[at] for row in rows}]
        if lacking and rows:
            stages = listed(
                [told.model.metrics[stage].label(told.language) for stage in lacking], told.language
            )
            platform = " / ".join(_names(told, key)) or scope_words(told, told.footing.filters).strip(" ()")
            found.append(say("caveats", "not_delivered", told.language, platform=platform, stages=stages))
    if any(output.key == "platform" for output in told.compiled.columns[:at]):
        found += _without_traffic(told)
    return found


def _without_traffic(told: Telling) -> list[str]:
    at = next(n for n, output in enumerate(told.compiled.columns) if output.key == "platform")
    present = {row[at] for row in told.rows}
    values = told.model.dimensions["platform"].values
    absent = [
        str(shown(reach.platform, values, told.language))
        for reach in told.asides.reaches
        if reach.platform not in present
    ]
    if not absent:
        return []
    return [say("caveats", "no_traffic", told.language, platforms=listed(absent, told.language))]


# --- movements


def _movement(told: Telling, query: MovementQuery) -> str:
    facts: dict[str, object] = {"scope": scope_words(told, query.filters)}
    if not told.rows:
        return say("sentence", "movement_empty", told.language, earlier=query.earlier, later=query.later)
    at, share = told.column("segment_customers"), told.column("share_of_from")
    earlier, later = _days(told)
    facts |= {"earlier": earlier, "later": later}
    if query.as_rate:
        return _movement_rate(told, query, facts)
    one = bool(query.leaving and query.entering)
    moved = [row for row in told.rows if row[at] is not None and (one or _has_moved(row))]
    if not moved:
        facts["lead"] = say("sentence", "movement_none", told.language)
        what = told.model.dimensions[query.segments].label(told.language)
        return say("sentence", "movement", told.language, what=what, **facts)
    row = max(moved, key=lambda item: item[at])
    named = {"start": _segment(told, query, row[0]), "end": _segment(told, query, row[1])}
    figures = {"value": number(row[at], "count"), "share": number(row[share], "ratio")}
    if one and len(moved) == 1:
        return say("sentence", "movement_one", told.language, **facts, **named, **figures)
    lead = say("sentence", "movement_lead", told.language, **named, **figures)
    what = told.model.dimensions[query.segments].label(told.language)
    return say("sentence", "movement", told.language, what=what, lead=lead, **facts)


def _movement_rate(told: Telling, query: MovementQuery, facts: dict[str, object]) -> str:
    """The churn rate: of those who were active or cooling at the one date, how many had lapsed at the other."""
    moved, left, share = (told.rows[0][told.column(name)] for name in RATE)
    if share is None:
        facts |= {"what": say("words", "churn", told.language), "lead": say("sentence", "movement_none", told.language)}
        return say("sentence", "movement", told.language, **facts)
    sides = [[_segment(told, query, key) for key in side] for side in (query.leaving, query.entering)]
    start, end = (listed(side, told.language) for side in sides)
    facts |= {"start": start, "end": end, "value": number(moved, "count"), "left": number(left, "count")}
    return say("sentence", "movement_rate", told.language, share=number(share, "ratio"), **facts)


def _has_moved(row: tuple[Any, ...]) -> bool:
    return bool(row[0] != row[1] and row[0] != NOT_YET and row[1] != GONE)


def _segment(told: Telling, query: MovementQuery, code: str) -> str:
    if code in (NOT_YET, GONE):
        return say("words", "not_yet" if code == NOT_YET else "gone", told.language)
    return str(shown(code, told.model.dimensions[query.segments].values, told.language))


def _days(told: Telling) -> tuple[date, date]:
    row = told.rows[0]
    return row[told.column("earlier_day")], row[told.column("later_day")]


def _snapshots(told: Telling, query: MovementQuery) -> list[str]:
    if not told.rows:
        return []
    found = [say("caveats", "churn", told.language, k=told.k)] if query.as_rate else []
    earlier, later = _days(told)
    if (earlier, later) == (query.earlier, query.later):
        return found
    return [*found, say("caveats", "movement_days", told.language, earlier=earlier, later=later)]


# --- payback


def _payback(told: Telling, query: PaybackQuery) -> str:
    what = told.model.metrics["cac_payback_days"].label(told.language)
    facts = {"what": what, "scope": scope_words(told, query.filters), "period": _period(told, query.time)}
    leads = [lead for row in told.rows if (lead := _payback_lead(told, row))]
    if not leads:
        return say("sentence", "unknown", told.language, **facts)
    return say("sentence", "payback", told.language, lead="; ".join(leads[:3]), **facts)


def _payback_lead(told: Telling, row: tuple[Any, ...]) -> str:
    """One cohort: the day that paid, or how long it has been watched; nothing where no CAC is known."""
    outputs = {output.name: (n, output.unit) for n, output in enumerate(told.compiled.columns)}
    at = outputs["cac_payback_days"][0]
    figures = {name: row[place] for name, (place, _) in outputs.items()}
    if figures["cac"] is None or figures["value_by_then"] is None:
        return ""
    place = say("sentence", "funnel_by", told.language, name=" / ".join(_names(told, row[:at]))) if at else ""
    facts = {
        "cac": number(figures["cac"], outputs["cac"][1]),
        "value": number(figures["value_by_then"], outputs["value_by_then"][1]),
        "days": number(figures["cac_payback_days"], "days", told.language),
        "observed": number(figures["observed_days"], "days", told.language),
    }
    key = "payback_open" if figures["cac_payback_days"] is None else "payback_reached"
    return say("sentence", key, told.language, place=place, **facts)


def _period(told: Telling, time: TimeRange | None) -> str:
    text = span(time, told.language)
    return f", {text}" if told.language == "en" else f"{text} "
