"""From a result to an answer: words, columns, chart, basis, caveats. Nobody else words a number."""

from queries.tell.answers import answered, clarify, definition_answer, failure, problem_refusal, refused
from queries.tell.asides import Asides, freshness, look
from queries.tell.telling import Telling

__all__ = [
    "Asides",
    "Telling",
    "answered",
    "clarify",
    "definition_answer",
    "failure",
    "freshness",
    "look",
    "problem_refusal",
    "refused",
]
