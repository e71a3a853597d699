"""A snapshot folder of its own for every test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def snapshots(tmp_path: Path, settings: Any) -> Path:
    settings.SNAPSHOTS = tmp_path / "snapshots"
    return tmp_path / "snapshots"
