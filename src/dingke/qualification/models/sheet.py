"""The 7+3 sheet of a deal (E-02): ten elements with state, words, facts and evidence; red flags with a decision; the trend."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as pgettext

from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import Record
from dingke.pipeline.models import Opportunity


class SheetElement(Record):
    """One of the ten elements of one deal. A deal without a row for an element knows nothing of it yet."""

    class Element(models.TextChoices):
        BASICS = "BASICS", _("Customer basics")  # E-03
        SCHEDULE = "SCHEDULE", _("Project schedule")  # E-04
        BUDGET = "BUDGET", _("Project budget")  # E-05
        NEED = "NEED", _("Basic need")  # E-06
        KEY_PERSON = "KEY_PERSON", _("Key person")  # E-07
        DECISION = "DECISION", _("Decision process")  # E-08
        COMPETITOR = "COMPETITOR", _("Competitor")  # E-09
        STRENGTH = "STRENGTH", _("Company strength")  # E-11
        PRODUCT = "PRODUCT", _("Product advantage")  # E-12
        SERVICE = "SERVICE", _("Service capability")  # E-13

    class State(models.TextChoices):
        UNKNOWN = "UNKNOWN", _("Unknown")
        PARTIAL = "PARTIAL", _("Partly known")
        CONFIRMED = "CONFIRMED", _("Confirmed")
        RED_FLAG = "RED_FLAG", _("Red flag")

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="sheet_elements")
    element = models.CharField(_("Element"), max_length=12, choices=Element)
    state = models.CharField(_("State"), max_length=10, choices=State, default=State.UNKNOWN)
    text = models.TextField(_("What we know"), blank=True)
    facts = models.JSONField(default=dict, blank=True)  # sub-fields of the element, named in calc.elements
    next_question = models.CharField(_("Next question"), max_length=300, blank=True)
    as_of_date = models.DateField(_("As of"), null=True, blank=True)
    question = models.ForeignKey("accounts.Question", null=True, on_delete=models.SET_NULL, related_name="+")  # the next question, asked

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "id"]
        constraints = [models.UniqueConstraint(fields=["opportunity", "element"], name="sheet_element_once")]


class Evidence(models.Model):
    """What an element was read from, with its day: a note, a visit, a file, a mail."""

    class Kind(models.TextChoices):
        NOTE = "NOTE", _("Note")
        VISIT = "VISIT", _("Visit")
        CALL = "CALL", _("Call")
        FILE = "FILE", _("File")
        MAIL = "MAIL", _("Mail")

    ACCOUNT_PATH = "element__opportunity__account"
    OWNER_PATH = "element__opportunity__owner"
    element = models.ForeignKey(SheetElement, on_delete=models.CASCADE, related_name="evidence")
    kind = models.CharField(_("Kind"), max_length=8, choices=Kind, default=Kind.NOTE)
    reference = models.CharField(pgettext("evidence", "Reference"), max_length=300)
    on_date = models.DateField(_("Date"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["element", "-on_date", "-id"]


class RedFlag(models.Model):
    """A red flag of an element and what whoever leads decided about it (E-02); kept for ever."""

    class Decision(models.TextChoices):
        GO_ON = "GO_ON", _("Go on all the same")
        CLEARED = "CLEARED", _("The cause is gone")
        DROP = "DROP", _("Drop the deal")

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="red_flags")
    element = models.CharField(max_length=12, choices=SheetElement.Element)
    code = models.CharField(max_length=20, blank=True)  # a red flag of the catalogue, named in calc.elements; empty: in own words
    text = models.TextField(_("What is wrong"), blank=True)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    raised_at = models.DateTimeField()
    decision = models.CharField(_("Decision"), max_length=8, choices=Decision, blank=True)
    reason = models.TextField(_("Reason"), blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["opportunity", "element"], condition=models.Q(decision=""), name="red_flag_one_open"),
        ]


class SheetSnapshot(models.Model):
    """How the sheet stood at the end of a day on which it was saved: the trend."""

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="sheet_snapshots")
    on_date = models.DateField()
    score = models.PositiveSmallIntegerField()
    states = models.JSONField(default=dict)  # element -> state

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "on_date"]
        constraints = [
            models.UniqueConstraint(fields=["opportunity", "on_date"], name="sheet_snapshot_day"),
            models.CheckConstraint(condition=models.Q(score__lte=60), name="sheet_snapshot_range"),
        ]


class SheetDecision(models.Model):
    """What a person decided on the proposed verdict, with the reason (E-22); kept for ever."""

    class Verdict(models.TextChoices):
        IDEAL = "IDEAL", _("Ideal: go on to the next stage")
        LEARN = "LEARN", _("Go on learning")
        DROP = "DROP", _("Drop")

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="sheet_decisions")
    verdict = models.CharField(_("Decision"), max_length=6, choices=Verdict)
    proposed = models.CharField(max_length=6, choices=Verdict)
    score = models.PositiveSmallIntegerField()
    causes = models.JSONField(default=list)  # reasons as they stood that day
    reason = models.TextField(_("Reason"))
    recheck_date = models.DateField(_("Look again on"), null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "-id"]
