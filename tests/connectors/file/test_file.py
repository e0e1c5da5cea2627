"""Exports and mappings: what is read, what is refused and how it is said, and that importing twice changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml

from connectors.engine.connections import Connections
from connectors.engine.pseudonym import Pseudonym
from connectors.engine.sync import sync
from connectors.engine.vault import Vault
from connectors.file.mapping import Mapping_, load
from connectors.file.reading import read_rows
from connectors.file.troubles import BadMapping, BadRow, MissingColumn
from queries.records import LiveSession, TrafficDaily
from queries.trouble import Trouble
from queries.warehouse import Warehouse

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
SECRET = b"a-secret-for-tests-only"
TRAFFIC = {
    "file": "t.csv", "table": "traffic_daily", "platform": "taobao", "shop_id": "T1",
    "columns": {"date": "日期", "visitors": "访客数"}, "constants": {"channel": "all"},
}  # fmt: skip


def mapping(**changes: object) -> Mapping_:
    return Mapping_.model_validate({**TRAFFIC, "name": "t", **changes})


@pytest.fixture
def rows(tmp_path: Path) -> Callable[..., list[object]]:
    """Records of a CSV text read through the mapping of traffic, changed as said."""

    def read(text: str, **changes: object) -> list[object]:
        file = tmp_path / "t.csv"
        file.write_text(text, "utf-8")
        return list(read_rows(file, mapping(**changes)))

    return read


@pytest.mark.parametrize(
    ("cell", "visitors"),
    [("1200", 1200), ('"1,200"', 1200), ("-", None), ("", None), ("0", 0), ("１２", 12)],
)
def test_numbers_as_exports_write_them_and_empty_is_unknown(
    rows: Callable[..., list[object]], cell: str, visitors: int | None
) -> None:
    [row] = rows(f"日期,访客数\n2026-01-31,{cell}")
    assert row == TrafficDaily(date=date(2026, 1, 31), channel="all", visitors=visitors)


def test_money_units_words_and_clocks(rows: Callable[..., list[object]]) -> None:
    columns = {
        "session_id": "场次", "started_at": {"from": "开始", "format": "%Y/%m/%d %H:%M"},
        "gmv_in_session": {"from": "成交(分)", "unit": "fen"},
        "host_type": {"from": "主播", "values": {"自播": "self"}},
    }  # fmt: skip
    text = "场次,开始,成交(分),主播\nS1,2026/01/31 20:00,1234567,自播"
    [row] = rows(text, table="live_sessions", columns=columns, constants={"currency": "CNY"})
    assert isinstance(row, LiveSession)
    assert row.started_at == datetime(2026, 1, 31, 12, tzinfo=UTC)
    assert (row.gmv_in_session, row.host_type) == (Decimal("12345.67"), "self")


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("日期,UV\n2026-01-31,1", MissingColumn, "t.csv has no column 访客数; it has 日期, UV."),
        ("日期,访客数\n2026-02-30,1", BadRow, "t.csv, row 2: 日期 is not a date or time"),
        ("日期,访客数\n2026-01-31,many", BadRow, "t.csv, row 2: 访客数 is not a number"),
        ("日期,访客数\n,5", BadRow, "t.csv, row 2: 日期 is empty"),
        ("日期,访客数\n2026-01-31", BadRow, "t.csv, row 2: 1 cells where 2 belong"),
    ],
)
def test_a_bad_file_is_refused_with_row_and_column(
    rows: Callable[..., list[object]], text: str, kind: type[Trouble], said: str
) -> None:
    with pytest.raises(kind) as caught:
        rows(text)
    assert caught.value.say("en") == said


def test_an_error_never_quotes_a_cell(rows: Callable[..., list[object]]) -> None:
    columns = {**TRAFFIC["columns"], "channel": {"from": "渠道", "values": {"全部": "all"}}}  # type: ignore[dict-item]
    with pytest.raises(BadRow) as caught:
        rows("日期,访客数,渠道\n2026-01-31,1,王小明", columns=columns, constants={})
    assert "王小明" not in caught.value.say("en") + caught.value.say("zh")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"table": "customers"}, "no such table"),
        ({"platform": "tmall"}, "no such platform"),
        ({"columns": {"date": "日期", "phone": "电话"}}, "has no column phone"),
        ({"columns": {"visitors": "访客数"}}, "needs a column for date"),
        ({"zone": "Beijing"}, "no such time zone"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_mapping_says_what_is_wrong(tmp_path: Path, change: dict[str, object], said: str) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(yaml.safe_dump({**TRAFFIC, **change}, allow_unicode=True), "utf-8")
    with pytest.raises(BadMapping) as caught:
        load(file)
    assert said in caught.value.say("en")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "t.yaml").write_text(yaml.safe_dump(TRAFFIC, allow_unicode=True), "utf-8")
    (exports / "t.csv").write_text(
        "日期,访客数,联系人\n2026-02-01,10,秘密标记\n2026-02-02,20,秘密标记\n", "utf-8"
    )
    orders = {
        "file": "o.csv", "table": "orders", "platform": "jd", "shop_id": "J9", "encoding": "gb18030",
        "columns": {"order_id": "单号", "status": {"from": "状态", "values": {"完成": "completed"}}, "buyer": "买家",
                    "created_at": "下单", "paid_at": "付款", "list_amount": "金额"},
        "constants": {"currency": "CNY"},
    }  # fmt: skip
    (exports / "o.yaml").write_text(yaml.safe_dump(orders, allow_unicode=True), "utf-8")
    (exports / "o.csv").write_bytes(
        "单号,状态,买家,下单,付款,金额\n1,完成,原始买家,2026-02-01 08:00:00,2026-02-01 08:01:00,99.90\n"
        "2,完成,,2026-02-05 09:00:00,2026-02-05 09:01:00,10\n".encode("gb18030")
    )
    return tmp_path


def importing(home: Path) -> tuple[Warehouse, Connections, Vault]:
    warehouse = Warehouse(home, clock=lambda: NOW)
    warehouse.prepare()
    vault = Vault(home, SECRET)
    return warehouse, Connections(warehouse, vault, clock=lambda: NOW), vault


def test_an_import_writes_what_is_mapped_and_nothing_else(home: Path) -> None:
    warehouse, connections, vault = importing(home)
    connections.add("file", {"folder": str(home / "exports")})
    reports = sync(connections.active(), warehouse, vault, lambda: NOW)
    assert [(r.stream, r.status, r.rows_written) for r in reports] == [
        ("o", "succeeded", 2),
        ("t", "succeeded", 2),
    ]
    with duckdb.connect(str(warehouse.snapshot("person")), read_only=True) as snapshot:
        assert snapshot.sql("SELECT sum(visitors) FROM traffic_daily").fetchall() == [(30,)]
        [(key, gmv)] = snapshot.sql(
            "SELECT customer_key, goods_base FROM v_orders WHERE order_id = '1'"
        ).fetchall()
        assert (key, gmv) == (Pseudonym(SECRET, "jd").key("原始买家"), Decimal("99.9"))
        reach = snapshot.sql(
            "SELECT platform, history_from, data_through FROM shops WHERE shop_id = 'J9'"
        ).fetchall()
        quality = snapshot.sql("SELECT check_name, detail FROM data_quality").fetchall()
    assert quality == [("unread_column", "t: 联系人")]
    assert reach == [("jd", date(2026, 2, 1), date(2026, 2, 4))]
    written = b"".join(path.read_bytes() for path in (home / "warehouse").rglob("*") if path.is_file())
    for marker in ("秘密标记", "原始买家"):
        assert marker.encode() not in written


def test_importing_again_writes_nothing_and_a_changed_file_only_its_change(home: Path) -> None:
    warehouse, connections, vault = importing(home)
    connections.add("file", {"folder": str(home / "exports")})
    sync(connections.active(), warehouse, vault, lambda: NOW)
    again = sync(connections.active(), warehouse, vault, lambda: NOW)
    assert [(r.rows_read, r.rows_written) for r in again] == [(0, 0), (0, 0)]
    (home / "exports" / "t.csv").write_text("日期,访客数\n2026-02-01,10\n2026-02-02,25\n", "utf-8")
    changed = sync(connections.active(), warehouse, vault, lambda: NOW)
    assert [(r.stream, r.rows_read, r.rows_written) for r in changed] == [("o", 0, 0), ("t", 2, 1)]


def test_a_file_with_one_bad_line_is_not_imported_at_all_and_the_others_are(home: Path) -> None:
    warehouse, connections, vault = importing(home)
    (home / "exports" / "t.csv").write_text("日期,访客数\n2026-02-01,10\nlater,20\n", "utf-8")
    connections.add("file", {"folder": str(home / "exports")})
    reports = {r.stream: r for r in sync(connections.active(), warehouse, vault, lambda: NOW)}
    assert (reports["o"].status, reports["t"].status, reports["t"].rows_written) == ("succeeded", "failed", 0)
    assert "t.csv, row 3" in (reports["t"].error or "")
    with duckdb.connect(str(warehouse.snapshot("business")), read_only=True) as snapshot:
        assert snapshot.sql("SELECT count(*) FROM traffic_daily").fetchall() == [(0,)]


def test_a_mapping_cannot_reach_outside_its_folder(home: Path) -> None:
    (home / "outside.csv").write_text("日期,访客数\n2026-02-01,10\n", "utf-8")
    outside = {**TRAFFIC, "file": "../outside.csv"}
    (home / "exports" / "t.yaml").write_text(yaml.safe_dump(outside, allow_unicode=True), "utf-8")
    warehouse, connections, vault = importing(home)
    connections.add("file", {"folder": str(home / "exports")})
    reports = {r.stream: r for r in sync(connections.active(), warehouse, vault, lambda: NOW)}
    assert reports["t"].status == "failed" and reports["t"].rows_written == 0


LAYOUT = {"file": "*.csv", "layout": "jd_orders", "shop_id": "J1"}


def test_orders_of_a_layout_are_replaced_by_a_corrected_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches of one row: an order's lines stay together. The second export knows one line less and another amount."""
    monkeypatch.setattr("connectors.engine.imports.BATCH_ROWS", 1)
    folder = tmp_path / "exports"
    folder.mkdir()
    text = (Path(__file__).parent / "exports" / "jd_orders.csv").read_text("utf-8")
    (folder / "jd.yaml").write_text(yaml.safe_dump(LAYOUT), "utf-8")
    (folder / "jd.csv").write_bytes(text.encode("gb18030"))
    warehouse, connections, vault = importing(tmp_path)
    connections.add("file", {"folder": str(folder)})

    def brought() -> tuple[int, list[tuple[object, ...]]]:
        [report] = sync(connections.active(), warehouse, vault, lambda: NOW)
        assert report.error is None
        with duckdb.connect(str(warehouse.snapshot("person")), read_only=True) as snapshot:
            rows = snapshot.sql("""
                SELECT o.order_id, o.goods_amount, o.is_sale, count(l.line_id), sum(l.list_amount - l.seller_discount)
                FROM v_orders o LEFT JOIN order_lines l USING (platform, shop_id, order_id)
                GROUP BY ALL ORDER BY o.order_id""").fetchall()
        return report.rows_written, rows

    written, rows = brought()
    assert written > 0 and rows == [
        ("11729384072", Decimal("932.45"), True, 2, Decimal("932.45")),
        ("11729384099", Decimal("758"), False, 1, Decimal("758")),
        ("11729384100", Decimal("113"), False, 1, Decimal("113")),
    ]
    assert brought() == (0, rows)
    lines = text.replace("932.45", "700.00").splitlines()
    corrected = [line for line in lines if not line.startswith("11729384072,1953814332")]
    (folder / "jd.csv").write_bytes("\n".join(corrected).encode("gb18030"))
    written, rows = brought()
    assert written > 0 and rows[0] == ("11729384072", Decimal("700"), True, 1, Decimal("700"))
