"""Souk's settings: from the environment and `.env`, prefix SOUK_ (and the fixed Slack names)."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Clock = Callable[[], datetime]
OFF = "off"


def default_home() -> Path:
    """The per-user data folder: XDG on Linux, Application Support on macOS, LOCALAPPDATA on Windows."""
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/souk"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "souk"
    return Path(os.environ.get("XDG_DATA_HOME", str(Path.home() / ".local/share"))) / "souk"


class Settings(BaseSettings):
    """Everything that can be set; `.env.example` lists each with its default."""

    model_config = SettingsConfigDict(
        env_prefix="SOUK_", env_file=".env", extra="ignore", env_ignore_empty=True
    )

    home: Path = Field(default_factory=default_home)
    """Where warehouse, keys and state live."""
    now: datetime | None = None
    """Freezes the clock, for demonstrations and tests."""
    base_currency: str = "CNY"
    timezone: str = "Asia/Shanghai"
    """The clock on which the words of a question become dates."""
    secret: SecretStr | None = None
    """Root of pseudonyms and stored credentials; else the file `secret` in the home."""
    log_level: str = "INFO"

    sync_cron: str | None = None
    """When connections are synced, on the clock of `timezone`; None = as often as suits each platform. The
    others: once a night, one after another."""
    segments_cron: str = "20 1 * * *"
    retention_cron: str = "50 1 * * *"
    backup_cron: str = "20 2 * * *"
    rates_cron: str = "10 0 * * *"
    rates_url: str = "https://www.ecb.europa.eu/stats/eurofxref"
    """Where the European Central Bank's exchange rates are fetched; `off` = never, the packaged ones stay in use."""

    notices_channel: str = ""
    """The Slack channel (its id) that is told when a scheduled job fails, and when it works again."""

    slack_bot_token: SecretStr | None = Field(None, validation_alias="SLACK_BOT_TOKEN")
    slack_app_token: SecretStr | None = Field(None, validation_alias="SLACK_APP_TOKEN")
    slack_signing_secret: SecretStr | None = Field(None, validation_alias="SLACK_SIGNING_SECRET")
    slack_api_url: str = Field("https://slack.com/api/", validation_alias="SLACK_API_URL")
    port: int = Field(3000, validation_alias=AliasChoices("PORT", "SOUK_PORT"))

    llm: str = ""
    """A LangChain model string such as `openai:gpt-5-mini`; empty = the embedded translator alone."""
    llm_base_url: str = ""
    llm_api_key: SecretStr | None = None
    llm_confirm: Literal["auto", "always", "never"] = "auto"
    """Whether a model's reading is agreed to before it is answered; auto = for Ollama and own addresses."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except Exception as error:
            raise ValueError(f"no such time zone: {value} (an IANA name such as Asia/Shanghai)") from error
        return value

    @field_validator("sync_cron", "segments_cron", "retention_cron", "backup_cron", "rates_cron")
    @classmethod
    def _cron(cls, value: str | None) -> str | None:
        from cronsim import CronSim, CronSimError

        if value is None:
            return None
        try:
            CronSim(value, datetime(2026, 1, 1))
        except CronSimError as error:
            raise ValueError(f"not a cron expression: {value} ({error})") from None
        return value

    @field_validator("base_currency")
    @classmethod
    def _currency_code(cls, value: str) -> str:
        if not (len(value) == 3 and value.isalpha()):
            raise ValueError("an ISO currency code has three letters, for example CNY")
        return value.upper()

    @field_validator("slack_api_url")
    @classmethod
    def _ends_with_slash(cls, value: str) -> str:
        return value if value.endswith("/") else value + "/"

    @property
    def clock(self) -> Clock:
        """`now()` in aware UTC; frozen where SOUK_NOW is set (a naive instant is read as UTC)."""
        frozen = self.now
        if frozen is None:
            return lambda: datetime.now(UTC)
        instant = frozen.astimezone(UTC) if frozen.tzinfo else frozen.replace(tzinfo=UTC)
        return lambda: instant
