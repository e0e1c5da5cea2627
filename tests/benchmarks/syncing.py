"""How much a sync costs, beside the bytes alone and (where it is installed) dlt. Not part of the tests.

"CPU, ratio" is to Souk's own run of the same kind; "wall, ratio" (with latency) of the full load to what its requests
need at eight at once if nothing else took any time.

python tests/benchmarks/syncing.py --orders 100000 --latency 0.05 --dlt-python /path/to/python
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
AT_ONCE = 8
"""Requests at once, as engines.py sets it."""


@contextmanager
def shop(count: int, latency: float, refund_every: int) -> Iterator[str]:
    """The shop in a process of its own; yields its address."""
    command = [sys.executable, str(HERE / "shop.py"), str(count), str(latency), str(refund_every)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def measured(python: str, name: str, base: str, home: str, count: int) -> dict[str, float]:
    """One engine's figures."""
    command = [python, str(HERE / "engines.py"), name, base, home, str(count)]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return dict(json.loads(out.splitlines()[-1]))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--orders", type=int, default=100_000)
    options.add_argument("--latency", type=float, default=0.0, help="seconds a request")
    options.add_argument("--refund-every", type=int, default=100, help="each refunded order is a request more")
    options.add_argument("--dlt-python", default=sys.executable if importlib.util.find_spec("dlt") else "")
    said = options.parse_args()
    with tempfile.TemporaryDirectory() as home, shop(said.orders, said.latency, said.refund_every) as base:
        print(f"{said.orders} orders of 3 lines, {said.latency * 1000:.0f} ms a request\n")
        print(f"{'':24}{'orders/s':>10}{'CPU s':>8}{'peak MB':>9}{'CPU, ratio':>12}{'wall, ratio':>12}")
        requests = -(-said.orders // 100) + said.orders // said.refund_every
        least = requests * said.latency / AT_ONCE

        def row(title: str, name: str, orders: int, python: str, against: float) -> float:
            found = measured(python, name, base, home, said.orders)
            ratio = found["cpu"] / against if against else 1
            waited = f"{found['wall'] / least:12.1f}" if least and name == "souk" else f"{'':12}"
            numbers = f"{orders / found['wall']:10.0f}{found['cpu']:8.2f}{found['peak']:9.0f}{ratio:12.1f}"
            print(f"{title:24}{numbers}{waited}", flush=True)
            return found["cpu"]

        row("bytes only", "floor", said.orders, sys.executable, 0)
        measured(sys.executable, "souk_setup", base, home, said.orders)
        whole = row("Souk, full", "souk", said.orders, sys.executable, 0)
        if said.dlt_python:
            row("dlt, full", "dlt", said.orders, said.dlt_python, whole)
        with urllib.request.urlopen(f"{base}/touch"):
            pass
        part = row("Souk, 1 % changed", "souk_changes", said.orders // 100, sys.executable, 0)
        measured(sys.executable, "souk_check", base, home, said.orders)
        if said.dlt_python:
            row("dlt, 1 % changed", "dlt_changes", said.orders // 100, said.dlt_python, part)


if __name__ == "__main__":
    main()
