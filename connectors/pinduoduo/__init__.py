"""Pinduoduo shops (拼多多) through the open platform: one gateway, orders without buyers."""

from __future__ import annotations

from pydantic import SecretStr

from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import Connector
from connectors.pinduoduo import wire
from connectors.pinduoduo.client import PinduoduoClient
from connectors.pinduoduo.streams import ABOUT, STREAMS

GATEWAY = "/api/router"


class PinduoduoSettings(ConnectionSettings):
    base_url: str = "https://gw-api.pinduoduo.com"
    client_id: str
    client_secret: SecretStr

    @property
    def gateway_url(self) -> str:
        return self.base_url if self.base_url.endswith(GATEWAY) else self.base_url + GATEWAY


CONNECTOR = Connector(
    platform="pinduoduo", title_en="Pinduoduo", title_zh="拼多多", settings=PinduoduoSettings,
    client=PinduoduoClient, streams=STREAMS, about=ABOUT,
    wire={"order": wire.Order, "refund": wire.Refund, "goods": wire.Goods},
)
