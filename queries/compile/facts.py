"""Facts: one CTE per entity, day column and shape, aggregated to the dimensions of the query.

Two facts are never joined row to row; each is added up alone and they meet on their dimensions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from sqlglot import exp

from queries.compile.fragments import (
    COMPARISONS,
    case,
    fragment,
    func,
    literal,
    moved,
    same,
    source_of,
    truncated,
    wrapped,
)
from queries.compile.scope import Scope, Variant, anchor_of, bucket_step, first_of, resolve
from queries.model.types import Entity, Lookup, Measure
from queries.query import Filter

SHAPES = {
    "persons_repeating": "repeating",
    "squared_shares": "shares",
    "largest_share": "shares",
    "last_level": "level",
    "last_persons": "level",
    "opening_level": "opening",
    "open_at_end": "open",
}
LEVEL_REACH = timedelta(days=35)
"""A level is carried forward at most this long: a series that stopped reporting is unknown, not constant."""
FOLDED = "(other)"
"""Key of the row that the small groups are folded into."""


@dataclass(frozen=True)
class Part:
    """Measures that one CTE yields."""

    entity: Entity
    anchor: str
    shape: str
    measures: tuple[Measure, ...]

    @property
    def name(self) -> str:
        by = f"_by_{self.anchor}" if self.anchor and self.anchor != next(iter(self.entity.days), "") else ""
        return f"{self.entity.key}{by}{'_' + self.shape if self.shape else ''}_facts"


@dataclass
class Facts:
    """Builds the CTE of one part in one variant."""

    scope: Scope
    part: Part
    variant: Variant
    fold: str = ""
    """CTE that says which groups are too small, or ''."""
    lookups: dict[str, Lookup] = field(default_factory=dict)
    """Lookups this CTE joins, by key; the compiler puts them in front of it."""

    # --- expressions of the entity

    def read(self, text: str) -> exp.Expr:
        """A fragment over the entity, columns qualified, lookups noted, clock filled in. `$bucket` is the first day
        of the part of the period that a row falls in.
        """
        clock = self.scope.clock
        text = text.replace("$today", f"DATE '{clock.today.isoformat()}'")
        text = text.replace("$now", f"TIMESTAMP '{clock.now.replace(tzinfo=None).isoformat(sep=' ')}'")
        if "$bucket" in text:
            text = text.replace("$bucket", self.first_day_of_bucket(self.day()).sql("duckdb"))
        tree = fragment(text)
        if isinstance(tree, exp.Column):
            return self._own(tree)
        for column in list(tree.find_all(exp.Column)):
            if not column.find_ancestor(exp.Select):
                self._own(column)
        return tree

    def _own(self, column: exp.Column) -> exp.Column:
        through = "" if column.table else self.part.entity.columns.get(column.name, "")
        if through:
            lookup, _, name = through.partition(".")
            column.set("table", exp.to_identifier(lookup))
            column.set("this", exp.to_identifier(name))
        table = column.table
        if not table:
            column.set("table", exp.to_identifier(self.part.entity.key))
        elif table in self.part.entity.lookups:
            self._join(table)
        return column

    def _join(self, key: str) -> None:
        if key in self.lookups:
            return
        lookup = self.scope.model.lookups[key]
        for column in lookup.keys:
            self._key_column(column)
        self.lookups[key] = lookup

    def _key_column(self, column: str) -> exp.Expr:
        """The entity's side of a lookup's key; it may itself come through a lookup, which is then joined first."""
        through = self.part.entity.columns.get(column)
        return self.read(through) if through else exp.column(column, self.part.entity.key)

    def person(self) -> exp.Expr:
        return self.read(self.part.entity.person)

    def day(self) -> exp.Expr:
        return self.read(self.part.entity.days[self.part.anchor])

    def dimension(self, key: str) -> exp.Expr:
        """The dimension's expression in this entity."""
        text = resolve(self.scope.model.dimensions[key], self.part.entity, self.part.anchor)
        if text is None:
            raise KeyError(f"{self.part.entity.key} has no {key}")
        return self.read(text)

    def bucket(self) -> exp.Expr | None:
        """First day of the asked grain, laid on the asked period."""
        if not self.scope.grain:
            return None
        if self.part.shape in ("opening", "open"):
            return exp.column("bucket", "buckets")
        start = truncated(self.scope.grain, self.day())
        return moved(start, self.variant.shift)

    # --- conditions

    def conditions(self) -> list[exp.Expr]:
        entity = self.part.entity
        found = [wrapped(self.read(entity.where))] if entity.where else []
        if entity.days and self.part.shape in ("", "repeating", "shares", "level"):
            found += self._period(self.day())
        mine = [
            f for f in self.variant.filters if not self.scope.model.dimensions[f.dimension].person_attribute
        ]
        persons = [f for f in self.variant.filters if f not in mine]
        found += [self.filter(f) for f in mine]
        if persons:
            both = exp.and_(*[self.filter(f) for f in persons])
            if self.variant.everyone_else:
                both = exp.not_(func("coalesce", exp.paren(both), exp.false()))
            found.append(both)
        if self.scope.viewer.shops is not None:
            found.append(self._own_shops())
        return found

    def _period(self, day: exp.Expr) -> list[exp.Expr]:
        found: list[exp.Expr] = []
        start = self.variant.start
        if start and self.part.shape == "level" and not self.scope.grain:
            lasting = all(measure.aggregate == "last_persons" for measure in self.part.measures)
            start = None if lasting else start - LEVEL_REACH
        if start:
            found.append(exp.GTE(this=day.copy(), expression=literal(start)))
        if self.variant.end:
            found.append(exp.LT(this=day.copy(), expression=literal(self.variant.end)))
        return found

    def filter(self, given: Filter) -> exp.Expr:
        """One condition; a negation keeps the unknown, so that a filter and its complement add up."""
        side = self.dimension(given.dimension)
        if given.op == "is_unknown":
            return exp.Is(this=side, expression=exp.null())
        if given.op == "is_known":
            return exp.not_(exp.Is(this=side, expression=exp.null()))
        kind = self.scope.model.dimensions[given.dimension].type
        if given.op in COMPARISONS:
            return COMPARISONS[given.op](this=side, expression=literal(Decimal(given.values[0])))
        if given.op == "between":
            low, high = (literal(Decimal(value)) for value in given.values)
            return exp.Between(this=side, low=low, high=high)
        values = [literal(int(value)) if kind == "number" else literal(value) for value in given.values]
        if kind == "date":
            values = [exp.cast(exp.Literal.string(value), "DATE") for value in given.values]
        among: exp.Expr = exp.In(this=side, expressions=values)
        if len(values) == 1:
            among = exp.EQ(this=side, expression=values[0])
        if given.op == "in":
            return among
        return exp.paren(exp.or_(exp.not_(among), exp.Is(this=side.copy(), expression=exp.null())))

    def _own_shops(self) -> exp.Expr:
        pairs = [
            exp.and_(
                exp.EQ(this=self.dimension("platform"), expression=literal(platform)),
                exp.EQ(this=self.dimension("shop"), expression=literal(shop)),
            )
            for platform, shop in self.scope.viewer.shops or ()
        ]
        return exp.paren(exp.or_(*pairs)) if pairs else exp.false()

    # --- the CTE's frame

    def keys(self) -> list[exp.Expr]:
        """Bucket and dimensions, aliased by their names; small groups under one key."""
        found: list[exp.Expr] = []
        bucket = self.bucket()
        if bucket is not None:
            found.append(exp.alias_(bucket, str(self.scope.grain)))
        for key in self.variant.dimensions:
            side = self.dimension(key)
            if self.fold and key in self.scope.person_dimensions:
                side = case((exp.column("is_small", self.fold), literal(FOLDED)), default=side)
            found.append(exp.alias_(side, key))
        return found

    def key_names(self) -> list[str]:
        return [*([str(self.scope.grain)] if self.scope.grain else []), *self.variant.dimensions]

    def framed(self, select: exp.Select, *, grouped: int, more: list[exp.Expr] | None = None) -> exp.Select:
        entity = self.part.entity
        source = source_of(f"{self._source()} AS {entity.key}")
        select = select.from_(source)
        conditions = self.conditions()
        within: list[exp.Expr] = []
        if self.part.shape in ("opening", "open") and self.scope.grain:
            within = self._reach(exp.column("bucket", "buckets"), exp.column("until", "buckets"))
        elif self.part.shape in ("opening", "open"):
            start = literal(self.variant.start) if self.variant.start else None
            end = literal(self.variant.end or self.scope.clock.today + timedelta(days=1))
            conditions += self._reach(start, end)
        conditions += more or []
        for key, lookup in list(self.lookups.items()):
            select = self._with_lookup(select, key, lookup)
        if within:
            select = select.join(exp.to_table("buckets"), on=exp.and_(*within), join_type="inner")
        if self.fold:
            select = self._with_fold(select)
        if conditions:
            select = select.where(*conditions)
        if grouped:
            select = select.group_by(*[exp.Literal.number(n + 1) for n in range(grouped)])
        return select

    def _source(self) -> str:
        text = self.part.entity.source
        if "$period" not in text:
            return text
        period = self._period(exp.column(self.part.entity.days[self.part.anchor], "v"))
        return text.replace("$period", exp.and_(exp.true(), *period).sql(dialect="duckdb"))

    def _reach(self, start: exp.Expr | None, end: exp.Expr) -> list[exp.Expr]:
        """Which rows count towards a level at the bucket's end (`open`) or before its beginning (`opening`)."""
        day = self.day()
        if self.part.shape == "opening":
            if start is None:
                return [exp.false()]
            reach = exp.cast(
                exp.Sub(this=start.copy(), expression=exp.Literal.number(LEVEL_REACH.days)), "DATE"
            )
            return [exp.LT(this=day, expression=start), exp.GTE(this=day.copy(), expression=reach)]
        closes = self.read(self.part.entity.closes)
        still = exp.or_(
            exp.Is(this=closes, expression=exp.null()), exp.GTE(this=closes.copy(), expression=end.copy())
        )
        return [exp.LT(this=day, expression=end), exp.paren(still)]

    def _with_lookup(self, select: exp.Select, key: str, lookup: Lookup) -> exp.Select:
        on = [
            exp.EQ(this=exp.column(column, key), expression=self._key_column(column))
            for column in lookup.keys
        ]
        if lookup.per_bucket:
            on.append(exp.EQ(this=exp.column("bucket", key), expression=self.first_day_of_bucket(self.day())))
        name = self.lookup_table(lookup)
        return select.join(
            exp.alias_(exp.to_table(name), key, table=True) if name != key else exp.to_table(name),
            on=exp.and_(*on),
            join_type="left",
        )

    def lookup_table(self, lookup: Lookup) -> str:
        """The table or CTE to join: a CTE of its own per variant where the SQL depends on the period."""
        if " " not in lookup.sql:
            return lookup.sql
        return lookup.key + (self.variant.suffix if "{" in lookup.sql else "")

    def first_day_of_bucket(self, day: exp.Expr) -> exp.Expr:
        """The first day of the asked period, or of the part of it a day falls in."""
        start = literal(self.variant.start) if self.variant.start else fragment("DATE '0001-01-01'")
        if not self.scope.grain:
            return start
        first = truncated(self.scope.grain, day)
        return exp.cast(exp.Anonymous(this="greatest", expressions=[first, start]), "DATE")

    def lookup_select(self, lookup: Lookup) -> exp.Expr | None:
        """The CTE of a lookup, with its period filled in; None where it is a plain table."""
        if " " not in lookup.sql:
            return None
        clock = self.scope.clock
        text = lookup.sql.replace("$today", f"DATE '{clock.today.isoformat()}'")
        if "{" in text:
            day = exp.column("sale_date")
            window = exp.and_(*self._period(day)) if self.variant.start or self.variant.end else exp.true()
            text = text.format(
                bucket=self.first_day_of_bucket(day).sql("duckdb"), window=window.sql("duckdb")
            )
        return fragment(text)

    def _with_fold(self, select: exp.Select) -> exp.Select:
        on = [same(exp.column(key, self.fold), self.dimension(key)) for key in self.variant.dimensions]
        bucket = self.bucket()
        if bucket is not None:
            on.append(same(exp.column(str(self.scope.grain), self.fold), bucket))
        return select.join(exp.to_table(self.fold), on=exp.and_(*on), join_type="left")


