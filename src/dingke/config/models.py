"""What the installation knows about itself: the versions it has been, its living processes, and its work by the clock."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Release(models.Model):
    """A version of the product that brought these tables up to date."""

    version = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]


class Beat(models.Model):
    """A process of the system that says every few seconds that it lives. Rows of dead ones are cleared away after a day."""

    class Kind(models.TextChoices):
        WEB = "WEB", _("Web server")
        WORKER = "WORKER", _("Worker")
        SCHEDULER = "SCHEDULER", _("Scheduler")

    kind = models.CharField(max_length=12, choices=Kind)
    host = models.CharField(max_length=120)
    process = models.PositiveIntegerField()
    version = models.CharField(max_length=40)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()

    class Meta:
        ordering = ["kind", "host", "process", "id"]


class DutyRun(models.Model):
    """The last time that a duty of the scheduler was taken, by whom, and how it ended."""

    name = models.CharField(max_length=60, unique=True)
    holder = models.CharField(max_length=160, blank=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]
