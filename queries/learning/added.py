"""What a workspace added: words for keys of the model, and questions with the query they mean.

One YAML file in the home (`asking.yaml`), readable and reviewable; part of every backup. A word says what it
stands for: a metric, a term, a dimension, `dimension=value` or a register.

>>> words_with(load_words(), Added(words=(AddedWord(word="harvest", means="gmv", by="owner", on=day),)))
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from queries.ask.normalise import language
from queries.ask.words import Words
from queries.model import Model
from queries.trouble import Trouble

FILE = "asking.yaml"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
Stamp = tuple[int, int]


class BadAdded(Trouble):
    en = "{file} cannot be read: {what}."
    zh = "无法读取 {file}: {what}。"
    hint_en = "It is written by `souk review`; mend or remove the entry it names."
    hint_zh = "该文件由 `souk review` 写入, 请修正或删除所指条目。"


class AddedWord(BaseModel):
    """A word of this workspace."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    word: str
    means: str
    by: str
    on: date


class AddedQuestion(BaseModel):
    """A question known to be read right: as it was read on `today`, in one language or both."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    en: str = ""
    zh: str = ""
    query: dict[str, Any]
    today: date
    by: str
    on: date


class Added(BaseModel):
    """The file."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    words: tuple[AddedWord, ...] = ()
    verified: tuple[AddedQuestion, ...] = ()


def stamp_of(home: Path) -> Stamp:
    """Changes when the file does: a running process reads it again."""
    try:
        found = (home / FILE).stat()
    except FileNotFoundError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)


def read_added(home: Path) -> Added:
    """What was added; nothing where there is no file. Raises BadAdded."""
    file = home / FILE
    if not file.exists():
        return Added()
    try:
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER) or {}  # noqa: S506 - a safe loader
        return Added.model_validate(content)
    except yaml.MarkedYAMLError as error:
        raise BadAdded(file=FILE, what=f"line {error.problem_mark.line + 1 if error.problem_mark else 1}") from None
    except ValidationError as error:
        first = error.errors()[0]
        raise BadAdded(file=FILE, what=f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None


class AddedFile:
    """Writes the file whole, one process at a time."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def change(self, how: Callable[[Added], Added]) -> None:
        """Reads, changes and replaces under a lock: two reviewers lose nothing of each other."""
        with self._locked():
            changed = how(read_added(self.home))
            text = yaml.safe_dump(changed.model_dump(mode="json"), allow_unicode=True, sort_keys=False, width=110)
            fresh = self.home / f".{FILE}.new"
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
                out.write("# Words and questions of this workspace. `souk review` adds, `souk verify` checks.\n" + text)
            fresh.replace(self.home / FILE)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with open(self.home / f".{FILE}.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def section_of(means: str, model: Model) -> tuple[str, ...]:
    """Where a word table keeps the words of a key: ("metrics", "gmv"), ("values", "platform", "jd"); () = no key.

    >>> section_of("platform=jd", model)
    ('values', 'platform', 'jd')
    """
    dimension, equals, value = means.partition("=")
    if equals:
        known = model.dimensions[dimension].values if dimension in model.dimensions else {}
        return ("values", dimension, value) if value in known else ()
    for section in ("metrics", "terms", "dimensions", "registers"):
        if means in getattr(model, section):
            return (section, means)
    return ()


def words_with(words: Words, added: Added, model: Model) -> Words:
    """The shipped word tables and the added words; a word for a key the model no longer has is left out."""
    sections = dict(words.sections)
    for item in added.words:
        path = section_of(item.means, model)
        if path:
            _put(sections, path, item.word)
    return Words(sections)


def _put(sections: dict[str, Any], path: tuple[str, ...], word: str) -> None:
    """Copies each table on the way, so that the shipped ones stay as they are."""
    table = sections
    for key in path:
        table[key] = dict(_row(table.get(key)))
        table = table[key]
    tongue = language(word)
    known = table.get(tongue) or ()
    table[tongue] = [*((known,) if isinstance(known, str) else known), word]


def _row(row: Any) -> dict[str, Any]:
    """A row of a table; a bare list of phrases has no language."""
    return row if isinstance(row, dict) else {"en": row} if row else {}
