"""Xiaohongshu / RED shop (小红书 千帆).

    souk connect xiaohongshu --set app_id=.. --set app_secret=@file ...

No call lists a shop's name: it comes with the token, so connecting makes one token call.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from pydantic import SecretStr

from connectors.engine.consent import Answer, Authorize, Consent
from connectors.engine.errors import Misconfigured
from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import About, Call, Connector, Identity, Reply
from connectors.engine.values import text
from connectors.xiaohongshu import wire
from connectors.xiaohongshu.client import GATEWAY, XiaohongshuClient
from connectors.xiaohongshu.streams import STREAMS
from queries.records import Shop


class XiaohongshuSettings(ConnectionSettings):
    base_url: str = "https://ark.xiaohongshu.com"
    app_id: str
    app_secret: SecretStr
    seller_id: str = ""
    """The shop's number: found out from a token, kept for the day when the refresh token has ended."""


def seller(replies: Sequence[Reply | None], settings: XiaohongshuSettings) -> Identity:
    """The seller that the token names: never the app, which may serve five shops. Once found out it is kept."""
    given = wire.data(replies[0].body, wire.Granted) if replies[0] else wire.Granted()
    shop_id = text(given.seller_id) or settings.seller_id
    if not shop_id:
        raise Misconfigured("refresh_token (only the answer to a refresh names the shop)")
    return Identity(shop_id, Shop(name=given.seller_name or shop_id, tz="Asia/Shanghai", currency="CNY"),
                    learned={"seller_id": shop_id})


def consent_page(settings: XiaohongshuSettings, consent: Consent) -> str:
    asked = {"appId": settings.app_id, "redirectUri": consent.redirect, "state": consent.state}
    return f"{settings.base_url.removesuffix(GATEWAY)}/ark/authorization?{urlencode(asked)}"


def code_call(settings: XiaohongshuSettings, consent: Consent, answer: Answer) -> Call:
    return Call("oauth.getAccessToken", {"code": answer["code"]}, verb="POST", host="auth")


CONNECTOR = Connector(
    platform="xiaohongshu", title_en="Xiaohongshu", title_zh="小红书", settings=XiaohongshuSettings,
    client=XiaohongshuClient, streams=STREAMS, authorize=Authorize(consent_page, code_call),
    about=About(
        calls=lambda settings: [
            Call("oauth.refreshToken", host="auth", optional=True),
            Call("product.getDetailSkuList", {"pageNo": 1, "pageSize": 1}, verb="POST")],
        read=seller),
    wire={"order": wire.Order, "aftersale": wire.Aftersale, "sku": wire.Product})
