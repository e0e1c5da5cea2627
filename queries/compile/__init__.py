"""From a typed query to SQL: the only writer of business queries."""

from queries.compile.compiler import Compiled, Output, compile_query
from queries.compile.currencies import rate_sql
from queries.compile.footing import footing
from queries.compile.registers import compile_register
from queries.compile.scope import Clock, Disclosure
from queries.compile.shaped import compile_shape
from queries.compile.validate import Problem, settled, validate

__all__ = [
    "Clock",
    "Compiled",
    "Disclosure",
    "Output",
    "Problem",
    "compile_query",
    "compile_register",
    "compile_shape",
    "footing",
    "rate_sql",
    "settled",
    "validate",
]
