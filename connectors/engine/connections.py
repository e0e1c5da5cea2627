"""Connections: which shop, which settings, is it well. Rows in the warehouse, settings in the vault.

Adding one tests the keys against the platform and learns the shop; nothing is stored when that fails.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError

from connectors import connector
from connectors.engine.errors import (
    Denied,
    Gone,
    Misconfigured,
    NameTaken,
    Rejected,
    SyncError,
    UnknownConnection,
)
from connectors.engine.stream import Call, Connector, Identity, Reply
from connectors.engine.talk import Talk
from connectors.engine.tokens import Life, Tokens, lives
from connectors.engine.vault import Draft, Vault
from queries.records import Shop
from queries.warehouse import Batch, Check, Warehouse
from queries.warehouse import connections as table
from queries.warehouse.connections import Connection

NAME = re.compile(r"[\w.-]{1,64}")
SHOP_STREAM = "shop"
"""The batch under which a connection's shop is written."""


def read_settings(found: Connector, values: Mapping[str, str]) -> BaseModel:
    """The platform's settings model from plain text. Misconfigured names the setting, never its value."""
    try:
        return found.settings(**{name: value for name, value in values.items() if not name.startswith("_")})
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "settings"
        raise Misconfigured(f"{where}: {first['msg']}") from None


@dataclass(frozen=True)
class Added:
    """A connection that works, and what the platform said of it."""

    link: Connection
    identity: Identity


