"""A request for approval, its steps, and the voice of each approver. Knows nothing of what is approved."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Approval(models.Model):
    class State(models.TextChoices):
        OPEN = "OPEN", _("Waiting for approval")
        GRANTED = "GRANTED", _("Approved")
        REJECTED = "REJECTED", _("Rejected")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    title = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    link = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="approvals_asked")
    requested_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["kind", "subject_id"], name="approval_subject"),
            models.Index(fields=["state", "-id"], name="approval_state"),
        ]


class Step(models.Model):
    """One step in order: ALL must agree (会签), or ANY one decides (或签)."""

    class Mode(models.TextChoices):
        ALL = "ALL", _("All must agree")
        ANY = "ANY", _("Any one decides")

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveIntegerField()
    mode = models.CharField(max_length=3, choices=Mode, default=Mode.ANY)
    label = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["approval", "position"]
        constraints = [models.UniqueConstraint(fields=["approval", "position"], name="approval_step_position")]


class Voice(models.Model):
    class Decision(models.TextChoices):
        WAITING = "WAITING", _("Not decided")
        AGREED = "AGREED", _("Agreed")
        REJECTED = "REJECTED", _("Rejected")

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="voices")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="approval_voices")
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.WAITING)
    note = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["step", "id"]
        constraints = [models.UniqueConstraint(fields=["step", "approver"], name="approval_voice_once")]
        indexes = [models.Index(fields=["approver", "decision"], name="approval_voice_open")]
