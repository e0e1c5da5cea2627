"""What follows from orders: unit costs from the cost list, derived refunds.

All of it is refreshed in the transaction of the merge, for the touched orders and days only. The merge calls
these in the order in which they stand here.
"""

from __future__ import annotations

import duckdb

from queries.warehouse import migrate
from queries.warehouse.rollups import LINE_FACTS, ORDER_FACTS, REFUND_FACTS
from queries.warehouse.settle import one
from queries.warehouse.tables import ORDER_LINES, local_day


def touched_orders(live: duckdb.DuckDBPyConnection, costs_changed: bool) -> bool:
    """`touched_orders`: orders of which anything changed. Returns whether there are any."""
    of_costs = """
        UNION
        SELECT l.platform, l.shop_id, l.order_id
        FROM order_lines l
        SEMI JOIN changed_unit_costs c USING (platform, shop_id, sku_id)
        WHERE l.native_unit_cost IS NULL"""
    live.execute(f"""
        CREATE TEMP TABLE touched_orders AS
        SELECT platform, shop_id, order_id FROM changed_orders
        UNION SELECT platform, shop_id, order_id FROM changed_order_lines
        UNION SELECT platform, shop_id, order_id FROM gone_order_lines
        UNION SELECT platform, shop_id, order_id FROM changed_refunds
        UNION SELECT platform, shop_id, order_id FROM gone_refunds
        {of_costs if costs_changed else ""}""")
    return one(live, "SELECT count(*) FROM touched_orders") > 0


KEY = "platform, shop_id, order_id"
TOUCHED = f"SEMI JOIN touched_orders USING ({KEY})"


def have_costs(live: duckdb.DuckDBPyConnection) -> bool:
    """Whether there is a cost list for the shops of the touched orders."""
    return one(live, "SELECT count(*) FROM unit_costs SEMI JOIN touched_orders USING (platform, shop_id)") > 0


def facts_before(live: duckdb.DuckDBPyConnection, *, costs: bool) -> None:
    """`order_facts`, `refund_facts`, `line_facts`: what the touched orders come to before they are overwritten.

    Most of them came with the batch, so that they are in the stages; `other_orders` are those that did not.
    """
    others = f"FROM touched_orders ANTI JOIN new_orders USING ({KEY})"
    which = f"SEMI JOIN ({others}) USING ({KEY})" if one(live, f"SELECT EXISTS ({others})") else "LIMIT 0"
    live.execute(f"CREATE TEMP TABLE other_orders AS SELECT o.* FROM orders o {which}")
    stored = f"FROM stored_orders SEMI JOIN new_orders USING ({KEY})"
    live.execute("CREATE TEMP TABLE order_facts AS " + _order_facts(-1, stored))
    live.execute("CREATE TEMP TABLE refund_facts AS " + REFUND_FACTS.format(sign=-1, which=TOUCHED))
    if costs:
        live.execute("CREATE TEMP TABLE line_facts AS " + LINE_FACTS.format(sign=-1, lines=f"order_lines l {TOUCHED}"))
    else:
        live.execute(f"CREATE TEMP VIEW line_facts AS {_LINES}")


def facts_after(live: duckdb.DuckDBPyConnection, *, costs: bool) -> None:
    """Adds what they come to now, and with it the refunds that follow from cancelled sales."""
    live.execute("INSERT INTO order_facts " + _order_facts(1, "FROM new_orders"))
    _cancelled_without_refund(live)
    live.execute("INSERT INTO refund_facts " + REFUND_FACTS.format(sign=1, which=TOUCHED))
    if costs:
        live.execute("INSERT INTO line_facts " + LINE_FACTS.format(sign=1, lines=f"order_lines l {TOUCHED}"))


def _order_facts(sign: int, orders: str) -> str:
    """SQL of the facts of `orders` and `other_orders`, as the canonical view rules."""
    rows = migrate.ruled("v_orders", "orders", f"({orders} UNION ALL BY NAME FROM other_orders)")
    return ORDER_FACTS.format(sign=sign, orders=rows, which=TOUCHED)


_LINES = f"""
    {LINE_FACTS.format(sign=-1, lines="stored_order_lines l")}
    UNION ALL
    {LINE_FACTS.format(sign=1, lines="new_order_lines l")}
    UNION ALL
    {LINE_FACTS.format(sign=1, lines="stored_order_lines l")}
    WHERE NOT EXISTS (FROM new_order_lines n WHERE {ORDER_LINES.same_key("n", "l")})
      AND NOT EXISTS (FROM gone_order_lines n WHERE {ORDER_LINES.same_key("n", "l")})"""
"""The lines of the batch's orders before and after, where no cost list has a say. An order of which only a refund
came is not among them: its lines would cancel out."""


def unit_costs(live: duckdb.DuckDBPyConnection) -> bool:
    """Lines for which the platform gives no cost take the cost list's, valid on the sale day.

    A list in another currency is turned into the order's through the base currency, in whole numbers.
    Returns whether any line changed.
    """
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


def _cancelled_without_refund(live: duckdb.DuckDBPyConnection) -> None:
    """A sale that was cancelled leaves through a derived refund unless the platform has a real one.

    The row stands and falls with the order: a real refund that arrives later (and was not turned down)
    takes its place.
    """
    live.execute("""
        DELETE FROM refunds t USING touched_orders o
        WHERE (t.platform, t.shop_id, t.order_id) = (o.platform, o.shop_id, o.order_id)
          AND t.refund_id = 'derived:' || t.order_id""")
    if not one(live, "SELECT count(*) FROM order_facts WHERE sign > 0 AND is_sale AND status = 'cancelled'"):
        return
    live.execute(f"""
        INSERT INTO refunds BY NAME
        WITH left_over AS (
          SELECT o.*, s.tz, coalesce(o.cancelled_at, o.modified_at, o.sale_at) AS left_at
          FROM orders o
          SEMI JOIN (FROM order_facts WHERE sign > 0 AND is_sale AND status = 'cancelled')
            USING (platform, shop_id, order_id)
          JOIN shops s USING (platform, shop_id)
          WHERE NOT EXISTS (
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
