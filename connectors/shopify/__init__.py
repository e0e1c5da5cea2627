"""Shopify stores through the Admin GraphQL API: bulk operations for the first load, cursors for changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr, field_validator, model_validator

from connectors.engine.consent import Answer, Authorize, Consent
from connectors.engine.settings import ConnectionSettings, reveal
from connectors.engine.stream import Call, Connector
from connectors.shopify import wire
from connectors.shopify.client import ShopifyClient
from connectors.shopify.signing import verify_callback
from connectors.shopify.streams import ABOUT, NEEDED, STREAMS

API_VERSION = "2026-10"


class ShopifySettings(ConnectionSettings):
    base_url: str = ""
    """Filled from `shop` unless given."""
    shop: str
    """`my-store` or `my-store.myshopify.com`."""
    client_id: str = ""
    client_secret: SecretStr | None = None
    api_version: str = API_VERSION
    scopes: str = ",".join(NEEDED)
    """Rights asked for by --authorize; add read_all_orders where Shopify has approved it for the app."""

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


def consent_page(settings: ShopifySettings, consent: Consent) -> str:
    asked = {"client_id": settings.client_id, "scope": settings.scopes, "redirect_uri": consent.redirect,
             "state": consent.state}
    return f"{settings.base_url}/admin/oauth/authorize?{urlencode(asked)}"


def code_call(settings: ShopifySettings, consent: Consent, answer: Answer) -> Call:
    """`expiring`: a token that is renewed, which public apps must use."""
    return Call("access_token", host="auth", verb="POST", params={
        "client_id": settings.client_id, "client_secret": reveal(settings.client_secret), "code": answer["code"],
        "expiring": "1"})


def genuine(settings: ShopifySettings, answer: Answer, now: datetime) -> bool:
    """Signed by Shopify with the app's secret, fresh, and about the store that was asked."""
    signed = verify_callback(reveal(settings.client_secret), answer, now)
    return signed and answer["shop"] == domain(settings.shop)


CONNECTOR = Connector(
    platform="shopify", title_en="Shopify", title_zh="Shopify", settings=ShopifySettings, client=ShopifyClient,
    streams=STREAMS, about=ABOUT, authorize=Authorize(consent_page, code_call, genuine=genuine),
    buyers_per_shop=True,
    wire={"order": wire.Order, "product": wire.Product, "transaction": wire.BalanceTransaction, "payout": wire.Payout,
          "variant": wire.Stock},
)  # fmt: skip
