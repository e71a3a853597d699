"""What a replay of the company's own history found, and the customers behind each number."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account
from dingke.accounts.scoping import AccountScopedQuerySet


class Backtest(models.Model):
    """One replay over the whole company; the newest is shown. `settings`: of the signals, as they were."""

    at = models.DateTimeField()
    by_name = models.CharField(max_length=150, blank=True)
    as_of_date = models.DateField()
    settings = models.JSONField(default=dict)
    result = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]


class BacktestCase(models.Model):
    """A customer behind a number: warned of at a cut day, or lost on a day."""

    class What(models.TextChoices):
        RIGHT = "RIGHT", _("Warned, and rightly")
        FALSE_ALARM = "FALSE_ALARM", _("Warned, but it went on buying")
        CAUGHT = "CAUGHT", _("Lost, and warned of before")
        MISSED = "MISSED", _("Lost without a warning")

    ACCOUNT_PATH = "account"
    backtest = models.ForeignKey(Backtest, on_delete=models.CASCADE, related_name="cases")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="backtest_cases")
    rule = models.CharField(max_length=40)
    what = models.CharField(max_length=12, choices=What)
    on_date = models.DateField()
    lead_days = models.IntegerField(null=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-on_date", "id"]
        indexes = [models.Index(fields=["backtest", "rule", "what", "-on_date"], name="backtest_case")]
