"""The walk over a bulk report: asked for once, waited for, downloaded, read in parts of bounded size.

Report files can be larger than memory and do not keep the lines of one item together. So lines are sorted by
item into temporary files (which have no name: a kill leaves nothing behind), and one part is read at a time.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any, BinaryIO

from connectors.engine.errors import Denied, Gone, Mismatch, Rejected
from connectors.engine.stream import Ask, ByReport, Call, Report
from connectors.engine.trip import Chunk, Trip

PART_BYTES = 8 * 2**20
FIRST_POLL = 0.1
"""Seconds until the second look at a report; doubled up to `ByReport.every`."""


async def by_report(trip: Trip, walk: ByReport) -> AsyncIterator[Chunk]:
    """Chunk = one part. Mark: {"report": id, "parts": how many are in}."""
    mark = dict(trip.mark)
    if "report" not in mark:
        mark = {"report": await _submit(trip, walk)}
        yield Chunk(mark=mark, now=True)
    try:
        report = await _finished(trip, walk, mark["report"])
        if report.state == "failed":
            raise Gone(report.why)
        if report.url is None:
            return
        file = tempfile.TemporaryFile()  # noqa: SIM115 (closed below)
        await _download(trip, report.url, file)
    except Gone as error:
        # The report failed or its file has expired: the next run asks for a new one.
        yield Chunk(mark={}, now=True)
        raise Rejected(f"(the report could not be read: {error.what})") from None
    with file:
        async for chunk in _parts(trip, walk, file, mark, report):
            yield chunk


async def _submit(trip: Trip, walk: ByReport) -> str:
    call = walk.submit(Ask(window=trip.window), trip.context)
    return await trip.talk.ask(call, lambda reply, _call: walk.submitted(reply))


async def _finished(trip: Trip, walk: ByReport, report_id: str) -> Report:
    pause = FIRST_POLL
    while True:
        report = await trip.talk.ask(walk.poll(report_id), lambda reply, _call: walk.polled(reply))
        if report.state != "running":
            return report
        await asyncio.sleep(pause)
        pause = min(pause * 2, walk.every.total_seconds())


async def _download(trip: Trip, url: str, file: BinaryIO) -> None:
    """A store of files refuses an address that has expired (400, 403) where it does not say that it is gone."""
    try:
        await trip.talk.download(Call(url, host="file"), file)
    except (Denied, Rejected) as error:
        raise Gone(error.what) from None


async def _parts(trip: Trip, walk: ByReport, file: BinaryIO, mark: dict[str, Any], report: Report,
                 ) -> AsyncIterator[Chunk]:
    parts = await asyncio.to_thread(sort_by_root, file, walk.root)
    done, rows = int(mark.get("parts", 0)), int(mark.get("rows", 0))
    try:
        for number, part in enumerate(parts):
            if number < done:
                continue
            items = await asyncio.to_thread(_join, walk, part)
            rows += len(items)
            yield Chunk(items=await trip.complete(items), total=report.rows,
                        mark={"report": mark["report"], "parts": number + 1, "rows": rows})
    finally:
        for part in parts:
            part.close()
    if report.rows is not None and rows < report.rows:
        raise Mismatch(expected=report.rows, received=rows)


def sort_by_root(file: BinaryIO, root: Callable[[bytes], str]) -> list[BinaryIO]:
    """The lines of a file in parts of about 8 MB, all lines of one item in the same part.

    The split depends on the file alone, so an interrupted run finds the same parts again.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    parts = [tempfile.TemporaryFile() for _ in range(size // PART_BYTES + 1)]  # noqa: SIM115 (the caller's)
    for line in file:
        if line.strip():
            parts[zlib.crc32(root(line).encode()) % len(parts)].write(line.rstrip(b"\r\n") + b"\n")
    return list(parts)


def _join(walk: ByReport, part: BinaryIO) -> list[Any]:
    part.seek(0)
    return list(walk.join(part))
