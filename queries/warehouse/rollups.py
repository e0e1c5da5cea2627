"""The daily rollups (columns: migrations/0003_rollups.sql), counted from the canonical views.

A touched day is counted anew as a whole, so a rollup row always equals the question it stands for; sums of
amounts are NULL where no row of the day has a rate, as the same sum over the view would be.
"""

from __future__ import annotations

import duckdb

from queries.warehouse.business import Step

SOLD = """
CREATE OR REPLACE TEMP TABLE day_orders AS
SELECT o.platform, o.shop_id, o.order_id, o.sale_date, o.channel, o.fx_to_base, o.goods_base, o.buyer_paid_base,
  o.list_amount, o.seller_discount, o.platform_discount
FROM v_orders o
SEMI JOIN touched_days d ON d.platform = o.platform AND d.shop_id = o.shop_id AND d.day = o.sale_date
WHERE o.is_sale"""
"""The sale orders of the touched days, found once."""

PRODUCTS = """
SELECT o.platform, o.shop_id, o.sale_date, o.channel, l.product_id, l.sku_id,
  count(*),
  coalesce(sum(l.quantity) FILTER (WHERE NOT l.is_gift), 0),
  sum(CAST(l.list_amount - l.seller_discount AS DECIMAL(24,4)) * o.fx_to_base),
  sum(CAST(l.unit_cost * l.quantity AS DECIMAL(24,4)) * o.fx_to_base),
  sum(CAST(l.list_amount - l.seller_discount AS DECIMAL(24,4)) * o.fx_to_base)
    FILTER (WHERE l.unit_cost IS NOT NULL)
FROM order_lines l
JOIN day_orders o USING (platform, shop_id, order_id)
GROUP BY o.platform, o.shop_id, o.sale_date, o.channel, l.product_id, l.sku_id
ORDER BY o.sale_date"""

SALES = """
WITH lines AS (
  SELECT p.platform, p.shop_id, p.sale_date, p.channel, sum(p.units) AS units
  FROM rollup_products_daily p
  SEMI JOIN touched_days d ON d.platform = p.platform AND d.shop_id = p.shop_id AND d.day = p.sale_date
  GROUP BY p.platform, p.shop_id, p.sale_date, p.channel),
back AS (
  SELECT platform, shop_id, order_id, sum(goods_amount) AS goods_amount,
    bool_or(refund_type = 'cancel_before_ship') AS cancelled
  FROM refunds
  SEMI JOIN day_orders USING (platform, shop_id, order_id)
  WHERE status = 'success' AND refund_type <> 'exchange'
  GROUP BY platform, shop_id, order_id)
SELECT o.platform, o.shop_id, o.sale_date, o.channel,
  count(*),
  sum(o.goods_base),
  sum(o.buyer_paid_base),
  sum(CAST(o.list_amount AS DECIMAL(24,4)) * o.fx_to_base),
  sum(CAST(o.seller_discount AS DECIMAL(24,4)) * o.fx_to_base),
  sum(CAST(o.platform_discount AS DECIMAL(24,4)) * o.fx_to_base),
  coalesce(any_value(l.units), 0),
  count(b.order_id),
  count(*) FILTER (WHERE b.cancelled),
  sum(CAST(b.goods_amount AS DECIMAL(24,4)) * o.fx_to_base),
  count(*) FILTER (WHERE o.fx_to_base IS NULL)
FROM day_orders o
LEFT JOIN lines l
  ON l.platform = o.platform AND l.shop_id = o.shop_id AND l.sale_date = o.sale_date
    AND l.channel IS NOT DISTINCT FROM o.channel
LEFT JOIN back b ON b.platform = o.platform AND b.shop_id = o.shop_id AND b.order_id = o.order_id
GROUP BY o.platform, o.shop_id, o.sale_date, o.channel
ORDER BY o.sale_date"""

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

ROLLUPS = (
    ("rollup_products_daily", "sale_date", PRODUCTS),
    ("rollup_sales_daily", "sale_date", SALES),
    ("rollup_placed_daily", "created_date", PLACED),
    ("rollup_refunds_daily", "refund_date", REFUNDS),
)
"""(table, its day column, SQL), in the order of counting: the units of a day are summed over its products."""


def refresh(live: duckdb.DuckDBPyConnection) -> None:
    """Counts `touched_days` anew."""
    live.execute(SOLD)
    for table, day, sql in ROLLUPS:
        live.execute(f"""
            DELETE FROM {table} t USING touched_days d
            WHERE t.platform = d.platform AND t.shop_id = d.shop_id AND t.{day} = d.day""")
        live.execute(f"INSERT INTO {table} {sql}")


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
