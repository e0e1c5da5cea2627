"""Mercado Libre, every country through one API: orders that vanish from lists when cancelled, refunds in payments."""

from __future__ import annotations

from urllib.parse import urlencode

from pydantic import SecretStr, field_validator

from connectors.engine.consent import Answer, Authorize, Consent, code_of
from connectors.engine.settings import ConnectionSettings, reveal
from connectors.engine.stream import Call, Connector
from connectors.mercado_libre import wire
from connectors.mercado_libre.ads import ADS
from connectors.mercado_libre.client import TOKEN, MercadoLibreClient
from connectors.mercado_libre.streams import ABOUT, STREAMS

PRODUCTION = "https://api.mercadolibre.com"
PAGES = {
    "BR": "https://auth.mercadolivre.com.br", "AR": "https://auth.mercadolibre.com.ar",
    "MX": "https://auth.mercadolibre.com.mx", "CL": "https://auth.mercadolibre.cl",
    "CO": "https://auth.mercadolibre.com.co", "UY": "https://auth.mercadolibre.com.uy",
    "PE": "https://auth.mercadolibre.com.pe", "EC": "https://auth.mercadolibre.com.ec",
}
"""Where sellers agree, by country."""


class MercadoLibreSettings(ConnectionSettings):
    """The refresh token is good for one use; authorise as the account's administrator."""

    base_url: str = PRODUCTION
    client_id: str
    client_secret: SecretStr
    country: str = "BR"
    """Only for --authorize: whose page is opened."""

    @field_validator("country")
    @classmethod
    def _known(cls, value: str) -> str:
        if value.upper() not in PAGES:
            raise ValueError(f"one of {', '.join(PAGES)}")
        return value.upper()


def consent_page(settings: MercadoLibreSettings, consent: Consent) -> str:
    asked = {"response_type": "code", "client_id": settings.client_id, "redirect_uri": consent.redirect,
             "state": consent.state, "code_challenge": consent.challenge, "code_challenge_method": "S256"}
    host = PAGES[settings.country] if settings.base_url == PRODUCTION else settings.base_url
    return f"{host}/authorization?{urlencode(asked)}"


def code_call(settings: MercadoLibreSettings, consent: Consent, answer: Answer) -> Call:
    """The verifier is looked at where PKCE is switched on for the app, and does no harm where it is not."""
    return Call(TOKEN, host="auth", verb="POST", params={
        "grant_type": "authorization_code", "client_id": settings.client_id,
        "client_secret": reveal(settings.client_secret), "code": code_of(answer), "redirect_uri": consent.redirect,
        "code_verifier": consent.verifier})


CONNECTOR = Connector(
    platform="mercado_libre", title_en="Mercado Libre", title_zh="美客多 (Mercado Libre)",
    settings=MercadoLibreSettings, client=MercadoLibreClient, streams=(*STREAMS, ADS), about=ABOUT,
    authorize=Authorize(consent_page, code_call),
    wire={"order": wire.Order, "item": wire.Item, "ads": wire.AdCampaign},
)
