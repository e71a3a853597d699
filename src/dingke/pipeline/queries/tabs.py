"""The tabs of the page of a deal: other domains hang theirs in by config/wiring.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise

from dingke.core.scope import Scope


@dataclass(frozen=True, slots=True)
class Tab:
    """`route` is the name of an address that takes <opportunity_id> and answers a part of a page."""

    code: str
    label: str | Promise
    route: str
    permission: str = ""


@dataclass(frozen=True, slots=True)
class ShownTab:
    code: str
    label: str
    url: str


_tabs: list[Tab] = []


def install(tabs: Iterable[Tab]) -> None:
    """Takes over the tabs, in this order."""
    _tabs[:] = list(tabs)


def tabs_for(scope: Scope, opportunity_id: int) -> list[ShownTab]:
    """The tabs that the caller may open."""
    shown = []
    for tab in _tabs:
        if tab.permission and not (scope.can(tab.permission) or scope.can("*")):
            continue
        try:
            url = reverse(tab.route, args=[opportunity_id])
        except NoReverseMatch:  # the domain of the tab is not part of this installation
            continue
        shown.append(ShownTab(tab.code, str(tab.label), url))
    return shown
