"""What must be said beside a number: how fresh, how final, how complete, read how, hidden what."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from queries.compile.facts import FOLDED
from queries.compile.formula import is_ratio
from queries.model.load import names_in
from queries.model.types import Metric, Model
from queries.privacy.guards import fewer_than
from queries.query import MovementQuery, RegisterQuery, SemanticQuery
from queries.tell.defaults import read_as
from queries.tell.shapes import shape_caveats
from queries.tell.telling import Telling
from queries.tell.words import has, listed, number, say, span

PROVISIONAL_DAYS = 15
RETURN_WINDOW_DAYS = 30
HISTORY_DAYS = 365
UNKNOWN_BUYERS_FROM = Decimal("0.05")
BELOW_THE_ORDER = {"category", "brand", "product", "sku", "abc_class"}
SALES_GROUPS = {"sales", "orders", "refunds", "buyers", "margin"}


def wants_of(query: SemanticQuery, model: Model) -> set[str]:
    """Which side facts the query's caveats need."""
    metrics = [model.metrics[key] for key in (*query.metrics, *query.factors) if key in model.metrics]
    found: set[str] = set()
    if any(reads_sales(metric) for metric in metrics):
        found |= {"flagged", "unrated"}
    caveats = {key for metric in metrics for key in metric.caveats}
    if caveats & {"unknown_buyers", "not_deduplicated"}:
        found.add("unknown_buyers")
    if "attribution_window" in caveats:
        found.add("windows")
    if "market_context" in caveats:
        found.add("market")
    if "unshipped_beside" in caveats:
        found.add("unshipped")
    used = {*query.dimensions, *(f.dimension for f in query.filters)}
    if "segment_snapshot" in caveats or used & {"rfm", "lifecycle", "value_tier"}:
        found.add("snapshot")
    return found


def reads_sales(metric: Metric) -> bool:
    """Whether the metric counts orders, their goods or their refunds (and so leaves flagged ones out)."""
    if metric.formula == "segment_members" or metric.basis in ("settled", "platform_native"):
        return False
    return metric.group in SALES_GROUPS or bool({"goods", "orders", "units"} & set(names_in(metric.formula)))


def caveats(told: Telling) -> list[str]:
    """All caveats of an answer, the weightiest first."""
    if isinstance(told.query, RegisterQuery):
        return _of_register(told, told.query)
    found = [
        *_converted(told),
        *_premise(told, told.footing),
        *_hidden(told),
        *_coverage(told),
        *_reach(told, told.footing),
        *_left_out(told),
        *_of_metrics(told, told.footing),
        *(() if isinstance(told.query, SemanticQuery) else shape_caveats(told, told.query)),
    ]
    found += _of_change(told, told.footing) + _empty(told) + read_as(told)
    return list(dict.fromkeys(found))


def _say(told: Telling, key: str, **facts: object) -> str:
    return say("caveats", key, told.language, **facts)


def _converted(told: Telling) -> list[str]:
    """The rate that amounts were converted at, and its day."""
    if told.asides.rate is None:
        return []
    facts = {"currency": told.footing.currency, "base": told.base_currency, "day": told.asides.rate_day}
    rate = f"{told.asides.rate.normalize():f}"
    return [_say(told, "converted", rate=rate, **facts)]


# --- what was hidden


def _hidden(told: Telling) -> list[str]:
    if not told.compiled.guarded:
        return []
    found = []
    fewer = fewer_than(told.k, told.language)
    hidden = told.column("is_suppressed")
    if any(row[hidden] for row in told.rows):
        found.append(_say(told, "suppressed", fewer=fewer))
    if any(FOLDED in row for row in told.rows):
        found.append(_say(told, "folded", fewer=fewer))
    return found


def suppressed_cells(told: Telling) -> int:
    """How many rows a guard hid something in."""
    if not told.compiled.guarded:
        return 0
    hidden = told.column("is_suppressed")
    return sum(1 for row in told.rows if row[hidden])


def _coverage(told: Telling) -> list[str]:
    found = []
    for output in told.compiled.columns:
        if output.kind != "coverage":
            continue
        rule = told.model.metrics[output.key].coverage
        values = [row[told.column(output.name)] for row in told.rows]
        if len(values) != 1:
            if rule and any(value is not None and value < Decimal(rule.full_from) for value in values):
                found.append(_say(told, "coverage_rows"))
            continue
        value = values[0]
        if value is None or rule is None:
            continue
        key = (
            "coverage_full"
            if value >= Decimal(rule.full_from)
            else "coverage_part"
            if value >= Decimal(rule.shown_from)
            else "coverage_low"
        )
        found.append(_say(told, key, coverage=number(value, "ratio")))
    return found


# --- how far and how final


