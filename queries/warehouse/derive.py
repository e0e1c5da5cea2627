"""What follows from orders: unit costs from the cost list, derived refunds, customers.

All of it is refreshed in the transaction of the merge, for the touched orders and days only. The merge calls
these in the order in which they stand here.
"""

from __future__ import annotations

import duckdb

from queries.warehouse import buyers
from queries.warehouse.settle import one
from queries.warehouse.tables import local_day


def stored_lines(live: duckdb.DuckDBPyConnection) -> None:
    """`stored_lines`: the lines stored for the batch's orders, read once out of the biggest table."""
    live.execute("""
        CREATE OR REPLACE TEMP TABLE stored_lines AS
        SELECT l.*
        FROM order_lines l
        SEMI JOIN complete_order_lines USING (platform, shop_id, order_id)""")


def touched_orders(live: duckdb.DuckDBPyConnection, costs_changed: bool) -> bool:
    """`touched_orders`: orders of which anything changed. Returns whether there are any."""
    of_costs = """
        UNION
        SELECT l.platform, l.shop_id, l.order_id
        FROM order_lines l
        SEMI JOIN changed_unit_costs c USING (platform, shop_id, sku_id)
        WHERE l.native_unit_cost IS NULL"""
    live.execute(f"""
        CREATE OR REPLACE TEMP TABLE touched_orders AS
        SELECT platform, shop_id, order_id FROM changed_orders
        UNION SELECT platform, shop_id, order_id FROM changed_order_lines
        UNION SELECT platform, shop_id, order_id FROM gone_order_lines
        UNION SELECT platform, shop_id, order_id FROM changed_refunds
        UNION SELECT platform, shop_id, order_id FROM gone_refunds
        {of_costs if costs_changed else ""}""")
    return one(live, "SELECT count(*) FROM touched_orders") > 0


def note_before(live: duckdb.DuckDBPyConnection) -> None:
    """`touched_days`, `touched_customers`: where the touched orders stood before they are overwritten."""
    _touched_rows(live)
    live.execute("CREATE OR REPLACE TEMP TABLE touched_days AS " + _DAYS)
    live.execute("CREATE OR REPLACE TEMP TABLE touched_customers AS " + _CUSTOMERS)


