"""`souk preferences`: set by a word as people write it, listed, forgotten."""

from __future__ import annotations

from typing import Any


def test_a_reading_is_set_listed_and_forgotten(souk_at: Any) -> None:
    assert "No choice is kept" in souk_at("preferences").err
    assert "GMV" in souk_at("preferences", "set", "销售额", "gmv").out
    assert souk_at("preferences", "set", "best selling", "units").status == 0
    rows = souk_at("preferences", "list", "--json").rows
    assert [(row["word"], row["read_as"]) for row in rows] == [("sales", "GMV"), ("best selling", "units")]
    assert souk_at("preferences", "list", "--as", "local:anna", "--json").rows == []
    assert "1" in souk_at("preferences", "reset", "sales").out
    assert len(souk_at("preferences", "list", "--json").rows) == 1


def test_what_cannot_be_set_is_said_with_what_can(souk_at: Any) -> None:
    said = souk_at("preferences", "set", "sales", "aov")
    assert said.status == 1 and "net_sales" in said.err
    said = souk_at("preferences", "set", "weather", "gmv")
    assert said.status == 1 and "best selling" in said.err
