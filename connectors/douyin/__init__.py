"""Douyin shop (抖店) with Qianchuan (千川) ads and live rooms.

    souk connect douyin --set app_key=.. --set app_secret=@file --set shop_id=..

A merchant's own app needs no more: the first token is asked for with `shop_id`. Ads and live rooms need the
Qianchuan settings beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from pydantic import SecretStr

from connectors.douyin import wire
from connectors.douyin.ads import ADS, LIVE
from connectors.douyin.client import DouyinClient
from connectors.douyin.streams import OLDER_ORDERS, ORDERS, PRODUCTS, REFUNDS
from connectors.engine.consent import Answer, Authorize, Consent, code_of
from connectors.engine.errors import Misconfigured
from connectors.engine.settings import ConnectionSettings
from connectors.engine.stream import About, Call, Connector, Identity, Reply
from queries.records import Shop

OWN_HOSTS = ("https://openapi-fxg.jinritemai.com", "https://openapi-sandbox.jinritemai.com")
PAGE = "https://fuwu.jinritemai.com"


class DouyinSettings(ConnectionSettings):
    base_url: str = "https://openapi-fxg.jinritemai.com"
    app_key: str
    app_secret: SecretStr
    shop_id: str
    service_id: str = ""
    """Only for --authorize, with an app of the service market: its number there."""

    ads_base_url: str = "https://ad.oceanengine.com/open_api"
    ads_app_id: str = ""
    ads_secret: SecretStr | None = None
    ads_access_token: SecretStr | None = None
    ads_refresh_token: SecretStr | None = None
    advertiser_id: str = ""
    aweme_id: str = ""
    """Live accounts, comma-separated; the first is the shop's own, the others are creators who sell for it."""
    ads_report: str = "qianchuan/report/advertiser/get/"
    """Which Qianchuan report ad spend is read from: reports have been retired and renamed before."""

    @property
    def accounts(self) -> list[str]:
        return [account.strip() for account in self.aweme_id.split(",") if account.strip()]


def shop(replies: Sequence[Reply | None], settings: DouyinSettings) -> Identity:
    """The shop's name comes with its token and nowhere else."""
    given = wire.data(replies[0].body, wire.TokenData) if replies[0] else wire.TokenData()
    name = given.shop_name or f"抖音小店 {settings.shop_id}"
    return Identity(settings.shop_id, Shop(name=name, tz="Asia/Shanghai", currency="CNY"))


def consent_page(settings: DouyinSettings, consent: Consent) -> str:
    """The browser comes back to the address that is stored with the app."""
    if not settings.service_id:
        raise Misconfigured("service_id (an app of the merchant's own needs none, and no --authorize)")
    host = PAGE if settings.base_url in OWN_HOSTS else settings.base_url
    return f"{host}/authorize?{urlencode({'service_id': settings.service_id, 'state': consent.state})}"


def code_call(settings: DouyinSettings, consent: Consent, answer: Answer) -> Call:
    params = {"code": code_of(answer), "grant_type": "authorization_code"}
    return Call("/token/create", params, verb="POST", host="auth")


def which(_answer: Answer, reply: Reply) -> Mapping[str, str]:
    """The shop that agreed, which the token names."""
    given = wire.data(reply.body, wire.TokenData)
    return {"shop_id": str(given.shop_id)} if given.shop_id else {}


CONNECTOR = Connector(
    platform="douyin", title_en="Douyin", title_zh="抖音", settings=DouyinSettings, client=DouyinClient,
    streams=(ORDERS, OLDER_ORDERS, REFUNDS, PRODUCTS, ADS, LIVE),
    authorize=Authorize(consent_page, code_call, gives=("shop_id",), learns=which),
    about=About(
        calls=lambda settings: [Call("/token/refresh", host="auth", optional=True),
                                Call("/product/listV2", {"page": 1, "size": 1}, verb="POST")],
        read=shop),
    wire={"order": wire.ShopOrder, "aftersale": wire.Aftersale, "product": wire.Product, "report": wire.AdRow,
          "room": wire.Room})
