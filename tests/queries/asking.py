"""Asking the compiler directly: a typed query in, columns and rows out, on a published warehouse."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import duckdb

from queries.compile import (
    Clock,
    Compiled,
    Disclosure,
    Problem,
    compile_query,
    compile_register,
    compile_shape,
    settled,
    validate,
)
from queries.model import load_model
from queries.query import RegisterQuery, SemanticQuery, TimeRange
from queries.run import run
from queries.viewer import Viewer
from queries.warehouse import Warehouse


@dataclass
class Table:
    """A result: rows as mappings of column name to value, and what produced it."""

    rows: list[dict[str, Any]]
    compiled: Compiled

    @property
    def one(self) -> dict[str, Any]:
        (row,) = self.rows
        return row

    def by(self, *keys: str) -> dict[Any, dict[str, Any]]:
        return {(row[keys[0]] if len(keys) == 1 else tuple(row[k] for k in keys)): row for row in self.rows}


@dataclass
class Market:
    """A warehouse and the clock it is asked at."""

    warehouse: Warehouse
    now: datetime
    today: date
    viewer: Viewer = field(default_factory=Viewer.owner)

    def clock(self) -> Clock:
        return Clock(self.now.astimezone(UTC), self.today)

    def problem(self, query: SemanticQuery | RegisterQuery, viewer: Viewer | None = None) -> Problem | None:
        return validate(settled(query, load_model()), load_model(), viewer or self.viewer, self.clock())

    def ask(
        self, *metrics: str, viewer: Viewer | None = None, disclosure: Disclosure | None = None, **shape: Any
    ) -> Table:
        query = settled(SemanticQuery(metrics=metrics, **shape), load_model())
        assert validate(query, load_model(), viewer or self.viewer, self.clock(), disclosure) is None
        compiler = compile_query if isinstance(query, SemanticQuery) else compile_shape
        compiled = compiler(
            query,  # type: ignore[arg-type]
            load_model(),
            viewer or self.viewer,
            self.clock(),
            disclosure=disclosure,
        )
        return self._run(compiled)

    def register(self, name: str, viewer: Viewer | None = None, **shape: Any) -> Table:
        query = RegisterQuery(register_name=name, **shape)
        who = viewer or self.viewer
        assert validate(query, load_model(), who, self.clock()) is None
        return self._run(compile_register(query, load_model(), who, self.clock(), zone="Asia/Shanghai"))

    def _run(self, compiled: Compiled) -> Table:
        result = run(self.warehouse.snapshot(compiled.lane), compiled.sql)
        assert list(result.names) == [output.name for output in compiled.columns]
        return Table([dict(zip(result.names, row, strict=True)) for row in result.rows], compiled)

    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Hand-written SQL on the person-lane snapshot: the independent check."""
        connection = duckdb.connect(str(self.warehouse.snapshot("person")), read_only=True)
        try:
            return connection.execute(text, list(values)).fetchall()
        finally:
            connection.close()


def days(first: date, last: date, **more: Any) -> TimeRange:
    """Both inclusive, as people write them."""
    return TimeRange(start=first, end=date.fromordinal(last.toordinal() + 1), **more)
