"""Slack's limits on what is sent, checked before it is sent (docs.slack.dev, Block Kit reference, 2026-11).

The SDK checks neither the number of blocks nor tables nor charts, and Slack answers `invalid_blocks` without
saying which: this says which.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

Block = dict[str, Any]

MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
MESSAGE_TEXT = 4000
SECTION_TEXT = 3000
CONTEXT_ELEMENTS = 10
ACTION_ELEMENTS = 25
BUTTON_TEXT = 75
BUTTON_VALUE = 2000
ID_LENGTH = 255
TABLE_ROWS = 101
"""Header included. The reference allows 201 now; some workspaces still refuse more than 101."""
TABLE_COLUMNS = 20
TABLE_CHARACTERS = 20_000
CHARTS = 2
CHART_TITLE = 50
CHART_LABEL = 20
CHART_POINTS = 20
CHART_SERIES = 6
"""The reference allows 12 now; some workspaces still refuse more than 6."""
PIE_SEGMENTS = 12


def problems(blocks: list[Block], text: str, *, view: bool = False) -> list[str]:
    """What Slack would refuse, in words; an empty list = it fits.

    >>> problems([{"type": "section", "text": {"type": "mrkdwn", "text": ""}}], "hi")
    ['section: text has 0 characters, 1 to 3000 allowed']
    """
    return list(_problems(blocks, text, view))


def _problems(blocks: list[Block], text: str, view: bool) -> Iterator[str]:
    most = VIEW_BLOCKS if view else MESSAGE_BLOCKS
    if len(blocks) > most:
        yield f"{len(blocks)} blocks, {most} allowed"
    if not view and not 1 <= len(text) <= MESSAGE_TEXT:
        yield f"text has {len(text)} characters, 1 to {MESSAGE_TEXT} wanted"
    if sum(block.get("type") == "data_visualization" for block in blocks) > CHARTS:
        yield f"more than {CHARTS} charts"
    named = sorted(block["block_id"] for block in blocks if "block_id" in block)
    yield from (f"block_id {one} is used twice" for one, other in pairwise(named) if one == other)
    characters = 0
    for block in blocks:
        check = CHECKS.get(block.get("type", ""))
        if check is None:
            yield f"unknown block type {block.get('type')!r}"
        else:
            yield from check(block)
        characters += _characters(block)
    if characters > TABLE_CHARACTERS:
        yield f"tables hold {characters} characters, {TABLE_CHARACTERS} allowed"


def _between(what: str, text: str, most: int, least: int = 1) -> Iterator[str]:
    if not least <= len(text) <= most:
        yield f"{what} has {len(text)} characters, {least} to {most} allowed"


def _section(block: Block) -> Iterator[str]:
    yield from _between("section: text", block["text"]["text"], SECTION_TEXT)


def _header(block: Block) -> Iterator[str]:
    yield from _between("header: text", block["text"]["text"], 150)


def _context(block: Block) -> Iterator[str]:
    if not 1 <= len(block["elements"]) <= CONTEXT_ELEMENTS:
        yield f"context: {len(block['elements'])} elements, {CONTEXT_ELEMENTS} allowed"
    for element in block["elements"]:
        yield from _between("context: text", element["text"], SECTION_TEXT)


def _actions(block: Block) -> Iterator[str]:
    if not 1 <= len(block["elements"]) <= ACTION_ELEMENTS:
        yield f"actions: {len(block['elements'])} elements, {ACTION_ELEMENTS} allowed"
    for element in block["elements"]:
        yield from _between("button: text", element["text"]["text"], BUTTON_TEXT)
        yield from _between("button: value", element.get("value", ""), BUTTON_VALUE, 0)
        yield from _between("button: action_id", element["action_id"], ID_LENGTH)


def _context_actions(block: Block) -> Iterator[str]:
    if not 1 <= len(block["elements"]) <= 5:
        yield f"context_actions: {len(block['elements'])} elements, 5 allowed"


def _data_table(block: Block) -> Iterator[str]:
    rows = block["rows"]
    if not 2 <= len(rows) <= TABLE_ROWS:
        yield f"data_table: {len(rows)} rows, 2 to {TABLE_ROWS} allowed"
    if len({len(row) for row in rows}) != 1:
        yield "data_table: rows differ in length"
    if rows and not 1 <= len(rows[0]) <= TABLE_COLUMNS:
        yield f"data_table: {len(rows[0])} columns, {TABLE_COLUMNS} allowed"
    if not block.get("caption"):
        yield "data_table: a caption is required"
    if not 1 <= block.get("page_size", 5) <= 100:
        yield "data_table: page_size is 1 to 100"
    if any(not cell.get("text") for row in rows for cell in row):
        yield "data_table: a cell is empty"


def _chart(block: Block) -> Iterator[str]:
    yield from _between("chart: title", block["title"], CHART_TITLE)
    chart = block["chart"]
    if chart["type"] == "pie":
        segments = chart["segments"]
        if not 1 <= len(segments) <= PIE_SEGMENTS:
            yield f"pie: {len(segments)} segments, {PIE_SEGMENTS} allowed"
        if any(segment["value"] <= 0 for segment in segments):
            yield "pie: a segment is not above zero"
        for segment in segments:
            yield from _between("pie: label", segment["label"], CHART_LABEL)
        return
    categories, series = chart["axis_config"]["categories"], chart["series"]
    if not 1 <= len(series) <= CHART_SERIES or len({one["name"] for one in series}) != len(series):
        yield f"chart: {len(series)} series, {CHART_SERIES} with different names allowed"
    if not 1 <= len(categories) <= CHART_POINTS or len(set(categories)) != len(categories):
        yield f"chart: {len(categories)} categories, {CHART_POINTS} different ones allowed"
    for label in [*categories, *(one["name"] for one in series)]:
        yield from _between("chart: label", label, CHART_LABEL)
    if any([point["label"] for point in one["data"]] != categories for one in series):
        yield "chart: a series has not exactly one number for every category"


def _nothing(block: Block) -> Iterator[str]:
    return iter(())


CHECKS = {
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
    "context_actions": _context_actions,
    "data_table": _data_table,
    "data_visualization": _chart,
    "divider": _nothing,
}


def _characters(block: Block) -> int:
    if block.get("type") != "data_table":
        return 0
    return sum(len(cell.get("text", "")) for row in block["rows"] for cell in row)
