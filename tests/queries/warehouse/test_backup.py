"""Backups that only the secret opens, restores that do not bring an erased buyer back, and erasure to the byte."""

from __future__ import annotations

import sqlite3
from datetime import date, timedelta

import pytest

from queries.warehouse import Warehouse, backup
from queries.warehouse.errors import BadBackup
from queries.warehouse.rebuild import rebuild

from .conftest import NOW
from .goods import batch, line, order, shop

SECRET = b"a secret that is long enough for a test"
MARKER = "v1:ERASEME0123456789abcd"
TOTALS = "SELECT count(*), sum(goods_base) FROM v_orders"


@pytest.fixture
def filled(warehouse):
    warehouse.merge(batch(shop(), order("a", buyer=MARKER), line("a"), order("b", buyer="v1:stays"),
                          checkpoint={"at": 1}))  # fmt: skip
    warehouse.publish()
    return warehouse


def erase(warehouse):
    with warehouse.write() as session:
        session.execute("INSERT INTO privacy.suppressions VALUES ('taobao', ?, 'all', 'erasure', ?)",
                        [MARKER, NOW.replace(tzinfo=None)])  # fmt: skip
        session.execute("UPDATE orders SET customer_key = NULL WHERE customer_key = ?", [MARKER])
        session.execute("DELETE FROM customers WHERE customer_key = ?", [MARKER])


def keys(warehouse):
    return warehouse.look("SELECT order_id, customer_key FROM orders ORDER BY 1")


def test_a_backup_is_registered_and_comes_back_whole(filled):
    made = backup.back_up(filled, SECRET)
    assert filled.look("SELECT backup_id, encrypted, bytes, checksum, expires_on FROM privacy.backups") == [
        (made.backup_id, True, made.path.stat().st_size, made.checksum, date(2026, 12, 6))
    ]
    filled.merge(batch(order("later", "5"), checkpoint={"at": 2}))
    filled.publish()
    assert backup.restore(filled, made.path, SECRET) == 0
    assert filled.look(TOTALS) == [(2, 200)]
    assert filled.checkpoint("c1", "orders") == {"at": 1}
    filled.merge(batch(order("later", "5")))
    filled.publish()
    assert filled.look(TOTALS) == [(3, 205)]


def test_a_backup_restores_into_an_empty_home(filled, tmp_path):
    made = backup.back_up(filled, SECRET)
    elsewhere = Warehouse(tmp_path / "new", clock=lambda: NOW)
    backup.restore(elsewhere, made.path, SECRET)
    assert elsewhere.look(TOTALS) == [(2, 200)]
    assert elsewhere.snapshot("business").exists()


def test_an_erased_buyer_does_not_come_back_with_a_backup(filled):
    made = backup.back_up(filled, SECRET)
    erase(filled)
    assert backup.restore(filled, made.path, SECRET) == 1
    assert keys(filled) == [("a", None), ("b", "v1:stays")]
    assert filled.look("SELECT customer_key FROM customers") == [("v1:stays",)]
    assert filled.look("SELECT subject_key FROM privacy.suppressions") == [(MARKER,)]
    assert filled.rooms.live.read_bytes().count(MARKER.encode()) == 1  # the register alone
    filled.merge(batch(order("a", buyer=MARKER, status="shipped")))
    assert keys(filled)[0] == ("a", None)


def test_other_files_of_the_home_come_back_where_they_are_missing(filled, home):
    vault = home / "vault.sqlite"
    with sqlite3.connect(vault) as sql:
        sql.execute("CREATE TABLE kept(x)")
    settings = home / "privacy" / "own.yaml"
    settings.parent.mkdir()
    settings.write_text("old", encoding="utf-8")
    made = backup.back_up(filled, SECRET, also=[vault, settings])
    vault.unlink()
    settings.write_text("newer", encoding="utf-8")
    backup.restore(filled, made.path, SECRET)
    with sqlite3.connect(vault) as sql:
        assert sql.execute("SELECT count(*) FROM kept").fetchall() == [(0,)]
    assert settings.read_text(encoding="utf-8") == "newer"


