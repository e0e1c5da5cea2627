"""The promised tables and columns, in order, and the seeds a new warehouse has."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest
from currency_converter import CurrencyConverter

from queries.warehouse import benchmark, migrate
from queries.warehouse.errors import ImplausibleBenchmark, NewerSchema

PROMISED = {
    "platforms": "platform name_en name_zh kind home_currency tz",
    "shops": "platform shop_id name tz currency cod_anchor history_from data_through",
    "orders": "platform shop_id order_id customer_key status order_type payment_type created_at paid_at balance_paid_at"
    " shipped_at delivered_at cancelled_at currency fx_to_base list_amount seller_discount platform_discount"
    " shipping_amount tax_amount tax_included deposit_amount deposit_paid_at channel live_session_id region"
    " excluded_reason",
    "order_lines": "platform shop_id order_id line_id product_id sku_id quantity list_amount seller_discount"
    " platform_discount unit_cost is_gift",
    "refunds": "platform shop_id refund_id order_id line_id refund_type status requested_at refunded_at quantity"
    " goods_amount shipping_amount tax_amount restocked reason_code",
    "products": "platform shop_id product_id sku_id title category brand listed_at status",
    "ad_daily": "platform shop_id date campaign_id channel spend impressions clicks attributed_orders"
    " attributed_sales attribution_window currency fx_to_base",
    "traffic_daily": "platform shop_id date channel product_id visitors sessions page_views impressions clicks"
    " add_to_cart_visitors paying_buyers",
    "live_sessions": "platform shop_id session_id host_type started_at ended_at viewers_uv views_pv peak_online"
    " product_click_uv paying_buyers gmv_in_session new_followers ad_spend currency fx_to_base",
    "fees": "platform shop_id order_id fee_type amount charged_at currency fx_to_base",
    "reviews": "platform shop_id review_id product_id rating rating_scale created_at has_reply",
    "inventory_daily": "platform shop_id sku_id date on_hand received",
    "settlements": "platform shop_id settlement_id date amount currency fx_to_base",
    "market_benchmark": "series period value unit yoy_pct publisher cited_via retrieved_on note",
    "customers": "platform shop_id customer_key first_sale_at last_sale_at region created_at",
    "promo_calendar": "promo name_en name_zh platform starts_on ends_on",
    "fx_rates": "date currency base rate source",
    "social_daily": "platform shop_id account date followers posts impressions likes comments shares",
    "platform_native_daily": "platform shop_id date metric value currency",
    "campaigns": "platform shop_id campaign_id name channel status starts_on ends_on",
    "segment_definitions": "segment_set segment version rule priority name_en name_zh valid_from",
    "customer_segments": "snapshot_date platform customer_key segment_set segment version",
    "product_checks": "platform shop_id product_id rule hit_at detail decision decided_by decided_at",
    "connections": "connection platform shop_id status streams created_at last_success_at",
    "sync_runs": "run_id connection stream started_at ended_at status window_start window_end rows_read rows_written"
    " requests retries error",
    "data_quality": "checked_at connection check_name status expected found detail",
}
ADDED = {
    "orders": 10, "order_lines": 1, "refunds": 3, "promo_calendar": 1}  # fmt: skip
VIEWS = {
    "v_orders": PROMISED["orders"] + " tz goods_amount tax_added sale_at created_date sale_date goods_base"
    " buyer_paid_base is_countable is_sale",
    "v_refunds": PROMISED["refunds"] + " customer_key region channel sale_date is_sale fx_to_base refund_date"
    " goods_base",
    "v_sales_lines": "platform shop_id order_id sale_date customer_key channel region line_id product_id sku_id"
    " quantity is_gift goods_base cost_base",
}


def columns(look, table):
    return [row[0] for row in look(f"DESCRIBE {table}")]


def test_every_promised_column_stands_first_and_in_order(look):
    for table, promised in PROMISED.items():
        names = columns(look, table)
        assert names[: len(promised.split())] == promised.split(), table
        assert len(names) - len(promised.split()) == ADDED.get(table, 0), table


def test_the_views_have_exactly_the_promised_columns(look):
    for view, promised in VIEWS.items():
        assert columns(look, view) == promised.split(), view


def test_platforms_sort_by_name(look):
    names = [row[0] for row in look("SELECT platform FROM platforms ORDER BY platform")]
    assert names == sorted(names)
    assert len(names) == 18


def test_no_business_table_has_a_key_or_an_index(look):
    assert look("SELECT table_name FROM duckdb_constraints() WHERE schema_name = 'main'"
                " AND constraint_type IN ('PRIMARY KEY', 'UNIQUE')") == []  # fmt: skip
    assert look("SELECT index_name FROM duckdb_indexes() WHERE schema_name = 'main'") == []


@pytest.mark.parametrize(
    "row",
    [
        "'x', 's', 'phone', 't', 'c', 'user.contact', 'personal', 'direct', 'keep'",
        "'x', 's', 'health', 't', 'c', 'user.health', 'sensitive', 'none', 'keep'",
        "'x', 's', 'f', 't', 'c', 'system', 'business', 'none', 'maybe'",
    ],
)
def test_the_field_catalogue_refuses_what_must_not_be(warehouse, row):
    with pytest.raises(duckdb.ConstraintException), warehouse.write() as session:
        session.execute(
            "INSERT INTO privacy.field_catalogue(platform, source, source_field, target_table, target_column,"
            f" category, sensitivity, identifiability, treatment) VALUES ({row})"
        )


def test_a_warehouse_of_a_newer_version_is_left_alone(warehouse):
    with duckdb.connect(str(warehouse.rooms.live)) as live:
        live.execute("INSERT INTO internal.migrations VALUES (999, 'future', now())")
        with pytest.raises(NewerSchema):
            migrate.migrate(live, warehouse.clock())


def test_migrations_run_once(warehouse):
    with duckdb.connect(str(warehouse.rooms.live)) as live:
        assert migrate.migrate(live, warehouse.clock()) == 0


# --- seeds


@pytest.mark.parametrize(
    ("promo", "kind", "year", "days"),
    [
        ("double11", "day", 2025, ("2025-11-11", "2025-11-11")),
        ("double11", "period", 2026, ("2026-11-01", "2026-11-11")),
        ("618", "day", 2024, ("2024-06-18", "2024-06-18")),
        ("spring_festival", "day", 2026, ("2026-02-17", "2026-02-17")),
        ("spring_festival", "day", 2028, ("2028-01-26", "2028-01-26")),
        ("mid_autumn", "day", 2025, ("2025-10-06", "2025-10-06")),
        ("national_day", "period", 2026, ("2026-10-01", "2026-10-07")),
        ("black_friday", "day", 2023, ("2023-11-24", "2023-11-24")),
        ("cyber_monday", "day", 2024, ("2024-12-02", "2024-12-02")),
        ("prime_day", "period", 2025, ("2025-07-08", "2025-07-11")),
    ],
)
def test_festivals(look, promo, kind, year, days):
    found = look("SELECT starts_on, ends_on FROM promo_calendar WHERE promo = ? AND kind = ? AND year(starts_on) = ?"
                 " ORDER BY 1", [promo, kind, year])  # fmt: skip
    assert found == [tuple(map(date.fromisoformat, days))]


def test_every_festival_has_both_names_and_ends_after_it_starts(look):
    assert (
        look(
            "SELECT promo FROM promo_calendar WHERE name_en IS NULL OR name_zh IS NULL OR ends_on < starts_on"
        )
        == []
    )


@pytest.mark.parametrize("currency", ["USD", "EUR", "JPY", "IDR"])
@pytest.mark.parametrize("day", [date(2008, 3, 3), date(2025, 3, 7)])
def test_rates_are_the_central_banks(look, currency, day):
    [(rate,)] = look(
        "SELECT rate FROM fx_rates WHERE currency = ? AND base = 'CNY' AND date = ?", [currency, day]
    )
    exact = CurrencyConverter(decimal=True).convert(1, currency, "CNY", day)
    assert abs(rate - exact) <= Decimal("0.000000005")


def test_the_shipped_market_figures_hold_their_own_check(look):
    assert look("SELECT value, yoy_pct, publisher FROM market_benchmark"
                " WHERE series = 'online_retail_cn' AND period = '2023'") == [
        (Decimal(15426400000000), Decimal(11), "National Bureau of Statistics of China")]  # fmt: skip


def figure(period, trillions, growth, note=""):
    return benchmark.Figure("online_retail_cn", period, Decimal(trillions), "CNY_trillion", Decimal(growth), "p", "c",
                            date(2026, 1, 1), note)  # fmt: skip


@pytest.mark.parametrize(
    ("growth", "note", "believed"),
    [
        ("11.0", "", True),
        ("13.9", "", True),  # 11.9 by the levels; two points of tolerance
        ("4.0", "", False),  # belongs to the year before
        ("4.0", "comparable basis: the year before was restated", True),
    ],
)
def test_level_and_growth_must_agree(growth, note, believed):
    """15.4264 over 13.7853 trillion is 11.9 %."""
    new, old = figure("2023", "15.4264", growth, note), figure("2022", "13.7853", "4.0")
    if believed:
        benchmark.check(new, old)
    else:
        with pytest.raises(ImplausibleBenchmark):
            benchmark.check(new, old)


def test_an_implausible_figure_is_not_loaded(warehouse):
    with duckdb.connect(str(warehouse.rooms.live)) as live, pytest.raises(ImplausibleBenchmark):
        benchmark.load(live, [figure("2023", "15426400000000", "4.0")])
