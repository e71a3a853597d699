"""Playbooks and their versions: what a version says, which one holds, which fits a product family."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core import rules
from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.pipeline import checks
from dingke.pipeline.calc.playbook import Content, KnownChecks, parse
from dingke.pipeline.calc.rules import PipelineRules
from dingke.pipeline.models import Opportunity, Playbook, PlaybookVersion

RULES = "pipeline"
Published = PlaybookVersion.State.PUBLISHED


def pipeline_rules() -> PipelineRules:
    """F-06 and what counts as history, as the administrator set it."""
    return rules.load(RULES, PipelineRules)


def known_checks() -> KnownChecks:
    return {check.code: check.params for check in checks.every()}


@lru_cache(maxsize=256)
def _parsed(text: str) -> Content:
    return parse(json.loads(text))


def content_of(version: PlaybookVersion) -> Content:
    """What a version says. A published one was checked before; a draft may raise `Unsound`."""
    return _parsed(json.dumps(version.content, sort_keys=True))


def contents(version_ids: Iterable[int]) -> dict[int, Content]:
    """The contents of many versions: one query."""
    rows = PlaybookVersion.objects.filter(pk__in=set(version_ids)).order_by("pk").only("pk", "content")
    return {row.pk: content_of(row) for row in rows}


def name_of(playbook: Playbook) -> str:
    return playbook.label_zh if (get_language() or "zh").startswith("zh") else playbook.label_en


def newest_published(playbook: Playbook) -> PlaybookVersion | None:
    return playbook.versions.filter(state=Published).order_by("-number").select_related("playbook").first()


def offered_versions() -> QuerySet[PlaybookVersion]:
    """The newest published version of every playbook that is in use: what a new deal may run in."""
    newest = PlaybookVersion.objects.filter(playbook=OuterRef("playbook"), state=Published).order_by("-number").values("pk")[:1]
    return (
        PlaybookVersion.objects.filter(playbook__archived_at__isnull=True, state=Published, pk=Subquery(newest))
        .select_related("playbook")
        .order_by("playbook__position", "playbook_id")
    )


def version_for_family(family: str, industry: str = "") -> PlaybookVersion | None:
    """The playbook that fits a product family: one that names it, else one of the mode of F-06, else the first project playbook."""
    offered = list(offered_versions())
    fitting = [one for one in offered if not one.playbook.industries or industry in one.playbook.industries]
    for one in fitting:
        if family and family in one.playbook.product_families:
            return one
    rule = pipeline_rules().of(family)
    if rule is not None:
        for one in fitting:
            if one.playbook.mode == rule.mode and not one.playbook.product_families:
                return one
    return next((one for one in fitting if one.playbook.mode == Playbook.Mode.PROJECT), offered[0] if offered else None)


def version_for(scope: Scope, version_id: int) -> PlaybookVersion:
    found = PlaybookVersion.objects.select_related("playbook").filter(pk=version_id).order_by("pk").first()
    if found is None:
        raise NotVisible(_("There is no such version of a playbook."))
    return found


def playbook_for(scope: Scope, playbook_id: int) -> Playbook:
    found = Playbook.objects.filter(pk=playbook_id).order_by("pk").first()
    if found is None:
        raise NotVisible(_("There is no such playbook."))
    return found


@dataclass(frozen=True, slots=True)
class PlaybookRow:
    playbook: Playbook
    name: str
    published: PlaybookVersion | None
    draft: PlaybookVersion | None
    content: Content | None
    running: int
    running_older: int


def playbook_rows(scope: Scope) -> list[PlaybookRow]:
    """Every playbook with its newest version and how many of the caller's deals run in it: four queries."""
    books = list(Playbook.objects.order_by("archived_at", "position", "pk"))
    versions: dict[int, list[PlaybookVersion]] = {}
    for version in PlaybookVersion.objects.filter(playbook__in=books).order_by("playbook", "-number"):
        versions.setdefault(version.playbook_id, []).append(version)
    counted = (
        Opportunity.objects.visible_to(scope)
        .filter(state=Opportunity.State.OPEN, archived_at__isnull=True)
        .order_by()
        .values("playbook_version")
        .annotate(number=Count("pk"))
    )
    running = {row["playbook_version"]: row["number"] for row in counted}
    found = []
    for book in books:
        own = versions.get(book.pk, [])
        published = next((one for one in own if one.state == Published), None)
        draft = next((one for one in own if one.state != Published), None)
        in_all = sum(running.get(one.pk, 0) for one in own)
        found.append(
            PlaybookRow(
                book, name_of(book), published, draft, content_of(published) if published else None, in_all,
                in_all - running.get(published.pk if published else 0, 0),
            )
        )  # fmt: skip
    return found


def versions_of(playbook: Playbook) -> QuerySet[PlaybookVersion]:
    """Every version, the newest first, with how many open deals run in it."""
    return playbook.versions.order_by("-number").annotate(
        running=Count("opportunities", filter=Q(opportunities__state=Opportunity.State.OPEN, opportunities__archived_at__isnull=True))
    )


def published_playbooks() -> QuerySet[Playbook]:
    """Playbooks whose stages another one may begin with."""
    return Playbook.objects.filter(archived_at__isnull=True, versions__state=Published).distinct().order_by("position", "pk")
