"""Rules tried before they are saved: who would change by a run with them. A job, because it reads the whole company."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import jobs
from dingke.core import rules as stored_rules
from dingke.core.access import needs
from dingke.core.jobs import Progress
from dingke.core.models import Job
from dingke.core.scope import Scope
from dingke.insights import access
from dingke.insights.actions.score import load_rules, preview_scores
from dingke.insights.calc.rules import GROUPS, Rules
from dingke.insights.queries.trials import TRY_KIND

TRIED = frozenset(Rules.__dataclass_fields__)
"""Groups of rules that a run judges by."""


def start_trial(*, group: str, values: Mapping[str, Any], by: Scope, now: datetime) -> Job:
    """Queues a dry run with other rules of one group. KeyError for a group that no run reads; Invalid for values that do not fit."""
    access.can_score(by).enforce()
    needs(by, "settings.edit").enforce()
    if group not in TRIED:
        raise KeyError(group)
    stored_rules.checked(GROUPS[group], values)
    return jobs.start(kind=TRY_KIND, params={"group": group, "values": {name: _plain(one) for name, one in values.items()}}, by=by, now=now)


def try_rules_job(progress: Progress) -> dict[str, Any]:
    """Handler of jobs of the kind "try_rules"."""
    by = Scope(user_id=progress.job.owner_id, name=progress.job.owner_name, sees_all=True, permissions=frozenset({"*"}))
    group = str(progress.params["group"])
    rules = replace(load_rules(), **{group: stored_rules.checked(GROUPS[group], progress.params["values"])})
    now = timezone.now()  # noqa: TID251 (called by the worker)
    found = preview_scores(by=by, now=now, rules=rules, progress=progress)
    changed = sum(part.number for part in (found.classes, found.faces, found.candidates, found.quiet))
    return {
        "preview": found.as_json(),
        "message": _("%(count)s changes in all; nothing was written.") % {"count": changed},
        "url": reverse("insights:tried_rules", args=[progress.job.pk]),
        "url_label": _("Who would change"),
    }


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else list(value) if isinstance(value, (tuple, frozenset)) else value
