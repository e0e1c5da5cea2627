"""eBay shops through the Sell APIs: Fulfillment for orders, Finances for fees and payouts, Inventory for items."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from pydantic import SecretStr, field_validator

from connectors.ebay import wire
from connectors.ebay.client import EbayClient
from connectors.ebay.streams import ABOUT, STREAMS
from connectors.engine.consent import Answer, Authorize, Consent, code_of
from connectors.engine.settings import ConnectionSettings, secure_url
from connectors.engine.stream import Call, Connector

PRODUCTION = "https://api.ebay.com"
FINANCES = {PRODUCTION: "https://apiz.ebay.com", "https://api.sandbox.ebay.com": "https://apiz.sandbox.ebay.com"}
"""Finances and Identity live on a host of their own; with any other `base_url` it is that same host."""
PAGES = {PRODUCTION: "https://auth.ebay.com", "https://api.sandbox.ebay.com": "https://auth.sandbox.ebay.com"}
SCOPE = "https://api.ebay.com/oauth/api_scope"
READ = "sell.fulfillment.readonly sell.finances sell.inventory.readonly"


class EbaySettings(ConnectionSettings):
    base_url: str = PRODUCTION
    finances_url: str = ""
    auth_url: str = ""
    """Where tokens are fetched, if not at `base_url`."""
    client_id: str
    client_secret: SecretStr
    marketplace_id: str = "EBAY_US"
    """Where the seller is registered: money and time zone follow from it."""
    scopes: str = READ
    """What the seller's consent covers, by the last part of each scope's address."""
    ru_name: str = ""
    """Only for --authorize: eBay's name for your redirect address. eBay sends the browser to the https address that is
    stored under it, so paste that (--paste) or let it lead here (--redirect)."""
    seller_id: str = ""
    """Only for a shop that has no order yet and whose consent leaves out the Identity API."""
    timezone: str = ""
    signing_key: SecretStr | None = None
    """Private key (PEM, or its base64 body) and `signing_jwe` of the Key Management API: the Finances API wants
    signed calls for sellers in the EU and the UK."""
    signing_jwe: SecretStr | None = None

    @field_validator("finances_url")
    @classmethod
    def _secure_too(cls, value: str) -> str:
        return secure_url(value) if value else value

    @property
    def apiz(self) -> str:
        return self.finances_url or FINANCES.get(self.base_url, self.base_url)

    @property
    def scope(self) -> str:
        """The scopes as the token call wants them; "" = all that the seller agreed to."""
        names = self.scopes.replace(",", " ").split()
        return " ".join(name if "://" in name else f"{SCOPE}/{name}" for name in names)


def consent_page(settings: EbaySettings, consent: Consent) -> str:
    asked = {"client_id": settings.client_id, "redirect_uri": settings.ru_name or consent.redirect,
             "response_type": "code", "scope": settings.scope or SCOPE, "state": consent.state}
    page = PAGES.get(settings.base_url, settings.base_url)
    return f"{page}/oauth2/authorize?{urlencode(asked, quote_via=quote)}"


def code_call(settings: EbaySettings, consent: Consent, answer: Answer) -> Call:
    return Call("token", host="auth", verb="POST", params={
        "grant_type": "authorization_code", "code": code_of(answer),
        "redirect_uri": settings.ru_name or consent.redirect})


CONNECTOR = Connector(
    platform="ebay", title_en="eBay", title_zh="eBay", settings=EbaySettings, client=EbayClient,
    streams=STREAMS, about=ABOUT, authorize=Authorize(consent_page, code_call),
    wire={"order": wire.Order, "item": wire.Item, "offer": wire.Offer, "transaction": wire.Transaction,
          "payout": wire.Payout, "traffic": wire.TrafficReport},
)
