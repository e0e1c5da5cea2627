"""How the business of one platform's shop behaves."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.sandbox.world.types import Channel


@dataclass(frozen=True, slots=True)
class Habit:
    """What is typical of one platform's shop. Shares are of orders unless said otherwise."""

    side: str
    """cn|west|sea: whose calendar."""
    visits: float
    """First purchases an average day at scale 1."""
    growth: float
    """Change of demand over two years: 0.4 = 40 % more at the end."""
    price: tuple[int, int]
    """Shop price = catalogue price (fen) x numerator / denominator."""
    free_shipping_from: int
    shipping: int
    unpaid: float
    cod: float
    cancelled_paid: float
    """Paid, then cancelled before shipping."""
    aftersales: float
    presale: float
    """Share of presales on a deposit day."""
    platform_coupons: bool
    channels: tuple[tuple[Channel, float], ...]
    conversion: float
    """Buyers per visitor on an average day."""
