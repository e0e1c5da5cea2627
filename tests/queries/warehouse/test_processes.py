"""Several processes at once, killed at any moment: no error, no half batch, no lost commit."""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import stat
import threading
import time

import duckdb
import pytest

from queries.warehouse import Warehouse, live
from queries.warehouse.errors import Busy, NotPrepared

from .conftest import NOW
from .goods import batch, line, order, shop

SPAWN = multiprocessing.get_context("spawn")


def write_orders(home, worker: int, count: int, acknowledged) -> None:
    warehouse = Warehouse(home, clock=lambda: NOW)
    for number in range(count):
        name = f"w{worker}-{number:05d}"
        warehouse.merge(batch(order(name), line(name, "1", "60"), line(name, "2", "40"), stream=f"s{worker}",
                              checkpoint={"at": number}, replaces=("order_lines",)))  # fmt: skip
        acknowledged.put(number)
        if number % 3 == 2:
            warehouse.publish()


def published(warehouse, lane="person"):
    with duckdb.connect(str(warehouse.snapshot(lane)), read_only=True) as reader:
        return reader.execute("SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM order_lines),"
                              " (SELECT sum(orders) FROM rollup_sales_daily)").fetchall()[0]  # fmt: skip


def test_three_writers_and_a_reader_at_once(home, warehouse):
    """3 x 6 orders of two lines. Whatever the reader meets is whole: two lines an order, the rollup in step."""
    warehouse.merge(batch(shop()))
    warehouse.publish()
    done = SPAWN.Queue()
    workers = [SPAWN.Process(target=write_orders, args=(home, worker, 6, done)) for worker in range(3)]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):
        for lane in ("person", "business"):
            orders, lines, counted = published(warehouse, lane)
            assert lines == 2 * orders
            assert (counted or 0) == orders
        time.sleep(0.02)
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    warehouse.publish()
    assert published(warehouse) == (18, 36, 18)


@pytest.mark.parametrize("after", [0.02, 0.11, 0.23])
def test_killed_at_any_moment(home, warehouse, after):
    """What was acknowledged is there, the checkpoint belongs to the rows, and the next writer goes on."""
    warehouse.merge(batch(shop()))
    done = SPAWN.Queue()
    victim = SPAWN.Process(target=write_orders, args=(home, 0, 1000, done))
    victim.start()
    seen = done.get(timeout=30)
    time.sleep(after)
    os.kill(victim.pid, signal.SIGKILL)
    victim.join()
    while not done.empty():
        seen = done.get()
    [(stored, lines)] = warehouse.look(
        "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM order_lines)"
    )
    assert stored >= seen + 1
    assert lines == 2 * stored
    assert warehouse.checkpoint("c1", "s0") == {"at": stored - 1}
    warehouse.merge(batch(order("after the kill")))
    warehouse.publish()
    assert published(warehouse)[0] == published(warehouse, "business")[0] == stored + 1
    assert not [path.name for path in warehouse.rooms.snapshots.iterdir() if not path.name.isdigit()]


def test_threads_of_one_process_take_turns(home, warehouse):
    warehouse.merge(batch(shop()))
    failures = []

    def work(number):
        try:
            Warehouse(home, clock=lambda: NOW).merge(batch(order(f"t{number}")))
        except Exception as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert warehouse.look("SELECT count(*) FROM orders") == [(6,)]


def test_a_lock_that_is_held_too_long_is_said(warehouse):
    with warehouse.rooms.lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Busy) as failure, live.locked(warehouse.rooms, seconds=0.05):
            pass
    assert failure.value.say("zh") == "另一个进程占用数据仓库写入已超过一分钟。"


# --- snapshots


def test_a_snapshot_never_changes_and_cannot_be_written(warehouse):
    warehouse.merge(batch(shop(), order("a")))
    warehouse.publish()
    path = warehouse.snapshot("person")
    assert stat.S_IMODE(path.stat().st_mode) == 0o444
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o555
    before = path.read_bytes()
    warehouse.merge(batch(order("b")))
    warehouse.publish()
    assert warehouse.snapshot("person") != path
    assert path.read_bytes() == before


def test_readers_keep_what_they_opened(warehouse):
    warehouse.merge(batch(shop(), order("a")))
    warehouse.publish()
    with duckdb.connect(str(warehouse.snapshot("person")), read_only=True) as reader:
        for name in "bcdefg":
            warehouse.merge(batch(order(name)))
            warehouse.publish()
        assert reader.execute("SELECT order_id FROM orders").fetchall() == [("a",)]


def test_three_snapshots_are_kept(warehouse):
    for name in "abcde":
        warehouse.merge(batch(order(name)))
        warehouse.publish()
    assert len(list(warehouse.rooms.snapshots.iterdir())) == 3
    assert warehouse.rooms.current.resolve().name == max(
        path.name for path in warehouse.rooms.snapshots.iterdir()
    )


def test_publishing_without_news_makes_nothing(warehouse):
    warehouse.merge(batch(order("a")))
    warehouse.publish()
    before = warehouse.snapshot_id()
    warehouse.merge(batch(order("a"), checkpoint={"at": 1}))
    warehouse.publish()
    assert warehouse.snapshot_id() == before


def test_no_warehouse_yet_is_said(tmp_path):
    empty = Warehouse(tmp_path / "nothing", clock=lambda: NOW)
    for action in (
        lambda: empty.snapshot("person"),
        lambda: empty.checkpoint("c", "s"),
        lambda: empty.merge(batch()),
    ):
        with pytest.raises(NotPrepared):
            action()


def test_private_files_are_their_owners_only(warehouse):
    for path in (warehouse.rooms.live, warehouse.rooms.business):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(warehouse.rooms.root.stat().st_mode) == 0o700
