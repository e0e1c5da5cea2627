"""What did not happen: listed products without a sale in a period, sold products without a refund.

No fact has a row for it, so it is the list less the facts. The list for sales is what is on the shelf at the end of the
period (as for the active SKU rate, so that both add up to what is listed), of shops that were synced in it; the list
for refunds is what was sold in the period. A platform that lists by product counts by product.
"""

from __future__ import annotations

from sqlglot import exp

from queries.compile.fragments import fragment, literal
from queries.compile.scope import Scope
from queries.query import AbsentQuery, Filter

NOT_LISTED = "('deleted', 'removed', 'delisted', 'inactive', 'archived', 'draft')"
REACH = 35
"""Days a reported stock is carried forward."""
COLUMNS = {"platform": "platform", "shop": "shop_id", "category": "category", "brand": "brand"}


def absent(query: AbsentQuery, scope: Scope) -> exp.Select:
    """Rows of what is absent, or per value of `count_by` how many of how many; both carry the two sums."""
    steps = {"listed": _listed(query, scope) if query.what == "sale" else _sold(query, scope)}
    steps["happened"] = _happened(query, scope)
    steps["stock"], steps["last_sales"] = _stock(query, scope), _last_sales(query, scope)
    steps["judged"] = _judged(query)
    select = fragment(_counted(query) if query.count_by else _rows(query))
    assert isinstance(select, exp.Select)
    for name, step in steps.items():
        select = select.with_(name, as_=fragment(step))
    return select


def _key(query: AbsentQuery) -> str:
    return "sku_id" if query.of == "sku" else "product_id"


def _listed(query: AbsentQuery, scope: Scope) -> str:
    """The shelf at the end of the period, in shops with data of it."""
    start, end = scope.period()
    last = literal(end or scope.clock.today).sql("duckdb")
    first = literal(start).sql("duckdb") if start else "DATE '0001-01-01'"
    key = _key(query)
    return f"""SELECT p.platform, p.shop_id, p.{key} AS item, min(p.title) AS title, min(p.category) AS category,
      min(p.brand) AS brand, bool_or(p.sku_id = p.product_id) AS by_product, min(p.product_id) AS product_id,
      min(CAST(p.listed_at AS DATE)) AS listed_on
    FROM products AS p JOIN shops AS s ON s.platform = p.platform AND s.shop_id = p.shop_id
    WHERE NOT coalesce(p.status, 'active') IN {NOT_LISTED}
      AND coalesce(CAST(p.listed_at AS DATE), DATE '1970-01-01') < {last}
      AND s.data_through >= {first} AND coalesce(s.history_from, DATE '0001-01-01') < {last}
      AND {_conditions(query.filters, scope, "p")}
    GROUP BY p.platform, p.shop_id, p.{key}"""


def _sold(query: AbsentQuery, scope: Scope) -> str:
    """What was sold in the period, with how many pieces."""
    key = _key(query)
    return f"""SELECT v.platform, v.shop_id, v.{key} AS item, min(p.title) AS title, min(p.category) AS category,
      min(p.brand) AS brand, FALSE AS by_product, min(v.product_id) AS product_id, sum(v.quantity) AS units
    FROM v_sales_lines AS v LEFT JOIN (SELECT platform, shop_id, product_id, min(title) AS title,
      min(category) AS category, min(brand) AS brand FROM products GROUP BY platform, shop_id, product_id) AS p
      ON p.platform = v.platform AND p.shop_id = v.shop_id AND p.product_id = v.product_id
    WHERE NOT v.is_gift AND NOT v.{key} IS NULL AND {_period("v.sale_date", scope)}
      AND {_conditions(query.filters, scope, "v", "p")}
    GROUP BY v.platform, v.shop_id, v.{key}"""


def _happened(query: AbsentQuery, scope: Scope) -> str:
    """Products and SKUs with a sale, or with a refund of what was sold in the period; a refund of a whole order is
    one of each of its products."""
    if query.what == "sale":
        return f"""SELECT DISTINCT v.platform, v.shop_id, v.product_id, v.sku_id FROM v_sales_lines AS v
        WHERE NOT v.is_gift AND {_period("v.sale_date", scope)}"""
    return f"""SELECT DISTINCT l.platform, l.shop_id, l.product_id, l.sku_id
    FROM (SELECT v.platform, v.shop_id, v.order_id, own.line_id AS own_line FROM v_refunds AS v
      LEFT JOIN order_lines AS own ON own.platform = v.platform AND own.shop_id = v.shop_id
      AND own.order_id = v.order_id AND own.line_id = v.line_id WHERE {_period("v.sale_date", scope)}) AS r
    JOIN order_lines AS l ON l.platform = r.platform AND l.shop_id = r.shop_id AND l.order_id = r.order_id
      AND (r.own_line IS NULL OR l.line_id = r.own_line)"""


