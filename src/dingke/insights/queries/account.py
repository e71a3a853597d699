"""One account for the 360 page: its value card, class, face, trend over the runs, and why (A-13, A-10, A-18)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dingke.accounts.models import Account, FaceMark, Standing
from dingke.accounts.queries import account as accounts
from dingke.core.reasons import Label
from dingke.core.scope import Scope
from dingke.insights import access
from dingke.insights.calc import value
from dingke.insights.calc.faces import FACE_GUIDES, FaceGuide
from dingke.insights.models import Score, ScoreRun, ValueCard
from dingke.insights.queries.continuing import ContinuingShown, continuing_shown
from dingke.insights.queries.sentences import sentences

HISTORY = 12


@dataclass(frozen=True)
class Point:
    """One run in the history of an account."""

    day: str
    revenue: Decimal | None
    margin: Decimal | None
    abc: str
    rank: int | None


@dataclass(frozen=True)
class AccountValue:
    account: Account
    standing: Standing | None
    card: ValueCard | None
    result: value.ValueCard
    notes: list[str]
    class_reasons: list[str]
    face_reasons: list[str]
    weak_reasons: list[str]
    candidate_reasons: list[str]
    history: list[Point]
    quarters: list[tuple[str, Decimal | None, Decimal | None]]
    families: list[tuple[str, Decimal | None, Decimal | None]]
    faces: list[FaceMark]
    suggested_average: Decimal | None
    continuing: ContinuingShown | None
    may_edit: bool
    may_confirm: bool
    hides_cost: bool
    hides_amount: bool

    @property
    def face(self) -> FaceMark | None:
        """The confirmed face in force."""
        return self.faces[0] if self.faces else None

    @property
    def face_is_stale(self) -> bool:
        """The figures now propose another face than the confirmed one."""
        mark = self.face
        proposed = self.standing.proposed_face if self.standing else ""
        return mark is not None and (proposed or "NONE") != mark.face


def face_guides() -> tuple[FaceGuide, ...]:
    """What each face means and the extra step it asks for."""
    return FACE_GUIDES


def guide_of(face: str) -> FaceGuide | None:
    return next((guide for guide in FACE_GUIDES if guide.face.value == face), None)


def label_of(face: str) -> Label | None:
    guide = guide_of(face)
    return guide.label if guide else None


def proposed_face(account_id: int) -> str:
    """What the last run proposed, "" for none."""
    return Standing.objects.filter(account_id=account_id).order_by().values_list("proposed_face", flat=True).first() or ""


def account_value(scope: Scope, account_id: int) -> AccountValue:
    """Raises `NotVisible` when the account is not there for the caller. A fixed number of queries."""
    account = accounts.account_for(scope, account_id)
    standing = Standing.objects.filter(account=account).order_by().first()
    card = ValueCard.objects.filter(account=account).order_by().first()
    result = value.value_card(
        value.ValueInputs(
            total_value=card.total_value if card else None,
            total_cost=card.total_cost if card else None,
            planned_purchases=card.expected_purchases if card else None,
            average_purchase=card.average_purchase if card else None,
        )
    )
    evidence: dict[str, Any] = standing.evidence if standing else {}
    reasons = evidence.get("reasons", {})
    hides_amount, hides_cost = scope.hides("amount"), scope.hides("cost")
    scores = (
        Score.objects.filter(account=account, run__state=ScoreRun.State.DONE)
        .select_related("run")
        .defer("evidence")
        .order_by("-run_id")[:HISTORY]
    )
    average = standing.revenue / standing.orders_count if standing and standing.orders_count else None
    return AccountValue(
        account=account,
        standing=standing,
        card=card,
        result=result,
        notes=sentences(scope, [note.as_json() for note in result.notes if not note.code.endswith("_UNKNOWN")]),
        class_reasons=sentences(scope, reasons.get("class", [])),
        face_reasons=sentences(scope, reasons.get("face", [])),
        weak_reasons=sentences(scope, reasons.get("weak", [])),
        candidate_reasons=sentences(scope, reasons.get("candidate", [])),
        history=[_point(score, hides_amount, hides_cost) for score in reversed(scores)],
        quarters=[
            (name, _shown(revenue, hides_amount), _shown(profit, hides_cost)) for name, revenue, profit in evidence.get("quarters", [])
        ],
        families=[(name, _shown(now, hides_amount), _shown(before, hides_amount)) for name, now, before in evidence.get("families", [])],
        faces=list(FaceMark.objects.filter(account=account).select_related("confirmed_by").order_by("-confirmed_at", "-id")[:5]),
        suggested_average=None if hides_amount or average is None else average.quantize(Decimal("0.01")),
        continuing=continuing_shown(scope, evidence),
        may_edit=bool(access.can_edit_value(scope, account)),
        may_confirm=bool(access.can_confirm_face(scope, account)),
        hides_cost=hides_cost,
        hides_amount=hides_amount,
    )


def _point(score: Score, hides_amount: bool, hides_cost: bool) -> Point:
    margin = score.gross_profit / score.revenue if score.gross_profit is not None and score.revenue > 0 and not hides_cost else None
    return Point(score.run.as_of_date.isoformat(), None if hides_amount else score.revenue, margin, score.abc, score.rank)


def _shown(amount: str | None, is_hidden: bool) -> Decimal | None:
    return None if amount is None or is_hidden else Decimal(amount)
