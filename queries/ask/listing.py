"""Questions whose answer is a list: a register named by its words, festival dates, settings by what words are about."""

from __future__ import annotations

import re

from queries.ask.draft import Draft
from queries.ask.frame import Frame, MetricMention
from queries.ask.lexicon import Lexicon
from queries.ask.notions import Notions
from queries.ask.phrases import plain
from queries.ask.registers import RegisterReading, implied_registers, read_register
from queries.ask.spans import RegisterWord
from queries.ask.timing import read_timing
from queries.ask.when.meaning import Festival
from queries.ask.words import Words
from queries.model import Model
from queries.query import Answerable, Filter, Reading, Refuse, RegisterQuery

_TOPIC_EDGE = re.compile(
    r"^(?:[\s,.!?]*(?:(?:please|pls|plz|hi|hello|can|could|you|tell|do|have|did|has|is|was|are|were|we|had|there|any|a|an|"
    r"the|our|for|on|about|of|new|outcome|result|"
    r"conclusion|decision|risk level|status|got|done|made|to|show|me|list|all|which|what|who)(?![a-z])|"
    r"我们|有没有|有|做过|是否|"
    r"对|为|给|针对|关于|新的?|请问|麻烦|查一下|查询|哪些|所有|全部|列出|需要|[几多少]+[份个次项]|一共|总共|目前|现在|都|做了?|该|要|"
    r"多少|结论|结果|状态|风险|"
    r"到期|今年|去年))+[\s,]*"
    r"|[\s,]*(?:(?<![a-z])(?:done|made|yet|already|please|thanks|thank you)|"
    r"做过|做了|有没有|是否|完成了?|需要|谢谢|吗|呢|的|了|有|结论|结果|状态|风险等级|是什么|是啥|怎么样|如何|[几多少]+[份个次项]|哪些|多少)+[\s,.!?]*$"
)
_NO_TOPIC = re.compile(r"最|哪|谁|几|多少|什么|怎|吗|^[里中内]")
"""评估里风险最高的是哪个 asks something, it is no name of a project."""
_ABOUT = re.compile(r"(?<![a-z])(?:for|on|about|of|covering|regarding|concerning|into|called|named|titled)(?![a-z])")
"""What leads a topic in English: "a PIA for the loyalty programme"."""
_OPEN = ("unread_words", "not_in_model", "not_a_data_question", "person_lookup", "prediction_or_cause")
_ASKS = re.compile(r"^(?:which|who|whose|when|how many|what)(?![a-z])|哪些|多少|吗|谁|什么时候|有没有")
NAMED_PERSON = 5
"""Weight of a span that speaks of one person by name."""


def _may_be_a_setting(reading: Reading, frame: Frame) -> bool:
    """Whether the notions of settings may look at it: nothing read it, and nobody is named in it."""
    if isinstance(reading, Answerable):
        return False
    if isinstance(reading, Refuse):
        asks = reading.reason in _OPEN or (reading.reason == "change_request" and _ASKS.search(frame.text))
        if not asks or reading.topic == "definition":
            return False
    return not any(span.weight >= NAMED_PERSON for span, _ in frame.intents)


class Listing:
    """Reads lists for one model."""

    def __init__(self, model: Model, words: Words, lexicon: Lexicon) -> None:
        self.model = model
        self.notions = Notions(model, words, lexicon)

    def read(self, draft: Draft) -> Reading | None:
        """The list a question names, its refusal where words are left over; None where it names none."""
        return self._festival_dates(draft) or self.named(draft)

    def supposed(self, draft: Draft, reading: Reading) -> Reading | None:
        """The list that the words of a question are about, where nothing else read it."""
        if not _may_be_a_setting(reading, draft.frame):
            return None
        query = self.notions.read(draft)
        return Answerable(query=query) if query else None

    def _festival_dates(self, draft: Draft) -> Reading | None:
        """When is double 11: the days, from the calendar."""
        frame = draft.frame
        named = [t.meaning for t in frame.times if isinstance(t.meaning, Festival)]
        if (
            not (frame.has("when") or any(key == "promo_calendar" for _, key in frame.registers))
            or not named
            or frame.metrics
            or frame.values
            or frame.dimensions
            or draft.unread
        ):
            return None
        return Answerable(
            query=RegisterQuery(
                register_name="promo_calendar", filters=(Filter(dimension="promo", values=(named[0].promo,)),)
            )
        )

    def named(self, draft: Draft) -> Reading | None:
        """The register named by its own words."""
        frame = draft.frame
        if not frame.registers and not (implied_registers(frame) and not frame.metrics):
            return None
        spans = {span for span, _ in frame.registers}
        if any(m.span not in spans and not self._persons_named(frame, m) for m in frame.metrics):
            return None
        draft.timing = read_timing(frame.times, draft.clock)
        readings = read_register(frame, self.model, draft.timing)
        if not readings:
            return None
        best = readings[0]
        topical = self._topic(draft, best)
        if topical:
            return Answerable(query=topical)
        asked = [s for s, kind in frame.vague if kind != "performance" or not best.query.conditions]
        left = (
            *draft.unread_words(),
            *(draft.said(s.start, s.end) for s in (*best.unread, *frame.residue, *asked)),
        )
        if left:
            if not frame.registers:
                return None
            if frame.metrics or ((frame.dimensions or frame.vague) and not best.query.conditions):
                frame.residue += [s for s in spans if all(isinstance(m, RegisterWord) for m in s.meanings)]
                frame.registers = []
                return None
            return Refuse(reason="unread_words", words=left, show=None)
        return Answerable(query=best.query)

    def _persons_named(self, frame: Frame, mention: MetricMention) -> bool:
        """ "how many customers opted out": the noun is what one row of the register is."""
        return (mention.key == "buyers" or mention.term == "customers") and any(
            self.model.registers[key].persons for _, key in frame.registers
        )

    def _topic(self, draft: Draft, best: RegisterReading) -> object:
        """A PIA for the new loyalty programme: words outside the register's own become what to look for."""
        if best.query.register_name != "impact_assessments":
            return None
        text, frame = draft.frame.text, draft.frame
        own = [span for span, key in frame.registers if key == best.query.register_name]
        own += [span for span, c in frame.conditions if c.register == best.query.register_name]
        pieces, at = [], 0
        for span in sorted(own, key=lambda s: s.start):
            pieces.append((at, span.start))
            at = span.end
        pieces.append((at, len(text)))
        said = [plain(draft.said(start, end)) for start, end in pieces if end > start]
        named = [plain(draft.said(span.start, span.end)) for span in own]
        if draft.language == "en" and not any(map(_ABOUT.search, (*named, *said))):
            return None
        topics = [_TOPIC_EDGE.sub("", words).strip(" ,.?!吗呢的了") for words in said]
        topic = max(topics, key=len, default="")
        if not 2 <= len(topic) <= 60 or _NO_TOPIC.search(topic):
            return None
        return best.query.model_copy(update={"topic": topic})
