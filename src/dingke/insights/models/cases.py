"""Cases "risk of loss" with their steps (D-11), and risks that a person wrote down (B-17)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account, Competitor
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import ListItem, Record
from dingke.insights.models.alerts import Alert


class LossCase(Record):
    """A customer who loses the need or turns to a rival: who works on it, until when, how it ended and why."""

    class Kind(models.TextChoices):
        NEED_LOST = "NEED_LOST", _("Loss of need")
        RIVAL = "RIVAL", _("Switch to a rival")

    class State(models.TextChoices):
        OPEN = "OPEN", _("In progress")
        CLOSED = "CLOSED", _("Ended")

    class Result(models.TextChoices):
        KEPT = "KEPT", _("Customer kept")
        PARTLY = "PARTLY", _("Partly kept")
        LOST = "LOST", _("Customer lost")

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="loss_cases")
    alert = models.ForeignKey(Alert, null=True, blank=True, on_delete=models.SET_NULL, related_name="cases")
    kind = models.CharField(_("What threatens"), max_length=10, choices=Kind)
    rival = models.ForeignKey(Competitor, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Rival"))
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="loss_cases")
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    value = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    note = models.TextField(_("What is known"), blank=True)
    opened_at = models.DateTimeField()
    opened_by_name = models.CharField(max_length=150, blank=True)  # "" = opened by rule
    deadline_date = models.DateField(_("Decide by"))
    result = models.CharField(_("Result"), max_length=6, choices=Result, blank=True)
    reason = models.ForeignKey(ListItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Reason"))
    lesson = models.TextField(_("Lessons"), blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by_name = models.CharField(max_length=150, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-id"]
        indexes = [
            models.Index(fields=["state", "deadline_date", "id"], name="loss_case_deadline"),
            models.Index(fields=["-closed_at"], name="loss_case_closed"),
        ]


class CaseStep(models.Model):
    """One of the five steps. `talked_to` holds ids of contacts, so that a person who is erased leaves no name here."""

    ACCOUNT_PATH = "case__account"
    case = models.ForeignKey(LossCase, on_delete=models.CASCADE, related_name="steps")
    place = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=8)
    due_date = models.DateField()
    note = models.TextField(blank=True)
    talked_to = models.JSONField(default=list)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by_name = models.CharField(max_length=150, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["case", "place"]
        constraints = [models.UniqueConstraint(fields=["case", "place"], name="case_step_place")]


class Risk(Record):
    """A line of the risk register that a person wrote down (B-17)."""

    class Level(models.IntegerChoices):
        LOW = 1, _("Low")
        MIDDLE = 2, _("Medium")
        HIGH = 3, _("High")

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="risks")
    category = models.CharField(_("Category"), max_length=10, choices=Alert.Category)
    sign = models.CharField(_("Sign"), max_length=300)
    likelihood = models.PositiveSmallIntegerField(_("Probability"), choices=Level, default=Level.MIDDLE)
    impact = models.PositiveSmallIntegerField(_("Impact"), choices=Level, default=Level.MIDDLE)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="risks", verbose_name=_("Owner"))
    response = models.TextField(_("Response"), blank=True)
    due_date = models.DateField(_("Due by"), null=True, blank=True)
    noted_at = models.DateTimeField()
    noted_by_name = models.CharField(max_length=150)
    closed_at = models.DateTimeField(null=True, blank=True)
    close_note = models.CharField(max_length=300, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["account", "id"]
        indexes = [models.Index(fields=["account", "closed_at"], name="risk_account")]
