"""Ten more shops that the merchant can open: `World(now, platforms=["amazon", "etsy"])`.

A branch is a platform; a market is where its shop sells, the first one unless told otherwise:
`World(now, platforms=["amazon"], countries={"amazon": "JP"})`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from connectors.sandbox.world.habit import Habit
from connectors.sandbox.world.types import Channel

Fees = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Market:
    country: str
    tz: str
    currency: str
    price: tuple[int, int]
    """Catalogue price (fen) -> minor units of the currency."""
    free_shipping_from: int
    shipping: int
    taxed: bool = False
    """True where tax is added to the price (the United States); else it is inside, or not shown."""


@dataclass(frozen=True, slots=True)
class Branch:
    shop_id: str
    name: str
    markets: tuple[Market, ...]
    side: str
    visits: float
    growth: float
    unpaid: float
    cancelled_paid: float
    aftersales: float
    channels: tuple[tuple[Channel, float], ...]
    fees: Fees
    """(fee type, hundredths of a percent of what was paid, fixed minor units)."""
    cod: float = 0.0
    coupons: bool = False
    """Whether the platform pays for part of the discounts."""
    conversion: float = 0.03
    listed: float = 0.55
    """Share of the catalogue."""
    cost_known: float = 0.85
    patience: float = 48.0
    """Hours until the platform closes an unpaid order."""
    silent: float = 0.0
    """Share of paid-then-cancelled orders for which the platform keeps no refund object."""
    monthly: tuple[str, int] | None = None
    """A fee that belongs to no order."""
    per_line: bool = False
    """Whether an after-sale case holds one order line."""
    staged: bool = True
    """Whether a case is seen before the money goes back: asked, agreed, refused."""
    completes: bool = False
    """Whether orders go on from delivered to completed."""
    one_line: bool = False
    """Whether an order holds one product."""
    postage_taxed: bool = False
    stocked: bool = False

    def market(self, country: str | None) -> Market:
        return next((place for place in self.markets if place.country == country), self.markets[0])

    def habit(self, market: Market | None = None) -> Habit:
        place = market or self.markets[0]
        return Habit(
            self.side,
            self.visits,
            self.growth,
            place.price,
            place.free_shipping_from,
            place.shipping,
            self.unpaid,
            self.cod,
            self.cancelled_paid,
            self.aftersales,
            0.0,
            self.coupons,
            self.channels,
            self.conversion,
        )


LOS_ANGELES = Market("US", "America/Los_Angeles", "USD", (155, 1000), 3500, 599, taxed=True)
NEW_YORK = replace(LOS_ANGELES, tz="America/New_York")
SINGAPORE = Market("SG", "Asia/Singapore", "SGD", (186, 1000), 3000, 199)
JAPAN = Market("JP", "Asia/Tokyo", "JPY", (21, 100), 3500, 410)
MEXICO = Market("MX", "America/Mexico_City", "MXN", (258, 100), 29900, 9900)
BRAZIL = Market("BR", "America/Sao_Paulo", "BRL", (78, 100), 7900, 1590)
CHILE = Market("CL", "America/Santiago", "CLP", (13, 10), 19990, 2990)
TAIWAN = Market("TW", "Asia/Taipei", "TWD", (44, 10), 49900, 6000)
CHINA = Market("CN", "Asia/Shanghai", "CNY", (92, 100), 0, 0)

SEARCH: tuple[tuple[Channel, float], ...] = (("search", 0.62), ("ad", 0.26), ("direct", 0.12))
FEED: tuple[tuple[Channel, float], ...] = (("video", 0.48), ("shelf", 0.28), ("search", 0.14), ("ad", 0.10))

BRANCHES: dict[str, Branch] = {
    "amazon": Branch(
        "A2SHANYUHOME01",
        "Shanyu Home",
        (LOS_ANGELES, JAPAN),
        "west",
        1.60,
        0.25,
        0.03,
        0.03,
        0.08,
        SEARCH,
        (("commission", 1500, 0), ("fulfilment", 0, 380)),
        patience=120.0,
        silent=1.0,
        postage_taxed=True,
        monthly=("storage", 2_850),
        staged=False,
        stocked=True,
    ),
    "tiktok_shop": Branch(
        "7495812345678901234",
        "Shanyu Home",
        (LOS_ANGELES,),
        "west",
        0.95,
        1.10,
        0.09,
        0.04,
        0.11,
        FEED,
        (("commission", 600, 0), ("payment", 0, 30)),
        coupons=True,
        conversion=0.018,
        silent=0.5,
        per_line=True,
        completes=True,
    ),
    "ebay": Branch(
        "shanyu_home",
        "Shanyu Home",
        (LOS_ANGELES,),
        "west",
        0.60,
        0.0,
        0.05,
        0.02,
        0.05,
        SEARCH,
        (("commission", 1325, 30),),
        patience=96.0,
        staged=False,
    ),
    "lazada": Branch(
        "SG1A2B3C4D",
        "Shanyu Home SG",
        (SINGAPORE,),
        "sea",
        0.70,
        0.30,
        0.08,
        0.03,
        0.07,
        SEARCH,
        (("commission", 400, 0), ("payment", 218, 0)),
        cod=0.02,
        coupons=True,
        silent=1.0,
        per_line=True,
    ),
    "shopee": Branch(
        "512345678",
        "Shanyu Home SG",
        (SINGAPORE, TAIWAN),
        "sea",
        0.90,
        0.45,
        0.09,
        0.03,
        0.07,
        SEARCH,
        (("commission", 600, 0), ("payment", 218, 0), ("service", 200, 0)),
        cod=0.02,
        coupons=True,
        silent=1.0,
        completes=True,
    ),
    "etsy": Branch(
        "28123456",
        "ShanyuHome",
        (NEW_YORK,),
        "west",
        0.45,
        0.20,
        0.02,
        0.02,
        0.04,
        SEARCH,
        (("commission", 650, 0), ("payment", 300, 25)),
        listed=0.35,
        silent=0.3,
        staged=False,
    ),
    "mercado_libre": Branch(
        "201998877",
        "Shanyu Home MX",
        (MEXICO, BRAZIL, CHILE),
        "west",
        0.75,
        0.50,
        0.07,
        0.03,
        0.07,
        SEARCH,
        (("commission", 1450, 0), ("shipping", 0, 4_500)),
        coupons=True,
        silent=0.3,
        one_line=True,
    ),
    "walmart": Branch(
        "10001234567",
        "Shanyu Home",
        (NEW_YORK,),
        "west",
        0.50,
        0.60,
        0.0,
        0.04,
        0.07,
        SEARCH,
        (("commission", 1500, 0),),
        listed=0.4,
        silent=1.0,
        postage_taxed=True,
    ),
    "pinduoduo": Branch(
        "904412345",
        "山屿家居店",
        (replace(CHINA, price=(78, 100)),),
        "cn",
        1.70,
        0.20,
        0.08,
        0.04,
        0.13,
        (("search", 0.40), ("shelf", 0.36), ("ad", 0.24)),
        (("commission", 60, 0),),
        coupons=True,
        conversion=0.028,
        patience=24.0,
        one_line=True,
    ),
    "kuaishou": Branch(
        "2345678901",
        "山屿快手小店",
        (CHINA,),
        "cn",
        1.10,
        0.40,
        0.10,
        0.05,
        0.16,
        (("live", 0.52), ("video", 0.26), ("shelf", 0.14), ("ad", 0.08)),
        (("commission", 500, 0), ("payment", 60, 0)),
        conversion=0.021,
        patience=1.0,
        one_line=True,
    ),
}
"""Rows here may be tuned without touching the first seven shops."""
