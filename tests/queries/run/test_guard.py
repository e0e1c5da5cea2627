"""`souk sql`: attempts to break out, each refused; honest SELECTs, each answered as DuckDB answers."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from queries.run.analyst import NotAllowed, SqlFailed, SqlStopped, run_sql, scrubbed
from queries.run.connection import TooSlow, run
from queries.run.guard import checked
from tests.queries.asking import Market

TABLES = {("main", "orders"), ("main", "v_orders"), ("privacy", "roles"), ("information_schema", "tables")}
FUNCTIONS = {"quantile_cont", "list_sort", "count", "sum", "epoch"}

REFUSED = [
    # writes and other statements
    "INSERT INTO orders VALUES (1)",
    "UPDATE orders SET status = 'x'",
    "DELETE FROM orders",
    "CREATE TABLE t AS SELECT 1",
    "CREATE TEMP TABLE t AS SELECT 1",
    "DROP TABLE orders",
    "COPY orders TO 'x.csv'",
    "COPY (SELECT 1) TO '/tmp/w.duckdb' (USE_TMP_FILE false)",
    "ATTACH '/tmp/x.duckdb' AS x",
    "DETACH main",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET memory_limit = '1TB'",
    "PRAGMA database_list",
    "PRAGMA table_info('orders')",
    "CALL enable_logging(storage='file')",
    "EXPORT DATABASE '/tmp/x'",
    "DESCRIBE orders",
    "SHOW TABLES",
    "SUMMARIZE orders",
    "EXPLAIN ANALYZE SELECT 1",
    "CHECKPOINT",
    "VACUUM",
    "USE memory",
    "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone",
    "SELECT 1 INTO t",
    # several statements
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE orders",
    "",
    "-- nothing",
    # files and hidden names
    "SELECT * FROM 'x.csv'",
    'SELECT * FROM "/etc/passwd"',
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_blob('w.duckdb')",
    "SELECT * FROM read_duckdb('w.duckdb')",
    "SELECT * FROM read_text('x')",
    "SELECT * FROM glob('*')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('orders')",
    "SELECT * FROM json_execute_serialized_sql('{}')",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_databases()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM pragma_database_list()",
    "SELECT * FROM sniff_csv('x')",
    "SELECT * FROM internal.sync_state",
    "SELECT * FROM pg_catalog.pg_tables",
    "SELECT * FROM person.main.orders",
    "SELECT * FROM information_schema.character_sets",
    "SELECT * FROM no_such_table",
    'SELECT * FROM (WITH "x.csv" AS (SELECT 1) SELECT 1), "x.csv"',
    # functions that look at the machine or the session
    "SELECT current_setting('temp_directory')",
    "SELECT getenv('SOUK_SECRET')",
    "SELECT getvariable('x')",
    "SELECT current_database()",
    "SELECT version()",
    "SELECT nextval('s')",
    "SELECT setseed(0.5)",
    "SELECT pg_sleep(10)",
    "SELECT sleep_ms(1000)",
    "SELECT write_log('x')",
    "SELECT json_serialize_sql('SELECT 1')",
    "SELECT current_query()",
    "SELECT error('x')",
    "SELECT no_such_function(1)",
    "SELECT status FROM orders WHERE list_value(current_setting('threads')) IS NOT NULL",
    # names known only at run time
    "SELECT COLUMNS('.*') FROM orders",
    "SELECT #1 FROM orders",
    "SELECT $1",
    "SELECT ? FROM orders",
    # too much
    "SELECT 1 " + "-" * 20_001,
    " UNION ALL ".join(["SELECT 1"] * 60),
]


@pytest.mark.parametrize("sql", REFUSED, ids=lambda sql: sql[:60] or "(empty)")
def test_refused(sql: str) -> None:
    with pytest.raises(NotAllowed):
        checked(sql, TABLES, FUNCTIONS)


ALLOWED = [
    "SELECT * FROM orders",
    "select count(*) from main.orders o where o.status = 'paid'",
    "SELECT role FROM privacy.roles",
    "SELECT table_name FROM information_schema.tables",
    "WITH a AS (SELECT * FROM orders), b AS (SELECT * FROM a) SELECT count(*) FROM b",
    "SELECT quantile_cont(epoch(delivered_at - shipped_at) / 86400.0, 0.5) FROM v_orders",
    "SELECT unnest(generate_series(0, 12)) AS m",
    "SELECT * FROM range(3) t(n)",
    "SELECT platform, count(*) FILTER (WHERE is_sale) FROM v_orders GROUP BY ALL ORDER BY 1",
    "SELECT x FROM (SELECT list_sort([3, 1]) AS x)",
    "SELECT 1 UNION ALL SELECT 2",
    "(SELECT 1)",
    "SELECT CAST('2026-01-01' AS DATE) + INTERVAL 1 MONTH, current_date",
]


@pytest.mark.parametrize("sql", ALLOWED)
def test_allowed(sql: str) -> None:
    assert checked(sql, TABLES, FUNCTIONS)


def test_what_runs_is_rendered_from_the_tree_and_not_the_text() -> None:
    assert checked("select/* hidden */count(*) from orders -- tail", TABLES, FUNCTIONS).count("tail") <= 1
    assert checked("SELECT  1", TABLES, FUNCTIONS) == "SELECT 1"


def person(market: Market) -> Path:
    return market.warehouse.snapshot("person")


def test_answers_as_the_engine_does(market: Market) -> None:
    sql = (
        "SELECT CAST(platform AS VARCHAR) AS p, count(*) AS n, sum(list_amount) AS s FROM orders"
        " GROUP BY 1 ORDER BY 1"
    )
    result = run_sql(person(market), sql)
    assert [name for name, _ in result.columns] == ["p", "n", "s"]
    assert result.rows == [[p, n, str(s)] for p, n, s in market.sql(sql)]


def test_every_row_is_there(market: Market) -> None:
    assert len(run_sql(person(market), "SELECT i FROM range(12345) t(i)").rows) == 12345


def test_errors_hold_no_path_of_this_machine(market: Market) -> None:
    with pytest.raises(SqlFailed) as failure:
        run_sql(person(market), "SELECT CAST('x' AS INTEGER)")
    assert str(person(market).parent) not in str(failure.value)
    assert (
        scrubbed('cannot open "/srv/souk/a/w.duckdb" now', Path("/srv/souk/a/w.duckdb"))
        == 'cannot open "(path)" now'
    )


GREEDY = [
    "SELECT count(*) FROM range(100000000) a, range(100000000) b",
    "SELECT len(range(1000000000))",
    "SELECT length(repeat('x', 4000000000))",
]


@pytest.mark.parametrize("sql", GREEDY)
def test_a_greedy_statement_ends_with_its_process(market: Market, sql: str) -> None:
    began = time.monotonic()
    with pytest.raises((SqlStopped, SqlFailed)):
        run_sql(person(market), sql, seconds=2, memory=1 << 30)
    assert time.monotonic() - began < 20


def test_the_worker_gets_no_secrets(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUK_SECRET", "must-not-travel")
    assert run_sql(person(market), "SELECT 1 AS one").rows == [[1]]
    with pytest.raises(NotAllowed):
        run_sql(person(market), "SELECT getenv('SOUK_SECRET')")


SECOND_WALL = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "ATTACH '/tmp/other.duckdb' AS other",
    "SET enable_external_access = true",
    "SET memory_limit = '1TB'",
    "CREATE TABLE t(x INTEGER)",
    "INSTALL httpfs",
]


@pytest.mark.parametrize("sql", SECOND_WALL)
def test_the_connection_is_a_second_wall(market: Market, sql: str) -> None:
    """Past the allow-list, a compiled query's connection still reads nothing but its file and changes nothing."""
    import duckdb

    with pytest.raises(duckdb.Error):
        run(market.warehouse.snapshot("business"), sql)


def test_a_long_question_is_stopped(market: Market) -> None:
    with pytest.raises(TooSlow):
        run(
            market.warehouse.snapshot("business"),
            "SELECT count(*) FROM range(100000000) a, range(100000000) b",
            seconds=0.5,
        )


def test_the_business_file_has_no_person_in_it(market: Market) -> None:
    columns = run(
        market.warehouse.snapshot("business"), "SELECT column_name FROM information_schema.columns"
    ).rows
    assert not {"customer_key", "region", "subject_key"} & {name for (name,) in columns}
