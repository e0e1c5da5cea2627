"""What is known of the columns of exports: the field catalogue for ready layouts, and for any other file which
headers hold a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path

import yaml

from connectors.engine.catalogue import FieldEntry, load
from queries.privacy.tripwire import scan_value

CATALOGUE = Path(__file__).parent / "fields.yaml"


@lru_cache
def catalogue(layout: str) -> Mapping[str, FieldEntry]:
    """Header -> what is done with it, for a ready layout; {} for others."""
    source = load(CATALOGUE).sources.get(layout) if layout else None
    return source.by_path if source else {}


def known_headers(layout: str) -> set[str]:
    return set(catalogue(layout))


@lru_cache
def tables() -> Mapping[str, Mapping[str, object]]:
    """`synonyms.yaml`: headers of both languages by what they mean."""
    text = resources.files(__package__).joinpath("synonyms.yaml").read_text("utf-8")
    found: Mapping[str, Mapping[str, object]] = yaml.safe_load(text)
    return found


def personal(header: str) -> str:
    """The class of a column that holds a person (`name`, `phone`, ...), or "".

    >>> personal("收货人手机"), personal("Shipping Address1"), personal("商品名称"), personal("Name")
    ('phone', 'address', '', '')
    """
    text = header.strip().lower()
    for kind, signs in tables()["personal"].items():
        words = signs if isinstance(signs, list) else []
        if any(sign in text if not sign.isascii() else _has_word(text, sign) for sign in words):
            return kind
    return ""


def _has_word(text: str, words: str) -> bool:
    """Whether the words stand in the text as words: `phone` in `buyer-phone-number`, not in `smartphones`."""
    spaced = "".join(sign if sign.isalpha() else " " for sign in text)
    return f" {words} " in f" {' '.join(spaced.split())} "


def holds_person(cell: str) -> bool:
    """Whether a value looks like a phone number, an e-mail address or an identity number."""
    return scan_value(cell) is not None
