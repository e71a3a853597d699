"""The account and what is part of it: tags, collaborators, invoice titles, ownership, stages, search."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import ListItem, Record


class Tag(models.Model):
    name = models.CharField(max_length=40, unique=True)
    colour = models.CharField(max_length=12, default="grey")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Account(Record):
    """A customer: an organisation, a body of government or a person that buys. The unit of visibility."""

    class CustomerType(models.TextChoices):
        KEY = "KEY", _("Key account")
        ORGANISATION = "ORGANISATION", _("Ordinary organisation")
        CONSUMER = "CONSUMER", _("Consumer")

    class Form(models.TextChoices):
        ENTERPRISE = "ENTERPRISE", _("Enterprise")
        GOVERNMENT = "GOVERNMENT", _("Government body")
        INDIVIDUAL = "INDIVIDUAL", _("Individual")

    class Stage(models.TextChoices):  # D-01
        POTENTIAL = "POTENTIAL", _("Potential")
        NEW = "NEW", _("New")
        GROWING = "GROWING", _("Growing")
        MATURE = "MATURE", _("Mature")
        DECLINING = "DECLINING", _("Declining")

    ACCOUNT_PATH = ""

    name = models.CharField(_("Name"), max_length=200)
    short_name = models.CharField(_("Short name"), max_length=80, blank=True)
    english_name = models.CharField(_("English name"), max_length=200, blank=True)
    name_key = models.CharField(max_length=200, db_index=True)
    pinyin = models.CharField(max_length=200)
    customer_type = models.CharField(_("Customer type"), max_length=12, choices=CustomerType, default=CustomerType.ORGANISATION)
    form = models.CharField(_("Form"), max_length=12, choices=Form, default=Form.ENTERPRISE)
    industry = models.ForeignKey(ListItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Industry"))
    region = models.ForeignKey(ListItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Region"))
    source = models.ForeignKey(ListItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Source"))
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="subsidiaries", verbose_name=_("Parent company")
    )
    credit_code = models.CharField(_("Unified social credit code"), max_length=18, null=True, blank=True)
    phone = models.CharField(_("Phone"), max_length=40, blank=True)
    website = models.CharField(_("Website"), max_length=200, blank=True)
    city = models.CharField(_("City"), max_length=60, blank=True)
    address = models.CharField(_("Address"), max_length=300, blank=True)
    employees = models.PositiveIntegerField(_("Employees"), null=True, blank=True)
    annual_revenue = models.DecimalField(_("Yearly revenue"), max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="CNY")
    size_tier = models.CharField(_("Size tier"), max_length=10, blank=True)  # C-15, as a person set it; else proposed from the two above
    founded_year = models.PositiveIntegerField(_("Founded"), null=True, blank=True)
    influence = models.PositiveSmallIntegerField(_("Influence (0-100)"), null=True, blank=True)
    description = models.TextField(_("About"), blank=True)
    custom = models.JSONField(default=dict, blank=True)
    external_key = models.CharField(_("Key in your other systems"), max_length=120, null=True, blank=True)

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="accounts", verbose_name=_("Owner")
    )
    territory = models.ForeignKey("people.Territory", null=True, blank=True, on_delete=models.SET_NULL, related_name="accounts")
    pool_at = models.DateTimeField(null=True, blank=True)
    owned_since = models.DateTimeField(null=True, blank=True)
    last_contact_at = models.DateTimeField(null=True, blank=True)
    recycle_notice_at = models.DateTimeField(null=True, blank=True)
    kept_until = models.DateField(null=True, blank=True)  # an exception to the rules of the pool, granted by approval
    lifecycle_stage = models.CharField(_("Lifecycle stage"), max_length=10, choices=Stage, default=Stage.POTENTIAL)
    stage_since = models.DateField(null=True, blank=True)
    is_key = models.BooleanField(_("Key account"), default=False)
    key_since = models.DateField(null=True, blank=True)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="merged_from")
    tags = models.ManyToManyField(Tag, through="AccountTag", blank=True, related_name="accounts")

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["pinyin", "id"]
        constraints = [
            models.UniqueConstraint(fields=["credit_code"], condition=models.Q(archived_at__isnull=True), name="account_credit_code"),
            models.UniqueConstraint(fields=["external_key"], name="account_external_key"),
            models.CheckConstraint(
                condition=models.Q(influence__isnull=True) | models.Q(influence__lte=100), name="account_influence_range"
            ),
            models.CheckConstraint(condition=models.Q(owner__isnull=True) | models.Q(pool_at__isnull=True), name="account_owned_or_pooled"),
        ]
        indexes = [
            models.Index(fields=["pinyin", "id"], name="account_pinyin"),
            models.Index(fields=["owner", "pinyin", "id"], name="account_owner_pinyin"),
            models.Index(fields=["-updated_at", "-id"], name="account_updated"),
            models.Index(fields=["pool_at"], condition=models.Q(pool_at__isnull=False), name="account_pool"),
            models.Index(fields=["last_contact_at", "id"], name="account_last_contact"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_pooled(self) -> bool:
        return self.pool_at is not None

    @property
    def shown_name(self) -> str:
        return self.short_name or self.name


class AccountTag(models.Model):
    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="tag_links")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="account_links")

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["account", "tag"]
        constraints = [models.UniqueConstraint(fields=["account", "tag"], name="account_tag_once")]


class Collaborator(models.Model):
    """A colleague who works on an account beside its owner: reads it, or edits it as well."""

    class Level(models.TextChoices):
        READ = "READ", _("May read")
        EDIT = "EDIT", _("May edit")

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="collaborators")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="collaborations")
    level = models.CharField(max_length=4, choices=Level, default=Level.READ)
    added_at = models.DateTimeField()

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["account", "id"]
        constraints = [models.UniqueConstraint(fields=["account", "user"], name="collaborator_once")]
        indexes = [models.Index(fields=["user", "account"], name="collaborator_user")]


class InvoiceTitle(Record):
    """Invoicing details 开票信息; an account may have several."""

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="invoice_titles")
    title = models.CharField(_("Invoice title"), max_length=200)
    tax_id = models.CharField(_("Tax id"), max_length=30)
    bank = models.CharField(_("Bank"), max_length=120, blank=True)
    bank_account = models.CharField(_("Bank account"), max_length=60, blank=True)
    address = models.CharField(_("Address"), max_length=300, blank=True)
    phone = models.CharField(_("Phone"), max_length=40, blank=True)
    is_default = models.BooleanField(_("Default"), default=False)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["account", "-is_default", "id"]


class OwnershipChange(models.Model):
    """Who held the account from when on, and why it changed hands. Also the count for the daily claim quota."""

    class Kind(models.TextChoices):
        CREATED = "CREATED", _("Created")
        ASSIGNED = "ASSIGNED", _("Assigned")
        CLAIMED = "CLAIMED", _("Claimed from the pool")
        RELEASED = "RELEASED", _("Released to the pool")
        RECYCLED = "RECYCLED", _("Recycled to the pool by rule")

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="ownership_changes")
    kind = models.CharField(max_length=10, choices=Kind)
    before = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    after = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by_name = models.CharField(max_length=150)
    reason = models.CharField(max_length=300, blank=True)
    why = models.JSONField(default=dict, blank=True)  # Reason.as_json where a rule decided: shown in the reader's language

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["after", "kind", "-at"], name="ownership_claims"),
            models.Index(fields=["account", "-at"], name="ownership_account"),
        ]


class StageChange(models.Model):
    """Lifecycle history (D-01)."""

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="stage_changes")
    before = models.CharField(max_length=10, blank=True)
    after = models.CharField(max_length=10)
    since_date = models.DateField()
    by_name = models.CharField(max_length=150)
    reason = models.CharField(max_length=300, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-since_date", "-id"]


class Merge(models.Model):
    """Two accounts made one: what moved, so that it can be undone."""

    ACCOUNT_PATH = "kept"
    kept = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="merges")
    gone = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="merged_away")
    moved = models.JSONField(default=dict)
    before = models.JSONField(default=dict)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=150)
    undone_at = models.DateTimeField(null=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]


class SearchEntry(models.Model):
    """One row per searchable thing. Its terms are mirrored into the full-text index of the database in use."""

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="search_entries")
    kind = models.CharField(max_length=20)
    object_id = models.BigIntegerField()
    title = models.CharField(max_length=200)
    subtitle = models.CharField(max_length=200, blank=True)
    terms = models.TextField()

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["kind", "object_id"], name="search_entry_thing")]


class Favourite(models.Model):
    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="favourites")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="favourites")
    at = models.DateTimeField()

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["account", "user"], name="favourite_once")]


class RecentView(models.Model):
    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="recent_views")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recent_views")
    at = models.DateTimeField()

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["account", "user"], name="recent_view_once")]
        indexes = [models.Index(fields=["user", "-at"], name="recent_view_user")]
