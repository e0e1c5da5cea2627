"""A failure a person can meet: one sentence in both languages and a hint, never a stack trace.

Every floor raises its own kinds of Trouble; the surfaces (terminal, Slack) print what the person reads.
This module imports nothing of ours.
"""

from __future__ import annotations

import traceback
from typing import ClassVar


class Trouble(Exception):
    """Base of the failures that people read.

    Subclasses give `en` and `zh` (and hints) as templates over the keyword arguments they are raised with.

    >>> class NoSuchShop(Trouble):
    ...     en, zh = "There is no shop {name}.", "没有名为 {name} 的店铺。"
    >>> NoSuchShop(name="x").say("zh")
    '没有名为 x 的店铺。'
    """

    en: ClassVar[str] = "Something went wrong."
    zh: ClassVar[str] = "出了点问题。"
    hint_en: ClassVar[str] = ""
    hint_zh: ClassVar[str] = ""

    def __init__(self, **facts: object) -> None:
        self.facts = facts
        super().__init__(self.say("en"))

    def say(self, language: str) -> str:
        """The sentence in `en` or `zh`."""
        return (self.zh if language == "zh" else self.en).format(**self.facts)

    def hint(self, language: str) -> str:
        """What to try, or an empty string."""
        return (self.hint_zh if language == "zh" else self.hint_en).format(**self.facts)


def steps(error: BaseException, most: int = 8) -> list[str]:
    """Where an unforeseen failure happened, for the log: file, line and function of the last frames.

    Never the message or local values: they may quote a question or a row.
    """
    frames = traceback.extract_tb(error.__traceback__)[-most:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
