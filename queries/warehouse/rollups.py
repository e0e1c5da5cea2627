"""The daily rollups (columns: migrations/0003 and 0007), kept exact by difference.

A merge takes the facts of the orders it touches twice, before it writes (`sign` -1) and after (+1); what they add
up to by day is what the rollups change by. So a merge costs what it changes, however large the warehouse is, and
counting everything anew is the same with nothing before. An amount is NULL where no row behind it has a rate (or
a cost), as the same sum over the view would be; the counts say when that is.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from queries.warehouse import migrate


@dataclass(frozen=True)
class Rollup:
    """One table. `counts` are never NULL, a row with the first of them at 0 is gone; `amounts` maps each amount to
    the condition (over the counts) under which it has a value. `sql` yields all of them, signed, by `keys`."""

    table: str
    day: str
    keys: tuple[str, ...]
    counts: tuple[str, ...]
    amounts: dict[str, str]
    sql: str

    def same_key(self, left: str, right: str) -> str:
        """SQL. Platform, shop and sale day are never NULL: compared as such they spare a merge the other days."""
        never = ("platform", "shop_id", "sale_date", "created_date")
        return " AND ".join(
            f"{left}.{key} {'=' if key in never else 'IS NOT DISTINCT FROM'} {right}.{key}" for key in self.keys
        )


def _sum(amount: str) -> str:
    return f"coalesce(sum(CASE WHEN f.sign > 0 THEN {amount} ELSE -({amount}) END), 0)"


def _count(condition: str) -> str:
    return f"coalesce(sum(f.sign) FILTER (WHERE {condition}), 0)"


def _in_base(amount: str) -> str:
    return f"CAST({amount} AS DECIMAL(24,4)) * f.fx_to_base"


PRODUCTS = Rollup(
    "rollup_products_daily",
    "sale_date",
    ("platform", "shop_id", "sale_date", "channel", "product_id", "sku_id"),
    ("lines", "units", "lines_without_rate", "lines_with_cost"),
    {
        "gmv_base": "lines > lines_without_rate",
        "cost_base": "lines_with_cost > 0",
        "gmv_with_cost_base": "lines_with_cost > 0",
    },
    f"""
    SELECT f.platform, f.shop_id, f.sale_date, f.channel, l.product_id, l.sku_id,
      sum(f.sign) AS lines,
      coalesce(sum(f.sign * l.quantity) FILTER (WHERE NOT l.is_gift), 0) AS units,
      {_count("f.fx_to_base IS NULL")} AS lines_without_rate,
      {_count("l.unit_cost IS NOT NULL AND f.fx_to_base IS NOT NULL")} AS lines_with_cost,
      {_sum(_in_base("l.list_amount - l.seller_discount"))} AS gmv_base,
      {_sum(_in_base("l.unit_cost * l.quantity"))} AS cost_base,
      {_sum(f"CASE WHEN l.unit_cost IS NOT NULL THEN {_in_base('l.list_amount - l.seller_discount')} END")}
        AS gmv_with_cost_base
    FROM order_facts f
    JOIN line_facts l USING (sign, platform, shop_id, order_id)
    WHERE f.is_sale
    GROUP BY f.platform, f.shop_id, f.sale_date, f.channel, l.product_id, l.sku_id""",
)

SALES = Rollup(
    "rollup_sales_daily",
    "sale_date",
    ("platform", "shop_id", "sale_date", "channel"),
    ("orders", "units", "refunded_orders", "cancelled_orders", "orders_without_rate", "refunded_without_rate"),
    {
        **dict.fromkeys(
            ("gmv_base", "buyer_paid_base", "list_base", "seller_discount_base", "platform_discount_base"),
            "orders > orders_without_rate",
        ),
        "refunds_base": "refunded_orders > refunded_without_rate",
    },
    f"""
    WITH units AS (
      SELECT platform, shop_id, sale_date, channel, sum(units) AS units
      FROM delta_rollup_products_daily
      GROUP BY platform, shop_id, sale_date, channel),
    back AS (
      SELECT sign, platform, shop_id, order_id, sum(goods_amount) AS goods_amount,
        bool_or(refund_type = 'cancel_before_ship') AS cancelled
      FROM refund_facts
      GROUP BY sign, platform, shop_id, order_id)
    SELECT f.platform, f.shop_id, f.sale_date, f.channel,
      sum(f.sign) AS orders,
      coalesce(any_value(u.units), 0) AS units,
      {_count("b.order_id IS NOT NULL")} AS refunded_orders,
      {_count("b.cancelled")} AS cancelled_orders,
      {_count("f.fx_to_base IS NULL")} AS orders_without_rate,
      {_count("b.order_id IS NOT NULL AND f.fx_to_base IS NULL")} AS refunded_without_rate,
      {_sum("f.goods_base")} AS gmv_base,
      {_sum("f.buyer_paid_base")} AS buyer_paid_base,
      {_sum(_in_base("f.list_amount"))} AS list_base,
      {_sum(_in_base("f.seller_discount"))} AS seller_discount_base,
      {_sum(_in_base("f.platform_discount"))} AS platform_discount_base,
      {_sum(_in_base("b.goods_amount"))} AS refunds_base
    FROM order_facts f
    LEFT JOIN back b USING (sign, platform, shop_id, order_id)
    LEFT JOIN units u
      ON u.platform = f.platform AND u.shop_id = f.shop_id AND u.sale_date = f.sale_date
        AND u.channel IS NOT DISTINCT FROM f.channel
    WHERE f.is_sale
    GROUP BY f.platform, f.shop_id, f.sale_date, f.channel""",
)

PLACED = Rollup(
    "rollup_placed_daily",
    "created_date",
    ("platform", "shop_id", "created_date", "channel"),
    ("orders", "sale_orders", "orders_without_rate"),
    {"gmv_placed_base": "orders > orders_without_rate"},
    f"""
    SELECT f.platform, f.shop_id, f.created_date, f.channel,
      sum(f.sign) AS orders,
      {_count("f.is_sale")} AS sale_orders,
      {_count("f.fx_to_base IS NULL")} AS orders_without_rate,
      {_sum("f.goods_base")} AS gmv_placed_base
    FROM order_facts f
    WHERE f.is_countable
    GROUP BY f.platform, f.shop_id, f.created_date, f.channel""",
)

REFUNDS = Rollup(
    "rollup_refunds_daily",
    "refund_date",
    ("platform", "shop_id", "refund_date", "channel", "refund_type"),
    ("refunds", "refunds_without_rate"),
    dict.fromkeys(("goods_base", "paid_out_base"), "refunds > refunds_without_rate"),
    f"""
    SELECT f.platform, f.shop_id, r.refund_date, f.channel, r.refund_type,
      sum(f.sign) AS refunds,
      {_count("f.fx_to_base IS NULL")} AS refunds_without_rate,
      {_sum(_in_base("r.goods_amount"))} AS goods_base,
      {_sum(_in_base("r.paid_out"))} AS paid_out_base
    FROM order_facts f
    JOIN refund_facts r USING (sign, platform, shop_id, order_id)
    WHERE f.is_sale
    GROUP BY f.platform, f.shop_id, r.refund_date, f.channel, r.refund_type""",
)

ROLLUPS = (PRODUCTS, SALES, PLACED, REFUNDS)
"""In the order of counting: the units of a day are summed over its products."""

ORDER_FACTS = """
    SELECT CAST({sign} AS TINYINT) AS sign, o.platform, o.shop_id, o.order_id, o.customer_key, o.status, o.channel,
      o.created_at, o.sale_at, o.created_date, o.sale_date, o.list_amount, o.seller_discount, o.platform_discount,
      o.shipping_amount, o.tax_amount, o.fx_to_base, o.goods_base, o.buyer_paid_base, o.is_countable, o.is_sale
    FROM ({orders}) o {which}"""
REFUND_FACTS = """
    SELECT CAST({sign} AS TINYINT) AS sign, r.platform, r.shop_id, r.order_id, r.refund_type, r.refund_date,
      r.goods_amount, r.goods_amount + r.shipping_amount + r.tax_amount AS paid_out
    FROM refunds r {which}
    WHERE r.status = 'success' AND r.refund_type <> 'exchange'"""
LINE_FACTS = """
    SELECT CAST({sign} AS TINYINT) AS sign, l.platform, l.shop_id, l.order_id, l.product_id, l.sku_id, l.quantity,
      l.is_gift, l.list_amount, l.seller_discount, l.platform_discount, l.unit_cost
    FROM {lines}"""
"""What the rollups (and the checks) read of orders, refunds and lines: `which` are meant."""


def apply(live: duckdb.DuckDBPyConnection) -> None:
    """Adds what the facts come to. `touched_days` then holds the days on which any rollup changed."""
    live.execute("""
        CREATE OR REPLACE TEMP TABLE touched_days AS
        SELECT platform, shop_id, sale_date AS day FROM orders LIMIT 0""")
    for rollup in ROLLUPS:
        _add(live, rollup)
        live.execute(f"""
            INSERT INTO touched_days
            SELECT DISTINCT platform, shop_id, {rollup.day} FROM delta_{rollup.table}
            EXCEPT FROM touched_days""")


def _add(live: duckdb.DuckDBPyConnection, rollup: Rollup) -> None:
    numbers = (*rollup.counts, *rollup.amounts)
    moved = " OR ".join(f"{name} <> 0" for name in numbers)
    live.execute(f"""
        CREATE OR REPLACE TEMP TABLE delta_{rollup.table} AS
        SELECT * FROM ({rollup.sql}) WHERE {moved}""")
    live.execute(f"""
        CREATE OR REPLACE TEMP TABLE before AS
        SELECT t.* FROM {rollup.table} t SEMI JOIN delta_{rollup.table} d ON {rollup.same_key("t", "d")}""")
    live.execute(f"DELETE FROM {rollup.table} t USING before d WHERE {rollup.same_key('t', 'd')}")
    sums = ", ".join(f"coalesce(t.{name}, 0) + d.{name} AS {name}" for name in numbers)
    amounts = ", ".join(f"CASE WHEN {known} THEN {name} END AS {name}" for name, known in rollup.amounts.items())
    live.execute(f"""
        INSERT INTO {rollup.table} BY NAME
        WITH counted AS (
          SELECT {", ".join(f"d.{key}" for key in rollup.keys)}, {sums}
          FROM delta_{rollup.table} d
          LEFT JOIN before t ON {rollup.same_key("t", "d")})
        SELECT {", ".join((*rollup.keys, *rollup.counts))}, {amounts}
        FROM counted
        WHERE {rollup.counts[0]} > 0
        ORDER BY {rollup.day}""")


def recount_if_asked(live: duckdb.DuckDBPyConnection) -> bool:
    """Counts everything anew where a migration has asked for it; returns whether one did."""
    if migrate.get(live, "recount") is None:
        return False
    refresh_all(live)
    live.execute("DELETE FROM internal.meta WHERE key = 'recount'")
    return True


def refresh_all(live: duckdb.DuckDBPyConnection) -> None:
    """Counts every day anew: after a write that did not come through a merge."""
    for rollup in ROLLUPS:
        live.execute(f"DELETE FROM {rollup.table}")
    for name, sql in (
        ("order_facts", ORDER_FACTS.format(sign=1, orders="FROM v_orders", which="")),
        ("refund_facts", REFUND_FACTS.format(sign=1, which="")),
        ("line_facts", LINE_FACTS.format(sign=1, lines="order_lines l")),
    ):
        live.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {sql}")
    apply(live)
