"""The walks lose nothing while the list moves under them: rows change, vanish, arrive between two pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.engine.errors import Broken, Looping, Mismatch, Rejected, TooLarge
from connectors.engine.lists import FilterIgnored
from connectors.engine.stream import Ask, ByCursor, ById, ByWindow, Page, Window

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


class MovingList:
    """Orders by change time; a touched one gets the time `now` and leaves older windows."""

    def __init__(self, count: int, *, newest_first: bool) -> None:
        self.rows = {number: NOW - DAY + number * SECOND for number in range(count)}
        self.newest_first = newest_first

    def touch(self, number: int) -> None:
        if number in self.rows:
            self.rows[number] = NOW

    def serve(self, ask: Ask) -> Page:
        assert ask.window
        found = [(number, at) for number, at in self.rows.items() if ask.window.start <= at < ask.window.end]
        found.sort(key=lambda row: (row[1], row[0]), reverse=self.newest_first)
        start = (ask.page - 1) * ask.size
        return Page(found[start:start + ask.size], total=len(found))


@settings(max_examples=60, deadline=None)
@given(count=st.integers(0, 80), newest_first=st.booleans(), concurrency=st.integers(1, 3),
       touches=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 80)), max_size=40))
def test_by_window_never_loses_a_row(shelf: Any, taken: Any, count: int, newest_first: bool, concurrency: int,
                                     touches: list[tuple[int, int]]) -> None:
    """Whatever is touched while we read: the window's own rows or the rows of the next window, never neither."""
    orders = MovingList(count, newest_first=newest_first)

    def before(ask: Ask) -> None:
        for _, number in [touch for touch in touches if touch[0] == len(here.asked)]:
            orders.touch(number)

    here = shelf(orders.serve, before, concurrency=concurrency)
    stream = here.stream(ByWindow(here.word, span=6 * HOUR, size=10))
    first = taken(here.walk(stream, Window(NOW - 2 * DAY, NOW)))
    here.before = lambda _ask: None
    quiet = taken(here.walk(stream, Window(NOW - timedelta(minutes=10), NOW)))
    newest = dict(first) | dict(quiet)
    assert newest == orders.rows


@settings(max_examples=60, deadline=None)
@given(count=st.integers(0, 90), concurrency=st.integers(1, 4), resume=st.integers(0, 5),
       removals=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 90)), max_size=25))
def test_by_id_never_loses_the_neighbour_of_a_deleted_row(
        shelf: Any, taken: Any, count: int, concurrency: int, resume: int,
        removals: list[tuple[int, int]]) -> None:
    rows = list(range(count))

    def before(ask: Ask) -> None:
        for _, number in [removal for removal in removals if removal[0] == len(here.asked)]:
            if number in rows:
                rows.remove(number)

    def serve(ask: Ask) -> Page:
        start = (ask.page - 1) * ask.size
        return Page([(number,) for number in rows[start:start + ask.size]], total=len(rows))

    here = shelf(serve, before, concurrency=concurrency)
    stream = here.stream(ById(here.word, size=10))
    window = Window(NOW - DAY, NOW)
    chunks = here.walk(stream, window)
    assert {row[0] for row in taken(chunks)} >= set(rows)

    # A run that dies after some pages and goes on from its checkpoint finds the same.
    done = chunks[:resume]
    if done and len(done) < len(chunks):
        rest = here.walk(stream, window, mark=done[-1].mark)
        assert {row[0] for row in taken([*done, *rest])} >= set(rows)


def test_a_window_with_too_many_rows_is_cut(shelf: Any, taken: Any) -> None:
    orders = MovingList(500, newest_first=True)
    here = shelf(orders.serve)
    stream = here.stream(ByWindow(here.word, span=2 * DAY, size=10, depth=100))
    assert len(taken(here.walk(stream, Window(NOW - 2 * DAY, NOW)))) == 500
    assert max(ask.page for ask in here.asked) <= 10, "never deeper than the platform answers"


def test_a_window_is_read_backwards_and_counted_first(shelf: Any) -> None:
    orders = MovingList(35, newest_first=True)
    here = shelf(orders.serve)
    stream = here.stream(ByWindow(here.word, span=2 * DAY, size=10), backfill=None)
    here.walk(stream, Window(NOW - 2 * DAY, NOW - SECOND))
    assert [(ask.page, ask.counting) for ask in here.asked] == [
        (1, True), (4, False), (3, False), (2, False), (1, False)]


