"""How deals pass through the stages of a playbook: who entered, went on, went back or was lost there, and how long they stayed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import get_language

from dingke.core.scope import Scope
from dingke.pipeline.calc.reports import StageFigures, Stay, stage_figures
from dingke.pipeline.models import Opportunity, PlaybookVersion, StageSpell
from dingke.pipeline.queries.list_filter import DealFilter, filtered
from dingke.pipeline.queries.playbooks import content_of


@dataclass(frozen=True, slots=True)
class StageLine:
    """`over` are the deals that have been in the stage for longer than its limit; `wanted` and `over_wanted` open them."""

    label: str
    figures: StageFigures
    limit: int | None
    wanted: DealFilter
    over_wanted: DealFilter | None


@dataclass(frozen=True, slots=True)
class StageReport:
    version: PlaybookVersion
    lines: list[StageLine]
    median_to_win: Decimal | None


def stage_report(scope: Scope, wanted: DealFilter, version: PlaybookVersion, *, today: date) -> StageReport:
    """Figures from the history of stays: one query."""
    base = replace(wanted, state="", stage="", playbook=version.playbook_id)
    deals = filtered(scope, base, today=today)
    content = content_of(version)
    following = StageSpell.objects.filter(opportunity=OuterRef("opportunity"), pk__gt=OuterRef("pk")).order_by("pk").values("way")[:1]
    rows = (
        StageSpell.objects.filter(opportunity__in=deals.values("pk"))
        .annotate(following=Subquery(following))
        .order_by("pk")
        .values_list("stage", "entered_date", "left_date", "following", "opportunity__state", "opportunity__ended_date")
    )
    stays = [
        Stay(stage, max(0, ((left or ended or today) - entered).days), _end(next_way, state, left))
        for stage, entered, left, next_way, state, ended in rows.iterator(chunk_size=5_000)
    ]
    figures = stage_figures(stays, [stage.code for stage in content.stages])
    language = get_language() or "zh-hans"
    open_base = replace(base, state=Opportunity.State.OPEN.value)
    lines = [
        StageLine(
            stage.label.text(language), figure, stage.days, replace(open_base, stage=stage.code),
            replace(open_base, stage=stage.code, stage_days=stage.days) if stage.days else None,
        )
        for stage, figure in zip(content.stages, figures, strict=True)
    ]  # fmt: skip
    return StageReport(version, lines, _median_to_win(scope, base, today=today))


def _end(next_way: str | None, state: str, left: date | None) -> str:
    """How a stay ended; "" while it lasts."""
    if next_way:
        return next_way if next_way == StageSpell.Way.BACK else StageSpell.Way.FORWARD.value
    if state != Opportunity.State.OPEN:
        return state
    return "" if left is None else StageSpell.Way.BACK.value


def _median_to_win(scope: Scope, base: DealFilter, *, today: date) -> Decimal | None:
    won = filtered(scope, replace(base, state=Opportunity.State.WON.value), today=today).filter(Q(ended_date__isnull=False))
    days: Sequence[int] = sorted((ended - opened).days for opened, ended in won.values_list("opened_date", "ended_date") if ended)
    if not days:
        return None
    middle = len(days) // 2
    return Decimal(days[middle]) if len(days) % 2 else Decimal(days[middle - 1] + days[middle]) / 2
