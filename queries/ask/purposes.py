"""What a figure is for: "need it for the accruals", "so I can brief the board", "for tomorrow's stand-up".

Such a clause restricts nothing, whatever its words are. It is taken out only where nothing in it could narrow the
question: "need it for Douyin" stays, and "for the JD review" too. A date may stand in it only before a noun of an
event ("for Friday's board meeting"), because "need it for October" says which month.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from queries.ask.spans import (
    ConditionWord,
    DimensionWord,
    Domain,
    FieldValueWord,
    FieldWord,
    Intent,
    Meaning,
    MetricWord,
    RegisterWord,
    Sign,
    Span,
    TermWord,
    ValueWord,
)
from queries.ask.when.meaning import Period

_END = r"(?=\s*(?:$|[.;:?!)\]]|,(?![a-z0-9])|-(?= )))"
_WHO = (
    r"(?:i|we|they|he|she|you|finance|accounting|accounts|marketing|ops|legal|hr|sales|logistics|management|someone|"
    r"(?:my|our|the) (?:boss|manager|team|ceo|cfo|coo|cmo|founder|director|accountant|accountants|board|investors?|"
    r"auditors?|bank|agency|client|partner|buyer|planner|lawyer|lawyers|colleague|colleagues|[a-z]+ team))"
)
_GREETING = r"(?:hi|hey|hello|morning|good morning|team|all|quick one|so|ok|right)(?: (?:all|team|there|guys))?"
_THIS = (
    r"(?:it|this|that|these|those|them|the (?:number|numbers|figure|figures|data|answer|total|list|split)|"
    r"(?:just |only )?(?:a|one|one single|a single) (?:number|figure|total|answer)|numbers)"
)
_NEED = (
    r"(?:(?:just |really |urgently |badly |only )?(?:need|needs|needed|want|wants|wanted|require|requires|"
    r"asked for|asks for|is asking for|are asking for|am asking|is asking|are asking|have to have|has to "
    r"have|could use|would like))"
)
_EVENT = (
    r"(?:meeting|meetings|deck|decks|slide|slides|presentation|pitch|call|calls|standup|stand up|stand-up|"
    r"sync|catch up|catch-up|"
    r"report|reports|reporting|review|newsletter|memo|update|email|mail|briefing|brief|board pack|pack|"
    r"dashboard|spreadsheet|"
    r"budget|budgets|budgeting|planning|plan|plans|accrual|accruals|close|closing|month end|month-end|month "
    r"end close|"
    r"year end|audit|audits|reconciliation|p&l|ledger|books|bookkeeping|invoice|invoicing|board|bank|"
    r"auditors?|investors?|"
    r"negotiation|negotiations|appraisal|workshop|offsite|off-site|retro|retrospective|one pager|one-pager|debrief|"
    r"accountant|accountants|tax adviser|lawyers?|boss|ceo|cfo|founder|record|records|file|archive|article|post|blog)"
)
_ASKS = (
    r"(?:(?:keeps?|kept|is|are|was|were|has been|have been|just|now|always|also) )*(?:asks?|asked|asking|"
    r"wants?|wanted|needs?|"
    r"needed|would like|is after|are after|curious|wondering|chasing(?: me)?|nagging(?: me)?)"
)
_CLAUSES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:^|[,.;:(-] ?| )(?:(?:because|as|since|and|so) )?(?:{_WHO} )?{_NEED} {_THIS}"
        rf"(?: (?:for|to|by|before|because|as|so|in|on|asap|today|now|urgently|please|pls)(?: "
        rf"[^,.;:?!()]+?)?)?{_END}",
        rf"(?:^|[,.;:(-] ?| )(?:because|as|since|cause|cos) (?:{_WHO}|there)(?:'s|'re|'m|'ve|'ll)? "
        rf"[^,.;:?!()]+?{_END}",
        rf"(?:^|[,.;:(-] ?| )(?:as |since |because |and |but )?{_WHO} {_ASKS}(?: to (?:know|see|have))?"
        rf"(?: (?:me|us|about|for|this|it|that|again|today|now|on|the|every|week|day))*{_END}",
        rf"^(?:{_GREETING},? ?)?{_WHO} {_ASKS}(?: to (?:know|see|have))?(?: (?:me|us))?(?: (?:about|for|"
        rf"after|on))?(?= )",
        rf"(?:^|[,.;:(-] ?| )so (?:that )?(?:i|we|they|he|she|[a-z]+ team) (?:can|could|may|know|have|am|"
        rf"are|will|don't|do not) "
        rf"[^,.;:?!()]+?{_END}",
        rf"(?:^|[,.;:(-] ?| )(?:in order |trying |looking |going |about |just )?to (?:put|paste|include|"
        rf"drop|stick|use|present|show|share|"
        rf"quote|prepare|prep|plan|brief|update|report|send|attach|add|file|book|post|close|reconcile|"
        rf"finish|fill|decide|"
        rf"justify|defend|back up|support|satisfy|answer|settle|double check|double-check|sanity check|cross check)"
        rf"(?: [^,.;:?!()]+?)?{_END}",
        rf"(?:^|[,.;:(-] ?| )(?:this is |it's |it is |that's |all )?(?:for|ahead of|before|in time for|as "
        rf"input (?:for|to)|to go in|going in(?:to)?) "
        rf"(?:(?:the|a|an|my|our|their|his|her|this|that|today's|tomorrow's|tonight's|monday's|tuesday's|"
        rf"wednesday's|thursday's|"
        rf"friday's|next|this|week's|month's|quarter's|week|month|[a-z]+|q[1-4]|[a-z]+'s) ){{0,4}}{_EVENT}{_END}",
    )
)
_EVENTS = re.compile(rf"(?<![a-z]){_EVENT}$")
_DEADLINE = re.compile(
    rf"{_NEED} {_THIS} (?:(?:by|before|until) )?(?:today|tonight|tomorrow|now|noon|lunch|eod|cob|end of (?:the )?day|"
    r"(?:the )?end of (?:the |this )?week|monday|tuesday|wednesday|thursday|friday|\d{1,2} ?(?:am|pm|o'clock))$"
)
"""need it by Friday, needs it today: when the answer is wanted, not what it is about."""
_NARROWS = ("exclude", "only", "exclude_end", "other", "how_many", "which", "by", "each", "share", "growth")


def purposes(text: str, read: Sequence[Span]) -> Iterator[Span]:
    """The clauses that only say what the figure is for."""
    taken = bytearray(len(text))
    matches = (match for pattern in _CLAUSES for match in pattern.finditer(text))
    for match in sorted(matches, key=lambda m: m.start() - m.end()):
        start, end = match.span()
        while start < end and text[start] in " ,.;:(-":
            start += 1
        if not any(taken[start:end]) and end - start < len(text.strip()) and _idle(text, start, end, read):
            taken[start:end] = b"\x01" * (end - start)
            yield Span(((start, end),), (Sign("purpose"),), 9)


def _idle(text: str, start: int, end: int, read: Sequence[Span]) -> bool:
    event = _EVENTS.search(text[start:end]) is not None or _DEADLINE.search(text[start:end]) is not None
    inside = [s for s in read if s.start < end and start < s.end]
    if any(s.start < start or end < s.end for s in inside):
        return False
    return all(_harmless(meaning, event) for span in inside for meaning in span.meanings)


def _harmless(meaning: Meaning, event: bool) -> bool:
    if isinstance(meaning, Sign):
        return meaning.kind not in _NARROWS
    if isinstance(meaning, Intent):
        return meaning.kind not in ("change_request", "person_lookup")
    if isinstance(meaning, RegisterWord | FieldWord | ConditionWord | FieldValueWord | Domain):
        return True
    if isinstance(meaning, ValueWord):
        return event and meaning.dimension == "weekday"
    return event and isinstance(meaning, Period | MetricWord | TermWord | DimensionWord)
