"""Questions about lists: privacy settings, requests, incidents, backups, connections, syncs, rates, calendars.

A register is named by its words; its own conditions, values and columns narrow it. The register that leaves
the fewest words unread wins; what it cannot use is residue, as everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from queries.ask.frame import TIME, Frame
from queries.ask.spans import (
    ConditionWord,
    DimensionWord,
    FieldValueWord,
    FieldWord,
    MetricWord,
    RegisterWord,
    Sign,
    Span,
    TermWord,
    ValueWord,
)
from queries.ask.timing import Timing
from queries.ask.when.meaning import Vague
from queries.model import Model, Register
from queries.query import Filter, RegisterQuery

_SHAPES = ("share", "growth", "trend", "comparative", "other", "median", "average", "who_may", "where")
"""Signs that ask for a shape no register has: with one of them a list or a count would answer another question."""
_ENDS = ("ends_on", "starts_on")
"""Columns that a period to come can be about; any other says what has happened."""
_BY_WHICH = re.compile(r"(?:by (?:which|what)|依据(?:哪条|哪个|什么)?|按(?:哪个|什么)?)\s*$")
_WHICH = re.compile(r"(?:which|what|哪些|哪几个)\s*$")
_WHICH_BEHIND = re.compile(r"^\s*(?:都|分别)?有?(?:哪些|哪几个|什么)")
_DAYS = re.compile(r"days|how long|period|天|多久|多长|时间")
_COUNTED = re.compile(r"how many|number of|多少个|多少家|几家|几个|多少店|多少笔")


@dataclass(frozen=True)
class RegisterReading:
    """A query and the spans it has no use for."""

    query: RegisterQuery
    unread: tuple[Span, ...]
    explained: int
    """Characters of the question that the register's own words cover."""


def read_register(frame: Frame, model: Model, timing: Timing) -> list[RegisterReading]:
    """Readings with the fewest unread words, best first; empty where no register is named."""
    named = list(dict.fromkeys(key for _, key in frame.registers)) or list(implied_registers(frame))
    readings = [read_named(frame, model.registers[key], timing) for key in named]
    return sorted(readings, key=lambda r: (len(r.unread), -r.explained))


def implied_registers(frame: Frame) -> tuple[str, ...]:
    """拒绝 … 营销邮件: a condition and a value of one register name it together."""
    conditions = {c.register for _, c in frame.conditions}
    return tuple(dict.fromkeys(v.register for _, v in frame.field_values if v.register in conditions))


def read_named(frame: Frame, register: Register, timing: Timing) -> RegisterReading:
    """The question as one about this register."""
    used: set[Span] = {span for span, key in frame.registers if key == register.key}
    conditions = list(dict.fromkeys(c.key for span, c in frame.conditions if c.register == register.key))
    used |= {span for span, c in frame.conditions if c.register == register.key}
    filters, filter_spans = _filters(frame, register)
    used |= filter_spans
    columns, column_spans = _columns(frame, register)
    used |= column_spans
    said = " ".join(frame.text[s.start : s.end] for s, key in frame.registers if key == register.key)
    counted = (frame.has("how_many") or _COUNTED.search(said) is not None) and not register.figures
    in_days = register.figures and _DAYS.search(said) is not None
    if columns and (in_days or _asks_which(frame, register, columns)):
        columns = []
    count_by: tuple[str, ...] | None = (
        tuple(columns) if columns else () if counted or register.persons else None
    )
    if register.key == "field_catalogue" and any(
        f.dimension == "treatment" and len(f.values) > 1 for f in filters
    ):
        count_by = ("platform", "treatment")
    time = None
    ahead = timing.problem == "future" and register.time not in _ENDS
    dated = timing.time is not None and register.narrows_by_time and not ahead
    if dated and timing.said and "latest" not in conditions:
        time = timing.time
    if time is not None and "ending_soon" in conditions:
        conditions.remove("ending_soon")  # "expiring this year" says itself how soon
    year = _whole_year(timing) if "period" in register.fields and not register.time else ""
    if year:
        filters.append(Filter(dimension="period", values=(year,)))
    if register.key == "fx_rates" and time is None and not conditions:
        conditions = ["latest"]
    unread = _unread(frame, register, used, time is not None or bool(year))
    if len(frame.signs.get("how_many", ())) > 1 and register.key != "requests_on_time":
        unread = (*unread, frame.signs["how_many"][-1])  # two counts asked, one row of a register answers
    if any(c in conditions for c in ("opted_out", "opted_in")):
        filters = [f for f in filters if f.dimension != "state"]
    return RegisterReading(
        RegisterQuery(
            register_name=register.key,
            conditions=tuple(conditions),
            filters=tuple(filters),
            count_by=count_by,
            columns=_beside(frame, register) if count_by is None else (),
            time=time,
            topic="",
        ),
        unread,
        sum(span.length for span in used),
    )


