"""Who bought on a platform, and since when: `customers` a shop, `rollup_buyers` a platform.

Whether a buyer of a period is new is asked often and depends on the whole history; the first day is therefore
kept, not looked for. Both are derived from orders alone.
"""

from __future__ import annotations

import duckdb

from queries.warehouse.settle import one

COUNTED = """
CREATE OR REPLACE TEMP TABLE counted_customers AS
SELECT platform, shop_id, customer_key,
  min(sale_at) FILTER (WHERE is_sale) AS first_sale_at,
  max(sale_at) FILTER (WHERE is_sale) AS last_sale_at,
  arg_max(region, created_at) FILTER (WHERE region IS NOT NULL) AS region,
  min(created_at) AS created_at,
  min(sale_date) FILTER (WHERE is_sale) AS first_date
FROM v_orders
{which}
GROUP BY platform, shop_id, customer_key"""
"""One row a buyer and shop: first and last sale, the province of the latest order, when first seen."""


def refresh(live: duckdb.DuckDBPyConnection) -> None:
    """Counts the buyers of `order_facts` anew, in all shops of their platform."""
    live.execute("""
        CREATE TEMP TABLE touched_customers AS
        SELECT DISTINCT platform, customer_key
        FROM order_facts
        WHERE customer_key IS NOT NULL""")
    if not one(live, "SELECT count(*) FROM touched_customers"):
        return
    for table in ("customers", "rollup_buyers"):
        live.execute(f"""
            DELETE FROM {table} t USING touched_customers c
            WHERE t.platform = c.platform AND t.customer_key = c.customer_key""")
    _write(live, "SEMI JOIN touched_customers USING (platform, customer_key)")


def recount(live: duckdb.DuckDBPyConnection) -> None:
    """Counts everybody anew: after a write to orders that did not come through a merge."""
    live.execute("DELETE FROM customers")
    live.execute("DELETE FROM rollup_buyers")
    _write(live, "WHERE customer_key IS NOT NULL")


def _write(live: duckdb.DuckDBPyConnection, which: str) -> None:
    live.execute(COUNTED.format(which=which))
    live.execute("INSERT INTO customers SELECT * EXCLUDE (first_date) FROM counted_customers")
    live.execute("""
        INSERT INTO rollup_buyers
        SELECT platform, customer_key, min(first_date)
        FROM counted_customers
        GROUP BY platform, customer_key
        HAVING min(first_date) IS NOT NULL""")
    live.execute("DROP TABLE counted_customers")
