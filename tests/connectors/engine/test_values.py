"""Instants and money as platforms spell them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.engine.values import (
    beijing,
    decoder,
    fen,
    from_millis,
    from_seconds,
    iso,
    minor_digits,
    money,
    share,
    text,
    to_beijing,
    to_millis,
    to_seconds,
)


class Wire(msgspec.Struct):
    tid: int | str
    fee: Decimal | None = None
    num: int = 1
    name: str = ""
    inner: list[Wire] = []


NOON = datetime(2026, 6, 18, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(("found", "expected"), [
    (beijing("2026-06-18 20:01:12"), NOON), (beijing(""), None), (beijing("0001-01-01 00:00:00"), None),
    (beijing("1970-01-01 08:00:00"), None), (beijing("2021-05-07 09:20:39.683+0800"),
                                             datetime(2021, 5, 7, 1, 20, 39, 683000, tzinfo=UTC)),
    (from_seconds(1781784072), NOON), (from_seconds(0), None), (from_millis(1781784072000), NOON),
    (from_millis("1781784072500"), NOON.replace(microsecond=500_000)), (from_millis(-1), None),
    (iso("2026-06-18T12:01:12Z"), NOON), (iso("2026-06-18T12:01:12"), NOON), (iso("2026-06-18T14:01:12+02:00"), NOON),
    (iso(None), None),
])
def test_instants(found: Any, expected: Any) -> None:
    assert found == expected


def test_instants_the_other_way() -> None:
    assert (to_beijing(NOON), to_seconds(NOON), to_millis(NOON)) == (
        "2026-06-18 20:01:12", 1781784072, 1781784072000)


@pytest.mark.parametrize(("found", "expected"), [
    (fen(18800), "188.00"), (fen("5"), "0.05"), (fen(None), "0.00"), (money("10.0"), "10.0"), (money(""), "0"),
    (money(3), "3"), (text(6920012345678901234), "6920012345678901234"), (text(0), ""), (text(None), ""),
])
def test_amounts_and_ids(found: Any, expected: str) -> None:
    assert str(found) == expected


def test_money_is_never_a_float() -> None:
    with pytest.raises(TypeError):
        money(9.95)  # type: ignore[arg-type]
    assert decoder(Decimal).decode(b"9.95") == Decimal("9.95")


@pytest.mark.parametrize("body", [
    b'{"tid":1,"fee":"","num":"","name":null}', b'{"tid":"1","fee":null}', b'{"tid":1,"inner":[{"tid":2,"fee":""}]}',
])
def test_what_holds_nothing_is_not_there(body: bytes) -> None:
    """An empty text where a number is meant would otherwise stop a shop for good."""
    found = decoder(Wire).decode(body)
    assert (int(found.tid), found.fee, found.num, found.name) == (1, None, 1, "")
    assert all(inner.fee is None for inner in found.inner)


def test_what_is_needed_must_be_there_and_amounts_stay_exact() -> None:
    found = decoder(Wire).decode(b'{"tid":9007199254740993,"num":"","fee":0.1}')
    assert found == Wire(9007199254740993, Decimal("0.1"))
    for body in (b'{"tid":null}', b'{"tid":1,"fee":"free"}'):
        with pytest.raises(msgspec.ValidationError):
            decoder(Wire).decode(body)


@given(st.integers(-10**9, 10**9), st.lists(st.integers(0, 10**7), min_size=1, max_size=20),
       st.sampled_from(["CNY", "JPY", "KWD"]))
def test_shares_sum_to_the_amount_in_minor_units(amount: int, weights: list[int], currency: str) -> None:
    unit = Decimal(1).scaleb(-minor_digits(currency))
    shares = share(amount * unit, [Decimal(weight) for weight in weights], currency)
    assert sum(shares) == amount * unit and len(shares) == len(weights)
    assert all(part == part.quantize(unit) for part in shares)
