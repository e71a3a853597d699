"""Assessments of what an account is worth in four dimensions (A-11, A-12, A-15), kept with the rules they were judged by."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import Record


class Assessment(Record):
    """One assessment: open while its steps go on, done once it has a total and a level. Old ones stay as they were judged."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("In progress")
        DONE = "DONE", _("Rated")

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="assessments")
    state = models.CharField(max_length=4, choices=State, default=State.OPEN)
    assessed_date = models.DateField(null=True, blank=True)
    financial = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    strategic = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    loyalty = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    word_of_mouth = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    total = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    level = models.CharField(max_length=1, blank=True)
    level_before = models.CharField(max_length=1, blank=True)
    rules_version = models.PositiveIntegerField(default=0)
    rules = models.JSONField(default=dict)
    long_term = models.TextField(_("Long-term value and potential"), blank=True)
    customer_talk = models.TextField(_("What the customer says about needs and expectations"), blank=True)
    talk_date = models.DateField(_("Talked on"), null=True, blank=True)
    adjustments = models.TextField(_("What changes in service, product and form of cooperation"), blank=True)
    next_date = models.DateField(_("Assess again on"), null=True, blank=True)
    rated_by_name = models.CharField(max_length=150, blank=True)
    # as things stood, so that a change since can be told
    measured_date = models.DateField(null=True, blank=True)
    revenue_then = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    tied_then = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    class_then = models.CharField(max_length=1, blank=True)
    quiet_then = models.BooleanField(default=False)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["account", "-assessed_date", "-id"]
        indexes = [models.Index(fields=["account", "state", "-assessed_date", "-id"], name="assessment_account")]


class AssessmentPart(models.Model):
    """One part of a dimension: a figure with its place among the customers, or a rating with note and evidence."""

    ACCOUNT_PATH = "assessment__account"
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="parts")
    code = models.CharField(max_length=20)
    value = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    place = models.DecimalField(max_digits=7, decimal_places=6, null=True)
    rating = models.DecimalField(
        max_digits=5, decimal_places=2, null=True, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )  # fmt: skip
    note = models.TextField(blank=True)
    evidence = models.CharField(max_length=300, blank=True)
    link = models.URLField(max_length=300, blank=True)
    evidence_date = models.DateField(null=True, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["assessment", "id"]
        constraints = [models.UniqueConstraint(fields=["assessment", "code"], name="assessment_part_once")]


class AssessmentStep(models.Model):
    """A-12: one of the four steps, with who does it and until when."""

    class Step(models.TextChoices):
        COLLECT = "COLLECT", _("Collect data")
        ANALYSE = "ANALYSE", _("Analyse by dimension")
        RATE = "RATE", _("Overall rating")
        ADJUST = "ADJUST", _("Adjust and reassess")

    ACCOUNT_PATH = "assessment__account"
    assessment = models.ForeignKey(Assessment, on_delete=models.CASCADE, related_name="steps")
    step = models.CharField(max_length=8, choices=Step)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="assessment_steps")
    due_date = models.DateField()
    done_date = models.DateField(null=True, blank=True)
    done_by_name = models.CharField(max_length=150, blank=True)
    note = models.TextField(blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["assessment", "id"]
        constraints = [models.UniqueConstraint(fields=["assessment", "step"], name="assessment_step_once")]
