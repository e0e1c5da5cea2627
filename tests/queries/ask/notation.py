"""The short notation of the story tables: `m=gmv d=platform t=lastmonth`, and comparing a reading with it."""

from __future__ import annotations

import re
from pathlib import Path

from queries.query import (
    AbsentQuery,
    Answerable,
    Clarify,
    CohortQuery,
    ConcentrationQuery,
    Filter,
    MovementQuery,
    Reading,
    Refuse,
    RegisterQuery,
    SemanticQuery,
    ShapedQuery,
)

PERIODS = {
    "today": "2026-11-24..2026-11-25",
    "yesterday": "2026-11-23..2026-11-24",
    "lastweek": "2026-11-16..2026-11-23",
    "thismonth": "2026-11-01..2026-11-25",
    "lastmonth": "2026-10-01..2026-11-01",
    "oct": "2026-10-01..2026-11-01",
    "sep": "2026-09-01..2026-10-01",
    "aug": "2026-08-01..2026-09-01",
    "q3": "2026-07-01..2026-10-01",
    "lastquarter": "2026-07-01..2026-10-01",
    "thisyear": "2026-01-01..2026-11-25",
    "lastyear": "2025-01-01..2026-01-01",
    "d7": "2026-11-17..2026-11-24",
    "d30": "2026-10-25..2026-11-24",
    "618": "2026-05-31..2026-06-21",
}
_TABLES = ("en", "zh", "fresh", "plain", "shapes", "spoken", "speech", "strangers_zh", "colleagues", "settings")
STORIES = tuple(f"stories_{name}.txt" for name in _TABLES)
OPS = {"gt": ">", "ge": ">=", "lt": "<", "le": "<=", "eq": "="}


def stories(name: str) -> list[tuple[str, str]]:
    """(question, expectation) rows of a table beside this file."""
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    rows = [line.rpartition(" => ") for line in lines if line.strip() and not line.startswith("#")]
    return [(question.strip(), expected.strip()) for question, _, expected in rows]


def written(reading: Reading) -> str:
    """A reading in the notation of the tables."""
    if isinstance(reading, Clarify):
        return "Clarify"
    if isinstance(reading, Refuse):
        shown = reading.show
        return "Refuse" + (f" show={shown.register_name}" if isinstance(shown, RegisterQuery) else "")
    assert isinstance(reading, Answerable)
    query = reading.query
    if not isinstance(query, SemanticQuery | RegisterQuery):
        parts = _shape(query)
    elif isinstance(query, RegisterQuery):
        parts = [
            ("R", query.register_name),
            ("cond", ",".join(query.conditions)),
            ("by", ",".join(query.count_by or ())),
            ("f", _filters(query.filters)),
            ("topic", query.topic),
            ("col", ",".join(query.columns)),
            ("due", _due(query)),
        ]
    else:
        against = query.compare.against if query.compare else None
        top = query.top_per_group
        parts = [
            ("m", ",".join(query.metrics)),
            ("d", ",".join(query.dimensions)),
            ("f", _filters(query.filters)),
            ("t", f"{query.time.start}..{query.time.end}" if query.time else ""),
            ("g", query.grain or ""),
            ("c", f"{against.start}..{against.end}" if against else ""),
            ("s", query.share_of or ""),
            ("o", ("-" if query.order[0].descending else "+") + query.order[0].by if query.order else ""),
            ("l", str(query.limit or "")),
            ("k", query.change or ""),
            ("a", query.per or ""),
            ("q", query.against or ""),
            ("u", query.currency or ""),
            ("w", f"{'-' if query.among.descending else '+'}{query.among.n}@{query.among.by}" if query.among else ""),
            ("b", f"{query.base.metric}>={query.base.at_least}" if query.base else ""),
            ("p", f"{top.n}@{','.join(top.within)}" if top else ""),
            ("h", ",".join(f"{h.metric}{OPS[h.op]}{format(h.value.normalize(), 'f')}" for h in query.having)),
        ]
    return " ".join(f"{key}={value}" for key, value in parts if value)


def _due(query: RegisterQuery) -> str:
    return f"{query.time_field}@{query.time.start}..{query.time.end}" if query.time_field and query.time else ""


def _filters(given: tuple[Filter, ...]) -> str:
    return ";".join(
        sorted(
            ("!" if f.op == "not_in" else "") + f"{f.dimension}:{OPS.get(f.op, '')}{'+'.join(f.values)}"
            for f in given
        )
    )


def _shape(query: ShapedQuery) -> list[tuple[str, str]]:
    """C=retention, F=shop, M=lifecycle with what each of them has."""
    if isinstance(query, MovementQuery):
        moved = f"{'+'.join(query.leaving) or '*'}>{'+'.join(query.entering) or '*'}"
        time = f"{query.earlier}..{query.later}"
        rate = ":rate" if query.as_rate else ""
        return [("M", query.segments + rate), ("v", moved), ("f", _filters(query.filters)), ("t", time)]
    time = f"{query.time.start}..{query.time.end}" if query.time else ""
    if isinstance(query, AbsentQuery):
        stocked = "+stock" if query.stocked else ""
        told = [("Z", f"{query.of}:{query.what}{stocked}"), ("d", ",".join(query.count_by))]
        return [*told, ("f", _filters(query.filters)), ("t", time)]
    if isinstance(query, ConcentrationQuery):
        said = f"{query.top}" if query.top else f"={query.reach}"
        return [("P", f"{query.of}:{query.metric}:{said}"), ("f", _filters(query.filters)), ("t", time)]
    rest = [("f", _filters(query.filters)), ("t", time)]
    if isinstance(query, CohortQuery):
        return [("C", query.measure), ("n", str(query.months)), *rest]
    return [("F", query.funnel), ("d", ",".join(query.dimensions)), *rest]


def agrees(got: str, expected: str) -> bool:
    """True where every part is as expected; `*` accepts any value, dimensions may stand in any order."""
    if expected in ("Clarify", "Refuse"):
        return got.split()[0] == expected
    have, want = _parts(got), _parts(expected)
    if "R" in have and "f" not in want:
        have.pop("f", None)  # most stories of registers name the list only
    if have.keys() != want.keys():
        return False
    return all(value == "*" or value == have[key] for key, value in want.items())


def _parts(text: str) -> dict[str, str]:
    found = {}
    for piece in re.split(r" (?=[A-Za-z]+=)", text):
        key, _, value = piece.partition("=")
        if key in ("t", "c"):
            value = PERIODS.get(value, value)
        if key in ("f", "d"):
            mark = ";" if key == "f" else ","
            value = mark.join(sorted(value.split(mark)))
        found[key] = value
    return found
