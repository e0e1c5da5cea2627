"""The allow-list for SQL that a person wrote: one SELECT over known tables with functions that only compute.

DuckDB's settings are no sandbox: a read-only connection without external access can still overwrite its own file,
read it through hidden table functions, list settings and paths, or be made to run out of memory. So a statement
is parsed, every node is judged, and what runs is rendered from the judged tree, never the text that came in.

What this does not stop: a slow or greedy SELECT. For that the statement runs in a process of its own with a
memory limit and a wall clock (`analyst`). Stars need no expansion here: no table on the list hides a column.
"""

from __future__ import annotations

import re
from collections.abc import Collection

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from queries.trouble import Trouble

LONGEST = 20_000
MOST_SET_OPERATIONS = 50
SCHEMAS = ("main", "privacy", "information_schema")
PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

WRITES = (
    exp.Insert,
    exp.Update,
    exp.Delete,
    exp.Merge,
    exp.Create,
    exp.Drop,
    exp.Alter,
    exp.Copy,
    exp.Command,
    exp.Attach,
    exp.Detach,
    exp.Pragma,
    exp.Set,
    exp.Use,
    exp.Into,
    exp.Describe,
    exp.Summarize,
    exp.Transaction,
    exp.Commit,
    exp.Rollback,
    exp.TruncateTable,
    exp.LoadData,
    exp.Export,
    exp.Kill,
    exp.Analyze,
    exp.Cache,
)
"""Statements that are no query, wherever they hide (a data-modifying CTE, SELECT INTO)."""
HOLES = (
    exp.Placeholder,
    exp.Parameter,
    exp.SessionParameter,
    exp.PositionalColumn,
    exp.Columns,
    exp.TableColumn,
)
"""Names that are only known when the statement runs."""
TABLE_FUNCTIONS = {"generate_series", "range", "unnest"}
"""Table functions that only compute; all others read files, settings or hidden names."""
CLOSED = re.compile(
    r"(?:pg_(?!typeof$|size_pretty$)|has_.*_privilege$|current_(?!date$|time|localtime)|getvariable$|getenv$|nextval$|currval$"
    r"|setseed$|sleep|write_log$|stats$|version$|txid_|in_search_path$|json_(?:de)?serialize_sql$|json_execute|query|error$"
    r"|.*_description$|map_to_pg_oid$|parse_duckdb_log|format_pg_type$|session_user$|user$|vector_type$|read_|glob$|sniff_"
    r"|duckdb_|pragma_|sql_auto|add_parquet|which_secret|from_substrait|get_substrait|checkpoint|force_checkpoint|test_)"
)
"""Functions that look at the machine, the session or hidden names, or change them."""
CLOSED_NODES = tuple(
    getattr(exp, name)
    for name in (
        "ReadCSV",
        "ReadParquet",
        "CurrentUser",
        "CurrentDatabase",
        "CurrentSchema",
        "CurrentCatalog",
        "SessionUser",
        "CurrentRole",
        "Version",
        "NextValueFor",
    )
    if hasattr(exp, name)
)


class NotAllowed(Trouble):
    en = "This SQL is not allowed: {what}."
    zh = "不允许执行该SQL: {what}。"
    hint_en = "One SELECT over the tables of main, privacy and information_schema, with functions that only compute."
    hint_zh = "只能是一条SELECT, 使用 main、privacy、information_schema 的表和仅做计算的函数。"


def checked(text: str, tables: Collection[tuple[str, str]], functions: Collection[str]) -> str:
    """The statement, rendered from its judged tree; raises NotAllowed.

    `tables`: (schema, name) pairs there are; `functions`: names of scalar and aggregate functions of the engine.

    >>> checked("select count(*) from orders", {("main", "orders")}, {"count"})
    'SELECT COUNT(*) FROM orders'
    """
    if len(text.encode()) > LONGEST:
        raise NotAllowed(what=f"it is longer than {LONGEST} bytes")
    tree = _parsed(text)
    if sum(1 for _ in tree.find_all(exp.SetOperation)) > MOST_SET_OPERATIONS:
        raise NotAllowed(what=f"more than {MOST_SET_OPERATIONS} set operations")
    own = _own_names(tree)
    for node in tree.walk():
        _judge(node, own, tables, functions)
    return tree.sql(dialect="duckdb")


def _parsed(text: str) -> exp.Expr:
    try:
        trees = [tree for tree in sqlglot.parse(text, read="duckdb") if tree is not None]
    except (SqlglotError, RecursionError):
        raise NotAllowed(what="it could not be parsed as one SELECT") from None
    if len(trees) != 1:
        raise NotAllowed(what="exactly one statement is needed")
    if not isinstance(trees[0], exp.Query):
        raise NotAllowed(what="it is not a SELECT")
    return trees[0]


def _own_names(tree: exp.Expr) -> set[str]:
    """CTEs of the statement. Plain names only: a quoted path as a name would reach a file where it is not in scope."""
    names = set()
    for cte in tree.find_all(exp.CTE):
        if not PLAIN_NAME.fullmatch(cte.alias):
            raise NotAllowed(what=f"a WITH name must be a plain word, not {cte.alias!r}")
        names.add(cte.alias.lower())
    return names


def _judge(
    node: exp.Expr, own: set[str], tables: Collection[tuple[str, str]], functions: Collection[str]
) -> None:
    if isinstance(node, WRITES):
        raise NotAllowed(what=f"{node.key} is not a SELECT")
    if isinstance(node, HOLES):
        raise NotAllowed(what="columns and values must be named in the statement")
    if isinstance(node, exp.Table):
        _judge_table(node, own, tables)
    elif isinstance(node, exp.Func):
        _judge_function(node, functions)


def _judge_table(table: exp.Table, own: set[str], tables: Collection[tuple[str, str]]) -> None:
    if isinstance(table.this, exp.Func):
        name = _name_of(table.this)
        if name not in TABLE_FUNCTIONS:
            raise NotAllowed(what=f"the table function {name}")
        return
    name, schema = table.name.lower(), (table.db or "main").lower()
    if table.args.get("catalog"):
        raise NotAllowed(what="a database name before the schema")
    if not table.db and name in own:
        return
    if (schema, name) not in tables:
        raise NotAllowed(what=f"there is no table {table.db + '.' if table.db else ''}{table.name}")


def _judge_function(node: exp.Func, functions: Collection[str]) -> None:
    name = _name_of(node)
    if isinstance(node, CLOSED_NODES) or CLOSED.match(name):
        raise NotAllowed(what=f"the function {name}")
    if (
        isinstance(node, exp.Anonymous | exp.AnonymousAggFunc)
        and name not in functions
        and name not in TABLE_FUNCTIONS
    ):
        raise NotAllowed(what=f"there is no function {name}")


def _name_of(node: exp.Func) -> str:
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        return str(node.name or node.this).lower()
    return str(type(node).sql_names()[0]).lower()
