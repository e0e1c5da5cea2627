"""Instants and money as platforms spell them, and back. Shared by all platform folders; Decimal, never float.

Examples: beijing("2026-06-18 20:01:12") -> 12:01:12 UTC; fen(18800) -> Decimal("188.00").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

import msgspec

from connectors.engine.errors import Broken, Rejected

T = TypeVar("T")

BEIJING = timezone(timedelta(hours=8), "GMT+8")
ZERO = Decimal(0)
BARE = len("2026-06-18 20:01:12")
"""Most instants come like this: read with their offset at once, as `replace` costs ten times as much."""

Id = str | int
"""A wire id: 19-digit numbers are common, so never float; take `text(id)`."""

MINOR_UNITS = {
    "BHD": 3, "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "IQD": 3, "ISK": 0, "JOD": 3, "JPY": 0, "KMF": 0,
    "KRW": 0, "KWD": 3, "LYD": 3, "OMR": 3, "PYG": 0, "RWF": 0, "TND": 3, "UGX": 0, "UYI": 0, "VND": 0,
    "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
}
"""Digits after the point where they are not two (ISO 4217)."""


def text(value: Id | None) -> str:
    """An id as text; 0, None and "" (a platform's "none") become ""."""
    return str(value) if value else ""


def beijing(value: str | None) -> datetime | None:
    """`2026-06-18 20:01:12` GMT+8 -> UTC. Empty, `0001-...`, `1970-...` and zeros mean "not yet" -> None."""
    if not value or value[:4] in ("0000", "0001", "1970"):
        return None
    if len(value) == BARE and value[13] == ":":
        return datetime.fromisoformat(value + "+08:00").astimezone(UTC)
    stamp = datetime.fromisoformat(value.strip())
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=BEIJING)).astimezone(UTC)


def to_beijing(instant: datetime) -> str:
    """UTC -> `2026-06-18 20:01:12` in GMT+8, the fraction cut off."""
    return instant.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def from_seconds(value: int | str | None) -> datetime | None:
    """Unix seconds -> UTC; 0 and None mean "not yet"."""
    return datetime.fromtimestamp(int(value), UTC) if value and int(value) > 0 else None


def from_millis(value: int | str | None) -> datetime | None:
    """Unix milliseconds -> UTC; 0, -1 and None mean "not yet"."""
    if not value or int(value) <= 0:
        return None
    seconds, millis = divmod(int(value), 1000)
    return datetime.fromtimestamp(seconds, UTC) + timedelta(milliseconds=millis)


def iso(value: str | None) -> datetime | None:
    """ISO 8601 -> UTC; a value without an offset is read as UTC (WooCommerce `_gmt` fields)."""
    if not value:
        return None
    if len(value) == BARE and value[13] == ":":
        return datetime.fromisoformat(value + "+00:00")
    stamp = datetime.fromisoformat(value)
    return stamp.astimezone(UTC) if stamp.tzinfo else stamp.replace(tzinfo=UTC)


def to_seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def to_millis(instant: datetime) -> int:
    return to_seconds(instant) * 1000 + instant.microsecond // 1000


def fen(value: int | str | None) -> Decimal:
    """Integer fen -> yuan: 18800 -> 188.00. None -> 0."""
    return Decimal(int(value or 0)).scaleb(-2)


def money(value: str | int | Decimal | None) -> Decimal:
    """A decimal string (or exact number) -> Decimal. None and "" -> 0. A float is a bug: refused."""
    if isinstance(value, float):
        raise TypeError("money must not be a float")
    return Decimal(str(value).strip()) if value not in (None, "") else ZERO


def minor_digits(currency: str) -> int:
    """2 for CNY and most, 0 for JPY, 3 for KWD."""
    return MINOR_UNITS.get(currency.upper(), 2)


def share(amount: Decimal, weights: Sequence[Decimal], currency: str = "CNY") -> list[Decimal]:
    """`amount` spread over lines in proportion to `weights`, in minor units, summing exactly to `amount`.

    The rounding rest goes to the largest weight. All weights 0 -> everything on the first line. Used where a
    platform states a discount for the order only.
    share(Decimal("10.00"), [Decimal(1), Decimal(1), Decimal(1)]) -> [3.34, 3.33, 3.33]
    """
    if not weights:
        return []
    total = sum(weights, ZERO)
    if not total:
        return [amount, *[ZERO] * (len(weights) - 1)]
    unit = Decimal(1).scaleb(-minor_digits(currency))
    shares = [(amount * weight / total).quantize(unit, ROUND_HALF_UP) for weight in weights]
    shares[max(range(len(weights)), key=weights.__getitem__)] += amount - sum(shares, ZERO)
    return shares


class Decoder:
    """Reads a wire struct leniently: "1" is taken for 1; fields not declared are ignored; null, and "" where a number
    is meant, are a field that is not there (one such order would otherwise stop a shop for good).

    >>> decoder(dict[str, int | None]).decode(b'{"num": "2", "flag": ""}')
    {'num': 2}
    """

    def __init__(self, kind: Any) -> None:
        self._kind, self._plain = kind, msgspec.json.Decoder(kind, strict=False)

    def decode(self, body: bytes) -> Any:
        try:
            return self._plain.decode(body)
        except msgspec.ValidationError as error:
            try:
                return msgspec.convert(_filled(ANYTHING.decode(body)), self._kind, strict=False)
            except msgspec.ValidationError:
                raise error from None


ANYTHING = msgspec.json.Decoder(float_hook=Decimal)


def _filled(found: Any) -> Any:
    """The same without the fields that hold nothing."""
    if isinstance(found, dict):
        return {name: _filled(value) for name, value in found.items() if value not in (None, "")}
    return [_filled(value) for value in found] if isinstance(found, list) else found


_DECODERS: dict[Any, Decoder] = {}


def decoder(kind: Any) -> Decoder:
    """The one decoder of a kind: making one costs more than a page."""
    return _DECODERS.get(kind) or _DECODERS.setdefault(kind, Decoder(kind))


def enveloped(found: Mapping[str, T]) -> T:
    """The one answer inside an envelope that is named after its method. An empty envelope is no empty list: read as
    one it would move the checkpoint past rows that were never seen."""
    for answer in found.values():
        return answer
    raise Broken("(an answer without content)")


def told(*parts: T | None) -> T:
    """The first of the parts that an answer has. Without any of them it says nothing, not even "none"."""
    for part in parts:
        if part is not None:
            return part
    raise Rejected("(the answer lacks what was asked for)")
