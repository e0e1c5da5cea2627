"""`make evaluate`: all recorded questions on a fresh market, and how often Souk was right, wrong or silent.

The number that matters most is "wrong but confident": answers that do not answer the question, over all questions.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from queries.answer import Answer
from queries.desk import Desk
from queries.viewer import Viewer
from queries.warehouse import Warehouse
from queries.warehouse.state import State
from tests.evaluation.judge import Item, Judge, Verdict, read_items
from tests.evaluation.places import NOW, TODAY
from tests.evaluation.world import build

SECRET = b"a secret for the evaluation only"


@dataclass(frozen=True)
class Judged:
    item: Item
    answer: Answer
    verdict: Verdict
    milliseconds: float


@dataclass(frozen=True)
class Report:
    """Shares between 0 and 1; None where nothing was asked of the kind."""

    questions: int
    coverage: float | None
    precision: float | None
    wrong: float
    needless: float | None
    clarify_recall: float | None
    refusal_recall: float | None
    gap: float | None
    p50: float
    p95: float


def desk_on(warehouse: Warehouse) -> Desk:
    return Desk(warehouse, State(warehouse.rooms.home), secret=SECRET)


def ask_all(desk: Desk, items: Iterable[Item]) -> list[Judged]:
    """Every item asked once, after the turns of its thread."""
    connection = duckdb.connect(str(desk.warehouse.snapshot("person")), read_only=True)
    connection.execute("SET timezone = 'UTC'")
    judge = Judge(connection, TODAY, desk.model)
    found = []
    for item in items:
        viewer = Viewer.owner() if item.role == "owner" else desk.viewer(item.role, now=NOW)
        thread = f"evaluation/{item.id}" if item.thread else None
        for turn in item.thread:
            desk.answer(turn, viewer, thread=thread, now=NOW)
        began = time.perf_counter()
        answer = desk.answer(item.question, viewer, thread=thread, now=NOW)
        spent = (time.perf_counter() - began) * 1000
        found.append(Judged(item, answer, judge.verdict(item, answer), spent))
    connection.close()
    return found


def report(judged: list[Judged]) -> Report:
    due = [j for j in judged if j.item.expect == "answered"]
    given = [j for j in judged if j.answer.status == "answered"]
    spent = sorted(j.milliseconds for j in judged)
    covered = {
        tongue: _share(j.verdict == "right" for j in due if j.item.lang == tongue) for tongue in ("en", "zh")
    }
    gap = None if None in covered.values() else abs(covered["en"] - covered["zh"])  # type: ignore[operator]
    return Report(
        questions=len(judged),
        coverage=_share(j.verdict == "right" for j in due),
        precision=_share(j.verdict == "right" for j in given),
        wrong=sum(j.verdict == "wrong" for j in judged) / max(len(judged), 1),
        needless=_share(j.verdict == "needless" for j in due),
        clarify_recall=_share(
            j.verdict in ("asked", "declined") for j in judged if j.item.expect == "clarify"
        ),
        refusal_recall=_share(
            j.verdict == "declined" or (j.verdict == "asked" and "clarify" in j.item.accept)
            for j in judged
            if j.item.expect in ("refused", "unsupported")
        ),
        gap=gap,
        p50=spent[len(spent) // 2],
        p95=spent[int(len(spent) * 0.95)],
    )


def _share(hits: Iterable[bool]) -> float | None:
    seen = list(hits)
    return sum(seen) / len(seen) if seen else None


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def told(found: Report) -> str:
    """The report as people read it, goals beside the figures."""
    rows = (
        ("questions", str(found.questions), ""),
        ("coverage (right answers over answers due)", _percent(found.coverage), ">= 85 %"),
        ("precision of what was answered", _percent(found.precision), ">= 98 %"),
        ("wrong but confident, of all questions", _percent(found.wrong), "<= 1 %"),
        ("needless clarifications", _percent(found.needless), "<= 5 %"),
        ("clarification recall", _percent(found.clarify_recall), ""),
        ("refusal recall", _percent(found.refusal_recall), ">= 90 %"),
        ("gap between English and Chinese coverage", _percent(found.gap), "<= 5 points"),
        ("whole answer, p50 / p95", f"{found.p50:.0f} / {found.p95:.0f} ms", ""),
    )
    return "\n".join(f"{name:<44}{value:>14}   {goal}".rstrip() for name, value, goal in rows)


def main() -> int:
    """Prints what failed, each round's figures, and the report; `--brief` prints only the report."""
    with tempfile.TemporaryDirectory() as home:
        judged = ask_all(desk_on(build(Path(home))), read_items())
    if "--brief" not in sys.argv:
        for entry in judged:
            if entry.verdict in ("wrong", "needless", "refused"):
                said = " ".join(entry.answer.text.split())[:110]
                print(f"{entry.verdict:<9}{entry.item.id:<10}{entry.item.question}\n{'':19}{said}")
        for name in dict.fromkeys(j.item.round for j in judged):
            counts = Counter(j.verdict for j in judged if j.item.round == name)
            print(f"{name}: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()))
    found = report(judged)
    print(told(found))
    return int(found.wrong > 0.01)


if __name__ == "__main__":
    sys.exit(main())
