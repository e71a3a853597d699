"""Everything that is connected across domains, on one page: events, jobs, the menu."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from dingke.core import bus, jobs, navigation
from dingke.core.events import Event
from dingke.core.navigation import Entry

# event -> what happens, in the same transaction, in this order
EVENTS: dict[type[Event], tuple[Callable[..., None], ...]] = {}

# kind of job -> its handler
JOBS: dict[str, jobs.Handler] = {}

MENU = [
    Entry("workspace:today", _("Today"), "sun", on_phone=True),
]


def install() -> None:
    bus.install(EVENTS)
    jobs.install(JOBS)
    navigation.install(MENU)