class UncountedList(MovingList):
    """Says only whether there is more; its cursor is an offset, newest change first."""

    def serve(self, ask: Ask) -> Page:
        assert ask.window
        found = [(number, at) for number, at in self.rows.items() if ask.window.start <= at < ask.window.end]
        found.sort(key=lambda row: (row[1], row[0]), reverse=self.newest_first)
        start = int(ask.cursor or 0)
        more = start + ask.size < len(found)
        return Page(found[start:start + ask.size], next=str(start + ask.size) if more else None)


@settings(max_examples=60, deadline=None)
@given(count=st.integers(0, 80), newest_first=st.booleans(), crowd=st.integers(0, 35),
       touches=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 80)), max_size=12))
def test_an_uncounted_list_never_loses_a_row(shelf: Any, taken: Any, count: int, newest_first: bool, crowd: int,
                                             touches: list[tuple[int, int]]) -> None:
    """Windows are cut until one page holds them; a second with more than a page is read until nothing is new."""
    orders = UncountedList(count, newest_first=newest_first)
    orders.rows |= {1000 + number: NOW - 3 * HOUR for number in range(crowd)}

    def before(ask: Ask) -> None:
        for _, number in [touch for touch in touches if touch[0] == len(here.asked)]:
            orders.touch(number)

    here = shelf(orders.serve, before)
    stream = here.stream(ByWindow(here.word, span=6 * HOUR, size=10))
    first = taken(here.walk(stream, Window(NOW - 2 * DAY, NOW)))
    here.before = lambda _ask: None
    quiet = taken(here.walk(stream, Window(NOW - timedelta(minutes=10), NOW)))
    assert dict(first) | dict(quiet) == orders.rows


def test_a_row_that_leaves_a_crowded_second_hides_no_other(shelf: Any, taken: Any) -> None:
    """It leaves between the first and the second page, so that the row at the border moves to the page read."""
    orders = UncountedList(0, newest_first=False)
    orders.rows = dict.fromkeys(range(25), NOW - HOUR)

    def before(ask: Ask) -> None:
        if ask.cursor == "10":
            orders.touch(3)

    here = shelf(orders.serve, before)
    stream = here.stream(ByWindow(here.word, span=DAY, size=10))
    assert {row[0] for row in taken(here.walk(stream, Window(NOW - DAY, NOW)))} == set(range(25))


def test_a_cursor_that_repeats_in_a_window_is_an_error(shelf: Any) -> None:
    here = shelf(lambda ask: Page([(1, NOW)], next="same"))
    with pytest.raises(Looping):
        here.walk(here.stream(ByWindow(here.word, span=SECOND, size=10)), Window(NOW - SECOND, NOW))


def test_a_platform_that_refuses_an_end_in_the_future_loses_nothing(shelf: Any, taken: Any) -> None:
    """Its answer to the present second counts as none; what happened in it is found by the next run."""
    def serve(ask: Ask) -> Page:
        assert ask.window
        if ask.window.end > now:
            raise Rejected("(end is in the future)")
        return Page([(1, NOW)] if ask.window.start <= NOW < ask.window.end else [], total=None)

    now = NOW
    here = shelf(serve)
    stream = here.stream(ByWindow(here.word, span=6 * HOUR, size=10))
    assert taken(here.walk(stream, Window(NOW - HOUR, NOW))) == []
    now = NOW + HOUR
    assert taken(here.walk(stream, Window(NOW - timedelta(minutes=10), NOW + HOUR))) == [(1, NOW)]

    here = shelf(lambda ask: (_ for _ in ()).throw(Rejected("(no such field)")))
    with pytest.raises(Rejected, match="no such field"):
        here.walk(here.stream(ByWindow(here.word, span=6 * HOUR, size=10)), Window(NOW - HOUR, NOW))


def test_the_present_second_is_a_window_of_its_own(shelf: Any) -> None:
    """Under a standing clock all changes happen in it; they must not shift the pages of a frozen window."""
    here = shelf(MovingList(5, newest_first=True).serve)
    here.walk(here.stream(ByWindow(here.word, span=2 * DAY, size=10)), Window(NOW - DAY, NOW))
    assert [ask.window for ask in here.asked] == [Window(NOW - DAY, NOW), Window(NOW, NOW + SECOND)]


def test_a_short_count_is_an_error_and_moves_nothing(shelf: Any) -> None:
    here = shelf(lambda ask: Page([(1, NOW)], total=3))
    stream = here.stream(ByWindow(here.word, span=DAY, size=10))
    with pytest.raises(Mismatch) as caught:
        here.walk(stream, Window(NOW - DAY, NOW))
    assert (caught.value.expected, caught.value.received) == (3, 1)


