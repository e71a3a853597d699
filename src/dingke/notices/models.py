"""A notice, how it is delivered, and what each person wants to hear and where."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.core.models import OutboxEvent, Record
from dingke.core.secret_text import SealedTextField


class Notice(models.Model):
    """Something told to one person. The words are a text in English with its values, translated when they are read.

    The subject is what rights are checked by whenever the notice is read or sent; `key` says the same thing once.
    """

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=20, blank=True)
    subject_id = models.BigIntegerField(default=0)
    key = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=200)
    body = models.CharField(max_length=300, blank=True)
    values = models.JSONField(default=dict)
    link = models.CharField(max_length=300, blank=True)
    count = models.PositiveIntegerField(default=1)
    is_listed = models.BooleanField(default=True, help_text=_("Shown in the inbox; else it only goes out by mail or bot"))
    created_at = models.DateTimeField()
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    hidden_at = models.DateTimeField(null=True, blank=True)  # its subject is no longer the reader's to see

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "kind", "subject", "subject_id", "key"], condition=~models.Q(key=""), name="notice_said_once"
            )
        ]
        indexes = [
            models.Index(fields=["recipient", "-at", "-id"], name="notice_inbox"),
            models.Index(
                fields=["recipient", "id"],
                condition=models.Q(is_listed=True, read_at__isnull=True, archived_at__isnull=True, hidden_at__isnull=True),
                name="notice_unread",
            ),
            models.Index(fields=["subject", "subject_id", "kind"], name="notice_subject"),
            models.Index(fields=["read_at"], condition=models.Q(read_at__isnull=False), name="notice_read"),
        ]


class Bot(Record):
    """A robot of a group chat or another service, as an Apprise address. Without an owner it speaks for the company.

    The address is a secret: whoever has it can post. It lies sealed in the database and is never shown whole again.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="bots")
    name = models.CharField(_("Name"), max_length=60)
    address = SealedTextField(_("Address"))
    kinds = models.JSONField(default=list, blank=True)  # of company bots: the kinds of notices they say
    is_active = models.BooleanField(default=True)
    last_sent_at = models.DateTimeField(null=True, blank=True)
    last_problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["name", "id"]
        indexes = [models.Index(fields=["owner", "is_active"], name="bot_owner")]


class Delivery(models.Model):
    """One notice on one way out. WAITING until `due_at`, SENDING while a worker holds it, then SENT, SKIPPED or GIVEN_UP."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        SENDING = "SENDING", _("Being sent")
        SENT = "SENT", _("Sent")
        SKIPPED = "SKIPPED", _("Not sent")
        GIVEN_UP = "GIVEN_UP", _("Given up")

    class Channel(models.TextChoices):
        MAIL = "MAIL", _("Mail at once")
        DIGEST = "DIGEST", _("Daily digest")
        BOT = "BOT", _("Bot")
        COMPANY_BOT = "COMPANY_BOT", _("Bot of the company")

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=12, choices=Channel)
    bot = models.ForeignKey(Bot, null=True, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    queued_at = models.DateTimeField(null=True, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["notice", "channel"], condition=models.Q(bot__isnull=True), name="delivery_once"),
            models.UniqueConstraint(
                fields=["notice", "channel", "bot"], condition=models.Q(bot__isnull=False), name="delivery_once_by_bot"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(state="WAITING"), name="delivery_waiting"),
            models.Index(fields=["state", "-id"], name="delivery_state"),
        ]


class Preference(models.Model):
    """One person's choice for one kind of notice; without a row the kind's own routing applies."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_preferences")
    kind = models.CharField(max_length=40)
    inbox = models.BooleanField(default=True)
    mail = models.CharField(max_length=6, default="OFF")
    bot = models.BooleanField(default=False)

    class Meta:
        ordering = ["user", "kind"]
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="notice_preference_once")]


class Rhythm(models.Model):
    """When a person hears: quiet hours by the person's own clock, and the hour of the digest."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_rhythm")
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)
    quiet_days = models.JSONField(default=list, blank=True)
    time_zone = models.CharField(max_length=60, blank=True)
    digest_hour = models.PositiveSmallIntegerField(default=8)
    last_digest_date = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["user"]


class Webhook(Record):
    """A program of the company that is told of events by HTTP, signed as Standard Webhooks say.

    Address and keys lie sealed in the database. After a change of keys the old one signs beside the new one until `old_secret_until`.
    """

    name = models.CharField(_("Name"), max_length=60)
    address = SealedTextField(_("Address"))
    secret = SealedTextField()
    old_secret = SealedTextField(blank=True, default="")
    old_secret_until = models.DateTimeField(null=True, blank=True)
    events = models.JSONField(default=list)  # names of events, as in the outbox
    is_active = models.BooleanField(default=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="webhooks")
    last_sent_at = models.DateTimeField(null=True, blank=True)
    last_problem = models.CharField(max_length=300, blank=True)
    failures = models.PositiveIntegerField(default=0)  # one after another
    failing_since = models.DateTimeField(null=True, blank=True)
    rests_until = models.DateTimeField(null=True, blank=True)
    switched_off_at = models.DateTimeField(null=True, blank=True)  # by the system
    queued_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "id"]


class WebhookDelivery(models.Model):
    """One event for one webhook; without an event a test. States as of `Delivery`."""

    State = Delivery.State

    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(OutboxEvent, null=True, on_delete=models.CASCADE, related_name="webhook_deliveries")
    message_id = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=Delivery.State, default=Delivery.State.WAITING)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)  # what the other side answered last
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["webhook", "event"], name="webhook_event_once")]
        indexes = [
            models.Index(fields=["webhook", "due_at"], condition=models.Q(state="WAITING"), name="webhook_waiting"),
            models.Index(fields=["webhook", "state", "-id"], name="webhook_log"),
        ]
