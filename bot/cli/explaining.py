"""What a platform's connection takes: every setting with one line of explanation, the streams, the history.

The explanation is the docstring below the setting in the platform's model; names that many platforms share are
explained once, in `SHARED`.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from bot.cli.authorizing import DEFAULT_PORT

if TYPE_CHECKING:
    from connectors.engine.stream import Connector

SHARED = {
    "base_url": "address of the API; only for another region, a proxy or a test store",
    "auth_url": "address where tokens are asked for, if it is not the API's",
    "access_token": "what the shop's authorisation gave",
    "refresh_token": "renews the access token; Souk stores each new one",
    "app_key": "the app's key, from the platform's developer console",
    "app_id": "the app's id, from the platform's developer console",
    "app_secret": "the app's secret, beside its key",
    "sign_secret": "the secret that signs calls; not the app's secret",
    "client_id": "the app's client id, from the platform's developer console",
    "client_secret": "the app's client secret, beside its id",
    "consumer_key": "REST API key with the right to read (ck_...)",
    "consumer_secret": "the key's secret (cs_...)",
    "partner_id": "the app's partner id, from the platform's developer console",
    "partner_key": "the app's partner key, beside its id",
    "keystring": "the app's keystring, from the platform's developer console",
    "shared_secret": "the app's shared secret, beside its keystring",
    "shop_id": "the shop's number on the platform",
    "shop_cipher": "names the shop in calls; the list of authorised shops gives it",
    "seller_id": "the seller's id; read from the account where it is left out",
    "marketplace_ids": "marketplaces of this seller account, comma-separated",
    "marketplace_id": "which of the platform's sites the account sells on",
    "region": "which of the platform's regions the account belongs to",
    "country": "the country the shop sells in",
    "timezone": "the clock the shop counts its days by (an IANA name)",
    "sign_method": "how calls are signed",
    "concurrency": "requests at once",
    "api_version": "version of the platform's API",
    "ads_base_url": "address of the ads API; only for a proxy or a test server",
    "ads_app_id": "the ads app's id; without it no ads are read",
    "ads_secret": "the ads app's secret",
    "ads_access_token": "what the ads account's authorisation gave",
    "ads_refresh_token": "renews the ads token; Souk stores each new one",
    "advertiser_id": "the ads account; without it no ads are read",
    "uid": "the account's number",
    "ads": "whether ads are read too",
    "scopes": "rights asked for with each new token",
    "finances_url": "address of the finances API; only for a test server",
    "signing_key": "private key that signs calls to the finances",
    "signing_jwe": "names the signing key to the platform",
    "ads_report": "which of the ads reports is read",
    "aweme_id": "the account whose live rooms are read",
    "folder": "where the exports and their mappings lie",
}


@dataclass(frozen=True)
class Setting:
    """One setting. `default` is "" where there is none."""

    name: str
    required: bool
    secret: bool
    default: str
    meaning: str

    @property
    def kind(self) -> str:
        parts = ["required" if self.required else f"default {self.default}" if self.default else "optional"]
        return ", ".join([*parts, "secret"] if self.secret else parts)


def settings_of(found: Connector) -> list[Setting]:
    """The settings of a platform in the order of its model, what is required first."""
    said = meanings(found.settings)
    listed = [
        Setting(
            name, field.is_required(), "Secret" in str(field.annotation),
            str(field.default) if field.default and not field.is_required() else "", said.get(name, ""),
        )
        for name, field in found.settings.model_fields.items()
    ]  # fmt: skip
    return sorted(listed, key=lambda setting: not setting.required)


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """setting -> its docstring's first sentence, else the shared explanation."""
    said = dict(SHARED)
    for kind in reversed(model.__mro__):
        if kind is not BaseModel and issubclass(kind, BaseModel):
            said |= _docstrings(kind)
    return said


def _docstrings(kind: type) -> dict[str, str]:
    """Texts that stand below the fields of a class; its source is read, as Python keeps them nowhere."""
    [body] = ast.parse(textwrap.dedent(inspect.getsource(kind))).body
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and (words := _text(text)):
            found[field.target.id] = " ".join(words.split())
    return found


def _text(node: ast.stmt) -> str:
    constant: Any = getattr(node.value, "value", None) if isinstance(node, ast.Expr) else None
    return constant if isinstance(constant, str) else ""


def lines(found: Connector) -> list[str]:
    """The explanation as people read it."""
    from connectors.engine.preview import history, order_stream

    settings = settings_of(found)
    title = found.title_en if found.title_en == found.title_zh else f"{found.title_en} ({found.title_zh})"
    width = max(len(setting.name) for setting in settings)
    kinds = max(len(setting.kind) for setting in settings)
    told = [f"{title} takes:"]
    told += [f"  {one.name:<{width}}  {one.kind:<{kinds}}  {one.meaning}".rstrip() for one in settings]
    if found.streams:
        told += ["", f"It brings: {', '.join(stream.name for stream in found.streams)}."]
    if order_stream(found):
        told.append(f"A first sync of the orders reaches back {reach(history(found))}.")
    there = found.authorize.gives if found.authorize else ()
    given = " ".join(
        f"--set {one.name}={'@FILE' if one.secret else '...'}"
        for one in settings
        if one.required and one.name not in there
    )
    if found.authorize:
        told += [
            "",
            "Tokens come through the platform's page: add --authorize (or --paste on a server), and register",
            f"http://127.0.0.1:{DEFAULT_PORT}/callback with the app (--port, --redirect: another address).",
        ]
    return [*told, "", f"souk connect {found.platform} {given}".rstrip(),
            f"More: connectors/{found.platform}/README.md"]  # fmt: skip


def reach(span: timedelta | None) -> str:
    """How far back, in words."""
    return f"{days(span)} days" if span is not None else "to the first order"


def days(span: timedelta) -> int:
    return round(span / timedelta(days=1))
