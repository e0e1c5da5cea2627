"""A big warehouse for the benchmark of asking: written by SQL straight into the schema that the migrations make.

Two years of twelve shops on seven platforms, about two lines an order, one order in ten refunded; the same for
the same size every time. Rows lie as first loads leave them: shop after shop, each in the order of its days.
Everything derived (rollups, customers, segments, the business file, the snapshot) is made by the product's code.
"""

from __future__ import annotations

import shutil
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from bot.cli.context import House
from bot.settings import Settings
from queries.segments.snapshots import take_snapshots
from queries.warehouse import business, buyers, migrate, rollups
from queries.warehouse.live import locked, opened

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
FIRST, DAYS = date(2024, 11, 24), 730
SECRET = "a benchmark's root secret"
BYTES_A_LINE = 460
"""On disk, with both private files, both published copies and room for spills."""
SHOPS = (
    # platform, shop_id, name, zone, currency, rate, share of the orders in 64ths, whether order ids are random
    ("taobao", "352746112", "Harbour Home", "Asia/Shanghai", "CNY", "1", 12, False),
    ("taobao", "352746113", "Harbour Outlet", "Asia/Shanghai", "CNY", "1", 6, False),
    ("taobao", "352746114", "Harbour Tea", "Asia/Shanghai", "CNY", "1", 3, False),
    ("jd", "10417823", "Harbour JD", "Asia/Shanghai", "CNY", "1", 8, True),
    ("jd", "10417824", "Harbour JD Outlet", "Asia/Shanghai", "CNY", "1", 4, True),
    ("douyin", "24680135", "Harbour Live", "Asia/Shanghai", "CNY", "1", 10, False),
    ("douyin", "24680136", "Harbour Kids", "Asia/Shanghai", "CNY", "1", 5, False),
    ("xiaohongshu", "5f3c8a1b2d4e6f00", "Harbour Red", "Asia/Shanghai", "CNY", "1", 5, False),
    ("pinduoduo", "770012345", "Harbour PDD", "Asia/Shanghai", "CNY", "1", 5, True),
    ("shopify", "harbour.example", "Harbour US", "America/New_York", "USD", "7.1", 3, False),
    ("shopify", "harbour-uk.example", "Harbour UK", "Europe/London", "GBP", "9.2", 2, False),
    ("amazon", "A1HARBOUR", "Harbour Amazon", "America/Los_Angeles", "USD", "7.1", 1, True),
)
PROVINCES = (
    "['广东', '浙江', '江苏', '上海', '北京', '山东', '四川', '福建', '河南', '湖南', '湖北',"
    " '河北', '安徽', '辽宁', '陕西', '重庆', '天津', '江西', '广西', '云南', '黑龙江', '吉林',"
    " '山西', '贵州', '内蒙古', '新疆', '甘肃', '海南', '宁夏', '青海', '西藏']"
)
STATES = "['CA', 'NY', 'TX', 'FL', 'WA', 'IL', 'MA', 'NJ', 'PA', 'GA', 'OH', 'NC', 'VA', 'AZ', 'CO']"
CATEGORIES = "['茶具', '厨具', '家纺', '户外', '收纳', '灯具', '香氛', '杯壶', '文具', '玩具', '宠物', '园艺']"
BRANDS = "['Northwind', 'Kestrel', 'Suqi', 'Harbour', 'Mistral', 'Tern']"
MOST_PRODUCTS = 800
"""Listings a shop; two SKUs each."""

PRODUCT_ROWS = f"""
INSERT INTO products BY NAME
SELECT $platform AS platform, $shop AS shop_id, $prefix || p AS product_id, $prefix || p || '-' || s AS sku_id,
  $name || ' item ' || p AS title,
  {CATEGORIES}[1 + p % 12] AS category, {BRANDS}[1 + p % 6] AS brand,
  TIMESTAMP '2024-01-01' AS listed_at, 'on_sale' AS status
FROM range($products) products(p), range(2) skus(s)"""

NUMBERED = f"""
CREATE OR REPLACE TEMP TABLE numbered AS
SELECT k, CAST(hash(k, $prefix) >> 1 AS BIGINT) AS h, CAST(hash($prefix, k) >> 1 AS BIGINT) AS g,
  TIMESTAMP '{FIRST}' - INTERVAL 8 HOUR + to_seconds(CAST(k * {DAYS * 86400}.0 / $orders AS BIGINT)) AS created_at,
  CASE WHEN $random THEN printf('%019d', CAST(hash(k, $prefix, 'id') >> 2 AS BIGINT))
    ELSE printf('%s%012d', $prefix, 10 * k) END AS order_id
FROM range($orders) orders(k)"""

