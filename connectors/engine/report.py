"""The walk over a bulk report: asked for once, waited for, downloaded, read in parts of bounded size.

Report files can be larger than memory and do not keep the lines of one item together. So lines are sorted by
item into temporary files (which have no name: a kill leaves nothing behind), and one part is read at a time.
"""

from __future__ import annotations

import asyncio
import codecs
import gzip
import os
import shutil
import tempfile
import zlib
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, BinaryIO, TypeVar

import msgspec

from connectors.engine.errors import Broken, Denied, Gone, Mismatch, Rejected
from connectors.engine.stream import Ask, ByReport, Call, Reply, Report, Window
from connectors.engine.talk import misshapen
from connectors.engine.trip import Chunk, Trip

T = TypeVar("T")

PART_BYTES = 8 * 2**20
GZIP = b"\x1f\x8b"
WIDER = {"windows-31j": "cp932", "shift_jis": "cp932", "iso-8859-1": "cp1252"}
"""What a charset's name stands for in practice, as browsers read it."""
FIRST_POLL = 0.1
"""Seconds until the second look at a report; doubled up to `ByReport.every`."""


async def by_report(trip: Trip, walk: ByReport) -> AsyncIterator[Chunk]:
    """Chunk = one part. Mark: {"upto": end of the last period that is in, "report": id, "parts": of it}."""
    mark, known = dict(trip.mark), _Known(trip, walk)
    begun = "report" in mark
    for window in _periods(trip, walk):
        upto = window.end.isoformat()
        if mark.get("upto", "") >= upto:
            continue
        if not begun:  # only the first report of a run can have been ordered by one that was killed
            mark |= {"report": found} if (found := await known.same(Ask(window=window))) else {}
            begun = True
        async for chunk in _by_one(trip, walk, window, mark, known):
            yield chunk
        mark = {"upto": upto}
        if walk.span:
            yield Chunk(mark=mark)


class _Known:
    """The reports there are, asked for once in a run: what it orders itself it knows, and every look has its price."""

    def __init__(self, trip: Trip, walk: ByReport) -> None:
        self._trip, self._walk = trip, walk
        self._listed: Reply | None = None

    async def same(self, ask: Ask, *, anew: bool = False) -> str:
        """The id of the one that is meant, else ""."""
        walk, trip = self._walk, self._trip
        if walk.earlier is None:
            return ""
        if self._listed is None or anew:
            self._listed = await trip.talk.ask(walk.earlier(ask, trip.context), lambda reply, _call: reply)
        return walk.same(self._listed, ask)


def _periods(trip: Trip, walk: ByReport) -> Iterable[Window]:
    """Those that can be asked for; a window that ends before them holds none."""
    window = trip.window
    if walk.reach:
        start = max(window.start, min(trip.context.now - walk.reach, window.end))
        window = Window(start.replace(microsecond=0), window.end)
    return window.slices(walk.span) if walk.span else [window]


async def _by_one(trip: Trip, walk: ByReport, window: Window, mark: dict[str, Any], known: _Known,
                  ) -> AsyncIterator[Chunk]:
    ask, before = Ask(window=window), {name: mark[name] for name in ("upto",) if name in mark}
    twice = False
    if "report" not in mark:
        tried = trip.talk.retries
        mark = before | {"report": await _submit(trip, walk, ask)}
        twice = trip.talk.retries > tried
        yield Chunk(mark=mark, now=True)
    try:
        number = mark["report"]
        report = await _finished(trip, walk, number)
        if report.state == "failed":
            raise Gone(report.why)
        if report.url is None and (twin := await known.same(ask, anew=twice)) not in ("", number):
            # Ordered too soon after its twin, an order is cancelled: that is no word about the rows.
            number, report = twin, await _finished(trip, walk, twin)
        if report.url is None:
            return
        with await _file(trip, walk, number, report) as file:
            async for chunk in _parts(trip, walk, file, mark, report):
                yield chunk
    except (Gone, Denied, Mismatch) as error:
        # The report failed, was refused, lacks rows or its file has expired: the next run asks for a new one.
        yield Chunk(mark=before, now=True)
        raise Broken(f"(the report could not be read: {error.what})") if isinstance(error, Gone) else error from None


async def _submit(trip: Trip, walk: ByReport, ask: Ask) -> str:
    return await trip.talk.ask(walk.submit(ask, trip.context), lambda reply, _call: walk.submitted(reply))


