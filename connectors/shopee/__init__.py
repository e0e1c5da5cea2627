"""Shopee through its Open API v2: order numbers first, then details, then what the escrow says about vouchers."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from pydantic import SecretStr

from connectors.engine.consent import Answer, Authorize, Consent, code_of
from connectors.engine.settings import ConnectionSettings, reveal
from connectors.engine.stream import Call, Connector, Reply
from connectors.engine.values import to_seconds
from connectors.shopee import wire
from connectors.shopee.client import PREFIX, ShopeeClient, sign
from connectors.shopee.items import PRODUCTS
from connectors.shopee.payouts import ADS, SETTLEMENTS
from connectors.shopee.streams import ABOUT, ORDERS, REFUNDS


class ShopeeSettings(ConnectionSettings):
    base_url: str = "https://partner.shopeemobile.com"
    """The test gateway is https://partner.test-stable.shopeemobile.com."""
    partner_id: int
    partner_key: SecretStr
    shop_id: int
    region: str = ""
    """SG, TW, BR ..., where the app may not read which region the shop is of."""
    ads: bool = True
    """Also read daily ad figures: left out with a note where the app has no Ads permission."""


def consent_page(settings: ShopeeSettings, consent: Consent) -> str:
    """Signed and dated, good for five minutes. Shopee passes no state on: it rides in the redirect."""
    path, stamp = f"{PREFIX}/shop/auth_partner", to_seconds(consent.at)
    asked = {"partner_id": settings.partner_id, "timestamp": stamp,
             "sign": sign(reveal(settings.partner_key), settings.partner_id, path, stamp),
             "redirect": f"{consent.redirect}?{urlencode({'state': consent.state})}"}
    return f"{settings.base_url}{path}?{urlencode(asked)}"


def code_call(settings: ShopeeSettings, consent: Consent, answer: Answer) -> Call:
    return Call("/auth/token/get", verb="POST", host="auth", body={
        "code": code_of(answer), "partner_id": settings.partner_id,
        "shop_id": int(answer.get("shop_id") or settings.shop_id)})


def which(answer: Answer, _reply: Reply) -> Mapping[str, str]:
    return {"shop_id": answer["shop_id"]} if answer.get("shop_id") else {}


CONNECTOR = Connector(
    platform="shopee", title_en="Shopee", title_zh="Shopee 虾皮",
    settings=ShopeeSettings, client=ShopeeClient, about=ABOUT, cron="*/30 * * * *",
    authorize=Authorize(consent_page, code_call, gives=("shop_id",), learns=which),
    streams=(ORDERS, REFUNDS, PRODUCTS, SETTLEMENTS, ADS),
    wire={"order": wire.Order, "return": wire.Return, "product": wire.Item, "escrow": wire.Released,
          "ads": wire.AdDay})
