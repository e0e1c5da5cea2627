"""What a run does, by its checkpoint and what was asked for. S = seen, N = now, 10 min lookback."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.engine.plan import Order, due, legs
from connectors.engine.stream import BEGINNING, EVER, HISTORY, ById, ByWindow, Call, Page, Stream
from queries.records import Product

N = datetime(2026, 6, 20, 4, tzinfo=UTC)
S = N - timedelta(hours=3)
BACK = timedelta(minutes=10)
WINDOWS = ByWindow(lambda ask, context: Call("x"), span=timedelta(days=1), size=10)
SHELF = ByWindow(lambda ask, context: Call("x"), span=EVER, size=10, whole=True)
IDS = ById(lambda ask, context: Call("x"), size=10)


def stream(backfill: Any = None, **more: Any) -> Stream:
    return Stream(name="orders", source="order", tables=(Product,), changes=WINDOWS, backfill=backfill,
                  read=lambda reply, call: Page([]), rows=lambda item, context: [], key=str, **more)


SEEN = {"phase": "changes", "seen": S.isoformat(), "mark": {}, "keep": {}, "last": S.isoformat()}
HALF = {"phase": "backfill", "start": BEGINNING.isoformat(), "noted": S.isoformat(),
        "mark": {"position": 300}, "keep": {}}


@pytest.mark.parametrize(("backfill", "checkpoint", "order", "expected"), [
    pytest.param(None, None, Order(), [("backfill", N - HISTORY, N)], id="first run, one walk for both"),
    pytest.param(IDS, None, Order(), [("backfill", BEGINNING, N), ("changes", N - BACK, N)],
                 id="first run: everything, then what changed meanwhile"),
    pytest.param(IDS, None, Order(since=S), [("backfill", S, N), ("changes", N - BACK, N)],
                 id="first run from --since"),
    pytest.param(SHELF, None, Order(), [("backfill", BEGINNING, N), ("changes", N - BACK, N)],
                 id="first run: everything there is, by windows"),
    pytest.param(SHELF, None, Order(since=S), [("backfill", BEGINNING, N), ("changes", N - BACK, N)],
                 id="what is there now is not cut by --since"),
    pytest.param(None, None, Order(until=S), [("backfill", S - HISTORY, S)], id="first run to --until"),
    pytest.param(IDS, HALF, Order(), [("backfill", BEGINNING, S), ("changes", S - BACK, N)],
                 id="an interrupted backfill goes on and keeps its noted start"),
    pytest.param(IDS, SEEN, Order(), [("changes", S - BACK, N)], id="changes since what was seen"),
    pytest.param(IDS, SEEN, Order(full=True), [("backfill", BEGINNING, N), ("changes", N - BACK, N)],
                 id="--full begins again"),
    pytest.param(IDS, SEEN, Order(since=S - timedelta(days=9), until=S), [("again", S - timedelta(days=9), S)],
                 id="--since on a synced stream reads that period again"),
])
def test_legs(backfill: Any, checkpoint: Any, order: Order, expected: list[Any]) -> None:
    found = list(legs(stream(backfill), checkpoint, order, N))
    assert [(leg.kind, leg.window.start, leg.window.end) for leg in found] == expected


REPORT = ByWindow(lambda ask, context: Call("report"), span=timedelta(days=30), size=10)


@pytest.mark.parametrize(("checkpoint", "order", "expected"), [
    pytest.param(SEEN, Order(), [(WINDOWS, S - BACK, N)], id="three hours are read as changes"),
    pytest.param({**SEEN, "seen": (N - timedelta(days=2)).isoformat(), "mark": {"report": "R"}}, Order(),
                 [(REPORT, N - timedelta(days=2) - BACK, N), (WINDOWS, N - BACK, N)],
                 id="two days are read as the first run reads, then what changed meanwhile"),
    pytest.param(SEEN, Order(since=N - timedelta(days=9)), [(REPORT, N - timedelta(days=9), N)],
                 id="--since of nine days"),
    pytest.param(SEEN, Order(since=S), [(WINDOWS, S, N)], id="--since of three hours"),
])
def test_what_lies_far_back_is_read_as_the_first_run_reads(
        checkpoint: dict[str, Any], order: Order, expected: list[Any]) -> None:
    """A mark of an interrupted one is not gone on from: its last period ended earlier."""
    found = list(legs(stream(REPORT, far=timedelta(days=1)), checkpoint, order, N))
    assert [(leg.walk, leg.window.start, leg.window.end) for leg in found] == expected
    assert all(leg.mark == {} for leg in found)
    done = found[-1].after({}, N)
    assert done is None if order.since else done["seen"] == N.isoformat()  # type: ignore[index]


def test_an_interrupted_backfill_starts_from_its_mark() -> None:
    first, _ = legs(stream(IDS), HALF, Order(), N)
    assert first.mark == {"position": 300}
    assert first.after({}, N) == {**SEEN, "seen": S.isoformat(), "last": N.isoformat()}


def test_the_checkpoint_of_changes_moves_only_when_the_walk_is_complete() -> None:
    (leg,) = legs(stream(IDS), SEEN, Order(), N)
    assert leg.during({"upto": "T"}, {}) == {
        "phase": "changes", "seen": S.isoformat(), "mark": {"upto": "T"}, "keep": {}}
    done = leg.after({}, N)
    assert done and done["seen"] == N.isoformat()


def test_reading_a_period_again_leaves_the_checkpoint() -> None:
    (leg,) = legs(stream(IDS), SEEN, Order(since=S - BACK), N)
    assert leg.during({"upto": "T"}, {}) is None and leg.after({}, N) is None


def test_until_does_not_take_back_what_was_seen() -> None:
    (leg,) = legs(stream(IDS), SEEN, Order(until=S - timedelta(days=3)), N)
    done = leg.after({}, N)
    assert done and done["seen"] == S.isoformat()


@pytest.mark.parametrize(("before", "age", "order", "expected"), [
    ({}, timedelta(hours=23), Order(), False),
    ({}, timedelta(hours=24), Order(), True),
    (SEEN, timedelta(hours=1), Order(), False),
    (SEEN, timedelta(hours=1), Order(hurry=True), True),
])
def test_a_refusal_is_remembered_for_a_day(
        before: dict[str, Any], age: timedelta, order: Order, expected: bool) -> None:
    refused = {**before, "refused": (N - age).isoformat()}
    assert due(stream(), refused, order, N) is expected
    assert list(legs(stream(), refused, order, N)) == list(legs(stream(), before or None, order, N))


@pytest.mark.parametrize(("age", "order", "expected"), [
    (timedelta(hours=23), Order(), False),
    (timedelta(hours=24), Order(), True),
    (timedelta(hours=1), Order(full=True), True),
    (timedelta(hours=1), Order(hurry=True), True),
])
def test_a_daily_stream_is_due_once_a_day(age: timedelta, order: Order, expected: bool) -> None:
    daily = stream(every=timedelta(days=1))
    assert due(daily, {**SEEN, "last": (N - age).isoformat()}, order, N) is expected
    assert due(daily, None, order, N)
