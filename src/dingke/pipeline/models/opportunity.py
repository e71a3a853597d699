"""Opportunities: a deal with a customer in one stage of its playbook, and where it has been."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account, Competitor
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import ListItem, Record
from dingke.ledger.models import Product
from dingke.pipeline.models.playbook import Playbook, PlaybookVersion
from dingke.stakeholders.models import BuyingCentre


class Opportunity(Record):
    """A deal. Without an account (imported so) it is seen by its owner and whoever leads the owner, and carries an open question."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("Open")
        WON = "WON", _("Won")
        LOST = "LOST", _("Lost")
        DROPPED = "DROPPED", _("Dropped")  # E-22: ours to drop, with a day to look again

    class Forecast(models.TextChoices):
        COMMIT = "COMMIT", _("Commit")
        BEST_CASE = "BEST_CASE", _("Best case")
        PIPELINE = "PIPELINE", _("In the pipeline")
        OMITTED = "OMITTED", _("Left out")

    class BuyingStage(models.TextChoices):  # C-10
        NEED_FELT = "NEED_FELT", _("Need felt")
        SEARCH = "SEARCH", _("Gathering information")
        COMPARE = "COMPARE", _("Comparing")
        DECIDE = "DECIDE", _("Deciding")
        AFTER = "AFTER", _("Evaluating after purchase")

    class BudgetBasis(models.TextChoices):  # E-05, K-04
        SAID = "SAID", _("Said by the customer")
        PROBED = "PROBED", _("Probed")
        ESTIMATED = "ESTIMATED", _("Estimated by us")

    ACCOUNT_PATH = "account"
    OWNER_PATH = "owner"
    name = models.CharField(_("Name"), max_length=200)
    name_pinyin = models.CharField(max_length=400, blank=True)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="opportunities")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="opportunities", verbose_name=_("Owner"))
    playbook_version = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, related_name="opportunities")
    stage = models.CharField(max_length=40)  # code of a stage of the playbook version
    stage_position = models.PositiveSmallIntegerField(default=0)
    stage_since = models.DateField()
    state = models.CharField(_("State"), max_length=8, choices=State, default=State.OPEN)
    unit = models.CharField(_("Type"), max_length=8, choices=Playbook.Unit, default=Playbook.Unit.PROJECT)  # F-01
    mode = models.CharField(_("Mode"), max_length=12, choices=Playbook.Mode)  # F-06; may differ from the family's default, with a warning
    product_family = models.CharField(_("Product family"), max_length=80, blank=True)
    source = models.ForeignKey(ListItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Source"))

    amount = models.DecimalField(_("Amount"), max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="CNY")
    opened_date = models.DateField(_("Opened on"))
    expected_date = models.DateField(_("Expected on"), null=True, blank=True)
    hand_probability = models.PositiveSmallIntegerField(
        _("Probability by hand (%)"), null=True, blank=True, validators=[MaxValueValidator(100)]
    )
    probability = models.PositiveSmallIntegerField(default=0)  # the one that counts, in %: by hand, else by history, else by stage
    forecast = models.CharField(_("Forecast"), max_length=10, choices=Forecast, default=Forecast.PIPELINE)
    next_step = models.CharField(_("Next step"), max_length=200, blank=True)
    next_step_date = models.DateField(_("Next step on"), null=True, blank=True)
    open_question = models.CharField(max_length=200, blank=True)  # what the import could not tell, e.g. which account

    buying_stage = models.CharField(_("The customer's stage"), max_length=10, choices=BuyingStage, blank=True)
    buying_stage_date = models.DateField(null=True, blank=True)
    purchase_plan = models.TextField(_("Latest purchase plan"), blank=True)  # C-03 1
    problem = models.TextField(_("Problem to solve"), blank=True)  # C-03 2
    deciders = models.TextField(_("Deciders and influencers"), blank=True)  # C-03 3, in words; in persons on the map
    timetable = models.TextField(_("Purchase timetable"), blank=True)  # C-03 4
    purchase_process = models.TextField(_("Purchase process"), blank=True)  # C-03 6
    budget_low = models.DecimalField(_("Budget from"), max_digits=18, decimal_places=2, null=True, blank=True)  # C-03 5, E-05
    budget_high = models.DecimalField(_("Budget to"), max_digits=18, decimal_places=2, null=True, blank=True)
    budget_basis = models.CharField(_("How we know the budget"), max_length=10, choices=BudgetBasis, blank=True)
    cycle = models.JSONField(default=dict, blank=True)  # C-13: mind, levels, objections, relation in days; "mode": SUM | MAX

    ended_date = models.DateField(null=True, blank=True)
    end_reason = models.ForeignKey(ListItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    end_note = models.TextField(blank=True)
    lost_to = models.ForeignKey(Competitor, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    won_amount = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    recheck_date = models.DateField(_("Look again on"), null=True, blank=True)

    buying_centre = models.ForeignKey(BuyingCentre, null=True, blank=True, on_delete=models.SET_NULL, related_name="opportunities")
    external_key = models.CharField(max_length=120, null=True, blank=True)
    custom = models.JSONField(default=dict, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["external_key"], name="opportunity_external_key"),
            models.CheckConstraint(condition=models.Q(probability__lte=100), name="opportunity_probability_range"),
        ]
        indexes = [
            models.Index(
                fields=["playbook_version", "stage", "expected_date", "id"], condition=models.Q(state="OPEN"), name="opportunity_board"
            ),
            models.Index(fields=["owner", "state", "expected_date"], name="opportunity_owner"),
            models.Index(fields=["account", "state", "-id"], name="opportunity_account"),
            models.Index(fields=["state", "-amount", "-id"], name="opportunity_amount"),
            models.Index(fields=["state", "expected_date", "id"], name="opportunity_expected"),
            models.Index(fields=["state", "ended_date", "id"], name="opportunity_ended"),
        ]

    def __str__(self) -> str:
        return self.name


class OpportunityLine(models.Model):
    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="opportunity_lines")
    quantity = models.DecimalField(max_digits=14, decimal_places=3, default=1)
    unit_price = models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True)
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "id"]


