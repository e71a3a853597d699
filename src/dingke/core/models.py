"""Tables without business: audit trail, outbox, jobs, master lists, settings, custom fields, saved views, imports."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Record(models.Model):
    """What every edited row carries: when it came, when it changed, its version, and whether it is archived."""

    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    version = models.PositiveIntegerField(default=1)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class AuditEntry(models.Model):
    """Who changed what, when, from what to what. `changes` maps a field to [before, after]."""

    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    action = models.CharField(max_length=80)
    target = models.CharField(max_length=80)
    target_id = models.BigIntegerField()
    account_id = models.BigIntegerField(null=True)
    summary = models.CharField(max_length=300, blank=True)
    changes = models.JSONField(default=dict)
    trace_id = models.CharField(max_length=32, blank=True)

    class Meta:
        ordering = ["-at", "-id"]
        indexes = [
            models.Index(fields=["account_id", "-at"], name="audit_by_account"),
            models.Index(fields=["target", "target_id", "-at"], name="audit_by_target"),
            models.Index(fields=["-at"], name="audit_by_time"),
            models.Index(fields=["actor_id", "-at"], name="audit_by_actor"),
            models.Index(fields=["action", "-at"], name="audit_by_action"),
        ]


class OutboxEvent(models.Model):
    """Every published event, written in the transaction of the change; webhooks and mails read from here."""

    name = models.CharField(max_length=80)
    payload = models.JSONField()
    at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["id"], condition=models.Q(delivered_at=None), name="outbox_waiting")]


class Job(models.Model):
    """Long work with progress: an import, a score run, an export. Its handler is named in config/wiring.py."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        RUNNING = "RUNNING", _("Running")
        DONE = "DONE", _("Done")
        FAILED = "FAILED", _("Failed")
        CANCELLED = "CANCELLED", _("Cancelled")

    kind = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    owner_id = models.BigIntegerField(null=True)
    owner_name = models.CharField(max_length=150, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True)
    message = models.CharField(max_length=300, blank=True)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    trace_id = models.CharField(max_length=32, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["owner_id", "-id"], name="job_by_owner"),
            models.Index(fields=["state", "heartbeat_at"], name="job_by_state"),
        ]

    @property
    def percent(self) -> int | None:
        return min(100, int(100 * self.done / self.total)) if self.total else None

    @property
    def is_open(self) -> bool:
        return self.state in {self.State.WAITING, self.State.RUNNING}


class ListItem(models.Model):
    """A row of an editable master list (industries, regions, sources …) with both labels."""

    list_code = models.CharField(max_length=40)
    code = models.CharField(max_length=60)
    label_zh = models.CharField(max_length=120)
    label_en = models.CharField(max_length=120)
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    is_own = models.BooleanField(default=True, help_text=_("Added here, not shipped with the product"))
    data = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["list_code", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["list_code", "code"], name="list_item_code")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        first, second = (self.label_zh, self.label_en) if (get_language() or "zh").startswith("zh") else (self.label_en, self.label_zh)
        return first or second or self.code


class Setting(models.Model):
    """One group of rules (guard thresholds, pool rules …), versioned: the newest row of a key is in force."""

    key = models.CharField(max_length=60)
    version = models.PositiveIntegerField()
    value = models.JSONField()
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["key", "-version"]
        constraints = [models.UniqueConstraint(fields=["key", "version"], name="setting_version")]


class CustomField(models.Model):
    """Definition of a typed custom field; values live in the record's `custom` JSON column under `key`."""

    class Kind(models.TextChoices):
        TEXT = "TEXT", _("Text")
        NUMBER = "NUMBER", _("Number")
        DATE = "DATE", _("Date")
        BOOLEAN = "BOOLEAN", _("Yes or no")
        CHOICE = "CHOICE", _("Choice")

    target = models.CharField(max_length=40)
    key = models.SlugField(max_length=40)
    label_zh = models.CharField(max_length=80)
    label_en = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TEXT)
    options = models.JSONField(default=list, blank=True)
    is_required = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["target", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["target", "key"], name="custom_field_key")]

    @property
    def label(self) -> str:
        return self.label_zh if (get_language() or "zh").startswith("zh") else (self.label_en or self.label_zh)


