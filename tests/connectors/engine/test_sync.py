"""A whole sync against a served store: failures stay alone, odd things are reported, a stop is clean."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.engine import load, trip
from connectors.engine import sync as room
from connectors.engine.connections import Connections
from connectors.engine.errors import (
    Denied,
    Gone,
    Misconfigured,
    NameTaken,
    Rejected,
    SyncError,
    UnknownConnection,
)
from connectors.engine.locks import held, lock_file
from connectors.engine.refusals import consent_gone, wrong_secret
from connectors.engine.run import Progress, StreamReport
from connectors.engine.stream import About, Connector, Finding, Identity
from connectors.engine.sync import sync
from connectors.engine.vault import Vault
from connectors.sandbox import Sandbox, World
from connectors.woocommerce import CONNECTOR
from queries.records import Shop
from queries.warehouse import Warehouse

NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)
SECRET = b"a secret of the tests"


@dataclass
class House:
    world: World
    sandbox: Sandbox
    warehouse: Warehouse
    vault: Vault
    connections: Connections

    def sync(self, **order: Any) -> dict[str, StreamReport]:
        links = self.connections.active()
        reports = sync(links, self.warehouse, self.vault, lambda: self.world.now, **order)
        return {report.stream: report for report in reports}

    def quality(self) -> set[tuple[str, str]]:
        return set(self.warehouse.look("SELECT check_name, detail FROM data_quality"))

    def count(self, table: str) -> int:
        return int(self.warehouse.look(f"SELECT count(*) FROM {table}")[0][0])


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("empty")
    Warehouse(home, clock=lambda: NOW).prepare()
    return home


@pytest.fixture
def house(empty: Path, tmp_path: Path) -> Iterator[House]:
    home = tmp_path / "home"
    shutil.copytree(empty, home, symlinks=True)
    world = World(NOW, scale=0.1, platforms=["woocommerce"])
    warehouse, vault = Warehouse(home, clock=lambda: world.now), Vault(home, SECRET)
    with Sandbox(world, platforms=["woocommerce"]) as sandbox:
        connections = Connections(warehouse, vault, clock=lambda: world.now)
        connections.add("woocommerce", sandbox.credentials("woocommerce"), "store")
        yield House(world, sandbox, warehouse, vault, connections)


def with_stream(monkeypatch: pytest.MonkeyPatch, name: str, **changes: Any) -> None:
    """The WooCommerce connector with one stream changed."""
    streams = tuple(replace(stream, **changes) if stream.name == name else stream for stream in CONNECTOR.streams)
    changed: Connector = replace(CONNECTOR, streams=streams)
    monkeypatch.setattr(room, "connector", lambda platform: changed)


# --- reports and records ------------------------------------------------------------------------------------


def test_a_report_says_what_was_done(house: House) -> None:
    report = house.sync()["orders"]
    assert list(report.as_dict()) == ["connection", "stream", "status", "rows_read", "rows_written", "requests",
                                      "retries", "seconds", "error"]
    assert report.status == "succeeded" and report.rows_written == report.rows_read > 100
    runs = house.warehouse.look("SELECT stream, status, rows_read, requests FROM sync_runs ORDER BY stream")
    assert runs[0] == ("orders", "succeeded", report.rows_read, report.requests)
    again = house.sync()["orders"]
    assert (again.rows_read, again.rows_written) == (0, 0) and again.requests <= 2


def test_progress_is_told(house: House) -> None:
    seen: list[Progress] = []
    house.sync(progress=seen.append)
    orders = [step for step in seen if step.stream == "orders"]
    count = len(house.world.orders("woocommerce"))
    assert (orders[0].total, orders[-1].rows) == (count, count) and orders[-1].rate > 0


def test_the_history_of_a_shop_begins_with_its_first_order(house: House) -> None:
    house.sync()
    [(begins, through)] = house.warehouse.look("SELECT history_from, data_through FROM shops")
    first = min(order.created_at for order in house.world.orders("woocommerce"))
    assert (begins - first.date()).days in (0, 1) and str(through) == "2026-06-19"


# --- failures stay alone ------------------------------------------------------------------------------------


def test_a_stream_that_fails_leaves_the_others_and_what_it_had(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trip.Trip, "size", lambda self, wanted: min(wanted, 10))
    monkeypatch.setattr(load, "BATCH_ROWS", 20)
    house.sandbox.faults.add("woocommerce", "500", path="/orders", every=1, times=10**6)
    monkeypatch.setattr("connectors.engine.talk.ATTEMPTS", 2)
    monkeypatch.setattr("connectors.engine.talk.HEAVY_ATTEMPTS", 1)
    reports = house.sync()
    assert (reports["orders"].status, reports["products"].status) == ("failed", "succeeded")
    assert "HTTP 500" in (reports["orders"].error or "")
    assert house.connections.get("store").status == "failing"
    assert ("sync_orders", reports["orders"].error) in house.quality()
    house.sandbox.faults.clear()
    assert house.sync()["orders"].status == "succeeded"
    assert house.connections.get("store").status == "active"


@pytest.mark.parametrize(("refusal", "status"), [
    (Denied("(scope)"), "succeeded"), (wrong_secret("(sign)", "app_secret"), "failed"),
    (consent_gone("(ended)"), "failed"), (Rejected("(bad parameter)"), "failed"),
    (Gone("(no such path)"), "failed"),
])
def test_only_a_missing_right_is_called_not_approved(house: House, monkeypatch: pytest.MonkeyPatch,
                                                     refusal: SyncError, status: str) -> None:
    """Any other refusal of a stream that needs an approval is a failure that has to be seen."""
    def read(reply: Any, call: Any) -> Any:
        raise refusal

    with_stream(monkeypatch, "products", read=read, approval="the scope x")
    assert house.sync(streams=["products"])["products"].status == status
    said = ("not_approved", f"products needs the scope x {refusal.what}") in house.quality()
    assert said == (status == "succeeded")
    assert (house.sync()["products"].requests == 0) == said  # not asked again on the same day


def test_a_mapping_that_breaks_tells_its_kind_not_the_payload(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(item: Any, context: Any) -> Any:
        raise ValueError(f"cannot map {item}")

    with_stream(monkeypatch, "products", rows=rows)
    reports = house.sync()
    assert reports["products"].error == "Unexpected ValueError." and reports["orders"].status == "succeeded"


def test_a_batch_that_cannot_be_written_does_not_move_the_checkpoint(
        house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trip.Trip, "size", lambda self, wanted: min(wanted, 10))
    monkeypatch.setattr(load, "BATCH_ROWS", 20)
    merge, calls = Warehouse.merge, []

    def fails_once(self: Warehouse, batch: Any) -> Any:
        calls.append(batch.stream)
        if len(calls) == 2:
            raise OSError("disk full")
        return merge(self, batch)

    monkeypatch.setattr(Warehouse, "merge", fails_once)
    assert house.sync(streams=["orders"])["orders"].status == "failed"
    assert len(calls) == 2, "nothing later may be written"
    assert house.sync(streams=["orders"])["orders"].status == "succeeded"
    assert house.count("orders") == len(house.world.orders("woocommerce"))


def test_one_run_of_a_connection_at_a_time(house: House) -> None:
    with held(lock_file(house.vault.home, "sync-store")):
        reports = house.sync()
    assert reports["*"].status == "failed" and "already running" in (reports["*"].error or "")


# --- odd things are reported by name ------------------------------------------------------------------------


def test_an_unknown_status_is_kept_and_reported(house: House) -> None:
    order = house.world.orders("woocommerce")[3].order_id
    house.world.rename_status("woocommerce", order, "awaiting-gift-wrap")
    house.sync()
    assert house.warehouse.look("SELECT status, native_status FROM orders WHERE order_id = ?", [order]) == [
        ("unknown", "awaiting-gift-wrap")]
    assert ("unknown_status", "Order: awaiting-gift-wrap") in house.quality()


def test_an_unknown_field_is_reported_by_name_and_not_stored(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that ignores `_fields` and has a plug-in's field."""
    from connectors.woocommerce import sandbox

    store = sandbox.Store.order
    monkeypatch.setattr(sandbox, "picked", lambda row, request: row)
    monkeypatch.setattr(sandbox.Store, "order", lambda self, order: {
        **store(self, order), "loyalty_card": "CARD-OF-ANNA"})
    house.sync()
    assert ("unknown_field", "order: loyalty_card") in house.quality()
    assert "CARD-OF-ANNA" not in str(house.warehouse.look("SELECT * FROM data_quality"))


