"""Requests held against a platform's own interface description, cut down to the operations that are used:

    {"GET /orders/{orderId}": {"includedData": {"type": "array", "enum": ["TAX"]}}}

A name it does not know, a missing one that is required, a value of the wrong form: each is a breach.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connectors.engine.stream import Request

Rules = Mapping[str, Mapping[str, Any]]


def operations(file: Path) -> dict[str, Rules]:
    found: dict[str, Rules] = json.loads(file.read_text(encoding="utf-8"))
    return found


def breaches(request: Request, known: Mapping[str, Rules]) -> list[str]:
    """What the description forbids about a request, in words; [] where it is as described."""
    place = urlsplit(request.url)
    rules = next((rules for name, rules in known.items() if _is(name, request.method, place.path)), None)
    if rules is None:
        return [f"no operation {request.method} {place.path}"]
    asked: dict[str, Any] = dict(parse_qsl(place.query, strict_parsing=True)) if place.query else {}
    found = _against(asked, {name: rule for name, rule in rules.items() if name not in ("body", "header")})
    if "body" in rules:
        found += _against(json.loads(request.content), rules["body"])
    elif request.content:
        found.append("a body")
    given = {name.lower() for name in request.headers}
    return found + [f"no header {name}" for name, rule in rules.get("header", {}).items()
                    if rule.get("required") and name.lower() not in given]


def _is(operation: str, method: str, path: str) -> bool:
    verb, _, template = operation.partition(" ")
    return verb == method and bool(re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)), path))


def _against(asked: Mapping[str, Any], rules: Rules) -> list[str]:
    found = [f"no parameter {name}" for name in asked if name not in rules]
    found += [f"{name} is missing" for name, rule in rules.items() if rule.get("required") and name not in asked]
    return found + [f"{name}={value}" for name, value in asked.items()
                    if name in rules and not _fits(value, rules[name])]


def _fits(value: Any, rule: Mapping[str, Any]) -> bool:
    match rule.get("type"):
        case "array":
            items = value if isinstance(value, list) else str(value).split(",")
            return (rule.get("minItems", 0) <= len(items) <= rule.get("maxItems", len(items))
                    and set(items) <= set(rule.get("enum", items)))
        case "integer":
            return str(value).isdigit() and rule.get("minimum", 0) <= int(value) <= rule.get("maximum", int(value))
        case "boolean":
            return value in ("true", "false")
        case "object":
            return isinstance(value, dict)
    if rule.get("format") == "date-time":
        return datetime.fromisoformat(value).tzinfo is not None
    return isinstance(value, str) and value in rule.get("enum", [value])
