"""Taobao and Tmall shops through the Taobao Open Platform (TOP)."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlencode

from pydantic import SecretStr, field_validator

from connectors.engine.consent import Answer, Authorize, Consent
from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import Call, Connector
from connectors.taobao import wire
from connectors.taobao.client import TaobaoClient
from connectors.taobao.streams import ABOUT, STREAMS

PRODUCTION = "https://eco.taobao.com"
TOKEN_HOSTS = {
    PRODUCTION: "https://oauth.taobao.com",
    "https://gw.api.taobao.com": "https://oauth.taobao.com",
    "https://gw.api.tbsandbox.com": "https://oauth.tbsandbox.com",
}
"""The token host that belongs to a gateway; with any other gateway, tokens come from that same host."""


class TaobaoSettings(ConnectionSettings):
    base_url: str = PRODUCTION
    auth_url: str = ""
    app_key: str
    app_secret: SecretStr
    brushing_flags: str = ""
    """Seller flag numbers, comma-separated, that mark brushing orders in this shop ("5" or "4,5")."""
    taobao_user_id: str = ""
    """The seller's number, by which the shop goes where the app may not ask for the shop: found out from a token."""
    sign_method: Literal["md5", "hmac", "hmac-sha256"] = "md5"

    @field_validator("brushing_flags")
    @classmethod
    def _numbers(cls, value: str) -> str:
        if not all(flag.strip().isdigit() for flag in value.split(",") if flag.strip()):
            raise ValueError("flag numbers separated by commas, for example 4,5")
        return value

    @property
    def flags(self) -> frozenset[int]:
        return frozenset(int(flag) for flag in self.brushing_flags.split(",") if flag.strip())

    @property
    def gateway_url(self) -> str:
        return _under(self.base_url, "/router/rest")

    @property
    def token_url(self) -> str:
        return _under(self.auth_url or TOKEN_HOSTS.get(self.base_url, self.base_url), "/token")

    @property
    def consent_url(self) -> str:
        return self.token_url.removesuffix("/token") + "/authorize"


def _under(url: str, path: str) -> str:
    return url if url.endswith(path) else url + path


def consent_page(settings: TaobaoSettings, consent: Consent) -> str:
    asked = {"response_type": "code", "client_id": settings.app_key, "redirect_uri": consent.redirect,
             "state": consent.state, "view": "web"}
    return f"{settings.consent_url}?{urlencode(asked)}"


def code_call(settings: TaobaoSettings, consent: Consent, answer: Answer) -> Call:
    return Call("token", host="auth", verb="POST", params={
        "grant_type": "authorization_code", "code": answer["code"], "client_id": settings.app_key,
        "client_secret": settings.app_secret.get_secret_value(), "redirect_uri": consent.redirect})


CONNECTOR = Connector(
    platform="taobao", title_en="Taobao / Tmall", title_zh="淘宝/天猫",
    settings=TaobaoSettings, client=TaobaoClient, streams=STREAMS, about=ABOUT,
    authorize=Authorize(consent_page, code_call),
    wire={"trade": wire.Trade, "refund": wire.Refund, "item": wire.Item},
)
