"""`souk import`: exports of back offices, read with a saved mapping, a ready layout or a suggested one."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.context import House, open_house
from queries.trouble import Trouble

if TYPE_CHECKING:
    from connectors.engine.run import StreamReport
    from connectors.file.choosing import Chosen
    from connectors.file.looking import View

app = typer.Typer(add_completion=False, rich_markup_mode=None)

USES = {
    "generalised": "only the province is stored", "pseudonymised": "stored as a pseudonym",
    "personal": "personal: never read", "unused": "not needed: never read", "unmapped": "unknown: never read",
}  # fmt: skip


class NotSure(Trouble):
    en = "{file} would be read with a suggested mapping: look at it first."
    zh = "{file} 将使用建议的映射, 请先查看。"
    hint_en = "--preview shows it, --yes takes it, --as NAME keeps it for the next time (as a file you can edit)."
    hint_zh = "--preview 查看, --yes 采用, --as 名称 保存以便下次使用 (文件可编辑)。"


class Incomplete(Trouble):
    en = "No mapping can be suggested for {file}: {why}."
    zh = "无法为 {file} 建议映射: {why}。"
    hint_en = "--preview shows what was recognised; docs/files.md shows how to write the rest as a mapping."
    hint_zh = "--preview 显示已识别的列; 其余可按 docs/files.md 写成映射文件。"


@app.command()
def import_(
    files: Annotated[list[Path], typer.Argument(help="CSV, XLSX or Parquet files.", exists=True, dir_okay=False)],
    platform: Annotated[str, typer.Option(help="taobao, jd, shopify, ...: where no layout tells.")] = "",
    shop: Annotated[str, typer.Option(help="The shop's id; default: the only one known.")] = "",
    layout: Annotated[str, typer.Option(help="A ready layout or a saved mapping, instead of the recognised one.")] = "",
    sheet: Annotated[str, typer.Option(help="Of a workbook with several.")] = "",
    currency: Annotated[str, typer.Option(help="Of amounts that name none.")] = "",
    zone: Annotated[str, typer.Option(help="The clock of times that name none; default: the shop's.")] = "",
    name: Annotated[str, typer.Option("--as", help="Keep the mapping under this name.")] = "",
    preview: Annotated[bool, typer.Option("--preview", help="Show what would be stored; write nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Take a suggested mapping without asking.")] = False,
    full: Annotated[bool, typer.Option("--full", help="Read a file again that has not changed.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a file.")] = False,
) -> None:
    """Brings exports in. Only columns that are needed are read; names, phones and addresses stay in the file.

    The order exports of Taobao, JD, Douyin, Pinduoduo, Amazon and Shopify are recognised. For other files a mapping
    is suggested from the headers, and kept, so that the next file of the kind is read without asking. The same file
    again changes nothing; a corrected one replaces its orders.

    Examples: souk import orders.csv --shop 10001; souk import costs.xlsx --platform jd --preview
    """
    from connectors.file.choosing import KnownShop, Wanted
    from connectors.file.saved import Saved
    from queries.warehouse.connections import all_shops

    house = open_house()
    wanted = Wanted(platform, shop, layout, sheet, name, currency.upper(), zone)
    saved = Saved(house.home)
    reports: list[StreamReport] = []
    for path in files:
        shops = [KnownShop(*row) for row in all_shops(house.warehouse)]
        chosen = _choose(path, wanted, saved, shops)
        if preview:
            _show(chosen, as_json)
            continue
        _agree(chosen, yes)
        report = _import(house, chosen, full)
        reports.append(report)
        if report.status == "succeeded":
            _keep(saved, chosen, name)
        _tell(path, chosen, report, as_json)
    if any(report.rows_written for report in reports):
        from bot.cli.syncing import take_missing_snapshot

        take_missing_snapshot(house)
    if any(report.status == "failed" for report in reports):
        raise typer.Exit(1)


def _choose(path: Path, wanted: Any, saved: Any, shops: Any) -> Chosen:
    """At a terminal people are asked which sheet of a workbook is meant."""
    from dataclasses import replace

    from connectors.file.choosing import choose
    from connectors.file.troubles import WhichSheet

    try:
        return choose(path, wanted, saved, shops)
    except WhichSheet as trouble:
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise
        sheet = typer.prompt(f"{trouble.say('en')}\nWhich one", err=True)
        return choose(path, replace(wanted, sheet=sheet), saved, shops)


def _agree(chosen: Chosen, yes: bool) -> None:
    """A suggestion is looked at by a person before it is used, or taken on their word."""
    if chosen.mapping is None:
        why = chosen.suggestion.missing if chosen.suggestion else ""
        raise Incomplete(file=chosen.path.name, why=why)
    if chosen.how != "suggested" or yes:
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise NotSure(file=chosen.path.name)
    _show(chosen, as_json=False)
    if not typer.confirm("Import it like this?", default=False, err=True):
        raise typer.Exit(1)


def _import(house: House, chosen: Chosen, full: bool) -> StreamReport:
    from rich.console import Console

    from bot.terminal.progress import shown
    from connectors.engine.imports import import_now
    from connectors.file import Exports

    assert chosen.mapping is not None
    export = Exports(chosen.mapping, given=[chosen.path]).as_import()
    with shown(Console(stderr=True)) as progress:
        [report] = import_now([export], house.warehouse, house.secret, house.clock, progress,
                              currency=house.settings.base_currency, full=full)  # fmt: skip
    return report


def _keep(saved: Any, chosen: Chosen, name: str) -> None:
    """The mapping, for the next file with these columns."""
    if chosen.how != "saved" or name:
        saved.save(chosen.mapping, name or chosen.mapping.name, chosen.headers)  # type: ignore[union-attr]


def _tell(path: Path, chosen: Chosen, report: StreamReport, as_json: bool) -> None:
    assert chosen.mapping is not None
    facts = {"file": path.name, "how": chosen.how, "mapping": chosen.mapping.name, "layout": chosen.mapping.layout,
             "platform": chosen.mapping.platform, "shop_id": chosen.mapping.shop_id}  # fmt: skip
    if as_json:
        print(json.dumps({**facts, **report.as_dict()}, ensure_ascii=False))
        return
    if report.status == "failed":
        assert report.trouble is not None
        hint = report.trouble.hint("en")
        print(f"✗ {report.trouble.say('en')}" + (f"\n  {hint}" if hint else ""), file=sys.stderr)
        return
    read = f"{report.rows_read:,} rows read, {report.rows_written:,} changed" if report.rows_read else "nothing new"
    by = {"saved": "saved mapping", "layout": "layout", "suggested": "suggested mapping"}[chosen.how]
    print(f"✓ {path.name}: {read} ({by} {chosen.title[0] or chosen.mapping.name}; "
          f"{chosen.mapping.platform} shop {chosen.mapping.shop_id})")  # fmt: skip


def _show(chosen: Chosen, as_json: bool) -> None:
    from connectors.file.looking import look

    view = look(chosen)
    if as_json:
        print(json.dumps(_facts(chosen, view), ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    from bot.terminal.figures import printable

    console = Console(markup=False, emoji=False, highlight=False)  # headers and cells are anybody's text
    title = chosen.title[0] or "a suggested mapping"
    console.print(printable(f"{chosen.path.name}: {chosen.how}, {title}"))
    table = Table(box=None, padding=(0, 2, 0, 0))
    for head in ("COLUMN", "BECOMES", ""):
        table.add_column(head)
    for column in view.columns:
        target = column.target if column.use in ("stored", "generalised", "pseudonymised") else "-"
        note = USES.get(column.use, "") + (" (a guess)" if column.confidence == "medium" else "")
        table.add_row(printable(column.header), target, note)
    console.print(table)
    for name, rows in view.rows.items():
        _show_rows(console, name, rows)
    for finding in view.findings:
        console.print(printable(f"! {finding}"))
    if chosen.mapping is None and chosen.suggestion:
        console.print(printable(f"! incomplete: {chosen.suggestion.missing}"))


def _show_rows(console: Any, name: str, rows: list[dict[str, str]]) -> None:
    """One paragraph a row: records have more columns than a terminal."""
    from rich.padding import Padding
    from rich.text import Text

    from bot.terminal.figures import printable

    if rows:
        console.print(f"{name}, the first {len(rows)}:")
    for row in rows:
        told = Text("  ").join(Text.assemble((f"{field} ", "dim"), printable(value)) for field, value in row.items())
        console.print(Padding(told, (0, 0, 0, 2)))


def _facts(chosen: Chosen, view: View) -> dict[str, Any]:
    mapping = chosen.mapping
    return {
        "file": chosen.path.name, "how": chosen.how, "layout": mapping.layout if mapping else None,
        "platform": mapping.platform if mapping else None, "shop_id": mapping.shop_id if mapping else None,
        "missing": chosen.suggestion.missing if chosen.suggestion else "",
        "columns": [asdict(column) for column in view.columns], "rows": view.rows, "findings": list(view.findings),
    }  # fmt: skip
