"""The bank over real sockets: what is missing comes, nothing that is known moves, and without it all goes on."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest

from connectors.ecb import RatesUnreachable, fetch, needed
from connectors.ecb.sandbox import PER_EURO, rate
from connectors.ecb.wire import quotes
from connectors.engine.errors import Broken, Rejected
from connectors.engine.stream import Call, Reply
from connectors.engine.vault import Vault
from connectors.sandbox.server import Sandbox
from connectors.sandbox.world import World
from queries.records import Order, Shop
from queries.warehouse import Batch, Warehouse
from queries.warehouse.published import PUBLISHED, newest

NOW = datetime(2036, 6, 18, 4, tzinfo=UTC)
"""A Wednesday that no packaged history reaches."""
TUESDAY, MONDAY, FRIDAY = date(2036, 6, 17), date(2036, 6, 16), date(2036, 6, 13)


@dataclass
class Bank:
    sandbox: Sandbox
    world: World
    warehouse: Warehouse
    vault: Vault

    def fetch(self) -> Any:
        return fetch(self.sandbox.base_url("ecb"), self.warehouse, self.vault, lambda: self.world.now)

    def rates(self, currency: str) -> list[tuple[Any, ...]]:
        return self.warehouse.look(
            "SELECT date, rate, source FROM fx_rates WHERE currency = ? ORDER BY date DESC LIMIT 3", [currency]
        )


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Sandbox, World]]:
    world = World(NOW, scale=0.01, platforms=["shopify"])
    with Sandbox(world, platforms=["ecb"]) as sandbox:
        yield sandbox, world


@pytest.fixture
def bank(served: tuple[Sandbox, World], tmp_path: Path) -> Bank:
    sandbox, world = served
    sandbox.forget()
    warehouse = Warehouse(tmp_path, clock=lambda: world.now)
    warehouse.prepare()
    return Bank(sandbox, world, warehouse, Vault(tmp_path, b"a root secret of tests"))


def base_rate(currency: str, day: date) -> Decimal:
    """Units of CNY for one unit, from two quotes for one euro."""
    return (rate("CNY", day) / rate(currency, day)).quantize(Decimal("1.00000000"))


def test_a_first_fetch_takes_the_whole_history_and_the_next_the_last_day(bank: Bank) -> None:
    packaged = newest(bank.warehouse).sources
    brought = bank.fetch()
    assert (brought.file, brought.day) == ("eurofxref-hist.xml", TUESDAY)
    assert brought.added == 600 * len(PER_EURO)  # all but CNY itself, and the euro
    assert bank.rates("USD")[0] == (TUESDAY, base_rate("USD", TUESDAY), PUBLISHED)
    assert newest(bank.warehouse).sources == {**packaged, PUBLISHED: TUESDAY}
    again = bank.fetch()
    assert (again.added, again.file) == (0, "eurofxref-daily.xml")


def test_an_order_before_its_rate_takes_the_days_own_when_it_comes_and_no_other_moves(bank: Bank) -> None:
    """Friday's order has Friday's rate. Tuesday's waits with Friday's, and takes Tuesday's; 100 USD each."""
    bank.warehouse.merge(Batch("s", "shopify", "S1", "shop", rows=[Shop(name="S", tz="UTC", currency="USD")]))
    with bank.warehouse.write() as session:
        session.execute("INSERT INTO fx_rates VALUES (?, 'USD', 'CNY', 7.5, 'by hand')", [FRIDAY])
    orders = [
        Order(order_id=str(number), status="paid", created_at=at, paid_at=at, currency="USD", list_amount=Decimal(100))
        for number, at in enumerate(datetime.combine(day, datetime.min.time(), UTC) for day in (FRIDAY, TUESDAY))
    ]
    bank.warehouse.merge(Batch("s", "shopify", "S1", "orders", rows=list(orders)))
    money = "SELECT order_id, fx_to_base FROM orders ORDER BY order_id"
    assert bank.warehouse.look(money) == [("0", Decimal("7.5")), ("1", Decimal("7.5"))]
    bank.fetch()
    own = base_rate("USD", TUESDAY)
    assert bank.warehouse.look(money) == [("0", Decimal("7.5")), ("1", own)]
    assert bank.rates("USD")[2] == (FRIDAY, Decimal("7.5"), "by hand")
    [(sales,)] = bank.warehouse.look("SELECT sum(gmv_base) FROM rollup_sales_daily")
    assert sales == Decimal(750) + 100 * own


