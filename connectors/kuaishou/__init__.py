"""Kuaishou shops (快手小店): a REST-like gateway whose business parameters are one signed JSON text."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlencode

from pydantic import SecretStr

from connectors.engine.consent import Answer, Authorize, Consent, code_of
from connectors.engine.settings import ConnectionSettings, reveal
from connectors.engine.stream import Call, Connector
from connectors.kuaishou import wire
from connectors.kuaishou.client import KuaishouClient
from connectors.kuaishou.streams import ABOUT, STREAMS

PRODUCTION, PAGE = "https://openapi.kwaixiaodian.com", "https://open.kwaixiaodian.com"


class KuaishouSettings(ConnectionSettings):
    base_url: str = PRODUCTION
    auth_url: str = ""
    app_key: str
    app_secret: SecretStr
    """For tokens only."""
    sign_secret: SecretStr
    """For signatures only: the console shows it beside the other one."""
    sign_method: Literal["HMAC_SHA256", "MD5"] = "HMAC_SHA256"

    scopes: str = "user_info,merchant_order,merchant_refund,merchant_item"
    """Only for --authorize: the rights asked for."""

    @property
    def token_url(self) -> str:
        return f"{self.auth_url or self.base_url}/oauth2"


def consent_page(settings: KuaishouSettings, consent: Consent) -> str:
    asked = {"app_id": settings.app_key, "redirect_uri": consent.redirect, "scope": settings.scopes,
             "response_type": "code", "state": consent.state}
    host = PAGE if settings.base_url == PRODUCTION else settings.base_url
    return f"{host}/oauth/authorize?{urlencode(asked)}"


def code_call(settings: KuaishouSettings, consent: Consent, answer: Answer) -> Call:
    return Call("access_token", host="auth", params={
        "grant_type": "code", "app_id": settings.app_key, "app_secret": reveal(settings.app_secret),
        "code": code_of(answer)})


CONNECTOR = Connector(
    platform="kuaishou", title_en="Kuaishou", title_zh="快手小店", settings=KuaishouSettings,
    client=KuaishouClient, streams=STREAMS, about=ABOUT,
    authorize=Authorize(consent_page, code_call),
    wire={"order": wire.Order, "refund": wire.Refund, "item": wire.Item},
)
