"""Prospecting (D-02 to D-05): a target profile first, then companies that are searched, screened, developed and admitted."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import ListItem, Record
from dingke.pipeline.models.opportunity import Opportunity


class ProspectProfile(Record):
    """What is looked for (D-03): without a profile no company can be listed."""

    title = models.CharField(_("Name of the profile"), max_length=120)
    industries = models.JSONField(default=list, blank=True)  # codes of the list "industries"
    regions = models.JSONField(default=list, blank=True)  # codes of the list "regions"
    size_tiers = models.JSONField(default=list, blank=True)  # C-15
    need = models.TextField(_("Need"))
    features = models.JSONField(default=list, blank=True)  # keys of A-02
    goal = models.PositiveIntegerField(_("Companies to find"), null=True, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="prospect_profiles")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.title


class Prospect(Record):
    """A company on its way from a name to an account. Seen by its owner and whoever leads the owner; once admitted, with its account."""

    class Stage(models.TextChoices):  # D-02
        SEARCH = "SEARCH", _("Searched")
        SCREEN = "SCREEN", _("Screened in")
        DEVELOP = "DEVELOP", _("In development")
        ADMITTED = "ADMITTED", _("Admitted")
        DROPPED = "DROPPED", _("Dropped")

    class Outcome(models.TextChoices):  # D-04
        KEY = "KEY", _("Possible key account")
        ORDINARY = "ORDINARY", _("Possible ordinary customer")
        DROP = "DROP", _("Drop")

    ACCOUNT_PATH = "account"
    OWNER_PATH = "owner"
    profile = models.ForeignKey(ProspectProfile, on_delete=models.PROTECT, related_name="prospects")
    name = models.CharField(_("Company"), max_length=200)
    name_key = models.CharField(max_length=200, db_index=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="prospects", verbose_name=_("Owner"))
    source = models.ForeignKey(ListItem, on_delete=models.PROTECT, related_name="+", verbose_name=_("Source"))
    industry = models.ForeignKey(ListItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Industry"))
    region = models.ForeignKey(ListItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Region"))
    employees = models.PositiveIntegerField(_("Employees"), null=True, blank=True)
    annual_revenue = models.DecimalField(_("Yearly revenue"), max_digits=18, decimal_places=2, null=True, blank=True)
    website = models.CharField(_("Website"), max_length=200, blank=True)
    phone = models.CharField(_("Phone"), max_length=40, blank=True)
    person = models.CharField(_("Person to reach"), max_length=80, blank=True)
    note = models.TextField(_("What is known"), blank=True)
    stage = models.CharField(max_length=8, choices=Stage, default=Stage.SEARCH)
    stage_since = models.DateField()
    found_date = models.DateField()
    screened_date = models.DateField(null=True, blank=True)  # when it passed from search to screen
    developed_date = models.DateField(null=True, blank=True)
    ended_date = models.DateField(null=True, blank=True)
    next_step = models.CharField(_("Next step"), max_length=200, blank=True)
    next_date = models.DateField(_("Next step on"), null=True, blank=True)
    tests = models.JSONField(default=dict, blank=True)  # key -> {"answer", "justification"}
    criteria = models.JSONField(default=dict, blank=True)  # key -> {"rating", "note"}
    means = models.CharField(_("Means of the screening"), max_length=200, blank=True)  # D-04
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    outcome_reason = models.CharField(max_length=300, blank=True)  # when a person decided otherwise than the rule, or dropped it
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.SET_NULL, related_name="prospects")
    opportunity = models.ForeignKey(Opportunity, null=True, blank=True, on_delete=models.SET_NULL, related_name="prospects")

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["stage", "next_date", "id"], name="prospect_board")]

    def __str__(self) -> str:
        return self.name


class ProspectContact(Record):
    """A step of the contact plan (D-05): to be done by a day, or done, with what came of it."""

    ACCOUNT_PATH = "prospect__account"
    OWNER_PATH = "prospect__owner"
    prospect = models.ForeignKey(Prospect, on_delete=models.CASCADE, related_name="contact_plan")
    title = models.CharField(_("Step"), max_length=200)
    due_date = models.DateField(_("Due on"))
    done_date = models.DateField(null=True, blank=True)
    result = models.TextField(_("What came of it"), blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["prospect", "due_date", "id"]
