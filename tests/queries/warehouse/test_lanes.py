"""The business lane: no person in it, never behind, and its own file."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from queries.records import Fee, LiveSession, Product
from queries.warehouse import Batch, CoveredPeriod, behind
from queries.warehouse.business import PERSON_COLUMNS, TABLES

from .goods import ad, at, batch, line, order, refund, shop


def read(warehouse, lane, sql):
    with duckdb.connect(str(warehouse.snapshot(lane)), read_only=True) as reader:
        return reader.execute(sql).fetchall()


@pytest.fixture
def filled(warehouse):
    warehouse.merge(batch(shop(), order("o", buyer="v1:MARKER", region="浙江"), line("o"), refund("r", "o")))
    with warehouse.write() as session:
        session.execute(
            "INSERT INTO product_checks VALUES ('taobao', 'T1', 'P', 'r', now(), '', 'ok', 'anna', now())"
        )
        session.execute(
            "INSERT INTO customer_segments VALUES (DATE '2026-11-01', 'taobao', 'v1:MARKER', 'rfm', 'new', 1)"
        )
    warehouse.publish()
    return warehouse


def test_no_person_reaches_the_business_lane(filled):
    columns = read(filled, "business", "SELECT DISTINCT column_name FROM duckdb_columns() WHERE NOT internal")
    names = {name for (name,) in columns}
    assert not names & {"customer_key", "region", "subject_key", "identity_key", "decided_by"}
    assert {"goods_base", "channel"} <= names
    tables = {name for (name,) in read(filled, "business", "SELECT table_name FROM duckdb_tables()")}
    assert tables == {*TABLES, "meta"}
    schemas = {
        name for (name,) in read(filled, "business", "SELECT DISTINCT schema_name FROM duckdb_tables()")
    }
    assert schemas == {"main", "internal"}


@pytest.mark.parametrize("marker", [b"v1:MARKER", "浙江".encode(), b"anna"])
def test_not_even_the_bytes_of_a_person(filled, marker):
    assert marker in filled.snapshot("person").read_bytes()
    assert marker not in filled.snapshot("business").read_bytes()


def assert_lanes_agree(filled):
    for table in (*TABLES, "v_orders", "v_refunds", "v_sales_lines"):
        left_out = [*PERSON_COLUMNS.get(table, ())] + (
            ["customer_key", "region"] if table.startswith("v_") else []
        )
        kept = f"* EXCLUDE ({', '.join(left_out)})" if left_out else "*"
        assert (read(filled, "business", f"SELECT * FROM {table} ORDER BY ALL")
                == read(filled, "person", f"SELECT {kept} FROM {table} ORDER BY ALL")), table  # fmt: skip


def test_every_business_table_and_view_answers_as_the_person_lane(filled):
    assert_lanes_agree(filled)


def test_tables_by_the_day_and_by_the_shop_follow_each_in_its_own_way(filled):
    """A second day or version, and a whole set replaced, of every kind of table; another shop's rows stay."""
    session = {"session_id": "L", "currency": "CNY"}
    for rows, days in (
        ([ad(1), ad(2), ad(1, shop_id="T2")], (1, 2)),
        ([LiveSession(started_at=at("10-01 08:00"), **session)], ()),
        ([Product(product_id="P", sku_id="S", title=f"Tea {where}", shop_id=where) for where in ("", "T2")], ()),
        ([Fee(fee_type="payment", amount=Decimal(1), charged_at=at("10-01 23:30"), currency="CNY")], ()),
    ):  # fmt: skip
        covers = CoveredPeriod(date(2026, 10, days[0]), date(2026, 10, days[1]), ("ad_daily",)) if days else None
        filled.merge(batch(*rows, covers=covers))
    filled.publish()
    filled.merge(batch(ad(2, spend="11"), covers=CoveredPeriod(date(2026, 10, 1), date(2026, 10, 2), ("ad_daily",))))
    filled.merge(batch(LiveSession(started_at=at("10-02 08:00"), **session)))
    filled.merge(batch(Product(product_id="P", sku_id="S", title="Green tea")))
    filled.publish()
    assert_lanes_agree(filled)
    assert read(filled, "business", "SELECT title FROM products ORDER BY 1") == [("Green tea",), ("Tea T2",)]
    assert read(filled, "business", "SELECT shop_id, spend FROM ad_daily ORDER BY 1") == [("T1", 11), ("T2", 10)]