def test_nothing_in_a_backup_is_readable(filled):
    text = backup.back_up(filled, SECRET).path.read_bytes()
    assert MARKER.encode() not in text
    assert b"orders" not in text


def damaged(name, text):
    return {"cut": text[:-1], "longer": text + b"x", "flipped": text[:100] + bytes([text[100] ^ 1]) + text[101:],
            "empty": b"", "another thing": b"PK" + text, "half a header": text[:20]}[name]  # fmt: skip


@pytest.mark.parametrize("name", ["cut", "longer", "flipped", "empty", "another thing", "half a header"])
def test_a_damaged_backup_is_refused_and_the_warehouse_stays(filled, name):
    made = backup.back_up(filled, SECRET)
    made.path.write_bytes(damaged(name, made.path.read_bytes()))
    with pytest.raises(BadBackup):
        backup.restore(filled, made.path, SECRET)
    assert filled.look(TOTALS) == [(2, 200)]
    assert backup.prove(filled, made.path, SECRET) is False
    assert filled.look("SELECT restore_ok FROM privacy.backups") == [(False,)]


def test_another_secret_opens_nothing(filled):
    made = backup.back_up(filled, SECRET)
    with pytest.raises(BadBackup):
        backup.restore(filled, made.path, b"another secret")


def test_a_trial_is_noted_in_the_register(filled):
    made = backup.back_up(filled, SECRET)
    assert backup.prove(filled, made.path, SECRET) is True
    assert filled.look("SELECT restore_ok, restore_tested_at FROM privacy.backups") == [
        (True, NOW.replace(tzinfo=None))
    ]
    assert list(filled.rooms.scratch.iterdir()) == []


def test_expired_backups_are_destroyed_and_stay_in_the_register(filled, home):
    made = backup.back_up(filled, SECRET, kept_days=10)
    assert backup.destroy_expired(filled) == []
    later = Warehouse(home, clock=lambda: NOW + timedelta(days=11))
    assert backup.destroy_expired(later) == [made.backup_id]
    assert not made.path.exists()
    assert filled.look("SELECT count(*) FROM privacy.backups") == [(1,)]


# --- physical erasure


def everywhere(warehouse, marker):
    return sorted(str(path.relative_to(warehouse.rooms.root)) for path in warehouse.rooms.root.rglob("*")
                  if path.is_file() and path != warehouse.rooms.suppressions
                  and marker.encode() in path.read_bytes())  # fmt: skip


def test_after_a_rebuild_the_key_is_on_no_byte_of_the_warehouse(filled):
    with filled.write() as session:
        session.execute(
            "INSERT INTO privacy.subject_requests(request_id, kind) VALUES ('q1', 'erase'), ('q2', 'erase')"
        )
    before = filled.look(TOTALS)
    with filled.write() as session:
        session.execute("UPDATE orders SET customer_key = NULL WHERE customer_key = ?", [MARKER])
        session.execute("DELETE FROM customers WHERE customer_key = ?", [MARKER])
    filled.publish()
    assert everywhere(filled, MARKER) != []  # deleted is not gone
    rebuild(filled.rooms, NOW, ["q1"])
    assert everywhere(filled, MARKER) == []
    assert filled.look(TOTALS) == before
    assert len(list(filled.rooms.snapshots.iterdir())) == 1
    assert filled.look("SELECT request_id, physical_erasure_at::DATE FROM privacy.subject_requests ORDER BY 1") == [
        ("q1", NOW.date()), ("q2", None)]  # fmt: skip


def test_a_rebuilt_warehouse_goes_on(filled):
    rebuild(filled.rooms, NOW)
    merged = filled.merge(batch(order("c", "7"), checkpoint={"at": 9}))
    filled.publish()
    assert merged.rows_written == 1
    assert filled.look(TOTALS) == [(3, 207)]
    filled.prepare()
    assert filled.look("SELECT count(*) FROM internal.migrations")[0][0] >= 3


def test_a_rebuild_that_was_killed_is_begun_anew(filled):
    (filled.rooms.root / "rebuilt.duckdb").write_bytes(b"half a file")
    rebuild(filled.rooms, NOW)
    assert filled.look(TOTALS) == [(2, 200)]
