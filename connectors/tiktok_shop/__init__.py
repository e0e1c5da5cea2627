"""TikTok Shop through its Open API: signed calls, orders without quantities, buyers behind masks."""

from __future__ import annotations

from pydantic import SecretStr

from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import Connector
from connectors.tiktok_shop import wire
from connectors.tiktok_shop.client import TikTokShopClient
from connectors.tiktok_shop.streams import ABOUT, STREAMS

PRODUCTION = "https://open-api.tiktokglobalshop.com"
TOKEN_HOSTS = {PRODUCTION: "https://auth.tiktok-shops.com"}
"""The token host that belongs to an API host; with any other, tokens come from that same host."""


class TikTokShopSettings(ConnectionSettings):
    base_url: str = PRODUCTION
    auth_url: str = ""
    app_key: str
    app_secret: SecretStr
    shop_cipher: str
    """Which of the authorised shops: `cipher` in the answer of /authorization/202309/shops."""

    @property
    def token_url(self) -> str:
        return self.auth_url or TOKEN_HOSTS.get(self.base_url, self.base_url)


CONNECTOR = Connector(
    platform="tiktok_shop", title_en="TikTok Shop", title_zh="TikTok Shop",
    settings=TikTokShopSettings, client=TikTokShopClient, streams=STREAMS, about=ABOUT,
    wire={"order": wire.Order, "return": wire.Return, "cancellation": wire.Cancellation,
          "product": wire.Product, "statement": wire.Statement})
