"""The dossier: facts with source and date (C-01, C-04, C-06), competitors at the account (C-02), open questions."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models.account import Account
from dingke.accounts.models.contact import Contact
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import ListItem, Record


class DossierEntry(Record):
    """One fact under a dossier field. The newest not archived entry of a field is the one in force; older ones stay readable."""

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="dossier_entries")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="dossier_entries")
    field = models.CharField(max_length=40)
    text = models.TextField(_("What we know"))
    source = models.ForeignKey(ListItem, on_delete=models.PROTECT, related_name="+", verbose_name=_("Source"))
    source_note = models.CharField(_("Source in detail"), max_length=200, blank=True)
    as_of_date = models.DateField(_("As of"))
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["account", "field", "-as_of_date", "-id"]
        indexes = [models.Index(fields=["account", "field", "-as_of_date"], name="dossier_field")]


class Competitor(models.Model):
    name = models.CharField(max_length=120, unique=True)
    note = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AccountCompetitor(Record):
    """A rival at this customer (C-02): what of theirs is used, how content the customer is, who sells it and how."""

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="account_competitors")
    competitor = models.ForeignKey(Competitor, on_delete=models.PROTECT, related_name="at_accounts")
    product_use = models.TextField(_("Use of their product"), blank=True)
    satisfaction = models.PositiveSmallIntegerField(
        _("Customer's satisfaction (1-5)"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    representative = models.CharField(_("Their representative"), max_length=80, blank=True)
    selling_style = models.TextField(_("Selling style"), blank=True)
    relation = models.TextField(_("Relation with the customer"), blank=True)
    price_note = models.CharField(_("Price"), max_length=200, blank=True)
    recognition = models.TextField(_("Recognition by the customer"), blank=True)
    noted_date = models.DateField(_("As of"))
    source = models.ForeignKey(ListItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Source"))

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["account", "-noted_date", "-id"]


class Question(Record):
    """Something we want to know about the customer, asked on the next occasion, answered with a date."""

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="questions")
    field = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=300)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["account", "answered_at", "-id"]
