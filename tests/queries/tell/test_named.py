"""What shaped an answer is named in it: thresholds, parts, ranks, and every declared default, in both languages."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import queries.ask
from queries.ask.words import load_words
from queries.compile import compile_query
from queries.model import load_model
from queries.query import Filter, Having, Order, SemanticQuery
from queries.tell import Telling
from queries.tell.defaults import default_words
from tests.queries.asking import Market
from tests.queries.tell.test_tell import BEFORE, WEEK, tell

ABOVE = (Having(metric="gmv", op="gt", value=Decimal(500)),)
COD = (Filter(dimension="payment_type", values=("cod",)),)

NAMED: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "a threshold",
        {"metrics": ("gmv",), "dimensions": ("platform",), "having": ABOVE, "time": WEEK},
        "GMV by platform, only with GMV above 500.00 CNY, 2025-03-01 to 2025-03-07: 3 rows;",
        "2025-03-01 至 2025-03-07 按平台(仅支付金额高于 500.00 CNY)支付金额: 共 3 行;",
    ),
    (
        "two thresholds",
        {
            "metrics": ("gmv", "orders"),
            "dimensions": ("platform",),
            "having": (*ABOVE, Having(metric="orders", op="ge", value=Decimal(1))),
            "time": WEEK,
        },
        "GMV and orders by platform, only with GMV above 500.00 CNY and orders of at least 1, 2025",
        "按平台(仅支付金额高于 500.00 CNY、支付订单数不低于 1)支付金额、支付订单数",
    ),
    (
        "a threshold on growth",
        {
            "metrics": ("gmv",),
            "dimensions": ("platform",),
            "compare": BEFORE,
            "having": (Having(metric="change_ratio", op="gt", value=Decimal("0.2")),),
            "time": WEEK,
        },
        "GMV by platform, only with the growth of GMV above 20.00%, 2025-03-01",
        "按平台(仅支付金额增幅高于 20.00%)支付金额",
    ),
    (
        "a threshold on the change",
        {
            "metrics": ("gmv",),
            "dimensions": ("platform",),
            "compare": BEFORE,
            "having": (Having(metric="change", op="ge", value=Decimal(100)),),
            "time": WEEK,
        },
        "GMV by platform, only with the change of GMV of at least 100.00 CNY, 2025-03-01",
        "按平台(仅支付金额变化不低于 100.00 CNY)支付金额",
    ),
    (
        "those that fell",
        {
            "metrics": ("gmv",),
            "dimensions": ("platform",),
            "compare": BEFORE,
            "having": (Having(metric="change", op="lt", value=Decimal(0)),),
            "time": WEEK,
        },
        "GMV by platform, only with falling GMV, 2025-03-01",
        "按平台(仅支付金额下降)支付金额",
    ),
    (
        "a part of each row",
        {
            "metrics": ("orders",),
            "dimensions": ("platform",),
            "filters": COD,
            "share_of": "part",
            "time": WEEK,
        },
        "Orders (cash on delivery) as a share of all orders by platform, 2025-03-01 to 2025-03-07: JD 1 (100.00%).",
        "2025-03-01 至 2025-03-07 按平台货到付款支付订单数占全部支付订单数的比例: 京东 1 (100.00%)。",
    ),
    (
        "the first two together",
        {
            "metrics": ("gmv",),
            "dimensions": ("platform",),
            "share_of": "total",
            "order": (Order(by="gmv"),),
            "limit": 2,
            "time": WEEK,
        },
        "first Taobao/Tmall with 1,140.00 CNY (44.71%); the 2 together 1,840.00 CNY (72.16%).",
        "首位 淘宝/天猫, 1,140.00 CNY (44.71%); 这 2 项合计 1,840.00 CNY (72.16%)。",
    ),
]


@pytest.mark.parametrize(("name", "shape", "english", "chinese"), NAMED, ids=[n[0] for n in NAMED])
def test_the_sentence_names_it(
    golden: Market, name: str, shape: dict[str, Any], english: str, chinese: str
) -> None:
    assert english in tell(golden, **shape).text
    assert chinese in tell(golden, "zh", **shape).text


BASES = [
    ("paid", "net_sales", "paid orders by sale day, refunds deducted on the refund day"),
    ("paid", "gmv", "paid orders by sale day, before refunds"),
    ("placed", "net_sales", "all countable orders by creation day, unpaid ones included"),
    ("refund_to_order", "net_sales", "paid orders by sale day, refunds taken back to the day of their order"),
    ("settled", "gmv", "money settled by the platform, by settlement day"),
    ("platform_native", "gmv", "the platform's own figure as delivered"),
]


@pytest.mark.parametrize(("basis", "metric", "named"), BASES)
def test_each_basis_is_named(golden: Market, basis: Any, metric: str, named: str) -> None:
    answer = tell(golden, metrics=(metric,), basis=basis, time=WEEK)
    assert answer.basis and answer.basis.startswith(named)


# --- defaults

_LITERAL = re.compile(r"""f?"((?:period|compare|context|limit|term|reader|days):[^"]*)\"""")
_READS = (
    "startswith",
    "removeprefix",
    "TermWord",
    "open_term",
    "_preferred",
    " == ",
    "remove(",
    " in built.",
    " in timing.",
)
"""Lines with these look at a key, or name a term; they emit no default."""
UNITS = ("day", "week", "month", "quarter", "year")


def emitted() -> set[str]:
    """Every default key that the translator's source can write, its placeholders filled in."""
    model, contexts = load_model(), load_words().contexts()
    fillings = {
        "{unit}": UNITS,
        "{count}": ("12",),
        "{timing.grain}": UNITS,
        "{term.key}": tuple(key for key, term in model.terms.items() if term.note_en),
        "{metric}": ("gmv", "refund_rate_cohort"),
        "{fitting[0]}": ("gmv",),
        "{LONG}": ("20",),
        "{int(number)}": ("5",),
        "{context.note}": tuple(context.note for context in contexts.values() if context.note),
    }
    found: set[str] = set()
    for file in Path(queries.ask.__file__).parent.rglob("*.py"):
        for line in file.read_text(encoding="utf-8").splitlines():
            if any(word in line for word in _READS):
                continue
            for literal in _LITERAL.findall(line):
                keys = {literal}
                for mark, values in fillings.items():
                    keys = {key.replace(mark, value) for key in keys for value in values}
                found |= keys
    return found


@pytest.mark.parametrize("key", sorted(emitted()))
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_default_has_words(golden: Market, key: str, language: Any) -> None:
    assert "{" not in key, f"say in `emitted` what {key} is filled with"
    model = load_model()
    query = SemanticQuery(metrics=("gmv",), time=WEEK)
    compiled = compile_query(query, model, golden.viewer, golden.clock())
    told = Telling(query, compiled, [], model, golden.viewer, golden.clock(), language)
    assert default_words(key, told)


def test_defaults_are_found() -> None:
    assert {
        "period:last_30_days",
        "period:last_12_ripe",
        "limit:10",
        "term:sales",
        "days:trailing",
    } <= emitted()
