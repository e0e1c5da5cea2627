"""From the words of time in a question to one period, one comparison and one grain, with the defaults named."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from queries.ask.festive import festival_years
from queries.ask.when.festivals import resolve
from queries.ask.when.meaning import Clock, Festival, Grained, Period, Relative, TimeSpan, Vague, Versus
from queries.ask.when.periods import (
    DAY,
    add_months,
    elapsed_days,
    previous,
    relative,
    step,
    trailing,
    two_ends,
    year_ago,
)
from queries.query import Comparison, Grain, TimeRange

DEFAULT_DAYS = 30
NEAR = 5
"""Characters between "vs" and its period: "vs the last month"."""
_LAST_WHOLE = {"day": "day", "week": "week", "month": "month", "quarter": "quarter", "year": "year"}


@dataclass(frozen=True)
class Timing:
    """What the words of time come to; `problem` names what cannot be read."""

    time: TimeRange | None = None
    compare: Comparison | None = None
    grain: Grain | None = None
    defaults: tuple[str, ...] = ()
    problem: str = ""
    """`two_periods`, `two_dates`, `future`, `no_festival:<promo>`, `comparison`."""
    said: str = ""
    festival: bool = False
    vague: bool = False
    """Only 'lately' was said."""
    today: date | None = None


def read_timing(
    spans: list[TimeSpan],
    clock: Clock,
    *,
    platforms: tuple[str, ...] = (),
    growth: bool = False,
    trend: bool = False,
    share: bool = False,
) -> Timing:
    """Reads spans in the order of the text. `growth` asks for a comparison, `trend` for a grain."""
    if any(isinstance(s.meaning, Period) and s.meaning.others for s in spans):
        return Timing(problem="two_dates", today=clock.today)
    spans = festival_years(spans)
    resolved = _resolve(spans, clock, platforms)
    if isinstance(resolved, Timing):
        return resolved
    resolved = _shared_year(resolved)
    if growth and len(resolved) == 1 and resolved[0].ends and not any(isinstance(s.meaning, Grained) for s in spans):
        resolved = [replace(resolved[0], range=end, ends=()) for end in resolved[0].ends]
    periods, relatives = resolved, [s.meaning for s in spans if isinstance(s.meaning, Relative)]
    versus = any(isinstance(s.meaning, Versus) for s in spans)
    grains = list(dict.fromkeys(s.meaning.grain for s in spans if isinstance(s.meaning, Grained)))
    festival = any(isinstance(s.meaning, Festival) for s in spans)
    vague = any(isinstance(s.meaning, Vague) for s in spans)
    if len(grains) > 1:
        return Timing(problem="two_periods")
    base = Timing(
        grain=grains[0] if grains else None,
        festival=festival,
        vague=vague and not periods,
        today=clock.today,
        said=" ".join(p.range.said for p in periods),
    )
    placed = _place(periods, relatives, versus, growth, clock, base, spans)
    if placed.problem:
        return placed
    if placed.time is not None and _ahead(placed.time, clock):
        return replace(placed, problem="future")
    if placed.time is None and not placed.defaults:
        placed = _default(placed, clock)
    if placed.time is not None and _leaves_out_today(placed, clock):
        placed = replace(placed, defaults=(*placed.defaults, "days:trailing"))
    if trend and placed.grain is None and placed.time is not None:
        placed = replace(placed, grain=_grain_for(placed.time))
    return placed


def _ahead(time: TimeRange, clock: Clock) -> bool:
    """Tomorrow, the next 90 days: nothing of it has happened, or only today."""
    if time.start is None or time.start < clock.today:
        return False
    return time.start > clock.today or bool(time.end and time.end > clock.today + DAY)


def _leaves_out_today(timing: Timing, clock: Clock) -> bool:
    """ "last 7 days", 近30天 end with yesterday; the answer says so."""
    time = timing.time
    named = not any(default.startswith("period:") for default in timing.defaults)
    return bool(time and time.unit == "days" and time.end == clock.today and named)


def _shared_year(periods: list[Period]) -> list[Period]:
    """h1 vs h2 2025, 2025年9月和10月: a year said once is the year of both, unless that makes them the same."""
    if len(periods) != 2 or periods[0].explicit_year == periods[1].explicit_year:
        return periods
    said, bare = sorted(periods, key=lambda p: not p.explicit_year)
    start, end, year = bare.range.start, bare.range.end, said.range.start
    if start is None or end is None or year is None or bare.range.unit != said.range.unit:
        return periods
    months = (year.year - start.year) * 12
    moved = bare.range.model_copy(
        update={"start": add_months(start, months), "end": add_months(end, months), "to_date": False}
    )
    if months == 0 or moved.start == said.range.start:
        return periods
    return [replace(p, range=moved) if p is bare else p for p in periods]


def _resolve(spans: list[TimeSpan], clock: Clock, platforms: tuple[str, ...]) -> list[Period] | Timing:
    strong = [s for s in spans if isinstance(s.meaning, Period | Festival) and not s.meaning.weak]
    versus = any(isinstance(s.meaning, Versus) for s in spans)
    periods: list[Period] = []
    for span in spans:
        meaning = span.meaning
        if isinstance(meaning, Festival):
            if meaning.weak and strong and not versus:
                return Timing(problem="two_periods")
            found = resolve(meaning, clock, platforms)
            if found is None:
                return Timing(problem=f"no_festival:{meaning.promo}", said=meaning.said)
            periods.append(Period(found, explicit_year=meaning.year is not None))
        elif isinstance(meaning, Period):
            periods.append(meaning)
    return periods


def _place(
    periods: list[Period],
    relatives: list[Relative],
    versus: bool,
    growth: bool,
    clock: Clock,
    base: Timing,
    spans: list[TimeSpan],
) -> Timing:
    if len(periods) == 2 and not relatives:
        merged = None if versus else _nested(periods[0], periods[1])
        if merged:
            return _single(merged, relatives, versus, growth, clock, base)
        return _pair(periods[0].range, periods[1].range, versus or growth, clock, base)
    if len(periods) == 2:
        said_twice = _target_named(periods, relatives[0], clock)
        if said_twice:
            return _single(said_twice, relatives, False, growth, clock, base)
        merged = _nested(periods[0], periods[1])
        return (
            _single(merged, relatives, versus, growth, clock, base)
            if merged
            else replace(base, problem="two_periods")
        )
    if len(periods) > 2:
        return _several(periods, base)
    if periods:
        before = versus and not relatives and _versus_leads(spans)
        if before:
            return _against_only(periods[0].range, clock, base)
        return _single(periods[0].range, relatives, versus, growth, clock, base)
    if relatives:
        return _no_period(relatives[0], clock, base)
    if versus:
        return replace(base, problem="comparison")
    if growth:
        return _no_period(Relative("previous_period", "month"), clock, base)
    return base


def _target_named(periods: list[Period], how: Relative, clock: Clock) -> TimeRange | None:
    """本周环比上周: the second period only repeats what the first is compared with."""
    for main, other in ((periods[0].range, periods[1].range), (periods[1].range, periods[0].range)):
        target = year_ago(main) if how.kind == "year_ago" else previous(main, clock.week_start)
        if target and target.start == other.start and main.start and other.start and main.start > other.start:
            return main
    return None


def _versus_leads(spans: list[TimeSpan]) -> bool:
    """vs last month, 和上月比: the word of comparison stands at the period; "compare X in Q3" compares in it."""
    order = [s for s in sorted(spans, key=lambda s: s.start) if isinstance(s.meaning, Versus | Period | Festival)]
    led = len(order) > 1 and isinstance(order[0].meaning, Versus)
    return led and order[1].start - order[0].end <= NEAR


def _single(
    time: TimeRange, relatives: list[Relative], versus: bool, growth: bool, clock: Clock, base: Timing
) -> Timing:
    if not relatives:
        if versus:
            return replace(base, time=time, problem="comparison")
        ends = two_ends(time) if growth and not base.grain else None
        if ends:
            return _pair(*ends, True, clock, base)  # 从9月到10月涨了多少: the one beside the other
        if growth and base.grain:
            return _step_by_step(time, Relative("previous_period"), base)
        if growth:
            return _compared(time, Relative("previous_period"), clock, base, ("compare:previous_period",))
        return replace(base, time=time)
    kinds = {r.kind for r in relatives}
    if len(kinds) > 1:
        return replace(base, time=time, problem="comparison")
    if base.grain and relatives[0].kind == "previous_period" and relatives[0].unit in (None, base.grain):
        return _step_by_step(time, relatives[0], base)
    return _compared(time, relatives[0], clock, base, ())


def _step_by_step(time: TimeRange, how: Relative, base: Timing) -> Timing:
    """今年每个月环比: every month beside the month before it; a running month beside as many days."""
    if base.grain is None or time.start is None or time.end is None:
        return replace(base, time=time, problem="comparison")
    against = TimeRange(start=_shift(time.start, base.grain), end=_shift(time.end, base.grain))
    return replace(
        base,
        time=time,
        defaults=(*base.defaults, *(("compare:elapsed",) if time.to_date else ())),
        compare=Comparison(
            kind=how.kind, align="elapsed" if time.to_date else "calendar", against=against
        ),
    )


def _compared(
    time: TimeRange, how: Relative, clock: Clock, base: Timing, defaults: tuple[str, ...]
) -> Timing:
    if how.kind == "year_ago":
        against = year_ago(time)
    elif how.unit and time.unit == "day" and how.unit != "day" and time.start and time.end:
        against = TimeRange(
            start=_shift(time.start, how.unit), end=_shift(time.start, how.unit) + DAY, unit="day"
        )
    elif how.unit and time.unit in _LAST_WHOLE and time.unit != how.unit:
        return replace(base, time=time, problem="comparison")
    else:
        against = previous(time, clock.week_start)
    if against is None:
        return replace(base, time=time, problem="comparison")
    if time.to_date:
        defaults = (*defaults, "compare:elapsed")
    return replace(
        base,
        time=time,
        defaults=(*base.defaults, *defaults),
        compare=Comparison(kind=how.kind, align="elapsed" if time.to_date else "calendar", against=against),
    )


def _shift(day: date, unit: Grain) -> date:
    if unit in ("month", "quarter", "year"):
        return add_months(day, -{"month": 1, "quarter": 3, "year": 12}[unit])
    return day - timedelta(days=7 if unit == "week" else 1)


def _pair(first: TimeRange, second: TimeRange, compared: bool, clock: Clock, base: Timing) -> Timing:
    """Two named periods: the later one is the answer's, the earlier one stands beside it."""
    if None in (first.start, first.end, second.start, second.end):
        return replace(base, problem="two_periods")
    main, against = sorted((first, second), key=lambda r: (r.start, r.end), reverse=True)
    if (first.start, first.end) == (second.start, second.end):
        return _compared(first, Relative("previous_period"), clock, base, ())
    if {main.unit, against.unit} == {"festival", "year"}:
        return replace(base, problem="two_periods")  # a festival and a whole year are no comparison
    if not compared and main.unit != against.unit and "free" not in (main.unit, against.unit):
        return replace(base, problem="two_periods")  # last month and all of last year are no comparison
    if not compared:
        union = _union(against, main)
        if union and main.unit in _LAST_WHOLE and against.unit == main.unit:
            return replace(base, time=union, grain=base.grain or main.unit)  # type: ignore[arg-type]
    if compared and against.unit == "year" and main.unit in ("day", "week", "month", "quarter") and against.end:
        return _compared(main, Relative("year_ago"), clock, base, ())
    if main.start and against.end and main.start < against.end:
        return replace(base, problem="two_periods")
    before, earlier = previous(main, clock.week_start), year_ago(main)
    if main.to_date and before and against.start == before.start:
        return _compared(main, Relative("previous_period"), clock, base, ())
    if main.to_date and earlier and against.start == earlier.start:
        return _compared(main, Relative("year_ago"), clock, base, ())
    kind = "explicit"
    if before and (before.start, before.end) == (against.start, against.end):
        kind = "previous_period"
    elif earlier and (earlier.start, earlier.end) == (against.start, against.end):
        kind = "year_ago"
    if main.unit == "festival" and against.unit == "festival" and main.start and against.start:
        apart = abs((main.start - against.start).days - 365)
        kind = "same_festival_last_year" if apart <= 30 else "explicit"
    return replace(base, time=main, compare=Comparison(kind=kind, align="calendar", against=against))


