"""The invariants of every load, checked for the orders a merge touched; breaches go to `data_quality`.

A breach is kept and reported, never repaired in silence: it is a mapping gone wrong or a platform's own.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

CHECKS = (
    (
        "order_equals_lines",
        "warn",
        "list amount and discounts of an order equal the sums of its lines",
        """
        SELECT o.order_id
        FROM now_orders o
        JOIN (
          SELECT platform, shop_id, order_id, sum(list_amount) AS list_amount,
            sum(seller_discount) AS seller_discount, sum(platform_discount) AS platform_discount
          FROM line_facts
          WHERE sign > 0
          GROUP BY platform, shop_id, order_id) l USING (platform, shop_id, order_id)
        WHERE (o.list_amount, o.seller_discount, o.platform_discount)
              IS DISTINCT FROM (l.list_amount, l.seller_discount, l.platform_discount)""",
    ),
    (
        "refunds_within_order",
        "warn",
        "refunds of an order never exceed goods, shipping and tax",
        """
        SELECT o.order_id
        FROM now_orders o
        JOIN (
          SELECT platform, shop_id, order_id, sum(paid_out) AS refunded
          FROM refund_facts
          WHERE sign > 0
          GROUP BY platform, shop_id, order_id) r USING (platform, shop_id, order_id)
        WHERE r.refunded > o.list_amount - o.seller_discount + o.shipping_amount + o.tax_amount""",
    ),
    (
        "sale_after_creation",
        "warn",
        "an order is a sale at or after its creation",
        "SELECT order_id FROM now_orders WHERE sale_at < created_at",
    ),
    (
        "one_row_an_order",
        "fail",
        "one row per platform, shop and order",
        "SELECT order_id FROM now_orders GROUP BY platform, shop_id, order_id HAVING count(*) > 1",
    ),
    (
        "sale_has_rate",
        "warn",
        "every sale has an exchange rate",
        "SELECT order_id FROM now_orders WHERE is_sale AND fx_to_base IS NULL",
    ),
)
"""(name, status of a breach, what is expected, SQL of the orders that breach it)"""


def check(live: duckdb.DuckDBPyConnection, connection: str, now: datetime) -> bool:
    """Notes each breached invariant once a merge, with how many orders and three of them; True if any."""
    rows = live.execute(
        "WITH now_orders AS (FROM order_facts WHERE sign > 0) "
        + " UNION ALL ".join(
            f"SELECT {number} AS number, count(*), (list(order_id ORDER BY order_id))[:3] FROM ({sql})"
            for number, (_, _, _, sql) in enumerate(CHECKS)
        )
    ).fetchall()
    breached = [(number, found, examples) for number, found, examples in sorted(rows) if found]
    for number, found, examples in breached:
        name, status, expected, _ = CHECKS[number]
        live.execute(
            "INSERT INTO data_quality VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                now.replace(tzinfo=None),
                connection,
                name,
                status,
                expected,
                f"{found} orders",
                "for example " + ", ".join(examples),
            ],
        )
    return bool(breached)
