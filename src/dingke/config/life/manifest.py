"""What a backup says about itself."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from dingke.config.life.refusals import DamagedBackup

FORMAT = 1


@dataclass(frozen=True, slots=True)
class TableFacts:
    """One table: its model at that time, its columns in the order of the lines, and what proves that nothing is missing.

    `last_number` is the highest number that was ever given to a row, so that numbers of deleted rows are not given again.
    """

    model: str
    table: str
    columns: list[str]
    rows: int
    sha256: str
    bytes: int
    last_number: int | None


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One uploaded file."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The whole backup. `migrations` is the state of the tables; `release` the version that last upgraded them."""

    version: str
    release: str
    made_at: str
    engine: str
    migrations: list[list[str]]
    tables: list[TableFacts]
    left_out: list[str]
    files: list[FileFacts]
    settings: dict[str, str]
    format: int = FORMAT
    note: str = field(default="")

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables)

    @property
    def size(self) -> int:
        return sum(table.bytes for table in self.tables) + sum(file.size for file in self.files)

    def as_json(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()


def read(content: bytes) -> Manifest:
    """Raises `DamagedBackup` when the text is not a manifest, or one of a format that this version does not know."""
    try:
        facts: dict[str, Any] = json.loads(content)
        if facts["format"] != FORMAT:
            raise DamagedBackup(
                _("The backup has format %(format)s, which this version does not know. Use the version that made it, or a newer one.")
                % {"format": facts["format"]}
            )
        facts["tables"] = [TableFacts(**table) for table in facts["tables"]]
        facts["files"] = [FileFacts(**file) for file in facts["files"]]
        return Manifest(**facts)
    except (ValueError, KeyError, TypeError):
        raise DamagedBackup(_("The list of contents of the backup cannot be read. Nothing was changed.")) from None
