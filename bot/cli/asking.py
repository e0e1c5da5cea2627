"""`souk ask` and `souk sql`: questions at the machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.context import House, open_house
from queries.trouble import Trouble

if TYPE_CHECKING:
    from queries.answer import Answer

ask = typer.Typer(add_completion=False, rich_markup_mode=None)
sql = typer.Typer(add_completion=False, rich_markup_mode=None)


class BadBatchLine(Trouble):
    en = "Line {line} of {file} is not a question: {why}."
    zh = "{file} 第 {line} 行不是问题: {why}。"
    hint_en = 'Each line looks like {{"id": "1", "question": "GMV last month?"}}.'
    hint_zh = '每行形如 {{"id": "1", "question": "上个月的GMV?"}}。'


@ask.command()
def ask_(
    question: Annotated[list[str] | None, typer.Argument(help="The question, in English or Chinese.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    principal: Annotated[
        str,
        typer.Option("--as", help="Ask as a member (local:anna) or a role (viewer, analyst, dpo, admin)."),
    ] = "owner",
    thread: Annotated[
        str | None, typer.Option(help="A thread's name: the next question may follow up.")
    ] = None,
    batch: Annotated[
        Path | None,
        typer.Option(help='Questions, one {"id","question","thread"?,"as"?} a line; - reads stdin.'),
    ] = None,
    show_sql: Annotated[bool, typer.Option("--sql", help="Show the SQL below the answer.")] = False,
) -> None:
    """Answers a question about performance, customer segments or privacy settings.

    Several questions in one message are answered one by one; with --json they come back as a choice.

    Examples: souk ask "GMV by platform last month"; souk ask 上周退款率; souk ask --json "repeat rate in Q3"
    """
    if batch is not None:
        _answer_batch(open_house(), batch)
        return
    text = " ".join(question or []).strip()
    if not text:
        raise typer.BadParameter('What would you like to know? For example: souk ask "GMV last month"')
    house = open_house()
    if as_json:
        answers = [answer_one(house, text, principal, thread)]
        print(to_json(answers[0]))
    else:
        answers = house.desk.answers(text, house.desk.viewer(principal), thread=thread, now=house.clock())
        _show(answers, sql=show_sql)
    if any(answer.status == "error" for answer in answers):
        raise typer.Exit(1)


def _show(answers: list[Answer], *, sql: bool) -> None:
    """Answers one below the other, each under its question where there are several."""
    from rich.console import Console

    from bot.terminal.answer import show
    from bot.terminal.figures import printable

    console = Console()
    for number, answer in enumerate(answers):
        if len(answers) > 1:
            console.print(f"{chr(10) if number else ''}> {printable(answer.question)}", markup=False)
        show(answer, console, sql=sql)


def answer_one(
    house: House, question: str, principal: str, thread: str | None, id: str | None = None
) -> Answer:
    """One answer for a principal at the machine."""
    viewer = house.desk.viewer(principal)
    return house.desk.answer(question, viewer, thread=thread, id=id, now=house.clock())


def to_json(answer: Answer) -> str:
    """The contract's JSON, one line; Chinese stays readable."""
    return json.dumps(answer.model_dump(mode="json", by_alias=True), ensure_ascii=False)


def _answer_batch(house: House, file: Path) -> None:
    for line in _batch_lines(file):
        answer = answer_one(
            house,
            line["question"],
            line.get("as") or "owner",
            line.get("thread"),
            _text_or_none(line.get("id")),
        )
        print(to_json(answer), flush=True)


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def _batch_lines(file: Path) -> Iterator[dict[str, Any]]:
    stream = sys.stdin if str(file) == "-" else file.open(encoding="utf-8")
    with stream:
        for number, text in enumerate(stream, 1):
            if not text.strip():
                continue
            try:
                line = json.loads(text)
            except json.JSONDecodeError as error:
                raise BadBatchLine(file=file, line=number, why=f"not JSON ({error.msg})") from None
            if not isinstance(line, dict) or not isinstance(line.get("question"), str):
                raise BadBatchLine(file=file, line=number, why="it has no question")
            yield line


@sql.command()
def sql_(
    query: Annotated[str, typer.Argument(help="One SELECT; - reads it from stdin.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print columns and rows as JSON.")] = False,
) -> None:
    """Runs one read-only SELECT on the published snapshot, as the owner of the warehouse.

    Ungoverned: no metric's definition, no group size and no basis stand behind these rows. It runs in a process of
    its own that is stopped when it takes too long or too much.

    Example: souk sql "SELECT platform, count(*) FROM orders GROUP BY platform"
    """
    from queries.run.analyst import run_sql

    text = sys.stdin.read() if query == "-" else query
    result = run_sql(open_house().warehouse.snapshot("person"), text)
    if as_json:
        columns = [{"name": name, "type": kind} for name, kind in result.columns]
        print(json.dumps({"columns": columns, "rows": result.rows}, ensure_ascii=False, default=str))
        return
    _print_rows(result)


def _print_rows(result: Any) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from bot.terminal.figures import printable

    if sys.stderr.isatty():
        print("ungoverned: no metric's definition and no group size stand behind these rows", file=sys.stderr)
    if not sys.stdout.isatty():
        print("\t".join(name for name, _ in result.columns))
        for row in result.rows:
            print("\t".join("" if value is None else printable(str(value)) for value in row))
        return
    table = Table(box=None, header_style="bold")
    for name, _ in result.columns:
        table.add_column(name)
    for row in result.rows:
        table.add_row(
            *(Text("NULL", "dim") if value is None else Text(printable(str(value))) for value in row)
        )
    Console().print(table)
