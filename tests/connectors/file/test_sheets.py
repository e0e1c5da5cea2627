"""Files as they come: encodings, delimiters, guards against Excel, workbooks, Parquet; and ids Excel has spoiled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.file import cells
from connectors.file.cells import BadCell
from connectors.file.mapping import Mapping_
from connectors.file.reading import read_rows
from connectors.file.sheets import open_sheet
from connectors.file.troubles import BadRow, NoSheet, RoundedId, TooScattered, UnreadableFile, WhichSheet
from queries.records import Order, OrderLine
from queries.trouble import Trouble

LONG = "3456789012345678901"
ORDERS = {
    "name": "o", "platform": "taobao", "shop_id": "T1", "currency": "CNY",
    "tables": {
        "orders": {"columns": {"order_id": "单号", "status": {"from": "状态", "values": {"完成": "completed"}},
                               "created_at": "下单", "shipping_amount": "运费"}},
        "order_lines": {"columns": {"quantity": "数量", "list_amount": "金额", "sku_id": "货号", "product_id": "货号"}},
    },
}  # fmt: skip
HEAD = ["单号", "状态", "下单", "运费", "数量", "金额", "货号"]
ROWS: list[list[Any]] = [
    [LONG, "完成", "2026-02-01 08:00:00", "8", "1", "¥1,099.90", "A1"],
    [LONG, "完成", "2026-02-01 08:00:00", "8", "2", "20", "A2"],
    ["3456789012345678902", "完成", "2026-02-02", "0", "1", "5", "A1"],
]


def text(rows: list[list[Any]] = ROWS, delimiter: str = ",", quote: Callable[[str], str] = lambda cell: cell) -> str:
    return "\n".join(delimiter.join(quote(str(cell)) for cell in row) for row in [HEAD, *rows]) + "\n"


def mapping(**changes: Any) -> Mapping_:
    return Mapping_.model_validate({**ORDERS, **changes})


def totals(path: Path, **changes: Any) -> tuple[list[str], Decimal, Decimal, int]:
    """Order ids, their list amounts and postage added up, and how many lines."""
    rows = list(read_rows(path, mapping(**changes)))
    orders = [row for row in rows if isinstance(row, Order)]
    lines = sum(isinstance(row, OrderLine) for row in rows)
    return ([order.order_id for order in orders], sum(order.list_amount for order in orders),  # type: ignore[return-value]
            sum(order.shipping_amount for order in orders), lines)  # fmt: skip


EXPECTED = ([LONG, "3456789012345678902"], Decimal("1124.90"), Decimal(8), 3)


def workbook(path: Path, *sheets: tuple[str, list[list[Any]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (text(quote=lambda cell: f'"{cell}"'), "utf-8"),
        (text(quote=lambda cell: f'"{cell}"'), "utf-8-sig"),
        (text(quote=lambda cell: f'"{cell}"'), "gb18030"),
        (text(quote=lambda cell: f'"{cell}"'), "utf-16"),
        (text(delimiter="\t"), "utf-8"),
        (text(delimiter=";"), "gb18030"),
        (text(quote=lambda cell: f'"=""{cell}"""'), "gb18030"),
        (text(quote=lambda cell: f'"\t{cell}"'), "utf-8-sig"),
        (text(delimiter="\t", quote=lambda cell: f"'{cell}"), "utf-8"),
        ("店铺订单报表\n\n" + text(delimiter="\t") + "\t\t\t\t\t\t\n合计\t\t\t16\t4\t1124.90\t\n", "utf-8"),
        (text(delimiter="\t").replace("\n", "\t\t\r\n"), "utf-8"),
    ],
    ids=["quoted", "BOM", "GB 18030", "UTF-16", "tabs", "semicolons", '="123"', "tab guard", "apostrophe",
         "title, empty row, totals", "empty cells behind"],
)  # fmt: skip
def test_the_same_orders_however_they_were_saved(tmp_path: Path, content: str, encoding: str) -> None:
    """Two orders of 1,119.90 and 5; the postage of 8 stands in both rows of the first and counts once."""
    file = tmp_path / "o.csv"
    file.write_bytes(content.encode(encoding))
    assert totals(file) == EXPECTED


