"""How a deal comes on inside its playbook: steps done with proof, and gate conditions that were waived."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import Record
from dingke.pipeline.models.opportunity import Opportunity


class StepRun(Record):
    """A step of the stage for one deal: who, until when, done when and with what proof (F-03, F-18)."""

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="steps")
    stage = models.CharField(max_length=40)
    step = models.CharField(max_length=40)  # code of the step in the playbook version
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="step_runs")
    due_date = models.DateField(_("Due on"), null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    proof = models.TextField(_("Proof"), blank=True)  # what shows it: words, a number of a document, an address
    proof_date = models.DateField(_("Date of the proof"), null=True, blank=True)
    contact_id_proof = models.BigIntegerField(null=True, blank=True)  # the contact who confirmed it, where a person did

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "id"]
        constraints = [models.UniqueConstraint(fields=["opportunity", "stage", "step"], name="step_run_once")]
        indexes = [models.Index(fields=["assignee", "due_date"], condition=models.Q(done_at__isnull=True), name="step_run_open")]


class GateWaiver(models.Model):
    """A must-condition that somebody let pass, with the reason; kept for ever (F-02, F-18)."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting for approval")
        HOLDS = "HOLDS", _("Waived")
        REFUSED = "REFUSED", _("Refused")
        TAKEN_BACK = "TAKEN_BACK", _("Taken back")

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="waivers")
    stage = models.CharField(max_length=40)
    condition = models.CharField(max_length=60)  # key of the condition in the playbook version
    reason = models.TextField(_("Reason"))
    state = models.CharField(max_length=10, choices=State, default=State.HOLDS)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    approval = models.ForeignKey("approvals.Approval", null=True, on_delete=models.SET_NULL, related_name="+")

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["opportunity", "stage", "condition"],
                condition=models.Q(state__in=["WAITING", "HOLDS"]),
                name="gate_waiver_one_open",
            )
        ]
