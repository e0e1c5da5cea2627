"""Weibo (微博): reach and interactions of the merchant's own account, and ad statistics. It sells nothing itself.

    souk connect weibo --set uid=1404376560 --set access_token=@file --set app_key=.. --set app_secret=@file

Ad statistics (超级粉丝通) have their own host, token and advertiser number, and are silent without.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from pydantic import SecretStr, field_validator

from connectors.engine.consent import Answer, Authorize, Consent
from connectors.engine.settings import ConnectionSettings, reveal
from connectors.engine.stream import About, Call, Connector, Identity, Reply
from connectors.engine.values import text
from connectors.weibo import wire
from connectors.weibo.ads import ADS
from connectors.weibo.client import CODE, WeiboClient
from connectors.weibo.social import SOCIAL, user_counts
from queries.records import Shop


class WeiboSettings(ConnectionSettings):
    base_url: str = "https://api.weibo.com"
    uid: str
    """The account that authorised the app: its own counts and posts are all that is read."""
    access_token: SecretStr
    app_key: str = ""
    app_secret: SecretStr | None = None
    """Needed where the ads token is to be refreshed."""

    ads_base_url: str = "https://api.biz.weibo.com"
    ads_access_token: SecretStr | None = None
    ads_refresh_token: SecretStr | None = None
    advertiser_id: str = ""

    @field_validator("base_url")
    @classmethod
    def _host(cls, value: str) -> str:
        """Without the version, which is part of every path."""
        return value.removesuffix("/2")


def account(replies: Sequence[Reply | None], settings: WeiboSettings) -> Identity:
    """The account stands for a shop that has figures but no orders; nothing read here tells its name."""
    return Identity(settings.uid, Shop(name=f"微博 {settings.uid}", tz="Asia/Shanghai", currency="CNY"))


def consent_page(settings: WeiboSettings, consent: Consent) -> str:
    asked = {"client_id": settings.app_key, "response_type": "code", "redirect_uri": consent.redirect,
             "state": consent.state}
    return f"{settings.base_url}/oauth2/authorize?{urlencode(asked)}"


def code_call(settings: WeiboSettings, consent: Consent, answer: Answer) -> Call:
    return Call(CODE, verb="POST", host="auth", params={
        "client_id": settings.app_key, "client_secret": reveal(settings.app_secret),
        "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": consent.redirect})


def account_number(answer: Answer, reply: Reply) -> dict[str, str]:
    """Who authorised: the token answer tells it."""
    return {"uid": text(wire.ADS_TOKEN.decode(reply.body).uid)}


CONNECTOR = Connector(
    platform="weibo", title_en="Weibo", title_zh="微博", settings=WeiboSettings, client=WeiboClient,
    streams=(SOCIAL, ADS), about=About(lambda settings: [user_counts(settings.uid)], account),
    authorize=Authorize(consent_page, code_call, gives=("access_token", "uid"), learns=account_number),
    cron="7 * * * *",  # its limits are counted by the hour
    wire={"social": wire.Post, "ads": wire.AdRow})
