"""What is measured, each in a process of its own: `engines.py NAME BASE_URL HOME COUNT` prints one JSON line."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
API = "/wp-json/wc/v3/orders"
AT_ONCE = 8
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 1, 2, 12, tzinfo=UTC)


def floor(base: str, home: Path, count: int) -> None:
    """The bytes alone, with the HTTP client that Souk uses."""
    from connectors.engine.http import Http
    from connectors.engine.stream import Request

    async def fetch() -> None:
        http, pages = Http(AT_ONCE), iter(range(1, -(-count // 100) + 1))

        async def worker() -> None:
            for page in pages:
                await http.send(Request("GET", f"{base}{API}?per_page=100&page={page}", {}))

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        await http.close()

    asyncio.run(fetch())


def _souk(home: Path, now: datetime) -> Any:
    from connectors.engine.vault import Vault
    from queries.warehouse import Warehouse

    def clock() -> datetime:
        return now

    return Warehouse(home, clock=clock), Vault(home, b"a benchmark's root secret"), clock


def souk_setup(base: str, home: Path, count: int) -> None:
    """Makes the warehouse and the connection."""
    from connectors.engine.connections import Connections

    warehouse, vault, clock = _souk(home, NOW)
    warehouse.prepare()
    keys = {"base_url": base, "consumer_key": "ck_1", "consumer_secret": "cs_1", "concurrency": str(AT_ONCE)}
    Connections(warehouse, vault, clock=clock).add("woocommerce", keys, "shop")


def souk(base: str, home: Path, count: int, now: datetime = NOW) -> None:
    """A sync with all there is to it: retries, checkpoints, quality checks, rollups, publication."""
    from connectors.engine.sync import sync
    from queries.warehouse import connections

    warehouse, vault, clock = _souk(home, now)
    reports = sync(connections.all_connections(warehouse), warehouse, vault, clock, streams=("orders",))
    assert [report.status for report in reports] == ["succeeded"], reports


def souk_changes(base: str, home: Path, count: int) -> None:
    souk(base, home, count, LATER)


def souk_check(base: str, home: Path, count: int) -> None:
    """Nothing missing, nothing doubled."""
    import duckdb

    from tests.benchmarks.shop import CHANGED_EVERY

    warehouse, _, _ = _souk(home, LATER)
    with duckdb.connect(str(warehouse.snapshot("business")), read_only=True) as reader:
        found = reader.execute("SELECT count(*), count(DISTINCT order_id) FROM orders").fetchone()
        pieces = reader.execute("SELECT count(*), sum(quantity) FROM order_lines").fetchone()
    assert found == (count, count), found
    assert pieces == (3 * count, 3 * count + count // CHANGED_EVERY), pieces


def dlt(base: str, home: Path, count: int, since: str = "") -> None:
    """dlt with parquet, its own requests client, a merge by id; lines become a child table."""
    import dlt as library  # type: ignore[import-not-found,unused-ignore]
    from dlt.sources.helpers import requests  # type: ignore[import-not-found,unused-ignore]

    @library.resource(name="orders", primary_key="id", write_disposition="merge")  # type: ignore[untyped-decorator,unused-ignore]
    def orders() -> Iterator[list[dict[str, Any]]]:
        page = 1
        while rows := requests.get(f"{base}{API}?per_page=100&page={page}{since}").json():
            for row in rows:
                for name in ("meta_data", "billing", "shipping", "fee_lines"):
                    row.pop(name)
                for line in row["line_items"]:
                    line.pop("taxes"), line.pop("meta_data")
            yield rows
            page += 1

    pipeline = library.pipeline("shop", pipelines_dir=str(home / "dlt"), dataset_name="shop",
                                destination=library.destinations.duckdb(str(home / "dlt.duckdb")))  # fmt: skip
    pipeline.run(orders(), loader_file_format="parquet").raise_on_failed_jobs()


def dlt_changes(base: str, home: Path, count: int) -> None:
    dlt(base, home, count, "&modified_after=2026-01-01T12:00:00")


ENGINES = {one.__name__: one for one in (floor, souk_setup, souk, souk_changes, souk_check, dlt, dlt_changes)}


def main(name: str, base: str, home: str, count: str) -> None:
    """Runs one and prints wall seconds, CPU seconds (process start included) and the peak in MB."""
    began = time.monotonic()
    ENGINES[name](base, Path(home), int(count))
    wall = time.monotonic() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime + children.ru_utime + children.ru_stime
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": max(used.ru_maxrss, children.ru_maxrss) / 1024}))


if __name__ == "__main__":
    main(*sys.argv[1:])
