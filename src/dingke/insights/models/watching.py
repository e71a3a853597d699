"""The watch list (D-08): starred accounts are watched; this is up to where a person has read what changed at them."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class FeedMark(models.Model):
    """When a person last looked at the feed of the watched accounts."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="feed_mark")
    looked_at = models.DateTimeField()

    class Meta:
        ordering = ["user"]
