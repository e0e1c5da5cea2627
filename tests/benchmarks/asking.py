"""How long an answer takes on a big warehouse, beside hand-written SQL of the same question. Not part of the tests.

python -m tests.benchmarks.asking --lines 10000000 --home /tmp/souk-10m

Every shape is asked through the desk (read, compile, run, tell, log), and as plain SQL over the canonical views on
the same open file, in turn, so that a busy machine slows both; figures are medians, the ratio is of CPU time. The
first column of figures must be the same in both, or the run ends. Before that reading alone; then `souk sql`, and
process start.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from queries.run import reading
from queries.viewer import Viewer
from tests.benchmarks.market import NOW, SECRET, build

HALF_A_CENT = Decimal("0.005")


@dataclass(frozen=True)
class Shape:
    """One question of `asking.yaml`."""

    name: str
    en: str
    zh: str
    sql: str
    figure: int


def shapes_like(name: str) -> list[Shape]:
    """The shapes whose name holds this."""
    rows = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    return [shape for shape in (Shape(**row) for row in rows) if name in shape.name]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--lines", type=int, default=10_000_000)
    options.add_argument("--home", type=Path, help="kept and taken again; default: a folder named after the size")
    options.add_argument("--runs", type=int, default=7)
    options.add_argument("--only", default="", help="shapes whose name holds this")
    said = options.parse_args()
    home = said.home or Path(tempfile.gettempdir()) / f"souk-asking-{said.lines}"
    house = build(home, said.lines)
    shapes = shapes_like(said.only)
    _counted(house)
    reading_alone(house, shapes, said.runs)
    answers(house, shapes, said.runs)
    if not said.only:
        analyst(house, said.runs)
        start(house.home, said.runs)


def _counted(house: Any) -> None:
    with reading(house.warehouse.snapshot("person")) as cursor:
        rows = cursor.execute("""
            SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM order_lines), (SELECT count(*) FROM products),
              (SELECT count(*) FROM rollup_products_daily), current_setting('threads')""").fetchone()
    size = house.warehouse.snapshot("person").stat().st_size
    print("{:,} orders, {:,} lines, {:,} SKUs, {:,} rows of product days, {} threads, ".format(*rows)
          + f"person lane {size / 1e6:,.0f} MB\n")  # fmt: skip


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds, and what came out."""
    began = time.perf_counter()
    out = work()
    return (time.perf_counter() - began) * 1000, out


@dataclass
class Taken:
    """What one way of answering a shape took, run by run, in milliseconds."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Of all threads: where other processes want the machine, the better measure."""

    def once(self, work: Callable[[], Any]) -> Any:
        before = time.process_time()
        wall, out = timed(work)
        self.wall.append(wall)
        self.cpu.append((time.process_time() - before) * 1000)
        return out


def reading_alone(house: Any, shapes: list[Shape], runs: int) -> None:
    """From words to a typed query, each question in both languages."""
    first, reference = timed(house.desk.answering.reference)
    viewer, today = Viewer.owner(), NOW.date()
    taken = []
    for _ in range(runs):
        for text in [words for shape in shapes for words in (shape.en, shape.zh)]:
            one, _ = timed(partial(reference.translator.read, text, today=today, viewer=viewer, thread=None))
            taken.append(one)
    print(f"reading a question: median {statistics.median(taken):.1f} ms, p95 {percentile(taken, 95):.1f} ms, "
          f"highest {max(taken):.1f} ms; names and words of a new snapshot: {first:.0f} ms\n")  # fmt: skip