def _reach(told: Telling, query: SemanticQuery) -> list[str]:
    time, found = query.time, []
    start, last = (time.start, time.last_day) if time else (None, None)
    earlier = query.compare.against.start if query.compare and query.compare.against else None
    start = min(filter(None, (start, earlier)), default=None)
    last = min(last or told.clock.today, told.clock.today)
    sales = any(reads_sales(metric) for metric in told.metrics)
    found += [_say(told, "never_synced", platform=platform_name(told, p)) for p in without_shop(told)]
    for reach in told.asides.reaches if sales else ():
        platform = platform_name(told, reach.platform)
        if reach.data_through is None:
            found.append(_say(told, "never_synced", platform=platform))
        elif reach.data_through < min(last, told.clock.today - timedelta(days=1)):
            found.append(_say(told, "stale", platform=platform, day=reach.data_through))
        if start and reach.history_from and reach.history_from > start:
            found.append(_say(told, "history", platform=platform, day=reach.history_from))
    if last == told.clock.today and sales and time and time.end:
        found.append(_say(told, "running", day=told.clock.today))
    if any(metric.provisional for metric in told.metrics) and last > told.clock.today - timedelta(
        days=PROVISIONAL_DAYS
    ):
        found.append(_say(told, "provisional"))
    return found


def named_platforms(told: Telling) -> list[str]:
    filters = [f for f in told.footing.filters if f.dimension == "platform" and f.op == "in"]
    return [platform for given in filters for platform in given.values]


def without_shop(told: Telling) -> list[str]:
    here = told.asides.platforms
    return [p for p in named_platforms(told) if p not in here] if here else []


def platform_name(told: Telling, platform: str) -> str:
    known = told.model.dimensions["platform"].values.get(platform)
    return (known.zh if told.language == "zh" else known.en)[0] if known else platform


def _left_out(told: Telling) -> list[str]:
    asides, found = told.asides, []
    if asides.unrated:
        found.append(_say(told, "unrated", count=asides.unrated))
    if asides.late_rates:
        found.append(_say(told, "late_rates", count=asides.late_rates, day=asides.rates_through))
    if asides.flagged:
        amount = number(asides.flagged_amount, told.base_currency)
        found.append(_say(told, "flagged", count=asides.flagged, amount=amount))
    return found


# --- what belongs to the metric


def _of_metrics(told: Telling, query: SemanticQuery) -> list[str]:
    found: list[str] = []
    for key in dict.fromkeys(key for metric in told.metrics for key in metric.caveats):
        found += _of_metric(told, query, key)
    if told.asides.snapshot_day and "segment_customers" not in query.metrics:
        found.append(_say(told, "segment_split", day=told.asides.snapshot_day))
    if "hour" in (*query.dimensions, *(f.dimension for f in query.filters)):
        found.append(_say(told, "hours"))
    if query.base and query.compare:
        both = told.model.metrics[query.metrics[0]].unit == "ratio"
        facts = {"what": told.model.metrics[query.base.metric].label(told.language), "count": query.base.at_least}
        earlier = span(query.compare.against, told.language)
        found.append(_say(told, "base_both" if both else "base", earlier=earlier, **facts))
    if query.per and query.per != "session":
        found.append(_say(told, "average_days"))
    if query.compare:
        outputs = [o.name for o in told.compiled.columns if o.kind == "change_ratio"]
        befores = [told.column(name.replace("_change_ratio", "_before")) for name in outputs]
        if any(
            row[told.column(name)] is None and row[b] is not None
            for row in told.rows
            for name, b in zip(outputs, befores, strict=True)
        ):
            found.append(_say(told, "incomparable"))
    if isinstance(told.query, SemanticQuery) and len(told.rows) > 1 and _counted_in_several_rows(told, query):
        found.append(_say(told, "mixed_levels"))
    return found


def _counted_in_several_rows(told: Telling, query: SemanticQuery) -> bool:
    """Buyers over anything but platforms, orders over parts of an order."""
    metrics = [metric for metric in told.metrics if metric.unit == "count"]
    if any(metric.additivity == "none" for metric in metrics):
        return bool(set(query.dimensions) - {"platform"})
    orders = any(
        told.model.measures[name].aggregate == "count"
        for metric in metrics
        if reads_sales(metric)
        for name in names_in(metric.formula)
    )
    return orders and bool(set(query.dimensions) & BELOW_THE_ORDER)


