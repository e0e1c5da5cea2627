"""Readers of a snapshot: what they may use, and where they put what does not fit into memory."""

from __future__ import annotations

from queries.run import reading
from tests.queries.asking import Market


def test_spills_go_to_the_scratch_room_not_beside_the_snapshot(market: Market) -> None:
    """The folder of a snapshot is closed for writing, and holds nothing of persons in its business file."""
    rooms = market.warehouse.rooms
    for lane in ("person", "business"):
        with reading(market.warehouse.snapshot(lane)) as cursor:  # type: ignore[arg-type]
            (where,) = cursor.execute("SELECT current_setting('temp_directory')").fetchall()[0]
        assert where.startswith(f"{rooms.scratch}/spill-") and where.endswith(f"-{lane}")


def test_a_reader_uses_the_cores_there_are(market: Market) -> None:
    with reading(market.warehouse.snapshot("business")) as cursor:
        ((threads, locked),) = cursor.execute(
            "SELECT current_setting('threads'), current_setting('lock_configuration')"
        ).fetchall()
    assert 1 <= threads <= 8 and locked
