"""Mappings suggested from headers in both languages, and kept for the next file of the kind."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from connectors.file.choosing import KnownShop, Wanted, WhichPlatform, WhichShop, choose
from connectors.file.knowledge import personal
from connectors.file.layouts import ready
from connectors.file.looking import column_uses, look
from connectors.file.reading import read_rows
from connectors.file.saved import Saved, fingerprint
from connectors.file.suggest import folded, suggest
from connectors.file.troubles import BadMapping
from queries.records import Order, OrderLine, Record

ENGLISH = """Order ID,Status,Order Date,Customer Name,Phone,Product Name,SKU,Qty,Unit Price,Order Total,Shipping,Code
A1,Completed,2026-11-01 10:00,Ann,13800138000,Tea,T1,2,10.00,23.00,5.00,x
A1,Completed,2026-11-01 10:00,Ann,13800138000,Cup,C1,1,1.00,23.00,5.00,x
A2,Pending,2026-11-02 10:00,Bob,13800138000,Cup,C1,1,1.00,6.00,5.00,y
"""
CHINESE = """订单号,订单状态,下单时间,收货人,手机号码,商品名称,商家编码,数量,商品金额（元）,商家优惠,运费,收货省份,昵称
1,已完成,2026-11-01 10:00,安,13800138000,茶,T1,2,20.00,2.00,5.00,广东省,小安
1,已完成,2026-11-01 10:00,安,13800138000,杯,C1,1,3.00,0.50,5.00,广东省,小安
2,天知道,2026-11-02 10:00,波,13800138000,杯,C1,1,3.00,0,0,上海市,阿波
"""
SUGGESTED = [
    # list 21 in two lines, paid 23 with 5 of postage: 3 were given off, and nobody says by whom
    (ENGLISH, {"orders.order_id": "Order ID", "order_lines.quantity": "Qty", "orders.buyer_paid": "Order Total"},
     [("A1", "completed", "21.00", "3.00", "5.00"), ("A2", "open", "1.00", "0.00", "5.00")]),
    # discounts differ within order 1, so they are the rows'; postage does not, so it counts once
    (CHINESE, {"orders.shipping_amount": "运费", "order_lines.list_amount": "商品金额（元）",
               "orders.region": "收货省份"},
     [("1", "completed", "23.00", "2.50", "5.00"), ("2", "unknown", "3.00", "0", "0")]),
]  # fmt: skip


def rows_of(text: str) -> tuple[list[str], list[list[str]]]:
    first, *rest = (line.split(",") for line in text.splitlines())
    return first, rest


@pytest.mark.parametrize(("text", "expected", "orders"), SUGGESTED, ids=["English", "Chinese"])
def test_orders_are_recognised_by_their_headers(
    tmp_path: Path, text: str, expected: dict[str, str], orders: list[tuple[str, ...]]
) -> None:
    headers, rows = rows_of(text)
    found = suggest(headers, rows, platform="woocommerce", shop_id="w1", name="orders", currency="CNY")
    guessed = {f"{guess.table}.{guess.field}": guess.header for guess in found.guesses}
    assert expected.items() <= guessed.items() and found.mapping is not None
    (tmp_path / "o.csv").write_text(text, "utf-8")
    read: list[Record] = [row for row in read_rows(tmp_path / "o.csv", found.mapping) if isinstance(row, Record)]
    assert [(o.order_id, o.status, str(o.list_amount), str(o.seller_discount), str(o.shipping_amount))
            for o in read if isinstance(o, Order)] == orders  # fmt: skip
    assert sum(line.list_amount for line in read if isinstance(line, OrderLine)) == sum(Decimal(o[2]) for o in orders)


@pytest.mark.parametrize(
    ("headers", "table"),
    [
        (["SKU编号", "生效日期", "成本价", "备注"], "unit_costs"),
        (["Date", "Users", "Sessions", "Views"], "traffic_daily"),
        (["统计日期", "计划ID", "花费", "展现量", "点击量"], "ad_daily"),
        (["结算单号", "结算日期", "结算金额"], "settlements"),
        (["date", "sku", "on hand"], "inventory_daily"),
    ],
)
def test_other_tables_are_recognised_too(headers: list[str], table: str) -> None:
    found = suggest(headers, [], platform="jd", shop_id="J1", name="f", currency="CNY")
    assert found.mapping is not None and list(found.mapping.tables) == [table]


def test_what_is_missing_is_named() -> None:
    found = suggest(["订单号", "备注"], [], platform="jd", shop_id="J1", name="f", currency="CNY")
    assert found.mapping is None and "created_at" in found.missing


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("收货人手机", "phone"), ("联系电话 ", "phone"), ("Shipping Address1", "address"), ("买家会员名", "nickname"),
        ("Customer Name", "name"), ("customer_email", "email"), ("身份证号码", "government_id"),
        ("买家留言", "message"),
        ("商品名称", ""), ("Name", ""), ("smartphones sold", ""), ("notebook", ""), ("Address book price", "address"),
    ],
)  # fmt: skip
def test_columns_of_a_person_are_known_by_their_header(header: str, kind: str) -> None:
    assert personal(header) == kind


def test_a_column_of_phone_numbers_is_never_suggested_whatever_it_is_called() -> None:
    headers, rows = ["订单号", "下单时间", "数量", "商品金额", "货号"], [["1", "2026-11-01", "1", "5", "13800138000"]]
    found = suggest(headers, rows, platform="jd", shop_id="J1", name="f", currency="CNY")
    assert "货号" not in {guess.header for guess in found.guesses}


def test_headers_are_the_same_whatever_their_case_width_and_units() -> None:
    assert folded("商品总价（元）") == folded("商品总价 (元)") == "商品总价"
    assert fingerprint(["Order ID", "Total"]) == fingerprint(["TOTAL", "order_id"]) != fingerprint(["order id"])


def test_a_decimal_comma_is_seen_where_semicolons_part_the_cells(tmp_path: Path) -> None:
    text = ENGLISH.replace(",", ";").replace("10.00", "1.010,00").replace("23.00", "2.023,00").replace(".00", ",00")
    (tmp_path / "o.csv").write_text(text, "utf-8")
    chosen = choose(tmp_path / "o.csv", Wanted("woocommerce", "w1"), Saved(tmp_path), SHOPS)
    assert chosen.mapping is not None and chosen.mapping.decimal == ","
    first = next(row for row in read_rows(tmp_path / "o.csv", chosen.mapping) if isinstance(row, Order))
    assert (first.list_amount, first.seller_discount) == (Decimal(2021), Decimal(3))


# --- choosing and keeping -----------------------------------------------------------------------------------

SHOPS = [KnownShop("woocommerce", "w1", "Europe/Berlin", "EUR"), KnownShop("jd", "J1", "Asia/Shanghai", "CNY")]
FIXTURES = Path(__file__).parent / "exports"


def test_a_layout_wants_the_shop_unless_one_alone_is_known(tmp_path: Path) -> None:
    saved, path = Saved(tmp_path), FIXTURES / "jd_orders.csv"
    chosen = choose(path, Wanted(), saved, SHOPS)
    assert chosen.mapping is not None
    assert (chosen.how, chosen.mapping.shop_id, chosen.mapping.layout) == ("layout", "J1", "jd_orders")
    with pytest.raises(WhichShop) as caught:
        choose(path, Wanted(), saved, [*SHOPS, KnownShop("jd", "J2", "Asia/Shanghai", "CNY")])
    assert "J1, J2" in caught.value.hint("en")
    with pytest.raises(WhichPlatform):
        (tmp_path / "o.csv").write_text(ENGLISH, "utf-8")
        choose(tmp_path / "o.csv", Wanted(), saved, SHOPS)


def test_a_mapping_is_kept_and_found_again_by_the_headers(tmp_path: Path) -> None:
    saved, file = Saved(tmp_path / "home"), tmp_path / "o.csv"
    file.write_text(ENGLISH, "utf-8")
    first = choose(file, Wanted(platform="woocommerce"), saved, SHOPS)
    assert first.mapping is not None and first.how == "suggested"
    saved.save(first.mapping, "web-orders", first.headers)
    again = choose(file, Wanted(), saved, SHOPS)
    assert again.mapping is not None
    assert (again.how, again.mapping.name, again.mapping.shop_id) == ("saved", "web-orders", "w1")
    assert list(read_rows(file, again.mapping)) == list(read_rows(file, first.mapping))
    assert choose(file, Wanted(layout="web-orders"), saved, SHOPS).mapping == again.mapping
    with pytest.raises(BadMapping):
        saved.save(first.mapping, "../elsewhere", first.headers)


def test_of_a_layout_only_what_is_the_shops_own_is_written(tmp_path: Path) -> None:
    saved = Saved(tmp_path)
    path = saved.save(ready("taobao_orders").for_shop("10001"), "taobao", ["订单编号"])
    assert set(path.read_text("utf-8").splitlines()) == {
        "platform: taobao", "shop_id: '10001'", "layout: taobao_orders", f"fingerprint: {fingerprint(['订单编号'])}",
        "currency: CNY",
    }  # fmt: skip
    assert saved.named("taobao").tables == ready("taobao_orders").for_shop("10001").tables  # type: ignore[union-attr]


def test_a_preview_says_what_becomes_of_each_column_and_shows_no_person(tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text(CHINESE, "utf-8")
    chosen = choose(tmp_path / "o.csv", Wanted("jd", "J1"), Saved(tmp_path), SHOPS)
    uses = {column.header: column.use for column in column_uses(chosen)}
    assert (uses["收货人"], uses["手机号码"], uses["昵称"]) == ("personal", "personal", "personal")
    assert (uses["收货省份"], uses["订单号"]) == ("generalised", "stored")
    view = look(chosen)
    assert view.rows["orders"][0]["region"] == "广东"
    assert not [marker for marker in ("安", "波", "13800138000") if marker in repr(view.rows)]
