"""The API's door to the portfolio, assessments and warnings."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Status

from dingke.core import access
from dingke.core.doors import DoorRequest
from dingke.core.errors import Invalid
from dingke.core.rest import PageOf, ProblemOut, checked_size, projected, write_once
from dingke.insights import queries
from dingke.insights.actions import reactions
from dingke.insights.queries import alerts as reads
from dingke.insights.queries import assessments
from dingke.insights.queries.alerts import AlertFilter, AlertRow
from dingke.insights.schemas import AlertOut, AssessmentDimensionOut, AssessmentOut, AssessmentPartOut, CloseIn, SnoozeIn

router = Router(tags=["insights"])
PROBLEMS = {401: ProblemOut, 403: ProblemOut, 404: ProblemOut, 409: ProblemOut, 422: ProblemOut}
account_router = Router(tags=["insights"])  # what hangs on one account, beside the accounts of the lower domain


@router.get("/portfolio", response={200: dict[str, Any], 401: ProblemOut, 403: ProblemOut})
def portfolio(request: DoorRequest) -> dict[str, Any]:
    """Which customers carry the business, over what the caller sees."""
    access.needs(request.scope, "insights.see").enforce()
    return queries.report_portfolio(request.scope)


@account_router.get("/{int:account_id}/assessments", response={200: list[AssessmentOut], 401: ProblemOut, 403: ProblemOut, 404: ProblemOut})
def list_assessments(request: DoorRequest, account_id: int) -> list[dict[str, Any]]:
    """The value assessments of an account, the newest first, each with its dimensions and parts and why."""
    access.needs(request.scope, "insights.see").enforce()
    return [assessment_out(one).model_dump(mode="json") for one in assessments.finished(request.scope, account_id)]


def assessment_out(one: assessments.Shown) -> AssessmentOut:
    row = one.row
    assert row.assessed_date is not None  # a finished assessment has both
    assert row.total is not None
    return AssessmentOut(
        id=row.pk,
        version=row.version,
        assessed_date=row.assessed_date,
        level=row.level,
        level_before=row.level_before,
        total=row.total,
        strategy=one.strategy,
        tier=one.tier,
        next_date=row.next_date,
        rated_by=row.rated_by_name,
        rules_version=row.rules_version,
        long_term=row.long_term,
        customer_talk=row.customer_talk,
        adjustments=row.adjustments,
        dimensions=[
            AssessmentDimensionOut(
                code=dimension.dimension,
                weight=dimension.weight,
                score=None if dimension.score is None else round(dimension.score, 2),
                parts=[_part_out(part) for part in one.parts[dimension.dimension]],
            )
            for dimension in one.result.dimensions
        ],
    )


def _part_out(part: assessments.ShownPart) -> AssessmentPartOut:
    score, row = part.score, part.row
    return AssessmentPartOut(
        code=part.guide.code,
        is_measured=part.guide.is_measured,
        value=None if part.is_hidden else score.value,
        score=None if part.is_hidden or score.score is None else round(score.score, 2),
        weight=round(score.share, 4),
        why=part.sentence,
        note=row.note if row else "",
        evidence=row.evidence if row else "",
        link=row.link if row else "",
        evidence_date=row.evidence_date if row else None,
    )


def alert_out(row: AlertRow) -> AlertOut:
    alert = row.alert
    return AlertOut(
        id=alert.pk, account_id=alert.account_id, account=alert.account.name, signal=alert.signal, label=row.label,
        category=alert.category, state=alert.state, owner_id=alert.owner_id, probability=alert.probability, value=row.value,
        expected_loss=row.loss, sentences=list(row.sentences), proposed_action=row.action, raised_at=alert.raised_at,
        snoozed_until=alert.snoozed_until, act=alert.act, outcome=alert.outcome, close_reason=alert.close_reason,
        closed_at=alert.closed_at,
    )  # fmt: skip


@router.get("/alerts", response={200: PageOf, **PROBLEMS})
def list_alerts(
    request: DoorRequest, cursor: str = "", size: int = 50, fields: str = "", who: str = "all", state: str = "living", signal: str = "",
    abc: str = "", account_id: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Warnings by expected loss. `who`: mine, team or all; `state`: living, waiting or a state such as CLOSED."""
    access.needs(request.scope, "insights.see").enforce()
    if state not in reads.STATES:
        raise Invalid(_("This state does not exist."), fields={"state": ", ".join(reads.STATES)})
    wanted = AlertFilter(who=who, state=state, signal=signal, abc=abc, account_id=account_id)
    today = timezone.localdate(timezone.now())
    page, rows = reads.alert_page(request.scope, wanted, today=today, cursor=cursor or None, size=checked_size(size))
    return {"items": projected(AlertOut, rows, alert_out, fields), "next": page.next_cursor}


@router.post("/alerts/{int:alert_id}/snooze", response={200: AlertOut, **PROBLEMS})
def snooze_alert(request: DoorRequest, alert_id: int, body: SnoozeIn) -> Status[Any]:
    """Silent until a day, for a reason; earlier when it becomes clearly worse."""
    now = timezone.now()
    alert = reads.alert_for(request.scope, alert_id)

    def write() -> tuple[int, dict[str, Any]]:
        until = body.until or timezone.localdate(now)
        row = reactions.snooze_alert(alert=alert, until=until, reason=body.reason, by=request.scope, now=now)
        return 200, alert_out(reads.row_of(request.scope, row, today=timezone.localdate(now))).model_dump(mode="json")

    return write_once(request, write)


@router.post("/alerts/{int:alert_id}/close", response={200: AlertOut, **PROBLEMS})
def close_alert(request: DoorRequest, alert_id: int, body: CloseIn) -> Status[Any]:
    """Closes a warning with its outcome."""
    now = timezone.now()
    alert = reads.alert_for(request.scope, alert_id)

    def write() -> tuple[int, dict[str, Any]]:
        row = reactions.close_alert(alert=alert, outcome=body.outcome, reason=body.reason, by=request.scope, now=now)
        return 200, alert_out(reads.row_of(request.scope, row, today=timezone.localdate(now))).model_dump(mode="json")

    return write_once(request, write)
