"""Kuaishou shops (快手小店): a REST-like gateway whose business parameters are one signed JSON text."""

from __future__ import annotations

from typing import Literal

from pydantic import SecretStr

from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import Connector
from connectors.kuaishou import wire
from connectors.kuaishou.client import KuaishouClient
from connectors.kuaishou.streams import ABOUT, STREAMS


class KuaishouSettings(ConnectionSettings):
    base_url: str = "https://openapi.kwaixiaodian.com"
    auth_url: str = ""
    app_key: str
    app_secret: SecretStr
    """For tokens only."""
    sign_secret: SecretStr
    """For signatures only: the console shows it beside the other one."""
    sign_method: Literal["HMAC_SHA256", "MD5"] = "HMAC_SHA256"

    @property
    def token_url(self) -> str:
        return f"{self.auth_url or self.base_url}/oauth2/refresh_token"


CONNECTOR = Connector(
    platform="kuaishou", title_en="Kuaishou", title_zh="快手小店", settings=KuaishouSettings,
    client=KuaishouClient, streams=STREAMS, about=ABOUT,
    wire={"order": wire.Order, "refund": wire.Refund, "item": wire.Item},
)
