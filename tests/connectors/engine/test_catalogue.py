"""The field catalogue: what is not declared is named and never stored; every platform declares what it reads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from connectors import PLATFORMS, available, catalogue_path, connector
from connectors.engine.catalogue import BadCatalogue, Source, classes, load, wire_paths

CATALOGUE = """
platform: shop
version: 1
decided_by: test
decided_on: 2026-01-05
sources:
  order:
    envelope: [data, orders, total]
    business: {id: orders.order_id, lines.sku: order_lines.sku_id}
    buyer_id: {buyer: orders.customer_key}
    name: [receiver.name]
    unused: ["extra.*"]
"""


@pytest.fixture
def order(tmp_path: Path) -> Any:
    file = tmp_path / "fields.yaml"
    file.write_text(CATALOGUE)
    return load(file).sources["order"]


@pytest.mark.parametrize(("page", "unknown"), [
    ({"data": {"orders": [{"id": 1, "buyer": "x", "lines": [{"sku": "a"}]}], "total": 1}}, set()),
    ({"data": {"orders": [{"id": 1, "receiver": {"name": "n"}, "extra": {"anything": 1}}]}}, set()),
    ({"data": {"orders": [{"id": 1, "gift_wrap": "for Anna"}]}}, {"gift_wrap"}),
    ({"data": {"orders": [{"id": 1, "lines": [{"sku": "a", "engraving": "Anna"}]}]}}, {"lines.engraving"}),
    ({"data": {"orders": [{"id": 1, "note": 'he said "phone": 13800138000'}]}}, {"note"}),
    ({"data": {"orders": [{"id": 1, "carers": {"anna@example.com": 1, "13800138000": 2, "王小明": 3}}]}},
     {"carers", "carers.*"}),
])
def test_unknown_fields_are_named_by_path(order: Any, page: Any, unknown: set[str]) -> None:
    assert order.unknown(msgspec.json.encode(page), set()) == unknown


def test_a_known_name_in_a_new_place_is_found_by_the_deep_look(order: Any) -> None:
    page = msgspec.json.encode({"data": {"orders": [{"id": 1, "lines": [{"sku": "a", "name": "Anna"}]}]}})
    met = {b"data", b"orders", b"id", b"lines", b"sku", b"name"}
    assert order.unknown(page, met) == set()
    assert order.unknown(page, met, deep=True) == {"lines.name"}


def test_a_page_is_looked_into_only_for_names_not_met_before(order: Any) -> None:
    met: set[bytes] = set()
    assert order.unknown(b'{"id": 1, "mood": "good"}', met) == {"mood"}
    assert order.unknown(b'{"id": 2, "mood": "bad"}', met) == set()
    assert order.unknown(b'{"id": 3, "weather": "fine"}', met) == {"weather"}


def test_lines_of_a_report_are_looked_at_too(order: Any) -> None:
    assert order.unknown(b'{"id": 1}\n{"id": 2, "mood": "good"}\n', set()) == {"mood"}


@pytest.mark.parametrize(("old", "new", "complaint"), [
    ("unused:", "useless:", "no class 'useless'"),
    ("name: [receiver.name]", "name: {receiver.name: orders.region}", "a list of paths"),
    ("name: [receiver.name]", "name: [receiver.name, id]", "declared twice"),
    ("version: 1", "", "version"),
])
def test_a_wrong_catalogue_says_where(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    file = tmp_path / "fields.yaml"
    file.write_text(CATALOGUE.replace(old, new))
    with pytest.raises(BadCatalogue, match=complaint):
        load(file)


def test_no_class_keeps_what_it_must_not() -> None:
    """The checks of privacy.field_catalogue hold for every class."""
    for kind in classes().values():
        kept = kind["treatment"] in ("keep", "mask")
        assert not (kind["identifiability"] == "direct" and kept and kind["sensitivity"] != "business")
        assert kind["sensitivity"] != "sensitive" or kind["treatment"] == "drop"
        assert kind["treatment"] == "drop" or (kind["purpose"] and kind["lawful_basis"])


SPOKEN = [platform for platform in PLATFORMS if platform in available() and catalogue_path(platform).exists()]


@pytest.mark.parametrize("platform", SPOKEN)
def test_every_field_a_platform_reads_is_declared(platform: str) -> None:
    found, catalogue = connector(platform), load(catalogue_path(platform))
    assert catalogue.platform == platform
    for stream in found.streams:
        assert stream.source in catalogue.sources, stream.name
    for source, kind in found.wire.items():
        declared = Source(tuple(
            replace(entry, source_field=entry.source_field.replace(".nodes", ""))  # GraphQL's lists, joined
            for entry in catalogue.sources[source].entries), frozenset())
        undeclared = [path for path in wire_paths(kind) if not declared.covers(path)]
        assert not undeclared, f"{platform}.{source}: {undeclared}"


@pytest.mark.parametrize("platform", SPOKEN)
def test_no_two_streams_share_a_name_and_rows_go_to_known_tables(platform: str) -> None:
    streams = connector(platform).streams
    assert len({stream.name for stream in streams}) == len(streams)
    assert all(stream.tables for stream in streams)
