"""`souk review` and `souk verify`: questions that went wrong, what is added for them, and whether it still holds."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from bot.cli.context import House, open_house
from bot.cli.rows import AS_JSON, show

if TYPE_CHECKING:
    from queries.learning.queue import Entry
    from queries.learning.reviewing import Reviewer
    from queries.query import Reading

review = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    invoke_without_command=True,
    help="""Questions that were not read, choices nobody took, answers somebody called wrong.

    Look at one (`souk review show ID`), then teach Souk a word (`synonym`), keep the question as one that is read
    right (`verify`), or let it go (`dismiss`). What you add works at the next question, also in a running bot, and
    `souk verify` checks it from then on.
    """,
)
verify = typer.Typer(add_completion=False, rich_markup_mode=None)
BY = Annotated[str, typer.Option("--as", help="Who reviews: owner (at this machine) or an administrator.")]
ID = Annotated[str, typer.Argument(help="The question's id, or its first letters.")]
KINDS = {"unread": "not read", "abandoned": "choice not taken", "thumbs_down": "called wrong"}


@review.callback()
def default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_()


@review.command("list")
def list_(by: BY = "owner", as_json: AS_JSON = False) -> None:
    """Lists what waits, most asked first."""
    house = open_house()
    _reviewer(house, by)
    rows = [_row(entry) for entry in house.desk.queue.open(now=house.clock())]
    if as_json:
        show(rows, as_json=True)
        return
    columns = ("id", "what", "times", "last", "question", "unread")
    plain = [{**row, "what": KINDS[row["kind"]], "last": datetime.fromisoformat(row["last_at"])} for row in rows]
    show(plain, as_json=False, columns=columns, empty="Nothing waits for review.")


@review.command("show")
def show_(id: ID, by: BY = "owner", as_json: AS_JSON = False) -> None:
    """Shows one question: how it was read, what was not, what the person said."""
    house = open_house()
    reviewer = _reviewer(house, by)
    entry = _entry(house, id)
    assert entry is not None
    reading = reviewer.translator.read(entry.question, today=reviewer.today)
    if as_json:
        print(json.dumps({**_row(entry), "query": entry.query, "now": _told(reading, house)}, ensure_ascii=False))
        return
    _say(f"{entry.question}\n  {KINDS[entry.kind]}, {entry.times}x, last {entry.last_at:%Y-%m-%d %H:%M} UTC")
    if entry.unread:
        _say(f"  not read: {', '.join(entry.unread)}")
    if entry.reason:
        _say(f"  said to be wrong: {entry.reason}")
    if entry.query:
        _say(f"  was answered as: {_label(entry.query, house)}")
    for choice in entry.choices:
        _say(f"  was offered: {choice}")
    _say(f"  read now as: {_told(reading, house)}")


@review.command()
def synonym(
    id: Annotated[str, typer.Argument(help="The question's id; - for a word no question in the queue has.")],
    word: Annotated[str, typer.Argument(help="The word as people write it, in either language.")],
    key: Annotated[str, typer.Argument(help="What it means: gmv, sales, category, platform=jd, retention_rules.")],
    by: BY = "owner",
) -> None:
    """Teaches a word, unless it means something already or would change a verified question.

    Example: souk review synonym 5c1f harvest gmv
    """
    house = open_house()
    reviewer = _reviewer(house, by)
    entry = None if id == "-" else _entry(house, id)
    reading = reviewer.add_word(entry, word, key)
    _say(f'"{word}" means {key} from now on.')
    if entry and reading:
        _say(f"{entry.question}\n  read now as: {_told(reading, house)}")


@review.command("verify")
def keep(
    id: ID,
    also: Annotated[str, typer.Option("--also", help="The same question in the other language.")] = "",
    by: BY = "owner",
) -> None:
    """Keeps the question as it is read now: a suggestion for others, and a test from then on.

    Example: souk review verify 5c1f --also 上个月收成多少
    """
    house = open_house()
    reviewer = _reviewer(house, by)
    entry = _entry(house, id)
    assert entry is not None
    reading = reviewer.keep_question(entry, also)
    _say(f"Kept: {entry.question}\n  read as: {_told(reading, house)}")


@review.command()
def dismiss(id: ID, by: BY = "owner") -> None:
    """Lets a question go; asked again, it comes back."""
    house = open_house()
    _reviewer(house, by)
    entry = _entry(house, id)
    assert entry is not None
    house.desk.queue.drop(entry.id)
    _say(f"Dismissed: {entry.question}")


@verify.command()
def verify_(as_json: AS_JSON = False) -> None:
    """Reads every verified question again, the shipped and your own; exit status 1 where a reading changed.

    Run it after an upgrade, after a sync that brought new names, and after editing asking.yaml.
    """
    from queries.learning.added import read_added
    from queries.learning.checking import changed, known_questions

    house = open_house()
    known = list(known_questions(read_added(house.home)))
    found = changed(house.desk.answering.reference().translator, known)
    if as_json:
        rows: list[dict[str, Any]] = [{"question": c.question, "source": c.source, "before": c.before, "now": c.now}
                                      for c in found]  # fmt: skip
        show(rows, as_json=True)
    else:
        for item in found:
            _say(f"changed ({item.source}): {item.question}\n  was: {item.before}\n  now: {item.now}")
        _say(f"{len(known) - len(found)} of {len(known)} verified questions are read as before.")
    if found:
        raise typer.Exit(1)


def _say(text: str) -> None:
    """Questions come from anybody: what is printed of them must not steer the terminal."""
    from bot.terminal.figures import printable

    print("\n".join(printable(line) for line in text.split("\n")))


def _reviewer(house: House, by: str) -> Reviewer:
    """Raises OnlyForAdmins."""
    from queries.learning.added import AddedFile
    from queries.learning.reviewing import Reviewer

    desk = house.desk
    today = house.clock().astimezone(ZoneInfo(house.settings.timezone)).date()
    translator = desk.answering.reference().translator
    return Reviewer(desk.queue, AddedFile(house.home), desk.model, translator, desk.viewer(by), today)


def _entry(house: House, id: str) -> Entry | None:
    from queries.learning.reviewing import find_entry

    return find_entry(house.desk.queue, id, house.clock())


def _row(entry: Entry) -> dict[str, Any]:
    row = entry.model_dump(mode="json", exclude={"query"})
    return {**row, "unread": list(entry.unread), "choices": list(entry.choices)}


def _told(reading: Reading, house: House) -> str:
    """A reading in words."""
    from queries.query import Answerable, Clarify

    if isinstance(reading, Answerable):
        return _label(reading.query.model_dump(mode="json"), house)
    if isinstance(reading, Clarify):
        return "one of: " + " / ".join(option.label for option in reading.options)
    return f"{reading.reason} ({', '.join(reading.words)})" if reading.words else reading.reason


def _label(query: dict[str, Any], house: House) -> str:
    from pydantic import TypeAdapter

    from queries.ask.labels import label_of
    from queries.query import Query, RegisterQuery, SemanticQuery

    typed: Any = TypeAdapter(Query).validate_python(query)
    if isinstance(typed, SemanticQuery | RegisterQuery):
        return label_of(typed, house.desk.model, "en")
    return f"{typed.kind}: {json.dumps(query, ensure_ascii=False)}"
