"""The daily rollups (columns: migrations/0003_rollups.sql), counted from the canonical views.

A touched day is counted anew as a whole, so a rollup row always equals the question it stands for; sums of
amounts are NULL where no row of the day has a rate, as the same sum over the view would be.
"""

from __future__ import annotations

import duckdb

from queries.warehouse.business import Step

SALES = """
WITH sold AS (
  SELECT o.*
  FROM v_orders o
  SEMI JOIN touched_days d ON d.platform = o.platform AND d.shop_id = o.shop_id AND d.day = o.sale_date
  WHERE o.is_sale),
lines AS (
  SELECT platform, shop_id, order_id, sum(quantity) FILTER (WHERE NOT is_gift) AS units
  FROM order_lines
  SEMI JOIN sold USING (platform, shop_id, order_id)
  GROUP BY platform, shop_id, order_id),
back AS (
  SELECT platform, shop_id, order_id, sum(goods_base) AS goods_base,
    bool_or(refund_type = 'cancel_before_ship') AS cancelled
  FROM v_refunds
  SEMI JOIN sold USING (platform, shop_id, order_id)
  GROUP BY platform, shop_id, order_id)
SELECT platform, shop_id, sale_date, channel,
  count(*),
  sum(o.goods_base),
  sum(buyer_paid_base),
  sum(CAST(list_amount AS DECIMAL(24,4)) * fx_to_base),
  sum(CAST(seller_discount AS DECIMAL(24,4)) * fx_to_base),
  sum(CAST(platform_discount AS DECIMAL(24,4)) * fx_to_base),
  coalesce(sum(units), 0),
  count(b.order_id),
  count(*) FILTER (WHERE cancelled),
  sum(b.goods_base),
  count(*) FILTER (WHERE fx_to_base IS NULL)
FROM sold o
LEFT JOIN lines l USING (platform, shop_id, order_id)
LEFT JOIN back b USING (platform, shop_id, order_id)
GROUP BY platform, shop_id, sale_date, channel
ORDER BY sale_date"""

PLACED = """
SELECT o.platform, o.shop_id, o.created_date, o.channel,
  count(*),
  count(*) FILTER (WHERE o.is_sale),
  sum(o.goods_base)
FROM v_orders o
SEMI JOIN touched_days d ON d.platform = o.platform AND d.shop_id = o.shop_id AND d.day = o.created_date
WHERE o.is_countable
GROUP BY o.platform, o.shop_id, o.created_date, o.channel
ORDER BY o.created_date"""

REFUNDS = """
SELECT r.platform, r.shop_id, r.refund_date, r.channel, r.refund_type,
  count(*),
  sum(r.goods_base),
  sum(CAST(r.goods_amount + r.shipping_amount + r.tax_amount AS DECIMAL(24,4)) * r.fx_to_base)
FROM v_refunds r
SEMI JOIN touched_days d ON d.platform = r.platform AND d.shop_id = r.shop_id AND d.day = r.refund_date
GROUP BY r.platform, r.shop_id, r.refund_date, r.channel, r.refund_type
ORDER BY r.refund_date"""

PRODUCTS = """
SELECT l.platform, l.shop_id, l.sale_date, l.channel, l.product_id, l.sku_id,
  count(DISTINCT l.order_id),
  coalesce(sum(l.quantity) FILTER (WHERE NOT l.is_gift), 0),
  sum(l.goods_base),
  sum(l.cost_base),
  sum(l.goods_base) FILTER (WHERE l.cost_base IS NOT NULL)
FROM v_sales_lines l
SEMI JOIN touched_days d ON d.platform = l.platform AND d.shop_id = l.shop_id AND d.day = l.sale_date
GROUP BY l.platform, l.shop_id, l.sale_date, l.channel, l.product_id, l.sku_id
ORDER BY l.sale_date"""

ROLLUPS = (
    ("rollup_sales_daily", "sale_date", SALES),
    ("rollup_placed_daily", "created_date", PLACED),
    ("rollup_refunds_daily", "refund_date", REFUNDS),
    ("rollup_products_daily", "sale_date", PRODUCTS),
)


def refresh(live: duckdb.DuckDBPyConnection) -> list[Step]:
    """Counts `touched_days` anew; returns the steps that carry them over to the business file."""
    steps = []
    for table, day, sql in ROLLUPS:
        live.execute(f"""
            DELETE FROM {table} t USING touched_days d
            WHERE t.platform = d.platform AND t.shop_id = d.shop_id AND t.{day} = d.day""")
        live.execute(f"INSERT INTO {table} {sql}")
        steps.append(
            Step(
                table,
                f"(SELECT platform, shop_id, day AS {day} FROM touched_days)",
                ("platform", "shop_id", day),
            )
        )
    return steps


def refresh_all(live: duckdb.DuckDBPyConnection) -> list[Step]:
    """Counts every day anew: after a write that did not come through a merge."""
    live.execute("""
        CREATE OR REPLACE TEMP TABLE touched_days AS
        SELECT DISTINCT platform, shop_id, unnest([sale_date, created_date]) AS day FROM orders
        UNION
        SELECT platform, shop_id, refund_date FROM refunds""")
    for table, _, _ in ROLLUPS:
        live.execute(f"DELETE FROM {table}")
    refresh(live)
    return [Step(table) for table, _, _ in ROLLUPS]
