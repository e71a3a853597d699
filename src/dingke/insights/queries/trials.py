"""What a dry run with other rules found, for the page that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from dingke.accounts.models import Account, FaceMark
from dingke.core import jobs
from dingke.core import rules as stored_rules
from dingke.core.errors import Invalid
from dingke.core.models import Job
from dingke.core.scope import Scope
from dingke.insights.calc.rules import GROUPS

TRY_KIND = "try_rules"


@dataclass(frozen=True)
class Moved:
    account_id: int
    name: str
    was: str
    will: str


@dataclass(frozen=True)
class Part:
    """One judgement: how many would change, from what to what, and the largest of them within the caller's reach."""

    title: str
    number: int
    moves: tuple[tuple[str, str, int], ...]
    rows: tuple[Moved, ...]


@dataclass(frozen=True)
class Trial:
    group: str
    rules: Any
    as_of: date
    parts: tuple[Part, ...]


def trial(scope: Scope, job_id: int) -> Trial | None:
    """None for another's, for one that has not ended, and for rules that do not hold any more."""
    job = jobs.job_for(scope, job_id)
    if job is None or job.kind != TRY_KIND or job.state != Job.State.DONE:
        return None
    group, found = str(job.params["group"]), job.result["preview"]
    try:
        rules: Any = stored_rules.checked(GROUPS[group], job.params["values"])
    except (Invalid, KeyError):
        return None
    names = {"classes": _("Class"), "faces": _("Proposed face"), "candidates": _("Candidates"), "quiet": _("Gone quiet")}
    ids = {one["account_id"] for name in names for one in found[name]["accounts"]}
    seen = {account.pk: account.shown_name for account in Account.objects.visible_to(scope).filter(pk__in=ids)}
    parts = tuple(_part(title, found[name], seen) for name, title in names.items())
    return Trial(group, rules, date.fromisoformat(found["as_of"]), parts)


def _part(title: str, found: dict[str, Any], seen: dict[int, str]) -> Part:
    moves = [(*key.split(">"), count) for key, count in found["counts"].items()]
    return Part(
        title,
        sum(found["counts"].values()),
        tuple((_word(was), _word(will), count) for was, will, count in sorted(moves, key=lambda move: -move[2])),
        tuple(
            Moved(one["account_id"], seen[one["account_id"]], _word(one["before"]), _word(one["after"]))
            for one in found["accounts"]
            if one["account_id"] in seen
        ),
    )


def _word(code: str) -> str:
    if code in FaceMark.Face.values:
        return str(FaceMark.Face(code).label)
    return {"": "—", "CANDIDATE": _("candidate"), "QUIET": _("quiet")}.get(code, code)