def _of_metric(told: Telling, query: SemanticQuery, key: str) -> list[str]:
    asides, today = told.asides, told.clock.today
    days = (
        (query.time.end - query.time.start).days if query.time and query.time.start and query.time.end else 2
    )
    if key == "history_bias":
        return _history_bias(told, query)
    if key == "unknown_buyers" or (key == "not_deduplicated" and asides.unknown_buyers is not None):
        share = asides.unknown_buyers
        known = (
            []
            if share is None or share <= UNKNOWN_BUYERS_FROM
            else [_say(told, "unknown_buyers", share=number(share, "ratio"))]
        )
        return known + ([_say(told, key)] if key == "not_deduplicated" and _many_platforms(told) else [])
    if key == "not_deduplicated" and not _many_platforms(told):
        return []
    if key == "daily_people" and (
        days <= 1 or query.grain == "day" or all(is_ratio(m) for m in told.metrics)
    ):
        return []
    if key == "attribution_window":
        return [_say(told, key, windows=", ".join(asides.windows))] if asides.windows else []
    if key == "refunds_may_rise":
        edge = today - timedelta(days=RETURN_WINDOW_DAYS)
        return (
            [_say(told, key, day=edge)]
            if not query.time or not query.time.end or query.time.end > edge
            else []
        )
    if key == "segment_snapshot" and isinstance(told.query, MovementQuery):
        return []  # the sentence names both days
    if key == "market_context":
        return _of_market(told)
    if key == "synced_history":
        begins = [reach.history_from for reach in asides.reaches if reach.history_from]
        return [_say(told, key, day=min(begins))] if begins else []
    if key == "segment_snapshot":
        return [_say(told, key, day=asides.snapshot_day)] if asides.snapshot_day else []
    if key == "unshipped_beside":
        return [_say(told, key, count=asides.unshipped)] if asides.unshipped is not None else []
    if key == "costs_known":
        return []
    return [_say(told, key)] if has("caveats", key) else []


def _of_market(told: Telling) -> list[str]:
    """How far the official figures reach, why our own growth may be blank, and what the comparison is not."""
    found = [_say(told, "market_context", year=told.asides.market_through)]
    names = [output.name for output in told.compiled.columns]
    own = [row[names.index("own_growth")] for row in told.rows] if "own_growth" in names else [0]
    if not own or None in own:
        begins = [reach.history_from for reach in told.asides.reaches if reach.history_from]
        found.append(_say(told, "own_growth_unknown", day=min(begins)) if begins else "")
    return [text for text in found if text]


def _many_platforms(told: Telling) -> bool:
    return len(told.asides.reaches) > 1


def _history_bias(told: Telling, query: SemanticQuery) -> list[str]:
    start = query.time.start if query.time else None
    if start is None:
        return []
    return [
        _say(told, "history_bias", platform=platform_name(told, reach.platform), day=reach.history_from)
        for reach in told.asides.reaches
        if reach.history_from and (start - reach.history_from).days < HISTORY_DAYS
    ]


# --- what belongs to a change


def _premise(told: Telling, query: SemanticQuery) -> list[str]:
    """That it went the other way than the question supposes."""
    if query.change not in ("parts", "factors", "mix") or not told.rows:
        return []
    change = told.rows[0][told.column("whole_change")]
    supposed = {d.partition(":")[2] for d in told.defaults if d.startswith("premise:")}
    if change is None or not ((change > 0 and "down" in supposed) or (change < 0 and "up" in supposed)):
        return []
    return [_say(told, "rose_instead" if change > 0 else "fell_instead")]


def _parts_unknown(told: Telling, query: SemanticQuery) -> bool:
    """Whether a part is in neither sum: not synced in one period, or too few persons to be shown."""
    change = told.column(f"{query.metrics[0]}_change")
    return suppressed_cells(told) > 0 or any(row[change] is None for row in told.rows)


def _of_change(told: Telling, query: SemanticQuery) -> list[str]:
    """That it is arithmetic and no cause, and how else the change can be split."""
    if query.change not in ("parts", "factors", "mix") or not told.rows:
        return []
    found = [_say(told, "arithmetic"), *([_say(told, "mix")] if query.change == "mix" else [])]
    if query.change == "parts" and _parts_unknown(told, query):
        found.append(_say(told, "sum_of_shown"))
    if query.change == "factors" and any(row[told.column("due")] is None for row in told.rows):
        found.append(_say(told, "stages"))
    driver = told.model.drivers.get(query.metrics[0])
    if driver:
        fixed = {f.dimension for f in query.filters if f.op == "in" and len(f.values) == 1}
        others = [key for key in driver.parts if key not in {*query.dimensions, *fixed}]
        names = [told.model.dimensions[key].label(told.language) for key in others]
        if query.change == "parts" and driver.trees:
            names.append(say("words", "factor", told.language))
        if names:
            found.append(_say(told, "other_parts", names=listed(names, told.language), first=names[0]))
    return found


# --- how it was read


def _empty(told: Telling) -> list[str]:
    said = isinstance(told.query, MovementQuery) or told.footing.change == "ranks" or told.asides.market_through
    if told.rows or said:
        return []
    return [_say(told, "emptied", filter=told.emptied_by) if told.emptied_by else _say(told, "nothing")]


# --- registers


def _of_register(told: Telling, query: RegisterQuery) -> list[str]:
    register = told.model.registers[query.register_name]
    found = []
    if told.compiled.guarded and any(row[told.column("is_suppressed")] for row in told.rows):
        found.append(_say(told, "suppressed", fewer=fewer_than(told.k, told.language)))
    if register.manual:
        found.append(_say(told, "manual"))
    names = [output.name for output in told.compiled.columns]
    if "enforced_by" in names:
        by_people = sum(1 for row in told.rows if row[names.index("enforced_by")] == "manual")
        if by_people:
            found.append(_say(told, "not_enforced", count=by_people))
    return found