LINES = """
CREATE OR REPLACE TEMP TABLE numbered_lines AS
SELECT o.k, o.order_id, j, p AS product, quantity, price * quantity AS list_amount,
  round(price * quantity * 0.08, 2) AS seller_discount, round(price * 0.45, 2) AS unit_cost
FROM (
  SELECT k, order_id, j, CAST(floor($products * pow(hash(h, j) / 18446744073709551616.0, 3)) AS INTEGER) AS p,
    CASE WHEN hash(j, h) % 6 = 0 THEN 2 ELSE 1 END AS quantity
  FROM numbered, range(3) lines(j)
  WHERE j <= h % 3) o,
LATERAL (SELECT CAST(19.9 + (o.p * 37) % 400 AS DECIMAL(18,4)) AS price)"""

LINE_ROWS = """
INSERT INTO order_lines BY NAME
SELECT $platform AS platform, $shop AS shop_id, order_id, order_id || '-' || j AS line_id,
  $prefix || product AS product_id, $prefix || product || '-' || (k % 2) AS sku_id, quantity, list_amount,
  seller_discount, CAST(0 AS DECIMAL(18,4)) AS platform_discount, unit_cost,
  false AS is_gift, NULL AS native_unit_cost
FROM numbered_lines
ORDER BY k, j"""

ORDER_ROWS = f"""
INSERT INTO orders BY NAME
SELECT $platform AS platform, $shop AS shop_id, n.order_id,
  CASE WHEN n.h % 50 > 0 THEN 'v1:' || left(md5($platform || buyer), 22) END AS customer_key,
  CASE WHEN unpaid THEN 'cancelled' ELSE 'completed' END AS status,
  CASE WHEN n.h % 97 = 0 THEN 'presale' ELSE 'normal' END AS order_type, 'prepaid' AS payment_type,
  n.created_at, sold_at AS paid_at, sold_at + INTERVAL 1 DAY AS shipped_at, sold_at + INTERVAL 4 DAY AS delivered_at,
  CASE WHEN unpaid THEN n.created_at + INTERVAL 30 MINUTE END AS cancelled_at, $currency AS currency,
  CAST($rate AS DECIMAL(18,8)) AS fx_to_base, l.list_amount, l.seller_discount,
  CAST(0 AS DECIMAL(18,4)) AS platform_discount, CAST(n.h % 8 AS DECIMAL(18,4)) AS shipping_amount,
  CAST(0 AS DECIMAL(18,4)) AS tax_amount, true AS tax_included,
  ['search', 'shelf', 'live', 'ad', 'direct'][1 + n.g % 5] AS channel,
  CASE WHEN $currency <> 'CNY' THEN {STATES}[1 + n.g % 15]
    ELSE {PROVINCES}[1 + CAST(floor(31 * pow((n.h >> 20) / 8796093022208.0, 2)) AS INTEGER)] END AS region,
  CASE WHEN n.g % 211 = 0 THEN 'brushing' END AS excluded_reason,
  CASE WHEN unpaid THEN 'TRADE_CLOSED' ELSE 'TRADE_FINISHED' END AS native_status, 'known' AS discount_split,
  n.created_at + INTERVAL 5 DAY AS modified_at, sold_at AS sale_at,
  CAST((sold_at AT TIME ZONE 'UTC') AT TIME ZONE $tz AS DATE) AS sale_date,
  CAST((n.created_at AT TIME ZONE 'UTC') AT TIME ZONE $tz AS DATE) AS created_date,
  CAST(strftime(CAST((sold_at AT TIME ZONE 'UTC') AT TIME ZONE $tz AS DATE), '%Y%m') AS INTEGER) AS year_month
FROM numbered n
JOIN (
  SELECT k, sum(list_amount) AS list_amount, sum(seller_discount) AS seller_discount
  FROM numbered_lines
  GROUP BY k) l ON l.k = n.k,
LATERAL (SELECT CAST(floor($buyers * pow(n.g / 9223372036854775808.0, 2)) AS BIGINT) AS buyer) b,
LATERAL (SELECT n.g % 13 = 0 AS unpaid) u,
LATERAL (SELECT CASE WHEN NOT unpaid THEN n.created_at + to_seconds(CAST(n.g % 900 AS BIGINT)) END AS sold_at) s
ORDER BY n.k"""

