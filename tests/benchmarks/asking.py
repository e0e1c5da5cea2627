"""How long an answer takes on a big warehouse, beside hand-written SQL of the same question. Not part of the tests.

python -m tests.benchmarks.asking --lines 10000000 --home /tmp/souk-10m

Every shape is asked through the desk (read, compile, run, tell, log), and as plain SQL over the canonical views on
the same open file, in turn, so that a busy machine slows both; figures are medians. The first column of figures
must be the same in both, or the run ends. Then: reading alone, the person lane, `souk sql`, and process start.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from queries.run import reading
from queries.viewer import Viewer
from tests.benchmarks.market import NOW, SECRET, build, house_of

OCTOBER = "sale_date >= DATE '2026-10-01' AND sale_date < DATE '2026-11-01'"
YEAR = "sale_date >= DATE '2026-01-01' AND sale_date < DATE '2026-11-25'"
BUYER = "platform, customer_key"
HALF_A_CENT = Decimal("0.005")


@dataclass(frozen=True)
class Shape:
    """One question, the same in Chinese, and what an analyst would write for it."""

    name: str
    en: str
    zh: str
    sql: str
    column: int
    """Which column of the plain SQL holds the answer's first figure; with none before it, 0."""


SHAPES = (
    Shape("lookup", "GMV last month", "上个月GMV", f"SELECT sum(goods_base) FROM v_orders WHERE is_sale AND {OCTOBER}", 0),
    Shape("lookup, two years", "orders since December 2024", "2024年12月以来的订单数",
          "SELECT count(*) FROM v_orders WHERE is_sale AND sale_date >= DATE '2024-12-01' AND sale_date < DATE '2026-11-25'", 0),
    Shape("trend by day", "GMV by day last month", "上个月每天的GMV",
          f"SELECT sale_date, sum(goods_base) FROM v_orders WHERE is_sale AND {OCTOBER} GROUP BY 1 ORDER BY 1", 1),
    Shape("trend by month", "GMV by month this year", "今年每月GMV",
          f"SELECT CAST(date_trunc('month', sale_date) AS DATE), sum(goods_base) FROM v_orders WHERE is_sale AND {YEAR} GROUP BY 1 ORDER BY 1", 1),
    Shape("AOV by month", "AOV by month this year", "今年每月笔单价",
          "SELECT CAST(date_trunc('month', sale_date) AS DATE), round(sum(goods_base) / count(*), 2) FROM v_orders"
          f" WHERE is_sale AND {YEAR} GROUP BY 1 ORDER BY 1", 1),
    Shape("by platform", "GMV by platform this year", "今年各平台GMV",
          f"SELECT platform, sum(goods_base) AS v FROM v_orders WHERE is_sale AND {YEAR} GROUP BY 1 ORDER BY 2 DESC", 1),
    Shape("by shop", "GMV by shop last month", "上个月各店铺GMV",
          f"SELECT shop_id, sum(goods_base) AS v FROM v_orders WHERE is_sale AND {OCTOBER} GROUP BY platform, 1 ORDER BY 2 DESC", 1),
    Shape("by category", "GMV by category last month", "上个月各类目GMV",
          "SELECT category, sum(goods_base) AS v FROM v_sales_lines LEFT JOIN (SELECT DISTINCT platform, shop_id, product_id, category"
          f" FROM products) USING (platform, shop_id, product_id) WHERE {OCTOBER} GROUP BY 1 ORDER BY 2 DESC", 1),
    Shape("by category, year", "GMV by category this year", "今年各类目GMV",
          "SELECT category, sum(goods_base) AS v FROM v_sales_lines LEFT JOIN (SELECT DISTINCT platform, shop_id, product_id, category"
          f" FROM products) USING (platform, shop_id, product_id) WHERE {YEAR} GROUP BY 1 ORDER BY 2 DESC", 1),
    Shape("orders by category", "orders by category last month", "上个月各类目订单数",
          "SELECT category, count(DISTINCT (platform, shop_id, order_id)) AS v FROM v_sales_lines LEFT JOIN (SELECT DISTINCT platform,"
          f" shop_id, product_id, category FROM products) USING (platform, shop_id, product_id) WHERE {OCTOBER} GROUP BY 1 ORDER BY 2 DESC", 1),
    Shape("by province", "GMV by province last month", "上个月各省份GMV",
          f"SELECT region, sum(goods_base) AS v FROM v_orders WHERE is_sale AND {OCTOBER} GROUP BY 1 ORDER BY 2 DESC", 1),
    Shape("by province, year", "GMV by province this year", "今年各省份GMV",
          f"SELECT region, sum(goods_base) AS v FROM v_orders WHERE is_sale AND {YEAR} GROUP BY 1 ORDER BY 2 DESC", 1),
    Shape("top products", "top 10 products by GMV last month", "上个月GMV前十的商品",
          f"SELECT product_id, sum(goods_base) AS v FROM v_sales_lines WHERE {OCTOBER} GROUP BY platform, shop_id, 1"
          " ORDER BY 2 DESC, platform, shop_id, 1 LIMIT 10", 1),
    Shape("top products, year", "top 10 products by units this year", "今年销量前十的商品",
          f"SELECT product_id, sum(quantity) AS v FROM v_sales_lines WHERE NOT is_gift AND {YEAR} GROUP BY platform, shop_id, 1"
          " ORDER BY 2 DESC, platform, shop_id, 1 LIMIT 10", 1),
    Shape("comparison", "GMV last month vs the month before by platform", "上个月各平台GMV环比",
          f"SELECT platform, sum(goods_base) FILTER (WHERE {OCTOBER}) AS v, sum(goods_base) FILTER (WHERE sale_date < DATE '2026-10-01')"
          " FROM v_orders WHERE is_sale AND sale_date >= DATE '2026-09-01' AND sale_date < DATE '2026-11-01' GROUP BY 1 ORDER BY 2 DESC", 1),
    Shape("share", "share of GMV by platform last month", "上个月各平台GMV占比",
          f"SELECT platform, v, v / sum(v) OVER () FROM (SELECT platform, sum(goods_base) AS v FROM v_orders WHERE is_sale AND {OCTOBER}"
          " GROUP BY 1) ORDER BY 2 DESC", 1),
    Shape("refund rate", "refund rate by platform last month", "上个月各平台退款率",
          "SELECT platform, round(r.v / s.v, 6) AS rate FROM (SELECT platform, sum(goods_base) AS v FROM v_orders WHERE is_sale AND"
          f" {OCTOBER} GROUP BY 1) s JOIN (SELECT platform, sum(goods_base) AS v FROM v_refunds WHERE refund_date >= DATE '2026-10-01'"
          " AND refund_date < DATE '2026-11-01' GROUP BY 1) r USING (platform) ORDER BY 2 DESC", 1),
    Shape("buyers", "number of buyers last month", "上个月支付买家数",
          f"SELECT count(DISTINCT ({BUYER})) FILTER (WHERE customer_key IS NOT NULL) FROM v_orders WHERE is_sale AND {OCTOBER}", 0),
    Shape("repeat rate", "repeat purchase rate this year", "今年复购率",
          "SELECT round(count(*) FILTER (WHERE days > 1) / count(*), 6) FROM (SELECT count(DISTINCT sale_date) AS days FROM v_orders"
          f" WHERE is_sale AND customer_key IS NOT NULL AND {YEAR} GROUP BY {BUYER})", 0),
    Shape("new customers", "new customers last month", "上个月新客数",
          "SELECT count(*) FROM (SELECT min(sale_date) AS sale_date FROM v_orders WHERE is_sale AND customer_key IS NOT NULL"
          f" GROUP BY {BUYER}) WHERE {OCTOBER}", 0),
    Shape("new customers by month", "new customers by month this year", "今年每月新客数",
          "SELECT CAST(date_trunc('month', sale_date) AS DATE), count(*) FROM (SELECT min(sale_date) AS sale_date FROM v_orders WHERE is_sale"
          f" AND customer_key IS NOT NULL GROUP BY {BUYER}) WHERE {YEAR} GROUP BY 1 ORDER BY 1", 1),
    Shape("several shops", "GMV by shop last month for Harbour Home and Harbour Live", "上个月Harbour Home和Harbour Live各店铺的GMV",
          "SELECT shop_id, sum(goods_base) AS v FROM v_orders WHERE is_sale AND shop_id IN ('352746112', '24680135')"
          f" AND {OCTOBER} GROUP BY 1 ORDER BY 2 DESC", 1),
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--lines", type=int, default=10_000_000)
    options.add_argument("--home", type=Path, help="kept and taken again; default: a folder named after the size")
    options.add_argument("--runs", type=int, default=7)
    options.add_argument("--only", default="", help="shapes whose name holds this")
    said = options.parse_args()
    home = said.home or Path(f"/tmp/souk-asking-{said.lines}")
    house = build(home, said.lines)
    shapes = [shape for shape in SHAPES if said.only in shape.name]
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


def reading_alone(house: Any, shapes: list[Shape], runs: int) -> None:
    """From words to a typed query, each question in both languages."""
    first, reference = timed(house.desk.answering.reference)
    viewer, today = Viewer.owner(), NOW.date()
    taken = []
    for _ in range(runs):
        for text in [words for shape in shapes for words in (shape.en, shape.zh)]:
            one, _ = timed(lambda text=text: reference.translator.read(text, today=today, viewer=viewer, thread=None))
            taken.append(one)
    print(f"reading a question: median {statistics.median(taken):.1f} ms, p95 {percentile(taken, 95):.1f} ms, "
          f"highest {max(taken):.1f} ms; names and words of a new snapshot: {first:.0f} ms\n")  # fmt: skip


def answers(house: Any, shapes: list[Shape], runs: int) -> None:
    """Each shape through the desk and as plain SQL, in turn."""
    print(f"{'':26}{'answer ms':>10}{'highest':>9}{'its SQL':>9}{'plain SQL':>11}{'answer : plain':>16}")
    medians, everything = [], []
    for shape in shapes:
        whole: list[float] = []
        ours: list[float] = []
        plain: list[float] = []
        compiled = compiled_of(house, shape)
        for _ in range(runs):
            for words in (shape.en, shape.zh):
                taken, answer = timed(lambda words=words: house.desk.answer(words, Viewer.owner(), now=NOW))
                if answer.status != "answered":
                    raise SystemExit(f"{words}: {answer.status}, {answer.text}")
                whole.append(taken)
            ours.append(timed(lambda: _rows(house, compiled.lane, compiled.sql))[0])
            taken, rows = timed(lambda: _rows(house, compiled.lane, shape.sql))
            plain.append(taken)
        _same(shape, answer, rows)
        middle = statistics.median(whole)
        medians.append(middle)
        everything += whole
        print(f"{shape.name:26}{middle:10.0f}{max(whole):9.0f}{statistics.median(ours):9.0f}"
              f"{statistics.median(plain):11.0f}{middle / statistics.median(plain):16.2f}", flush=True)  # fmt: skip
    print(f"\nall answers: median {statistics.median(everything):.0f} ms, p95 {percentile(everything, 95):.0f} ms; "
          f"slowest shape {max(medians):.0f} ms\n")  # fmt: skip


def compiled_of(house: Any, shape: Shape) -> Any:
    """What the desk runs for a shape."""
    from queries.answering import Asked, Clock
    from queries.compile import settled

    desk = house.desk
    found = desk.answering.reference().translator.read(shape.en, today=NOW.date(), viewer=Viewer.owner(), thread=None)
    asked = Asked(shape.en, Viewer.owner(), "en", Clock(NOW, NOW.date()))
    return desk.answering._compile(asked, settled(found.query, desk.model))


def _rows(house: Any, lane: Any, sql: str) -> list[tuple[Any, ...]]:
    with reading(house.warehouse.snapshot(lane)) as cursor:
        return list(cursor.execute(sql).fetchall())


def _same(shape: Shape, answer: Any, rows: list[tuple[Any, ...]]) -> None:
    """The answer's first figure is the plain SQL's, row by row; provinces folded for their few buyers are left out."""
    place = next(n for n, column in enumerate(answer.columns) if column.unit not in ("text", "date"))
    plain = {str(row[0]) if place else "": row[shape.column] for row in rows}
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
    full = [timed(lambda: run_sql(path, SHAPES[3].sql))[0] for _ in range(runs)]
    print(f"souk sql: {statistics.median(empty):.0f} ms for nothing, {statistics.median(full):.0f} ms for the trend by month")


def start(home: Path, runs: int) -> None:
    """From process start to a printed answer, on this home and on one of a demonstration's size."""
    for name, where in (("a demonstration's size", _small(home)), ("this home", home)):
        walls, cpus = [], []
        for _ in range(runs):
            before = os.times()
            wall, _ = timed(lambda where=where: subprocess.run(
                [sys.executable, "-m", "bot", "ask", "GMV last month"], check=True, stdout=subprocess.DEVNULL,
                env={**os.environ, "SOUK_HOME": str(where), "SOUK_NOW": NOW.isoformat(), "SOUK_SECRET": SECRET}))  # fmt: skip
            after = os.times()
            walls.append(wall)
            cpus.append(after.children_user + after.children_system - before.children_user - before.children_system)
        print(f"process start to answer, {name}: {statistics.median(walls):.0f} ms, {statistics.median(cpus):.2f} CPU s")


def _small(home: Path) -> Path:
    small = home.with_name(home.name + "-small")
    build(small, 40_000)
    return small


def percentile(values: list[float], share: int) -> float:
    """The value that `share` percent do not exceed."""
    return sorted(values)[min(len(values) - 1, len(values) * share // 100)]


__all__ = ["house_of"]

if __name__ == "__main__":
    main()
