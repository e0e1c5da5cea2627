"""Shopify stores through the Admin GraphQL API: bulk operations for the first load, cursors for changes."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr, field_validator, model_validator

from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import Connector
from connectors.shopify import wire
from connectors.shopify.client import ShopifyClient
from connectors.shopify.streams import ABOUT, STREAMS

API_VERSION = "2026-10"


class ShopifySettings(ConnectionSettings):
    base_url: str = ""
    """Filled from `shop` unless given."""
    shop: str
    """`my-store` or `my-store.myshopify.com`."""
    client_id: str = ""
    client_secret: SecretStr | None = None
    api_version: str = API_VERSION

    @model_validator(mode="before")
    @classmethod
    def _host(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("shop") and not given.get("base_url"):
            return {**given, "base_url": f"https://{domain(str(given['shop']))}"}
        return given

    @field_validator("api_version")
    @classmethod
    def _quarter(cls, value: str) -> str:
        year, dash, month = value.partition("-")
        if not (len(year) == 4 and year.isdigit() and dash and month in ("01", "04", "07", "10")):
            raise ValueError("a version is named by its quarter, for example 2026-10")
        return value

    @model_validator(mode="after")
    def _some_key(self) -> ShopifySettings:
        if self.access_token is None and not (self.client_id and self.client_secret):
            raise ValueError("needs access_token, or client_id and client_secret")
        return self


def domain(shop: str) -> str:
    """The store's host."""
    host = shop.strip().removeprefix("https://").rstrip("/")
    return host if "." in host else f"{host}.myshopify.com"


CONNECTOR = Connector(
    platform="shopify", title_en="Shopify", title_zh="Shopify", settings=ShopifySettings, client=ShopifyClient,
    streams=STREAMS, about=ABOUT, buyers_per_shop=True, wire={"order": wire.Order, "product": wire.Product},
)  # fmt: skip
