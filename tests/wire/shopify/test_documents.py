"""Every document is one that the Admin API can run, and none asks for a person."""

from pathlib import Path

import pytest
from graphql import DocumentNode, FieldNode, build_schema, parse, validate, visit
from graphql.language import Visitor

from connectors.engine.catalogue import load
from connectors.shopify import documents
from connectors.shopify.sandbox import unbounded

SCHEMA = build_schema((Path(documents.__file__).parent / "sandbox.graphql").read_text("utf-8"))
PAGED = {name: text for name, text in vars(documents).items()
         if isinstance(text, str) and text.startswith(("query", "mutation"))}
BULK = {"everything": documents.all_orders(""), "since": documents.all_orders("created_at:>='2026-01-01T00:00:00Z'")}
PERSONAL = {"email", "phone", "firstName", "lastName", "displayName", "name", "address1", "address2", "zip", "city",
            "note", "latitude", "longitude", "formatted", "clientIp", "customAttributes", "billingAddress",
            "statusPageUrl"}
WHERE_NAME_IS_OF_THE_SHOP = {"SHOP"}


class Fields(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        self.names.add(node.name.value)


def fields(document: DocumentNode) -> set[str]:
    seen = Fields()
    visit(document, seen)
    return seen.names


def test_all_documents_are_looked_at() -> None:
    assert len(PAGED) >= 10


@pytest.mark.parametrize("name", [*PAGED, *BULK])
def test_it_is_valid(name: str) -> None:
    document = parse((PAGED | BULK)[name])
    assert validate(SCHEMA, document) == []
    assert unbounded(document) == [] or name in BULK


@pytest.mark.parametrize("name", [*PAGED, *BULK])
def test_it_asks_for_no_person(name: str) -> None:
    asked = fields(parse((PAGED | BULK)[name])) & PERSONAL
    assert asked == ({"name"} if name in WHERE_NAME_IS_OF_THE_SHOP else set())


CATALOGUE = load(Path(documents.__file__).parent / "fields.yaml")
OF = {"BALANCE": "transaction", "PAYOUTS": "payout", "STOCK": "variant"}
OF_PRODUCTS, OF_NOTHING = {"PRODUCTS", "MORE_VARIANTS"}, {"SHOP", "SCOPES", "SUBMIT", "POLL"}


@pytest.mark.parametrize("name", sorted((PAGED | BULK).keys() - OF_NOTHING))
def test_every_field_it_asks_for_stands_in_the_catalogue(name: str) -> None:
    """The API answers what is asked for and nothing else."""
    known = CATALOGUE.sources[OF.get(name, "product" if name in OF_PRODUCTS else "order")]
    named = {part for path in known.by_path for part in path.split(".")} | known.envelope
    named |= {"amount", "shopMoney", "currencyCode"}  # inside x.*
    assert fields(parse((PAGED | BULK)[name])) - named == set()


def test_a_field_that_does_not_exist_is_noticed() -> None:
    assert validate(SCHEMA, parse("{ shop { nickname } }"))
    assert unbounded(parse("{ orders { nodes { lineItems(first: 1) { nodes { id } } } } }")) == ["orders"]


def test_a_bulk_operation_keeps_its_own_rules() -> None:
    """At most five connections, two levels deep, none below a plain list."""
    connections, deepest = [], 0

    def walk(node: object, depth: int, in_list: bool) -> None:
        nonlocal deepest
        for field in getattr(node, "selection_set", None).selections if getattr(node, "selection_set", None) else ():
            edges = any(inner.name.value == "edges" for inner in (field.selection_set.selections
                                                                  if field.selection_set else ()))
            assert not (edges and in_list), field.name.value
            connections.extend([field.name.value] if edges else [])
            deepest = max(deepest, depth + edges)
            walk(field, depth + edges, in_list or field.name.value in ("refunds", "transactions", "fulfillments"))

    walk(parse(BULK["since"]).definitions[0], 0, False)
    assert connections == ["orders", "shippingLines", "lineItems"]
    assert deepest == 2
