"""Words with a life in two worlds: "retention by platform" is of customers, or of stored data.

The register of retention rules is named by the bare word; so is the share of customers who come back. Where nothing
else in the question says which, both are offered.
"""

from __future__ import annotations

import re

from queries.ask.normalise import Language
from queries.model import Model
from queries.query import (
    Answerable,
    Clarify,
    CohortQuery,
    Option,
    Query,
    Reading,
    RegisterQuery,
    SemanticQuery,
)

_RULES = r"rules?|periods?|polic|limits?|times?|schedules?|settings?|rates?|of (?:data|records|personal)"
_RETENTION = re.compile(rf"(?<![a-z])retention(?! (?:{_RULES}))(?![a-z])")
_STORED = re.compile(
    r"(?<![a-z])(?:data|records?|personal|fields?|logs?|delet|stor|keep|kept|expir|overdue|gdpr|pipl|rules?|how long|"
    r"privacy)"
)


def retold(reading: Reading, text: str) -> str:
    """The question about customers, where the bare word was read as the register; '' where it can mean nothing else."""
    query = reading.query if isinstance(reading, Answerable) else None
    if not isinstance(query, RegisterQuery) or query.register_name != "retention_rules":
        return ""
    return _RETENTION.sub("retention rate", text) if _RETENTION.search(text) and not _STORED.search(text) else ""


def both_lives(reading: Reading, other: Reading, model: Model, language: Language) -> Reading:
    """The choice between the register and the customers, where the question reads for both."""
    assert isinstance(reading, Answerable)
    if not isinstance(other, Answerable) or isinstance(other.query, RegisterQuery):
        return reading
    options = [
        Option(label=_customers(other.query, model, language), query=other.query),
        Option(label=model.registers["retention_rules"].label(language), query=reading.query),
    ]
    return Clarify(about="retention", options=tuple(options))


def _customers(query: Query, model: Model, language: Language) -> str:
    dimensions = query.dimensions if isinstance(query, CohortQuery | SemanticQuery) else ()
    names = [model.dimensions[key].label(language) for key in dimensions]
    label = model.metrics["retention_rate"].label(language)
    if language == "zh":
        return f"客户{label}" + (f" · 各{'、'.join(names)}" if names else "")
    return f"{label[:1].upper()}{label[1:]} of customers" + (f" by {' and '.join(names)}" if names else "")
