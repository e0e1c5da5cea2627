"""`souk review` and `souk verify`: what was not read is taught at the machine and checked from then on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from queries.learning.checking import SHIPPED


@pytest.fixture
def waiting(souk_at: Any) -> str:
    souk_at("ask", "harvest last month")
    [row] = souk_at("review", "list", "--json").rows
    assert (row["kind"], row["question"], row["unread"]) == ("unread", "harvest last month", ["harvest"])
    return str(row["id"])


def test_an_empty_queue_says_so(souk_at: Any) -> None:
    said = souk_at("review")
    assert (said.status, said.out) == (0, "") and "Nothing waits" in said.err


def test_a_word_is_taught_and_verified_questions_stay(souk_at: Any, waiting: str, tmp_path: Path) -> None:
    shown = souk_at("review", "show", waiting[:4]).out
    assert "not read: harvest" in shown and "harvest last month" in shown
    taught = souk_at("review", "synonym", waiting[:4], "harvest", "gmv")
    assert (taught.status, "GMV, last month" in taught.out) == (0, True)
    assert "GMV" in souk_at("ask", "harvest last month").out
    assert souk_at("review", "list", "--json").rows == []
    checked = souk_at("verify")
    many = len(SHIPPED.read_text(encoding="utf-8").splitlines()) + 1
    assert (checked.status, checked.out) == (0, f"{many} of {many} verified questions are read as before.\n")

    file = tmp_path / "home" / "asking.yaml"
    assert oct(file.stat().st_mode)[-3:] == "600" and "harvest" in file.read_text()
    file.write_text(file.read_text().replace("means: gmv", "means: orders"))
    broken = souk_at("verify")
    assert broken.status == 1 and "harvest last month" in broken.out and "orders" in broken.out
    [row] = souk_at("verify", "--json").rows
    assert (row["question"], row["source"]) == ("harvest last month", "added")


def test_a_question_is_kept_with_its_other_language_or_dismissed(souk_at: Any, waiting: str) -> None:
    early = souk_at("review", "verify", waiting)
    assert early.status == 1 and "harvest" in early.err and "synonym" in early.err
    souk_at("review", "synonym", "-", "harvest", "gmv")
    kept = souk_at("review", "verify", waiting, "--also", "上个月GMV")
    assert kept.status == 0 and "GMV, last month" in kept.out
    souk_at("ask", "plunder last month")
    [row] = souk_at("review", "list", "--json").rows
    assert souk_at("review", "dismiss", row["id"]).status == 0
    assert souk_at("review", "list", "--json").rows == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("synonym", "ID", "orders", "gmv"), "already means"),
        (("synonym", "ID", "harvest", "gvm"), "gmv"),
        (("show", "nothing"), "no question nothing"),
        (("dismiss", "ID", "--as", "analyst"), "may not review"),
        (("list", "--as", "viewer"), "may not review"),
        (("verify", "ID", "--also", "昨天订单数"), "not read"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    souk_at: Any, waiting: str, words: tuple[str, ...], told: str
) -> None:
    said = souk_at("review", *(waiting if word == "ID" else word for word in words))
    assert said.status == 1 and told in said.err and said.out == ""


def test_a_question_does_not_steer_the_terminal(souk_at: Any) -> None:
    souk_at("ask", "harvest\x1b[2J of last month")
    [row] = souk_at("review", "list", "--json").rows
    shown = souk_at("review", "show", str(row["id"])).out + souk_at("review", "dismiss", str(row["id"])).out
    assert "of last month" in shown and "\x1b" not in shown
