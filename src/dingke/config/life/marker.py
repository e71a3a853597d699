"""What is being done to the installation, written beside it before the first change and taken away after the last one.

While it is there nothing else starts: a killed upgrade or restore is seen, and finished or taken back by the next command.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings


def _file() -> Path:
    return Path(settings.HOME) / "in_progress.json"


def read() -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = json.loads(_file().read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return content


def write(facts: dict[str, Any]) -> None:
    file = _file()
    part = file.with_suffix(".part")
    with part.open("w", encoding="utf-8") as handle:
        json.dump(facts, handle, ensure_ascii=False)
        handle.flush()
        os.fsync(handle.fileno())
    part.replace(file)


def remove() -> None:
    _file().unlink(missing_ok=True)
