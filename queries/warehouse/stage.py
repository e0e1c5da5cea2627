"""Staging: a batch's rows with every column of their table, in `new_<table>`.

Here the sale day, the exchange rate of that day and the suppression of erased buyers are decided, once,
for every row that is ever written.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import duckdb

from queries.records import Shop
from queries.warehouse import rulings
from queries.warehouse.batch import Batch
from queries.warehouse.errors import UnknownZone
from queries.warehouse.incoming import shops_of
from queries.warehouse.live import literal
from queries.warehouse.settle import keep_stored, one
from queries.warehouse.tables import ORDER_LINES, ORDERS, REFUNDS, Table, local_day

SALE_AT = """CASE
    WHEN i.order_type = 'presale' THEN i.balance_paid_at
    WHEN i.payment_type = 'cod' AND {anchor} = 'created' THEN i.created_at
    WHEN i.payment_type = 'cod' THEN i.delivered_at
    ELSE i.paid_at END"""
"""When an order counts as a sale: a deposit alone does not; cash on delivery as its shop says."""


def shops(
    live: duckdb.DuckDBPyConnection, batch: Batch, known: list[Shop], base: str, zone: str
) -> tuple[int, list[str]]:
    """Writes what the batch says of its shops; returns (rows written, shops whose orders count anew).

    Rows can arrive before their shop does: it is then noted without a name, on the workspace's own clock.
    `cod_anchor` of a shop that is known already is a setting of the merchant and stays.
    """
    written, restated = 0, []
    for shop in known:
        shop_id = shop.shop_id or batch.shop_id
        try:
            ZoneInfo(shop.tz)
        except (ZoneInfoNotFoundError, ValueError) as failure:
            raise UnknownZone(shop=shop_id, tz=shop.tz) from failure
        row = live.execute(
            "SELECT name, tz, currency, cod_anchor, history_from FROM shops"
            " WHERE platform = ? AND shop_id = ?",
            [batch.platform, shop_id],
        ).fetchone()
        if row is None:
            live.execute(
                "INSERT INTO shops VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
                [
                    batch.platform,
                    shop_id,
                    shop.name,
                    shop.tz,
                    shop.currency,
                    shop.cod_anchor,
                    shop.history_from,
                ],
            )
            written += 1
            continue
        anchor = shop.cod_anchor if row[0] is None else row[3]
        history = min((day for day in (row[4], shop.history_from) if day), default=None)
        wanted = (shop.name, shop.tz, shop.currency, anchor, history)
        if wanted != row:
            live.execute(
                "UPDATE shops SET name = ?, tz = ?, currency = ?, cod_anchor = ?, history_from = ?"
                " WHERE platform = ? AND shop_id = ?",
                [*wanted, batch.platform, shop_id],
            )
            written += 1
        if (row[1], row[3]) != (shop.tz, anchor):
            restated.append(shop_id)
    for shop_id in shops_of(batch):
        written += one(
            live,
            """
            INSERT INTO shops
            SELECT $platform, $shop, NULL, $zone, $base, 'delivered', NULL, NULL
            WHERE NOT EXISTS (SELECT 1 FROM shops WHERE platform = $platform AND shop_id = $shop)""",
            {"platform": batch.platform, "shop": shop_id, "zone": zone, "base": base},
        )
    return written, restated


def plain(live: duckdb.DuckDBPyConnection, batch: Batch, table: Table, base: str, arrived: bool) -> str:
    """Stages a table that nothing is derived from; returns the scope for which the batch is complete."""
    live.execute(f"CREATE TEMP TABLE new_{table.name} AS SELECT * FROM {table.name} LIMIT 0")
    if arrived and table.has_rate:
        live.execute(f"""
            INSERT INTO new_{table.name} BY NAME
            WITH i AS (
              SELECT CAST({literal(batch.platform)} AS platform_name) AS platform, *
              FROM arrived_{table.name}),
            dated AS (
              SELECT i.*, {table.day_of("i")} AS day
              FROM i
              JOIN shops s USING (platform, shop_id)),
            {_rates(f"arrived_{table.name}", base)}
            SELECT d.* EXCLUDE (day), {_rate("d", base, f"t.{table.day} = d.{table.day}")} AS fx_to_base
            FROM dated d
            LEFT JOIN {table.name} t ON {table.same_key("t", "d")}
            ASOF LEFT JOIN rates r ON r.currency = d.currency AND r.date <= d.day""")
    elif arrived:
        live.execute(
            f"INSERT INTO new_{table.name} BY NAME"
            f" SELECT {literal(batch.platform)} AS platform, * FROM arrived_{table.name}"
        )
    if arrived and table.kept:
        live.execute(
            f"UPDATE new_{table.name} AS n"
            f" SET {', '.join(f'{name} = coalesce(n.{name}, t.{name})' for name in table.kept)}"
            f" FROM {table.name} t WHERE {table.same_key('n', 't')}"
        )
    scope = _covered(batch, table)
    met = f"SEMI JOIN new_{table.name} n ON {table.same_key('t', 'n')}"
    of_shops = f"WHERE t.platform = {literal(batch.platform)} AND t.shop_id IN ({_list(shops_of(batch))})"
    keep_stored(live, table, of_shops if scope else met)
    return scope


def _covered(batch: Batch, table: Table) -> str:
    """SQL over the stored row `t`: the days for which the batch is complete; "" for none."""
    if batch.covers is None or table.name not in batch.covers.tables:
        return ""
    return (
        f"t.platform = {literal(batch.platform)} AND EXISTS (SELECT 1 FROM shops s"
        f" WHERE s.platform = t.platform AND s.shop_id = t.shop_id"
        f" AND s.shop_id IN ({_list(shops_of(batch))})"
        f" AND {table.day_of('t')} BETWEEN DATE '{batch.covers.first}' AND DATE '{batch.covers.last}')"
    )


def orders(
    live: duckdb.DuckDBPyConnection, batch: Batch, arrived: set[str], restated: list[str], base: str
) -> dict[str, str]:
    """Stages orders, lines and refunds; returns the scope of each table for which the batch is complete.

    `stored_<table>` holds what is stored of the batch's orders: everything after looks there.
    """
    for name in ("new_orders", "new_refunds"):
        _nothing(live, name)
    _arrived(live, batch, arrived, restated)
    keep_stored(live, ORDERS, "SEMI JOIN in_orders USING (platform, shop_id, order_id)")
    rulings.refunds_before_orders(live)
    live.execute("""
        CREATE TEMP TABLE stale AS
        SELECT i.platform, i.shop_id, i.order_id
        FROM in_orders i
        JOIN stored_orders t USING (platform, shop_id, order_id)
        WHERE t.modified_at > i.modified_at""")
    _stage_orders(live, batch, base)
    live.execute("""
        CREATE TEMP VIEW new_order_lines AS
        SELECT i.*, i.native_unit_cost AS unit_cost
        FROM in_order_lines i
        ANTI JOIN stale USING (platform, shop_id, order_id)""")
    live.execute(f"""
        INSERT INTO new_refunds BY NAME
        SELECT i.*, {local_day("i.refunded_at")} AS refund_date
        FROM in_refunds i
        JOIN shops s USING (platform, shop_id)
        WHERE NOT EXISTS (
          SELECT 1 FROM refunds t
          WHERE (t.platform, t.shop_id, t.refund_id) = (i.platform, i.shop_id, i.refund_id)
            AND t.modified_at > i.modified_at)""")
    rulings.refunds(live)
    return _scopes(live, batch)


def nothing_of_orders(live: duckdb.DuckDBPyConnection) -> None:
    """Empty stages of the three tables."""
    for table in (ORDERS, ORDER_LINES, REFUNDS):
        for kind in ("new", "stored"):
            _nothing(live, f"{kind}_{table.name}")


def _nothing(live: duckdb.DuckDBPyConnection, stage: str) -> None:
    live.execute(f"CREATE TEMP TABLE {stage} AS SELECT * FROM {stage.partition('_')[2]} LIMIT 0")


def currencies_without_rate(live: duckdb.DuckDBPyConnection, tables: set[str]) -> tuple[str, ...]:
    """Currencies among the staged rows for which no rate is known on or before their day."""
    found: set[str] = set()
    for name in tables:
        found |= {
            row[0]
            for row in live.execute(
                f"SELECT DISTINCT currency FROM new_{name} WHERE fx_to_base IS NULL"
            ).fetchall()
        }
    return tuple(sorted(found))


def _arrived(live: duckdb.DuckDBPyConnection, batch: Batch, arrived: set[str], restated: list[str]) -> None:
    """`in_<table>`: the batch's rows with their platform, the whole of orders that were split, and all that a
    shop has whose clock changed. Where nothing is added to what arrived, it is not copied."""
    platform = f"CAST({literal(batch.platform)} AS platform_name) AS platform"
    added_to = bool(restated) or ("orders" in arrived and rulings.has_splits(live))
    for name, columns in rulings.ARRIVE.items():
        if name in arrived and name != "refunds" and not added_to:
            live.execute(f"CREATE TEMP VIEW in_{name} AS SELECT {platform}, * FROM arrived_{name}")
            continue
        live.execute(f"CREATE TEMP TABLE in_{name} AS SELECT {columns} FROM {name} LIMIT 0")
        if name in arrived:
            live.execute(f"INSERT INTO in_{name} BY NAME SELECT {platform}, * FROM arrived_{name}")
        if restated and name != "order_lines":
            key = "order_id" if name == "orders" else "refund_id"
            live.execute(f"""
                INSERT INTO in_{name} BY NAME
                SELECT {columns} FROM {name} t
                WHERE t.platform = {literal(batch.platform)} AND t.shop_id IN ({_list(restated)})
                  AND NOT EXISTS (SELECT 1 FROM in_{name} i WHERE (i.platform, i.shop_id, i.{key})
                                  = (t.platform, t.shop_id, t.{key}))""")
    if added_to:
        rulings.split_orders(live)


def _stage_orders(live: duckdb.DuckDBPyConnection, batch: Batch, base: str) -> None:
    """Zone and rule of a shop are constants where all shops of the platform have the same: many times cheaper than row
    by row. Nothing here holds all rows but `new_orders`."""
    terms = live.execute(
        f"SELECT DISTINCT tz, cod_anchor FROM shops WHERE platform = {literal(batch.platform)}"
    ).fetchall()
    tz, anchor, shops = "s.tz", "s.cod_anchor", "JOIN shops s USING (platform, shop_id)"
    if len(terms) == 1:
        tz, anchor, shops = literal(terms[0][0]), literal(terms[0][1]), ""
    _quotes(live, base)
    live.execute(f"""
        INSERT INTO new_orders BY NAME
        WITH sold AS (
          SELECT i.* EXCLUDE (customer_key), {SALE_AT.format(anchor=anchor)} AS sale_at,
            {local_day("i.created_at", tz)} AS created_date,
            {local_day("sale_at", tz)} AS sale_date,
            coalesce(sale_date, created_date) AS day,
            CASE WHEN (CAST(i.platform AS VARCHAR), i.customer_key)
                      IN (SELECT (platform, subject_key) FROM privacy.suppressions) THEN NULL
                 ELSE i.customer_key END AS customer_key
          FROM in_orders i
          {shops}
          ANTI JOIN stale USING (platform, shop_id, order_id))
        SELECT d.* EXCLUDE (day),
          year(d.sale_date) * 100 + month(d.sale_date) AS year_month,
          {_rate("d", base, "coalesce(t.sale_date, t.created_date) = d.day")} AS fx_to_base
        FROM sold d
        LEFT JOIN stored_orders t ON {ORDERS.same_key("t", "d")}
        LEFT JOIN quotes r ON r.currency = d.currency AND r.day = d.day""")


def _quotes(live: duckdb.DuckDBPyConnection, base: str) -> None:
    """`quotes`: the rate of each currency on each day that an order can fall on, looked up once a day. A shop's day is
    at most one off the day in UTC."""
    instants = ("created_at", "paid_at", "balance_paid_at", "delivered_at")
    live.execute(f"""
        CREATE TEMP TABLE quotes AS
        WITH {_rates("in_orders", base)},
        days AS (
          SELECT DISTINCT day + unnest([-1, 0, 1]) AS day
          FROM (SELECT DISTINCT unnest([{", ".join(f"CAST({at} AS DATE)" for at in instants)}]) AS day FROM in_orders))
        SELECT c.currency, d.day, r.rate
        FROM (SELECT DISTINCT currency FROM rates) c
        CROSS JOIN days d
        ASOF JOIN rates r ON r.currency = c.currency AND r.date <= d.day""")


def _scopes(live: duckdb.DuckDBPyConnection, batch: Batch) -> dict[str, str]:
    """An order that came is complete in what it `replaces`; a refund that came is complete in its lines."""
    for name in ("order_lines", "refunds"):
        live.execute(f"""
            CREATE TEMP VIEW complete_{name} AS
            SELECT platform, shop_id, order_id FROM new_orders
            UNION ALL
            SELECT platform, shop_id, order_id FROM new_{name}""")
    keep_stored(live, ORDER_LINES, "SEMI JOIN complete_order_lines USING (platform, shop_id, order_id)")
    same_refund = (
        "(t.platform, t.shop_id, t.refund_id) IN (SELECT (platform, shop_id, refund_id) FROM new_refunds)"
    )
    of_batch = (
        "(t.platform, t.shop_id, t.order_id) IN (SELECT (platform, shop_id, order_id) FROM complete_{})"
    )
    keep_stored(live, REFUNDS, f"WHERE {same_refund} OR {of_batch.format('refunds')}")
    real = "NOT starts_with(t.refund_id, 'derived:')"
    replaced = (
        f"{rulings.FROM_EXPORT.format('t')} AND (t.platform, t.shop_id, t.order_id) IN"
        f" (SELECT (n.platform, n.shop_id, n.order_id) FROM new_refunds n WHERE {rulings.OF_PLATFORM.format('n')})"
    )
    return {
        "order_lines": of_batch.format("order_lines") if "order_lines" in batch.replaces else "",
        "refunds": f"{real} AND ({same_refund} OR {of_batch.format('refunds')})"
        if "refunds" in batch.replaces
        else f"({same_refund} OR {replaced})",
    }


def _rates(arrived: str, base: str) -> str:
    """CTE `rates`: the quotes of the currencies that arrived."""
    return (
        f"rates AS (SELECT date, currency, rate FROM fx_rates WHERE base = {literal(base)}"
        f" AND currency IN (SELECT DISTINCT currency FROM {arrived}))"
    )


def _rate(row: str, base: str, same_day: str) -> str:
    """SQL: the rate already stored for the same day and currency, so that history stays; else the quote."""
    return (
        f"CASE WHEN {row}.currency = {literal(base)} THEN 1"
        f" WHEN t.fx_to_base IS NOT NULL AND t.currency = {row}.currency AND {same_day} THEN t.fx_to_base"
        f" ELSE r.rate END"
    )


def _list(values: list[str]) -> str:
    return ", ".join(literal(value) for value in values) or "NULL"
