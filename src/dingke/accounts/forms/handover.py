"""The plan of a hand-over as a form sends it: one receiver, and who gets what instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

LEAVE = "leave"
_PREFIXES = {"region-": "regions", "group-": "groups", "account-": "accounts"}


def _who(text: str) -> int | None:
    """A person's id, 0 for "leave it", None for "as above"."""
    if text == LEAVE:
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def plan_values(data: QueryDict) -> Mapping[str, Any]:
    """What `calc.handover.plan_from_json` reads; a word that means nothing is left out."""
    found: dict[str, dict[str, int]] = {"parts": {}, "regions": {}, "groups": {}, "accounts": {}}
    for name, text in data.items():
        who = _who(str(text))
        if who is None:
            continue
        if name.startswith("part-"):
            found["parts"][name.removeprefix("part-")] = who
        for prefix, kind in _PREFIXES.items():
            key = name.removeprefix(prefix)
            if name.startswith(prefix) and key.isascii() and key.isdigit() and len(key) < 18:
                found[kind][key] = who
    return {"receiver": _who(data.get("receiver", "")), **found}