def _several(periods: list[Period], base: Timing) -> Timing:
    ranges = sorted((p.range for p in periods), key=lambda r: (r.start is not None, r.start))
    union: TimeRange | None = ranges[0]
    for item in ranges[1:]:
        union = _union(union, item) if union else None
    unit = ranges[0].unit
    if union is None or unit not in _LAST_WHOLE or any(r.unit != unit for r in ranges):
        return replace(base, problem="two_periods")
    return replace(base, time=union, grain=base.grain or unit)  # type: ignore[arg-type]


def _union(earlier: TimeRange, later: TimeRange) -> TimeRange | None:
    if earlier.end is None or earlier.end != later.start:
        return None
    return TimeRange(
        start=earlier.start, end=later.end, said=f"{earlier.said} {later.said}", to_date=later.to_date
    )


def _nested(first: Period, second: Period) -> TimeRange | None:
    """去年 … 10月: a month without a year inside a named year is of that year."""
    for outer, inner in ((first, second), (second, first)):
        if outer.range.unit != "year" or inner.explicit_year or outer.range.start is None:
            continue
        start, end = inner.range.start, inner.range.end
        if inner.range.unit == "year" or start is None or end is None or inner.range.unit == "days":
            continue
        months = (outer.range.start.year - start.year) * 12
        return inner.range.model_copy(
            update={
                "start": add_months(start, months),
                "end": add_months(end, months),
                "said": f"{outer.range.said} {inner.range.said}",
                "to_date": inner.range.to_date and months == 0,
            }
        )
    return None


