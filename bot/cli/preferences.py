"""`souk preferences`: how a person wants ambiguous words read; listed, set, forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.context import House, open_house
from bot.cli.rows import AS_JSON, show
from queries.trouble import Trouble

if TYPE_CHECKING:
    from queries.model import Model

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    invoke_without_command=True,
    help="How you want ambiguous words read. Choosing an answer's reading remembers it; this lists, sets and forgets.",
)
WHO = Annotated[str, typer.Option("--as", help="Whose: owner (at this machine) or a member (slack:T1/U1).")]
WORD = Annotated[str, typer.Argument(help='The word, for example "best selling" or 销售额.')]


class NotOpen(Trouble):
    en = "{word} is no word with more than one reading."
    zh = "“{word}”不是有多种理解的词。"
    hint_en = "Words that can be set: {known}."
    hint_zh = "可以设置的词: {known}。"


class NotAReading(Trouble):
    en = "{word} cannot be read as {metric}."
    zh = "“{word}”不能理解为 {metric}。"
    hint_en = "It can be: {known}."
    hint_zh = "可选: {known}。"


@app.callback()
def default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_(who="owner", as_json=False)


@app.command("list")
def list_(who: WHO = "owner", as_json: AS_JSON = False) -> None:
    """Lists the words whose reading was chosen."""
    house = open_house()
    principal = house.desk.viewer(who).principal
    kept = house.desk.preferences.rows(principal, house.desk.model, "en", now=house.clock())
    rows = [{"word": word, "read_as": metric, "since": since} for word, metric, since in kept]
    show(rows, as_json=as_json, columns=("word", "read_as", "since"), empty="No choice is kept.")


@app.command("set")
def set_(
    word: WORD,
    metric: Annotated[str, typer.Argument(help="How to read it: a metric's key, for example gmv.")],
    who: WHO = "owner",
) -> None:
    """Chooses a reading. Example: souk preferences set sales gmv"""
    from queries.preferences import readings_of

    house = open_house()
    model = house.desk.model
    term = _term(house, word)
    readings = readings_of(term, model)
    if metric not in readings:
        raise NotAReading(word=word, metric=metric, known=", ".join(readings))
    principal = house.desk.viewer(who).principal
    house.desk.preferences.remember(principal, term, metric, now=house.clock())
    print(f'"{word}" is read as {model.metrics[metric].label("en")} from now on; every answer that uses it says so.')


@app.command()
def reset(
    word: Annotated[str | None, typer.Argument(help="One word; all without it.")] = None, who: WHO = "owner"
) -> None:
    """Forgets one choice, or all of them."""
    house = open_house()
    term = _term(house, word) if word else ""
    count = house.desk.preferences.forget(house.desk.viewer(who).principal, term, now=house.clock())
    print(f"Forgotten: {count}.")


def _term(house: House, word: str) -> str:
    """The key of a word as a person writes it. Raises NotOpen."""
    from queries.ask.phrases import plain
    from queries.preferences import open_words, word_of, words_of

    model: Model = house.desk.model
    known = open_words(model)
    for key in known:
        if word in (key, key.removeprefix("context:")) or plain(word) in map(plain, words_of(key, model)):
            return key
    raise NotOpen(word=word, known=", ".join(sorted(word_of(key, model, "en") for key in known)))
