"""The file of a backup: a zip that any tool opens, sealed with a passphrase when one is given."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from django.utils.translation import gettext as _

from dingke.config.life import manifest
from dingke.config.life.manifest import Manifest
from dingke.config.life.refusals import DamagedBackup, WrongPassphrase
from dingke.config.life.sealed import SealedReader, SealedWriter, is_sealed

MANIFEST = "manifest.json"
PIECE = 1 << 20
DIGEST = 64


class Packer:
    """Takes the members of a backup one after another, in pieces."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        with self._archive.open(name, "w", force_zip64=True) as member:
            held: list[bytes] = []
            size = 0
            for piece in pieces:
                held.append(piece)
                size += len(piece)
                if size >= PIECE:
                    member.write(b"".join(held))
                    held, size = [], 0
            member.write(b"".join(held))

    def add_file(self, name: str, path: Path) -> tuple[int, str]:
        """Size and digest of what was taken."""
        digest, size = hashlib.sha256(), 0

        def pieces() -> Iterator[bytes]:
            nonlocal size
            with path.open("rb") as file:
                while piece := file.read(PIECE):
                    digest.update(piece)
                    size += len(piece)
                    yield piece

        self.add(name, pieces())
        return size, digest.hexdigest()


@contextmanager
def packing(path: Path, passphrase: str) -> Iterator[Packer]:
    """Writes the file, readable by its owner alone, and has it on the disk before it returns."""
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as file:
        target: IO[bytes] = cast(IO[bytes], SealedWriter(file, passphrase)) if passphrase else file
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
            archive.comment = b"0" * DIGEST  # room for the digest of everything before it
            yield Packer(archive)
        if passphrase:
            target.close()
        else:
            digest = _digest_of(file)
            file.seek(-DIGEST, os.SEEK_END)
            file.write(digest)
        file.flush()
        os.fsync(file.fileno())


def _digest_of(file: IO[bytes]) -> bytes:
    """Of the whole file but its last bytes, which hold the digest. A zip alone has bytes that nobody misses when they change."""
    file.flush()
    left = file.seek(0, os.SEEK_END) - DIGEST
    file.seek(0)
    digest = hashlib.sha256()
    while left > 0 and (piece := file.read(min(PIECE, left))):
        digest.update(piece)
        left -= len(piece)
    return digest.hexdigest().encode()


class Backup:
    """An opened backup. `plain` is its file when it is not sealed."""

    def __init__(self, archive: zipfile.ZipFile, plain: IO[bytes] | None) -> None:
        self._archive, self._plain = archive, plain
        try:
            self.manifest: Manifest = manifest.read(archive.read(MANIFEST))
        except KeyError:
            raise DamagedBackup(_("The backup has no list of contents. Nothing was changed.")) from None

    def lines(self, number: int) -> Iterator[bytes]:
        """The lines of a table, by its place in the manifest."""
        with self._archive.open(table_member(number, self.manifest.tables[number].model)) as member:
            yield from member

    def pieces(self, path: str) -> Iterator[bytes]:
        """The content of an uploaded file."""
        with self._archive.open(f"uploads/{path}") as member:
            while piece := member.read(PIECE):
                yield piece

    def verify(self) -> None:
        """Reads everything once and compares it with the manifest. Raises `DamagedBackup`."""
        if self._plain is not None and _digest_of(self._plain) != self._archive.comment:
            raise DamagedBackup(_("The backup is damaged: its content is not what was written. Nothing was changed."))
        expected = {MANIFEST} | {f"uploads/{file.path}" for file in self.manifest.files}
        for number, table in enumerate(self.manifest.tables):
            expected.add(table_member(number, table.model))
        if expected != set(self._archive.namelist()):
            raise DamagedBackup(_("The backup does not hold what its list of contents says. Nothing was changed."))
        for number, table in enumerate(self.manifest.tables):
            digest, rows, size = hashlib.sha256(), 0, 0
            for line in self.lines(number):
                digest.update(line)
                rows += 1
                size += len(line)
            if (digest.hexdigest(), rows, size) != (table.sha256, table.rows, table.bytes):
                raise _differs(table.table)
        for file in self.manifest.files:
            digest = hashlib.sha256()
            for piece in self.pieces(file.path):
                digest.update(piece)
            if digest.hexdigest() != file.sha256 or not is_inside(file.path):
                raise _differs(file.path)


def is_inside(path: str) -> bool:
    """Whether a path of a file in the backup stays in the folder of uploads."""
    parts = Path(path).parts
    return bool(parts) and ".." not in parts and not Path(path).is_absolute()


def _differs(what: str) -> DamagedBackup:
    return DamagedBackup(_("The backup is damaged: %(what)s is not what was written. Nothing was changed.") % {"what": what})


def table_member(number: int, model: str) -> str:
    return f"tables/{number:03d}-{model}.jsonl"


@contextmanager
def opened(path: Path, passphrase: str) -> Iterator[Backup]:
    """The backup, checked as far as its end and its list of contents. `verify` reads the rest."""
    try:
        sealed = is_sealed(path)
    except OSError as error:
        raise DamagedBackup(_("%(file)s cannot be read: %(error)s") % {"file": path, "error": error.strerror}) from None
    if sealed and not passphrase:
        raise WrongPassphrase(
            _("This backup is encrypted. Give its passphrase by DINGKE_BACKUP_PASSPHRASE (or its _FILE) or --passphrase-file.")
        )
    with path.open("rb") as file:
        try:
            source: IO[bytes] = cast(IO[bytes], io.BufferedReader(SealedReader(file, passphrase), PIECE)) if sealed else file
            with zipfile.ZipFile(source) as archive:
                yield Backup(archive, None if sealed else file)
        except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise DamagedBackup(
                _("%(file)s is not a whole backup: it is cut off or damaged (%(error)s). Nothing was changed.")
                % {"file": path.name, "error": error}
            ) from None
