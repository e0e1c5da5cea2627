"""TikTok Shop through its Open API: signed calls, orders without quantities, buyers behind masks."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlencode

from pydantic import SecretStr

from connectors.engine.consent import Answer, Authorize, Consent, code_of
from connectors.engine.errors import Misconfigured
from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import Call, Connector
from connectors.tiktok_shop import wire
from connectors.tiktok_shop.client import TikTokShopClient
from connectors.tiktok_shop.streams import ABOUT, STREAMS

PRODUCTION = "https://open-api.tiktokglobalshop.com"
PAGES = {"row": "https://services.tiktokshop.com", "us": "https://services.us.tiktokshop.com"}
"""Where sellers agree: in the United States on a page of their own."""
TOKEN_HOSTS = {PRODUCTION: "https://auth.tiktok-shops.com"}
"""The token host that belongs to an API host; with any other, tokens come from that same host."""


class TikTokShopSettings(ConnectionSettings):
    base_url: str = PRODUCTION
    auth_url: str = ""
    app_key: str
    app_secret: SecretStr
    shop_cipher: str = ""
    """Which of the authorised shops: `cipher` in the answer of /authorization/202309/shops. Where there is only one,
    Souk finds it out."""
    service_id: str = ""
    """Only for --authorize: of the app in the Partner Center."""
    consent: Literal["row", "us"] = "row"
    """Only for --authorize: `us` for shops of the United States."""

    @property
    def token_url(self) -> str:
        return self.auth_url or TOKEN_HOSTS.get(self.base_url, self.base_url)


def consent_page(settings: TikTokShopSettings, consent: Consent) -> str:
    """The browser comes back to the address that is stored with the app."""
    if not settings.service_id:
        raise Misconfigured("service_id (of the app in the Partner Center)")
    host = PAGES[settings.consent] if settings.base_url == PRODUCTION else settings.base_url
    return f"{host}/open/authorize?{urlencode({'service_id': settings.service_id, 'state': consent.state})}"


def code_call(settings: TikTokShopSettings, consent: Consent, answer: Answer) -> Call:
    return Call("/api/v2/token/get", {"auth_code": code_of(answer), "grant_type": "authorized_code"}, host="auth")


CONNECTOR = Connector(
    platform="tiktok_shop", title_en="TikTok Shop", title_zh="TikTok Shop",
    settings=TikTokShopSettings, client=TikTokShopClient, streams=STREAMS, about=ABOUT,
    authorize=Authorize(consent_page, code_call),
    wire={"order": wire.Order, "return": wire.Return, "cancellation": wire.Cancellation,
          "product": wire.Product, "statement": wire.Statement, "performance": wire.Performance})