def test_where_too_much_was_noted_the_business_file_is_built_anew(filled, monkeypatch):
    monkeypatch.setattr(behind, "MANY", 0)
    filled.merge(batch(order("p"), order("q"), order("r"), line("p")))
    filled.merge(batch(order("s")))
    assert filled.look("SELECT count(*) FROM internal.behind") == [(0,)]
    filled.publish()
    assert_lanes_agree(filled)


def test_a_business_file_left_behind_is_built_anew_before_it_is_published(filled):
    """A kill between the two commits leaves the live file one write ahead."""
    with duckdb.connect(str(filled.rooms.live)) as live:
        live.execute("UPDATE internal.meta SET value = CAST(value AS INTEGER) + 1 WHERE key = 'sequence'")
        live.execute("INSERT INTO products VALUES ('taobao', 'T1', 'P', 'S', 'Tea', NULL, NULL, NULL, NULL)")
    filled.publish()
    assert read(filled, "business", "SELECT title FROM products") == [("Tea",)]


def test_a_business_file_that_was_not_finished_is_built_anew(filled):
    """A kill between two of its tables: its number, which is written last, is missing."""
    with duckdb.connect(str(filled.rooms.business)) as business:
        business.execute("DROP SCHEMA internal CASCADE")
        business.execute("DELETE FROM order_lines")
    filled.merge(batch(order("p"), line("p")))
    filled.publish()
    assert_lanes_agree(filled)


def test_batches_that_were_only_noted_reach_the_business_lane_at_once(filled):
    """Orders are noted batch by batch and carried in one step; a day or order noted twice is carried once."""
    filled.merge(batch(order("p", "7"), line("p", amount="7")))
    filled.merge(batch(order("p", "8", modified=at("10-09 08:00")), line("p", amount="8")))
    filled.publish()
    assert filled.look("SELECT count(*) FROM internal.behind") == [(0,)]
    for table in ("orders", "order_lines", "rollup_sales_daily", "rollup_products_daily"):
        kept = "* EXCLUDE (customer_key, region)" if table == "orders" else "*"
        assert (read(filled, "business", f"SELECT * FROM {table} ORDER BY ALL")
                == read(filled, "person", f"SELECT {kept} FROM {table} ORDER BY ALL")), table  # fmt: skip


def test_notes_that_do_not_lead_on_from_the_business_file_are_not_believed(filled):
    """A kill after the business file was carried and before the notes were emptied."""
    filled.merge(batch(order("p")))
    with duckdb.connect(str(filled.rooms.live)) as live:
        live.execute("UPDATE internal.meta SET value = '1' WHERE key = 'behind_since'")
        live.execute("DELETE FROM internal.behind")
    filled.publish()
    assert read(filled, "business", "SELECT order_id FROM orders ORDER BY 1") == [("o",), ("p",)]


def test_a_missing_business_file_is_built_anew(filled):
    filled.rooms.business.unlink()
    filled.merge(batch(order("p")))
    filled.publish()
    assert read(filled, "business", "SELECT order_id FROM orders ORDER BY 1") == [("o",), ("p",)]


@pytest.mark.parametrize(
    ("sql", "table"),
    [
        ("UPDATE orders SET excluded_reason = 'internal'", "rollup_sales_daily"),
        ("DELETE FROM order_lines", "rollup_products_daily"),
        ("INSERT INTO connections VALUES ('c', 'jd', 'J', 'active', ['orders'], now(), NULL)", "connections"),
        ("DELETE FROM promo_calendar", "promo_calendar"),
    ],
)
def test_what_another_writer_changes_reaches_the_business_lane(filled, sql, table):
    before = read(filled, "business", f"SELECT * FROM {table}")
    with filled.write() as session:
        session.execute(sql)
    filled.publish()
    after = read(filled, "business", f"SELECT * FROM {table}")
    assert after != before
    assert after == read(filled, "person", f"SELECT * FROM {table}")


def test_a_session_that_fails_changes_nothing(filled):
    with pytest.raises(ZeroDivisionError), filled.write() as session:
        session.execute("DELETE FROM orders")
        raise ZeroDivisionError
    assert filled.look("SELECT count(*) FROM orders") == [(1,)]


def test_the_same_shop_id_on_two_platforms_stays_two_shops(filled):
    filled.merge(Batch("c2", "jd", "T1", "orders", [order("o", "7")]))
    filled.publish()
    assert read(filled, "business", "SELECT platform, list_amount FROM orders ORDER BY 2") == [
        ("jd", 7),
        ("taobao", 100),
    ]
