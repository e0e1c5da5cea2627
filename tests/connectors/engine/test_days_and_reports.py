"""Days are whole and read again; snapshots grow from an earlier day; reports are joined whatever their order."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import random
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain, repeat
from typing import Any

import msgspec
import pytest

from connectors.engine import report
from connectors.engine.errors import Broken, Denied, Gone, Mismatch, Rejected, SyncError
from connectors.engine.stream import (
    Ask,
    ByDay,
    ByKnown,
    ByReport,
    BySnapshot,
    ByVanished,
    Call,
    Page,
    Report,
    Window,
)
from connectors.engine.trip import Chunk
from connectors.engine.walk import walk
from queries.records import AdDaily, SocialDaily

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
DAY = timedelta(days=1)


def test_by_day_reads_whole_shop_days(shelf: Any) -> None:
    """20 June 04:00 UTC is noon in Shanghai: the days are 18, 19 and (so far) 20 June, from local midnight."""
    here = shelf(lambda ask: Page([ask.first_day]))
    stream = here.stream(ByDay(here.word, size=10), tables=(AdDaily,))
    chunks = here.walk(stream, Window(NOW - 2 * DAY, NOW))
    assert [(chunk.covers.first, chunk.covers.last, chunk.covers.tables) for chunk in chunks] == [
        (day, day, ("ad_daily",)) for day in (date(2026, 6, 18), date(2026, 6, 19), date(2026, 6, 20))]
    assert here.asked[0].window == Window(datetime(2026, 6, 17, 16, tzinfo=UTC),
                                          datetime(2026, 6, 18, 16, tzinfo=UTC))


def test_by_day_follows_pages_to_the_end(shelf: Any, taken: Any) -> None:
    pages = {1: Page([1, 2], total=5), 2: Page([3, 4], total=5), 3: Page([5], total=5)}
    here = shelf(lambda ask: pages[ask.page])
    stream = here.stream(ByDay(here.word, size=2), tables=(AdDaily,))
    assert taken(here.walk(stream, Window(NOW, NOW + timedelta(hours=1)))) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("kept", "before"), [
    ({}, None),
    ({"day": "2026-06-18", "levels": {"likes": 90}, "before": {"likes": 50}}, {"likes": 90}),
    ({"day": "2026-06-20", "levels": {"likes": 95}, "before": {"likes": 90}}, {"likes": 90}),
])
def test_growth_is_measured_from_an_earlier_day(shelf: Any, kept: Any, before: Any) -> None:
    """No earlier snapshot: unknown, not 0. A second snapshot of a day counts from the same base as the first."""
    seen: list[Any] = []
    here = shelf(lambda ask: Page([("a", 60), ("b", 40)], total=2))
    walk = BySnapshot(
        calls=(here.word,), levels=lambda items: {"likes": sum(item[1] for item in items)},
        growth=lambda now, past, day, context: seen.append((now, past, day)) or [])
    (chunk,) = here.walk(here.stream(walk, tables=(SocialDaily,)), Window(NOW, NOW), keep=kept)
    assert seen == [({"likes": 100}, before, date(2026, 6, 20))]
    assert chunk.keep == {"day": "2026-06-20", "levels": {"likes": 100}, "before": before}


def test_by_known_reads_open_orders_again_and_skips_what_is_gone(shelf: Any, taken: Any) -> None:
    def serve(ask: Ask) -> Page:
        if ask.key == "b":
            raise Gone()
        return Page([(ask.key,)])

    here = shelf(serve, concurrency=2)
    stream = here.stream(ByKnown(here.word, older=90 * DAY))
    chunks = here.walk(stream, Window(NOW, NOW), known=lambda start, end: ["a", "b", "c"])
    assert taken(chunks) == [("a",), ("c",)]


def test_by_vanished_reads_what_the_list_no_longer_shows(shelf: Any, taken: Any) -> None:
    """Known are a to f; the list has a, c and f on two pages of a window that is cut; d is gone for good."""
    asked: list[str] = []

    def serve(ask: Ask) -> Page:
        if ask.key:
            asked.append(ask.key)
            if ask.key == "d":
                raise Gone()
            return Page([(ask.key,)])
        assert ask.window is not None
        if ask.window.span > 30 * DAY:
            return Page([("a",)], total=9)
        shown = {0: [("a",), ("c",)], 1: [("f",)]}[ask.page]
        return Page(shown, total=3)

    here = shelf(serve, concurrency=2)
    walk = ByVanished(here.word, here.word, lambda page, _call: page, size=2, newer=60 * DAY, first=0, depth=5)
    chunks = here.walk(here.stream(walk), Window(NOW, NOW), known=lambda start, end: list("abcdef"))
    assert taken(chunks) == [("b",), ("e",)] and asked == ["b", "d", "e"]
    none = here.walk(here.stream(walk), Window(NOW, NOW), known=lambda start, end: [])
    assert taken(none) == [] and asked == ["b", "d", "e"], "nothing open: nothing asked"


# --- reports ------------------------------------------------------------------------------------------------


def lines_of(orders: int) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = [{"id": f"o{n}"} for n in range(orders)]
    lines += [{"id": f"l{n}-{k}", "parent": f"o{n}"} for n in range(orders) for k in range(3)]
    random.Random(3).shuffle(lines)
    return lines


def joined(lines: Any) -> list[tuple[str, int]]:
    found: dict[str, int] = {}
    for line in map(json.loads, lines):
        found.setdefault(line.get("parent", line["id"]), 0)
        found[line.get("parent", line["id"])] += "parent" in line
    return list(found.items())


def root(line: bytes) -> str:
    row = msgspec.json.decode(line)
    return row.get("parent", row["id"])


def bulk(here: Any, states: list[Report]) -> ByReport:
    """A report that goes through these states, one a poll, and stays at the last."""
    polls = chain(states, repeat(states[-1]))
    return ByReport(
        submit=here.word, submitted=lambda page: "R1", poll=lambda name: Call("page", {"ask": Ask(key=name)}),
        polled=lambda page: next(polls), root=root, join=joined, every=timedelta(milliseconds=1))


def served(here: Any, lines: list[dict[str, Any]]) -> None:
    async def download(call: Call, into: Any) -> str:
        assert call.host == "file"
        into.write(b"\n".join(json.dumps(line).encode() for line in lines))
        return ""

    here.download = download


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "PART_BYTES", 2_000)
    monkeypatch.setattr(report, "FIRST_POLL", 0.001)


def test_a_report_is_joined_in_parts(shelf: Any, taken: Any, small_parts: None) -> None:
    """200 orders with three lines each, in any order; several parts, each order whole in one of them."""
    here = shelf(lambda ask: Page([]))
    served(here, lines_of(200))
    walk = bulk(here, [Report("running"), Report("done", "https://files/x", rows=200)])
    chunks = here.walk(here.stream(walk), Window(NOW - DAY, NOW))
    assert chunks[0].mark == {"report": "R1"} and chunks[0].now, "its id is kept before anything else"
    assert sorted(taken(chunks)) == sorted((f"o{n}", 3) for n in range(200))
    assert len(chunks) > 5

    # Interrupted after three parts, the same report is taken up where it was left.
    again = bulk(here, [Report("done", "https://files/x", rows=200)])
    rest = here.walk(here.stream(again), Window(NOW - DAY, NOW), mark=chunks[3].mark)
    assert taken([*chunks[:4], *rest]) == taken(chunks)


MARKS = [
    ({"report": "R1", "parts": 0}, {}),
    ({"upto": "2026-06-01T00:00:00+00:00", "report": "R1", "parts": 0}, {"upto": "2026-06-01T00:00:00+00:00"}),
]
NO_RIGHT = Denied("(ACCESS_DENIED)")
DONE = Report("done", "https://files/x", rows=3)


@pytest.mark.parametrize(("mark", "kept"), MARKS, ids=["the only report", "one of several periods"])
@pytest.mark.parametrize(("state", "file", "error"), [
    (Report("failed", why="TIMEOUT"), b"", Broken),
    (NO_RIGHT, b"", Denied),
    (DONE, Denied("(HTTP 403)"), Broken),
    (DONE, Rejected("(HTTP 400)"), Broken),
    (DONE, Gone("(HTTP 404)"), Broken),
    (DONE, b'{"id": "o1"}\n{"id": "o2"}\n{"id": "o', Broken),
    (DONE, b'{"id": "o1"}\n{"id": "o2"}', Mismatch),
], ids=["failed", "refused", "expired 403", "expired 400", "expired 404", "cut", "fewer rows than it says"])
def test_a_report_that_cannot_be_read_is_ordered_anew_next_time(
        shelf: Any, small_parts: None, state: Report | SyncError, file: bytes | SyncError, error: type[SyncError],
        mark: dict[str, Any], kept: dict[str, Any]) -> None:
    """Its id must go at once: else every later run asks for the same one. Stores of files word an expired address in
    three ways."""
    here = shelf(lambda ask: Page([]))

    async def download(call: Call, into: Any) -> str:
        if isinstance(file, SyncError):
            raise file
        into.write(file)
        return ""

    def polled(page: Page) -> Report:
        if isinstance(state, SyncError):
            raise state
        return state

    here.download = download
    walked = replace(bulk(here, [DONE]), polled=polled)
    chunks: list[Chunk] = []

    async def go() -> None:
        trip = here.trip(here.stream(walked), Window(NOW - DAY, NOW), mark=mark)
        async for chunk in walk(trip, walked):
            chunks.append(chunk)

    with pytest.raises(error):
        asyncio.run(go())
    assert (chunks[-1].mark, chunks[-1].now) == (kept, True)


def test_an_address_that_expired_while_we_waited_is_asked_for_once_more(shelf: Any, taken: Any, small_parts: None,
                                                                        ) -> None:
    here = shelf(lambda ask: Page([]))
    served(here, lines_of(2))
    fresh, asked = here.download, []

    async def download(call: Call, into: Any) -> str:
        asked.append(call.path)
        if call.path == "https://files/old":
            raise Denied("(HTTP 403)")
        return str(await fresh(call, into))

    here.download = download
    walk = bulk(here, [Report("done", "https://files/old"), Report("done", "https://files/new")])
    assert sorted(taken(here.walk(here.stream(walk), Window(NOW - DAY, NOW)))) == [("o0", 3), ("o1", 3)]
    assert asked == ["https://files/old", "https://files/new"]


@pytest.mark.parametrize(("charset", "content", "text"), [
    ("", "Tässchen".encode(), "Tässchen"), ("UTF-8", "Tässchen".encode(), "Tässchen"),
    ("Cp1252", "Tässchen".encode("cp1252"), "Tässchen"), ("Shift_JIS", "ポット".encode("shift_jis"), "ポット"),
    ("windows-31j", "ポット①".encode("cp932"), "ポット①"), ("x-unheard-of", b"pot", "pot"),
])
def test_a_file_is_read_in_the_charset_that_its_store_names(charset: str, content: bytes, text: str) -> None:
    with report.in_utf8(io.BytesIO(content), charset) as file:
        file.seek(0)
        assert file.read().decode() == text


def test_a_file_that_the_transport_has_unpacked_is_not_unpacked_twice() -> None:
    for content in (gzip.compress(b"a\tb"), b"a\tb"):
        with report.unpacked(io.BytesIO(content)) as file:
            file.seek(0)
            assert file.read() == b"a\tb"
    with pytest.raises(Gone):
        report.unpacked(io.BytesIO(gzip.compress(b"a\tb")[:-4]))


@pytest.mark.parametrize(("repeated", "looks", "rows"), [
    (0, 1, []),  # nothing in either month: one look at what there is, before the first order
    (1, 2, [("o0", 3)]),  # the order was sent twice, as its answer was lost: the first of the two is read
])
def test_what_there_is_is_looked_at_once(shelf: Any, taken: Any, small_parts: None, repeated: int, looks: int,
                                         rows: list[Any]) -> None:
    """Every look has its price; only an order that may have been sent twice wants another one."""
    seen: list[str] = []

    def word(ask: Ask, context: Any) -> Call:
        seen.append("order")
        if seen.count("order") == 1:
            here.retries += repeated
        return Call("page", {"ask": ask})

    def look(ask: Ask, context: Any) -> Call:
        seen.append("look")
        return Call("page", {"ask": ask})

    here = shelf(lambda ask: Page([]))
    served(here, lines_of(1))
    walk = replace(
        bulk(here, [Report("done", None)] + [Report("done", "https://files/x")] * repeated + [Report("done", None)]),
        submit=word, span=15 * DAY, earlier=look,
        same=lambda page, ask: "R0" if seen.count("look") > 1 and seen.count("order") == 1 else "")
    found = taken(here.walk(here.stream(walk), Window(NOW - 30 * DAY, NOW)))
    assert (seen.count("look"), seen.count("order"), found) == (looks, 2, rows)


def test_a_report_is_not_asked_for_further_back_than_it_is_made(shelf: Any, small_parts: None) -> None:
    here = shelf(lambda ask: Page([]))
    walk = replace(bulk(here, [Report("done", None)]), span=30 * DAY, reach=59 * DAY)
    here.walk(here.stream(walk), Window(NOW - 700 * DAY, NOW))
    assert [ask.window for ask in here.asked if ask.window] == [
        Window(NOW - 59 * DAY, NOW - 29 * DAY), Window(NOW - 29 * DAY, NOW)]


def test_no_rows_is_no_file(shelf: Any, taken: Any, small_parts: None) -> None:
    here = shelf(lambda ask: Page([]))
    assert taken(here.walk(here.stream(bulk(here, [Report("done", None)])), Window(NOW - DAY, NOW))) == []


def test_every_line_of_an_item_lands_in_one_part(small_parts: None) -> None:
    with tempfile.TemporaryFile() as file:
        file.write(b"\n".join(json.dumps(line).encode() for line in lines_of(300)))
        parts = report.sort_by_root(file, root)
    seen: dict[str, int] = {}
    for number, part in enumerate(parts):
        part.seek(0)
        for line in part:
            assert seen.setdefault(root(line), number) == number
    assert len(seen) == 300 and len(parts) > 5
