"""Erasing a person: the tombstones that keep the person from coming back, and the proposals of the retention rules."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models.contact import Contact
from dingke.accounts.scoping import AccountScopedQuerySet


class Erasure(models.Model):
    """That a person's data was erased: when, by whom, why. Holds nothing of the person and points to no row, so that it outlives both."""

    contact_number = models.BigIntegerField()
    account_number = models.BigIntegerField()
    contact_made_at = models.DateTimeField()  # with the number: which row this was, should numbers be given again after a restore
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=150)
    reason = models.CharField(_("Reason"), max_length=300)

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["contact_number", "contact_made_at"], name="erasure_once")]
        indexes = [models.Index(fields=["-at", "-id"], name="erasure_by_time")]


class ErasedKey(models.Model):
    """A keyed digest of a phone, a mail address, a key or a name at an account: recognises the erased person, cannot be read back."""

    erasure = models.ForeignKey(Erasure, on_delete=models.CASCADE, related_name="keys")
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ["erasure", "id"]
        indexes = [models.Index(fields=["digest"], name="erased_key_digest")]


class ErasureProposal(models.Model):
    """What the retention rules propose: nothing is erased until an administrator says so."""

    class Decision(models.TextChoices):
        OPEN = "OPEN", _("To be decided")
        ERASED = "ERASED", _("Erased")
        KEPT = "KEPT", _("Kept")

    ACCOUNT_PATH = "contact__account"
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="erasure_proposals")
    proposed_at = models.DateTimeField()
    quiet_since_date = models.DateField()
    decision = models.CharField(max_length=8, choices=Decision, default=Decision.OPEN)
    decided_at = models.DateTimeField(null=True)
    decided_by_name = models.CharField(max_length=150, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["quiet_since_date", "id"]
        constraints = [
            models.UniqueConstraint(fields=["contact"], condition=models.Q(decision="OPEN"), name="erasure_proposal_once"),
        ]
