"""Pinduoduo shops (拼多多) through the open platform: one gateway, orders without buyers."""

from __future__ import annotations

from urllib.parse import urlencode

from pydantic import SecretStr

from connectors.engine.consent import Answer, Authorize, Consent, code_of
from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import Call, Connector
from connectors.pinduoduo import wire
from connectors.pinduoduo.client import PinduoduoClient
from connectors.pinduoduo.streams import ABOUT, STREAMS

PRODUCTION, GATEWAY = "https://gw-api.pinduoduo.com", "/api/router"
PAGE = "https://fuwu.pinduoduo.com/service-market/auth"


class PinduoduoSettings(ConnectionSettings):
    base_url: str = PRODUCTION
    client_id: str
    client_secret: SecretStr

    @property
    def gateway_url(self) -> str:
        return self.base_url if self.base_url.endswith(GATEWAY) else self.base_url + GATEWAY


def consent_page(settings: PinduoduoSettings, consent: Consent) -> str:
    asked = {"response_type": "code", "client_id": settings.client_id, "redirect_uri": consent.redirect,
             "state": consent.state}
    host = settings.base_url.removesuffix(GATEWAY)
    return f"{PAGE if host == PRODUCTION else host + '/service-market/auth'}?{urlencode(asked)}"


def code_call(settings: PinduoduoSettings, consent: Consent, answer: Answer) -> Call:
    return Call("pdd.pop.auth.token.create", {"code": code_of(answer)}, verb="POST", host="auth")


CONNECTOR = Connector(
    platform="pinduoduo", title_en="Pinduoduo", title_zh="拼多多", settings=PinduoduoSettings,
    client=PinduoduoClient, streams=STREAMS, about=ABOUT,
    authorize=Authorize(consent_page, code_call),
    wire={"order": wire.Order, "refund": wire.Refund, "goods": wire.Goods},
)
