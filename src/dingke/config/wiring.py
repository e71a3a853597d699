"""Everything that is connected across domains, on one page: events, jobs, the menu."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from dingke.accounts import events as account_events
from dingke.accounts import exports as account_exports
from dingke.accounts import imports as account_imports
from dingke.accounts import notices as account_notices
from dingke.accounts import tasks as account_tasks
from dingke.accounts.actions import (
    duplicates,
    handover,
    handover_parts,
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
from dingke.accounts.queries.account import account_for
from dingke.accounts.queries.merge_relations import How, Mover
from dingke.approvals import actions as approval_actions
from dingke.approvals import events as approval_events
from dingke.approvals import notices as approval_notices
from dingke.approvals import queries as approvals
from dingke.approvals.actions import handover as approval_handover
from dingke.config import importing, job_notices, menu, queue, trail
from dingke.config.life import schedule as backups
from dingke.config.notice_kinds import NOTICE_KINDS
from dingke.config.scheduler import Duty
from dingke.core import api_scopes, bus, hints, jobs, navigation
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
from dingke.insights.actions import assessment_duties, assessment_handover, reactions
from dingke.insights.actions import cases as loss_cases
from dingke.insights.actions import handover_parts as insight_handover
from dingke.insights.actions import movement as stage_movement
from dingke.insights.actions import telling as warning_notices
from dingke.insights.models import (
    AccountReview,
    AccountReviewCheck,
    Alert,
    Assessment,
    AssessmentPart,
    AssessmentStep,
    CaseStep,
    LossCase,
    RelationshipMark,
    Risk,
)
from dingke.insights.queries import incentives
from dingke.ledger import events as ledger_events
from dingke.ledger import exports as ledger_exports
from dingke.ledger import imports as ledger_imports
from dingke.ledger import notices as ledger_notices
from dingke.ledger.actions import incentive_requests
from dingke.ledger.models import Incentive
from dingke.ledger.queries import high_profit
from dingke.notices import tasks as notice_tasks
from dingke.notices.actions import deliver as notice_delivery
from dingke.notices.actions import inbox as notice_inbox
from dingke.notices.actions import tell as notice_telling
from dingke.notices.queries import kinds as notice_kinds
from dingke.people import events as people_events
from dingke.people import imports as people_imports
from dingke.people import queries as people_queries
from dingke.people.actions import directory_sync, limits
from dingke.people.actions import handover as people_handover

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
        approval_notices.granted,
    ),
    approval_events.ApprovalRejected: (nomination.refuse_nomination, account_notices.nomination_refused, approval_notices.rejected),
    approval_events.ApprovalSentBack: (
        nomination.reopen_nomination,
        approval_notices.sent_back,
    ),
    approval_events.ApprovalResubmitted: (nomination.propose_again,),
    approval_events.ApprovalWithdrawn: (nomination.close_withdrawn_nomination, approval_notices.withdrawn),
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
    insights.BACKTEST_KIND: insights.backtest_job,
    stage_movement.STAGES_KIND: stage_movement.apply_stages_job,
    duplicates.KIND: account_tasks.find_duplicates,
    territories.KIND: account_tasks.place_territories,
    handover.KIND: account_tasks.hand_over,
    backups.KIND: backups.run,
    directory_sync.KIND: directory_sync.sync_job,
    directory_sync.PREVIEW_KIND: directory_sync.preview_job,
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
    "insights.BacktestCase.account": Mover(label=_("Cases of a backtest"), how=How.STAY),
    "insights.Alert.account": Mover(label=_("Warnings"), once_by="signal"),  # of a signal that both have, each account keeps its own
    "insights.LossCase.account": Mover(label=_("Cases of risk of loss")),
    "insights.Risk.account": Mover(label=_("Risks")),
    "insights.Assessment.account": Mover(label=_("Value assessments")),
    "insights.RelationshipMark.account": Mover(label=_("Marks on the relation")),
    "insights.AccountReview.account": Mover(label=_("Reviews of the account")),
    "insights.Score.account": Mover(label=_("Scores of earlier runs"), how=How.STAY),  # what a run said stays with whom it said it of
}

# what hangs on a person and goes to somebody else with a hand-over, in this order
HANDOVER_PARTS = [
    *handover_parts.PARTS,
    *insight_handover.PARTS,
    *approval_handover.PARTS,
    *people_handover.PARTS,
    *assessment_handover.PARTS,
]
# keys to a person that a hand-over leaves: they say who did or said something, or are the person's own
HANDOVER_STAYS: dict[str, str] = {
    "accounts.Favourite.user": "the person's own mark",
    "accounts.RecentView.user": "the person's own list",
    "accounts.Note.author": "who wrote it",
    "accounts.DossierEntry.entered_by": "who wrote it",
    "accounts.Question.asked_by": "who asked",
    "accounts.FaceMark.confirmed_by": "who confirmed",
    "accounts.OwnershipChange.before": "history",
    "accounts.OwnershipChange.after": "history",
    "accounts.Handover.leaver": "history",
    "accounts.HandoverRow.receiver": "history",
    "approvals.Voice.spoken_by": "who spoke",
    "approvals.Copy.user": "what the person was told",
    "approvals.Comment.author": "who wrote it",
    "approvals.Reminder.user": "who was reminded",
    "approvals.Reminder.by": "who reminded",
    "approvals.Delegation.giver": "ends by its date",
    "approvals.Delegation.taker": "ends by its date",
    "notices.Bot.owner": "the person's own way to be told",
    "notices.Notice.recipient": "what the person was told",
    "notices.Preference.user": "the person's own choice",
    "notices.Rhythm.user": "the person's own choice",
    "people.ApiToken.user": "revoked when the sign-in is closed",
    "people.Invitation.invited_by": "who invited",
    "people.Invitation.person": "history",
    "insights.Alert.owner": "follows the owner of its account",
    "insights.FeedMark.user": "the person's own mark",
    "insights.GuardDecision.owner": "a decision as it was logged",
    "insights.PortfolioReview.reviewer": "who held it",
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
COMPUTED = ["accounts.Standing", "insights.Score", "insights.ValueCard", "insights.Alert"]

# what a notice is about -> which of these the reader may see: asked again whenever a notice is read or sent
NOTICE_SUBJECTS: dict[str, notice_kinds.Sight] = {
    approval_notices.SUBJECT: approval_notices.visible,
    account_notices.ACCOUNT: account_notices.visible_accounts,
    account_notices.TODO: account_notices.visible_todos,
    job_notices.JOB: job_notices.visible_jobs,
    job_notices.IMPORT: job_notices.visible_imports,
}

# work by the clock
DUTIES = [
    Duty("backup", timedelta(minutes=5), backups.start_when_due),
    Duty("directory", timedelta(minutes=5), directory_sync.start_when_due),
    Duty("lost jobs", timedelta(seconds=15), lambda now: jobs.recover_lost(now=now)),
    Duty("stranded jobs", timedelta(minutes=1), queue.queue_stranded),
    Duty("request counts", timedelta(hours=1), lambda now: limits.forget_old_counts(now=now)),
    Duty("approvals", timedelta(minutes=15), lambda now: approval_actions.watch(now=now)),
    Duty("pool rules", timedelta(days=1), lambda now: pool.run_pool_rules(now=now)),
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
    incentive_requests.KIND: approvals.Kind(
        _("Incentive below the line"),
        _("The last incentive returned less than the guard allows"),
        types=dict(Incentive.Kind.choices),
        has_amount=True,
        facts=incentives.incentive_facts,
    ),
}

# free text about accounts in higher domains, in which an erasure replaces the name of the person
PRIVACY_TEXTS = [
    (Assessment, ("long_term", "customer_talk", "adjustments"), "account"),
    (AssessmentPart, ("note", "evidence"), "assessment__account"),
    (AssessmentStep, ("note",), "assessment__account"),
    (RelationshipMark, ("evidence",), "account"),
    (AccountReview, ("conclusion",), "account"),
    (AccountReviewCheck, ("evidence",), "review__account"),
    (Alert, ("snooze_reason", "close_reason"), "account"),
    (LossCase, ("note", "lesson"), "account"),
    (CaseStep, ("note",), "case__account"),
    (Risk, ("sign", "response", "close_note"), "account"),
]

# figures that a lower domain shows and a higher one knows
HINTS: dict[str, hints.Answerer] = {nominations.QUANTITY_HINT: high_profit.purchase_quantity_hint}

# first part of an address of the API -> how people call it; tokens are limited to these
API_RESOURCES = {
    "accounts": _("Accounts and contacts"),
    "ledger": _("Orders, receivables and payments"),
    "insights": _("Value and warnings"),
    "notices": _("Notices"),
}


def install() -> None:
    bus.install(EVENTS)
    notice_kinds.install(NOTICE_KINDS, NOTICE_SUBJECTS)
    notice_telling.install(enqueue=notice_tasks.deliver.enqueue)
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