def note_after(live: duckdb.DuckDBPyConnection) -> None:
    """Adds where they stand now."""
    _touched_rows(live)
    live.execute("INSERT INTO touched_days " + _DAYS)
    live.execute("INSERT INTO touched_customers " + _CUSTOMERS)
    for table in ("touched_days", "touched_customers"):
        live.execute(f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT DISTINCT * FROM {table}")


def _touched_rows(live: duckdb.DuckDBPyConnection) -> None:
    """`touched_rows`: the touched orders as they are at this moment, read once for all who need them."""
    live.execute("""
        CREATE OR REPLACE TEMP TABLE touched_rows AS
        SELECT o.*
        FROM orders o
        SEMI JOIN touched_orders USING (platform, shop_id, order_id)""")


_DAYS = """
    SELECT platform, shop_id, day
    FROM (
      SELECT platform, shop_id, unnest([sale_date, created_date]) AS day
      FROM touched_rows
      UNION
      SELECT platform, shop_id, refund_date
      FROM refunds
      SEMI JOIN touched_orders USING (platform, shop_id, order_id))
    WHERE day IS NOT NULL"""
_CUSTOMERS = """
    SELECT DISTINCT platform, shop_id, customer_key
    FROM touched_rows
    WHERE customer_key IS NOT NULL"""


def touched_lines(live: duckdb.DuckDBPyConnection) -> None:
    """`touched_lines`: the lines of the touched orders as they are now."""
    live.execute("""
        CREATE OR REPLACE TEMP TABLE touched_lines AS
        SELECT l.*
        FROM order_lines l
        SEMI JOIN touched_orders USING (platform, shop_id, order_id)""")


def unit_costs(live: duckdb.DuckDBPyConnection) -> bool:
    """Lines for which the platform gives no cost take the cost list's, valid on the sale day.

    A list in another currency is turned into the order's through the base currency, in whole numbers.
    Returns whether any line changed.
    """
    if not one(live, "SELECT count(*) FROM unit_costs SEMI JOIN touched_orders USING (platform, shop_id)"):
        return False
    changed = one(
        live,
        """
        UPDATE order_lines AS l
        SET unit_cost = f.cost
        FROM (
          WITH wanted AS (
            SELECT l.platform, l.shop_id, l.order_id, l.line_id, l.sku_id, o.currency, o.fx_to_base,
              coalesce(o.sale_date, o.created_date) AS day
            FROM order_lines l
            SEMI JOIN touched_orders USING (platform, shop_id, order_id)
            JOIN orders o USING (platform, shop_id, order_id)
            WHERE l.native_unit_cost IS NULL),
          listed AS (
            SELECT w.*, c.unit_cost, c.currency AS cost_currency
            FROM wanted w
            ASOF LEFT JOIN unit_costs c
              ON c.platform = w.platform AND c.shop_id = w.shop_id AND c.sku_id = w.sku_id
                AND c.valid_from <= w.day),
          rated AS (
            SELECT c.*,
              CAST(c.unit_cost * 10000 AS HUGEINT) AS cost,
              CAST(CAST(coalesce(r.rate, 1) AS DECIMAL(38,8)) * 100000000 AS HUGEINT) AS of_cost,
              CAST(CAST(c.fx_to_base AS DECIMAL(38,8)) * 100000000 AS HUGEINT) AS of_order,
              r.rate IS NOT NULL OR c.cost_currency = b.base AS has_rate
            FROM listed c
            CROSS JOIN (SELECT value AS base FROM internal.meta WHERE key = 'base_currency') b
            ASOF LEFT JOIN fx_rates r
              ON r.currency = c.cost_currency AND r.base = b.base AND r.date <= c.day)
          SELECT platform, shop_id, order_id, line_id,
            CASE WHEN cost_currency = currency THEN unit_cost
                 WHEN has_rate
                 THEN CAST((cost * of_cost * 2 + of_order) // (of_order * 2) AS DECIMAL(28,0)) * 0.0001
            END AS cost
          FROM rated) f
        WHERE (l.platform, l.shop_id, l.order_id, l.line_id) = (f.platform, f.shop_id, f.order_id, f.line_id)
          AND l.unit_cost IS DISTINCT FROM f.cost""",
    )
    return changed > 0


def cancelled_without_refund(live: duckdb.DuckDBPyConnection) -> None:
    """A sale that was cancelled leaves through a derived refund unless the platform has a real one.

    The row stands and falls with the order: a real refund that arrives later (and was not turned down)
    takes its place.
    """
    live.execute("""
        DELETE FROM refunds t USING touched_orders o
        WHERE (t.platform, t.shop_id, t.order_id) = (o.platform, o.shop_id, o.order_id)
          AND t.refund_id = 'derived:' || t.order_id""")
    live.execute(f"""
        INSERT INTO refunds BY NAME
        WITH left_over AS (
          SELECT o.*, s.tz, coalesce(o.cancelled_at, o.modified_at, o.sale_at) AS left_at
          FROM orders o
          SEMI JOIN touched_orders USING (platform, shop_id, order_id)
          JOIN shops s USING (platform, shop_id)
          WHERE o.status = 'cancelled'
            AND o.sale_at IS NOT NULL
            AND o.order_type IN ('normal', 'presale')
            AND o.excluded_reason IS NULL
            AND NOT EXISTS (
              SELECT 1 FROM refunds r
              WHERE (r.platform, r.shop_id, r.order_id) = (o.platform, o.shop_id, o.order_id)
                AND r.status NOT IN ('rejected', 'closed')))
        SELECT o.platform, o.shop_id, 'derived:' || o.order_id AS refund_id, o.order_id,
          'cancel_before_ship' AS refund_type,
          'success' AS status,
          o.left_at AS requested_at,
          o.left_at AS refunded_at,
          coalesce((
            SELECT sum(l.quantity)
            FROM order_lines l
            WHERE (l.platform, l.shop_id, l.order_id) = (o.platform, o.shop_id, o.order_id)), 0) AS quantity,
          o.list_amount - o.seller_discount AS goods_amount,
          o.shipping_amount,
          CASE WHEN o.tax_included THEN 0 ELSE o.tax_amount END AS tax_amount,
          o.shipped_at IS NULL AS restocked,
          '' AS native_status,
          o.modified_at,
          {local_day("o.left_at", "o.tz")} AS refund_date
        FROM left_over o""")


def customers(live: duckdb.DuckDBPyConnection) -> None:
    """One row a buyer and shop: first and last sale, the province of the latest order, when first seen."""
    live.execute("""
        DELETE FROM customers t USING touched_customers c
        WHERE (t.platform, t.shop_id, t.customer_key) = (c.platform, c.shop_id, c.customer_key)""")
    which = "SEMI JOIN touched_customers USING (platform, shop_id, customer_key)"
    live.execute("INSERT INTO customers" + buyers.CUSTOMERS.format(which=which))
