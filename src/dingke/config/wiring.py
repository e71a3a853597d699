"""Everything that is connected across domains, on one page: events, jobs, the menu."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from dingke.accounts import events as account_events
from dingke.accounts.actions import nomination
from dingke.accounts import exports as account_exports
from dingke.approvals import events as approval_events
from dingke.approvals import queries as approvals
from dingke.config.scheduler import Duty
from dingke.core import bus, hints, jobs, navigation
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
    approval_events.ApprovalGranted: (nomination.finish_nomination,),
    approval_events.ApprovalRejected: (nomination.refuse_nomination,),
    approval_events.ApprovalWithdrawn: (nomination.close_withdrawn_nomination,),
}

# kind of job -> its handler
JOBS: dict[str, jobs.Handler] = {
    account_exports.KIND: account_exports.export_accounts,
    account_exports.BULK_KIND: account_exports.bulk_accounts,
}

# work by the clock
DUTIES = [
    Duty("lost jobs", timedelta(seconds=15), lambda now: jobs.recover_lost(now=now)),
]

# kind of request for approval -> how a page calls it
APPROVAL_KINDS = {nomination.KIND: _("Key account nomination")}

# figures that a lower domain shows and a higher one knows
HINTS: dict[str, hints.Answerer] = {}

MENU = [
    Entry("workspace:today", _("Today"), "sun", on_phone=True),
    Entry("accounts:list", _("Accounts"), "building", on_phone=True),
    Entry("workspace:search", _("Search"), "search", section="search", in_menu=False),
    Entry("core:settings", _("Settings"), "settings", permission="settings.edit", section="manage"),
    Entry("core:lists", _("Lists"), "list-details", permission="settings.edit", section="settings", in_menu=False, hint=_("Industries, regions, sources: what people choose from")),
    Entry("core:fields", _("Custom fields"), "forms", permission="settings.edit", section="settings", in_menu=False, hint=_("Fields of your own on accounts and contacts")),
    Entry("accounts:tags", _("Tags"), "tags", permission="settings.edit", section="settings", in_menu=False, hint=_("Short words on accounts, to filter by")),
]


def install() -> None:
    bus.install(EVENTS)
    jobs.install(JOBS, enqueue=run_job.enqueue)
    navigation.install(MENU)
    approvals.install_kinds(APPROVAL_KINDS)
    hints.install(HINTS)
