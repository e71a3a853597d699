"""The buying centre: who takes part in a decision, in which roles, how they stand to us, and who has whose ear (C-07 to C-11, C-16)."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account, Contact
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import ListItem, Record


class BuyingCentre(Record):
    """One map of people. Every account has a standing one (`is_standing`); a deal may have its own, which starts from that."""

    class Structure(models.TextChoices):  # C-05
        FUNCTIONAL = "FUNCTIONAL", _("Functional")
        DIVISIONAL = "DIVISIONAL", _("Divisional")
        GROUP = "GROUP", _("Group with subsidiaries")
        MATRIX = "MATRIX", _("Matrix")

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="buying_centres")
    title = models.CharField(_("Title"), max_length=200, blank=True)  # the deal's name; empty on the standing map
    is_standing = models.BooleanField(default=False)
    structure = models.CharField(_("Form of organisation"), max_length=12, choices=Structure, blank=True)
    process_note = models.TextField(_("Business process"), blank=True)  # C-05 2
    product_family = models.CharField(_("Product family"), max_length=80, blank=True)  # loads the chain of C-11, the factors of C-12
    company_size = models.CharField(_("Purchase process"), max_length=12, blank=True)  # C-14
    factors = models.JSONField(default=dict, blank=True)  # C-12: software type, ordered factors with weights, scores of us and rivals
    influences = models.JSONField(default=dict, blank=True)  # C-18: price, delivery, after-sales, reputation -> {"rating", "note"}

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["account", "-is_standing", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["account"], condition=models.Q(is_standing=True), name="buying_centre_one_standing"),
        ]


class Stakeholder(Record):
    """A person (or a firm outside) on one map, with roles, influence, the newest attitude and the place on the drawing."""

    class Role(models.TextChoices):  # C-07
        GATEKEEPER = "GATEKEEPER", _("Gatekeeper")
        USER = "USER", _("User")
        PURCHASER = "PURCHASER", _("Purchaser")
        PROJECT_LEADER = "PROJECT_LEADER", _("Project leader")
        TOP_LEADER = "TOP_LEADER", _("Buyer's top leader")
        SUPERIOR = "SUPERIOR", _("Superior of the buyer")
        DESIGN_INSTITUTE = "DESIGN_INSTITUTE", _("Design institute")
        COMPETITOR = "COMPETITOR", _("Competitor")

    class Attitude(models.TextChoices):  # C-09
        ACCEPT = "ACCEPT", _("Accepts")
        DOUBT = "DOUBT", _("Doubts")
        RESIST = "RESIST", _("Resists")
        INDIFFERENT = "INDIFFERENT", _("Indifferent")
        SABOTAGE = "SABOTAGE", _("Sabotages")

    class Personality(models.TextChoices):  # C-17
        DRIVING = "DRIVING", _("Driving")
        EXPRESSIVE = "EXPRESSIVE", _("Expressive")
        ANALYTICAL = "ANALYTICAL", _("Analytical")
        AMIABLE = "AMIABLE", _("Amiable")

    ACCOUNT_PATH = "centre__account"
    centre = models.ForeignKey(BuyingCentre, on_delete=models.CASCADE, related_name="stakeholders")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.CASCADE, related_name="stakes")
    outside_name = models.CharField(_("Firm or person outside"), max_length=120, blank=True)  # design institute, competitor: no contact
    roles = models.JSONField(default=list)  # codes of Role, one or more
    influence = models.PositiveSmallIntegerField(_("Influence (1-5)"), default=3, validators=[MinValueValidator(1), MaxValueValidator(5)])
    attitude = models.CharField(_("Attitude"), max_length=12, choices=Attitude, blank=True)  # the newest Stance; "" = unknown
    attitude_date = models.DateField(null=True, blank=True)
    is_supporter = models.BooleanField(_("Inside supporter"), default=False)  # C-04 note
    is_key_person = models.BooleanField(_("Key person"), default=False)  # C-16, E-07
    competence_accepted = models.BooleanField(_("Accepts our competence"), null=True)
    impression_good = models.BooleanField(_("Has a good impression of us"), null=True)
    first_visit_date = models.DateField(_("First visit"), null=True, blank=True)
    alone_talk_date = models.DateField(_("Talk alone planned for"), null=True, blank=True)
    last_contact_date = models.DateField(_("Last contact"), null=True, blank=True)
    approach = models.TextField(_("Approach"), blank=True)  # C-05 3: how to come near
    profile = models.JSONField(default=dict, blank=True)  # C-16: background, education, age, interests, character; team only
    personality = models.CharField(_("Personality"), max_length=12, choices=Personality, blank=True)  # team only
    style_note = models.TextField(_("How to talk with this person"), blank=True)  # team only
    x = models.FloatField(null=True, blank=True)  # place, 0-1 of the sheet (calc.layout.SHEET); null: laid out by rank
    y = models.FloatField(null=True, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["centre", "-influence", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["centre", "contact"],
                condition=models.Q(contact__isnull=False, archived_at__isnull=True),
                name="stakeholder_once",
            ),
            models.CheckConstraint(condition=models.Q(contact__isnull=False) | ~models.Q(outside_name=""), name="stakeholder_named"),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        return self.contact.name if self.contact is not None else self.outside_name


class Stance(models.Model):
    """An attitude at a day, with what it was read from; never changed, so that the movement can be replayed (C-09)."""

    ACCOUNT_PATH = "stakeholder__centre__account"
    stakeholder = models.ForeignKey(Stakeholder, on_delete=models.CASCADE, related_name="stances")
    attitude = models.CharField(max_length=12, choices=Stakeholder.Attitude)
    influence = models.PositiveSmallIntegerField()
    evidence = models.TextField(_("Evidence"), blank=True)
    on_date = models.DateField(_("Date"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["stakeholder", "-on_date", "-id"]


class Line(models.Model):
    """A line between two people of a map (C-08)."""

    class Kind(models.TextChoices):
        REPORTS_TO = "REPORTS_TO", _("Reports to")
        ADVISES = "ADVISES", _("Advises")
        OPPOSES = "OPPOSES", _("Opposes")

    ACCOUNT_PATH = "centre__account"
    centre = models.ForeignKey(BuyingCentre, on_delete=models.CASCADE, related_name="lines")
    start = models.ForeignKey(Stakeholder, on_delete=models.CASCADE, related_name="lines_out")
    end = models.ForeignKey(Stakeholder, on_delete=models.CASCADE, related_name="lines_in")
    kind = models.CharField(max_length=12, choices=Kind)
    note = models.CharField(max_length=200, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["centre", "id"]
        constraints = [
            models.UniqueConstraint(fields=["start", "end", "kind"], name="line_once"),
            models.CheckConstraint(condition=~models.Q(start=models.F("end")), name="line_between_two"),
        ]


class ChainStep(Record):
    """A step of the customer's decision chain and who is responsible for it; unnamed steps are gaps (C-11, E-08)."""

    class Kind(models.TextChoices):
        SELECTION = "SELECTION", _("Selection")
        REVIEW = "REVIEW", _("Review")
        FINAL = "FINAL", _("Final decision")

    ACCOUNT_PATH = "centre__account"
    centre = models.ForeignKey(BuyingCentre, on_delete=models.CASCADE, related_name="chain")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    label = models.CharField(_("Step"), max_length=120)  # who by the template: finance department, owner …
    stakeholder = models.ForeignKey(Stakeholder, null=True, blank=True, on_delete=models.SET_NULL, related_name="chain_steps")
    decided_date = models.DateField(_("Decided on"), null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["centre", "position", "id"]


class NeedEntry(Record):
    """What was learnt of needs and preferences, by which way and when (C-18)."""

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="need_entries")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    channel = models.CharField(_("Way"), max_length=20)  # the five ways of C-18
    text = models.TextField(_("What was learnt"))
    on_date = models.DateField(_("Date"))
    source = models.ForeignKey(ListItem, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("Source"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["account", "-on_date", "-id"]
