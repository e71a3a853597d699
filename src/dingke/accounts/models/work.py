"""What people write and what they have to do: timeline notes and to-dos."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models.account import Account
from dingke.accounts.models.contact import Contact
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import Record


class Note(Record):
    """One entry of the timeline: what was said or done, when, with whom."""

    class Kind(models.TextChoices):
        NOTE = "NOTE", _("Note")
        CALL = "CALL", _("Call")
        MEETING = "MEETING", _("Meeting")
        MAIL = "MAIL", _("Mail")
        WECHAT = "WECHAT", _("WeChat")

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="notes")
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="notes")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.NOTE)
    text = models.TextField()
    at = models.DateTimeField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="notes")

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["account", "-at"], name="note_account")]

    @property
    def is_contact_made(self) -> bool:
        """Whether the entry counts as contact with the customer (for the pool rules)."""
        return self.kind != self.Kind.NOTE


class Todo(Record):
    """The next step: one thing to do for an account, by somebody, by a day."""

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="todos")
    title = models.CharField(max_length=200)
    reason = models.CharField(max_length=300, blank=True)
    due_date = models.DateField(null=True, blank=True)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="todos")
    done_at = models.DateTimeField(null=True, blank=True)
    source = models.CharField(max_length=40, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["due_date", "id"]
        indexes = [
            models.Index(fields=["assignee", "due_date"], condition=models.Q(done_at__isnull=True), name="todo_open"),
            models.Index(fields=["account", "due_date"], name="todo_account"),
        ]
