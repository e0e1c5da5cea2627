"""Lazada through its Open Platform: one host a country, signed queries, orders without their items."""

from __future__ import annotations

from urllib.parse import urlencode

from pydantic import SecretStr, field_validator

from connectors.engine.consent import Answer, Authorize, Consent, code_of
from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import Call, Connector
from connectors.lazada import wire
from connectors.lazada.client import LazadaClient
from connectors.lazada.statement import ADS, FEES, SETTLEMENTS
from connectors.lazada.streams import ABOUT, ORDERS, PRODUCTS, REFUNDS

COUNTRIES = {
    "https://api.lazada.sg/rest": "SG", "https://api.lazada.com.my/rest": "MY", "https://api.lazada.vn/rest": "VN",
    "https://api.lazada.co.th/rest": "TH", "https://api.lazada.com.ph/rest": "PH",
    "https://api.lazada.co.id/rest": "ID",
}
"""The hosts, one a country."""
TOKENS = "https://auth.lazada.com/rest"


class LazadaSettings(ConnectionSettings):
    base_url: str = "https://api.lazada.sg/rest"
    """The host of the shop's country; the addresses without `/rest` are taken too."""
    auth_url: str = ""
    app_key: str
    app_secret: SecretStr
    country: str = ""
    """SG, MY, VN, TH, PH or ID; follows from the host, behind another one (a proxy) from an order's address."""

    @field_validator("base_url", "auth_url")
    @classmethod
    def _rest(cls, value: str) -> str:
        return value if not value or value.endswith("/rest") else f"{value.rstrip('/')}/rest"

    @property
    def token_url(self) -> str:
        return self.auth_url or (TOKENS if self.base_url in COUNTRIES else self.base_url)

    @property
    def home(self) -> str:
        """The shop's country; empty where neither the setting nor the host tells it."""
        return self.country or COUNTRIES.get(self.base_url, "")


def consent_page(settings: LazadaSettings, consent: Consent) -> str:
    asked = {"response_type": "code", "force_auth": "true", "redirect_uri": consent.redirect,
             "client_id": settings.app_key, "state": consent.state}
    return f"{settings.token_url.removesuffix('/rest')}/oauth/authorize?{urlencode(asked)}"


def code_call(settings: LazadaSettings, consent: Consent, answer: Answer) -> Call:
    return Call("/auth/token/create", {"code": code_of(answer)}, host="auth")


CONNECTOR = Connector(
    platform="lazada", title_en="Lazada", title_zh="Lazada 来赞达",
    settings=LazadaSettings, client=LazadaClient, about=ABOUT,
    streams=(ORDERS, REFUNDS, PRODUCTS, FEES, SETTLEMENTS, ADS),
    authorize=Authorize(consent_page, code_call),
    wire={"order": wire.Order, "reverse": wire.Reverse, "product": wire.Product, "fee": wire.Transaction,
          "payout": wire.Payout, "ads": wire.Campaign})
