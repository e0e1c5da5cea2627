"""Words of time become half-open date ranges; the clock, the calendar and the week start are arguments."""

from queries.ask.when.meaning import Clock, Festival, Grained, Period, Relative, TimeSpan, Vague, Versus
from queries.ask.when.tag import tag_time

__all__ = ["Clock", "Festival", "Grained", "Period", "Relative", "TimeSpan", "Vague", "Versus", "tag_time"]