class SavedView(models.Model):
    """A named set of filters, columns and order of a list page; own or shared with everybody."""

    page = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    query = models.JSONField(default=dict)
    owner_id = models.BigIntegerField()
    is_shared = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["page", "position", "id"]
        constraints = [models.UniqueConstraint(fields=["page", "owner_id", "name"], name="saved_view_name")]


def _upload_path(instance: ImportFile, filename: str) -> str:
    return f"imports/{uuid.uuid4().hex}/{filename[-80:]}"


class ImportRun(models.Model):
    """One import from upload to undo. Progress is the job's; what it wrote is in `ImportChange`."""

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("Being set up")
        RUNNING = "RUNNING", _("Running")
        DONE = "DONE", _("Done")
        FAILED = "FAILED", _("Failed")
        UNDOING = "UNDOING", _("Being undone")
        UNDONE = "UNDONE", _("Undone")

    class Mode(models.TextChoices):
        CREATE = "CREATE", _("Create only")
        UPDATE = "UPDATE", _("Update only")
        BOTH = "BOTH", _("Create and update")

    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.BOTH)
    title = models.CharField(max_length=200)
    owner_id = models.BigIntegerField(null=True)
    owner_name = models.CharField(max_length=150, blank=True)
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="import_runs")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    options = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]


class ImportFile(models.Model):
    """One table of an import: where it lies, what it is read as, and how its columns map."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="files")
    position = models.PositiveIntegerField(default=0)
    name = models.CharField(max_length=200)
    file = models.FileField(upload_to=_upload_path)
    target = models.CharField(max_length=40, blank=True)
    reading = models.JSONField(default=dict)
    mapping = models.JSONField(default=dict)
    value_mapping = models.JSONField(default=dict)
    notices = models.JSONField(default=list)
    rows_total = models.PositiveBigIntegerField(null=True)
    rows_done = models.PositiveBigIntegerField(default=0)
    counts = models.JSONField(default=dict)

    class Meta:
        ordering = ["run", "position", "id"]


class ImportFailure(models.Model):
    """A row that could not be taken, whole, with the reason: the failed-rows file is made of these."""

    file = models.ForeignKey(ImportFile, on_delete=models.CASCADE, related_name="failures")
    row_number = models.PositiveBigIntegerField()
    values = models.JSONField()
    reason_zh = models.CharField(max_length=500)
    reason_en = models.CharField(max_length=500)

    class Meta:
        ordering = ["file", "row_number", "id"]


class ImportChange(models.Model):
    """What an import wrote, so that it can be undone: a created row, or the fields that an update replaced."""

    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="changes")
    target = models.CharField(max_length=80)
    target_id = models.BigIntegerField()
    is_created = models.BooleanField()
    before = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["run", "-id"], name="import_change_run")]


class MappingMemory(models.Model):
    """The mapping that was last confirmed for files with these headers."""

    target = models.CharField(max_length=40)
    headers_key = models.CharField(max_length=64)
    mapping = models.JSONField()
    value_mapping = models.JSONField(default=dict)
    used_at = models.DateTimeField()

    class Meta:
        ordering = ["-used_at"]
        constraints = [models.UniqueConstraint(fields=["target", "headers_key"], name="mapping_memory_key")]


class StagedRow(models.Model):
    """An imported row whose domain is not there yet, kept whole until it is."""

    run = models.ForeignKey(ImportRun, null=True, on_delete=models.SET_NULL, related_name="staged_rows")
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    values = models.JSONField()

    class Meta:
        ordering = ["kind", "id"]
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="staged_row_key")]


class IdempotencyKey(models.Model):
    """The answer to a write that named a key, so that sending it twice writes once."""

    actor_id = models.BigIntegerField()
    key = models.CharField(max_length=100)
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    answer = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["actor_id", "key"], name="idempotency_key_once")]
        indexes = [models.Index(fields=["at"], name="idempotency_key_age")]


def snapshot_of(record: models.Model, fields: list[str]) -> dict[str, Any]:
    """Field values of a record as JSON-ready values, foreign keys as ids."""
    values: dict[str, Any] = {}
    for name in fields:
        field = record._meta.get_field(name)
        value = getattr(record, getattr(field, "attname", name))
        values[name] = value if value is None or isinstance(value, (bool, int, str, list, dict)) else str(value)
    return values
