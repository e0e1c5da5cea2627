"""`souk connect --authorize`: through the platform's own page, over loopback or by pasting; once, and only ours."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from bot.cli import authorizing
from bot.cli.context import House, read_settings
from connectors import connector
from connectors.engine import authorize
from connectors.engine.consent import Consent, NotGranted, NotOurs

Serve = Callable[[str], Any]
FLOWS = ["taobao", "jd", "xiaohongshu", "weibo", "shopify", "amazon", "etsy", "mercado_libre", "shopee"]
TOKENS = ("access_token", "refresh_token")
NOW = datetime(2026, 6, 20, 4, tzinfo=UTC)


def app_alone(here: Any, platform: str) -> list[str]:
    """The `--set` words without what the authorisation brings."""
    brought = {*TOKENS, *connector(platform).authorize.gives}
    settings = here.sandbox.credentials(platform)
    return [
        word
        for name, value in settings.items()
        if name not in brought
        for word in ("--set", f"{name}={value}")
    ]


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A person's browser: opens the page, agrees, follows the way back. Pages it was sent to."""
    opened: list[str] = []

    def open_page(url: str) -> bool:
        opened.append(url)
        threading.Thread(
            target=httpx.get, args=(url,), kwargs={"follow_redirects": True}, daemon=True
        ).start()
        return True

    monkeypatch.setattr("webbrowser.open", open_page)
    return opened


@pytest.mark.parametrize("platform", FLOWS)
def test_tokens_come_through_the_browser(market: Serve, browser: list[str], platform: str) -> None:
    here = market(platform)
    said = here.souk("connect", platform, *app_alone(here, platform), "--authorize", "--port", "18917")
    assert said.status == 0, said.err
    [page] = browser
    asked = parse_qs(urlsplit(page).query)
    if platform == "shopee":  # passes no state on: it rides in the redirect
        asked |= parse_qs(urlsplit(asked["redirect"][0]).query)
    assert len(asked["state"][0]) >= 32
    assert asked.get("redirect_uri", asked.get("redirectUri", asked.get("redirect")))
    kept = here.vault.settings(platform)
    assert kept["access_token"].endswith(here.sandbox.states[platform].tokens().current().access_token)
    assert authorize.PENDING not in kept.values() and kept.get("_renew_at")
    assert kept["access_token"] not in said.out + said.err and not here.sandbox.violations
    told = connector(platform).authorize.gives
    assert {name: kept[name] for name in told if name not in TOKENS} == {
        name: value for name, value in here.sandbox.credentials(platform).items()
        if name in told and name not in TOKENS}, "the answer tells who authorised"


def test_on_a_server_the_address_is_pasted(market: Serve) -> None:
    here = market("taobao")

    class Terminal:
        """Prints arrive on stderr; the line typed back is where the browser came to."""

        def __init__(self) -> None:
            self.err = ""

        def write(self, text: str) -> int:
            self.err += text
            return len(text)

        def flush(self) -> None: ...

        def isatty(self) -> bool:
            return False

        def readline(self) -> str:
            page = next(line.strip() for line in self.err.splitlines() if line.strip().startswith("http"))
            return httpx.get(page).headers["location"] + "\n"

    terminal = Terminal()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(authorizing.sys, "stderr", terminal)
        patch.setattr(authorizing.sys, "stdin", terminal)
        settings = dict(word.split("=", 1) for word in app_alone(here, "taobao") if "=" in word)
        way = authorizing.Way(paste=True, redirect="https://souk.example/callback")
        granted = authorizing.authorised(House(read_settings()), connector("taobao"), settings, way)
    assert granted["access_token"] == here.sandbox.states["taobao"].tokens().current().access_token
    assert "https://souk.example/callback" in terminal.err and granted["access_token"] not in terminal.err


def test_a_connection_is_authorised_again(market: Serve, browser: list[str]) -> None:
    here = market("weibo")
    here.connect("weibo")
    before = here.vault.settings("weibo")
    said = here.souk("connections", "rotate", "weibo", "--authorize", "--port", "18918")
    assert said.status == 0, said.err
    after = here.vault.settings("weibo")
    assert after["access_token"] != before["access_token"] and after["uid"] == before["uid"]
    assert after["ads_access_token"] == before["ads_access_token"]


@pytest.mark.parametrize(("answer", "kind"), [
    ({"code": "c", "state": "other"}, NotOurs), ({"code": "c"}, NotOurs),
    ({"state": "s", "error": "access_denied"}, NotGranted), ({"state": "s"}, NotGranted),
])  # fmt: skip
def test_an_answer_that_is_not_ours_or_no_grant(answer: dict[str, str], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        Consent("", "s", "v").accept(answer)
    with pytest.raises(NotOurs):
        authorize.pasted("4/0AX4XfWh")


def test_a_stranger_at_the_callback_ends_nothing() -> None:
    consent = Consent("http://127.0.0.1:18919/callback", "right", "v")
    with authorize.Callback(18919, consent) as callback:
        for path in ("/callback?code=c&state=wrong", "/favicon.ico", "/callback"):
            assert httpx.get(f"http://127.0.0.1:18919{path}").status_code == 404
        good = httpx.get("http://127.0.0.1:18919/callback?code=c&state=right")
        assert good.status_code == 200 and good.headers["referrer-policy"] == "no-referrer"
        assert callback.wait(1)["code"] == "c"
        with pytest.raises(authorize.PortTaken):
            authorize.Callback(18919, consent)


def test_nobody_comes_or_refuses() -> None:
    with authorize.Callback(18920, Consent("", "s", "v")) as callback, pytest.raises(authorize.NobodyCame):
        callback.wait(0.05)
    with authorize.Callback(18920, Consent("", "s", "v")) as callback:
        httpx.get("http://127.0.0.1:18920/callback?error=access_denied&state=s")
        with pytest.raises(NotGranted, match="access_denied"):
            callback.wait(1)


def test_each_authorisation_has_its_own_state_and_verifier() -> None:
    one, other = (authorize.begin("r", NOW) for _ in range(2))
    assert one.state != other.state and one.verifier != other.verifier and 43 <= len(one.verifier) <= 128
    known = Consent("", "", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert known.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "RFC 7636, appendix B"


def test_a_shopify_answer_is_signed_and_of_the_store_that_was_asked() -> None:
    found = connector("shopify")
    given = {"shop": "souk-test", "client_id": "x", "client_secret": "hush"}
    at = datetime.fromtimestamp(1337178173, UTC)
    answer = {
        "code": "0907a61c0c8d55e99db179b68161bc00", "shop": "souk-test.myshopify.com", "state": "0.6784241404160823",
        "timestamp": "1337178173", "hmac": "c30d832508ea86474852a1551df652e8270b5a26f9d62a629d2eede411302151",
    }  # fmt: skip
    genuine = found.authorize.genuine  # type: ignore[union-attr]
    assert genuine(found.settings(**given), answer, at)
    assert not genuine(found.settings(**{**given, "shop": "another"}), answer, at)
    assert not genuine(found.settings(**given), {**answer, "code": "forged"}, at)


def test_a_platform_without_a_page_says_so(souk_at: Any) -> None:
    said = souk_at("connect", "woocommerce", "--set", "base_url=https://x.example", "--authorize")
    assert said.status == 1 and "not authorised in a browser" in said.err
