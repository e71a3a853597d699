"""The guides of the lifecycle stages as the company keeps them, and what the figures propose to one account (D-01)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import get_language

from dingke.accounts.calc.lifecycle import GUIDE_OF, SENTENCES, TELL_AMOUNTS, GuideEdits, LifecycleStage, StageGuide
from dingke.accounts.models import Account, StageDismissal, Standing
from dingke.core import rules
from dingke.core.models import Setting
from dingke.core.reasons import Reason
from dingke.core.scope import Scope

GUIDES = "accounts.stage_guides"


@dataclass(frozen=True)
class Proposal:
    """What the figures propose; `reasons` in the reader's language, without what the role does not see. With a `dismissed_reason`:
    somebody said no and the figures have not changed since."""

    stage: str
    label: str
    reasons: tuple[str, ...]
    dismissed_reason: str = ""
    dismissed_by: str = ""
    dismissed_at: datetime | None = None

    @property
    def is_dismissed(self) -> bool:
        return self.dismissed_at is not None


def guide_edits() -> GuideEdits:
    return rules.load(GUIDES, GuideEdits)


def stage_guides() -> tuple[StageGuide, ...]:
    """Strategy and standard actions of each stage, as the company keeps them."""
    return guide_edits().guides()


def guide_versions() -> list[Setting]:
    return list(Setting.objects.filter(key=GUIDES).order_by("-version")[:10])


def stage_label(stage: str) -> str:
    return GUIDE_OF[LifecycleStage(stage)].label.text(get_language() or "zh-hans")


def stored_reasons(standing: Standing) -> list[dict[str, Any]]:
    evidence = standing.evidence if isinstance(standing.evidence, dict) else {}
    return list(evidence.get("reasons", {}).get("stage", []))


def told(scope: Scope, stored: Iterable[Mapping[str, object]]) -> tuple[str, ...]:
    """Stored reasons as sentences; how turnover changed is not for a role that does not see amounts."""
    language = get_language() or "zh-hans"
    reasons = [Reason.from_json(one) for one in stored]
    hides = scope.hides("amount")
    return tuple(SENTENCES.text(one, language) for one in reasons if one.code in SENTENCES and not (hides and one.code in TELL_AMOUNTS))


def proposal_for(scope: Scope, account: Account) -> Proposal | None:
    """The proposed stage of a visible account, or the one that was dismissed; None when the figures and the stage agree."""
    standing = getattr(account, "standing", None)
    if standing is not None and standing.proposed_stage and standing.proposed_stage != account.lifecycle_stage:
        return Proposal(standing.proposed_stage, stage_label(standing.proposed_stage), told(scope, stored_reasons(standing)))
    row = StageDismissal.objects.filter(account=account, ended_at__isnull=True).order_by("-pk").first()
    if row is None or row.stage == account.lifecycle_stage:
        return None
    return Proposal(row.stage, stage_label(row.stage), told(scope, row.reasons), row.reason, row.by_name, row.at)


def guide_of(stage: str) -> StageGuide:
    return next(guide for guide in stage_guides() if guide.stage is LifecycleStage(stage))
