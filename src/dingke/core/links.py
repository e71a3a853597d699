"""Links to pages of other domains, placed by the name of their address."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, reverse


def link_to(name: str, *args: Any) -> str:
    """The address of a page, "" when this installation does not have it (a domain may be switched off)."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""
