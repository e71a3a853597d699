"""The library: tabs by kind, filters, search, quick view."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import get_language

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.library.calc.markdown import beginning
from dingke.library.calc.topics import TOPICS, label_of
from dingke.library.models import Entry
from dingke.library.queries import list as listing

KEPT = ("kind", "q", "topic", "industry", "family", "spin", "form", "show", "sort")
ICONS = {
    "OBJECTION": "message-2-exclamation", "SCRIPT": "messages", "QUESTION": "help-circle", "FAB": "cards", "CASE": "books",
    "DEMO": "presentation", "CARD": "id", "ARTICLE": "article", "MAXIM": "quote", "FIGURE": "hash",
}  # fmt: skip


@door("GET", permission="library.see")
def entries(request: DoorRequest) -> HttpResponse:
    wanted = listing.entry_filter(request.GET)
    today = timezone.localdate()
    cursor = request.GET.get("cursor")
    found = listing.listed(request.scope, wanted, today=today, cursor=cursor)
    language = get_language() or "zh"
    context: dict[str, Any] = {
        "found": found,
        "wanted": wanted,
        "query": {name: request.GET[name] for name in KEPT if request.GET.get(name)},
        "read": listing.read_numbers(request.scope, found.rows),
        "icons": ICONS,
        "beginning": beginning,
        "topic_label": lambda kind, topic: label_of(kind, topic, language),
        "topics": {kind: {code: label.text(language) for code, label in rows.items()} for kind, rows in TOPICS.items()},
        "spins": Entry.Spin.choices,
        "forms": Entry.Form.choices,
        "kinds": Entry.Kind.choices,
        "can_edit": request.scope.can("library.edit"),
        "can_publish": request.scope.can("library.publish"),
    }
    if cursor:
        return pages.fragment(request, "library/_rows.html", context)
    return pages.page(request, "library/list.html", context, partial="library/_list.html")
