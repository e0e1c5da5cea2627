"""The process that runs an analyst's statement: limits first, then one connection, then rows as JSON lines.

Reads one JSON object from standard input: path, sql, seconds, memory. Writes lines: columns, row ..., end; or
error, or slow. It is started by `analyst` and by nobody else.
"""

from __future__ import annotations

import json
import resource
import sys
import threading
from pathlib import Path
from typing import Any

BATCH = 2000


def main() -> None:
    request = json.loads(sys.stdin.buffer.read())
    resource.setrlimit(resource.RLIMIT_AS, (request["memory"], request["memory"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    import duckdb

    from queries.run.connection import connect

    connection = connect(Path(request["path"]), threads=2, memory=request["memory"] // 2)
    timer = threading.Timer(request["seconds"], connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        statements = connection.extract_statements(request["sql"])
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            say({"error": "exactly one SELECT is needed"})
            return
        cursor = connection.execute(statements[0])
        say({"columns": [[column[0], str(column[1])] for column in cursor.description or ()]})
        while rows := cursor.fetchmany(BATCH):
            for row in rows:
                say({"row": [plain(value) for value in row]})
        say({"end": True})
    except duckdb.InterruptException:
        say({"slow": True})
    except (duckdb.Error, MemoryError) as failure:
        say({"error": str(failure) or "out of memory"})


def plain(value: Any) -> Any:
    """A value as JSON takes it; decimals, dates and instants as text, so that nothing is rounded."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    return str(value)


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message, ensure_ascii=False, allow_nan=True) + "\n")


if __name__ == "__main__":
    main()