def _against_only(against: TimeRange, clock: Clock, base: Timing) -> Timing:
    """ "vs last month" with no other period: the running period of the same kind is meant."""
    if against.unit not in _LAST_WHOLE or against.start is None:
        return replace(base, problem="comparison")
    unit = against.unit
    main = relative(0, unit, "", clock.today, clock.week_start)  # type: ignore[arg-type]
    if against.to_date or step(against.start, unit, 1) != main.start:  # type: ignore[arg-type]
        return replace(base, problem="comparison")
    return _compared(main, Relative("previous_period"), clock, base, ("period:running",))


def _no_period(how: Relative, clock: Clock, base: Timing) -> Timing:
    if base.grain and how.kind == "previous_period" and how.unit in (None, base.grain):
        usual = _default(base, clock)
        if usual.time is not None:
            return _step_by_step(usual.time, how, usual)
    unit = how.unit or base.grain or "month"
    main = relative(-1, unit, "", clock.today, clock.week_start)
    return _compared(main, replace(how, unit=None), clock, base, (f"period:last_{unit}",))


def _default(timing: Timing, clock: Clock) -> Timing:
    counts = {"week": 12, "month": 12, "quarter": 4, "year": 3}
    if timing.grain in counts:
        count = counts[timing.grain]
        time = trailing(count, timing.grain, "", clock.today, clock.week_start)
        return replace(timing, time=time, defaults=(*timing.defaults, f"period:last_{count}_{timing.grain}s"))
    time = trailing(DEFAULT_DAYS, "day", "", clock.today)
    return replace(timing, time=time, defaults=(*timing.defaults, "period:last_30_days"))


def usual_for(timing: Timing, grain: Grain, clock: Clock) -> Timing:
    """The usual period for a grain that is ranked: the best month is one of the last twelve, not of 30 days."""
    if "period:last_30_days" not in timing.defaults or grain == "day":
        return timing
    kept = tuple(default for default in timing.defaults if default != "period:last_30_days")
    usual = _default(replace(timing, time=None, grain=grain, defaults=kept), clock)
    return replace(timing, time=usual.time, defaults=usual.defaults)


def _grain_for(time: TimeRange) -> Grain:
    days = elapsed_days(time)
    return "month" if not days or days > 120 else "week" if days > 45 else "day"