class Connections:
    """Looks after the connections of a home."""

    def __init__(self, warehouse: Warehouse, vault: Vault, *, clock: Callable[[], datetime]) -> None:
        self.warehouse, self.vault, self.clock = warehouse, vault, clock

    def add(self, platform: str, settings: Mapping[str, str], name: str | None = None) -> Connection:
        """`connect` without what the platform said."""
        return self.connect(platform, settings, name).link

    def connect(self, platform: str, settings: Mapping[str, str], name: str | None = None) -> Added:
        """Test the keys, learn the shop, store both. A name that exists gets the new settings.

        Raises UnknownPlatform, Misconfigured, Denied and whatever else the platform answers.
        """
        found = connector(platform)
        name = name or platform
        if not NAME.fullmatch(name):
            raise Misconfigured("name: letters, digits, . _ - only")
        model = read_settings(found, settings)
        draft = Draft(self.vault, settings)
        identity = self._try(name, found, model, draft)
        self.vault.replace(name, {**draft.tried, **identity.learned})
        return Added(self._keep(name, found, model, identity), identity)

    def rotate(self, name: str, settings: Mapping[str, str]) -> Added:
        """New secrets for a connection: tried against the platform first, the old ones stay where they fail.

        Other settings stay as they are. Where the platform renews tokens a new one is asked for, so that a
        secret is tried which only the token call needs. A refresh token that this spent is replaced even when
        the trial fails afterwards: the old one is dead. Raises as `add`; NameTaken for keys of another shop.
        """
        link = self.get(name)
        found = connector(link.platform)
        before = self.vault.settings(name)
        wanted = {**before, **settings}
        stale = {key for key in settings if key.endswith("access_token")}
        model = read_settings(found, wanted)
        if not stale and found.client(model).refresh(wanted.get("refresh_token"), "api"):
            stale = {"access_token"}
            wanted.pop("access_token", None)
        for key in stale:
            wanted.pop(f"_{key.replace('access_token', 'renew_at')}", None)
        draft = Draft(self.vault, wanted)
        try:
            identity = self._try(name, found, model, draft)
        except BaseException:
            spent = before.get("refresh_token")
            if spent and wanted.get("refresh_token") == spent != draft.tried.get("refresh_token"):
                pair = ("access_token", "refresh_token", "_renew_at")
                self.vault.store(name, {key: draft.tried[key] for key in pair if key in draft.tried})
            raise
        self.vault.replace(name, {**draft.tried, **identity.learned})
        self._keep(name, found, model, identity)
        if link.status == "paused":
            self.pause(name)
        return Added(self.get(name), identity)

    def list(self) -> Sequence[Connection]:
        """All connections that are not removed."""
        return [link for link in table.all_connections(self.warehouse) if link.status != "removed"]

    def get(self, name: str) -> Connection:
        """Raises UnknownConnection."""
        for link in self.list():
            if link.connection == name:
                return link
        raise UnknownConnection(name)

    def test(self, name: str) -> Identity:
        """Ask the platform who we are. Raises what it answers."""
        link = self.get(name)
        found = connector(link.platform)
        return self._identify(name, found, read_settings(found, self.vault.settings(name)))

    def pause(self, name: str) -> None:
        table.set_status(self.warehouse, self.get(name).connection, "paused")

    def resume(self, name: str) -> None:
        table.set_status(self.warehouse, self.get(name).connection, "active")

    def remove(self, name: str) -> None:
        """Forget the credentials for good; what was synced stays."""
        table.set_status(self.warehouse, self.get(name).connection, "removed")
        self.vault.forget(name)

    def addresses(self) -> Sequence[str]:
        """The API hosts of the connections that are synced."""
        found = [getattr(model, "base_url", "") for _, _, model in self._opened()]
        return sorted({url for url in found if url})

    def token_lives(self) -> Sequence[tuple[str, Life]]:
        """How the stored tokens of the connections that are synced stand: (connection, life)."""
        return [(name, life) for name, found, model in self._opened()
                for life in lives(self.vault.settings(name), found.client(model))]

    def _opened(self) -> Sequence[tuple[str, Connector, Any]]:
        links = [(link.connection, connector(link.platform)) for link in self.active()]
        return [(name, found, read_settings(found, self.vault.settings(name))) for name, found in links]

    def active(self, names: Sequence[str] = ()) -> Sequence[Connection]:
        """The named connections, or all that are not paused."""
        if names:
            return [self.get(name) for name in names]
        return [link for link in self.list() if link.status in ("active", "failing")]

    def _keep(self, name: str, found: Connector, model: BaseModel, identity: Identity) -> Connection:
        shop: Shop | None = identity.shop
        if shop is not None:
            shop.shop_id = identity.shop_id
            self.warehouse.merge(Batch(name, found.platform, identity.shop_id, SHOP_STREAM, rows=[shop]))
        streams = tuple(stream.name for stream in found.streams if stream.enabled(model))
        if found.imports is not None:
            streams = tuple(sorted({export.name for export in found.imports(model)}))
        table.save(self.warehouse, name, found.platform, identity.shop_id, streams, self.clock())
        self.warehouse.note_quality(
            name, *(Check(finding.check, finding.status, detail=finding.detail) for finding in identity.findings))
        return self.get(name)

    def _refuse_another_shop(self, name: str, platform: str, shop_id: str) -> None:
        """A name keeps its shop for ever: its checkpoints would be wrong for another one."""
        for link in table.all_connections(self.warehouse):
            if link.connection == name and (link.platform, link.shop_id) != (platform, shop_id):
                raise NameTaken(f"{name} ({link.platform}, {link.shop_id})")

    def _try(self, name: str, found: Connector, model: BaseModel, draft: Draft) -> Identity:
        identity = asyncio.run(identify(name, found, model, draft, self.clock))
        self._refuse_another_shop(name, found.platform, identity.shop_id)
        return identity

    def _identify(self, name: str, found: Connector, model: BaseModel) -> Identity:
        return asyncio.run(identify(name, found, model, self.vault, self.clock))


async def identify(name: str, found: Connector, model: Any, vault: Vault, clock: Callable[[], datetime],
                   ) -> Identity:
    """Make the connector's `about` calls; an optional one that is refused gives None."""
    client = found.client(model)
    talk = Talk(client, Tokens(vault, name, client, clock), clock)
    try:
        replies = [await _ask(talk, call) for call in found.about.calls(model)]
        if found.about.otherwise and None in replies:
            replies += [await _ask(talk, call) for call in found.about.otherwise(model, clock())]
        return found.about.read(replies, model)
    finally:
        await talk.close()


async def _ask(talk: Talk, call: Call) -> Reply | None:
    try:
        if call.host == "auth":
            return await talk.introduce()
        return await talk.ask(call, lambda reply, _call: reply)
    except (Denied, Gone, Rejected):
        if call.optional:
            return None
        raise


__all__ = ["Added", "Connection", "Connections", "SyncError", "identify", "read_settings"]
