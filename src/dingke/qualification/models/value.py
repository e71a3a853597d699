"""Value selling (H-13 to H-16): what the customer gains in a year, lever by lever, with every assumption and where it comes from."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import Record
from dingke.pipeline.models import Opportunity


class ValueCase(Record):
    """The calculation of one deal as it is worked on."""

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.OneToOneField(Opportunity, on_delete=models.CASCADE, related_name="value_case")
    price = models.DecimalField(_("Price"), max_digits=18, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)])
    currency = models.CharField(max_length=3, default="CNY")
    introduction = models.TextField(_("Opening words"), blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]


class ValueLine(Record):
    """A sub-lever with the customer's figures: what changes, why (the function that serves it), and where each figure comes from."""

    ACCOUNT_PATH = "case__opportunity__account"
    OWNER_PATH = "case__opportunity__owner"
    case = models.ForeignKey(ValueCase, on_delete=models.CASCADE, related_name="lines")
    lever = models.CharField(_("Lever"), max_length=30)  # code of calc.value
    figures = models.JSONField(default=dict)  # name of the input -> figure as text
    sources = models.JSONField(default=dict, blank=True)  # name of the input -> where it comes from
    function = models.CharField(_("Function that serves it"), max_length=200, blank=True)
    note = models.CharField(_("Note"), max_length=300, blank=True)
    is_counted = models.BooleanField(_("Counted"), default=True)
    position = models.PositiveIntegerField(default=0)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["case", "position", "id"]


class ValueVersion(models.Model):
    """The calculation as it was saved, e.g. before it was shown to the customer; never changed."""

    ACCOUNT_PATH = "case__opportunity__account"
    OWNER_PATH = "case__opportunity__owner"
    case = models.ForeignKey(ValueCase, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    note = models.CharField(_("What for"), max_length=200, blank=True)
    content = models.JSONField(default=dict)
    total = models.DecimalField(max_digits=18, decimal_places=2)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["case", "-number"]
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="value_version_number")]
