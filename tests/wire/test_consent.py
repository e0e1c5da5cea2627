"""Where each platform lets people agree, and what it wants for the code: addresses and parameters, to the letter.

The redirect is https://souk.example/back, the state "st", the verifier that of RFC 7636 (appendix B).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from connectors import connector
from connectors.engine.authorize import PENDING, before
from connectors.engine.consent import Consent
from connectors.engine.errors import Misconfigured
from connectors.engine.stream import Reply

BACK, VERIFIER = "https://souk.example/back", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
NOW = datetime.fromtimestamp(1767225600, UTC)
CONSENT = Consent(BACK, "st", VERIFIER, NOW)
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
KEYS = {
    "amazon": {"client_id": "c", "client_secret": "s", "marketplace_ids": "A1PA6795UKMFR9", "region": "eu",
               "application_id": "amzn1.sp.solution.1"},
    "douyin": {"app_key": "k", "app_secret": "s", "service_id": "77"},
    "ebay": {"client_id": "c", "client_secret": "s", "ru_name": "Shanyu-Souk-PRD", "scopes": "sell.finances"},
    "etsy": {"keystring": "k", "shared_secret": "s", "shop_id": "1"},
    "kuaishou": {"app_key": "k", "app_secret": "s", "sign_secret": "g", "scopes": "merchant_order"},
    "lazada": {"app_key": "k", "app_secret": "s", "base_url": "https://api.lazada.vn/rest"},
    "mercado_libre": {"client_id": "c", "client_secret": "s", "country": "mx"},
    "pinduoduo": {"client_id": "c", "client_secret": "s"},
    "shopee": {"partner_id": "2001887", "partner_key": "soukShopeePartnerKey"},
    "tiktok_shop": {"app_key": "k", "app_secret": "s", "service_id": "55", "consent": "us"},
}
SCOPE = "https://api.ebay.com/oauth/api_scope"


@pytest.mark.parametrize(("platform", "page", "asked"), [
    ("amazon", "https://sellercentral-europe.amazon.com/apps/authorize/consent",
     {"application_id": "amzn1.sp.solution.1", "redirect_uri": BACK, "state": "st"}),
    ("douyin", "https://fuwu.jinritemai.com/authorize", {"service_id": "77", "state": "st"}),
    ("ebay", "https://auth.ebay.com/oauth2/authorize",
     {"client_id": "c", "redirect_uri": "Shanyu-Souk-PRD", "response_type": "code", "state": "st",
      "scope": f"{SCOPE}/sell.finances"}),
    ("etsy", "https://www.etsy.com/oauth/connect",
     {"response_type": "code", "client_id": "k", "redirect_uri": BACK, "state": "st",
      "scope": "transactions_r shops_r listings_r", **PKCE}),
    ("kuaishou", "https://open.kwaixiaodian.com/oauth/authorize",
     {"app_id": "k", "redirect_uri": BACK, "scope": "merchant_order", "response_type": "code", "state": "st"}),
    ("lazada", "https://auth.lazada.com/oauth/authorize",
     {"response_type": "code", "force_auth": "true", "redirect_uri": BACK, "client_id": "k", "state": "st"}),
    ("mercado_libre", "https://auth.mercadolibre.com.mx/authorization",
     {"response_type": "code", "client_id": "c", "redirect_uri": BACK, "state": "st", **PKCE}),
    ("pinduoduo", "https://fuwu.pinduoduo.com/service-market/auth",
     {"response_type": "code", "client_id": "c", "redirect_uri": BACK, "state": "st"}),
    ("shopee", "https://partner.shopeemobile.com/api/v2/shop/auth_partner",
     {"partner_id": "2001887", "timestamp": "1767225600", "redirect": f"{BACK}?state=st",
      "sign": "4b87bbe8d040f503ca4a2f1c379c1fd1f7824c564980adf9b24a79d757db0b24"}),
    ("tiktok_shop", "https://services.us.tiktokshop.com/open/authorize", {"service_id": "55", "state": "st"}),
])
def test_the_page_people_open(platform: str, page: str, asked: dict[str, str]) -> None:
    found = connector(platform)
    assert found.authorize is not None
    url = found.authorize.page(before(found, KEYS[platform]), CONSENT)
    assert url.partition("?")[0] == page
    assert dict(parse_qsl(urlsplit(url).query)) == asked


@pytest.mark.parametrize(("platform", "answer", "sent_to", "carries"), [
    ("amazon", {"spapi_oauth_code": "C"}, "POST https://api.amazon.com/auth/o2/token",
     {"grant_type": "authorization_code", "code": "C", "redirect_uri": BACK, "client_id": "c", "client_secret": "s"}),
    ("douyin", {"code": "C"}, "POST https://openapi-fxg.jinritemai.com/token/create",
     {"code": "C", "grant_type": "authorization_code"}),
    ("ebay", {"code": "v^1.1#C"}, "POST https://api.ebay.com/identity/v1/oauth2/token",
     {"grant_type": "authorization_code", "code": "v^1.1#C", "redirect_uri": "Shanyu-Souk-PRD"}),
    ("etsy", {"code": "C"}, "POST https://api.etsy.com/v3/public/oauth/token",
     {"grant_type": "authorization_code", "client_id": "k", "redirect_uri": BACK, "code": "C",
      "code_verifier": VERIFIER}),
    ("kuaishou", {"code": "C"}, "GET https://openapi.kwaixiaodian.com/oauth2/access_token",
     {"grant_type": "code", "app_id": "k", "app_secret": "s", "code": "C"}),
    ("lazada", {"code": "C"}, "GET https://auth.lazada.com/rest/auth/token/create", {"code": "C", "app_key": "k"}),
    ("mercado_libre", {"code": "C"}, "POST https://api.mercadolibre.com/oauth/token",
     {"grant_type": "authorization_code", "client_id": "c", "client_secret": "s", "code": "C", "redirect_uri": BACK,
      "code_verifier": VERIFIER}),
    ("pinduoduo", {"code": "C"}, "POST https://gw-api.pinduoduo.com/api/router",
     {"type": "pdd.pop.auth.token.create", "code": "C", "client_id": "c"}),
    ("shopee", {"code": "C", "shop_id": "322300222"}, "POST https://partner.shopeemobile.com/api/v2/auth/token/get",
     {"code": "C", "partner_id": 2001887, "shop_id": 322300222}),
    ("tiktok_shop", {"code": "C"}, "GET https://auth.tiktok-shops.com/api/v2/token/get",
     {"app_key": "k", "app_secret": "s", "auth_code": "C", "grant_type": "authorized_code"}),
])
def test_what_the_code_is_given_for(platform: str, answer: dict[str, str], sent_to: str, carries: dict[str, Any],
                                    ) -> None:
    """Signed like any call where the platform signs; no access token is in it."""
    CONSENT.accept({**answer, "state": "st"})
    found = connector(platform)
    assert found.authorize is not None
    settings = before(found, KEYS[platform])
    request = found.client(settings).request(found.authorize.exchange(settings, CONSENT, answer), None, NOW)
    assert f"{request.method} {request.url.partition('?')[0]}" == sent_to
    if "json" in request.headers.get("content-type", ""):
        sent = msgspec.json.decode(request.content)
    else:
        sent = dict(parse_qsl(request.content.decode() or urlsplit(request.url).query))
    assert {name: sent.get(name) for name in carries} == carries and "access_token" not in sent


@pytest.mark.parametrize(("platform", "answer", "body", "learned"), [
    ("amazon", {"selling_partner_id": "A2X"}, "{}", {"seller_id": "A2X"}),
    ("douyin", {}, '{"code": 10000, "data": {"access_token": "a", "shop_id": 123456}}', {"shop_id": "123456"}),
    ("shopee", {"shop_id": "322300222"}, "{}", {"shop_id": "322300222"}),
    ("ebay", {}, "{}", {}),
])
def test_what_else_the_answer_tells(platform: str, answer: dict[str, str], body: str, learned: dict[str, str]) -> None:
    flow = connector(platform).authorize
    assert flow is not None and flow.learns(answer, Reply(200, {}, body.encode())) == learned


@pytest.mark.parametrize(("platform", "missing"), [
    ("amazon", "application_id"), ("douyin", "service_id"), ("tiktok_shop", "service_id")])
def test_what_only_the_page_needs_is_asked_for_by_name(platform: str, missing: str) -> None:
    found = connector(platform)
    assert found.authorize is not None
    settings = before(found, {name: value for name, value in KEYS[platform].items() if name != missing})
    with pytest.raises(Misconfigured, match=missing):
        found.authorize.page(settings, CONSENT)


@pytest.mark.parametrize(("marketplace", "region", "host"), [
    ("ATVPDKIKX0DER", "na", "sellercentral.amazon.com"), ("A1VC38T7YXB528", "fe", "sellercentral.amazon.co.jp"),
    ("A39IBJ37TRP1C6", "fe", "sellercentral.amazon.com.au")])
def test_amazon_has_a_seller_central_for_each_region(marketplace: str, region: str, host: str) -> None:
    found = connector("amazon")
    given = {**KEYS["amazon"], "marketplace_ids": marketplace, "region": region, "draft": "true"}
    assert found.authorize is not None
    url = found.authorize.page(before(found, given), CONSENT)
    assert urlsplit(url).hostname == host and "version=beta" in url


def test_a_placeholder_stands_where_the_answer_will() -> None:
    """Shopee's shop id is a number: its placeholder has to be one too."""
    assert before(connector("shopee"), KEYS["shopee"]).shop_id == int(PENDING)
