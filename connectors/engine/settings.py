"""What every connection can be given with `--set`; a platform's settings model extends it."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, SecretStr, field_validator

from connectors.engine.errors import Insecure


class ConnectionSettings(BaseModel):
    """Frozen; unknown names are refused (a misspelt setting must not be ignored). Secrets are SecretStr.

    `base_url` is the API host (each platform gives its default), `auth_url` the token host where it is
    another one. The engine reads tokens by name: `access_token`/`refresh_token` for host "api",
    `<host>_access_token`/`<host>_refresh_token` for any other host ("ads").
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    base_url: str
    access_token: SecretStr | None = None
    refresh_token: SecretStr | None = None

    @field_validator("base_url", "auth_url", "ads_base_url", check_fields=False)
    @classmethod
    def _secure(cls, value: str) -> str:
        return secure_url(value) if value else value


def secure_url(url: str) -> str:
    """The URL without its trailing slash. Raises Insecure unless https, or http on the loopback address."""
    parts = urlsplit(url)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and loopback(url))):
        raise Insecure()
    return url.rstrip("/")


def loopback(url: str) -> bool:
    """Whether the URL points to this machine: only there plain http is allowed (local and test shops)."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def reveal(secret: SecretStr | None) -> str:
    """The secret's text, "" where there is none."""
    return secret.get_secret_value() if secret else ""
