"""Who bought on a platform, and since when: `customers` a shop, `rollup_buyers` a platform.

Whether a buyer of a period is new is asked often and depends on the whole history; the first day is therefore
kept, not looked for. Both are derived from orders alone.
"""

from __future__ import annotations

import duckdb

from queries.warehouse.tables import local_day

CUSTOMERS = """
SELECT platform, shop_id, customer_key,
  min(sale_at) FILTER (WHERE is_sale),
  max(sale_at) FILTER (WHERE is_sale),
  arg_max(region, created_at) FILTER (WHERE region IS NOT NULL),
  min(created_at)
FROM v_orders
{which}
GROUP BY platform, shop_id, customer_key"""
"""One row a buyer and shop: first and last sale, the province of the latest order, when first seen."""

FIRST_DAYS = f"""
SELECT c.platform, c.customer_key, min({local_day("c.first_sale_at")})
FROM customers c
JOIN shops s USING (platform, shop_id)
{{which}}
GROUP BY c.platform, c.customer_key
HAVING min(c.first_sale_at) IS NOT NULL"""


def refresh(live: duckdb.DuckDBPyConnection) -> None:
    """Counts the buyers of `touched_customers` anew, in all shops of their platform."""
    touched = "(SELECT DISTINCT platform, customer_key FROM touched_customers)"
    live.execute(f"""
        DELETE FROM rollup_buyers t USING {touched} b
        WHERE t.platform = b.platform AND t.customer_key = b.customer_key""")
    which = f"SEMI JOIN {touched} b ON b.platform = c.platform AND b.customer_key = c.customer_key"
    live.execute("INSERT INTO rollup_buyers" + FIRST_DAYS.format(which=which))


def recount(live: duckdb.DuckDBPyConnection) -> None:
    """Counts everybody anew: after a write to orders that did not come through a merge."""
    live.execute("DELETE FROM customers")
    live.execute("INSERT INTO customers" + CUSTOMERS.format(which="WHERE customer_key IS NOT NULL"))
    live.execute("DELETE FROM rollup_buyers")
    live.execute("INSERT INTO rollup_buyers" + FIRST_DAYS.format(which=""))