def test_an_ignored_filter_is_noticed(shelf: Any) -> None:
    here = shelf(lambda ask: Page([(1, NOW - 90 * DAY)], total=1))
    stream = here.stream(ByWindow(here.word, span=DAY, size=10, within=lambda item: item[1]))
    with pytest.raises(FilterIgnored):
        here.walk(stream, Window(NOW - HOUR, NOW))


def test_a_page_that_is_too_heavy_is_made_smaller(shelf: Any, taken: Any) -> None:
    orders = MovingList(90, newest_first=True)

    def serve(ask: Ask) -> Page:
        if ask.size > 25:
            raise Broken("(HTTP 504)", heavy=True)
        return orders.serve(ask)

    here = shelf(serve)
    stream = here.stream(ByWindow(here.word, span=2 * DAY, size=100))
    assert len(taken(here.walk(stream, Window(NOW - 2 * DAY, NOW)))) == 90


def test_a_page_that_is_refused_for_its_size_may_shrink_to_one_row(shelf: Any, taken: Any) -> None:
    pages = {None: Page([(1, NOW - HOUR)], next="a"), "a": Page([(2, NOW - SECOND)])}

    def serve(ask: Ask) -> Page:
        if ask.size > 1:
            raise TooLarge("(MAX_COST_EXCEEDED)")
        return pages[ask.cursor]

    here = shelf(serve)
    stream = here.stream(ByCursor(here.word, size=25), changed=lambda item: item[1])
    assert [item[0] for item in taken(here.walk(stream, Window(NOW - DAY, NOW)))] == [1, 2]
    assert [ask.size for ask in here.asked] == [25, 12, 6, 3, 1, 1], "each size is asked for once, the last one stays"


def test_a_reach_clamps_the_start(shelf: Any) -> None:
    here = shelf(lambda ask: Page([], total=0))
    stream = here.stream(ByWindow(here.word, span=30 * DAY, size=10, reach=90 * DAY))
    here.walk(stream, Window(NOW - 700 * DAY, NOW))
    assert min(ask.window.start for ask in here.asked) == NOW - 90 * DAY


def cursor_pages(pages: dict[str | None, Page]) -> Callable[[Ask], Page]:
    return lambda ask: pages[ask.cursor]


def test_by_cursor_goes_on_from_the_last_change(shelf: Any, taken: Any) -> None:
    here = shelf(cursor_pages({None: Page([(1, NOW - HOUR)], next="a"), "a": Page([(2, NOW - SECOND)])}))
    stream = here.stream(ByCursor(here.word, size=10), changed=lambda item: item[1])
    chunks = here.walk(stream, Window(NOW - DAY, NOW))
    assert [item[0] for item in taken(chunks)] == [1, 2]
    here.walk(stream, Window(NOW - DAY, NOW), mark=chunks[0].mark)
    assert here.asked[-1].window == Window(NOW - HOUR - stream.lookback, NOW)


def test_a_cursor_that_ends_too_soon_is_an_error(shelf: Any) -> None:
    """A size limit that ends a list early must not pass for its end."""
    here = shelf(cursor_pages({None: Page([(1, NOW)], total=5, next="a"), "a": Page([(2, NOW)], total=5)}))
    with pytest.raises(Mismatch):
        here.walk(here.stream(ByCursor(here.word, size=10)), Window(NOW - DAY, NOW))


def test_a_cursor_that_repeats_is_an_error(shelf: Any) -> None:
    here = shelf(lambda ask: Page([(1, NOW)], next="same"))
    with pytest.raises(Looping):
        here.walk(here.stream(ByCursor(here.word, size=10)), Window(NOW - DAY, NOW))


def test_a_cursor_that_ended_since_the_last_run_begins_the_list_anew(shelf: Any, taken: Any) -> None:
    """Else every later run would ask for the same dead page."""
    pages = {None: Page([(1, NOW)], next="b"), "b": Page([(2, NOW)])}

    def serve(ask: Ask) -> Page:
        if ask.cursor not in pages:
            raise Rejected("(page token expired)")
        return pages[ask.cursor]

    here = shelf(serve)
    stream = here.stream(ByCursor(here.word, size=10, whole=True))
    again = here.walk(stream, Window(NOW - DAY, NOW), mark={"cursor": "dead"})
    assert [item[0] for item in taken(again)] == [1, 2]
    assert [ask.cursor for ask in here.asked] == ["dead", None, "b"]
    del pages["b"]
    with pytest.raises(Rejected):
        here.walk(stream, Window(NOW - DAY, NOW))
