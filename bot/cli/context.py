"""The house a command works in: settings, secret, warehouse, credentials, desk; each made when first used."""

from __future__ import annotations

import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.settings import Clock, Settings
from queries.trouble import Trouble

if TYPE_CHECKING:
    from connectors.engine.connections import Connections
    from connectors.engine.vault import Vault
    from queries.desk import Desk
    from queries.llm import LlmReader
    from queries.warehouse import Warehouse
    from queries.warehouse.state import State


class NoHome(Trouble):
    en = "There is no Souk at {home} yet."
    zh = "{home} 还没有 Souk。"
    hint_en = "Run `souk init` (or set SOUK_SECRET), or `souk demo` to look around first."
    hint_zh = "请先运行 `souk init` (或设置 SOUK_SECRET), 想先看看请运行 `souk demo`。"


class BadSetting(Trouble):
    en = "A setting is wrong: {what}"
    zh = "设置有误: {what}"
    hint_en = "See .env.example for every setting and its default."
    hint_zh = "所有设置及默认值见 .env.example。"


class ShortSecret(Trouble):
    en = "SOUK_SECRET is too short to be a secret (at least 16 characters)."
    zh = "SOUK_SECRET 太短, 至少 16 个字符。"


SHORTEST_SECRET = 16


class House:
    """One opened home. Nothing heavy is imported before it is needed: a question starts in a blink."""

    def __init__(self, settings: Settings, home: Path | None = None) -> None:
        self.settings = settings
        self.home = (home or settings.home).expanduser().resolve()
        self.clock: Clock = settings.clock

    @property
    def secret_file(self) -> Path:
        return self.home / "secret"

    @cached_property
    def secret(self) -> bytes:
        """SOUK_SECRET, else the home's file of mode 0600; the product refuses to run without one."""
        if self.settings.secret is not None:
            value = self.settings.secret.get_secret_value()
            if len(value) < SHORTEST_SECRET:
                raise ShortSecret
            return value.encode()
        if not self.secret_file.exists():
            raise NoHome(home=self.home)
        return self.secret_file.read_bytes().strip()

    def make(self) -> None:
        """Makes the home, a secret unless one is set, and the warehouse. Safe to repeat."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.home.chmod(0o700)
        if self.settings.secret is None and not self.secret_file.exists():
            descriptor = os.open(self.secret_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(32) + "\n")
        self.prepare()

    def prepare(self, team: str = "") -> None:
        """Brings the warehouse, the shipped settings and the field catalogue up to date.

        `team` is the Slack workspace the bot is installed in; the shipped rows for its members name it.
        """
        from connectors import catalogue_paths
        from queries.privacy.decisions import load_settings

        def fields() -> list[Any]:
            from connectors.engine.catalogue import load

            return [row for path in catalogue_paths() for row in load(path).rows()]

        _ = self.secret
        self.warehouse.prepare()
        load_settings(
            self.warehouse,
            self.home,
            now=self.clock(),
            fields=fields,
            catalogues=catalogue_paths(),
            team=team,
        )

    def kept_files(self) -> list[Path]:
        """What belongs in a backup beside the warehouse: credentials (sealed) and this workspace's settings."""
        files = [
            self.home / "credentials.json",
            self.home / "segments.yaml",
            self.home / "asking.yaml",
            *(self.home / "privacy").glob("*.yaml"),
            *(self.home / "imports").glob("*.yaml"),
        ]
        return [file for file in files if file.is_file()]

    @cached_property
    def warehouse(self) -> Warehouse:
        from queries.warehouse import Warehouse

        return Warehouse(
            self.home,
            clock=self.clock,
            base_currency=self.settings.base_currency,
            timezone=self.settings.timezone,
        )

    @cached_property
    def state(self) -> State:
        from queries.warehouse.state import State

        return State(self.home)

    @cached_property
    def vault(self) -> Vault:
        from connectors.engine.vault import Vault

        return Vault(self.home, self.secret)

    @cached_property
    def connections(self) -> Connections:
        from connectors.engine.connections import Connections

        self.journal()  # whoever talks to platforms logs it, and never to where answers go
        return Connections(self.warehouse, self.vault, clock=self.clock)

    @cached_property
    def desk(self) -> Desk:
        from queries.desk import Desk

        return Desk(
            self.warehouse,
            self.state,
            timezone=self.settings.timezone,
            secret=self.secret,
            llm=self._second_reader(),
            journal=self.journal,
        )

    def journal(self) -> Any:
        """The log on stderr, from WARNING on unless the command set another level; what a command prints is its
        answer alone. Set up when a first line goes to it.
        """
        import structlog

        from bot.journal import keep_journal

        if not structlog.is_configured():
            keep_journal("WARNING")
        return structlog.get_logger("souk.desk")

    def _second_reader(self) -> LlmReader | None:
        """The language model, where one is set; its provider is imported when it is first asked."""
        settings = self.settings
        if not settings.llm:
            return None
        from queries.llm import LlmReader, LlmSettings

        self.journal()  # the reader logs what a provider did
        key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else ""
        given = LlmSettings(settings.llm, settings.llm_base_url, key, confirm=settings.llm_confirm)
        return LlmReader(given, self.state)


def read_settings() -> Settings:
    """Settings, or one readable line about the first that is wrong."""
    from pydantic import ValidationError

    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise BadSetting(what=f"{name}: {first['msg'].removeprefix('Value error, ')}") from None


def open_house() -> House:
    """The home of this command; makes what is missing where SOUK_SECRET is set, else asks for `souk init`."""
    house = House(read_settings())
    made = (house.home / "warehouse").exists()
    if not made and house.settings.secret is None and not house.secret_file.exists():
        raise NoHome(home=house.home)
    if made:
        house.prepare()
    else:
        house.make()
    return house
