"""The demonstration of a deal, planned in six steps (H-01 to H-12) and recorded afterwards (H-19)."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Todo
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import Record
from dingke.pipeline.models import Opportunity
from dingke.stakeholders.models import Stakeholder


class DemoPlan(Record):
    """One demonstration. The texts of the method stand in playbooks/demo.yaml; here stands what this deal answers."""

    class Product(models.TextChoices):  # H-03
        TRADE = "TRADE", _("Trade product")
        PROFESSIONAL = "PROFESSIONAL", _("Professional or flagship product")

    class Rank(models.TextChoices):  # H-03, highest first
        OWNER = "OWNER", _("Owner")
        HEAD = "HEAD", _("Department head")
        STAFF = "STAFF", _("Staff")
        MIXED = "MIXED", _("Mixed")

    class Approval(models.TextChoices):
        NONE = "NONE", _("Not asked for")
        WAITING = "WAITING", _("Waiting for approval")
        GRANTED = "GRANTED", _("Approved")
        REFUSED = "REFUSED", _("Refused")

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="demo_plans")
    title = models.CharField(_("Title"), max_length=160)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="demo_plans", verbose_name=_("Owner"))
    due = models.JSONField(default=dict, blank=True)  # step -> day, as ISO text
    demo_date = models.DateField(_("Day of the demonstration"), null=True, blank=True)
    minutes = models.PositiveSmallIntegerField(_("Minutes"), default=60, validators=[MinValueValidator(5), MaxValueValidator(480)])
    place = models.CharField(_("Place"), max_length=160, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)  # the date stands (H-11: after one full run)
    needs_approval = models.BooleanField(_("Needs approval before the date"), default=False)
    approval_state = models.CharField(max_length=8, choices=Approval, default=Approval.NONE)
    approval = models.ForeignKey("approvals.Approval", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    message = models.TextField(_("Which message"), blank=True)  # H-02
    key_need = models.TextField(_("The customer's key need"), blank=True)
    why_able = models.TextField(_("Why we can meet it"), blank=True)
    why_better = models.TextField(_("Why we are better than the rivals"), blank=True)

    product = models.CharField(_("Product"), max_length=12, choices=Product, blank=True)  # H-03
    aim_what = models.TextField(_("What to say"), blank=True)
    aim_rank = models.CharField(_("Who listens"), max_length=6, choices=Rank, blank=True)
    aim_issues = models.TextField(_("Which issues stand out"), blank=True)

    timing = models.JSONField(default=dict, blank=True)  # H-06: question -> {"answer": bool, "note": text}
    timing_override = models.TextField(_("Why it is held nevertheless"), blank=True)
    positioning = models.JSONField(default=dict, blank=True)  # H-07: rival type -> statement
    contingencies = models.JSONField(default=dict, blank=True)  # H-09: case -> {"reply": text, "person": user id}
    supporters = models.TextField(_("Supporters inside"), blank=True)  # H-09
    opening = models.TextField(_("Opening"), blank=True)  # H-12
    closing = models.TextField(_("Closing"), blank=True)
    checks = models.JSONField(default=list, blank=True)  # H-12: codes of the check list that are ticked
    techniques = models.JSONField(default=list, blank=True)
    opening_minutes = models.PositiveSmallIntegerField(_("Minutes for the opening"), default=5, validators=[MaxValueValidator(60)])
    closing_minutes = models.PositiveSmallIntegerField(_("Minutes for the closing"), default=5, validators=[MaxValueValidator(60)])

    held_date = models.DateField(_("Held on"), null=True, blank=True)  # H-19
    reaction = models.TextField(_("Reactions"), blank=True)
    needs_learnt = models.TextField(_("What was learnt of the needs"), blank=True)
    next_step = models.CharField(_("Next action"), max_length=200, blank=True)
    next_step_date = models.DateField(_("Next action on"), null=True, blank=True)
    recorded_by_name = models.CharField(max_length=150, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "-id"]

    def __str__(self) -> str:
        return self.title


class DemoListener(Record):
    """A person of the audience (H-04, H-05): from the buying centre, or named by hand."""

    class Kind(models.TextChoices):  # H-04
        TOP = "TOP", _("Top leaders")
        BUSINESS = "BUSINESS", _("Business leaders")
        MIDDLE = "MIDDLE", _("Middle management")
        USER = "USER", _("Users")
        PEER = "PEER", _("Peers of the trade")

    class Special(models.TextChoices):  # H-05
        EXPERIENCED = "EXPERIENCED", _("Has used such software")
        RESISTING = "RESISTING", _("Resists")

    ACCOUNT_PATH = "plan__opportunity__account"
    OWNER_PATH = "plan__opportunity__owner"
    plan = models.ForeignKey(DemoPlan, on_delete=models.CASCADE, related_name="audience")
    stakeholder = models.ForeignKey(Stakeholder, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(_("Name"), max_length=120)
    kind = models.CharField(_("Kind of listener"), max_length=8, choices=Kind)
    attitude = models.CharField(_("Attitude"), max_length=12, choices=Stakeholder.Attitude, blank=True)  # on the day it was taken over
    weight = models.PositiveSmallIntegerField(_("Weight (1-5)"), default=3, validators=[MinValueValidator(1), MaxValueValidator(5)])
    special = models.CharField(_("Special listener"), max_length=12, choices=Special, blank=True)
    profile = models.TextField(_("Profile"), blank=True)
    was_there = models.BooleanField(_("Was there"), null=True)  # H-19
    reaction = models.TextField(_("Reaction"), blank=True)
    attitude_after = models.CharField(_("Attitude afterwards"), max_length=12, choices=Stakeholder.Attitude, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "-weight", "id"]


class DemoBlock(Record):
    """A block of the outline (H-08, H-10): what is shown in which structure and form, for how long; or dropped, and why."""

    ACCOUNT_PATH = "plan__opportunity__account"
    OWNER_PATH = "plan__opportunity__owner"
    plan = models.ForeignKey(DemoPlan, on_delete=models.CASCADE, related_name="blocks")
    position = models.PositiveIntegerField(default=0)
    title = models.CharField(_("Block"), max_length=160)
    structure = models.CharField(_("Structure"), max_length=20)  # H-10
    form = models.CharField(_("Form"), max_length=20, blank=True)  # H-08
    minutes = models.PositiveSmallIntegerField(_("Minutes"), default=10, validators=[MinValueValidator(1), MaxValueValidator(240)])
    content = models.TextField(_("What is said and shown"), blank=True)
    is_dropped = models.BooleanField(default=False)
    drop_reason = models.CharField(_("Why it is left out"), max_length=300, blank=True)
    entry_id = models.BigIntegerField(null=True, blank=True)  # case or feature card of the library
    entry_title = models.CharField(max_length=200, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "position", "id"]


class DemoRehearsal(models.Model):
    """A rehearsal (H-11): the time it took, the questions that were asked, the answers to rivals, and how it went."""

    ACCOUNT_PATH = "plan__opportunity__account"
    OWNER_PATH = "plan__opportunity__owner"
    plan = models.ForeignKey(DemoPlan, on_delete=models.CASCADE, related_name="rehearsals")
    on_date = models.DateField(_("Date"))
    is_full = models.BooleanField(_("Full run"), default=False)
    minutes = models.JSONField(default=dict, blank=True)  # block -> minutes it took
    questions = models.TextField(_("Questions that were simulated, and the answers"), blank=True)
    rivals = models.TextField(_("Wording against rivals"), blank=True)
    ratings = models.JSONField(default=dict, blank=True)  # time, thread, answers -> 1 to 5
    note = models.TextField(_("What to better"), blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "-on_date", "-id"]


class DemoFollowUp(Record):
    """What the demonstration left to do (H-19): an open question of the customer, or something promised."""

    class Kind(models.TextChoices):
        QUESTION = "QUESTION", _("Open question")
        PROMISE = "PROMISE", _("Promised")

    ACCOUNT_PATH = "plan__opportunity__account"
    OWNER_PATH = "plan__opportunity__owner"
    plan = models.ForeignKey(DemoPlan, on_delete=models.CASCADE, related_name="follow_ups")
    kind = models.CharField(_("Kind"), max_length=8, choices=Kind, default=Kind.QUESTION)
    text = models.CharField(_("What"), max_length=300)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="demo_follow_ups", verbose_name=_("Owner"))
    due_date = models.DateField(_("Due on"))
    done_at = models.DateTimeField(null=True, blank=True)  # where there is a to-do, its own `done_at` counts
    todo = models.OneToOneField(Todo, null=True, blank=True, on_delete=models.SET_NULL, related_name="demo_follow_up")

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["plan", "due_date", "id"]
