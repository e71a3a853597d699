"""What happens to the rows of every domain when two accounts become one, when somebody leaves, and when a person is erased."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from dingke.accounts.actions import (
    handover_parts,
)
from dingke.accounts.queries.merge_relations import How, Mover
from dingke.approvals.actions import handover as approval_handover
from dingke.insights.actions import assessment_handover
from dingke.insights.actions import handover_parts as insight_handover
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
from dingke.library.models import Entry, EntryUse
from dingke.people.actions import handover as people_handover
from dingke.pipeline.actions import handover_parts as pipeline_handover
from dingke.pipeline.actions import prospect_handover
from dingke.pipeline.models import GateWaiver, Opportunity, OpportunityCompetitor, StageSpell, StepRun
from dingke.qualification.actions import handover_demo as demo_handover
from dingke.qualification.actions import handover_parts as qualification_handover
from dingke.qualification.models import (
    Amplification,
    ConfirmedNeed,
    DemoBlock,
    DemoFollowUp,
    DemoListener,
    DemoPlan,
    DemoRehearsal,
    Discovery,
    Evidence,
    NeedBenefit,
    NextAction,
    Objection,
    ObjectionStep,
    RedFlag,
    ReviewItem,
    ReviewScore,
    SheetDecision,
    SheetElement,
    SpinQuestion,
    ThreeNeed,
    ValueCase,
    ValueLine,
    ValueVersion,
)
from dingke.stakeholders.models import BuyingCentre, ChainStep, Line, NeedEntry, Stakeholder, Stance

# how rows of higher domains behave when two accounts are merged (those of the accounts domain stand in merge_relations)
MERGE_MOVERS: dict[str, Mover] = {
    "ledger.Order.account": Mover(label=_("Orders"), numbered="number"),
    "ledger.Receivable.account": Mover(label=_("Receivables"), numbered="number"),
    "ledger.Payment.account": Mover(label=_("Payments")),
    "ledger.Incentive.account": Mover(label=_("Incentives")),
    "ledger.PaymentFinding.account": Mover(label=_("How it pays others")),
    "library.Entry.account": Mover(label=_("Cases in the library")),
    "library.EntryUse.account": Mover(label=_("Uses of the library")),
    "stakeholders.BuyingCentre.account": Mover(label=_("Buying centres"), single="is_standing"),  # the other one stays a map of its own
    "stakeholders.NeedEntry.account": Mover(label=_("Needs and preferences")),
    "pipeline.Opportunity.account": Mover(label=_("Opportunities")),
    "pipeline.Prospect.account": Mover(label=_("Prospects")),
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
    *pipeline_handover.PARTS,
    *prospect_handover.PARTS,
    *qualification_handover.PARTS,
    *demo_handover.PARTS,
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
    "notices.Webhook.made_by": "who made it",
    "library.Entry.owner": "who wrote it; leaders publish and change it",
    "library.EntryVersion.by": "who wrote it",
    "library.EntryUse.used_by": "who used it",
    "library.EntryMark.user": "the person's own mark",
    "stakeholders.Stance.by": "who noted it",
    "stakeholders.NeedEntry.by": "who noted it",
    "pipeline.StageSpell.by": "history",
    "pipeline.ProspectProfile.owner": "who wrote it; leaders change it",
    "pipeline.StepRun.done_by": "who did it",
    "pipeline.GateWaiver.asked_by": "who asked",
    "qualification.DealReview.chair": "who held it; whoever leads the chair runs it on",
    "qualification.ReviewListener.user": "who was invited",
    "qualification.ReviewItem.presenter": "who presented",
    "qualification.ReviewScore.listener": "who scored",
    "qualification.DemoRehearsal.by": "who rehearsed",
    "qualification.DemoFollowUp.owner": "who promised it; its to-do goes where the to-do goes",
    "qualification.ValueVersion.by": "who kept it",
    "qualification.Evidence.by": "who noted it",
    "qualification.RedFlag.raised_by": "who raised it",
    "qualification.RedFlag.decided_by": "who decided",
    "qualification.SheetDecision.by": "who decided",
    "qualification.Objection.opened_by": "who wrote it down",
    "qualification.Objection.settled_by": "who closed it",
    "qualification.ObjectionStep.by": "who did it",
    "people.ApiToken.user": "revoked when the sign-in is closed",
    "people.Invitation.invited_by": "who invited",
    "people.Invitation.person": "history",
    "insights.Alert.owner": "follows the owner of its account",
    "insights.FeedMark.user": "the person's own mark",
    "insights.GuardDecision.owner": "a decision as it was logged",
    "insights.PortfolioReview.reviewer": "who held it",
}

# free text about accounts in higher domains, in which an erasure replaces the name of the person
PRIVACY_TEXTS = [
    (BuyingCentre, ("title", "process_note"), "account"),
    (Stakeholder, ("outside_name", "approach", "style_note"), "centre__account"),
    (Stance, ("evidence",), "stakeholder__centre__account"),
    (Line, ("note",), "centre__account"),
    (ChainStep, ("label", "note"), "centre__account"),
    (NeedEntry, ("text",), "account"),
    (Entry, ("body_zh", "body_en", "consent_by", "consent_proof"), "account"),
    (EntryUse, ("subject_label", "outcome_note"), "account"),
    (Opportunity, ("purchase_plan", "problem", "deciders", "timetable", "purchase_process", "next_step", "end_note"), "account"),
    (OpportunityCompetitor, ("strength", "weakness", "counter", "recognition"), "opportunity__account"),
    (StepRun, ("proof",), "opportunity__account"),
    (StageSpell, ("reason",), "opportunity__account"),
    (GateWaiver, ("reason",), "opportunity__account"),
    (SheetElement, ("text", "next_question"), "opportunity__account"),
    (ReviewItem, ("note",), "opportunity__account"),
    (ReviewScore, ("remark",), "item__opportunity__account"),
    (
        DemoPlan,
        (
            "title",
            "place",
            "message",
            "key_need",
            "why_able",
            "why_better",
            "aim_what",
            "aim_issues",
            "timing_override",
            "supporters",
            "opening",
            "closing",
            "reaction",
            "needs_learnt",
            "next_step",
        ),
        "opportunity__account",
    ),
    (DemoListener, ("name", "profile", "reaction"), "plan__opportunity__account"),
    (DemoBlock, ("title", "content", "drop_reason"), "plan__opportunity__account"),
    (DemoRehearsal, ("questions", "rivals", "note"), "plan__opportunity__account"),
    (DemoFollowUp, ("text",), "plan__opportunity__account"),
    (ValueCase, ("introduction",), "opportunity__account"),
    (ValueLine, ("note",), "case__opportunity__account"),
    (ValueVersion, ("note",), "case__opportunity__account"),
    (Evidence, ("reference",), "element__opportunity__account"),
    (RedFlag, ("text", "reason"), "opportunity__account"),
    (SheetDecision, ("reason",), "opportunity__account"),
    (Discovery, ("company", "staffing", "division", "scope", "standing", "statement"), "opportunity__account"),
    (SpinQuestion, ("text", "answer"), "opportunity__account"),
    (Amplification, ("answer", "note"), "opportunity__account"),
    (ThreeNeed, ("text", "gap"), "opportunity__account"),
    (NextAction, ("text", "resource"), "opportunity__account"),
    (ConfirmedNeed, ("description", "confirmed_name"), "opportunity__account"),
    (NeedBenefit, ("benefit", "proof"), "need__opportunity__account"),
    (Objection, ("words", "topic", "answer", "result_note"), "opportunity__account"),
    (ObjectionStep, ("note",), "objection__opportunity__account"),
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
