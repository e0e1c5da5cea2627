"""Single pieces of order lines, for platforms whose wire has one row a unit and no quantity; opaque page tokens.

A piece is numbered from its line's id: piece 2 of line 577086512000001050 is 577086512000001052.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass

from connectors.sandbox.world import WorldLine, WorldOrder, WorldRefund
from connectors.sandbox.world.chance import split


@dataclass(frozen=True, slots=True)
class Piece:
    """One unit of a line; its amounts add up to the line's."""

    piece_id: str
    line: WorldLine
    list_amount: int
    seller_discount: int
    platform_discount: int
    tax: int

    @property
    def paid(self) -> int:
        return self.list_amount - self.seller_discount - self.platform_discount


@dataclass(frozen=True, slots=True)
class PieceBack:
    """One unit of a refund."""

    piece_id: str
    line: WorldLine
    goods: int


def piece_id(line_id: str, number: int) -> str:
    return str(int(line_id) + number)


def pieces(order: WorldOrder) -> list[Piece]:
    return [
        Piece(piece_id(line.line_id, at), line, line.price, seller, platform, tax)
        for line in order.lines
        for at, (seller, platform, tax) in enumerate(zip(*_shares(line), strict=True))
    ]


def _shares(line: WorldLine) -> Iterator[list[int]]:
    even = [1] * line.quantity
    return (split(amount, even) for amount in (line.seller_discount, line.platform_discount, line.tax))


def pieces_back(refund: WorldRefund, order: WorldOrder) -> list[PieceBack]:
    """The units that a case names; money without return is said of the line's first unit."""
    lines = {line.line_id: line for line in order.lines}
    return [
        PieceBack(piece_id(row.line_id, at), lines[row.line_id], goods)
        for row in refund.lines
        for at, goods in enumerate(split(row.goods, [1] * max(1, row.quantity)))
    ]


def token(offset: int) -> str:
    """An opaque page token. It hides an offset on purpose: the worst that a platform may do."""
    return base64.urlsafe_b64encode(f"page@{offset}".encode()).decode()


def offset(token: str | None) -> int:
    """What a token hides. Raises ValueError for one that was never given."""
    if not token:
        return 0
    word, _, number = base64.urlsafe_b64decode(token.encode()).decode().partition("@")
    if word != "page":
        raise ValueError(token)
    return int(number)
