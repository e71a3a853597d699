"""Score runs, and what each said about each account, with the evidence behind it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account
from dingke.accounts.scoping import AccountScopedQuerySet


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
