"""Amazon through the Selling Partner API: reports for history, searchOrders for changes, finances for refunds
and fees. No call here asks for a buyer or an address, and none takes a restricted data token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr, field_validator, model_validator

from connectors.amazon import wire
from connectors.amazon.client import AmazonClient
from connectors.amazon.streams import ABOUT, STREAMS
from connectors.engine.consent import Answer, Authorize, Consent, code_of
from connectors.engine.errors import Misconfigured
from connectors.engine.settings import ConnectionSettings, loopback, reveal
from connectors.engine.stream import Call, Connector, Reply

LOGIN_HOST = "https://api.amazon.com"
ADS_HOSTS = {
    "na": "https://advertising-api.amazon.com", "eu": "https://advertising-api-eu.amazon.com",
    "fe": "https://advertising-api-fe.amazon.com",
}
SELLER_CENTRAL = {
    "na": "https://sellercentral.amazon.com", "eu": "https://sellercentral-europe.amazon.com",
    "fe": "https://sellercentral.amazon.co.jp",
    "A39IBJ37TRP1C6": "https://sellercentral.amazon.com.au", "A19VAU5U5O7RUS": "https://sellercentral.amazon.sg",
}
"""Where sellers agree: by region, and by marketplace where a region has several."""
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
    application_id: str = ""
    """Only for --authorize: amzn1.sp.solution.… of the app in the developer console."""
    draft: bool = False
    """Whether the app is still a draft: its page is another one until it is published."""
    seller_id: str = ""
    """The merchant token (A2…), which names the shop; the marketplace does where it is not given."""

    ads_profile_id: str = ""
    """Of the marketplace's profile in Amazon Ads; with `ads_refresh_token`, ads are read too."""
    ads_base_url: str = ""
    """Filled from `region` unless given."""
    ads_client_id: str = ""
    """Only where another app than `client_id` was approved for Amazon Ads."""
    ads_client_secret: SecretStr | None = None
    """Only where another app than `client_id` was approved for Amazon Ads."""
    ads_access_token: SecretStr | None = None
    ads_refresh_token: SecretStr | None = None

    @model_validator(mode="before")
    @classmethod
    def _hosts(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        region = str(given.get("region") or "na").strip().lower()
        region = REGIONS.get(region, region)
        base = given.get("base_url") or f"https://sellingpartnerapi-{region}.amazon.com"
        auth = given.get("auth_url") or (base if loopback(str(base)) else LOGIN_HOST)
        ads = given.get("ads_base_url") or (base if loopback(str(base)) else ADS_HOSTS.get(region, ""))
        return {**given, "region": region, "base_url": base, "auth_url": auth, "ads_base_url": ads}

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


def consent_page(settings: AmazonSettings, consent: Consent) -> str:
    if not settings.application_id:
        raise Misconfigured("application_id (amzn1.sp.solution.…, from the developer console)")
    central = settings.base_url if loopback(settings.base_url) else SELLER_CENTRAL.get(
        settings.marketplaces[0], SELLER_CENTRAL[settings.region])
    asked = {"application_id": settings.application_id, "state": consent.state, "redirect_uri": consent.redirect}
    return f"{central}/apps/authorize/consent?{urlencode(asked | ({'version': 'beta'} if settings.draft else {}))}"


def code_call(settings: AmazonSettings, consent: Consent, answer: Answer) -> Call:
    return Call("/auth/o2/token", host="auth", verb="POST", params={
        "grant_type": "authorization_code", "code": code_of(answer), "redirect_uri": consent.redirect,
        "client_id": settings.client_id, "client_secret": reveal(settings.client_secret)})  # fmt: skip


def who(answer: Answer, _reply: Reply) -> Mapping[str, str]:
    return {"seller_id": answer["selling_partner_id"]} if answer.get("selling_partner_id") else {}


CONNECTOR = Connector(
    platform="amazon", title_en="Amazon", title_zh="亚马逊", settings=AmazonSettings, client=AmazonClient,
    streams=STREAMS, about=ABOUT, authorize=Authorize(consent_page, code_call, gives=("refresh_token",), learns=who),
    cron="*/30 * * * *",  # a call a minute and less
    wire={"order": wire.Order, "transaction": wire.Transaction, "sales_day": wire.SalesDay, "stock": wire.Summary,
          "ads": wire.AdRow},
)  # fmt: skip
