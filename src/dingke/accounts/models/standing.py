"""Where an account stands: the key-account mark by nomination, the confirmed face, and the scores that `insights` wrote down."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models.account import Account
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import Record


class Nomination(Record):
    """A proposal to make an account a key account, with the answers of A-02, A-03, A-04, the benefits of A-07, and its decision."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("Draft")
        PROPOSED = "PROPOSED", _("Waiting for approval")
        APPROVED = "APPROVED", _("Approved")
        REJECTED = "REJECTED", _("Rejected")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")
        ENDED = "ENDED", _("Mark ended")

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="nominations")
    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    reason = models.TextField(_("Reason"))
    features = models.JSONField(default=dict)  # key -> {"answer": YES|NO|UNKNOWN, "evidence": text}
    tests = models.JSONField(default=dict)  # key -> {"answer": …, "justification": text}
    criteria = models.JSONField(default=dict)  # key -> {"rating": 1-5, "note": text}
    benefits = models.JSONField(default=dict)  # key -> measure
    found_by = models.JSONField(default=list)  # A-05 method codes
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="nominations_proposed")
    proposed_at = models.DateTimeField()
    decided_by_name = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True)
    decision_note = models.TextField(blank=True)
    ended_at = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=300, blank=True)
    approval = models.ForeignKey("approvals.Approval", null=True, on_delete=models.SET_NULL, related_name="+")

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-proposed_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["account"], condition=models.Q(state="PROPOSED"), name="nomination_one_open")]


class FaceMark(models.Model):
    """A confirmed face (A-10): statistics propose, a person confirms and names the extra step the face asks for."""

    class Face(models.TextChoices):
        RED = "RED", _("Red face")
        BLACK = "BLACK", _("Black face")
        WHITE = "WHITE", _("White face")
        NONE = "NONE", _("No face")

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="face_marks")
    face = models.CharField(max_length=5, choices=Face)
    proposed = models.CharField(max_length=5, choices=Face, blank=True)
    extra_step = models.TextField(blank=True)
    note = models.TextField(blank=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField()

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-confirmed_at", "-id"]


MOVED = ~models.Q(abc="") & ~models.Q(abc=models.F("abc_before"))
"""In another class than in the run before, or in none then."""
WHITE = models.Q(face="WHITE") | models.Q(face="", proposed_face="WHITE")
"""A confirmed white face, or a proposed one where none is confirmed."""


class Standing(models.Model):
    """The latest stored scores of an account, one row, so that lists and cards read without computing.

    Amounts are of the twelve months that end on `as_of_date`. Written by `insights` through `accounts.actions.set_standings`.
    """

    ACCOUNT_PATH = "account"
    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="standing")
    as_of_date = models.DateField()
    run_id = models.BigIntegerField()
    revenue = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    revenue_before = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    revenue_total = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    gross_profit = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    margin = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    share = models.DecimalField(max_digits=9, decimal_places=6, default=0)
    cumulative_share = models.DecimalField(max_digits=9, decimal_places=6, default=0)
    rank = models.PositiveIntegerField(null=True)
    orders_count = models.PositiveIntegerField(default=0)
    last_order_date = models.DateField(null=True)
    usual_gap_days = models.DecimalField(max_digits=8, decimal_places=1, null=True)
    abc = models.CharField(max_length=1, blank=True)
    abc_before = models.CharField(max_length=1, blank=True)
    proposed_face = models.CharField(max_length=5, blank=True)
    face = models.CharField(max_length=5, blank=True)
    proposed_stage = models.CharField(max_length=10, blank=True)  # D-01: only where it differs from the stage and nobody said no
    at_stake = models.DecimalField(max_digits=18, decimal_places=2, null=True)  # null: no sign of weakening
    is_quiet = models.BooleanField(default=False)
    newly_quiet = models.BooleanField(default=False)  # not yet quiet in the run before
    is_candidate = models.BooleanField(default=False)
    candidate_score = models.FloatField(null=True)
    candidate_methods = models.JSONField(default=list)
    evidence = models.JSONField(default=dict)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["rank", "account"]
        indexes = [
            models.Index(fields=["-revenue", "account"], name="standing_revenue"),
            models.Index(fields=["rank", "account"], name="standing_rank"),
            models.Index(fields=["last_order_date", "account"], name="standing_last_order"),
            models.Index(fields=["abc", "rank"], name="standing_abc"),
            models.Index(fields=["proposed_stage", "account"], condition=~models.Q(proposed_stage=""), name="standing_proposed_stage"),
            models.Index(fields=["-at_stake", "account"], condition=models.Q(at_stake__isnull=False), name="standing_at_stake"),
            models.Index(fields=["-candidate_score", "account"], condition=models.Q(is_candidate=True), name="standing_candidates"),
            models.Index(fields=["rank", "account"], condition=MOVED, name="standing_moved"),
            models.Index(fields=["rank", "account"], condition=models.Q(newly_quiet=True), name="standing_newly_quiet"),
            models.Index(fields=["account"], condition=WHITE, name="standing_white"),
        ]


class StageDismissal(models.Model):
    """A person's no to a proposed stage (D-01), with the figures it was said on: it holds until they change."""

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="stage_dismissals")
    stage = models.CharField(max_length=10, choices=Account.Stage)
    reason = models.CharField(max_length=300)
    change = models.DecimalField(max_digits=12, decimal_places=6, null=True)  # of turnover on the year before
    last_order_date = models.DateField(null=True)  # only when silence was the reason
    reasons = models.JSONField(default=list)  # what the proposal said
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # taken back, or the figures changed

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["account"], condition=models.Q(ended_at__isnull=True), name="stage_dismissal_one_open")
        ]
