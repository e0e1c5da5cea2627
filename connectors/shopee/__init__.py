"""Shopee through its Open API v2: order numbers first, then details, then what the escrow says about vouchers."""

from __future__ import annotations

from pydantic import SecretStr

from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import Connector
from connectors.shopee import wire
from connectors.shopee.client import ShopeeClient
from connectors.shopee.payouts import ADS, SETTLEMENTS
from connectors.shopee.streams import ABOUT, ORDERS, PRODUCTS, REFUNDS


class ShopeeSettings(ConnectionSettings):
    base_url: str = "https://partner.shopeemobile.com"
    """The test gateway is https://partner.test-stable.shopeemobile.com."""
    partner_id: int
    partner_key: SecretStr
    shop_id: int
    ads: bool = False
    """Also read daily ad figures: the app needs Shopee's Ads permission."""


CONNECTOR = Connector(
    platform="shopee", title_en="Shopee", title_zh="Shopee 虾皮",
    settings=ShopeeSettings, client=ShopeeClient, about=ABOUT, cron="*/30 * * * *",
    streams=(ORDERS, REFUNDS, PRODUCTS, SETTLEMENTS, ADS),
    wire={"order": wire.Order, "return": wire.Return, "product": wire.Item, "escrow": wire.Released,
          "ads": wire.AdDay})
