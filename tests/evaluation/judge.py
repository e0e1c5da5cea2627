"""Judging one answer: by its rows against hand-written SQL, or by its reading where a register is listed.

Columns are matched by their values, not by their names; rows are a set; rows without any figure may be left out.
Names and codes of closed lists are the same. Undeclared figures before the asked one make an answer wrong.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import duckdb

from queries.answer import Answer
from queries.model import Model

TOLERANCE = {"money": "0.02", "spread": "0.3", "count": "0", "hours": "0.06", "ratio": "0.0006"}
"""`spread`: refunds of whole orders are spread over lines in the check without the rounding remainder."""
_RANKED = re.compile(r" LIMIT \d+$|<= \d+$")
Verdict = Literal["right", "wrong", "needless", "refused", "asked", "declined"]


@dataclass(frozen=True)
class Item:
    """A question with the reading decided before it was asked (`questions.jsonl`)."""

    id: str
    lang: Literal["en", "zh"]
    role: str
    question: str
    expect: str
    accept: tuple[str, ...]
    thread: tuple[str, ...] = ()
    gold: tuple[dict[str, Any], ...] = ()
    round: str = ""


def read_items(path: Path | None = None) -> list[Item]:
    """All recorded questions, in order."""
    source = path or Path(__file__).with_name("questions.jsonl")
    return [
        _item(json.loads(line)) for line in source.read_text(encoding="utf-8").splitlines() if line.strip()
    ]


def _item(row: dict[str, Any]) -> Item:
    usual = (row["expect"],) if row["expect"] in ("answered", "clarify") else ("refused", "unsupported")
    return Item(
        row["id"],
        row["lang"],
        row.get("as", "owner"),
        row["question"],
        row["expect"],
        tuple(row.get("accept") or usual),
        tuple(row.get("thread") or ()),
        tuple(row.get("gold") or ()),
        row["id"].partition("-")[0],
    )


@dataclass
class Judge:
    """The independent side: a connection of its own to the person-lane snapshot, and the words for codes."""

    connection: duckdb.DuckDBPyConnection
    today: date
    model: Model
    names: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for dimension in self.model.dimensions.values():
            for code, named in dimension.values.items():
                for word in (*named.en, *named.zh):
                    self.names.setdefault(word.lower(), code)

    def verdict(self, item: Item, answer: Answer) -> Verdict:
        """right, wrong (answered, but not what was asked), needless (asked back), refused, asked, declined."""
        if answer.status != "answered":
            if answer.status in item.accept:
                return "asked" if answer.status == "clarify" else "declined"
            return "needless" if answer.status == "clarify" else "refused"
        if "answered" not in item.accept:
            return "wrong"
        checks: Callable[[dict[str, Any]], bool] = lambda gold: self._meets(answer, gold)  # noqa: E731
        return "right" if not item.gold or any(map(checks, item.gold)) else "wrong"

    def _meets(self, answer: Answer, gold: dict[str, Any]) -> bool:
        if "says" in gold:
            return str(gold["says"]).lower() in answer.text.lower()
        if "query" in gold:
            said = answer.query or {}
            return all(_plain(said.get(key)) == _plain(value) for key, value in gold["query"].items())
        return self._same_rows(answer, gold)

    def _same_rows(self, answer: Answer, gold: dict[str, Any]) -> bool:
        cursor = self.connection.execute(
            gold["sql"], {"today": self.today} if "$today" in gold["sql"] else None
        )
        columns = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchall()
        keys, values = gold.get("keys", []), gold.get("values", [])
        wanted = [self._table(rows, columns, keys, values)]
        for key, others in gold.get("alt", {}).items():
            wanted += [
                self._table(rows, columns, [o if k == key else k for k in keys], values) for o in others
            ]
        kinds = [gold.get("kinds", {}).get(value, "text") for value in values]
        for places in itertools.permutations(range(len(answer.columns)), len(keys) + len(values)):
            got = self._answered(answer, places[: len(keys)], places[len(keys) :])
            if any(self._equal(got, table, kinds) for table in wanted):
                return True
            if _RANKED.search(gold["sql"]) and any(
                self._same_but_ties(got, table, kinds) for table in wanted
            ):
                return True
        return False

    def _table(
        self, rows: list[Any], columns: list[str], keys: list[str], values: list[str]
    ) -> dict[Any, Any]:
        found = {}
        for row in rows:
            figures = [row[columns.index(value)] for value in values]
            if not values or any(figure not in (None, 0) for figure in figures):
                found[tuple(self._key(row[columns.index(key)]) for key in keys)] = figures
        return found

    def _answered(self, answer: Answer, keys: tuple[int, ...], values: tuple[int, ...]) -> dict[Any, Any]:
        return {
            tuple(self._key(row[place]) for place in keys): [row[place] for place in values]
            for row in answer.rows
            if not values or any(row[place] not in (None, 0) for place in values)
        }

    def _equal(self, got: dict[Any, Any], wanted: dict[Any, Any], kinds: list[str]) -> bool:
        return got.keys() == wanted.keys() and all(
            _close(one, other, kind)
            for key in wanted
            for one, other, kind in zip(got[key], wanted[key], kinds, strict=True)
        )

    def _same_but_ties(self, got: dict[Any, Any], wanted: dict[Any, Any], kinds: list[str]) -> bool:
        """First n of a list: rows of equal figures at its end may be cut either way."""
        if len(got) != len(wanted) or not got.keys() & wanted.keys():
            return False
        one, other = (sorted(table.values(), key=str) for table in (got, wanted))
        return all(
            _close(a, b, kind)
            for first, second in zip(one, other, strict=True)
            for a, b, kind in zip(first, second, kinds, strict=True)
        )

    def _key(self, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, datetime):
            value = value.date()
        text = (value.isoformat() if isinstance(value, date) else str(value)).lower()
        return self.names.get(text, text)


_BESIDE = ("said", "unit", "to_date", "align", "kind")
"""Parts of a reading that do not change which rows come out."""


def _plain(value: Any) -> Any:
    """Lists for tuples and no empty parts: how a stored query is compared."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items() if k not in _BESIDE and v not in (None, [], (), "")}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value or None


def _close(one: Any, other: Any, kind: str) -> bool:
    if one is None or other is None:
        return one in (None, 0) and other in (None, 0)
    try:
        first, second = Decimal(str(one)), Decimal(str(other))
    except ArithmeticError:
        return str(one) == str(other)
    allowed = Decimal(TOLERANCE.get(kind, "0.06"))
    if kind == "ratio":
        return any(
            abs(first * a - second * b) <= allowed * max(a, b) for a, b in ((1, 1), (100, 1), (1, 100))
        )
    return abs(first - second) <= max(
        allowed, abs(second) * Decimal("0.000002") if kind == "money" else allowed
    )
