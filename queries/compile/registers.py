"""A `RegisterQuery` becomes one SELECT over a register of the model: a list, a count, or counts per value.

Registers of persons (consents) are only ever counted: a count is shown from the group size on, and only where
the rest of its population is empty or as large.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from sqlglot import exp

from queries.compile.compiler import Compiled, Output, tables_of
from queries.compile.fragments import case, fragment, func, literal, render, source_of, wrapped
from queries.compile.scope import Clock
from queries.model.types import Field_, Model, Register
from queries.query import Filter, RegisterQuery
from queries.viewer import Viewer

MOST_ROWS = 1000
COUNT = "n"


def compile_register(
    query: RegisterQuery, model: Model, viewer: Viewer, clock: Clock, *, zone: str = "UTC"
) -> Compiled:
    """The SQL of a valid register query.

    >>> compile_register(RegisterQuery(register_name="retention_rules", conditions=("overdue",)), model, viewer, clock)
    """
    builder = _Register(query, model.registers[query.register_name], viewer, clock, zone)
    select = builder.select()
    lane: Literal["business", "person"] = builder.register.lane
    return Compiled(render(select), lane, tuple(builder.outputs), tables_of(select), builder.register.persons)


class _Register:
    def __init__(
        self, query: RegisterQuery, register: Register, viewer: Viewer, clock: Clock, zone: str
    ) -> None:
        self.query, self.register, self.viewer, self.clock, self.zone = query, register, viewer, clock, zone
        self.outputs: list[Output] = []

    def select(self) -> exp.Select:
        if self.query.count_by is None:
            return self._list()
        return self._persons() if self.register.persons else self._count()

    def _read(self, text: str) -> exp.Expr:
        """A fragment with the one clock filled in."""
        return fragment(self._filled(text))

    def _filled(self, text: str) -> str:
        text = text.replace("$today", f"DATE '{self.clock.today.isoformat()}'")
        text = text.replace("$k", str(self.viewer.min_group)).replace("$window", self._window())
        return text.replace("$now", f"TIMESTAMP '{self.clock.now.replace(tzinfo=None).isoformat(sep=' ')}'")

    def _window(self) -> str:
        """The period as a condition on `sale_date`."""
        asked, day = self.query.time, exp.column("sale_date")
        found: list[exp.Expr] = [exp.true()]
        if asked and asked.start:
            found.append(exp.GTE(this=day, expression=literal(asked.start)))
        if asked and asked.end:
            found.append(exp.LT(this=day.copy(), expression=literal(asked.end)))
        return exp.and_(*found).sql(dialect="duckdb")

    def _field(self, key: str) -> exp.Expr:
        field = self.register.fields[key]
        return self._read(field.sql) if field.sql else exp.column(key)

    def _source(self) -> exp.Expr:
        return source_of(self._filled(f"{self.register.source} AS {self.register.key}"))

    def _output(self, key: str) -> None:
        field = self.register.fields[key]
        self.outputs.append(Output(key, "dimension" if field.unit == "text" else "metric", key, field.unit))

    # --- conditions

    def _conditions(self) -> list[exp.Expr]:
        keys = self.query.conditions or (() if self.query.filters else self.register.default_conditions)
        return [wrapped(self._read(self.register.conditions[key].sql)) for key in keys]

    def _filters(self) -> list[exp.Expr]:
        found = [self._filter(given) for given in self.query.filters]
        if self.query.topic:
            found.append(self._topic(self.query.topic))
        if self.query.time and (self.query.time_field or self.register.time):
            found += self._period()
        if self.viewer.shops is not None and "platform" in self.register.fields:
            platforms = sorted({platform for platform, _ in self.viewer.shops})
            found.append(exp.In(this=self._field("platform"), expressions=[literal(p) for p in platforms]))
        return found

    def _filter(self, given: Filter) -> exp.Expr:
        column = self.field_of(given.dimension)
        side = self._field(column)
        if given.op == "is_unknown":
            return exp.Is(this=side, expression=exp.null())
        if given.op == "is_known":
            return exp.not_(exp.Is(this=side, expression=exp.null()))
        values = [literal(value) for value in given.values]
        among: exp.Expr = exp.In(this=exp.cast(side, "VARCHAR"), expressions=values)
        if self.register.fields[column].many:
            among = func("list_has_any", side, exp.Array(expressions=values))
        if given.op == "in":
            return among
        return exp.paren(exp.or_(exp.not_(among), exp.Is(this=side.copy(), expression=exp.null())))

    def field_of(self, name: str) -> str:
        """A field by its key, or by the dimension it shares its words with."""
        if name in self.register.fields:
            return name
        return next(key for key, field in self.register.fields.items() if field.dimension == name)

    def _topic(self, words: str) -> exp.Expr:
        """The phrase, or every one of its words, in a text column; wildcards in it are plain characters."""
        whole = exp.or_(*[self._like(column, words) for column in self.register.topic])
        pieces = [word for word in words.split() if len(word) > 2]
        if len(pieces) < 2:
            return exp.paren(whole)
        every = exp.and_(
            *[
                exp.paren(exp.or_(*[self._like(column, word) for column in self.register.topic]))
                for word in pieces
            ]
        )
        return exp.paren(exp.or_(whole, exp.paren(every)))

    def _like(self, column: str, words: str) -> exp.Expr:
        text = func("lower", func("coalesce", exp.cast(self._field(column), "VARCHAR"), literal("")))
        return exp.GT(
            this=exp.StrPosition(this=text, substr=literal(words.strip().lower())),
            expression=exp.Literal.number(0),
        )

    def _period(self) -> list[exp.Expr]:
        """From the first day on; up to the last one. A register's own time has no end where the period reaches
        today: then everything up to now is meant; a column that was named may lie ahead."""
        asked, column = self.query.time, self.query.time_field or self.register.time
        assert asked
        side = self._field(column)
        found: list[exp.Expr] = []
        if asked.start:
            found.append(exp.GTE(this=side, expression=self._moment(column, asked.start)))
        if asked.end and (self.query.time_field or asked.end < self.clock.today):
            found.append(exp.LT(this=side.copy(), expression=self._moment(column, asked.end)))
        return found

    def _moment(self, column: str, day: date) -> exp.Expr:
        """A day for a date column; its first instant on the workspace's clock for an instant."""
        if not (column.endswith("_at") or column == "since"):
            return literal(day)
        start = datetime.combine(day, time(), ZoneInfo(self.zone)).astimezone(ZoneInfo("UTC"))
        return literal(start)

    # --- what is listed

    def _list(self) -> exp.Select:
        keys = self._shown()
        select = exp.select(*[exp.alias_(self._field(key), key) for key in keys]).from_(self._source())
        for key in keys:
            self._output(key)
        where = [*self._conditions(), *self._filters()]
        if where:
            select = select.where(*where)
        order = [
            exp.Ordered(this=self._field(key.lstrip("-")), desc=key.startswith("-"), nulls_first=False)
            for key in self.register.order
        ]
        select = select.order_by(*order) if order else select
        return select.limit(self.query.limit or MOST_ROWS)

    def _shown(self) -> tuple[str, ...]:
        """The columns of the list; a condition may bring its own. A column that a filter fixes is left out."""
        shown = self.register.shown
        for key in self.query.conditions:
            shown = self.register.conditions[key].shown or shown
        fixed = {
            self.field_of(f.dimension) for f in self.query.filters if f.op == "in" and len(f.values) == 1
        }
        kept = tuple(key for key in dict.fromkeys((*shown, *self.query.columns)) if key not in fixed)
        return kept or shown

    def _count(self) -> exp.Select:
        keys = self.query.count_by or ()
        select = exp.select(
            *[exp.alias_(self._field(key), key) for key in keys],
            exp.alias_(exp.Count(this=exp.Star()), COUNT),
        )
        select = select.from_(self._source())
        where = [*self._conditions(), *self._filters()]
        if where:
            select = select.where(*where)
        for key in keys:
            self._output(key)
        self.outputs.append(Output(COUNT, "metric", COUNT, "count"))
        if not keys:
            return select
        select = select.group_by(*[exp.Literal.number(n + 1) for n in range(len(keys))])
        order = [
            exp.Ordered(this=exp.column(COUNT), desc=True, nulls_first=False),
            *[exp.Ordered(this=exp.Literal.number(n + 1), nulls_first=False) for n in range(len(keys))],
        ]
        return select.order_by(*order).limit(self.query.limit or MOST_ROWS)

    def _persons(self) -> exp.Select:
        """Distinct persons who match, of the distinct persons there are, under the group-size rule."""
        keys = self.query.count_by or ()
        state = [f for f in self.query.filters if f.dimension == "state"]
        around = [f for f in self.query.filters if f not in state]
        matching = [*self._conditions(), *[self._filter(f) for f in state]]
        person = fragment("platform || '/' || subject_key")
        matched: exp.Expr = person.copy()
        if matching:
            matched = case((exp.and_(*matching), person.copy()))
        counted = exp.select(
            *[exp.alias_(self._field(key), key) for key in keys],
            exp.alias_(exp.Count(this=exp.Distinct(expressions=[matched])), COUNT),
            exp.alias_(exp.Count(this=exp.Distinct(expressions=[person])), "total"),
        ).from_(self._source())
        self.query = self.query.model_copy(update={"filters": tuple(around)})
        where = self._filters()
        if where:
            counted = counted.where(*where)
        if keys:
            counted = counted.group_by(*[exp.Literal.number(n + 1) for n in range(len(keys))])
        for key in keys:
            self._output(key)
        self.outputs += [
            Output(COUNT, "metric", COUNT, "count"),
            Output("shown_from", "beside", "shown_from", "count"),
            Output("is_suppressed", "hidden"),
        ]
        k = exp.Literal.number(self.viewer.min_group)
        safe = fragment(
            f"{COUNT} >= {self.viewer.min_group} AND (total - {COUNT} >= {self.viewer.min_group} OR total = {COUNT})"
        )
        select = exp.select(
            *keys,
            exp.alias_(case((safe, exp.column(COUNT))), COUNT),
            exp.alias_(k, "shown_from"),
            exp.alias_(exp.not_(exp.paren(safe.copy())), "is_suppressed"),
        )
        select = select.from_(counted.subquery("counted"))
        return (
            select.order_by(*[exp.Ordered(this=exp.column(key), nulls_first=False) for key in keys])
            if keys
            else select
        )


__all__ = ["COUNT", "Field_", "compile_register"]
