"""Rulings that a row alone cannot settle, as they need the order beside it. The staging of orders calls them.

- An order that was split is counted by its parts: whichever comes first, the whole becomes a duplicate.
- Platforms state one sum for a refund: what goes beyond the goods of its line (or order) is postage, as far
  as the order has any. A full refund then nets to zero in goods.
- A refund asked for after the parcel has left is no cancellation before shipping.
- An export tells that an order was refunded, not by which case. A refund of the platform's own takes its place.

They work on what was staged, before it is compared with what is stored: a repeated batch changes nothing.
"""

from __future__ import annotations

import duckdb

from queries.warehouse.settle import one

FROM_EXPORT = "starts_with({}.refund_id, 'export:')"
OF_PLATFORM = (
    "NOT starts_with({0}.refund_id, 'export:') AND NOT starts_with({0}.refund_id, 'derived:')"
    " AND {0}.status NOT IN ('rejected', 'closed')"
)
"""SQL: where a refund comes from, and that it was not turned down."""

ARRIVE = {
    "orders": "* EXCLUDE (fx_to_base, sale_at, sale_date, created_date, year_month)",
    "order_lines": "* EXCLUDE (unit_cost)",
    "refunds": "* EXCLUDE (refund_date)",
}
"""What of a stored row can be staged again, as if it had just arrived: all but what the staging adds."""


def has_splits(live: duckdb.DuckDBPyConnection) -> bool:
    """Whether any order, arriving or stored, says that it was split off another one."""
    return bool(
        one(
            live,
            """
            SELECT EXISTS (FROM arrived_orders WHERE split_from IS NOT NULL)
                OR EXISTS (FROM orders WHERE split_from IS NOT NULL)""",
        )
    )


def split_orders(live: duckdb.DuckDBPyConnection) -> None:
    """Marks in `in_orders` what other orders were split from; brings it in from the store where it is there."""
    live.execute("""
        CREATE TEMP TABLE split_up AS
        SELECT DISTINCT platform, shop_id, unnest(string_split(split_from, ',')) AS order_id
        FROM (
          SELECT platform, shop_id, split_from
          FROM in_orders
          UNION ALL
          SELECT platform, shop_id, split_from
          FROM orders
          SEMI JOIN in_orders USING (platform, shop_id))
        WHERE split_from IS NOT NULL""")
    if not one(live, "SELECT count(*) FROM split_up"):
        return
    live.execute("""
        CREATE TEMP TABLE split_before AS
        SELECT platform, shop_id, order_id
        FROM orders
        SEMI JOIN split_up USING (platform, shop_id, order_id)
        ANTI JOIN in_orders USING (platform, shop_id, order_id)
        WHERE excluded_reason IS NULL""")
    for name in ("order_lines", "orders"):
        live.execute(f"""
            INSERT INTO in_{name} BY NAME
            SELECT {ARRIVE[name]} FROM {name} SEMI JOIN split_before USING (platform, shop_id, order_id)""")
    live.execute("""
        UPDATE in_orders AS i
        SET excluded_reason = 'duplicate'
        FROM split_up s
        WHERE i.excluded_reason IS NULL
          AND (i.platform, i.shop_id, i.order_id) = (s.platform, s.shop_id, s.order_id)""")


def refunds_before_orders(live: duckdb.DuckDBPyConnection) -> None:
    """Stages stored refunds again whose order only comes now."""
    live.execute("""
        INSERT INTO in_refunds BY NAME
        SELECT * EXCLUDE (refund_date)
        FROM refunds t
        SEMI JOIN in_orders USING (platform, shop_id, order_id)
        ANTI JOIN stored_orders USING (platform, shop_id, order_id)
        ANTI JOIN in_refunds USING (platform, shop_id, refund_id)""")


def refunds(live: duckdb.DuckDBPyConnection) -> None:
    """Parts goods and postage of the staged refunds, and tells cancellations from parcels turned back."""
    if not one(live, "SELECT count(*) FROM new_refunds"):
        return
    live.execute(f"""
        DELETE FROM new_refunds n
        USING refunds t
        WHERE {FROM_EXPORT.format("n")} AND {OF_PLATFORM.format("t")}
          AND (t.platform, t.shop_id, t.order_id) = (n.platform, n.shop_id, n.order_id)""")
    live.execute(_OF_REFUNDS)
    live.execute("""
        UPDATE new_refunds AS r
        SET goods_amount = r.goods_amount - p.postage, shipping_amount = r.shipping_amount + p.postage
        FROM (
          SELECT r.platform, r.shop_id, r.refund_id, r.line_id,
            least(r.goods_amount - coalesce(l.goods, o.goods), o.shipping_amount - r.shipping_amount) AS postage
          FROM new_refunds r
          JOIN of_refunds o
            ON (o.platform, o.shop_id, o.order_id) = (r.platform, r.shop_id, r.order_id) AND o.line_id IS NULL
          LEFT JOIN of_refunds l
            ON (l.platform, l.shop_id, l.order_id, l.line_id)
               = (r.platform, r.shop_id, r.order_id, r.line_id)) p
        WHERE (r.platform, r.shop_id, r.refund_id) = (p.platform, p.shop_id, p.refund_id)
          AND r.line_id IS NOT DISTINCT FROM p.line_id
          AND p.postage > 0""")
    live.execute("""
        UPDATE new_refunds AS r
        SET refund_type = 'refund_only', quantity = 0, restocked = false
        FROM of_refunds o
        WHERE r.refund_type = 'cancel_before_ship'
          AND o.line_id IS NULL
          AND (o.platform, o.shop_id, o.order_id) = (r.platform, r.shop_id, r.order_id)
          AND r.requested_at >= o.shipped_at""")


_OF_REFUNDS = """
    CREATE TEMP TABLE of_refunds AS
    WITH known_orders AS (
      SELECT platform, shop_id, order_id, list_amount, seller_discount, platform_discount, shipping_amount,
        shipped_at
      FROM new_orders
      SEMI JOIN new_refunds USING (platform, shop_id, order_id)
      UNION ALL
      SELECT platform, shop_id, order_id, list_amount, seller_discount, platform_discount, shipping_amount,
        shipped_at
      FROM orders
      SEMI JOIN new_refunds USING (platform, shop_id, order_id)
      ANTI JOIN new_orders USING (platform, shop_id, order_id)),
    known_lines AS (
      SELECT platform, shop_id, order_id, line_id, list_amount, seller_discount, platform_discount
      FROM new_order_lines
      SEMI JOIN new_refunds USING (platform, shop_id, order_id)
      UNION ALL
      SELECT platform, shop_id, order_id, line_id, list_amount, seller_discount, platform_discount
      FROM order_lines
      SEMI JOIN new_refunds USING (platform, shop_id, order_id)
      ANTI JOIN new_order_lines USING (platform, shop_id, order_id))
    SELECT platform, shop_id, order_id, NULL AS line_id,
      list_amount - seller_discount - platform_discount AS goods, shipping_amount, shipped_at
    FROM known_orders
    UNION ALL
    SELECT platform, shop_id, order_id, line_id,
      list_amount - seller_discount - platform_discount AS goods, NULL, NULL
    FROM known_lines"""
"""What can be paid back: for goods of each order (line_id NULL) and of each line."""
