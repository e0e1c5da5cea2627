"""Requests of data subjects; above all: what is erased stays erased, and no total moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from queries.privacy.decisions import write_rows
from queries.privacy.erasure import erase
from queries.privacy.registers import record
from queries.privacy.requests import (
    NoSuchRequest,
    NotVerified,
    RequestClosed,
    close_request,
    list_requests,
    open_request,
    subject_data,
    verify_request,
)
from queries.privacy.rows import Consent

from .conftest import NOW

KEY, OTHER = "v1:zzERASEMExx", "v1:otherbuyer"
ZONE = "Asia/Shanghai"


def consent(key: str) -> Consent:
    return Consent(
        platform="taobao",
        subject_key=key,
        purpose="marketing",
        channel="sms",
        state="granted",
        source="shop",
        effective_at=NOW,
        recorded_at=NOW,
    )


@pytest.fixture
def known(home):  # type: ignore[no-untyped-def]
    home.sell([KEY, OTHER], days_ago=20)
    home.sell([KEY], days_ago=3)
    with home.warehouse.write() as session:
        write_rows(session, [consent(KEY), consent(OTHER)])
        for key in (KEY, OTHER):
            session.execute(
                "INSERT INTO customer_segments VALUES (?, 'taobao', ?, 'rfm', 'new', 1)", [NOW.date(), key]
            )
    home.state.put("form", "f", {}, now=NOW)
    home.warehouse.publish()
    return home


def totals(home):  # type: ignore[no-untyped-def]
    return home.look("SELECT platform, count(*), sum(goods_base) FROM v_orders WHERE is_sale GROUP BY 1")


def holders(home) -> int:  # type: ignore[no-untyped-def]
    return home.look("SELECT count(*) FROM orders WHERE customer_key = ?", [KEY])[0][0]


def request(home, **more):  # type: ignore[no-untyped-def]
    given = {"kind": "erase", "regime": "gdpr", "received_at": NOW, "platform": "taobao", "subject_key": KEY}
    return open_request(home.warehouse, timezone=ZONE, now=NOW, **{**given, **more})


def test_what_is_kept_about_a_person_can_be_shown_to_them(known) -> None:  # type: ignore[no-untyped-def]
    data = subject_data(known.warehouse, "taobao", KEY)
    assert [(len(data.orders), len(data.segments), len(data.consents), data.suppressed)] == [(2, 1, 1, False)]
    assert set(data.orders[0]) == {
        "order_id",
        "shop_id",
        "status",
        "created_at",
        "paid_at",
        "currency",
        "paid",
        "region",
    }
    assert subject_data(known.warehouse, "jd", KEY).empty


def test_erasure_takes_the_key_out_everywhere_and_leaves_the_money(known) -> None:  # type: ignore[no-untyped-def]
    before = totals(known)
    done = erase(known.warehouse, known.state, "taobao", KEY, now=NOW)
    assert done.rows == 2 + 1 + 1 + 1 and done.physical_erasure_at == NOW
    assert totals(known) == before
    for table, column in (("orders", "customer_key"), ("customers", "customer_key"),
                          ("customer_segments", "customer_key"), ("rollup_buyers", "customer_key"),
                          ("privacy.consents", "subject_key")):  # fmt: skip
        assert known.look(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL") == [(OTHER,)]
    assert known.state.items("form", now=NOW) == {}
    data = subject_data(known.warehouse, "taobao", KEY)
    assert data.empty and data.suppressed


@pytest.mark.parametrize("way", ["re-sync", "back-fill", "restored backup"])
def test_an_erased_key_does_not_come_back(known, way: str) -> None:  # type: ignore[no-untyped-def]
    from queries.warehouse.backup import back_up, restore

    secret = b"0123456789abcdef0123456789abcdef"
    backup = back_up(known.warehouse, secret) if way == "restored backup" else None
    erase(known.warehouse, known.state, "taobao", KEY, now=NOW)
    if way == "re-sync":
        known.sell([KEY], days_ago=3)
        known.sell([KEY], days_ago=0)
    elif way == "back-fill":
        known.sell([KEY], days_ago=700)
    else:
        restore(known.warehouse, backup.path, secret)  # type: ignore[union-attr]
    assert holders(known) == 0
    assert known.look("SELECT count(*) FROM customers WHERE customer_key = ?", [KEY]) == [(0,)]
    record(known.warehouse, "consents", [consent(KEY).model_dump()], by="import", now=NOW)
    assert known.look("SELECT count(*) FROM privacy.consents WHERE subject_key = ?", [KEY]) == [(0,)]


def test_a_suppression_on_one_platform_does_not_touch_another(known) -> None:  # type: ignore[no-untyped-def]
    known.sell([KEY], days_ago=3, platform="jd")
    erase(known.warehouse, known.state, "taobao", KEY, now=NOW)
    assert known.look("SELECT DISTINCT platform FROM orders WHERE customer_key = ?", [KEY]) == [("jd",)]


def test_an_unverified_request_erases_nothing(known) -> None:  # type: ignore[no-untyped-def]
    opened = request(known)
    with pytest.raises(NotVerified):
        erase(known.warehouse, known.state, "taobao", KEY, now=NOW, request_id=opened.request_id)
    assert holders(known) == 2
    assert known.look("SELECT count(*) FROM privacy.suppressions") == [(0,)]


def test_a_request_from_opening_to_physical_erasure(known) -> None:  # type: ignore[no-untyped-def]
    opened = request(known)
    assert opened.due_at == datetime(2026, 12, 15, 4) and opened.status == "received" and not opened.late
    verify_request(known.warehouse, opened.request_id, now=NOW + timedelta(days=1))
    later = NOW + timedelta(days=2)
    erase(known.warehouse, known.state, "taobao", KEY, now=later, request_id=opened.request_id)
    (closed,) = list_requests(known.warehouse, now=later)
    assert (closed.status, closed.rows_affected, closed.subject_key) == ("completed", 5, None)
    assert closed.physical_erasure_at == closed.completed_at == later.replace(tzinfo=None)
    with pytest.raises(RequestClosed):
        erase(known.warehouse, known.state, "taobao", KEY, now=later, request_id=opened.request_id)


def test_requests_are_listed_by_their_clocks_and_late_ones_are_late(home) -> None:  # type: ignore[no-untyped-def]
    request(home, regime="gdpr", received_at=NOW - timedelta(days=40))
    request(home, regime="ccpa", received_at=NOW - timedelta(days=40))
    request(home, regime="pipl", received_at=NOW)
    listed = list_requests(home.warehouse, now=NOW, only_open=True)
    assert [(r.regime, r.late) for r in listed] == [("gdpr", True), ("ccpa", False), ("pipl", False)]
    close_request(home.warehouse, listed[1].request_id, now=NOW, status="refused", evidence_ref="file 7")
    assert len(list_requests(home.warehouse, now=NOW, only_open=True)) == 2
    with pytest.raises(NotVerified):
        close_request(home.warehouse, listed[0].request_id, now=NOW, status="completed")


def test_what_does_not_exist_says_so(home) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NoSuchRequest, match="R-1"):
        verify_request(home.warehouse, "R-1", now=NOW)
    assert list_requests(home.warehouse, now=NOW) == []


def test_the_request_number_carries_the_local_day(home) -> None:  # type: ignore[no-untyped-def]
    assert request(home, received_at=datetime(2026, 11, 14, 20, tzinfo=UTC)).request_id.startswith(
        "R-20261115-"
    )
