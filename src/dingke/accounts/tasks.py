"""Long work of the customer base: what the worker runs."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.actions import duplicates
from dingke.core.jobs import Progress


def find_duplicates(progress: Progress) -> dict[str, Any]:
    """Job "find_duplicates": compares the accounts of the whole company."""
    result = duplicates.find_duplicates(now=timezone.now(), tell=progress.tell)
    return {**result, "url": reverse("accounts:duplicates"), "url_label": _("Show the pairs")}