def answers(house: Any, shapes: list[Shape], runs: int) -> None:
    """Each shape through the desk and as plain SQL, in turn."""
    print(f"{'milliseconds':26}{'answer':>8}{'highest':>9}{'CPU':>7}{'plain SQL':>11}{'CPU':>7}{'answer : plain':>16}")
    everything, slowest = [], 0.0
    for shape in shapes:
        ours, plain = Taken(), Taken()
        for _ in range(runs):
            for words in (shape.en, shape.zh):
                answer = ours.once(partial(house.desk.answer, words, Viewer.owner(), now=NOW))
                if answer.status != "answered":
                    raise SystemExit(f"{words}: {answer.status}, {answer.text}")
                rows = plain.once(partial(_rows, house, answer.lane, shape.sql))
        _same(shape, answer, rows)
        mine, theirs = statistics.median(ours.cpu), statistics.median(plain.cpu)
        print(f"{shape.name:26}{statistics.median(ours.wall):8.0f}{max(ours.wall):9.0f}{mine:7.0f}"
              f"{statistics.median(plain.wall):11.0f}{theirs:7.0f}{mine / theirs:16.2f}", flush=True)  # fmt: skip
        everything += ours.wall
        slowest = max(slowest, statistics.median(ours.wall))
    print(f"\nall answers: median {statistics.median(everything):.0f} ms, p95 {percentile(everything, 95):.0f} ms; "
          f"slowest shape {slowest:.0f} ms\n")  # fmt: skip


def _rows(house: Any, lane: Any, sql: str) -> list[tuple[Any, ...]]:
    with reading(house.warehouse.snapshot(lane)) as cursor:
        return list(cursor.execute(sql).fetchall())


def _same(shape: Shape, answer: Any, rows: list[tuple[Any, ...]]) -> None:
    """The answer's first figure is the plain SQL's, row by row; provinces folded for their few buyers are left out."""
    place = next(n for n, column in enumerate(answer.columns) if column.unit not in ("text", "date"))
    plain = {str(row[0]) if place else "": row[shape.figure] for row in rows}
    told = {str(row[0]) if place else "": row[place] for row in answer.rows}
    folded = {key for key in plain if "(other)" in told and key not in told}
    if plain.keys() - folded != told.keys() - {"(other)"}:
        raise SystemExit(f"{shape.name}: other rows than plain SQL has")
    for key in plain.keys() - folded:
        if told[key] is not None and abs(Decimal(told[key]) - Decimal(plain[key])) > HALF_A_CENT:
            raise SystemExit(f"{shape.name}, {key}: {told[key]} is not {plain[key]}")


def analyst(house: Any, runs: int) -> None:
    """`souk sql`: the guard, and a process of its own."""
    from queries.run.analyst import run_sql

    path = house.warehouse.snapshot("person")
    empty = [timed(lambda: run_sql(path, "SELECT count(*) AS n FROM shops"))[0] for _ in range(runs)]
    full = [timed(lambda: run_sql(path, shapes_like("trend by month")[0].sql))[0] for _ in range(runs)]
    print(f"souk sql: {statistics.median(empty):.0f} ms for nothing, "
          f"{statistics.median(full):.0f} ms for the trend by month")  # fmt: skip


def start(home: Path, runs: int) -> None:
    """From process start to a printed answer, on this home and on one of a demonstration's size."""
    command = [sys.executable, "-m", "bot", "ask", "GMV last month"]
    for name, where in (("a demonstration's size", _small(home)), ("this home", home)):
        environment = {**os.environ, "SOUK_HOME": str(where), "SOUK_NOW": NOW.isoformat(), "SOUK_SECRET": SECRET}
        once = partial(subprocess.run, command, check=True, stdout=subprocess.DEVNULL, env=environment)
        walls, cpus = [], []
        for _ in range(runs):
            before = os.times()
            walls.append(timed(once)[0])
            after = os.times()
            cpus.append(sum(after[2:4]) - sum(before[2:4]))
        wall, cpu = statistics.median(walls), statistics.median(cpus)
        print(f"process start to answer, {name}: {wall:.0f} ms, {cpu:.2f} CPU s")


def _small(home: Path) -> Path:
    small = home.with_name(home.name + "-small")
    build(small, 40_000)
    return small


def percentile(values: list[float], share: int) -> float:
    """The value that `share` percent do not exceed."""
    return sorted(values)[min(len(values) - 1, len(values) * share // 100)]


if __name__ == "__main__":
    main()
