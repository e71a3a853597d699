"""What the environment says: values of settings from variables, and secrets from files that variables name."""

from __future__ import annotations

import os
from pathlib import Path


def env_text(name: str, default: str = "") -> str:
    """The text of an environment variable, or of the file that NAME_FILE points at (for secrets)."""
    if file := os.environ.get(f"{name}_FILE"):
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ.get(name, default)


def env_bool(name: str, default: bool) -> bool:
    value = os.environ.get(name)
    return default if value is None else value.strip().lower() in {"1", "true", "yes", "on"}


def env_int(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


def env_list(name: str, default: str) -> list[str]:
    return [item.strip() for item in env_text(name, default).split(",") if item.strip()]