def _whole_year(timing: Timing) -> str:
    """2023 for a register kept by the year."""
    time = timing.time
    whole = time is not None and time.unit == "year" and time.start is not None and timing.said
    return str(time.start.year) if time and time.start and whole else ""


def _filters(frame: Frame, register: Register) -> tuple[list[Filter], set[Span]]:
    found: dict[str, list[str]] = {}
    spans: set[Span] = set()
    conditions = {span for span, c in frame.conditions if c.register == register.key}
    for span, value in frame.field_values:
        if value.register == register.key:
            spans.add(span)
            if span not in conditions:
                found.setdefault(value.field, []).append(value.value)
    for mention in frame.values:
        for option in mention.options:
            column = next(
                (name for name, f in register.fields.items() if f.dimension == option.dimension), ""
            )
            if column and not mention.exclude:
                spans.add(mention.span)
                values = found.setdefault(column, [])
                if option.value not in values:
                    values.append(option.value)
                break
    if register.key == "fx_rates" and len(found.get("currency", [])) > 1:
        found["base"] = found["currency"][1:]
        found["currency"] = found["currency"][:1]
    return [
        Filter(dimension=name, values=tuple(dict.fromkeys(values))) for name, values in found.items()
    ], spans


def _columns(frame: Frame, register: Register) -> tuple[list[str], set[Span]]:
    """Columns to count by: those after by/each/各; a bare one only names what is shown."""
    columns: list[str] = []
    spans: set[Span] = set()
    many = frame.has("how_many")
    named = [s for s, key in frame.registers if key == register.key]
    for span, word, mark in frame.fields:
        if word.register != register.key:
            continue
        spans.add(span)
        if span in named:
            continue  # 哪些协议: the list, not a column of it
        grouped = _BY_WHICH.search(frame.text[: span.start]) is not None
        behind = bool(named) and named[0].end <= span.start and not grouped  # processors, in which country: shown
        listed = mark == "which" and not behind and word.field != register.shown[0]
        listed = listed and not register.key.endswith("_rules")
        if (mark in ("by", "each") or listed or (many and mark == "which")) and word.field not in columns:
            columns.append(word.field)
    for mention in frame.dimensions:
        name = next((n for n, f in register.fields.items() if f.dimension == mention.key and not f.many), "")
        if not name:
            continue
        spans.add(mention.span)
        if (mention.mark in ("by", "each") or (many and mention.mark == "which")) and name not in columns:
            columns.append(name)
    return columns, spans


def _asks_which(frame: Frame, register: Register, counted: Sequence[str]) -> bool:
    """ "which processors are in each country", 各平台连接状态: the rows themselves, not how many of each."""
    if register.persons or frame.has("how_many"):
        return False
    if register.by_row:
        return True
    named = [span for span, key in frame.registers if key == register.key]
    if any(
        word.register == register.key and not mark and word.field not in counted and span not in named
        for span, word, mark in frame.fields
    ):
        return True
    grouped = frame.has("by")
    return not grouped and any(
        _WHICH.search(frame.text[: s.start]) or _WHICH_BEHIND.match(frame.text[s.end :]) for s in named
    )


def _beside(frame: Frame, register: Register) -> tuple[str, ...]:
    """Named columns that the list would not show; a word that names the list itself names no column."""
    names = {span for span, key in frame.registers if key == register.key}
    named = [w.field for span, w, _ in frame.fields if w.register == register.key and span not in names]
    return tuple(dict.fromkeys(name for name in named if name not in register.shown))


def _unread(frame: Frame, register: Register, used: set[Span], timed: bool) -> tuple[Span, ...]:
    """Spans with a meaning that this register did not take."""
    unread = []
    for span in frame.spans:
        if span in used or _works(span):
            continue
        if register.persons and any(
            (isinstance(m, MetricWord) and m.key == "buyers")
            or (isinstance(m, TermWord) and m.key == "customers")
            for m in span.meanings
        ):
            continue
        kinds = {type(m) for m in span.meanings}
        if kinds <= {FieldWord, FieldValueWord, ConditionWord, RegisterWord} and not any(
            isinstance(m, RegisterWord) for m in span.meanings
        ):
            if any(getattr(m, "register", "") == register.key for m in span.meanings):
                continue
            unread.append(span)
        elif kinds & {DimensionWord, ValueWord, RegisterWord} or not _is_time(span) or not timed:
            if _is_time(span) and _harmless_time(span, register):
                continue
            unread.append(span)
    return tuple(unread)


def _works(span: Span) -> bool:
    """Words that only work; "rate" is vague, and the name of another register, so it is content here."""
    signs = span.of(Sign)
    if any(sign.kind in _SHAPES for sign in signs):
        return False
    return bool(signs) and (len(signs) == len(span.meanings) or not signs[0].kind.startswith("vague:"))


def _is_time(span: Span) -> bool:
    return any(isinstance(m, TIME) for m in span.meanings)


def _harmless_time(span: Span, register: Register) -> bool:
    return any(isinstance(m, Vague) for m in span.meanings)
