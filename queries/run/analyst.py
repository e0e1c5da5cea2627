"""`souk sql`: one SELECT by the owner of the warehouse, judged by `guard`, run in a process of its own.

The process has a memory limit and no environment, and is killed when its time is over: a statement that DuckDB
itself cannot interrupt (a string of a billion characters) ends with it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from queries.run.connection import reading
from queries.run.guard import SCHEMAS, NotAllowed, checked
from queries.trouble import Trouble

SECONDS = 60.0
GRACE = 3.0
"""Between the interrupt inside the process and its end."""
MEMORY_BYTES = 4 << 30
LARGEST_RESULT = 512 << 20
TABLES = """
SELECT schema_name, table_name
FROM duckdb_tables()
UNION ALL
SELECT schema_name, view_name
FROM duckdb_views()"""
FUNCTIONS = """
SELECT DISTINCT function_name
FROM duckdb_functions()
WHERE function_type IN ('scalar', 'aggregate', 'macro')"""
ROOT = Path(__file__).resolve().parents[2]


class SqlFailed(Trouble):
    en = "The SQL failed: {what}"
    zh = "SQL 执行失败: {what}"


class SqlStopped(Trouble):
    en = "The SQL was stopped: {what}."
    zh = "SQL 已停止: {what}。"
    hint_en = "Narrow it by date, or add up before listing."
    hint_zh = "请缩小日期范围, 或先汇总再列出。"


@dataclass
class SqlResult:
    """Columns as (name, DuckDB type), rows of text, numbers, booleans and None; decimals and dates are text."""

    columns: list[tuple[str, str]] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)


def run_sql(path: Path, text: str, *, seconds: float = SECONDS, memory: int = MEMORY_BYTES) -> SqlResult:
    """Runs one judged SELECT on the snapshot at `path`. Raises NotAllowed, SqlFailed, SqlStopped.

    >>> run_sql(warehouse.snapshot("person"), "SELECT count(*) AS n FROM orders").rows
    [[13]]
    """
    tables, functions = known(path)
    sql = checked(text, tables, functions)
    request = {"path": str(path), "sql": sql, "seconds": seconds, "memory": memory}
    worker = subprocess.Popen(
        [sys.executable, "-m", "queries.run.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    deadline = threading.Timer(seconds + GRACE, worker.kill)
    deadline.start()
    try:
        return _received(worker, json.dumps(request).encode(), path)
    finally:
        deadline.cancel()
        worker.kill()
        worker.wait()


def _received(worker: subprocess.Popen[bytes], request: bytes, path: Path) -> SqlResult:
    assert worker.stdin and worker.stdout
    worker.stdin.write(request)
    worker.stdin.close()
    result, size, ended = SqlResult(), 0, False
    for line in worker.stdout:
        size += len(line)
        if size > LARGEST_RESULT:
            raise SqlStopped(what="the result is larger than 512 MB")
        message = json.loads(line)
        if "row" in message:
            result.rows.append(message["row"])
        elif "columns" in message:
            result.columns = [(name, kind) for name, kind in message["columns"]]
        elif "error" in message:
            raise SqlFailed(what=scrubbed(message["error"], path))
        elif "slow" in message:
            raise SqlStopped(what="it took too long")
        ended = "end" in message
    if not ended:
        raise SqlStopped(what="it took too much time or memory")
    return result


def known(path: Path) -> tuple[set[tuple[str, str]], set[str]]:
    """Tables of the open schemas, and the engine's scalar and aggregate functions."""
    with reading(path) as cursor:
        tables = cursor.execute(TABLES).fetchall()
        functions = cursor.execute(FUNCTIONS).fetchall()
    open_tables = {(schema.lower(), name.lower()) for schema, name in tables if schema in SCHEMAS}
    return open_tables, {name for (name,) in functions}


def scrubbed(message: str, path: Path) -> str:
    """The engine's first line without paths of this machine.

    >>> scrubbed('IO Error: Cannot open file "/srv/souk/w.duckdb"', Path("/srv/souk/w.duckdb"))
    'IO Error: Cannot open file "(path)"'
    """
    line = message.strip().split("\n\n")[0].replace("\n", " ")
    line = line.replace(str(path), "(path)").replace(str(path.parent), "(path)")
    return re.sub(r"(?<![\w.<])/(?:[\w.\-]+/)*[\w.\-]+", "(path)", line)[:500]


__all__ = ["NotAllowed", "SqlFailed", "SqlResult", "SqlStopped", "run_sql", "scrubbed"]
