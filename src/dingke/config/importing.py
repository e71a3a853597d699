"""What follows an import of the whole company: the search for duplicates among what came in."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from dingke.accounts.actions import duplicates
from dingke.core.importing import engine
from dingke.core.jobs import Progress
from dingke.core.scope import Scope


def import_and_compare(progress: Progress) -> dict[str, Any]:
    """The import's job handler: runs it, then queues the search for duplicates when accounts came in."""
    result = engine.run_import(progress)
    if result.get("counts", {}).get("accounts", {}).get("created"):
        duplicates.start_search(by=Scope.system(), now=timezone.now())
    return result
