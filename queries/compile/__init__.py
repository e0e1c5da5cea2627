"""From a typed query to SQL: the only writer of business queries."""

from queries.compile.compiler import Compiled, Output, compile_query
from queries.compile.scope import Clock, Disclosure

__all__ = ["Clock", "Compiled", "Disclosure", "Output", "compile_query"]
