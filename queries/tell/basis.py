"""The basis line: what kind of figure it is, in whose days and which currency."""

from __future__ import annotations

from queries.model.load import names_in
from queries.model.types import Language, Metric
from queries.query import PaybackQuery
from queries.tell.telling import Telling
from queries.tell.words import say

DELIVERED = {"traffic", "ads", "live", "social", "operations"}


def basis_line(told: Telling) -> str:
    """One short line, for example "paid orders by sale day, before refunds; shop-local days; CNY".

    >>> basis_line(gmv_of_march)
    'paid orders by sale day, before refunds; shop-local days; CNY'
    """
    if told.is_register:
        return say("basis", "register", told.language)
    metrics = told.metrics
    told_by = metrics[:1] if isinstance(told.query, PaybackQuery) else metrics  # the days; the rest is beside them
    parts = [say("basis", key, told.language) for key in dict.fromkeys(_basis(metric) for metric in told_by)]
    parts.append(say("basis", "local", told.language))
    if any(metric.unit == "money" for metric in metrics):
        parts.append(told.currency)
    return "; ".join(parts)


def _basis(metric: Metric) -> str:
    if metric.key == "segment_customers":
        return "snapshot"
    if metric.key.startswith(("ltv_margin_", "cac_payback")):
        return "first_margin" if metric.key.startswith("ltv_margin_") else "first_net"
    if metric.key.startswith(("ltv_", "cohort_value")):
        return "first_net"
    if metric.key.startswith(("repurchase_", "cohort_", "retention_", "first_buyers")):
        return "first"
    if metric.basis != "paid":
        return metric.basis
    if metric.group in DELIVERED and not {"goods", "orders", "units"} & set(names_in(metric.formula)):
        return "delivered"
    if metric.group == "refunds" and metric.formula.startswith("refund"):
        return "refunds"
    return "paid_net" if "refunded" in metric.formula else "paid"


def definition(told: Telling, language: Language) -> str | None:
    """The definitions of the metrics, one sentence each."""
    if told.is_register:
        about = told.model.registers[told.query.register_name].about(language)  # type: ignore[union-attr]
        return about or None
    metrics = told.metrics
    return "; ".join(f"{metric.label(language)}: {metric.about(language)}" for metric in metrics)
