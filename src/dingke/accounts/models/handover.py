"""A leaver's things given to colleagues: one row per hand-over, one per thing, so that it can be read and taken back."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.core.models import Job


class Handover(models.Model):
    """One hand-over: from whom, by whom, what was wished, and what came of it."""

    class State(models.TextChoices):
        RUNNING = "RUNNING", _("Running")
        DONE = "DONE", _("Done")
        UNDONE = "UNDONE", _("Taken back")

    leaver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="handovers")
    state = models.CharField(max_length=8, choices=State, default=State.RUNNING)
    plan = models.JSONField(default=dict)
    reason = models.CharField(max_length=300, blank=True)
    is_closing = models.BooleanField(default=False)  # the sign-in of the leaver is closed with it
    was_closed = models.BooleanField(default=False)  # by this hand-over: taking it back opens it again
    counts = models.JSONField(default=dict)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=150)
    at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)
    undone_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["leaver", "-id"], name="handover_leaver")]


class HandoverRow(models.Model):
    """One thing of a hand-over and where it is now."""

    class State(models.TextChoices):
        GIVEN = "GIVEN", _("Handed over")
        STAYED = "STAYED", _("Stayed")
        BACK = "BACK", _("Back")
        KEPT = "KEPT", _("Changed since")

    handover = models.ForeignKey(Handover, on_delete=models.CASCADE, related_name="rows")
    part = models.CharField(max_length=30)
    thing_id = models.BigIntegerField()
    title = models.CharField(max_length=200)
    account_id = models.BigIntegerField(null=True)
    receiver = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=6, choices=State)
    note = models.CharField(max_length=300, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["handover", "part", "id"], name="handover_row_part")]
