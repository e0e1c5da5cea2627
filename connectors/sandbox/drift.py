"""A platform that changes its answers without a word: unknown fields appear, and somebody's data is in them."""

from __future__ import annotations

import json
from collections.abc import MutableMapping
from typing import Any

from starlette.types import Message, Send

STRANGER = ("Zhao Unforeseen", "13912345678", "unforeseen@example.com")
"""Whom the new fields speak of: nothing of it may reach a disk or a log."""
NEW_FIELDS: dict[str, Any] = {
    "unforeseen_note": f"call {STRANGER[0]} on {STRANGER[1]}",
    "unforeseen_party": {"mail": STRANGER[2], "names": [{"full": STRANGER[0]}]},
}


def drifted(body: bytes) -> bytes:
    """The answer with `NEW_FIELDS` in every object of every list; anything but JSON and JSONL as it was.

    >>> drifted(b'{"orders": [{"id": 1}]}')[:42]
    b'{"orders": [{"id": 1, "unforeseen_note": "'
    """
    try:
        return json.dumps(_grown(json.loads(body), False)).encode()
    except ValueError:
        pass
    try:
        rows = [_grown(json.loads(line), True) for line in body.splitlines() if line.strip()]
    except ValueError:
        return body
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def _grown(node: Any, item: bool) -> Any:
    """`item`: whether the node stands in a list."""
    if isinstance(node, list):
        return [_grown(value, True) for value in node]
    if not isinstance(node, dict):
        return node
    grown = {name: _grown(value, False) for name, value in node.items()}
    return grown | NEW_FIELDS if item else grown


class Drift:
    """Sends the whole answer at once, grown."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: MutableMapping[str, Any] = {}
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body"):
            return
        body = drifted(self._body)
        headers = [(k, v) for k, v in self._start["headers"] if k.lower() != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})
