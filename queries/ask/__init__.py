"""Asking: from the words of a question to a typed query, a choice or a refusal, without any key or model."""

from queries.ask.normalise import language, normalise
from queries.ask.thread import ThreadState
from queries.ask.translator import Translator, Verified
from queries.ask.values import ValueIndex, Values
from queries.ask.when.meaning import PromoDay

__all__ = ["PromoDay", "ThreadState", "Translator", "ValueIndex", "Values", "Verified", "language", "normalise"]
