"""Nobody is on the disk: no direct identifier a wire carried stands in any text column or in any file."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

from queries.warehouse import Warehouse

SHORTEST = 5
"""Bytes: a shorter marker stands in a compressed file by chance. Text columns are searched for every marker."""


def assert_nobody(warehouse: Warehouse, markers: Iterable[str]) -> None:
    """No marker of `World.markers` reached the warehouse's tables or any file of its home."""
    wanted = sorted(set(markers) - {""})
    assert len(wanted) > 50, "a shop without buyers proves nothing"
    stored = texts(warehouse)
    assert len(stored) > 1000, "an empty warehouse proves nothing"
    with tempfile.TemporaryDirectory() as folder:
        dump = Path(folder, "texts")
        dump.write_text(stored, "utf-8")
        assert found(wanted, dump) == []
        assert found([one for one in wanted if len(one.encode()) > SHORTEST], warehouse.rooms.home) == []


def texts(warehouse: Warehouse) -> str:
    """Every distinct text of every text column, one a line."""
    columns = warehouse.look(
        "SELECT database_name, schema_name, table_name, column_name FROM duckdb_columns() "
        "WHERE NOT internal AND data_type LIKE 'VARCHAR%'")
    parts = (f'SELECT DISTINCT "{column}"::VARCHAR FROM "{database}"."{schema}"."{table}"'
             for database, schema, table, column in columns)
    return "\n".join(str(row[0]) for row in warehouse.look(" UNION ALL ".join(parts)))


def found(markers: list[str], place: Path) -> list[str]:
    """`file:marker` of every marker below a place. grep reads all of them in one pass; Python would in thousands."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".markers") as patterns:
        patterns.write("\n".join(markers))
        patterns.flush()
        command = ["grep", "-r", "-a", "-o", "-H", "-F", "-f", patterns.name, str(place)]
        ran = subprocess.run(command, capture_output=True, env={**os.environ, "LC_ALL": "C"})
    assert ran.returncode in (0, 1), ran.stderr.decode()
    return sorted(set(ran.stdout.decode("utf-8", "replace").splitlines()))
