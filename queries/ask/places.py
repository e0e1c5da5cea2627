"""A place beside a platform: the US Shopify site, WooCommerce Europe. The shop that has the place in its name.

The place alone is a country, or no word at all ("us"); only right beside a platform does it say which of the shops.
Both stay filters, so a place that this platform has no shop in finds nothing instead of another platform's shop.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache

from queries.ask.spans import Span, ValueWord
from queries.ask.words import load_words

_ALIASES = {"taobao": ("tmall",), "woocommerce": ("woo",), "xiaohongshu": ("rednote", "xhs")}
_WEIGHT = 3


@cache
def _platforms() -> frozenset[str]:
    """The platforms that people put beside a place, as they are written in Latin."""
    keys = load_words().of("values").get("platform", {})
    return frozenset({*keys, *(alias for key in keys for alias in _ALIASES.get(key, ()))})


@dataclass
class Places:
    """Words for the places in shop names, and the platforms beside which they count."""

    shops: dict[str, list[ValueWord]] = field(default_factory=lambda: defaultdict(list))

    def add(self, dimension: str, name: str, word: ValueWord) -> None:
        """A shop with a place in its name; other names have no place."""
        if dimension != "shop":
            return
        said_in = set(name.split())
        for row in load_words().of("shop_places").values():
            if any(known in said_in or (not known.isascii() and known in name) for known in row["named"]):
                for said in row["said"]:
                    if said.isascii():
                        self.shops[said].append(word)

    def find(self, text: str) -> list[Span]:
        """Places right before or behind a platform."""
        if not self.shops:
            return []
        place = "|".join(re.escape(said) for said in sorted(self.shops, key=len, reverse=True))
        platform = "|".join(re.escape(name) for name in sorted(_platforms()))
        found = []
        for pattern in (
            rf"(?<![a-z])(?P<p>{place})(?: \(| )(?=(?:{platform})(?![a-z]))",
            rf"(?<![a-z])(?:{platform})(?: \(| - |, | )(?P<p>{place})(?![a-z])",
        ):
            for match in re.finditer(pattern, text):
                found.append(Span((match.span("p"),), tuple(self.shops[match["p"]]), _WEIGHT))
        return found
