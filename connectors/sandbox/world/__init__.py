"""Two years of one invented merchant, the same for the same seed and instant."""

from connectors.sandbox.world.figures import (
    AdRow,
    FeeRow,
    InventoryRow,
    LiveRow,
    NativeRow,
    Post,
    ReviewRow,
    SettlementRow,
    SocialRow,
    TrafficRow,
    UnitCostRow,
    WorldCampaign,
)
from connectors.sandbox.world.truth import Truth, is_sale, listed
from connectors.sandbox.world.types import (
    WorldBuyer,
    WorldLine,
    WorldOrder,
    WorldProduct,
    WorldRefund,
    WorldRefundLine,
    WorldShop,
    WorldSku,
    major,
    money,
)
from connectors.sandbox.world.world import World

__all__ = [
    "AdRow", "FeeRow", "InventoryRow", "LiveRow", "NativeRow", "Post", "ReviewRow", "SettlementRow",
    "SocialRow", "TrafficRow", "Truth", "UnitCostRow", "World", "WorldBuyer", "WorldCampaign", "WorldLine",
    "WorldOrder", "WorldProduct", "WorldRefund", "WorldRefundLine", "WorldShop", "WorldSku", "is_sale",
    "listed", "major", "money",
]
