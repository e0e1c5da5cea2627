"""A mapping suggested from the headers of a file and a look at its first rows.

    suggestion = suggest(headers, rows, platform="shopify", shop_id="shop.example", file="orders.csv")
    suggestion.guesses   # [Guess("orders", "order_id", "Order ID", "high"), ...]
    suggestion.mapping   # ready to be read with, unless suggestion.missing names columns

Nothing is certain here: people look at a preview before anything is written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from connectors.file.cells import is_nothing, plain
from connectors.file.knowledge import holds_person, personal, tables
from connectors.file.mapping import KINDS, STATED, Mapping_, read
from connectors.file.troubles import BadMapping

Confidence = Literal["high", "medium"]
ALONE = ("unit_costs", "traffic_daily", "ad_daily", "settlements", "inventory_daily")
"""Tables that fill a file of their own; every other file is taken for one of orders."""
CONSTANTS: Mapping[str, Mapping[str, str]] = {"traffic_daily": {"channel": "all"}}
AMOUNTS = ("goods_amount", "buyer_paid", "shipping_amount", "tax_amount", "seller_discount", "platform_discount")
_UNIT, _NOISE = re.compile(r"[(\[【].*?[)\]】]"), re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Guess:
    """A column of the file and what it seems to be."""

    table: str
    field: str
    header: str
    confidence: Confidence


@dataclass(frozen=True)
class Suggestion:
    """`missing` = what a mapping needs and no header seems to give: then there is no `mapping`."""

    guesses: tuple[Guess, ...]
    given: dict[str, Any]
    mapping: Mapping_ | None
    missing: str = ""


def suggest(
    headers: Sequence[str], rows: Sequence[Sequence[str]], *, platform: str, shop_id: str, name: str,
    currency: str = "", zone: str = "Asia/Shanghai",
) -> Suggestion:
    """The best guess for a file. Columns that hold a person by their header or their cells are left out."""
    usable = [
        header for at, header in enumerate(headers)
        if header and not personal(header) and not any(holds_person(plain(row[at])) for row in rows[:50])
    ]  # fmt: skip
    found = {table: _guesses(table, usable) for table in _fields()}
    table = max(ALONE, key=lambda one: _score(one, found[one]))
    orders = _score("orders", found["orders"]) + len(found["order_lines"])
    about = {"name": name, "platform": platform, "shop_id": shop_id, "zone": zone, "currency": currency}
    if _score(table, found[table]) >= max(orders, 1):
        guesses = tuple(found[table].values())
        given = {**about, "tables": {table: _filling(table, guesses, currency)}}
    else:
        guesses, filled = _of_orders(found, headers, rows)
        given = {**about, "tables": filled}
    try:
        return Suggestion(guesses, given, read(given, name))
    except BadMapping as trouble:
        return Suggestion(guesses, given, None, str(trouble.facts["why"]))


def _fields() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return tables()["fields"]  # type: ignore[return-value]


def _score(table: str, guesses: Mapping[str, Guess]) -> int:
    """How well a table fits: nothing unless every column it cannot do without is there."""
    required = {field.name for field in msgspec.structs.fields(KINDS[table]) if field.required} - {"currency"}
    required -= CONSTANTS.get(table, {}).keys() | {"list_amount", "status"}
    return len(guesses) if required <= guesses.keys() else 0


def _guesses(table: str, headers: Iterable[str]) -> dict[str, Guess]:
    """For each field the header that names it best; a header serves one field of a table."""
    options = sorted(
        (rank, order, field, header)
        for order, (field, names) in enumerate(_fields()[table].items())
        for header in headers
        if (rank := _rank(header, names)) is not None
    )
    found: dict[str, Guess] = {}
    for rank, _, field, header in options:
        if field not in found and header not in {guess.header for guess in found.values()}:
            found[field] = Guess(table, field, header, "high" if rank < 100 else "medium")
    return found


def _rank(header: str, names: Sequence[str]) -> int | None:
    """Lower is better: the place in the list of names, or 100 where a name is only part of the header."""
    word = folded(header)
    known = [folded(name) for name in names]
    if word in known:
        return known.index(word)
    long = [name for name in known if len(name) >= (3 if not name.isascii() else 6)]
    return 100 if any(name in word for name in long) else None


def folded(header: str) -> str:
    """A header without case, width, signs and units: `商品总价（元）` and `Order-ID` become `商品总价`, `orderid`."""
    return _NOISE.sub("", _UNIT.sub("", unicodedata.normalize("NFKC", header).lower()))


def _filling(table: str, guesses: Iterable[Guess], currency: str) -> dict[str, Any]:
    columns = {guess.field: guess.header for guess in guesses}
    constants = {key: value for key, value in CONSTANTS.get(table, {}).items() if key not in columns}
    if currency and "currency" not in columns and "currency" in {f.name for f in msgspec.structs.fields(KINDS[table])}:
        constants["currency"] = currency
    return {"columns": columns, "constants": constants}


def _of_orders(
    found: Mapping[str, dict[str, Guess]], headers: Sequence[str], rows: Sequence[Sequence[str]]
) -> tuple[tuple[Guess, ...], dict[str, Any]]:
    """Orders, their lines, products and refunds out of one file; which amounts are of the line show the rows."""
    look = _Look(headers, rows, found["orders"].get("order_id"))
    orders, lines = dict(found["orders"]), dict(found["order_lines"])
    columns: dict[str, Any] = {field: guess.header for field, guess in orders.items()}
    if "status" in orders:
        columns["status"] = {"from": orders["status"].header, "values": look.statuses(orders["status"].header)}
    if "region" in orders and not orders["region"].header.isascii():
        columns["region"] = {"from": orders["region"].header, "part": "province"}
    of_line: dict[str, Any] = {field: guess.header for field, guess in lines.items() if field != "unit_price"}
    if "unit_price" in lines and "quantity" in lines and "list_amount" not in of_line:
        of_line["list_amount"] = {"from": lines["unit_price"].header, "times": lines["quantity"].header}
    for field in AMOUNTS:
        if field in columns and look.differs(columns[field]):
            if field in STATED["order_lines"] or field in ("seller_discount", "platform_discount"):
                of_line[field] = columns.pop(field)
            else:
                columns[field] = {"from": columns[field], "rows": "sum"}
    tables_: dict[str, Any] = {"orders": {"columns": columns}}
    if "quantity" in lines and ({"sku_id", "product_id"} & lines.keys() or "title" in found["products"]):
        _name_products(of_line, tables_, found["products"].get("title"))
        tables_["order_lines"] = {"columns": of_line}
    used = [*orders.values(), *lines.values(), *found["products"].values()]
    if found["refunds"]:
        tables_["refunds"] = {"columns": {"goods_amount": found["refunds"]["goods_amount"].header}}
        tables_["refunds"]["per"] = "row" if look.differs(found["refunds"]["goods_amount"].header) else "order"
        used += found["refunds"].values()
    return tuple(used), tables_


def _name_products(of_line: dict[str, Any], tables_: dict[str, Any], title: Guess | None) -> None:
    """A line needs a product and a SKU: each stands in for the other, the title for both."""
    given = of_line.get("product_id") or of_line.get("sku_id") or (title.header if title else "")
    of_line.setdefault("product_id", given)
    of_line.setdefault("sku_id", given)
    if title:
        names = {"product_id": of_line["product_id"], "sku_id": of_line["sku_id"], "title": title.header}
        tables_["products"] = {"columns": names}


class _Look:
    """What the first rows show."""

    def __init__(self, headers: Sequence[str], rows: Sequence[Sequence[str]], order: Guess | None) -> None:
        self._at = {header: at for at, header in reversed(list(enumerate(headers)))}
        groups: dict[str, list[Sequence[str]]] = {}
        for row in rows:
            groups.setdefault(plain(row[self._at[order.header]]) if order else "", []).append(row)
        self._rows = rows
        self._groups = [group for group in groups.values() if len(group) > 1] if order else []

    def differs(self, header: str) -> bool:
        """Whether the rows of some order say different things: then it is an amount of the row."""
        at = self._at[header]
        told = ({plain(row[at]) for row in group if not is_nothing(plain(row[at]))} for group in self._groups)
        return any(len(words) > 1 for words in told)

    def statuses(self, header: str) -> dict[str, str]:
        """The words that are known, in the language of those met."""
        words: Mapping[str, Sequence[str]] = tables()["statuses"]  # type: ignore[assignment]
        met = "".join(plain(row[self._at[header]]) for row in self._rows)
        return {word: status for status, known in words.items() for word in known if word.isascii() == met.isascii()}
