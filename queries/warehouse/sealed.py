"""The file format of a backup: a header, then files in chunks of AES-256-GCM.

The key is derived from the root secret and the file's own salt. Each chunk is bound to its place and the last
one is marked, so a file that was cut, mixed or reordered is refused.
"""

from __future__ import annotations

import json
import os
import sqlite3
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from queries.warehouse.errors import BadBackup

MAGIC = b"SOUKBAK1"
CHUNK = 1 << 20
KEY_VERSION = "v1"


def seal(secret: bytes, files: Iterable[tuple[str, Path]], salt: bytes, scratch: Path) -> Iterator[bytes]:
    """The bytes of a backup: magic, salt, then chunks; the first plain bytes name each file and its size."""
    cipher = AESGCM(_key(secret, salt))
    yield MAGIC + salt
    pending = b""
    number = 0
    for piece in _plain(files, scratch):
        pending += piece
        while len(pending) > CHUNK:
            yield _sealed_chunk(cipher, number, pending[:CHUNK], last=False)
            pending, number = pending[CHUNK:], number + 1
    yield _sealed_chunk(cipher, number, pending, last=True)


def unseal(path: Path, secret: bytes, target: Path) -> list[str]:
    """Decrypts a backup into a folder and returns the names of its files; raises BadBackup."""
    remove(target)
    target.mkdir(mode=0o700)
    names = []
    with path.open("rb") as file:
        reader = _Reader(_chunks(file, secret))
        while header := reader.exactly(4, at_end=True):
            described = json.loads(reader.exactly(struct.unpack(">I", header)[0]))
            place = target / described["name"]
            if not place.resolve().is_relative_to(target.resolve()):
                raise BadBackup()
            place.parent.mkdir(parents=True, exist_ok=True)
            with create(place) as out:
                for piece in reader.pieces(described["size"]):
                    out.write(piece)
            names.append(described["name"])
    return names


def _plain(files: Iterable[tuple[str, Path]], scratch: Path) -> Iterator[bytes]:
    for name, path in files:
        source = _settled(path, scratch)
        with source.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            header = json.dumps({"name": name, "size": size}).encode()
            yield struct.pack(">I", len(header)) + header
            while size and (piece := file.read(min(CHUNK, size))):
                size -= len(piece)
                yield piece
        if source != path:
            source.unlink()


def _settled(path: Path, scratch: Path) -> Path:
    """A SQLite file may be in use: its own backup makes a copy that is whole. Other files stand as they are."""
    with path.open("rb") as file:
        if file.read(15) != b"SQLite format 3":
            return path
    copy = scratch / f"backup-{path.name}"
    copy.unlink(missing_ok=True)
    source, target = sqlite3.connect(path), sqlite3.connect(copy)
    try:
        source.backup(target)
    finally:
        source.close()
        target.close()
    return copy


def _key(secret: bytes, salt: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, b"souk backup " + KEY_VERSION.encode()).derive(secret)


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _sealed_chunk(cipher: AESGCM, number: int, plain: bytes, *, last: bool) -> bytes:
    text = cipher.encrypt(_nonce(number, last), plain, MAGIC)
    return struct.pack(">I?", len(text), last) + text


def _chunks(file: BinaryIO, secret: bytes) -> Iterator[bytes]:
    head = file.read(len(MAGIC) + 16)
    if not head.startswith(MAGIC) or len(head) < len(MAGIC) + 16:
        raise BadBackup()
    cipher = AESGCM(_key(secret, head[len(MAGIC) :]))
    number, last = 0, False
    while not last:
        try:
            length, last = struct.unpack(">I?", file.read(5))
            yield cipher.decrypt(_nonce(number, last), file.read(min(length, CHUNK + 16)), MAGIC)
        except (InvalidTag, struct.error) as failure:
            raise BadBackup() from failure
        number += 1
    if file.read(1):
        raise BadBackup()


class _Reader:
    """Reads exact counts of bytes out of the decrypted chunks."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._ready = b""

    def pieces(self, count: int) -> Iterator[bytes]:
        while count:
            if not self._ready:
                self._ready = next(self._chunks, b"")
                if not self._ready:
                    raise BadBackup()
            piece, self._ready = self._ready[:count], self._ready[count:]
            count -= len(piece)
            yield piece

    def exactly(self, count: int, at_end: bool = False) -> bytes:
        if at_end and not self._ready:
            self._ready = next(self._chunks, b"")
            if not self._ready:
                return b""
        return b"".join(self.pieces(count))


def create(path: Path) -> BinaryIO:
    """A new file that only its owner may read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def remove(folder: Path) -> None:
    """Removes a folder of plain copies."""
    if folder.exists():
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        folder.rmdir()
