"""`souk privacy`: the settings in force, and the duties that come with the data.

Requests of data subjects and incidents have commands of their own (`privacy_requests.py`,
`privacy_incidents.py`), mounted here.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bot.cli import privacy_incidents, privacy_requests
from bot.cli.context import open_house
from bot.cli.rows import AS_JSON, fields, show, show_one
from queries.trouble import Trouble

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, no_args_is_help=True,
    help="Privacy: settings, fields, requests, retention, incidents, assessments, report.",
)  # fmt: skip
app.add_typer(privacy_requests.requests, name="requests")
app.add_typer(privacy_incidents.app, name="incidents")
app.command("access")(privacy_requests.access)
app.command("export")(privacy_requests.export)
app.command("erase")(privacy_requests.erase)


class NotASetting(Trouble):
    en = "There is no setting {table}."
    zh = "没有名为 {table} 的设置。"
    hint_en = "Settings: {known}."
    hint_zh = "现有设置: {known}。"


class NotAcceptable(Trouble):
    en = "This cannot be set: {why}."
    zh = "无法这样设置: {why}。"


@app.command("settings")
def settings_(
    table: Annotated[str | None, typer.Argument(help="One table, for example retention_rules.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Shows the settings in force: all tables with their sizes, or the rows of one."""
    from queries.privacy.registers import READABLE, read_table

    house = open_house()
    if table is not None:
        show(read_table(house.warehouse, table), as_json=as_json)
        return
    sizes = [{"table": name, "rows": len(read_table(house.warehouse, name))} for name in READABLE]
    show(sizes, as_json=as_json)


@app.command("set")
def set_(
    table: Annotated[str, typer.Argument(help="A settings table, for example retention_rules.")],
    given: Annotated[
        list[str], typer.Argument(metavar="COLUMN=VALUE ...", help="The key, and what changes.")
    ],
    by: Annotated[str, typer.Option("--as", help="owner, or a member who is an administrator.")] = "owner",
    as_json: AS_JSON = False,
) -> None:
    """Changes or adds a row of the settings, with the decision on record.

    Example: souk privacy set retention_rules rule_id=person_keys max_days=365
    """
    from pydantic import ValidationError

    from queries.privacy.members import Proposal, change_setting
    from queries.privacy.registers import read_table
    from queries.privacy.rows import SETTINGS

    kind = SETTINGS.get(table)
    if kind is None:
        raise NotASetting(table=table, known=", ".join(sorted(SETTINGS)))
    house = open_house()
    wanted = fields(given)
    found = [
        row
        for row in read_table(house.warehouse, table)
        if all(str(row[k]) == str(wanted.get(k)) for k in kind.key)
    ]
    known: dict[str, Any] = {name: found[0][name] for name in kind.model_fields} if found else {}
    try:
        row = kind.model_validate({**known, **wanted})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise NotAcceptable(why=f"{where}: {first['msg'].removeprefix('Value error, ')}") from None
    made = change_setting(house.warehouse, house.state, row, by=by, now=house.clock())
    if isinstance(made, Proposal):
        told = f"Proposed as {made.proposal}; another administrator approves: souk members approve {made.proposal}"
    else:
        told = f"Set: {table}, {row.row_key}."
    show_one(made, as_json=as_json, told=told)


@app.command("fields")
def fields_(
    platform: Annotated[str | None, typer.Option(help="Only this platform.")] = None,
    kept: Annotated[
        bool, typer.Option("--kept", help="Only personal fields that are kept in some form.")
    ] = False,
    as_json: AS_JSON = False,
) -> None:
    """The field catalogue: every field that is read, its class and what is done with it."""
    from queries.privacy.registers import read_table

    rows = [
        row
        for row in read_table(open_house().warehouse, "field_catalogue")
        if platform in (None, row["platform"])
        and (not kept or (row["treatment"] != "drop" and row["sensitivity"] in ("personal", "sensitive")))
    ]
    columns = (
        "platform",
        "source",
        "source_field",
        "treatment",
        "category",
        "target_table",
        "target_column",
        "purpose",
    )
    show(rows, as_json=as_json, columns=columns)


@app.command()
def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what is past its limit.")] = False,
    as_json: AS_JSON = False,
) -> None:
    """Runs the retention rules now (the schedule does so every day)."""
    from queries.privacy.retention import run_retention

    house = open_house()
    runs = run_retention(house.warehouse, house.state, now=house.clock(), dry_run=dry_run)
    show(
        runs,
        as_json=as_json,
        columns=("rule_id", "data_class", "action", "cutoff", "rows", "overdue", "enforced_by"),
    )


@app.command()
def assessments(as_json: AS_JSON = False) -> None:
    """Impact assessments and external assessments on record."""
    from queries.privacy.registers import read_table

    warehouse = open_house().warehouse
    for register in ("impact_assessments", "external_assessments"):
        rows = read_table(warehouse, register)
        if as_json:
            rows = [{"register": register, **row} for row in rows]
        else:
            print(register.replace("_", " ").capitalize())
        show(rows, as_json=as_json)


@app.command()
def record(
    register: Annotated[
        str, typer.Argument(help="processors, sharing_agreements, impact_assessments, trainings ...")
    ],
    given: Annotated[list[str], typer.Argument(metavar="COLUMN=VALUE ...", help="The entry's columns.")],
    by: Annotated[str, typer.Option("--as", help="Who records it.")] = "owner",
) -> None:
    """Writes an entry into a register that people keep; one with the same key is replaced.

    Example: souk privacy record trainings person_ref=S17 course=privacy completed_on=2026-11-02 valid_until=2027-11-02
    """
    from queries.privacy.registers import record as write_down

    house = open_house()
    write_down(house.warehouse, register, [fields(given)], by=by, now=house.clock())
    print(f"Recorded in {register}.")


@app.command()
def report(as_json: AS_JSON = False) -> None:
    """Everything in force on one page: settings, what people must see to, what is due."""
    from queries.privacy.report import settings_report

    house = open_house()
    found = settings_report(house.warehouse, now=house.clock(), timezone=house.settings.timezone)
    if as_json:
        show_one(found, as_json=True, told="")
        return
    for name, rows in found.sections.items():
        print(f"\n{name.replace('_', ' ').upper()}")
        show(rows, as_json=False)
    print("\nREGISTERS")
    for name, count in found.registers.items():
        print(f"{name}\t{count if count else 'nothing recorded'}")
    print("\nLEFT TO PEOPLE (not enforced by Souk)")
    print("\n".join(found.manual))
    print("\nDUE")
    print("\n".join(reminder.en for reminder in found.reminders) or "Nothing is due.")
