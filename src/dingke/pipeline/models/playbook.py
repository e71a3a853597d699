"""Playbooks as versioned data (F-18): what a published version says is never changed; running deals keep theirs."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.core.models import Record


class Playbook(Record):
    """A way to sell. The stages stand in its versions."""

    class Unit(models.TextChoices):  # F-01
        PROJECT = "PROJECT", _("Order-oriented: the project")
        ACCOUNT = "ACCOUNT", _("Customer-oriented: the account")

    class Mode(models.TextChoices):  # F-06, F-07, F-09, F-15
        QUICK_KNIFE = "QUICK_KNIFE", _("Quick knife")
        PROCESS = "PROCESS", _("Process style")
        PROJECT = "PROJECT", _("Large project")
        TENDER = "TENDER", _("Tender")
        ACCOUNT = "ACCOUNT", _("Account strategy")

    code = models.CharField(max_length=40, unique=True)
    label_zh = models.CharField(_("Chinese name"), max_length=120)
    label_en = models.CharField(_("English name"), max_length=120)
    unit = models.CharField(_("Type"), max_length=8, choices=Unit, default=Unit.PROJECT)
    mode = models.CharField(_("Mode"), max_length=12, choices=Mode)
    industries = models.JSONField(default=list, blank=True)  # codes of the list "industries"; empty: all
    product_families = models.JSONField(default=list, blank=True)  # as in ledger.Product.family; empty: all
    position = models.PositiveIntegerField(default=0)
    is_own = models.BooleanField(default=False)  # made here, not shipped

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.code


class PlaybookVersion(models.Model):
    """One version. `content` is what pipeline.calc.playbook reads: stages with purpose, steps, gates, documents, tools, limits."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("Draft")
        PUBLISHED = "PUBLISHED", _("Published")

    playbook = models.ForeignKey(Playbook, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    content = models.JSONField(default=dict)
    note = models.CharField(_("What is new"), max_length=300, blank=True)
    published_at = models.DateTimeField(null=True)
    published_by_name = models.CharField(max_length=150, blank=True)
    version = models.PositiveIntegerField(default=1)  # of the draft, for locking

    class Meta:
        ordering = ["playbook", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["playbook", "number"], name="playbook_version_number"),
            models.UniqueConstraint(fields=["playbook"], condition=models.Q(state="DRAFT"), name="playbook_one_draft"),
        ]