def _stock(query: AbsentQuery, scope: Scope) -> str:
    """The last reported stock of each SKU, added up per item; nothing where none was reported."""
    end = literal(scope.period()[1] or scope.clock.today).sql("duckdb")
    item = "l.sku_id" if query.of == "sku" else "p.product_id"
    return f"""SELECT l.platform, l.shop_id, {item} AS item, sum(l.on_hand) AS on_hand
    FROM (SELECT platform, shop_id, sku_id, max_by(on_hand, date) AS on_hand FROM inventory_daily
      WHERE date < {end} AND date >= {end} - {REACH} GROUP BY platform, shop_id, sku_id) AS l
    LEFT JOIN (SELECT platform, shop_id, sku_id, min(product_id) AS product_id FROM products
      GROUP BY platform, shop_id, sku_id) AS p
      ON p.platform = l.platform AND p.shop_id = l.shop_id AND p.sku_id = l.sku_id
    GROUP BY l.platform, l.shop_id, {item}"""


def _last_sales(query: AbsentQuery, scope: Scope) -> str:
    end = literal(scope.period()[1] or scope.clock.today).sql("duckdb")
    key = _key(query)
    return f"""SELECT platform, shop_id, {key} AS item, max(sale_date) AS last_sale FROM v_sales_lines
    WHERE NOT is_gift AND sale_date < {end} GROUP BY platform, shop_id, {key}"""


def _judged(query: AbsentQuery) -> str:
    """Every item of the list, with whether it happened, its stock and its last sale."""
    own = "h.sku_id = l.item" if query.of == "sku" else "h.product_id = l.item"
    units = "l.units" if query.what == "refund" else "CAST(NULL AS HUGEINT)"
    listed = "l.listed_on" if query.what == "sale" else "CAST(NULL AS DATE)"
    return f"""SELECT l.platform, l.shop_id, l.item, l.title, l.category, l.brand, {units} AS units,
      {listed} AS listed_on, s.on_hand, d.last_sale, NOT EXISTS (SELECT 1 FROM happened AS h
      WHERE h.platform = l.platform AND h.shop_id = l.shop_id
      AND ({own} OR (l.by_product AND h.product_id = l.product_id))) AS is_absent
    FROM listed AS l
    LEFT JOIN stock AS s ON s.platform = l.platform AND s.shop_id = l.shop_id AND s.item = l.item
    LEFT JOIN last_sales AS d ON d.platform = l.platform AND d.shop_id = l.shop_id AND d.item = l.item"""


def _rows(query: AbsentQuery) -> str:
    stocked = " AND on_hand > 0" if query.stocked else ""
    order = "units DESC" if query.what == "refund" else "on_hand DESC NULLS LAST, last_sale NULLS FIRST"
    told = "units" if query.what == "refund" else "on_hand"
    limit = f" LIMIT {query.limit}" if query.limit else ""
    return f"""SELECT item, title, {told}, last_sale, platform, absent_count, listed_count
    FROM (SELECT *, is_absent{stocked} AS is_meant, count(*) FILTER (WHERE is_absent{stocked}) OVER () AS absent_count,
      count(*) OVER () AS listed_count FROM judged) AS j
    WHERE is_meant ORDER BY {order}, platform, shop_id, item{limit}"""


def _counted(query: AbsentQuery) -> str:
    columns = ", ".join(f"{COLUMNS[key]} AS {key}" for key in query.count_by)
    names = ", ".join(query.count_by)
    stocked = " AND on_hand > 0" if query.stocked else ""
    limit = f" LIMIT {query.limit}" if query.limit else ""
    return f"""SELECT {names}, absent, listed,
      CAST(absent * 1000000 // listed AS DECIMAL(18, 0)) * 0.000001 AS absent_share,
      sum(absent) OVER () AS absent_count, sum(listed) OVER () AS listed_count
    FROM (SELECT {columns}, count(*) FILTER (WHERE is_absent{stocked}) AS absent, count(*) AS listed FROM judged
      GROUP BY {", ".join(COLUMNS[key] for key in query.count_by)}) AS c
    ORDER BY absent DESC, {names}{limit}"""


def _period(day: str, scope: Scope) -> str:
    start, end = scope.period()
    found = ["TRUE"]
    found += [f"{day} >= {literal(start).sql('duckdb')}"] if start else []
    found += [f"{day} < {literal(end).sql('duckdb')}"] if end else []
    return " AND ".join(found)


def _conditions(filters: tuple[Filter, ...], scope: Scope, table: str, product: str = "") -> str:
    """Filters by place and by what the product is, and the viewer's own shops."""
    found = ["TRUE"]
    for given in filters:
        side = f"{product or table if given.dimension in ('category', 'brand') else table}.{COLUMNS[given.dimension]}"
        values = ", ".join(literal(value).sql("duckdb") for value in given.values)
        unknown = f" OR {side} IS NULL" if given.op == "not_in" else ""
        found.append(f"({side} {'NOT IN' if given.op == 'not_in' else 'IN'} ({values}){unknown})")
    if scope.viewer.shops is not None:
        own = [tuple(literal(key).sql("duckdb") for key in pair) for pair in scope.viewer.shops]
        pairs = [f"({table}.platform = {platform} AND {table}.shop_id = {shop})" for platform, shop in own]
        found.append(f"({' OR '.join(pairs) or 'FALSE'})")
    return " AND ".join(found)
