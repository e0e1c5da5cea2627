"""The log: one structured line per event on stderr, JSON unless a person is watching.

Nothing logged may hold a secret, a question's text or a value of a person; `redact` is the net below.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_NAMES = re.compile(r"token|secret|password|signature|authorization|cookie|api_?key", re.I)
SECRET_VALUES = re.compile(r"xox[a-z]-[\w-]+|xapp-[\w-]+|shpat_\w+|c[ks]_[0-9a-f]{20,}")


def keep_journal(level: str = "INFO") -> None:
    """Sets up structlog once; libraries' own loggers speak only from WARNING on."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    pretty = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            redact,
            structlog.dev.ConsoleRenderer()
            if pretty
            else structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping().get(level.upper(), 20)
        ),
        logger_factory=lambda *_args: structlog.PrintLogger(sys.stderr),  # whatever stderr is by then
    )


def redact(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replaces values under secret-looking names, and secret-looking values under any name.

    >>> redact(None, "info", {"event": "x", "access_token": "abc"})["access_token"]
    '[redacted]'
    """
    for name, value in event.items():
        if SECRET_NAMES.search(name):
            event[name] = "[redacted]"
        elif isinstance(value, str):
            event[name] = SECRET_VALUES.sub("[redacted]", value)
    return event