REFUND_ROWS = """
INSERT INTO refunds BY NAME
SELECT platform, shop_id, 'R' || order_id AS refund_id, order_id,
  CASE WHEN hash(order_id) % 3 = 0 THEN 'refund_only' ELSE 'return_refund' END AS refund_type, 'success' AS status,
  sale_at + to_days(CAST(1 + hash(order_id) % 14 AS INTEGER)) AS requested_at, requested_at AS refunded_at,
  1 AS quantity, list_amount - seller_discount AS goods_amount, CAST(0 AS DECIMAL(18,4)) AS shipping_amount,
  CAST(0 AS DECIMAL(18,4)) AS tax_amount, true AS restocked,
  ['quality', 'size', 'late', 'changed_mind', 'other'][1 + CAST(hash(order_id, 1) % 5 AS BIGINT)] AS reason_code,
  '' AS native_status, requested_at AS modified_at,
  CAST((requested_at AT TIME ZONE 'UTC') AT TIME ZONE $tz AS DATE) AS refund_date
FROM orders
WHERE platform = $platform AND shop_id = $shop AND sale_date IS NOT NULL AND hash(order_id, 2) % 10 = 0
  AND sale_date < DATE '2026-11-09'
ORDER BY requested_at"""


def house_of(home: Path) -> House:
    """The benchmark's home, on its frozen clock."""
    return House(Settings(home=home, now=NOW, secret=SECRET))


def build(home: Path, lines: int) -> House:
    """The warehouse with about so many order lines; an earlier one of the same size is taken as it is."""
    house, mark = house_of(home), home / "lines"
    if mark.exists() and mark.read_text() == str(lines):
        return house
    if home.exists():
        raise SystemExit(f"{home} is there already and is not a benchmark of {lines:,} lines: name another --home")
    _check_disk(home, lines)
    house.make()
    began = time.monotonic()
    with (
        locked(house.warehouse.rooms),
        opened(house.warehouse.rooms.live, house.warehouse.rooms.scratch) as live,
    ):
        live.execute("SET threads = 2")
        live.execute("SET memory_limit = '8GB'")
        for number, shop in enumerate(SHOPS):
            _shop(live, number, shop, lines // 2 * int(shop[6]) // 64)
        _say("rows written", began)
        _derived(live)
        _say("rollups and customers counted", began)
        migrate.put(live, "sequence", str(migrate.sequence(live) + 1))
        live.execute(f"ATTACH '{house.warehouse.rooms.business}' AS business")
        business.rebuild(live)
        _say("business file built", began)
    take_snapshots(house.warehouse, [date(2026, 11, 23)])
    _say("segments counted, published", began)
    mark.write_text(str(lines))
    return house


def _shop(live: duckdb.DuckDBPyConnection, number: int, shop: tuple[object, ...], orders: int) -> None:
    platform, shop_id, name, tz, currency, rate, _, random = shop
    known = {"platform": platform, "shop": shop_id, "name": name, "tz": tz, "currency": currency, "rate": rate,
             "random": random, "orders": orders, "products": min(MOST_PRODUCTS, orders // 50 + 1),
             "prefix": str(1001 + number), "buyers": orders // 3 + 1}  # fmt: skip
    live.execute(
        "INSERT INTO shops VALUES (?, ?, ?, ?, ?, 'delivered', ?, DATE '2026-11-23')",
        [platform, shop_id, name, tz, currency, FIRST],
    )
    live.execute(
        "INSERT INTO connections VALUES (?, ?, ?, 'active', ['orders'], ?, ?)",
        [f"{platform}-{number}", platform, shop_id, NOW.replace(tzinfo=None), NOW.replace(tzinfo=None)],
    )
    for sql in (PRODUCT_ROWS, NUMBERED, LINES, LINE_ROWS, ORDER_ROWS, REFUND_ROWS):
        live.execute(sql, {name: value for name, value in known.items() if f"${name}" in sql})


def _derived(live: duckdb.DuckDBPyConnection) -> None:
    """Rollups, customers and buyers, as after a write that did not come through a merge."""
    live.execute("DROP TABLE numbered; DROP TABLE numbered_lines")
    rollups.refresh_all(live)
    buyers.recount(live)


def _check_disk(home: Path, lines: int) -> None:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    needed, free = lines * BYTES_A_LINE, shutil.disk_usage(there).free
    if needed > free:
        raise SystemExit(f"{lines:,} lines need about {needed / 1e9:.1f} GB at {there}; {free / 1e9:.1f} GB are free")


def _say(what: str, began: float) -> None:
    print(f"  {time.monotonic() - began:6.0f} s  {what}", file=sys.stderr, flush=True)
