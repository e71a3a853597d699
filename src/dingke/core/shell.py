"""The shell around every page: which entry of the menu a page belongs to, and its parts that depend on no page and no person.

Menu, palette, keys and the texts of the scripts follow from what the role may, the language, and at most the entry one is at. They are
made once and kept; a person's name, messages and anything of a page never stand in them.
"""

from __future__ import annotations

from collections.abc import Hashable

from django.conf import settings
from django.http import HttpRequest
from django.template import engines
from django.utils import translation
from jinja2 import Environment
from markupsafe import Markup

from dingke.core import links, navigation
from dingke.core.scope import Scope

MOST = 512
_kept: dict[Hashable, Markup] = {}


def place(request: HttpRequest) -> str:
    """The address of the menu's entry that this page belongs to: the longest that its own address begins with."""
    if request.path.startswith("/account/"):
        return links.address("accounts:list")
    scope: Scope = request.scope  # type: ignore[attr-defined]
    found = ""
    for entry in navigation.entries_for(scope):
        if entry.in_menu:
            href = links.address(entry.url)
            if len(href) > len(found) and (request.path == href or (href != "/" and request.path.startswith(href))):
                found = href
    return found


def part(template: str, scope: Scope, here: str = "") -> Markup:
    """A part of the shell for callers who may the same, in the language of now."""
    key = (template, translation.get_language(), scope.permissions, here, id(navigation.installed()))
    found = _kept.get(key)
    if found is None or settings.DEBUG:
        environment: Environment = engines["jinja2"].env  # type: ignore[attr-defined]
        found = Markup(environment.get_template(template).render(places=navigation.entries_for(scope), here=here))
        if len(_kept) >= MOST:
            _kept.clear()
        _kept[key] = found
    return found
