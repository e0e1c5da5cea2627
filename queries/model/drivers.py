"""Factor trees: what a metric is the product, the sum or the difference of, as the YAML declares them.

A tree is unfolded to terms: net sales is GMV less refunds, and GMV is visitors times conversion times spend per
buyer, so net sales has the terms (+ GMV: three factors) and (- refunds: themselves).
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from queries.model.types import Model, Tree

_STEPS: dict[type, Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@dataclass(frozen=True)
class Term:
    """One summand of a metric: a metric, and the factors whose product it is (itself where there are none)."""

    metric: str
    factors: tuple[str, ...]
    subtracted: bool = False


@dataclass(frozen=True)
class Terms:
    """One way to take a metric apart."""

    terms: tuple[Term, ...]
    wherever: str = ""
    """Metric that must be known wherever there are sales."""

    @property
    def factors(self) -> tuple[str, ...]:
        """Every factor, in the order told."""
        return tuple(factor for term in self.terms for factor in term.factors)


def ways_apart(model: Model, metric: str) -> tuple[Terms, ...]:
    """Every declared way to take the metric apart, the preferred first.

    >>> [way.factors for way in ways_apart(load_model(), "net_sales")][1]
    ('buyers', 'orders_per_buyer', 'aov', 'refund_amount')
    """
    declared = model.drivers.get(metric)
    return tuple(way for tree in declared.trees for way in _unfolded(model, metric, tree)) if declared else ()


def _unfolded(model: Model, metric: str, tree: Tree) -> Iterator[Terms]:
    if tree.times:
        yield Terms((Term(metric, tree.times),), tree.wherever)
        return
    first, *others = [(part, False) for part in tree.plus] + [(part, True) for part in tree.minus]
    rest = tuple(Term(part, (part,), minus) for part, minus in others)
    ways = ways_apart(model, first[0]) or (Terms((Term(first[0], (first[0],)),)),)
    for way in ways:
        yield Terms((*way.terms, *rest), way.wherever)


def terms_of(model: Model, metric: str, factors: tuple[str, ...]) -> Terms | None:
    """The way apart with exactly these factors."""
    return next((way for way in ways_apart(model, metric) if way.factors == factors), None)


def contradiction(model: Model, metric: str, tree: Tree) -> str:
    """What a tree claims wrongly, or '': tried with a different number for every measure, in exact fractions."""
    names = (*tree.times, *tree.plus, *tree.minus)
    unknown = [name for name in (metric, *names) if name not in model.metrics]
    if unknown:
        return f"{metric} has no metric {unknown[0]!r} among its drivers"
    numbers = {key: Fraction(7 + 3 * place * place + place) for place, key in enumerate(model.measures)}
    known = {name: _value(model.metrics[name].formula, numbers) for name in (metric, *names)}
    told = Fraction(1) if tree.times else Fraction(0)
    for name in tree.times:
        told *= known[name]
    told += sum((known[name] for name in tree.plus), Fraction(0))
    told -= sum((known[name] for name in tree.minus), Fraction(0))
    return "" if told == known[metric] else f"{metric} is not made of {', '.join(names)}"


def _value(formula: str, numbers: dict[str, Fraction]) -> Fraction:
    return _evaluated(ast.parse(formula, mode="eval").body, numbers)


def _evaluated(node: ast.expr, numbers: dict[str, Fraction]) -> Fraction:
    if isinstance(node, ast.BinOp):
        return _STEPS[type(node.op)](_evaluated(node.left, numbers), _evaluated(node.right, numbers))
    if isinstance(node, ast.Name):
        return numbers[node.id]
    if isinstance(node, ast.Call):
        return _evaluated(node.args[0], numbers)  # coalesce(measure, 0)
    assert isinstance(node, ast.Constant)
    return Fraction(str(node.value))
