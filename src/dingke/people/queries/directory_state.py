"""What an administrator is told about the organisation's directory: where it is, the last synchronisations, what is under way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from dingke.core import access
from dingke.core.models import ImportRun, Job
from dingke.core.scope import Scope
from dingke.people.models import User
from dingke.people.queries import directory_source

KINDS = ("directory_sync", "directory_preview")
LAST = 10


@dataclass(frozen=True, slots=True)
class DirectoryState:
    is_set: bool
    url: str
    base: str
    problem: str
    nightly: str
    people: int
    owned: Sequence[str]
    runs: Sequence[ImportRun]
    working: Job | None
    preview: Job | None
    failed: Job | None


def directory_state(scope: Scope) -> DirectoryState:
    access.needs(scope, "people.edit").enforce()
    problem, owned = "", frozenset[str]()
    if directory_source.is_set():
        try:
            owned = directory_source.source().owned
        except directory_source.DirectoryRefused as refusal:
            problem = refusal.message
    jobs = list(Job.objects.filter(kind__in=KINDS).order_by("-pk")[:20])
    last = jobs[0] if jobs else None
    return DirectoryState(
        is_set=directory_source.is_set(),
        url=str(settings.LDAP["url"]),
        base=str(settings.LDAP["base"]),
        problem=problem,
        nightly=settings.LDAP_AT,
        people=User.objects.exclude(directory_id="").filter(is_active=True).count(),
        owned=sorted(owned),
        runs=list(ImportRun.objects.filter(options__source="directory").order_by("-pk")[:LAST]),
        working=last if last is not None and last.is_open else None,
        preview=last if last is not None and last.kind == KINDS[1] and last.state == Job.State.DONE else None,
        failed=last if last is not None and last.state == Job.State.FAILED else None,
    )
