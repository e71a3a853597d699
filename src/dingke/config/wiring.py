"""Everything that is connected across domains, on one page: events, jobs, the menu."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from dingke.accounts import events as account_events
from dingke.approvals import events as approval_events
from dingke.config.scheduler import Duty
from dingke.core import bus, jobs, navigation
from dingke.core.events import Event
from dingke.core.navigation import Entry
from dingke.core.tasks import run_job

# event -> what happens, in the same transaction, in this order
EVENTS: dict[type[Event], tuple[Callable[..., None], ...]] = {
    account_events.AccountCreated: (),
    account_events.AccountEdited: (),
    account_events.AccountArchived: (),
    account_events.AccountRestored: (),
    account_events.OwnerChanged: (),
    account_events.StageChanged: (),
    account_events.KeyAccountMarked: (),
    account_events.KeyAccountMarkEnded: (),
    account_events.AccountsMerged: (),
    approval_events.ApprovalGranted: (),
    approval_events.ApprovalRejected: (),
    approval_events.ApprovalWithdrawn: (),
}

# kind of job -> its handler
JOBS: dict[str, jobs.Handler] = {}

# work by the clock
DUTIES = [
    Duty("lost jobs", timedelta(seconds=15), lambda now: jobs.recover_lost(now=now)),
]

MENU = [
    Entry("workspace:today", _("Today"), "sun", on_phone=True),
]


def install() -> None:
    bus.install(EVENTS)
    jobs.install(JOBS, enqueue=run_job.enqueue)
    navigation.install(MENU)
