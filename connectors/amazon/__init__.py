"""Amazon through the Selling Partner API: reports for history, searchOrders for changes, finances for refunds
and fees. No call here asks for a buyer or an address, and none takes a restricted data token."""

from __future__ import annotations

from typing import Any

from pydantic import SecretStr, field_validator, model_validator

from connectors.amazon import wire
from connectors.amazon.client import AmazonClient
from connectors.amazon.streams import ABOUT, STREAMS
from connectors.engine.settings import ConnectionSettings, loopback
from connectors.engine.stream import Connector

LOGIN_HOST = "https://api.amazon.com"
REGIONS = {"us-east-1": "na", "eu-west-1": "eu", "us-west-2": "fe"}
"""Their names at AWS, which some consoles show."""


class AmazonSettings(ConnectionSettings):
    base_url: str = ""
    """Filled from `region` unless given."""
    auth_url: str = ""
    client_id: str
    client_secret: SecretStr
    refresh_token: SecretStr
    marketplace_ids: str
    """Comma-separated; the first one gives the shop its currency and its day: ATVPDKIKX0DER."""
    region: str = "na"
    seller_id: str = ""
    """The merchant token (A2…), which names the shop; the marketplace does where it is not given."""

    @model_validator(mode="before")
    @classmethod
    def _hosts(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        region = str(given.get("region") or "na").strip().lower()
        region = REGIONS.get(region, region)
        base = given.get("base_url") or f"https://sellingpartnerapi-{region}.amazon.com"
        auth = given.get("auth_url") or (base if loopback(str(base)) else LOGIN_HOST)
        return {**given, "region": region, "base_url": base, "auth_url": auth}

    @field_validator("region")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in REGIONS.values():
            raise ValueError("a region is na, eu or fe")
        return value

    @field_validator("marketplace_ids")
    @classmethod
    def _some(cls, value: str) -> str:
        ids = [one.strip() for one in value.split(",") if one.strip()]
        if not ids:
            raise ValueError("at least one marketplace id, for example ATVPDKIKX0DER")
        return ",".join(ids)

    @property
    def marketplaces(self) -> list[str]:
        return self.marketplace_ids.split(",")


CONNECTOR = Connector(
    platform="amazon", title_en="Amazon", title_zh="亚马逊", settings=AmazonSettings, client=AmazonClient,
    streams=STREAMS, about=ABOUT, cron="*/30 * * * *",  # a call a minute and less
    wire={"order": wire.Order, "transaction": wire.Transaction},
)  # fmt: skip