@pytest.mark.parametrize(
    "fault", [{"kind": "500"}, {"kind": "cut"}, {"kind": "drop"}, {"kind": "429", "retry_after": 0.1}],
    ids=lambda fault: fault["kind"],
)  # fmt: skip
def test_faults_are_waited_out(bank: Bank, fault: dict[str, Any]) -> None:
    bank.sandbox.faults.add("ecb", times=2, **fault)
    assert bank.fetch().day == TUESDAY
    assert len(bank.sandbox.served("ecb")) == 3


def test_without_the_bank_everything_stays_and_the_reason_is_said(
    bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.engine.talk.ATTEMPTS", 1)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    before = newest(bank.warehouse)
    with pytest.raises(RatesUnreachable) as caught:
        fetch(f"http://127.0.0.1:{port}", bank.warehouse, bank.vault, lambda: NOW)
    assert newest(bank.warehouse) == before
    assert str(before.day) in caught.value.hint("en") and "现有汇率" in caught.value.hint("zh")


def test_a_stop_ends_the_attempts(bank: Bank) -> None:
    bank.sandbox.faults.add("ecb", kind="429", retry_after=600, times=1)
    stop = Event()
    Timer(0.3, stop.set).start()
    began = time.monotonic()
    url = bank.sandbox.base_url("ecb")
    assert fetch(url, bank.warehouse, bank.vault, lambda: NOW, stop).added == 0
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    ("known", "today", "file"),
    [
        (date(2026, 11, 20), date(2026, 11, 23), "eurofxref-daily.xml"),  # Friday known on a Monday
        (date(2026, 11, 23), date(2026, 11, 24), "eurofxref-daily.xml"),
        (date(2026, 11, 20), date(2026, 11, 25), "eurofxref-hist-90d.xml"),
        (date(2026, 6, 1), date(2026, 11, 25), "eurofxref-hist.xml"),
        (None, date(2026, 11, 25), "eurofxref-hist.xml"),
    ],
)
def test_the_smallest_file_that_closes_the_gap(known: date | None, today: date, file: str) -> None:
    assert needed(known, today) == file


HEAD = '<Envelope xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><Cube><Cube time="2026-11-20">'
WHOLE = HEAD + '<Cube currency="USD" rate="1.05"/></Cube></Cube></Envelope>'


def read(text: str) -> Any:
    return quotes(Reply(200, {}, text.encode()), Call(""))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (HEAD + '<Cube currency="USD" rate="1.05"/>', Broken),
        (HEAD + '<Cube currency="USD" rate="0"/></Cube></Cube></Envelope>', Rejected),
        (HEAD + '<Cube currency="USD" rate="N/A"/></Cube></Cube></Envelope>', Rejected),
        (HEAD + "</Cube></Cube></Envelope>", Rejected),
        ("<html><body>Sorry</body></html>", Rejected),
        ('<!DOCTYPE x [<!ENTITY a "b">]><x/>', Rejected),
        (" " * 5_000 + '<!DOCTYPE x [<!ENTITY a "b">]>' + WHOLE, Rejected),
    ],
    ids=["cut off", "zero", "no number", "no rates", "a page", "entities", "entities far down"],
)
def test_a_file_of_another_shape_is_refused(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        read(text)


def test_a_whole_file_is_read() -> None:
    assert list(read(WHOLE)) == [date(2026, 11, 20)]


def test_a_day_to_come_is_not_believed(bank: Bank) -> None:
    late = bank.world.now - timedelta(days=30)
    fetch(bank.sandbox.base_url("ecb"), bank.warehouse, bank.vault, lambda: late)
    assert newest(bank.warehouse).day == max(
        day for day in (late.date() - timedelta(days=n) for n in range(4)) if day.weekday() < 5
    )
