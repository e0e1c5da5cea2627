"""How the platforms beyond the first seven number things: products, SKUs, orders, lines, refunds, buyers.

Made-up numbers of the right shape. `index` counts catalogue rows, `number` orders or buyers from 1, `place` the
lines or cases of an order from 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def letters(number: int, length: int) -> str:
    """A number in capital letters and digits: letters(40, 3) = "016"."""
    out = ""
    for _ in range(length):
        number, rest = divmod(number, len(ALPHABET))
        out = ALPHABET[rest] + out
    return out


def scrambled(number: int, digits: int) -> int:
    """A different number of exactly `digits` digits for every number below 10^(digits-1): they look drawn."""
    space = 9 * 10 ** (digits - 1)
    return 10 ** (digits - 1) + number * 7_368_787 % space


def grouped(number: int, *groups: int) -> str:
    """Digits in groups: grouped(1112345678, 3, 7) = "111-2345678"."""
    text, parts = str(number), []
    for length in groups:
        parts.append(text[:length])
        text = text[length:]
    return "-".join(parts)


def _even(start: int, step: int) -> Callable[[int], str]:
    return lambda number: str(start + number * step)


def _lines(start: int) -> Callable[[int, int], str]:
    """Line or case ids of an order: room for twenty lines with forty pieces each between two orders."""
    return lambda number, place: str(start + number * 1_000 + place * 50)


@dataclass(frozen=True, slots=True)
class Numbers:
    product: Callable[[int], str]
    sku: Callable[[int, int, str], str]
    """(index, variant, the merchant's own code)"""
    order: Callable[[int], str]
    line: Callable[[int, int], str] | None
    """(order number, place); None = the platform has no line ids: the SKU's id stands for one."""
    refund: Callable[[int, int], str]
    buyer: Callable[[int, str], str]
    """(buyer's number, 22 random hexadecimal digits)"""


def _sku(start: int) -> Callable[[int, int, str], str]:
    return lambda index, variant, _code: str(start + index * 100 + variant)


def _own(_index: int, _variant: int, code: str) -> str:
    return code


NUMBERS: dict[str, Numbers] = {
    "amazon": Numbers(
        lambda index: "B0" + letters(7_919_000_003 + index * 104_729_011, 8),
        _own,
        lambda number: grouped(11_100_000_000_000_000 + number * 100_008_737, 3, 7, 7),
        _lines(25_012_340_000_000),
        _lines(901_000_000_000),
        lambda number, _token: f"A{letters(10_000_000 + number, 13)}",
    ),
    "tiktok_shop": Numbers(
        _even(1_729_382_256_910_000_000, 104_729),
        _sku(1_729_382_476_852_000_000),
        _even(576_461_413_000_000_000, 10_007),
        _lines(577_086_512_000_000_000),
        _lines(4_035_227_007_000_000_000),
        lambda number, _token: str(7_494_560_000_000_000_000 + number * 733),
    ),
    "ebay": Numbers(
        _even(256_123_400_000, 6_113),
        _own,
        lambda number: grouped(120_000_000_000 + scrambled(number, 11) % 29_999_999_999, 2, 5, 5),
        _lines(10_012_340_000_000),
        _lines(5_020_000_000_000),
        lambda number, token: f"{token[:11]}_{number}",
    ),
    "lazada": Numbers(
        _even(2_345_670_000, 613),
        _sku(11_203_400_000),
        _even(402_145_000_000_000, 10_007),
        _lines(402_155_000_000_000),
        _lines(380_150_000_000_000),
        lambda number, _token: str(100_045_000 + number),
    ),
    "shopee": Numbers(
        _even(23_456_780_000, 613),
        _sku(187_654_000_000),
        lambda number: f"{240_000 + number % 7_919:06d}" + letters(31_000_000_000 + number * 1_000_003, 8),
        None,
        _lines(2_404_150_000_000_000),
        lambda number, _token: str(845_000_000 + number),
    ),
    "etsy": Numbers(
        _even(1_654_320_000, 613),
        _sku(19_012_340_000),
        _even(3_345_670_000, 17),
        _lines(4_123_450_000_000),
        _lines(1_230_000_000_000),
        lambda number, _token: str(712_000_000 + number),
    ),
    "mercado_libre": Numbers(
        lambda index: f"MLM{3_123_450_000 + index * 613}",
        _sku(182_340_000_000),
        _even(2_000_009_512_000_000, 1_021),
        None,
        _lines(5_300_000_000_000),
        lambda number, _token: str(201_450_000 + number),
    ),
    "walmart": Numbers(
        lambda index: f"{5_012_340_000 + index * 613}",
        _own,
        _even(108_912_340_000_000, 1_021),
        lambda _number, place: str(place + 1),
        _lines(173_000_000_000_000),
        lambda number, token: f"{token[:8]}-{number:08d}",
    ),
    "pinduoduo": Numbers(
        _even(345_678_900_000, 7_919),
        _sku(1_234_567_800_000),
        lambda number: f"{240_101 + number % 28:06d}-{300_000_000_000_000 + number * 10_007}",
        None,
        _lines(67_800_000_000),
        lambda _number, token: token,
    ),
    "kuaishou": Numbers(
        _even(22_345_678_900_000, 7_919),
        _sku(33_456_789_000_000),
        _even(2_412_300_000_000_000, 10_007),
        None,
        _lines(2_423_400_000_000_000),
        lambda _number, token: f"f18{token}",
    ),
}


def child_asin(sku_id: str) -> str:
    """The ASIN of one variation (amazon): ten capital letters and digits that follow from its SKU."""
    return "B0" + letters(int.from_bytes(hashlib.sha256(sku_id.encode()).digest()[:6], "big"), 8)
