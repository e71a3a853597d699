"""The funnel of a playbook (P-08, balance rule of F-12): how many deals stand at each stage against the needed profile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import Count, Sum
from django.utils.translation import get_language

from dingke.core import rules
from dingke.core.money import rounded
from dingke.core.reasons import Label
from dingke.core.scope import Scope
from dingke.pipeline.calc import funnel as method
from dingke.pipeline.calc.funnel import Fill, FunnelSettings, Level
from dingke.pipeline.models import Opportunity, PlaybookVersion
from dingke.pipeline.queries.list_filter import DealFilter, filtered, groups_of
from dingke.pipeline.queries.playbooks import content_of

RULES = "pipeline_funnel"


@dataclass(frozen=True, slots=True)
class FunnelLine:
    """A stage of the funnel; `wanted` opens its deals."""

    fill: Fill
    label: str
    amount: Decimal | None
    wanted: DealFilter


@dataclass(frozen=True, slots=True)
class Funnel:
    version: PlaybookVersion
    lines: list[FunnelLine]
    sentence: str
    is_balanced: bool
    has_profile: bool


def settings_in_force() -> FunnelSettings:
    return rules.load(RULES, FunnelSettings)


def funnel(scope: Scope, wanted: DealFilter, version: PlaybookVersion, *, today: date) -> Funnel:
    """Counts and sums by the database, judged against the profile of the playbook."""
    base = replace(wanted, state=Opportunity.State.OPEN.value, playbook=version.playbook_id, stage="")
    rows = filtered(scope, base, today=today).values("stage").annotate(number=Count("pk"), whole=Sum("amount")).order_by("stage")
    found = {row["stage"]: row for row in groups_of(rows)}
    content = content_of(version)
    needed = settings_in_force().of(version.playbook.code)
    levels = [Level(stage.code, found.get(stage.code, {}).get("number", 0), needed.get(stage.code)) for stage in content.stages]
    judged = method.fills(levels)
    labels: dict[str, Label] = {stage.code: stage.label for stage in content.stages}
    verdict = method.verdict(judged, labels)
    language = get_language() or "zh-hans"
    hides = scope.hides("amount")
    return Funnel(
        version,
        [
            FunnelLine(
                fill, labels[fill.code].text(language),
                None if hides else rounded(found.get(fill.code, {}).get("whole") or Decimal(0)), replace(base, stage=fill.code),
            )
            for fill in judged
        ],
        method.SENTENCES.text(verdict, language),
        verdict.code == "BALANCED",
        verdict.code != "NO_PROFILE",
    )  # fmt: skip
