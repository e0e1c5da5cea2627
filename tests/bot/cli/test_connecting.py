"""`souk connect` and `souk connections`: what a platform needs, what its keys open, new secrets for old."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bot.cli import explaining
from connectors import available, connector
from connectors.engine import talk

Serve = Callable[[str], Any]


# --- what a platform needs ----------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", available())
def test_every_setting_is_explained(platform: str) -> None:
    untold = [one.name for one in explaining.settings_of(connector(platform)) if not one.meaning]
    assert untold == [], "a docstring below the field, or a line in explaining.SHARED"


def test_explaining_says_what_is_required_secret_and_how_far_back(souk_at: Any) -> None:
    said = souk_at("connect", "douyin", "--explain")
    assert said.status == 0 and "app_secret" in said.out and "required, secret" in said.out
    assert "A first sync of the orders reaches back 90 days." in said.out and "orders" in said.out
    settings = {row["name"]: row for row in souk_at("connect", "woocommerce", "--explain", "--json").rows}
    assert settings["consumer_secret"] == {
        "name": "consumer_secret", "required": True, "secret": True, "default": "",
        "meaning": "the key's secret (cs_...)",
    }  # fmt: skip
    assert settings["concurrency"]["meaning"].startswith("Requests at once"), (
        "the model's own words come first"
    )


def test_without_settings_a_pipe_gets_the_explanation(souk_at: Any) -> None:
    said = souk_at("connect", "woocommerce")
    assert (said.status, said.out) == (2, "") and "consumer_key" in said.err


# --- connecting ---------------------------------------------------------------------------------------------


def test_connecting_says_what_the_keys_open(market: Serve) -> None:
    here = market("shopify")
    said = here.connect("shopify", "--preview")
    assert said.status == 0, said.err
    shop = here.world.shops["shopify"]
    assert shop.currency in said.out and "reaches back to the first order" in said.out
    assert "souk sync shopify" in said.out
    newest = sorted(here.world.orders("shopify"), key=lambda order: order.created_at)[-1]
    assert "Its newest orders:" in said.out and newest.order_id in said.out


def test_a_preview_has_five_orders_and_no_person(market: Serve) -> None:
    here = market("woocommerce")
    said = here.connect("woocommerce", "--preview", "--json")
    [row] = said.rows
    assert row["connection"] == "woocommerce" and row["history_days"] is None and row["findings"] == []
    assert len(row["preview"]) == 5
    assert set(row["preview"][0]) == {
        "order_id", "created_at", "status", "native_status", "lines", "amount", "currency"}  # fmt: skip
    assert [one for one in here.world.markers("woocommerce") if one in said.out] == []
    assert len(here.sandbox.served("woocommerce")) < 50, "a look, not a sync"


@pytest.mark.parametrize("platform", ["taobao", "douyin", "xiaohongshu", "jd"])
def test_a_preview_works_by_windows_too(market: Serve, platform: str) -> None:
    here = market(platform)
    [row] = here.connect(platform, "--preview", "--json").rows
    ids = {order.order_id for order in here.world.orders(platform)}
    assert 1 <= len(row["preview"]) <= 5 and {one["order_id"] for one in row["preview"]} <= ids
    assert not here.sandbox.violations


def test_nothing_is_previewed_in_a_pipe(market: Serve) -> None:
    here = market("woocommerce")
    assert "newest orders" not in here.connect("woocommerce").out


# --- looking after ------------------------------------------------------------------------------------------


def test_testing_names_the_shop_or_what_is_wrong(market: Serve) -> None:
    here = market("woocommerce")
    here.connect("woocommerce")
    assert here.souk("connections", "test", "woocommerce").out.startswith("woocommerce works: ")
    here.vault.store("woocommerce", {"consumer_secret": "cs_revoked"})
    said = here.souk("connections", "test", "--json")
    [row] = said.rows
    assert said.status == 1 and row["works"] is False and "consumer_secret" in row["hint"]
    assert "cs_revoked" not in json.dumps(row)


def test_new_secrets_are_tested_before_they_replace_the_old(market: Serve) -> None:
    here = market("woocommerce")
    here.connect("woocommerce")
    before = here.vault.settings("woocommerce")
    bad = here.souk("connections", "rotate", "woocommerce", "--set", "consumer_secret=cs_wrong")
    assert bad.status == 1 and here.vault.settings("woocommerce") == before
    same = before["consumer_secret"]
    good = here.souk("connections", "rotate", "woocommerce", "--set", "consumer_secret=-", "--json")
    assert good.status == 1, "an empty secret is tested too"
    good = here.souk("connections", "rotate", "woocommerce", "--set", "consumer_secret=-", typed=f"{same}\n")
    assert good.status == 0 and "new secrets" in good.out
    assert here.vault.settings("woocommerce") == before


def test_rotating_needs_something_and_keeps_a_pause(market: Serve) -> None:
    here = market("woocommerce")
    here.connect("woocommerce")
    here.souk("connections", "pause", "woocommerce")
    assert here.souk("connections", "rotate", "woocommerce").status == 1
    here.souk("connections", "rotate", "woocommerce", "--set", "concurrency=2")
    assert here.souk("connections", "list", "--json").rows[0]["status"] == "paused"
    assert here.vault.settings("woocommerce")["concurrency"] == "2"


def test_a_token_spent_by_a_failed_trial_is_replaced(market: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refresh tokens rotate: the old one is dead once the trial has used it, whatever comes after."""
    here = market("taobao")
    here.connect("taobao")
    before = here.vault.settings("taobao")
    here.sandbox.faults.add("taobao", "500", path="/router/rest", times=10**6, every=1)
    monkeypatch.setattr(talk, "ATTEMPTS", 1)
    failed = here.souk("connections", "rotate", "taobao", "--set", "brushing_flags=4")
    after = here.vault.settings("taobao")
    assert failed.status == 1 and after.get("brushing_flags") == before.get("brushing_flags")
    assert after["refresh_token"] != before["refresh_token"]
    assert here.sandbox.states["taobao"].tokens().current().refresh_token == after["refresh_token"]
