"""Everything that is connected across domains, on one page: events, jobs, the menu."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dingke.accounts import events as account_events
from dingke.accounts import exports as account_exports
from dingke.accounts import imports as account_imports
from dingke.accounts import notices as account_notices
from dingke.accounts import tasks as account_tasks
from dingke.accounts.actions import (
    duplicates,
    handover,
    merge_requests,
    nomination,
    pool,
    pool_requests,
    privacy,
    territories,
    work,
)
from dingke.accounts.queries import approving, merge_relations
from dingke.accounts.queries import nomination as nominations
from dingke.accounts.queries import privacy as held
from dingke.accounts.queries.account import account_for
from dingke.approvals import actions as approval_actions
from dingke.approvals import events as approval_events
from dingke.approvals import notices as approval_notices
from dingke.approvals import queries as approvals
from dingke.config import event_words, importing, job_notices, menu, queue, trail
from dingke.config.life import schedule as backups
from dingke.config.moving import HANDOVER_PARTS, MERGE_MOVERS, PRIVACY_TEXTS
from dingke.config.notice_kinds import NOTICE_KINDS
from dingke.config.scheduler import Duty
from dingke.core import api_scopes, bus, hints, jobs, navigation, outbox, secret_text
from dingke.core import events as core_events
from dingke.core import handover as core_handover
from dingke.core import trail as core_trail
from dingke.core.events import Event
from dingke.core.importing import targets as import_targets
from dingke.core.importing import undo as import_undo
from dingke.core.scope import Scope
from dingke.core.tasks import enqueue_job
from dingke.insights import actions as insights
from dingke.insights import events as insight_events
from dingke.insights.actions import assessment_duties, reactions
from dingke.insights.actions import cases as loss_cases
from dingke.insights.actions import movement as stage_movement
from dingke.insights.actions import telling as warning_notices
from dingke.insights.queries import incentives
from dingke.ledger import events as ledger_events
from dingke.ledger import exports as ledger_exports
from dingke.ledger import imports as ledger_imports
from dingke.ledger import notices as ledger_notices
from dingke.ledger.actions import incentive_requests
from dingke.ledger.models import Incentive
from dingke.ledger.queries import high_profit
from dingke.library import events as library_events
from dingke.notices import tasks as notice_tasks
from dingke.notices.actions import deliver as notice_delivery
from dingke.notices.actions import inbox as notice_inbox
from dingke.notices.actions import tell as notice_telling
from dingke.notices.actions import webhook_sending
from dingke.notices.queries import kinds as notice_kinds
from dingke.notices.queries import webhooks as notice_webhooks
from dingke.people import events as people_events
from dingke.people import imports as people_imports
from dingke.people import queries as people_queries
from dingke.people.actions import directory_sync, limits
from dingke.pipeline import checks as gate_checks
from dingke.pipeline import events as pipeline_events
from dingke.pipeline import exports as pipeline_exports
from dingke.pipeline import imports as pipeline_imports
from dingke.pipeline import notices as pipeline_notices
from dingke.pipeline.actions import prospects, waivers
from dingke.pipeline.checks import own as own_checks
from dingke.pipeline.queries import symptoms
from dingke.pipeline.queries import tabs as deal_tabs
from dingke.pipeline.queries.waivers import waiver_facts
from dingke.qualification.actions import demo as demo_plans
from dingke.qualification.actions import erasure as qualification_erasure
from dingke.qualification.queries import gate_checks as qualification_checks
from dingke.qualification.queries.standing import known_shares
from dingke.stakeholders import events as stakeholder_events
from dingke.stakeholders.actions import privacy as stakeholder_erasure
from dingke.stakeholders.queries import privacy as stakeholder_privacy

# event -> what happens, in the same transaction, in this order
EVENTS: dict[type[Event], tuple[Callable[..., None], ...]] = {
    account_events.AccountCreated: (),
    account_events.AccountEdited: (),
    account_events.AccountArchived: (),
    account_events.AccountRestored: (),
    account_events.OwnerChanged: (account_notices.owner_changed, loss_cases.follow_owner),
    account_events.AccountShared: (account_notices.shared,),
    account_events.RecycleNoticed: (account_notices.recycle_noticed,),
    account_events.StageChanged: (work.add_stage_todos, account_notices.stage_changed),
    account_events.KeyAccountMarked: (account_notices.key_account_marked,),
    account_events.KeyAccountMarkEnded: (account_notices.key_account_ended,),
    account_events.AccountsMerged: (),
    account_events.MergeUndone: (),
    approval_events.ApprovalAsked: (approval_notices.asked,),
    approval_events.ApprovalDecided: (approval_notices.decided_by_one,),
    approval_events.ApprovalGranted: (
        nomination.finish_nomination,
        merge_requests.finish_merge,
        pool_requests.finish_claim,
        pool_requests.finish_keep,
        incentive_requests.finish_incentive,
        waivers.finish_waiver,
        demo_plans.finish_demo_approval,
        approval_notices.granted,
    ),
    approval_events.ApprovalRejected: (
        nomination.refuse_nomination,
        account_notices.nomination_refused,
        waivers.refuse_waiver,
        demo_plans.refuse_demo_approval,
        approval_notices.rejected,
    ),
    approval_events.ApprovalSentBack: (
        nomination.reopen_nomination,
        approval_notices.sent_back,
    ),
    approval_events.ApprovalResubmitted: (nomination.propose_again,),
    approval_events.ApprovalWithdrawn: (
        nomination.close_withdrawn_nomination,
        waivers.refuse_waiver,
        approval_notices.withdrawn,
    ),
    approval_events.ApproverAdded: (),
    approval_events.ApprovalHandedOn: (approval_notices.handed_on,),
    approval_events.ApprovalCopied: (approval_notices.copied,),
    approval_events.ApprovalCommented: (approval_notices.commented,),
    approval_events.ApprovalReminded: (approval_notices.reminded,),
    approval_events.ApprovalEscalated: (approval_notices.escalated,),
    approval_events.DelegationStarted: (approval_notices.delegation_started,),
    approval_events.DelegationEnded: (),
    approval_events.FlowPublished: (),
    ledger_events.OrderRecorded: (),
    ledger_events.PaymentReceived: (),
    ledger_events.ReceivableDisputed: (ledger_notices.disputed,),
    core_events.JobEnded: (job_notices.job_ended,),
    insight_events.AccountAssessed: (assessment_duties.tell_level_change,),
    library_events.EntryPublished: (),
    library_events.EntryUsed: (),
    stakeholder_events.AttitudeChanged: (),
    stakeholder_events.KeyPersonMarked: (),
    pipeline_events.OpportunityCreated: (),
    pipeline_events.OpportunityEdited: (),
    pipeline_events.OpportunityMoved: (),
    pipeline_events.OpportunityGiven: (pipeline_notices.owner_changed,),
    pipeline_events.OpportunityWon: (pipeline_notices.won,),
    pipeline_events.OpportunityLost: (),
    pipeline_events.OpportunityDropped: (),
    pipeline_events.OpportunityReopened: (),
    pipeline_events.PlaybookPublished: (),
    pipeline_events.ProspectAdmitted: (),
    people_events.TerritoryChanged: (territories.place_after_change,),
}

# kind of job -> its handler
JOBS: dict[str, jobs.Handler] = {
    "import": importing.import_and_compare,
    "undo_import": import_undo.undo_import,
    account_exports.KIND: account_exports.export_accounts,
    account_exports.BULK_KIND: account_exports.bulk_accounts,
    ledger_exports.KIND: ledger_exports.export_ledger,
    pipeline_exports.KIND: pipeline_exports.export_deals,
    insights.SCORE_KIND: insights.score_job,
    insights.BACKTEST_KIND: insights.backtest_job,
    insights.TRY_KIND: insights.try_rules_job,
    stage_movement.STAGES_KIND: stage_movement.apply_stages_job,
    duplicates.KIND: account_tasks.find_duplicates,
    territories.KIND: account_tasks.place_territories,
    handover.KIND: account_tasks.hand_over,
    backups.KIND: backups.run,
    directory_sync.KIND: directory_sync.sync_job,
    directory_sync.PREVIEW_KIND: directory_sync.preview_job,
}

# what can be imported, in the order in which files of one run are taken, and how it is taken back
IMPORT_TARGETS = [
    ledger_imports.PRODUCTS,
    people_imports.PEOPLE,
    *account_imports.TARGETS,
    *(target for target in ledger_imports.TARGETS if target is not ledger_imports.PRODUCTS),
    *pipeline_imports.TARGETS,
]
IMPORT_UNDO = [*people_imports.UNDO, *account_imports.UNDO, *ledger_imports.UNDO, *pipeline_imports.UNDO]
# rows that are computed anew at any time keep nothing from being undone
COMPUTED = ["accounts.Standing", "insights.Score", "insights.ValueCard", "insights.Alert"]

# what a notice is about -> which of these the reader may see: asked again whenever a notice is read or sent
NOTICE_SUBJECTS: dict[str, notice_kinds.Sight] = {
    approval_notices.SUBJECT: approval_notices.visible,
    account_notices.ACCOUNT: account_notices.visible_accounts,
    account_notices.TODO: account_notices.visible_todos,
    job_notices.JOB: job_notices.visible_jobs,
    pipeline_notices.DEAL: pipeline_notices.visible_deals,
    job_notices.IMPORT: job_notices.visible_imports,
    webhook_sending.SUBJECT: notice_webhooks.visible_webhooks,
}

# work by the clock
DUTIES = [
    Duty("backup", timedelta(minutes=5), backups.start_when_due),
    Duty("directory", timedelta(minutes=5), directory_sync.start_when_due),
    Duty("lost jobs", timedelta(seconds=15), lambda now: jobs.recover_lost(now=now)),
    Duty("stranded jobs", timedelta(minutes=1), queue.queue_stranded),
    Duty("outbox", timedelta(seconds=5), lambda now: outbox.hand_over(now=now)),
    Duty("webhooks to send", timedelta(seconds=5), lambda now: webhook_sending.queue_due(now=now)),
    Duty("outbox set aside", timedelta(days=1), lambda _now: outbox.try_again()),
    Duty("old events", timedelta(days=1), lambda now: outbox.remove_old(now=now)),
    Duty("secrets", timedelta(days=1), lambda _now: secret_text.seal_anew()),
    Duty("request counts", timedelta(hours=1), lambda now: limits.forget_old_counts(now=now)),
    Duty("approvals", timedelta(minutes=15), lambda now: approval_actions.watch(now=now)),
    Duty("pool rules", timedelta(days=1), lambda now: pool.run_pool_rules(now=now)),
    Duty("long-term cooperation", timedelta(days=1), lambda now: prospects.renew_duties(now=now, today=timezone.localdate(now))),
    Duty("due to-dos", timedelta(hours=1), lambda now: account_notices.remind_due_todos(now=now)),
    Duty("due assessments", timedelta(days=1), lambda now: assessment_duties.remind_due_assessments(now=now)),
    Duty("overdue receivables", timedelta(hours=6), lambda now: ledger_notices.tell_overdue(now=now)),
    Duty("notices to send", timedelta(seconds=30), lambda now: notice_delivery.queue_due(now=now)),
    Duty("digests", timedelta(minutes=10), lambda now: notice_delivery.digests_wait(now=now) and notice_tasks.send_digests.enqueue()),
    Duty("old notices", timedelta(days=1), lambda now: notice_inbox.delete_old(now=now)),
    Duty("erasure proposals", timedelta(days=1), lambda now: privacy.propose_erasures(now=now)),
    Duty("snoozed warnings", timedelta(hours=1), lambda now: reactions.wake_snoozed(now=now)),
    Duty("unanswered warnings", timedelta(hours=1), lambda now: warning_notices.escalate_unanswered(now=now)),
    Duty("warnings of the week", timedelta(hours=6), lambda now: warning_notices.weekly_digest(now=now)),
    Duty("old exports", timedelta(days=1), lambda now: account_exports.remove_old(now=now)),
    Duty("territories", timedelta(days=1), lambda now: territories.place_in_territories(by=Scope.system(), now=now)),
]

# kind of request for approval -> how a page calls it
APPROVAL_KINDS = {
    demo_plans.KIND: approvals.Kind(_("Plan of a demonstration"), _("Asked before the date stands, where the plan says so")),
    nomination.KIND: approvals.Kind(
        _("Key account nomination"), _("An account becomes a key account when it is agreed to"), facts=approving.nomination_facts
    ),
    merge_requests.KIND: approvals.Kind(
        _("Merge of two accounts"),
        _("Asked when whoever merges does not lead both owners"),
        types={
            merge_requests.OTHER_OWNER: _("an account of another owner"),
            merge_requests.LEADS_BOTH: _("two accounts of people the asker leads"),
        },
        facts=approving.merge_facts,
    ),
    pool_requests.CLAIM: approvals.Kind(
        _("Claim beyond the limits"),
        _("Above the daily quota, the holding limit, or before the waiting time"),
        facts=approving.claim_facts_shown,
    ),
    pool_requests.KEEP: approvals.Kind(
        _("Account kept from the pool"), _("It stays with its owner although the rules would take it back"), facts=approving.keep_facts
    ),
    waivers.KIND: approvals.Kind(
        _("Waiver of a gate condition"),
        _("A deal is to go on although a condition of its playbook is not met"),
        has_amount=True,
        facts=waiver_facts,
    ),
    incentive_requests.KIND: approvals.Kind(
        _("Incentive below the line"),
        _("The last incentive returned less than the guard allows"),
        types=dict(Incentive.Kind.choices),
        has_amount=True,
        facts=incentives.incentive_facts,
    ),
}

# figures that a lower domain shows and a higher one knows
HINTS: dict[str, hints.Answerer] = {nominations.QUANTITY_HINT: high_profit.purchase_quantity_hint}

# tabs of the page of a deal, in this order
DEAL_TABS = [
    deal_tabs.Tab("sheet", _("7+3 sheet"), "qualification:sheet"),
    deal_tabs.Tab("spin", _("Questions"), "qualification:spin"),
    deal_tabs.Tab("needs", _("Need list"), "qualification:needs"),
    deal_tabs.Tab("objections", _("Objections"), "qualification:objections"),
    deal_tabs.Tab("demo", _("Demos"), "qualification:demo"),
    deal_tabs.Tab("value", _("Value"), "qualification:value"),
]

# first part of an address of the API -> how people call it; tokens are limited to these
API_RESOURCES = {
    "accounts": _("Accounts and contacts"),
    "ledger": _("Orders, receivables and payments"),
    "opportunities": _("Opportunities"),
    "insights": _("Value and warnings"),
    "notices": _("Notices"),
}


def install() -> None:
    bus.install(EVENTS)
    notice_kinds.install(NOTICE_KINDS, NOTICE_SUBJECTS)
    notice_telling.install(enqueue=notice_tasks.deliver.enqueue)
    outbox.install([webhook_sending.take_events])
    webhook_sending.install(enqueue=notice_tasks.send_webhook.enqueue)
    notice_webhooks.install(event_words.catalogue(EVENTS))
    api_scopes.install(API_RESOURCES)
    import_targets.install(IMPORT_TARGETS, IMPORT_UNDO, people_queries.scope_by_id, COMPUTED)
    jobs.install(JOBS, enqueue=enqueue_job)
    navigation.install(menu.MENU)
    merge_relations.install(MERGE_MOVERS)
    core_handover.install(HANDOVER_PARTS)
    core_trail.install(kinds=trail.KINDS, actions=trail.ACTIONS, fields=trail.FIELDS, restorers=trail.RESTORERS)
    approvals.install_kinds(APPROVAL_KINDS, account_check=account_for)
    incentive_requests.install_judge(incentives.judge_incentive)
    hints.install(HINTS)
    privacy.install_texts(PRIVACY_TEXTS)
    privacy.install_erasers([stakeholder_erasure.erase_person, qualification_erasure.erase_from_kept])
    held.install_parts([stakeholder_privacy.parts_of])
    gate_checks.install([*own_checks.CHECKS, *qualification_checks.CHECKS])
    deal_tabs.install(DEAL_TABS)
    symptoms.install(known_shares)
