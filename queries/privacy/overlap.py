"""The overlap alarm: two forms whose populations differ by a handful of persons disclose that handful.

Every answered person-lane form with an attribute of a person is stored for a day: what it measures, the SQL
of its population, the snapshot it ran on. A new form on the same snapshot whose population differs from a stored
one of the same workspace, whoever asked it, by 1 to k-1 persons is refused. Pinned to one snapshot because
populations move by themselves when data does. It is an alarm and no proof: enough accurate answers over
cleverly chosen populations reconstruct a table, and what we compare is whole populations, not their cells.

A stored form carries 256 counts of hashed keys, which bound the difference from below; the two populations
are compared key by key only where that bound leaves it open, so a day of forms costs one scan for each new one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from queries.privacy.reading import Reader

if TYPE_CHECKING:
    from queries.warehouse import State

ROOM = "form"
_BUCKETS = 256


@dataclass(frozen=True)
class Form:
    """A person-lane form: what is measured, and whom it is about.

    `population` selects the distinct (platform, customer_key) behind the form: its filters and period, without
    its dimensions. `params` are its positional or named parameters.

    >>> Form("buyers", "SELECT DISTINCT platform, customer_key FROM v_orders WHERE sale_date = ?", (day,))
    """

    metric: str
    population: str
    params: Sequence[Any] | Mapping[str, Any] = ()


@dataclass(frozen=True)
class _Profile:
    """A population in 258 numbers. Equal populations have equal profiles."""

    persons: int
    mix: int
    buckets: tuple[int, ...]

    def at_least_apart(self, other: _Profile) -> int:
        """A lower bound of the number of persons in one population and not the other."""
        return sum(abs(mine - theirs) for mine, theirs in zip(self.buckets, other.buckets, strict=True))


def check_form(
    reader: Reader, state: State, form: Form, *, snapshot: str, k: int, now: datetime, window_hours: int = 24
) -> bool:
    """True where the form may be answered; then it is remembered. False: refuse with `GROUP_TOO_SMALL`, rule
    `overlap`, and nothing is remembered.

    `reader` is open on the person-lane snapshot that `snapshot` names. The form is stored before it is
    compared, so two forms at the same moment see each other.
    """
    stored = [one for one in state.items(ROOM, now=now).values() if one["snapshot"] == snapshot]
    mine = _known(stored, form) or _profile(reader, form)
    name = secrets.token_hex(8)
    kept = {
        "snapshot": snapshot,
        "metric": form.metric,
        "population": form.population,
        "params": _pack(form.params),
        "profile": [mine.persons, mine.mix, list(mine.buckets)],
    }
    state.put(ROOM, name, kept, now=now, expires_at=now + timedelta(hours=window_hours))
    for other, earlier in state.items(ROOM, now=now).items():
        if other == name or earlier["snapshot"] != snapshot:
            continue
        if 0 < _apart(reader, mine, form, earlier, k) < k:
            state.drop(ROOM, name)
            return False
    return True


def forget_forms(state: State) -> int:
    """Drops every stored form (after an erasure); returns how many."""
    return state.drop(ROOM)


def _known(stored: Sequence[Mapping[str, Any]], form: Form) -> _Profile | None:
    """The profile of the same population on the same snapshot, where an earlier form had it."""
    for earlier in stored:
        if earlier["population"] == form.population and earlier["params"] == _pack(form.params):
            persons, mix, buckets = earlier["profile"]
            return _Profile(persons, mix, tuple(buckets))
    return None


def _profile(reader: Reader, form: Form) -> _Profile:
    rows = _run(
        reader,
        f"""
        WITH population AS ({form.population}),
        hashed AS (SELECT hash(platform || '/' || customer_key) AS h FROM population)
        SELECT h % {_BUCKETS} AS bucket, count(*) AS persons, bit_xor(h) AS mix FROM hashed GROUP BY 1""",
        form.params,
    )
    counts = [0] * _BUCKETS
    mix = 0
    for row in rows:
        counts[row["bucket"]] = row["persons"]
        mix ^= row["mix"]
    return _Profile(sum(counts), mix, tuple(counts))


def _apart(reader: Reader, mine: _Profile, form: Form, earlier: Mapping[str, Any], k: int) -> int:
    """Persons in one of the two populations only; exact below k, a lower bound from k on."""
    persons, mix, buckets = earlier["profile"]
    theirs = _Profile(persons, mix, tuple(buckets))
    if mine == theirs:
        return 0
    bound = mine.at_least_apart(theirs)
    if bound >= k:
        return bound
    return len(_keys(reader, form) ^ _keys(reader, _form(earlier)))


def _keys(reader: Reader, form: Form) -> set[tuple[str, str]]:
    rows = _run(reader, f"SELECT platform, customer_key FROM ({form.population}) AS population", form.params)
    return {(row["platform"], row["customer_key"]) for row in rows}


def _run(reader: Reader, sql: str, params: Sequence[Any] | Mapping[str, Any]) -> list[dict[str, Any]]:
    return reader.named(sql, dict(params) if isinstance(params, Mapping) else list(params))


def _form(kept: Mapping[str, Any]) -> Form:
    return Form(kept["metric"], kept["population"], _unpack(kept["params"]))


def _pack(params: Any) -> Any:
    """Parameters as JSON that comes back with the same types."""
    if isinstance(params, Mapping):
        return {"map": {name: _pack(value) for name, value in params.items()}}
    if isinstance(params, list | tuple):
        return {"list": [_pack(value) for value in params]}
    for kind, (type_, _) in _KINDS.items():
        if isinstance(params, type_):
            return {kind: str(params) if kind == "decimal" else params.isoformat()}
    return params


def _unpack(packed: Any) -> Any:
    if not isinstance(packed, dict):
        return packed
    ((kind, value),) = packed.items()
    if kind == "map":
        return {name: _unpack(item) for name, item in value.items()}
    if kind == "list":
        return [_unpack(item) for item in value]
    return _KINDS[kind][1](value)


_KINDS: dict[str, tuple[type[Any], Callable[[str], Any]]] = {
    "instant": (datetime, datetime.fromisoformat),  # before date, whose subclass it is
    "date": (date, date.fromisoformat),
    "decimal": (Decimal, Decimal),
}
