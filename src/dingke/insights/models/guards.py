"""The log of decisions on guards (A-08)."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from dingke.accounts.models import Account


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
