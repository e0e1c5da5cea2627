"""JD shops of third-party sellers (POP) through JD's open platform (JOS)."""

from __future__ import annotations

from pydantic import SecretStr

from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import Connector
from connectors.jd import wire
from connectors.jd.client import JdClient
from connectors.jd.streams import ABOUT, STREAMS

PRODUCTION, TOKEN_HOST = "https://api.jd.com", "https://open-oauth.jd.com"


class JdSettings(ConnectionSettings):
    base_url: str = PRODUCTION
    auth_url: str = ""
    app_key: str
    app_secret: SecretStr

    @property
    def gateway_url(self) -> str:
        return self.base_url if self.base_url.endswith("/routerjson") else f"{self.base_url}/routerjson"

    @property
    def token_url(self) -> str:
        """JD's own token host for JD's own gateway; with any other gateway, that same host."""
        host = self.auth_url or (TOKEN_HOST if self.base_url == PRODUCTION else self.base_url)
        return host if host.endswith("/refresh_token") else f"{host}/oauth2/refresh_token"


CONNECTOR = Connector(
    platform="jd", title_en="JD", title_zh="京东",
    settings=JdSettings, client=JdClient, streams=STREAMS, about=ABOUT,
    wire={"order": wire.OrderInfo, "application": wire.Application, "after_sale": wire.AfterSale,
          "ware": wire.Ware},
)
