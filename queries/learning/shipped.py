"""Writes the readings of the shipped verified questions anew: `python -m queries.learning.shipped`.

For developers, after a reading was changed on purpose. The questions name nothing of a warehouse; festivals come
from the seeded calendar.
"""

from __future__ import annotations

import json
from datetime import date

from queries.ask import PromoDay, Translator
from queries.learning.checking import SHIPPED, outline
from queries.model import load_model
from queries.reference import verified_questions
from queries.warehouse.seed import shipped_promotions

TODAY = date(2026, 11, 24)


def translator() -> Translator:
    """The shipped model, the seeded calendar, no names."""
    return Translator(load_model(), None, [PromoDay(*row) for row in shipped_promotions()])


def lines() -> list[str]:
    """One JSON line for each question of each language."""
    reads = translator()
    questions = [question for item in verified_questions() for question in (item.en, item.zh)]
    return [
        json.dumps(
            {"question": q, "today": TODAY.isoformat(), "outline": outline(reads.read(q, today=TODAY))},
            ensure_ascii=False,
        )
        for q in questions
    ]


if __name__ == "__main__":
    SHIPPED.write_text("\n".join(lines()) + "\n", encoding="utf-8")
