"""What did not happen, in words: how many of how many had no sale, or no refund, and the first of them by name."""

from __future__ import annotations

from queries.query import AbsentQuery
from queries.tell.changes import row_name
from queries.tell.columns import key_words
from queries.tell.scope import scope_words
from queries.tell.telling import Telling
from queries.tell.words import number, say, span


def absence_sentence(told: Telling, query: AbsentQuery) -> str:
    """ "12 of 235 listed products had no sale, 2026-10-01 to 2026-10-31; most stock: 紫砂壶 (120)." """
    facts = {"scope": scope_words(told, query.filters), "period": span(query.time, told.language)}
    facts["things"] = say("absences", f"{query.of}s", told.language)
    if not told.rows:
        return say("absences", f"none_{query.what}", told.language, **facts)
    absent, listed = (told.rows[0][told.column(name)] for name in ("absent_count", "listed_count"))
    facts |= {"count": number(absent, "count"), "listed": number(listed, "count")}
    facts["stocked"] = say("absences", "stocked", told.language) if query.stocked else ""
    return say("absences", query.what, told.language, lead=_lead(told, query), **facts)


def _lead(told: Telling, query: AbsentQuery) -> str:
    row = told.rows[0]
    if query.count_by:
        keys = [output for output in told.compiled.columns if output.kind == "dimension"]
        names = [
            key_words(row[told.column(output.name)], output.key, told.model, told.language, told.k) for output in keys
        ]
        facts = {name: number(row[told.column(name)], "count") for name in ("absent", "listed")}
        return say("absences", "lead_group", told.language, name=" / ".join(names), **facts)
    value = row[told.column("units" if query.what == "refund" else "on_hand")]
    if value is None:
        return ""
    lead = f"lead_{query.what}"
    return say("absences", lead, told.language, name=row_name(told, row), value=number(value, "count"))


def absence_caveats(told: Telling, query: AbsentQuery) -> list[str]:
    """What counts as listed, and a list that was cut."""
    found = [say("absences", f"about_{query.what}", told.language)]
    if told.rows and query.limit and not query.count_by and told.rows[0][told.column("absent_count")] > query.limit:
        found.append(say("caveats", "truncated", told.language, count=query.limit))
    return found