class OpportunityCompetitor(Record):
    """A rival in this deal (C-02, E-09): strength, weakness, our answer, its price, where we know it from."""

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="competitors")
    competitor = models.ForeignKey(Competitor, on_delete=models.PROTECT, related_name="in_opportunities")
    strength = models.TextField(_("Strength"), blank=True)
    weakness = models.TextField(_("Weakness"), blank=True)
    counter = models.TextField(_("Our answer"), blank=True)
    price = models.DecimalField(_("Their price"), max_digits=18, decimal_places=2, null=True, blank=True)  # K-03
    recognition = models.CharField(_("Recognition by the customer"), max_length=200, blank=True)  # K-03
    source = models.ForeignKey(ListItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Source"))
    noted_date = models.DateField(_("As of"))

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["opportunity", "competitor"], condition=models.Q(archived_at__isnull=True), name="opportunity_competitor_once"
            )
        ]


class StageSpell(models.Model):
    """One stay in a stage, from entry to the next move; the open one has no `left_date`. History of stages and time in stage."""

    class Way(models.TextChoices):
        START = "START", _("Begun")
        FORWARD = "FORWARD", _("Moved on")
        BACK = "BACK", _("Moved back")
        VERSION = "VERSION", _("Moved to another playbook")
        REOPENED = "REOPENED", _("Opened again")

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="spells")
    playbook_version = models.ForeignKey(PlaybookVersion, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=40)
    stage_position = models.PositiveSmallIntegerField()
    way = models.CharField(max_length=10, choices=Way)
    entered_date = models.DateField()
    entered_at = models.DateTimeField()
    left_date = models.DateField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=300, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "id"]
        indexes = [models.Index(fields=["playbook_version", "stage", "entered_date"], name="stage_spell_stage")]