def test_findings_of_a_mapping_are_counted(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def rows(item: Any, context: Any) -> Any:
        yield Finding("odd_product", "type grouped")

    with_stream(monkeypatch, "products", rows=rows)
    house.sync()
    [(found, status)] = house.warehouse.look("SELECT found, status FROM data_quality WHERE check_name = 'odd_product'")
    assert found == f"{house.sandbox.world.products('woocommerce').__len__()} rows" and status == "warn"


def test_an_ignored_filter_is_said_and_done_here(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store older than 5.8 gives everything: what changed is still found, and only that is written."""
    from connectors.woocommerce import sandbox

    house.sync()
    span = sandbox.Store._span
    monkeypatch.setattr(sandbox.Store, "_span", lambda self, query, after, before: (
        None if after == "modified_after" else span(self, query, after, before)))
    house.world.touch("woocommerce", count=3)
    report = house.sync()["orders"]
    assert report.status == "succeeded" and report.rows_written == 3
    assert ("filter_ignored", "orders: filtered here instead") in house.quality()


# --- stopping -----------------------------------------------------------------------------------------------


def stopped(house: House, monkeypatch: pytest.MonkeyPatch, **how: Any) -> StreamReport:
    monkeypatch.setattr(trip.Trip, "size", lambda self, wanted: min(wanted, 10))
    monkeypatch.setattr(load, "BATCH_ROWS", 10)
    house.sandbox.latency = 0.1
    report = house.sync(streams=["orders"], **how)["orders"]
    house.sandbox.latency = 0.0
    return report


def test_sigterm_ends_a_sync_cleanly(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    timer = threading.Timer(0.6, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    report = stopped(house, monkeypatch)
    timer.cancel()
    assert report.status == "cancelled"
    [(status, ended)] = house.warehouse.look("SELECT status, ended_at FROM sync_runs")
    assert status == "cancelled" and ended is not None
    assert house.sync(streams=["orders"])["orders"].status == "succeeded"
    assert house.count("orders") == len(house.world.orders("woocommerce"))


def test_an_event_ends_a_sync_in_another_thread(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, found = threading.Event(), []
    thread = threading.Thread(target=lambda: found.append(stopped(house, monkeypatch, stop=stop)))
    thread.start()
    time.sleep(0.5)
    stop.set()
    thread.join(20)
    assert found[0].status == "cancelled"


# --- connections --------------------------------------------------------------------------------------------


def test_wrong_keys_store_nothing(house: House) -> None:
    given = {**house.sandbox.credentials("woocommerce"), "consumer_secret": "cs_wrong"}
    with pytest.raises(Denied) as caught:
        house.connections.add("woocommerce", given, "other")
    assert "consumer_secret" in caught.value.hint("en") and "consumer_secret" in caught.value.hint("zh")
    assert house.vault.settings("other") == {}
    with pytest.raises(UnknownConnection):
        house.connections.get("other")


def test_a_failed_reconnect_keeps_the_old_keys(house: House) -> None:
    before = house.vault.settings("store")
    with pytest.raises(Denied):
        house.connections.add("woocommerce", {**before, "consumer_secret": "cs_wrong"}, "store")
    assert house.vault.settings("store") == before


@pytest.mark.parametrize(("settings", "said"), [
    ({"base_url": "https://x.example", "consumer_key": "ck"}, "consumer_secret"),
    ({"base_url": "https://x.example", "consumer_key": "ck", "consumer_secret": "hunter22", "colour": "hunter22"},
     "colour"),
])
def test_a_wrong_setting_is_named_without_its_value(house: House, settings: dict[str, str], said: str) -> None:
    with pytest.raises(Misconfigured, match=said) as caught:
        house.connections.add("woocommerce", settings)
    assert "hunter22" not in str(caught.value)


def test_a_name_keeps_its_shop(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Identity("else.example", Shop(name="Else", tz="UTC", currency="EUR"))
    elsewhere = replace(CONNECTOR, about=About(lambda settings: (), lambda replies, settings: other))
    monkeypatch.setattr("connectors.engine.connections.connector", lambda platform: elsewhere)
    with pytest.raises(NameTaken):
        house.connections.add("woocommerce", house.sandbox.credentials("woocommerce"), "store")


def test_pausing_and_removing(house: House) -> None:
    house.connections.pause("store")
    assert house.sync() == {}
    house.connections.resume("store")
    assert house.sync()["orders"].status == "succeeded"
    house.connections.remove("store")
    assert house.connections.list() == [] and house.vault.settings("store") == {}
    assert house.count("orders") > 0, "what was synced stays"

