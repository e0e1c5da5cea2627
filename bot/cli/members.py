"""`souk members`: who has which role, until when."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bot.cli.context import open_house
from bot.cli.rows import AS_JSON, moment, show, show_one

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    invoke_without_command=True,
    help="Who has which role, until when.",
)
BY = Annotated[
    str,
    typer.Option("--as", help="Who decides: owner (at this machine) or a member who is an administrator."),
]
ROLE = Annotated[str, typer.Argument(help="viewer, analyst, dpo, admin, or a role of your own.")]
PRINCIPAL = Annotated[str, typer.Argument(help="slack:TEAM/USER, slack:TEAM/* or local:NAME.")]


@app.callback()
def default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_(as_json=False)


@app.command("list")
def list_(as_json: AS_JSON = False) -> None:
    """Lists everybody with a role, lapsed ones included."""
    from queries.privacy.members import list_members

    house = open_house()
    columns = ("role", "principal", "granted_by", "granted_at", "expires_at", "active", "review_due")
    show(
        list_members(house.warehouse, now=house.clock()),
        as_json=as_json,
        columns=columns,
        empty="Nobody has a role.",
    )


@app.command()
def grant(
    role: ROLE,
    principal: PRINCIPAL,
    expires: Annotated[str | None, typer.Option(help="Until this day or instant; default: a year.")] = None,
    forever: Annotated[bool, typer.Option("--forever", help="Without an end.")] = False,
    by: BY = "owner",
    as_json: AS_JSON = False,
) -> None:
    """Gives a role: at once by the owner, else once a second administrator approves.

    Example: souk members grant analyst slack:T024/U17
    """
    from queries.privacy.members import grant as give

    house = open_house()
    until = moment(expires, ZoneInfo(house.settings.timezone)) if expires else None
    made = give(
        house.warehouse,
        house.state,
        role,
        principal,
        by=by,
        now=house.clock(),
        expires_at=until,
        forever=forever,
    )
    _tell(made, as_json, f"{principal} is {role} now.")


@app.command()
def revoke(role: ROLE, principal: PRINCIPAL, by: BY = "owner", as_json: AS_JSON = False) -> None:
    """Takes a role away, at once."""
    from queries.privacy.members import revoke as take

    house = open_house()
    gone = take(house.warehouse, house.state, role, principal, by=by, now=house.clock())
    show_one(gone, as_json=as_json, told=f"{principal} is no longer {role}.")


@app.command()
def review(principal: PRINCIPAL, by: BY = "owner") -> None:
    """Notes that you looked at somebody's roles today and left them; due every quarter."""
    from queries.privacy.members import review as look_over

    house = open_house()
    count = look_over(house.warehouse, principal, by=by, now=house.clock())
    print(f"Reviewed {count} role{'s' if count > 1 else ''} of {principal}.")


@app.command()
def proposals(as_json: AS_JSON = False) -> None:
    """Lists changes that wait for a second administrator."""
    from queries.privacy.members import open_proposals

    house = open_house()
    show(open_proposals(house.state, now=house.clock()), as_json=as_json, empty="Nothing waits for approval.")


@app.command()
def approve(
    proposal: Annotated[str, typer.Argument(help="The proposal's id.")],
    by: BY = "owner",
    as_json: AS_JSON = False,
) -> None:
    """Carries out a change that another administrator proposed."""
    from queries.privacy.members import approve as carry_out

    house = open_house()
    row = carry_out(house.warehouse, house.state, proposal, by=by, now=house.clock())
    show_one(row, as_json=as_json, told=f"Done: {row.table}, {row.row_key}.")


def _tell(made: Any, as_json: bool, told: str) -> None:
    from queries.privacy.members import Proposal

    if isinstance(made, Proposal):
        told = f"Proposed as {made.proposal}; another administrator approves: souk members approve {made.proposal}"
    show_one(made, as_json=as_json, told=told)
