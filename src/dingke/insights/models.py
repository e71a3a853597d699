"""Score runs, their results per account with evidence, and the decisions on guards."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import Record


class ScoreRun(models.Model):
    """One computation over the whole company. Only a finished run is shown; a failed one leaves the last good scores in place."""

    class State(models.TextChoices):
        RUNNING = "RUNNING", _("Running")
        DONE = "DONE", _("Done")
        FAILED = "FAILED", _("Failed")

    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    as_of_date = models.DateField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    formula_version = models.CharField(max_length=40)
    rules = models.JSONField(default=dict)
    summary = models.JSONField(default=dict)
    by_name = models.CharField(max_length=150, blank=True)
    heartbeat_at = models.DateTimeField(null=True)
    holder = models.CharField(max_length=120, blank=True)  # machine/process that computes

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["state"], condition=models.Q(state="RUNNING"), name="score_run_one_at_a_time")]


class Score(models.Model):
    """What one run said about one account, with the evidence behind it; kept so that change and history can be shown."""

    ACCOUNT_PATH = "account"
    run = models.ForeignKey(ScoreRun, on_delete=models.CASCADE, related_name="scores")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="scores")
    revenue = models.DecimalField(max_digits=18, decimal_places=2)
    gross_profit = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    abc = models.CharField(max_length=1, blank=True)
    rank = models.PositiveIntegerField(null=True)
    proposed_face = models.CharField(max_length=5, blank=True)
    evidence = models.JSONField(default=dict)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["run", "rank", "account"]
        constraints = [models.UniqueConstraint(fields=["run", "account"], name="score_once_per_run")]
        indexes = [models.Index(fields=["account", "-run"], name="score_account")]


class ValueCard(Record):
    """Both sides' value (A-13): inputs with notes; delivered value and continuing value follow from them."""

    ACCOUNT_PATH = "account"
    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="value_card")
    total_value = models.DecimalField(_("Total customer value TV"), max_digits=18, decimal_places=2, null=True, blank=True)
    total_cost = models.DecimalField(_("Total customer cost TC"), max_digits=18, decimal_places=2, null=True, blank=True)
    expected_purchases = models.DecimalField(_("Expected purchases N"), max_digits=10, decimal_places=2, null=True, blank=True)
    average_purchase = models.DecimalField(_("Average purchase P"), max_digits=18, decimal_places=2, null=True, blank=True)
    note = models.TextField(_("Note"), blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["account"]


class GuardDecision(models.Model):
    """A logged decision on a breached guard (A-08): who owns it, what was decided, until when."""

    guard = models.CharField(max_length=40)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decision = models.TextField()
    review_date = models.DateField(null=True, blank=True)
    decided_by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