def parts_of(scope: Scope, measures: list[Measure], homes: dict[str, Entity]) -> list[Part]:
    """Measures gathered into as few CTEs as their entities, day columns and shapes allow."""
    gathered: dict[tuple[str, str, str], list[Measure]] = {}
    for measure in measures:
        entity = homes[measure.key]
        shape = SHAPES.get(measure.aggregate, "")
        gathered.setdefault((entity.key, anchor_of(measure, entity), shape), []).append(measure)
    return [
        Part(scope.model.entities[entity], anchor, shape, tuple(found))
        for (entity, anchor, shape), found in gathered.items()
    ]


def buckets(scope: Scope, variant: Variant) -> exp.Select:
    """The time spine: every bucket of the period with its first day and the day after its last."""
    assert scope.grain and variant.start and variant.end
    n, unit = bucket_step(scope.grain)
    last = min(variant.end - timedelta(days=1), max(scope.clock.today, variant.start))
    first = first_of(scope.grain, variant.start)
    text = (
        f"SELECT CAST(unnest(generate_series(DATE '{first.isoformat()}', DATE '{last.isoformat()}', "
        f"INTERVAL {n} {unit.upper()})) AS DATE) AS bucket"
    )
    spine = fragment(text)
    assert isinstance(spine, exp.Select)
    ends = moved(exp.column("bucket"), bucket_step(scope.grain))
    until = exp.cast(exp.Anonymous(this="least", expressions=[ends, literal(variant.end)]), "DATE")
    return exp.select("bucket", exp.alias_(until, "until")).from_(spine.subquery("series"))
