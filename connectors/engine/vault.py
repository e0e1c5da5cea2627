"""Credentials at rest: AES-GCM under a key derived from the root secret, bound to their name.

`$SOUK_HOME/credentials.json`, mode 0600: {connection: {setting: base64(nonce + ciphertext)}}. The associated
data is connection and setting, so a value moved to another place does not open. Never in the warehouse.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from connectors.engine.errors import NoSecret, Unreadable
from connectors.engine.locks import held, lock_file

NONCE = 12


def derive(secret: bytes, purpose: str) -> bytes:
    """A 32-byte key of one purpose from the root secret (HKDF-SHA-256). Raises NoSecret for an empty one."""
    if not secret:
        raise NoSecret()
    return HKDF(SHA256(), length=32, salt=None, info=f"souk/{purpose}".encode()).derive(secret)


class Vault:
    """The stored settings of all connections, secrets and others alike."""

    def __init__(self, home: Path, secret: bytes | str) -> None:
        self.home = home
        self.file = home / "credentials.json"
        self.secret = secret.encode() if isinstance(secret, str) else secret
        """The root secret, for those who derive their own keys from it."""
        self._key = AESGCM(derive(self.secret, "credentials/v1"))

    def settings(self, connection: str) -> dict[str, str]:
        """All settings of a connection in the clear, {} if there are none. Raises Unreadable."""
        return {name: self._open(connection, name, sealed)
                for name, sealed in self._read().get(connection, {}).items()}

    def store(self, connection: str, settings: Mapping[str, str]) -> None:
        """Add or replace settings of a connection; on disk when this returns (a rotated token must be)."""
        with held(lock_file(self.home, "credentials"), wait=30):
            everything = self._read()
            mine = everything.setdefault(connection, {})
            mine.update({name: self._seal(connection, name, value) for name, value in settings.items()})
            self._write(everything)

    def replace(self, connection: str, settings: Mapping[str, str]) -> None:
        """These settings and no others; none at all removes the connection."""
        with held(lock_file(self.home, "credentials"), wait=30):
            everything = self._read()
            everything.pop(connection, None)
            if settings:
                everything[connection] = {
                    name: self._seal(connection, name, value) for name, value in settings.items()}
            self._write(everything)

    def forget(self, connection: str) -> None:
        """Remove a connection's settings for good."""
        self.replace(connection, {})

    def _seal(self, connection: str, name: str, value: str) -> str:
        nonce = os.urandom(NONCE)
        sealed = self._key.encrypt(nonce, value.encode(), _place(connection, name))
        return base64.b64encode(nonce + sealed).decode()

    def _open(self, connection: str, name: str, sealed: str) -> str:
        try:
            raw = base64.b64decode(sealed)
            return self._key.decrypt(raw[:NONCE], raw[NONCE:], _place(connection, name)).decode()
        except (InvalidTag, ValueError) as error:
            raise Unreadable(f"{connection}.{name}") from error

    def _read(self) -> dict[str, dict[str, str]]:
        if not self.file.exists():
            return {}
        found: dict[str, dict[str, str]] = json.loads(self.file.read_text())
        return found

    def _write(self, everything: Mapping[str, Mapping[str, str]]) -> None:
        """Replace the file in one step: a kill leaves the old one or the new one."""
        fresh = self.file.with_suffix(".new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(everything, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, self.file)


class Draft(Vault):
    """Settings of one connection that are being tried: in memory, so that what is stored stays as it is until
    they have proved themselves. The engine reads and writes it as any vault."""

    def __init__(self, vault: Vault, settings: Mapping[str, str]) -> None:
        self.home, self.file, self.secret = vault.home, vault.file, vault.secret
        self.tried = dict(settings)

    def settings(self, connection: str) -> dict[str, str]:
        return dict(self.tried)

    def store(self, connection: str, settings: Mapping[str, str]) -> None:
        self.tried.update(settings)

    def replace(self, connection: str, settings: Mapping[str, str]) -> None:
        self.tried = dict(settings)


def _place(connection: str, name: str) -> bytes:
    return f"{connection}\0{name}".encode()
