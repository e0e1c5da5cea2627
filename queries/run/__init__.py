"""Running compiled SQL on a published snapshot, and analysts' own SQL under guard."""

from queries.run.connection import Result, TooSlow, forget, reading, run

__all__ = ["Result", "TooSlow", "forget", "reading", "run"]
