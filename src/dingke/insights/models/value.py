"""Both sides' value (A-13)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import Record


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
