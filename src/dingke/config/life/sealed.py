"""The encrypted form of a backup: a key from a passphrase (scrypt), the content in chunks (AES-256-GCM).

The chunks follow the STREAM construction: the nonce of a chunk is a random prefix, its number, and whether it is the last one. So a
chunk that is changed, left out, moved or missing at the end does not open. Chunks have one size, so that any place of the content
can be read without reading what is before it, and a damaged file is found without keeping it in memory.
"""

from __future__ import annotations

import io
import json
import os
import struct
from hmac import compare_digest
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from django.utils.translation import gettext as _

from dingke.config.life.refusals import DamagedBackup, WrongPassphrase

MAGIC = b"DINGKE-SEALED-1\n"
CHUNK = 1 << 20
TAG = 16
SCRYPT_COST = 1 << 16  # 64 MB of memory: slow to guess, quick enough for one person who knows it
LARGEST_COST = 1 << 20  # a file that asks for more is not one of ours


def _key(passphrase: str, *, salt: bytes, cost: int) -> tuple[bytes, str]:
    """The key, and a value by which a wrong passphrase is told from a damaged file."""
    derived = Scrypt(salt=salt, length=48, n=cost, r=8, p=1).derive(passphrase.encode("utf-8"))
    return derived[:32], derived[32:].hex()


def _nonce(prefix: bytes, number: int, *, last: bool) -> bytes:
    return prefix + struct.pack(">IB", number, int(last))


class SealedWriter(io.RawIOBase):
    """Encrypts what is written to it; `close` seals the last chunk. It cannot be read or rewound."""

    def __init__(self, target: IO[bytes], passphrase: str) -> None:
        salt, self._prefix = os.urandom(16), os.urandom(7)
        key, check = _key(passphrase, salt=salt, cost=SCRYPT_COST)
        facts = {"kdf": "scrypt", "cost": SCRYPT_COST, "salt": salt.hex(), "check": check, "prefix": self._prefix.hex(), "chunk": CHUNK}
        head = json.dumps(facts, separators=(",", ":")).encode()
        self._head = MAGIC + struct.pack(">I", len(head)) + head
        self._cipher = AESGCM(key)
        self._target, self._waiting, self._number = target, bytearray(), 0
        target.write(self._head)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        while len(self._waiting) > CHUNK:  # one is always kept back: only the end says which is the last
            self._seal(bytes(self._waiting[:CHUNK]), last=False)
            del self._waiting[:CHUNK]
        return len(data)

    def _seal(self, content: bytes, *, last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._prefix, self._number, last=last), content, self._head))
        self._number += 1

    def close(self) -> None:
        if not self.closed:
            self._seal(bytes(self._waiting), last=True)
            super().close()


class SealedReader(io.RawIOBase):
    """Reads a sealed file at any place. Opening it checks the passphrase and that the end is there."""

    def __init__(self, source: IO[bytes], passphrase: str) -> None:
        self._source = source
        self._read_head(passphrase)
        length = source.seek(0, os.SEEK_END) - len(self._head)
        self._last = max(0, (length - 1) // (CHUNK + TAG))
        self._size = length - (self._last + 1) * TAG
        self._at, self._held, self._content = 0, -1, b""
        if self._size < 0:
            raise DamagedBackup(_("The backup is cut off: its end is missing. Nothing was changed."))
        self._open(self._last)

    def _read_head(self, passphrase: str) -> None:
        damaged = DamagedBackup(_("The beginning of the backup is damaged. Nothing was changed."))
        self._source.seek(len(MAGIC))
        try:
            (length,) = struct.unpack(">I", self._source.read(4))
            if length > 4096:
                raise damaged
            head = self._source.read(length)
            facts = json.loads(head)
            salt, self._prefix, cost = bytes.fromhex(facts["salt"]), bytes.fromhex(facts["prefix"]), int(facts["cost"])
            if facts["chunk"] != CHUNK or not 2 <= cost <= LARGEST_COST or cost & (cost - 1) or len(self._prefix) != 7:
                raise damaged
        except (struct.error, ValueError, KeyError, TypeError):
            raise damaged from None
        self._head = MAGIC + struct.pack(">I", length) + head
        key, check = _key(passphrase, salt=salt, cost=cost)
        if not compare_digest(check, str(facts.get("check"))):
            raise WrongPassphrase(_("The passphrase does not open this backup. Nothing was changed."))
        self._cipher = AESGCM(key)

    def _open(self, number: int) -> bytes:
        if number != self._held:
            self._source.seek(len(self._head) + number * (CHUNK + TAG))
            sealed = self._source.read(CHUNK + TAG)
            try:
                self._content = self._cipher.decrypt(_nonce(self._prefix, number, last=number == self._last), sealed, self._head)
            except InvalidTag:
                raise DamagedBackup(
                    _("The backup is damaged or cut off: part %(number)s of %(total)s does not open. Nothing was changed.")
                    % {"number": number + 1, "total": self._last + 1}
                ) from None
            self._held = number
        return self._content

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        if self._at >= self._size:
            return 0
        number, within = divmod(self._at, CHUNK)
        part = self._open(number)[within : within + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)


def is_sealed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC
