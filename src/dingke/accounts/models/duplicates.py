"""Pairs of accounts that may be the same company, found by comparing all of them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models.account import Account
from dingke.accounts.scoping import AccountScopedQuerySet


class DuplicatePair(models.Model):
    """Two accounts that look alike, with score and reasons. `account` is the one with the smaller id. A dismissed pair stays dismissed."""

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="duplicate_pairs")
    other = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="duplicate_pairs_as_other")
    score = models.DecimalField(_("Likeness"), max_digits=5, decimal_places=4)
    reasons = models.JSONField(default=list)  # Reason.as_json of dingke.core.reasons
    found_at = models.DateTimeField()
    dismissed_at = models.DateTimeField(null=True)
    dismissed_by_name = models.CharField(max_length=150, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-score", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "other"], name="duplicate_pair_once"),
            models.CheckConstraint(condition=models.Q(account__lt=models.F("other")), name="duplicate_pair_ordered"),
        ]
        indexes = [models.Index(fields=["-score", "-id"], name="duplicate_pair_score")]
