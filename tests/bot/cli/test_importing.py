"""`souk import`: recognised, previewed, imported, kept; what it says where it is not sure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

EXPORTS = Path("tests/connectors/file/exports").resolve()
COSTS = "SKU编号,生效日期,成本价,负责人电话\n1953814331,2026-01-01,300.00,13800138000\n"


def test_an_export_is_previewed_imported_and_known_the_next_time(
    souk_at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOUK_NOW", "2026-11-24T04:00:00Z")
    file = str(EXPORTS / "jd_orders.csv")
    [seen] = souk_at("import", file, "--shop", "J1", "--preview", "--json").rows
    assert (seen["how"], seen["layout"], len(seen["rows"]["order_lines"])) == ("layout", "jd_orders", 4)
    assert "马克尔" not in repr(seen)
    assert souk_at("sql", "SELECT count(*) FROM orders", "--json").rows[0]["rows"] == [[0]]
    [first] = souk_at("import", file, "--shop", "J1", "--json").rows
    assert (first["status"], first["connection"], first["rows_written"]) == ("succeeded", "import", 9)
    [again] = souk_at("import", file, "--json").rows
    assert (again["how"], again["rows_written"], again["shop_id"]) == ("saved", 0, "J1")
    answer = souk_at("ask", "GMV on 2026-10-31", "--json").rows[0]
    assert answer["rows"][0][-1] == "932.45"


def test_a_suggested_mapping_wants_a_yes_and_is_kept_under_its_name(souk_at: Any, tmp_path: Path) -> None:
    (tmp_path / "costs.csv").write_text(COSTS, "utf-8")
    words = ["import", str(tmp_path / "costs.csv"), "--platform", "jd", "--shop", "J1", "--currency", "cny"]
    asked = souk_at(*words)
    assert asked.status == 1 and "--preview" in asked.err and not asked.out
    assert "unit_costs.unit_cost" in souk_at(*words, "--preview").out
    assert "1 changed" in souk_at(*words, "--yes", "--as", "jd-costs").out
    assert "13800138000" not in (tmp_path / "home" / "imports" / "jd-costs.yaml").read_text("utf-8")
    assert "nothing new (saved mapping jd-costs" in souk_at("import", str(tmp_path / "costs.csv")).out


def test_a_bad_file_says_where_and_leaves_everything_as_it_was(souk_at: Any, tmp_path: Path) -> None:
    text = (EXPORTS / "jd_orders.csv").read_text("utf-8").replace("2026-11-01 10:00:00", "gestern")
    (tmp_path / "jd.csv").write_text(text, "utf-8")
    failed = souk_at("import", str(tmp_path / "jd.csv"), "--shop", "J1")
    assert failed.status == 1
    assert "jd.csv, row 4: 下单时间 is not a date or time" in failed.err and "nothing of this file" in failed.err
    assert souk_at("sql", "SELECT count(*) FROM orders", "--json").rows[0]["rows"] == [[0]]
    assert not (tmp_path / "home" / "imports").exists()


def test_a_file_does_not_steer_the_terminal(souk_at: Any, tmp_path: Path) -> None:
    """Headers and cells are anybody's text: no style, no escape sequence, no failure of the drawing."""
    lines = COSTS.replace("负责人电话", "[/b][red]负责人\x1b[2J").replace("1953814331", "[/b]1953814331\x1b[2J")
    (tmp_path / "costs.csv").write_text(lines, "utf-8")
    words = ["import", str(tmp_path / "costs.csv"), "--platform", "jd", "--shop", "J1", "--currency", "cny"]
    seen = souk_at(*words, "--preview")
    assert seen.status == 0, seen.err
    assert "[/b][red]负责人" in seen.out and "[/b]1953814331" in seen.out
    assert "\x1b" not in seen.out
