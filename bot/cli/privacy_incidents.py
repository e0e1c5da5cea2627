"""`souk privacy incidents`: the register of security incidents and the deadlines they start."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bot.cli.context import open_house
from bot.cli.rows import AS_JSON, moment, show, show_one

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, invoke_without_command=True,
    help="Security incidents and the deadlines they start.",
)  # fmt: skip
INCIDENT = Annotated[str, typer.Argument(help="The incident's number.")]
SEVERITIES = ("low", "medium", "high", "serious")


@app.callback()
def default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_(only_open=False, as_json=False)


@app.command("list")
def list_(
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are not closed.")] = False,
    as_json: AS_JSON = False,
) -> None:
    """Lists the incidents on record with their duties. None on record does not mean there was none."""
    from queries.privacy.incidents import list_incidents

    house = open_house()
    found = list_incidents(house.warehouse, now=house.clock(), only_open=only_open)
    if as_json:
        show(found, as_json=True)
        return
    columns = ("incident_id", "detected_at", "kind", "severity", "platforms", "closed_at")
    show(found, as_json=False, columns=columns, empty="No incidents recorded.")
    duties = [
        {"incident_id": incident.incident_id, "regime": c.regime, "duty": c.duty, "due_at": c.due_at,
         "done_at": c.done_at, "late": c.late}
        for incident in found
        for c in incident.clocks
    ]  # fmt: skip
    if duties:
        print()
        show(duties, as_json=False)


@app.command()
def record(
    kind: Annotated[str, typer.Argument(help="What happened, in a few words. No personal data.")],
    severity: Annotated[str, typer.Option(help="low, medium, high or serious.")],
    detected: Annotated[str | None, typer.Option(help="When it was noticed; default: now.")] = None,
    platform: Annotated[
        list[str] | None, typer.Option(help="A platform whose data was hit; may be repeated.")
    ] = None,
    region: Annotated[
        list[str] | None, typer.Option(help="Where persons were hit: cn, eu, uk; may be repeated.")
    ] = None,
    data_class: Annotated[list[str] | None, typer.Option(help="What kind of data; may be repeated.")] = None,
    persons: Annotated[int | None, typer.Option(help="How many persons, estimated.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Registers an incident and starts its clocks."""
    from queries.privacy.incidents import record_incident

    if severity not in SEVERITIES:
        raise typer.BadParameter(f"severities: {', '.join(SEVERITIES)}")
    house = open_house()
    zone = ZoneInfo(house.settings.timezone)
    made = record_incident(
        house.warehouse, detected_at=moment(detected, zone) if detected else house.clock(), kind=kind,
        severity=severity, now=house.clock(), platforms=platform or [], regions=region or [],  # type: ignore[arg-type]
        data_classes=data_class or [], persons_estimate=persons,
    )  # fmt: skip
    due = [f"  {c.regime}/{c.duty} by {_local(c.due_at, zone)}" for c in made.clocks]
    show_one(made, as_json=as_json, told="\n".join([f"{made.incident_id} is on record.", *due]))


@app.command()
def done(
    incident_id: INCIDENT,
    regime: Annotated[str, typer.Argument(help="For example gdpr.")],
    duty: Annotated[str, typer.Argument(help="For example notify_supervisory_authority.")],
    at: Annotated[str | None, typer.Option(help="When it was done; default: now.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Notes that a duty was done."""
    from queries.privacy.incidents import duty_done

    house = open_house()
    when = moment(at, ZoneInfo(house.settings.timezone)) if at else house.clock()
    made = duty_done(house.warehouse, incident_id, regime, duty, done_at=when, now=house.clock())
    left = sum(clock.done_at is None for clock in made.clocks)
    show_one(made, as_json=as_json, told=f"Noted. {left} of {len(made.clocks)} duties are left.")


@app.command()
def close(
    incident_id: INCIDENT,
    no_notice: Annotated[
        str | None, typer.Option(help="Why nobody had to be told, where duties are open.")
    ] = None,
    review: Annotated[str | None, typer.Option(help="Where the review is kept.")] = None,
    as_json: AS_JSON = False,
) -> None:
    """Closes an incident."""
    from queries.privacy.incidents import close_incident

    house = open_house()
    made = close_incident(
        house.warehouse, incident_id, now=house.clock(), no_notice_reason=no_notice, review_ref=review
    )
    show_one(made, as_json=as_json, told=f"{incident_id} is closed.")


def _local(instant: Any, zone: ZoneInfo) -> str:
    return f"{instant.replace(tzinfo=ZoneInfo('UTC')).astimezone(zone):%Y-%m-%d %H:%M}"
