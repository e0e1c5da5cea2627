"""JD shops of third-party sellers (POP) through JD's open platform (JOS)."""

from __future__ import annotations

from urllib.parse import urlencode

from pydantic import SecretStr

from connectors.engine.consent import Answer, Authorize, Consent
from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import Call, Connector
from connectors.jd import wire
from connectors.jd.client import JdClient
from connectors.jd.streams import ABOUT, STREAMS

PRODUCTION, TOKEN_HOST = "https://api.jd.com", "https://open-oauth.jd.com"


class JdSettings(ConnectionSettings):
    base_url: str = PRODUCTION
    auth_url: str = ""
    app_key: str
    app_secret: SecretStr
    vender_id: str = ""
    """The seller's number, where the app may not ask for the shop: found out from an order of the last weeks."""

    @property
    def gateway_url(self) -> str:
        return self.base_url if self.base_url.endswith("/routerjson") else f"{self.base_url}/routerjson"

    def oauth_url(self, path: str) -> str:
        """JD's own token host for JD's own gateway; with any other gateway, that same host."""
        host = self.auth_url or (TOKEN_HOST if self.base_url == PRODUCTION else self.base_url)
        return f"{host.removesuffix('/refresh_token').removesuffix('/oauth2')}/oauth2/{path}"


def consent_page(settings: JdSettings, consent: Consent) -> str:
    asked = {"app_key": settings.app_key, "response_type": "code", "redirect_uri": consent.redirect,
             "state": consent.state, "scope": "snsapi_base"}
    return f"{settings.oauth_url('to_login')}?{urlencode(asked)}"


def code_call(settings: JdSettings, consent: Consent, answer: Answer) -> Call:
    return Call("access_token", host="auth", params={
        "app_key": settings.app_key, "app_secret": settings.app_secret.get_secret_value(),
        "grant_type": "authorization_code", "code": answer["code"]})


CONNECTOR = Connector(
    platform="jd", title_en="JD", title_zh="京东",
    settings=JdSettings, client=JdClient, streams=STREAMS, about=ABOUT,
    authorize=Authorize(consent_page, code_call),
    wire={"order": wire.OrderInfo, "application": wire.Application, "after_sale": wire.AfterSale,
          "ware": wire.Ware},
)
