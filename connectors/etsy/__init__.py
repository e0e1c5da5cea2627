"""Etsy shops through the Open API v3: receipts, listings and the payment account's ledger."""

from __future__ import annotations

from urllib.parse import urlencode

from pydantic import SecretStr, field_validator

from connectors.engine.consent import Answer, Authorize, Consent, code_of
from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import Call, Connector
from connectors.etsy import ledger, wire
from connectors.etsy.client import EtsyClient
from connectors.etsy.reviews import REVIEWS
from connectors.etsy.streams import ABOUT, STREAMS

PRODUCTION = "https://openapi.etsy.com"
PAGE = "https://www.etsy.com"
SCOPES = "transactions_r shops_r listings_r"
TOKENS = {PRODUCTION: "https://api.etsy.com"}
"""The token host that belongs to an API host; with any other `base_url`, tokens come from that same host."""


class EtsySettings(ConnectionSettings):
    """A pasted API address is cut down to the host."""

    base_url: str = PRODUCTION
    auth_url: str = ""
    keystring: str
    shared_secret: SecretStr
    shop_id: str
    timezone: str = ""

    @field_validator("base_url")
    @classmethod
    def _host(cls, value: str) -> str:
        return value.removesuffix("/v3/application").removesuffix("/v3")

    @field_validator("shop_id")
    @classmethod
    def _number(cls, value: str) -> str:
        if not value.isdigit():
            raise ValueError("the number of the shop, not its name")
        return value

    @property
    def token_url(self) -> str:
        return f"{self.auth_url or TOKENS.get(self.base_url, self.base_url)}/v3/public/oauth/token"


def consent_page(settings: EtsySettings, consent: Consent) -> str:
    asked = {"response_type": "code", "client_id": settings.keystring, "redirect_uri": consent.redirect,
             "scope": SCOPES, "state": consent.state, "code_challenge": consent.challenge,
             "code_challenge_method": "S256"}
    host = PAGE if settings.base_url == PRODUCTION else settings.base_url
    return f"{host}/oauth/connect?{urlencode(asked)}"


def code_call(settings: EtsySettings, consent: Consent, answer: Answer) -> Call:
    return Call("token", host="auth", verb="POST", params={
        "grant_type": "authorization_code", "client_id": settings.keystring, "redirect_uri": consent.redirect,
        "code": code_of(answer), "code_verifier": consent.verifier})


CONNECTOR = Connector(
    platform="etsy", title_en="Etsy", title_zh="Etsy", settings=EtsySettings, client=EtsyClient,
    streams=(*STREAMS, *ledger.STREAMS, REVIEWS), about=ABOUT, cron="*/30 * * * *",
    authorize=Authorize(consent_page, code_call),
    wire={"receipt": wire.Receipt, "listing": wire.Listing, "ledger": wire.LedgerEntry, "review": wire.Review},
)
