"""Walmart Marketplace sellers: orders by who ships them, returns, items."""

from __future__ import annotations

from pydantic import SecretStr, field_validator

from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import Connector
from connectors.walmart import wire
from connectors.walmart.client import WalmartClient
from connectors.walmart.items import PRODUCTS
from connectors.walmart.returns import RETURNS
from connectors.walmart.statement import STATEMENTS
from connectors.walmart.streams import ABOUT, ORDERS


class WalmartSettings(ConnectionSettings):
    base_url: str = "https://marketplace.walmartapis.com"
    client_id: str
    client_secret: SecretStr
    market: str = "us"
    """us, mx, ca, cl: other markets than the United States are named in every call."""
    seller_id: str = ""
    """The partner id, where the keys may not read the payment statement that tells it."""
    timezone: str = ""

    @field_validator("base_url")
    @classmethod
    def _host(cls, value: str) -> str:
        return value.removesuffix("/v3")

    @field_validator("market")
    @classmethod
    def _lower(cls, value: str) -> str:
        return value.lower()


CONNECTOR = Connector(
    platform="walmart", title_en="Walmart Marketplace", title_zh="沃尔玛", settings=WalmartSettings,
    client=WalmartClient, streams=(*ORDERS, RETURNS, PRODUCTS, STATEMENTS), about=ABOUT,
    wire={"order": wire.Order, "return": wire.Return, "item": wire.Item,
          "statement": wire.StatementLine},
)
