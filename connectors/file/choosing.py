"""Which mapping reads a file: one that was saved for such columns, a ready layout, or a suggestion.

    chosen = choose(path, Wanted(shop_id="10001"), Saved(home), shops)
    chosen.how, chosen.mapping        # "layout", the mapping of taobao_orders for shop 10001
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from connectors.file.cells import decimal_point
from connectors.file.layouts import Layout, ready, recognised
from connectors.file.mapping import Mapping_
from connectors.file.saved import Saved
from connectors.file.sheets import Sheet, open_sheet
from connectors.file.suggest import Suggestion, suggest
from queries.records import PLATFORMS
from queries.trouble import Trouble

LOOKED_AT = 200
How = Literal["saved", "layout", "suggested"]


class WhichShop(Trouble):
    en = "{file} does not say which {platform} shop it is of."
    zh = "{file} 没有说明属于哪个 {platform} 店铺。"
    hint_en = "Name the shop with --shop ID{known}."
    hint_zh = "请用 --shop 店铺ID 指定{known}。"


class WhichPlatform(Trouble):
    en = "The columns of {file} are those of no layout that is known."
    zh = "{file} 的列不属于任何已知的导出格式。"
    hint_en = "Say what it is with --platform and --shop: a mapping is then suggested. Or choose a --layout: {layouts}."
    hint_zh = "请用 --platform 和 --shop 说明来源, 系统会建议映射; 或用 --layout 指定: {layouts}。"


class NotThatLayout(Trouble):
    en = "{file} lacks columns of the layout {layout}: {missing}."
    zh = "{file} 缺少格式 {layout} 的列: {missing}。"


@dataclass(frozen=True)
class Wanted:
    """What the person said; empty = not said."""

    platform: str = ""
    shop_id: str = ""
    layout: str = ""
    """A ready layout, or the name of a saved mapping."""
    sheet: str = ""
    name: str = ""
    currency: str = ""
    zone: str = ""


@dataclass(frozen=True)
class KnownShop:
    """A shop of the warehouse."""

    platform: str
    shop_id: str
    zone: str
    currency: str


@dataclass(frozen=True)
class Chosen:
    """`mapping` is None where a suggestion lacks something (`suggestion.missing`)."""

    path: Path
    how: How
    headers: tuple[str, ...]
    mapping: Mapping_ | None
    suggestion: Suggestion | None = None
    title: tuple[str, str] = ("", "")
    """The layout's name for people, in English and Chinese."""


def choose(path: Path, wanted: Wanted, saved: Saved, shops: Sequence[KnownShop]) -> Chosen:
    """Raises WhichShop, WhichPlatform, NotThatLayout, and whatever is wrong with the file."""
    with open_sheet(path, sheet=wanted.sheet) as sheet:
        headers = tuple(header for header in sheet.headers if header)
        rows = [cells for _, cells in islice(sheet.rows(), LOOKED_AT)]
        found = _saved(path, wanted, saved, headers)
        if found is not None:
            return Chosen(path, "saved", headers, _said(found, wanted), title=(found.name, found.name))
        layout = _layout(path, wanted, headers)
        if layout is not None:
            mapping = _for_shop(path, layout, wanted, shops, sheet, rows)
            return Chosen(path, "layout", headers, mapping, title=(layout.title_en, layout.title_zh))
        return _suggested(path, wanted, shops, sheet, rows, headers)


def _saved(path: Path, wanted: Wanted, saved: Saved, headers: Sequence[str]) -> Mapping_ | None:
    if wanted.layout:
        return saved.named(wanted.layout)
    fitting = [
        mapping for mapping in saved.of(headers)
        if wanted.shop_id in ("", mapping.shop_id) and wanted.platform in ("", mapping.platform)
        and (wanted.name in ("", mapping.name))
    ]  # fmt: skip
    if len(fitting) > 1:
        known = ", ".join(mapping.shop_id for mapping in fitting)
        raise WhichShop(file=path.name, platform=fitting[0].platform, known=f": {known}")
    return fitting[0] if fitting else None


def _said(mapping: Mapping_, wanted: Wanted) -> Mapping_:
    """A saved mapping, on the sheet that was asked for."""
    return mapping.model_copy(update={"sheet": wanted.sheet}) if wanted.sheet else mapping


def _layout(path: Path, wanted: Wanted, headers: Sequence[str]) -> Layout | None:
    if not wanted.layout:
        layout = recognised(headers)
        return layout if layout and wanted.platform in ("", layout.platform) else None
    layout = ready(wanted.layout, path.name)
    if missing := [header for header in layout.needed if header not in headers]:
        raise NotThatLayout(file=path.name, layout=layout.name, missing=", ".join(missing))
    return layout


def _for_shop(
    path: Path, layout: Layout, wanted: Wanted, shops: Sequence[KnownShop], sheet: Sheet, rows: list[list[str]]
) -> Mapping_:
    shop = _shop(path, layout.platform, wanted, shops)
    currency = wanted.currency or layout.given.get("currency") or shop.currency
    for header in ("Currency", "currency"):
        if not currency and header in sheet.headers:
            at = sheet.headers.index(header)
            currency = next((row[at].strip() for row in rows if row[at].strip()), "")
    more = {"zone": zone} if (zone := wanted.zone or shop.zone) else {}
    more["decimal"] = _point(sheet, rows)
    name = wanted.name or f"{layout.name}-{_plain(shop.shop_id)}"
    return layout.for_shop(shop.shop_id, name=name, sheet=wanted.sheet, currency=currency, **more)


def _suggested(
    path: Path, wanted: Wanted, shops: Sequence[KnownShop], sheet: Sheet, rows: list[list[str]], headers: Sequence[str]
) -> Chosen:
    if wanted.platform not in PLATFORMS:
        from connectors.file.layouts import layouts

        raise WhichPlatform(file=path.name, layouts=", ".join(layout.name for layout in layouts()))
    shop = _shop(path, wanted.platform, wanted, shops)
    found = suggest(
        sheet.headers, rows, platform=shop.platform, shop_id=shop.shop_id, name=wanted.name or _plain(path.stem),
        currency=wanted.currency or shop.currency, zone=wanted.zone or shop.zone or "Asia/Shanghai")  # fmt: skip
    mapping = found.mapping
    if mapping is not None:
        mapping = mapping.model_copy(update={"sheet": wanted.sheet, "decimal": _point(sheet, rows)})
    return Chosen(path, "suggested", tuple(headers), mapping, found)


def _point(sheet: Sheet, rows: list[list[str]]) -> str:
    """European programs write 1,50 and put semicolons between the cells."""
    return decimal_point(cell for row in rows for cell in row) if sheet.delimiter == ";" else "."


def _shop(path: Path, platform: str, wanted: Wanted, shops: Sequence[KnownShop]) -> KnownShop:
    """The shop that was named, or the only one that is known of the platform."""
    known = [shop for shop in shops if shop.platform == platform]
    if wanted.shop_id:
        otherwise = KnownShop(platform, wanted.shop_id, "", "")
        return next((shop for shop in known if shop.shop_id == wanted.shop_id), otherwise)
    if len(known) != 1:
        names = f" ({', '.join(shop.shop_id for shop in known)})" if known else ""
        raise WhichShop(file=path.name, platform=platform, known=names)
    return known[0]


def _plain(text: str) -> str:
    """A name for a file out of any text."""
    return re.sub(r"[^\w.-]+", "-", text).strip("-.") or "import"