def test_a_workbook_is_read_like_a_csv(tmp_path: Path) -> None:
    rows = [HEAD, *([str(row[0]), row[1], datetime(2026, 2, 1, 8), 8, 2, 19.99, "A"] for row in ROWS)]
    file = workbook(tmp_path / "o.xlsx", ("说明", [["导出说明"]]), ("订单", rows))
    ids, amount, postage, lines = totals(file)
    assert (ids, amount, postage, lines) == (EXPECTED[0], Decimal("59.97"), Decimal(16), 3)


def test_of_two_sheets_with_rows_one_is_to_be_chosen(tmp_path: Path) -> None:
    rows = [HEAD, *([str(cell) for cell in row] for row in ROWS)]
    file = workbook(tmp_path / "o.xlsx", ("一月", rows), ("二月", rows[:3]))
    with pytest.raises(WhichSheet) as caught:
        totals(file)
    assert "一月, 二月" in caught.value.say("en") and "--sheet" in caught.value.hint("en")
    assert totals(file, sheet="二月")[0] == [LONG]
    with pytest.raises(NoSheet):
        totals(file, sheet="三月")


def test_parquet_keeps_whole_numbers_and_exact_amounts(tmp_path: Path) -> None:
    table = pa.table({
        "单号": pa.array([int(row[0]) for row in ROWS], pa.int64()), "状态": ["完成"] * 3,
        "下单": pa.array([datetime(2026, 2, 1, tzinfo=UTC)] * 3), "运费": pa.array([Decimal("8.00")] * 3),
        "数量": [1, 2, 1], "金额": [1099.9, 20.0, 5.0], "货号": ["A1", "A2", "A1"],
    })  # fmt: skip
    pq.write_table(table, tmp_path / "o.parquet")
    ids, amount, _, lines = totals(tmp_path / "o.parquet")
    assert (ids, amount, lines) == (EXPECTED[0], EXPECTED[1], 3)


ROUNDED = "单号 was turned into a rounded number by Excel, so its last digits are lost"


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("as a number in a workbook", lambda path: workbook(path, ("S", [HEAD, [int(LONG), *ROWS[0][1:]]]))),
        ("as a float in a workbook", lambda path: workbook(path, ("S", [HEAD, [float(LONG), *ROWS[0][1:]]]))),
        ("with an exponent", lambda path: path.write_text(text([["3.45679E+18", *ROWS[2][1:]]]), "utf-8")),
        ("with zeros at the end", lambda path: path.write_text(
            text([["3456789012345670000", *ROWS[2][1:]], ["3456789012345680000", *ROWS[2][1:]]]), "utf-8")),
    ],
)  # fmt: skip
def test_ids_that_excel_has_rounded_are_refused(tmp_path: Path, name: str, made: Callable[[Path], object]) -> None:
    made(tmp_path / "o.xlsx")
    with pytest.raises(RoundedId) as caught:
        totals(tmp_path / "o.xlsx")
    assert ROUNDED in caught.value.say("en") and "without saving it in Excel" in caught.value.hint("en")
    assert "末尾几位已丢失" in caught.value.say("zh")


def test_short_numbers_of_a_workbook_are_ids(tmp_path: Path) -> None:
    file = workbook(tmp_path / "o.xlsx", ("S", [HEAD, [260517.0, *ROWS[0][1:]]]))
    assert totals(file)[0] == ["260517"]


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (b"", UnreadableFile, "it is empty"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, UnreadableFile, "old Excel file"),
        (b"PK\x03\x04broken", UnreadableFile, "not an Excel workbook"),
        (b"PAR1broken", UnreadableFile, "not a Parquet file"),
        (text([["1", "完成", "later", "0", "1", "5", "A"]]).encode(),
         BadRow, "row 2: 下单 is not a date or time"),
        (text([["1", "完成", "2026-02-30", "0", "1", "5", "A"]]).encode(),
         BadRow, "row 2: 下单 is not a date"),
        (text([["1", "完成", "2026-02-01", "0", "1.5", "5", "A"]]).encode(),
         BadRow, "row 2: 数量 is not a whole number"),
        (text([["", "完成", "2026-02-01", "0", "1", "5", "A"]]).encode(),
         BadRow, "row 2: 单号 is empty"),
        (text([*ROWS[1:], ["7", "完成", "2026-02-01"]]).encode(),
         BadRow, "row 4: 3 cells where 7 belong"),
        (text([["1", "完成", "2026-02-01", "8", "1", "5", "A"],
               ["1", "完成", "2026-02-01", "9", "1", "5", "B"]]).encode(),
         BadRow, "row 2: 运费 differs between rows of one order"),
    ],
    ids=["empty", "xls", "broken xlsx", "broken parquet", "no date", "no such day", "half a unit", "no id",
         "cut off",
         "two postages"],
)  # fmt: skip
def test_what_cannot_be_read_is_said_with_row_and_column(
    tmp_path: Path, content: bytes, kind: type[Trouble], said: str
) -> None:
    (tmp_path / "o.csv").write_bytes(content)
    with pytest.raises(kind) as caught:
        totals(tmp_path / "o.csv")
    assert said in caught.value.say("en")
    assert caught.value.say("zh") != caught.value.say("en") and caught.value.hint("zh")


