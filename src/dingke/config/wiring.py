"""Everything that is connected across domains, on one page: events, jobs, the menu."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from dingke.accounts import events as account_events
from dingke.accounts import exports as account_exports
from dingke.accounts import imports as account_imports
from dingke.accounts import tasks as account_tasks
from dingke.accounts.actions import duplicates, nomination, pool, territories, work
from dingke.accounts.queries import merge_relations
from dingke.accounts.queries import nomination as nominations
from dingke.accounts.queries.merge_relations import How, Mover
from dingke.approvals import events as approval_events
from dingke.approvals import queries as approvals
from dingke.config import importing
from dingke.config.scheduler import Duty
from dingke.core import bus, hints, jobs, navigation
from dingke.core.events import Event
from dingke.core.importing import targets as import_targets
from dingke.core.importing import undo as import_undo
from dingke.core.navigation import Entry
from dingke.core.scope import Scope
from dingke.core.tasks import run_job
from dingke.insights import actions as insights
from dingke.ledger import events as ledger_events
from dingke.ledger import exports as ledger_exports
from dingke.ledger import imports as ledger_imports
from dingke.ledger.queries import high_profit
from dingke.people import events as people_events
from dingke.people import imports as people_imports
from dingke.people import queries as people_queries

# event -> what happens, in the same transaction, in this order
EVENTS: dict[type[Event], tuple[Callable[..., None], ...]] = {
    account_events.AccountCreated: (),
    account_events.AccountEdited: (),
    account_events.AccountArchived: (),
    account_events.AccountRestored: (),
    account_events.OwnerChanged: (),
    account_events.StageChanged: (work.add_stage_todos,),
    account_events.KeyAccountMarked: (),
    account_events.KeyAccountMarkEnded: (),
    account_events.AccountsMerged: (),
    account_events.MergeUndone: (),
    approval_events.ApprovalGranted: (nomination.finish_nomination,),
    approval_events.ApprovalRejected: (nomination.refuse_nomination,),
    approval_events.ApprovalWithdrawn: (nomination.close_withdrawn_nomination,),
    ledger_events.OrderRecorded: (),
    ledger_events.PaymentReceived: (),
    ledger_events.ReceivableDisputed: (),
    people_events.TerritoryChanged: (territories.place_after_change,),
}

# kind of job -> its handler
JOBS: dict[str, jobs.Handler] = {
    "import": importing.import_and_compare,
    "undo_import": import_undo.undo_import,
    account_exports.KIND: account_exports.export_accounts,
    account_exports.BULK_KIND: account_exports.bulk_accounts,
    ledger_exports.KIND: ledger_exports.export_ledger,
    insights.SCORE_KIND: insights.score_job,
    duplicates.KIND: account_tasks.find_duplicates,
    territories.KIND: account_tasks.place_territories,
}

# how rows of higher domains behave when two accounts are merged (those of the accounts domain stand in merge_relations)
MERGE_MOVERS: dict[str, Mover] = {
    "ledger.Order.account": Mover(label=_("Orders"), numbered="number"),
    "ledger.Receivable.account": Mover(label=_("Receivables"), numbered="number"),
    "ledger.Payment.account": Mover(label=_("Payments")),
    "ledger.Incentive.account": Mover(label=_("Incentives")),
    "ledger.PaymentFinding.account": Mover(label=_("How it pays others")),
    "insights.ValueCard.account": Mover(label=_("Value card"), how=How.FILL),
    "insights.GuardDecision.account": Mover(label=_("Decisions on guards")),
    "insights.Score.account": Mover(label=_("Scores of earlier runs"), how=How.STAY),  # what a run said stays with whom it said it of
}

# what can be imported, in the order in which files of one run are taken, and how it is taken back
IMPORT_TARGETS = [
    ledger_imports.PRODUCTS,
    people_imports.PEOPLE,
    *account_imports.TARGETS,
    *(target for target in ledger_imports.TARGETS if target is not ledger_imports.PRODUCTS),
]
IMPORT_UNDO = [*people_imports.UNDO, *account_imports.UNDO, *ledger_imports.UNDO]
# rows that are computed anew at any time keep nothing from being undone
COMPUTED = ["accounts.Standing", "insights.Score", "insights.ValueCard"]

# work by the clock
DUTIES = [
    Duty("lost jobs", timedelta(seconds=15), lambda now: jobs.recover_lost(now=now)),
    Duty("pool rules", timedelta(days=1), lambda now: pool.run_pool_rules(now=now)),
    Duty("territories", timedelta(days=1), lambda now: territories.place_in_territories(by=Scope.system(), now=now)),
]

# kind of request for approval -> how a page calls it
APPROVAL_KINDS = {nomination.KIND: _("Key account nomination")}

# figures that a lower domain shows and a higher one knows
HINTS: dict[str, hints.Answerer] = {nominations.QUANTITY_HINT: high_profit.purchase_quantity_hint}

MENU = [
    Entry("workspace:today", _("Today"), "sun", on_phone=True),
    Entry("accounts:list", _("Accounts"), "building", on_phone=True),
    Entry("accounts:pool", _("Public pool"), "droplets", permission="accounts.pool"),
    Entry("ledger:orders", _("Orders"), "receipt", permission="ledger.see"),
    Entry("ledger:receivables", _("Receivables"), "cash", permission="ledger.see"),
    Entry("approvals:list", _("Approvals"), "checklist", on_phone=True),
    Entry("approvals:list", _("Waiting for your decision"), "bell", section="bell", in_menu=False),
    Entry("approvals:count", _("Waiting for your decision"), "bell", section="bell-count", in_menu=False),
    Entry("insights:portfolio", _("Insights"), "chart-dots", permission="insights.see", section="manage", on_phone=True),
    Entry("ledger:products", _("Products"), "package", permission="ledger.see", section="manage"),
    Entry("accounts:duplicates", _("Duplicates"), "copy-check", permission="accounts.merge", section="manage"),
    Entry("imports:list", _("Imports"), "table-import", permission="imports.run", section="manage"),
    Entry("accounts:dossier_report", _("Dossier report"), "report-search", section="palette", in_menu=False),
    Entry(
        "accounts:pool_rules",
        _("Pool rules"),
        "droplet-cog",
        permission="settings.edit",
        section="settings",
        in_menu=False,
        hint=_("Quotas, holding limits, and when an account goes back to the pool"),
    ),
    Entry("insights:retention", _("Retention economics"), "scale", permission="insights.see", section="palette", in_menu=False),
    Entry("accounts:key_account_help", _("What makes a key account"), "help-hexagon", section="palette", in_menu=False),
    Entry(
        "insights:rules",
        _("Scoring rules"),
        "adjustments",
        permission="settings.edit",
        section="settings",
        in_menu=False,
        hint=_("Cut-offs, faces, guards and how candidates are found"),
    ),
    Entry("workspace:search", _("Search"), "search", section="search", in_menu=False),
    Entry("people:list", _("Team"), "users-group", permission="people.edit", section="manage"),
    Entry("core:settings", _("Settings"), "settings", permission="settings.edit", section="manage"),
    Entry(
        "core:lists",
        _("Lists"),
        "list-details",
        permission="settings.edit",
        section="settings",
        in_menu=False,
        hint=_("Industries, regions, sources: what people choose from"),
    ),
    Entry(
        "core:fields",
        _("Custom fields"),
        "forms",
        permission="settings.edit",
        section="settings",
        in_menu=False,
        hint=_("Fields of your own on accounts and contacts"),
    ),
    Entry(
        "accounts:tags",
        _("Tags"),
        "tags",
        permission="settings.edit",
        section="settings",
        in_menu=False,
        hint=_("Short words on accounts, to filter by"),
    ),
]


def install() -> None:
    bus.install(EVENTS)
    import_targets.install(IMPORT_TARGETS, IMPORT_UNDO, people_queries.scope_by_id, COMPUTED)
    jobs.install(JOBS, enqueue=run_job.enqueue)
    navigation.install(MENU)
    merge_relations.install(MERGE_MOVERS)
    approvals.install_kinds(APPROVAL_KINDS)
    hints.install(HINTS)
