"""Objections of a deal (J-01 to J-13): what was said, what is behind it, how it was handled and what came of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as pgettext

from dingke.accounts.models import Contact, Todo
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import Record
from dingke.library.models import Entry
from dingke.pipeline.models import Opportunity


class Objection(Record):
    """An act of the customer, spoken or not, that disagrees, doubts or refuses. Kind and topic are separate (J-04)."""

    class Kind(models.TextChoices):
        TRUE = "TRUE", _("True")
        FALSE = "FALSE", _("False")
        HIDDEN = "HIDDEN", _("Hidden")

    class Act(models.TextChoices):
        DISAGREE = "DISAGREE", _("Disagrees")
        DOUBT = "DOUBT", _("Doubts")
        REFUSE = "REFUSE", _("Refuses")

    class Moment(models.TextChoices):  # the step at which it came
        ASKING_VISIT = "ASKING_VISIT", _("Asking for a visit")
        ASKING_NEEDS = "ASKING_NEEDS", _("Asking about needs")
        EXPLAINING = "EXPLAINING", _("Explaining the product")
        DEMO = "DEMO", _("Demonstration")
        QUOTE = "QUOTE", _("Quotation")
        NEGOTIATION = "NEGOTIATION", _("Negotiation")
        EXECUTION = "EXECUTION", _("Execution of the project")  # J-13

    class Channel(models.TextChoices):
        VISIT = "VISIT", _("Visit")
        CALL = "CALL", _("Call")
        MAIL = "MAIL", _("Mail")
        CHAT = "CHAT", _("Chat message")
        OTHER = "OTHER", _("Other")

    class Timing(models.TextChoices):  # J-06
        NOW = "NOW", _("Handle at once")
        LATER = "LATER", _("Handle later")

    class Result(models.TextChoices):
        SETTLED = "SETTLED", _("Settled")
        STANDS = "STANDS", _("Stands, the deal goes on")
        BROKE = "BROKE", _("Broke the deal")

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="objections")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    moment = models.CharField(_("When it came"), max_length=12, choices=Moment)
    stage = models.CharField(max_length=40, blank=True)  # of the deal, on the day it came
    channel = models.CharField(_("Channel"), max_length=6, choices=Channel, default=Channel.VISIT)
    act = models.CharField(_("What the customer does"), max_length=10, choices=Act, default=Act.DOUBT)
    is_spoken = models.BooleanField(_("Said in words"), default=True)
    words = models.TextField(_("In the customer's words"))
    topic = models.CharField(_("Surface topic"), max_length=120, blank=True)
    kind = models.CharField(_("Kind"), max_length=6, choices=Kind, default=Kind.TRUE)
    real_issue = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="hidden_by")
    causes = models.JSONField(default=list, blank=True)  # codes of J-02 and J-03
    standard = models.CharField(_("Standard objection"), max_length=20, blank=True)  # code of J-07
    timing = models.CharField(_("When to handle it"), max_length=5, choices=Timing, default=Timing.NOW)
    timing_reason = models.CharField(max_length=20, blank=True)  # code of J-06
    due_date = models.DateField(_("Answer due on"), null=True, blank=True)
    todo = models.OneToOneField(Todo, null=True, blank=True, on_delete=models.SET_NULL, related_name="objection")
    answer = models.TextField(_("Answer tried"), blank=True)
    entry = models.ForeignKey(Entry, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")  # answer of the library
    opened_date = models.DateField(pgettext("objection", "Opened on"))
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    settled_date = models.DateField(_("Settled on"), null=True, blank=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    result = models.CharField(_("Result"), max_length=8, choices=Result, blank=True)
    result_note = models.TextField(_("What came of it"), blank=True)
    principles = models.JSONField(default=list, blank=True)  # codes of J-12 that were ticked at closing

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "-opened_date", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(result="", settled_date__isnull=True) | (~models.Q(result="") & models.Q(settled_date__isnull=False)),
                name="objection_result_with_date",
            ),
        ]
        indexes = [
            models.Index(fields=["opportunity", "result"], name="objection_open"),
            models.Index(fields=["opened_date", "id"], name="objection_opened"),
        ]


class ObjectionStep(models.Model):
    """One of the three steps of handling (J-11) with its note and time."""

    class Action(models.TextChoices):
        INQUIRE = "INQUIRE", _("Inquire")
        SUGGEST = "SUGGEST", _("Suggest")
        DISSOLVE = "DISSOLVE", _("Dissolve")

    ACCOUNT_PATH = "objection__opportunity__account"
    OWNER_PATH = "objection__opportunity__owner"
    objection = models.ForeignKey(Objection, on_delete=models.CASCADE, related_name="steps")
    action = models.CharField(max_length=8, choices=Action)
    note = models.TextField(_("Note"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["objection", "id"]
        constraints = [models.UniqueConstraint(fields=["objection", "action"], name="objection_step_once")]
