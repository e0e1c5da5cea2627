"""How much the largest few make, in words."""

from __future__ import annotations

from queries.query import ConcentrationQuery
from queries.tell.scope import scope_words
from queries.tell.telling import Telling
from queries.tell.words import number, say, span


def concentration_sentence(told: Telling, query: ConcentrationQuery) -> str:
    """ "The top 10% of customers (42 of 419) made 41.20% of GMV, ...": how many of how many, how much of how much."""
    what = told.model.metrics[query.metric].label(told.language)
    scope, period = scope_words(told, query.filters), span(query.time, told.language)
    if not told.rows:
        text = f", {period}" if told.language == "en" else f"{period} "
        return say("sentence", "empty", told.language, what=what, by="", scope=scope, period=text)
    units = {output.name: output.unit for output in told.compiled.columns}
    named = ("items", "listed", "amount", "whole", "items_share", "amount_share")
    facts = {name: number(told.rows[0][told.column(name)], units[name], told.language) for name in named}
    said = number(query.top or query.reach, "ratio")
    facts |= {"what": what, "scope": scope, "period": period, "said": said.replace(".00%", "%")}
    facts["things"] = say("concentrations", query.of, told.language)
    key = "top" if query.top else "reach_buyer" if query.of == "buyer" else "reach"
    return say("concentrations", key, told.language, **facts)


def concentration_caveats(told: Telling, query: ConcentrationQuery) -> list[str]:
    keys = ["above_zero", *(["known_buyers"] if query.of == "buyer" else [])]
    return [say("concentrations", key, told.language) for key in keys]
