"""The texts of the method of demonstrating, from playbooks/demo.yaml: read once, in the reader's language."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml

from dingke.core.lists import PLAYBOOKS
from dingke.core.reasons import is_chinese


@lru_cache(maxsize=1)
def stored() -> dict[str, dict[str, Any]]:
    content: dict[str, dict[str, Any]] = yaml.safe_load((PLAYBOOKS / "demo.yaml").read_text(encoding="utf-8"))
    return content


@lru_cache(maxsize=4)
def texts(language: str) -> dict[str, Any]:
    """Every group with its entries: `label` and whatever else the file says of an entry (hint, use, tip …) in one language."""
    key = "zh" if is_chinese(language) else "en"
    found: dict[str, Any] = {}
    for group, entries in stored().items():
        if set(entries) == {"zh", "en"}:
            found[group] = entries[key]
            continue
        found[group] = {code: _entry(entry, key) for code, entry in entries.items()}
    return found


def _entry(entry: dict[str, Any], key: str) -> dict[str, Any]:
    named = {"label": entry[key], "hint": "", "use": "", "tip": "", "warn": "", "reply": "", "emphasis": ""}
    for name, value in entry.items():
        stem, _mark, language = name.rpartition("_")
        if stem and language == key:
            named[stem] = value
        elif name not in {"zh", "en"} and language not in {"zh", "en"}:
            named[name] = value
    return named