def test_rows_of_an_order_need_not_stand_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sorted by product, the two lines of the first order stand around the second."""
    file = tmp_path / "o.csv"
    file.write_text(text([ROWS[0], ROWS[2], ROWS[1]], delimiter="\t"), "utf-8")
    assert totals(file) == (EXPECTED[0][::-1], *EXPECTED[1:])
    monkeypatch.setattr("connectors.file.reading.MOST_HELD", 1)
    with pytest.raises(TooScattered):
        totals(file)


def test_an_unknown_status_is_kept_as_unknown_with_its_word(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text(text([["1", "神秘", "2026-02-01", "0", "1", "5", "A"]]), "utf-8")
    [order] = [row for row in read_rows(tmp_path / "o.csv", mapping()) if isinstance(row, Order)]
    assert (order.status, order.native_status, order.paid_at) == ("unknown", "神秘", None)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1,234.50", "1234.50"), ("¥1,234.50", "1234.50"), ("￥-5", "-5"), ("(5.00)", "-5.00"), ("118.00元", "118.00"),
        ("US$ 9.95", "9.95"), ("１２.5", "12.5"), ("12.5%", "0.125"), ("1 000", "1000"),
        ("1,00,000.50", "100000.50"), ("-1,234", "-1234"),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(cell: str, value: str) -> None:
    assert cells.amount(cell) == Decimal(value)
    assert cells.amount("1.234,50", point=",") == Decimal("1234.50")


@pytest.mark.parametrize("cell", ["many", "1,5", "1.234,56", "12,34", "1e400", "NaN", "Infinity", "12-5", "1.2.3"])
def test_what_is_no_amount_is_refused(cell: str) -> None:
    with pytest.raises(BadCell):
        cells.amount(cell)


@pytest.mark.parametrize(
    ("cell", "instant"),
    [
        ("2026-01-31 20:00:05", "2026-01-31T12:00:05"), ("2026/1/31 8:15", "2026-01-31T00:15:00"),
        ("2026年1月31日", "2026-01-30T16:00:00"), ("20260131", "2026-01-30T16:00:00"),
        ("2026-01-31 20:00:05 -0800", "2026-02-01T04:00:05"), ("2026-01-31T20:00:05+00:00", "2026-01-31T20:00:05"),
        ("2026-01-31 20:00:05 UTC", "2026-01-31T20:00:05"), ("46053.5", "2026-01-31T04:00:00"),
        ("1970-01-01 00:00:00", None),
    ],
)  # fmt: skip
def test_instants_as_exports_write_them(cell: str, instant: str | None) -> None:
    """Without an offset the shop's clock is meant; a number is Excel's count of days."""
    found = cells.instant(cell, "", ZoneInfo("Asia/Shanghai"))
    assert found == (datetime.fromisoformat(instant).replace(tzinfo=UTC) if instant else None)
    assert cells.day("2026-01-31 23:59") == date(2026, 1, 31)


def test_a_sheet_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_bytes(text(delimiter=";").encode("gb18030"))
    with open_sheet(tmp_path / "o.csv") as sheet:
        assert (sheet.kind, sheet.encoding, sheet.delimiter, sheet.headers) == ("csv", "gb18030", ";", HEAD)
