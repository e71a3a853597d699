"""Warnings: what a run saw of an account, whom it asks, what was done about it and how it ended (O-19)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import Record


class Alert(Record):
    """One warning on one account by one signal. At most one of them lives at a time; closed ones are kept as they ended.

    `judged_*` is the evidence as it was when a person snoozed or closed it; `gone_date` the first run after the closing
    that did not see the sign any more.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", _("Not seen yet")
        SEEN = "SEEN", _("Seen")
        SNOOZED = "SNOOZED", _("Snoozed")
        ACTED = "ACTED", _("Being worked on")
        CLOSED = "CLOSED", _("Ended")

    class Act(models.TextChoices):
        TODO = "TODO", _("To-do made")
        CHAIN = "CHAIN", _("Win-back started")
        CASE = "CASE", _("Case opened")
        CONTACT = "CONTACT", _("Contact logged")

    class Outcome(models.TextChoices):
        KEPT = "KEPT", _("Customer kept")
        PARTLY = "PARTLY", _("Partly kept")
        LOST = "LOST", _("Customer lost")
        FALSE_ALARM = "FALSE_ALARM", _("False alarm")
        RECOVERED = "RECOVERED", _("Recovered by itself")

    class Category(models.TextChoices):  # B-17
        CONTRACT = "CONTRACT", _("Contract risk")
        SERVICE = "SERVICE", _("Service risk")
        MARKET = "MARKET", _("Market risk")
        CREDIT = "CREDIT", _("Credit risk")

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="alerts")
    signal = models.CharField(max_length=40)
    category = models.CharField(max_length=10, choices=Category, default=Category.MARKET)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="alerts")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    probability = models.DecimalField(max_digits=5, decimal_places=4)
    value = models.DecimalField(max_digits=18, decimal_places=2)
    expected_loss = models.DecimalField(max_digits=18, decimal_places=2)
    reasons = models.JSONField(default=list)
    facts = models.JSONField(default=dict)
    raised_at = models.DateTimeField()
    shown_date = models.DateField()  # of the last run that saw the sign
    told_at = models.DateTimeField(null=True, blank=True)
    escalated_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateField(null=True, blank=True)
    snooze_reason = models.CharField(max_length=300, blank=True)
    act = models.CharField(max_length=8, choices=Act, blank=True)
    acted_at = models.DateTimeField(null=True, blank=True)
    acted_by_name = models.CharField(max_length=150, blank=True)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)
    close_reason = models.CharField(max_length=300, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by_name = models.CharField(max_length=150, blank=True)
    judged_probability = models.DecimalField(max_digits=5, decimal_places=4, default=0)
    judged_loss = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    gone_date = models.DateField(null=True, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-expected_loss", "id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "signal"], condition=~models.Q(state="CLOSED"), name="alert_one_lives"),
        ]
        indexes = [
            models.Index(fields=["owner", "-expected_loss", "id"], condition=~models.Q(state="CLOSED"), name="alert_of_owner"),
            models.Index(fields=["-expected_loss", "id"], condition=~models.Q(state="CLOSED"), name="alert_living"),
            models.Index(fields=["account", "-raised_at"], name="alert_account"),
            models.Index(fields=["-closed_at"], condition=models.Q(state="CLOSED"), name="alert_closed"),
        ]

    @property
    def is_living(self) -> bool:
        return self.state != self.State.CLOSED
