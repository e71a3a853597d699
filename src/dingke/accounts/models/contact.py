"""People at the customer: several jobs, several ways to reach them, consent, key dates."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models.account import Account
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import Record


class Contact(Record):
    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(_("Name"), max_length=80)
    pinyin = models.CharField(max_length=200)
    salutation = models.CharField(_("Form of address"), max_length=40, blank=True)
    is_main = models.BooleanField(_("Main contact"), default=False)
    note = models.TextField(_("Note"), blank=True)
    custom = models.JSONField(default=dict, blank=True)
    external_key = models.CharField(max_length=120, null=True, blank=True)
    left_date = models.DateField(_("Left on"), null=True, blank=True)
    hold_reason = models.CharField(_("Legal hold"), max_length=200, blank=True)  # why nothing of the person may be erased
    erased_at = models.DateTimeField(null=True, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["account", "-is_main", "pinyin", "id"]
        constraints = [models.UniqueConstraint(fields=["external_key"], name="contact_external_key")]
        indexes = [models.Index(fields=["account", "pinyin"], name="contact_account")]

    def __str__(self) -> str:
        return self.name


class ContactJob(models.Model):
    """One job of a contact: department kept apart by use (C-01 4), level (C-01 5)."""

    class Department(models.TextChoices):
        USING = "USING", _("Using department")
        PURCHASING = "PURCHASING", _("Purchasing department")
        SUPPORTING = "SUPPORTING", _("Supporting department")
        FINANCE = "FINANCE", _("Finance department")
        MANAGEMENT = "MANAGEMENT", _("Management")
        OTHER = "OTHER", _("Other department")

    class Level(models.TextChoices):
        OPERATOR = "OPERATOR", _("Operator or maintainer")
        MANAGER = "MANAGER", _("Manager")
        TOP = "TOP", _("Top person")

    ACCOUNT_PATH = "contact__account"
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="jobs")
    title = models.CharField(_("Job title"), max_length=80)
    department = models.CharField(_("Department kind"), max_length=12, choices=Department, default=Department.OTHER)
    department_name = models.CharField(_("Department"), max_length=80, blank=True)
    level = models.CharField(_("Level"), max_length=10, choices=Level, default=Level.OPERATOR)
    is_current = models.BooleanField(_("Current"), default=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["contact", "-is_current", "id"]


class ContactWay(models.Model):
    class Kind(models.TextChoices):
        MOBILE = "MOBILE", _("Mobile")
        PHONE = "PHONE", _("Phone")
        EMAIL = "EMAIL", _("Mail")
        WECHAT = "WECHAT", _("WeChat")
        OTHER = "OTHER", _("Other")

    ACCOUNT_PATH = "contact__account"
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="ways")
    kind = models.CharField(max_length=8, choices=Kind)
    value = models.CharField(max_length=200)
    is_main = models.BooleanField(default=False)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["contact", "-is_main", "id"]
        indexes = [models.Index(fields=["kind", "value"], name="contact_way_value")]


class Consent(models.Model):
    """Whether the person agreed to be reached by a channel: every statement is kept, the newest holds."""

    class Channel(models.TextChoices):
        PHONE = "PHONE", _("Phone")
        EMAIL = "EMAIL", _("Mail")
        WECHAT = "WECHAT", _("WeChat")
        SMS = "SMS", _("Text message")

    ACCOUNT_PATH = "contact__account"
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="consents")
    channel = models.CharField(max_length=8, choices=Channel)
    is_given = models.BooleanField()
    source = models.CharField(max_length=200)
    stated_date = models.DateField()
    recorded_by_name = models.CharField(max_length=150)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["contact", "channel", "-stated_date", "-id"]


class KeyDate(Record):
    """A day that means something to the customer (O-03)."""

    class Kind(models.TextChoices):
        BIRTHDAY = "BIRTHDAY", _("Birthday")
        COMPANY_ANNIVERSARY = "COMPANY_ANNIVERSARY", _("Company anniversary")
        COOPERATION = "COOPERATION", _("Cooperation anniversary")
        OTHER = "OTHER", _("Other day")

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="key_dates")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.CASCADE, related_name="key_dates")
    kind = models.CharField(_("Kind"), max_length=20, choices=Kind)
    label = models.CharField(_("Occasion"), max_length=80, blank=True)
    on_date = models.DateField(_("Date"))
    is_yearly = models.BooleanField(_("Every year"), default=True)
    is_lunar = models.BooleanField(_("By the lunar calendar"), default=False)
    remind_days = models.PositiveSmallIntegerField(_("Remind days before"), default=7)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["account", "on_date", "id"]
