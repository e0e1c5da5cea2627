"""Credentials at rest and pseudonyms: sealed, bound to their place, one key a platform."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from connectors.engine.errors import Insecure, NoSecret, Unreadable
from connectors.engine.pseudonym import Pseudonym
from connectors.engine.settings import secure_url
from connectors.engine.vault import Vault

SECRET = b"a secret of the tests"


def test_stored_settings_are_sealed_in_a_private_file(tmp_path: Path) -> None:
    Vault(tmp_path, SECRET).store("shop", {"app_secret": "hunter22"})
    file = tmp_path / "credentials.json"
    assert "hunter22" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert Vault(tmp_path, SECRET).settings("shop") == {"app_secret": "hunter22"}


def test_another_secret_opens_nothing(tmp_path: Path) -> None:
    Vault(tmp_path, SECRET).store("shop", {"app_secret": "hunter22"})
    with pytest.raises(Unreadable) as caught:
        Vault(tmp_path, b"another secret").settings("shop")
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize(("connection", "name"), [("shop", "access_token"), ("other", "app_secret")])
def test_a_value_moved_to_another_place_does_not_open(tmp_path: Path, connection: str, name: str) -> None:
    vault = Vault(tmp_path, SECRET)
    vault.store("shop", {"app_secret": "hunter22"})
    sealed = json.loads(vault.file.read_text())["shop"]["app_secret"]
    vault.file.write_text(json.dumps({connection: {name: sealed}}))
    with pytest.raises(Unreadable):
        vault.settings(connection)


def test_storing_adds_replacing_clears(tmp_path: Path) -> None:
    vault = Vault(tmp_path, SECRET)
    vault.store("shop", {"a": "1"})
    vault.store("shop", {"b": "2"})
    assert vault.settings("shop") == {"a": "1", "b": "2"}
    vault.replace("shop", {"c": "3"})
    assert vault.settings("shop") == {"c": "3"}
    vault.forget("shop")
    assert vault.settings("shop") == {} and json.loads(vault.file.read_text()) == {}


def test_there_is_no_default_secret(tmp_path: Path) -> None:
    with pytest.raises(NoSecret) as caught:
        Vault(tmp_path, b"")
    assert "souk init" in caught.value.hint("en") and "souk init" in caught.value.hint("zh")


def test_a_pseudonym_is_stable_and_of_one_platform() -> None:
    taobao = Pseudonym(SECRET, "taobao")
    assert taobao.key("b1") == Pseudonym(SECRET, "taobao").key("b1")
    assert len({taobao.key("b1"), taobao.key("b2"), Pseudonym(SECRET, "jd").key("b1"),
                Pseudonym(b"rotated secret!", "taobao").key("b1")}) == 4
    assert taobao.key("b1").startswith("v1:") and len(taobao.key("b1")) == 25


def test_where_buyers_are_numbered_per_shop_the_shop_is_part_of_the_key() -> None:
    one, other = (Pseudonym(SECRET, "woocommerce", shop) for shop in ("a.example", "b.example"))
    assert one.key("7") != other.key("7")


@pytest.mark.parametrize("url", ["https://shop.example/", "http://127.0.0.1:8080/woo", "http://localhost",
                                 "http://[::1]:9000"])
def test_addresses_that_may_get_keys(url: str) -> None:
    assert secure_url(url) == url.rstrip("/")


@pytest.mark.parametrize("url", ["http://shop.example", "http://10.0.0.5", "ftp://shop.example", "shop.example",
                                 "http://127.0.0.1.evil.example"])
def test_addresses_that_may_not(url: str) -> None:
    with pytest.raises(Insecure):
        secure_url(url)