async def _finished(trip: Trip, walk: ByReport, report_id: str) -> Report:
    pause, call = FIRST_POLL, walk.poll(report_id)
    while True:
        report = await trip.talk.ask(call, lambda reply, _call: walk.polled(reply))
        if report.then is not None:
            call = report.then
        elif report.state != "running":
            return report
        else:
            await asyncio.sleep(pause)
            pause = min(pause * 2, walk.every.total_seconds())


async def _file(trip: Trip, walk: ByReport, report_id: str, report: Report) -> BinaryIO:
    """The report in UTF-8. Its address may have expired while we waited our turn: then it is asked for once more."""
    try:
        return await _download(trip, report)
    except Gone:
        report = await _finished(trip, walk, report_id)
        if report.url is None:
            raise
        return await _download(trip, report)


async def _download(trip: Trip, report: Report) -> BinaryIO:
    """A store of files refuses an address that has expired (400, 403) where it does not say that it is gone."""
    assert report.url is not None
    file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 (the caller's)
    try:
        charset = await trip.talk.download(Call(report.url, host="file"), file)
    except (Denied, Rejected) as error:
        raise Gone(error.what) from None
    if report.gzip:
        file = await asyncio.to_thread(unpacked, file)
    return await asyncio.to_thread(in_utf8, file, charset)


def unpacked(file: BinaryIO) -> BinaryIO:
    """The content of a gzip file, in a temporary file of its own; the file itself where the transport has unpacked it
    already. A damaged one is to be fetched again."""
    file.seek(0)
    if file.read(2) != GZIP:
        return file
    plain = tempfile.TemporaryFile()  # noqa: SIM115 (the caller's)
    file.seek(0)
    try:
        with file, gzip.GzipFile(fileobj=file) as packed:
            shutil.copyfileobj(packed, plain)
    except (OSError, EOFError, zlib.error):
        plain.close()
        raise Gone("damaged file") from None
    return plain


def in_utf8(file: BinaryIO, charset: str) -> BinaryIO:
    """The file with its characters in UTF-8, where its store names another charset that is known here."""
    charset = WIDER.get(charset.lower(), charset)
    try:
        if codecs.lookup(charset or "utf-8").name in ("utf-8", "ascii"):
            return file
    except LookupError:
        return file
    plain = tempfile.TemporaryFile()  # noqa: SIM115 (the caller's)
    file.seek(0)
    with file, codecs.getreader(charset)(file, "replace") as text:
        while piece := text.read(2**16):
            plain.write(piece.encode())
    return plain


async def _parts(trip: Trip, walk: ByReport, file: BinaryIO, mark: dict[str, Any], report: Report,
                 ) -> AsyncIterator[Chunk]:
    parts = await _understood(sort_by_root, file, walk.root, walk.headed)
    done, rows = int(mark.get("parts", 0)), int(mark.get("rows", 0))
    try:
        for number, part in enumerate(parts):
            if number < done:
                continue
            items = await _understood(_join, walk, part)
            rows += len(items)
            yield Chunk(items=await trip.complete(items), total=report.rows,
                        mark=mark | {"parts": number + 1, "rows": rows})
    finally:
        for part in parts:
            part.close()
    if report.rows is not None and rows < report.rows:
        raise Mismatch(expected=report.rows, received=rows)


async def _understood(work: Callable[..., T], *given: Any) -> T:
    """What a thread makes of lines. One that is cut is of a damaged file, to be ordered anew."""
    try:
        return await asyncio.to_thread(work, *given)
    except msgspec.ValidationError as error:
        raise misshapen(error) from None
    except msgspec.DecodeError:
        raise Gone("damaged file") from None


def sort_by_root(file: BinaryIO, root: Callable[[bytes], str], headed: bool = False) -> list[BinaryIO]:
    """The lines of a file in parts of about 8 MB, all lines of one item in the same part; `headed` = its first
    line stands at the head of each.

    The split depends on the file alone, so an interrupted run finds the same parts again.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    parts = [tempfile.TemporaryFile() for _ in range(size // PART_BYTES + 1)]  # noqa: SIM115 (the caller's)
    if headed:
        head = file.readline().rstrip(b"\r\n") + b"\n"
        for part in parts:
            part.write(head)
    for line in file:
        if line.strip():
            parts[zlib.crc32(root(line).encode()) % len(parts)].write(line.rstrip(b"\r\n") + b"\n")
    return list(parts)


def _join(walk: ByReport, part: BinaryIO) -> list[Any]:
    part.seek(0)
    return list(walk.join(part))
