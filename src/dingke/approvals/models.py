"""Requests for approval with steps, voices, copies and comments; flows in versions; delegations. Knows nothing of what is approved."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class FlowVersion(models.Model):
    """A flow of one kind, as it was published; the newest published one is in force. One draft per kind has no `published_at`."""

    kind = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    note = models.CharField(max_length=200, blank=True)
    author_name = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["kind", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="approval_flow_number"),
            models.UniqueConstraint(fields=["kind"], condition=models.Q(published_at__isnull=True), name="approval_flow_one_draft"),
        ]


class Approval(models.Model):
    """One request. `facts` is what its flow looked at, `payload` what the domain that asked needs when it is decided.

    `round` counts how often it was asked: a request that was sent back starts a new round with new steps; the old ones stay.
    """

    class State(models.TextChoices):
        OPEN = "OPEN", _("Waiting for approval")
        RETURNED = "RETURNED", _("Sent back")
        GRANTED = "GRANTED", _("Approved")
        REJECTED = "REJECTED", _("Rejected")
        WITHDRAWN = "WITHDRAWN", _("Withdrawn")

    kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    account_id = models.BigIntegerField(null=True)
    title = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    link = models.CharField(max_length=200, blank=True)
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True)
    facts = models.JSONField(default=dict)
    payload = models.JSONField(default=dict)
    flow = models.ForeignKey(FlowVersion, null=True, on_delete=models.PROTECT, related_name="approvals")
    flow_number = models.PositiveIntegerField(default=0)
    skips_agreed = models.BooleanField(default=True)  # who agreed in an earlier step is not asked again
    allows_bulk = models.BooleanField(default=False)
    round = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="approvals_asked")
    requested_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id"], condition=models.Q(state__in=["OPEN", "RETURNED"]), name="approval_one_open_of_subject"
            )
        ]
        indexes = [
            models.Index(fields=["kind", "subject_id"], name="approval_subject"),
            models.Index(fields=["state", "-id"], name="approval_state"),
            models.Index(fields=["account_id", "-id"], condition=models.Q(account_id__isnull=False), name="approval_account"),
            models.Index(fields=["requested_by", "-id"], name="approval_asker"),
        ]

    @property
    def is_open(self) -> bool:
        return self.state in {self.State.OPEN, self.State.RETURNED}


class Step(models.Model):
    """One step in order: ALL must agree (会签), or ANY one decides (或签)."""

    class Mode(models.TextChoices):
        ALL = "ALL", _("All must agree")
        ANY = "ANY", _("Any one decides")

    class Origin(models.TextChoices):
        FLOW = "FLOW", _("By the flow")
        BEFORE = "BEFORE", _("Added before")
        AFTER = "AFTER", _("Added after")

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="steps")
    round = models.PositiveIntegerField(default=1)
    position = models.PositiveIntegerField()
    mode = models.CharField(max_length=3, choices=Mode, default=Mode.ANY)
    origin = models.CharField(max_length=6, choices=Origin, default=Origin.FLOW)
    label_zh = models.CharField(max_length=80, blank=True)
    label_en = models.CharField(max_length=80, blank=True)
    is_escalated = models.BooleanField(default=False)  # nobody fitted the step of the flow, or nobody decided in time
    remind_hours = models.PositiveIntegerField(null=True)
    escalate_hours = models.PositiveIntegerField(null=True)
    opened_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    escalated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["approval", "round", "position"]
        constraints = [models.UniqueConstraint(fields=["approval", "round", "position"], name="approval_step_position")]

    @property
    def label(self) -> str:
        """In the reader's language."""
        first, second = (self.label_zh, self.label_en) if (get_language() or "zh").startswith("zh") else (self.label_en, self.label_zh)
        return first or second


class Voice(models.Model):
    class Decision(models.TextChoices):
        WAITING = "WAITING", _("Not decided")
        ON_CALL = "ON_CALL", _("Called in")
        AGREED = "AGREED", _("Agreed")
        REJECTED = "REJECTED", _("Rejected")
        SENT_BACK = "SENT_BACK", _("Sent back")
        HANDED_ON = "HANDED_ON", _("Handed on")
        PASSED = "PASSED", _("Passed over")

    class Automatic(models.TextChoices):
        ASKER = "ASKER", _("asked for it")
        EARLIER = "EARLIER", _("agreed in an earlier step")

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="voices")
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="approval_voices")
    decision = models.CharField(max_length=10, choices=Decision, default=Decision.WAITING)
    spoken_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="approval_voices_lent")
    automatic = models.CharField(max_length=8, choices=Automatic, blank=True)
    note = models.TextField(blank=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["step", "id"]
        constraints = [models.UniqueConstraint(fields=["step", "approver"], name="approval_voice_once")]
        indexes = [models.Index(fields=["approver", "decision"], name="approval_voice_open")]


class Copy(models.Model):
    """抄送: somebody who is told of a request and reads it, without deciding."""

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="copies")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="approval_copies")
    by_name = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["approval", "id"]
        constraints = [models.UniqueConstraint(fields=["approval", "user"], name="approval_copy_once")]
        indexes = [models.Index(fields=["user", "-approval"], name="approval_copy_user")]


class Comment(models.Model):
    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="approval_comments")
    text = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["approval", "id"]


class Reminder(models.Model):
    """Who was reminded of a step, when, and by whom; nobody's name when the clock did."""

    step = models.ForeignKey(Step, on_delete=models.CASCADE, related_name="reminders")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["step", "id"]


class Delegation(models.Model):
    """`taker` decides for `giver` from one day to another, for some kinds of request; empty means all. Days are inclusive."""

    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="delegations_given")
    taker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="delegations_taken")
    start_date = models.DateField()
    end_date = models.DateField()
    kinds = models.JSONField(default=list)
    reason = models.CharField(max_length=200, blank=True)
    created_by_name = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-start_date", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(end_date__gte=models.F("start_date")), name="approval_delegation_days"),
            models.CheckConstraint(condition=~models.Q(giver=models.F("taker")), name="approval_delegation_two"),
        ]
        indexes = [models.Index(fields=["end_date"], condition=models.Q(ended_at__isnull=True), name="approval_delegation_open")]
