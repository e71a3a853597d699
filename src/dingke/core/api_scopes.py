"""What an API token may be limited to: `resource:action`. config/wiring.py lists the resources with their names."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise

READ, WRITE = "read", "write"
_SAFE = {"GET", "HEAD", "OPTIONS"}
_resources: dict[str, str | Promise] = {}


def install(resources: Mapping[str, str | Promise]) -> None:
    """Called once by the wiring: the first part of every address below /api/v1/, and how people call it."""
    _resources.clear()
    _resources.update(resources)


def resources() -> tuple[str, ...]:
    return tuple(_resources)


def label(resource: str) -> str:
    return str(_resources.get(resource, resource))


def known() -> tuple[str, ...]:
    return tuple(f"{resource}:{action}" for resource in _resources for action in (READ, WRITE))


def needed(method: str, path: str) -> str:
    """The scope that a request needs: ("PATCH", "/api/v1/accounts/7") -> "accounts:write"."""
    parts = path.strip("/").split("/")
    resource = parts[2] if len(parts) > 2 else ""
    return f"{resource}:{READ if method in _SAFE else WRITE}"
