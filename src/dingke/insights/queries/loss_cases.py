"""Cases "risk of loss" and the risk register: lists, one case, the report by reason and by rival (D-11, B-17)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.access import can_edit
from dingke.accounts.models import Account, Competitor, Contact
from dingke.core.access import Answer
from dingke.core.errors import NotVisible
from dingke.core.models import ListItem
from dingke.core.paging import Page, keyset_page
from dingke.core.periods import Period
from dingke.core.scope import Scope
from dingke.insights.calc import cases as method
from dingke.insights.models import CaseStep, LossCase, Risk
from dingke.insights.queries.alerts import AlertRow, alerts_of_account, row_of

SIZE = 30
SHOWN = 12


@dataclass(frozen=True)
class StepRow:
    step: CaseStep
    label: str
    people: tuple[str, ...]
    is_late: bool


@dataclass(frozen=True)
class CaseView:
    """One case with everything its page shows."""

    case: LossCase
    steps: list[StepRow]
    response: str
    value: Decimal | None
    may_edit: Answer
    alert: AlertRow | None
    days_left: int

    @property
    def next_step(self) -> StepRow | None:
        return next((row for row in self.steps if row.step.done_at is None), None)


@dataclass(frozen=True)
class CaseRow:
    case: LossCase
    value: Decimal | None
    done: int
    steps: int
    next_label: str
    next_due: date | None
    is_late: bool


@dataclass(frozen=True)
class ReportLine:
    """Cases of one reason or rival, by result; amounts None when hidden."""

    label: str
    number: int
    kept: int
    partly: int
    lost: int
    value: Decimal | None
    lost_value: Decimal | None


@dataclass(frozen=True)
class CaseReport:
    period: Period
    open_number: int
    open_value: Decimal | None
    late: int
    total: ReportLine
    by_reason: list[ReportLine]
    by_rival: list[ReportLine]
    by_kind: list[ReportLine]

    @property
    def kept_share(self) -> Decimal | None:
        return Decimal(self.total.kept) / self.total.number if self.total.number else None


def _visible(scope: Scope) -> QuerySet[LossCase]:
    return LossCase.objects.visible_to(scope).filter(account__archived_at__isnull=True)


def case_page(
    scope: Scope, *, state: str, today: date, cursor: str | None = None, size: int = SIZE
) -> tuple[Page[LossCase], list[CaseRow]]:
    """Open cases by their deadline; closed ones the latest first."""
    rows = _visible(scope).filter(state=state).select_related("account", "owner", "rival", "reason").prefetch_related("steps")
    order = ["deadline_date", "pk"] if state == LossCase.State.OPEN else ["-closed_at", "pk"]
    page = keyset_page(rows, order=order, size=size, cursor=cursor)
    return page, [_row(scope, case, today) for case in page.items]


def _row(scope: Scope, case: LossCase, today: date) -> CaseRow:
    steps = sorted(case.steps.all(), key=lambda step: step.place)
    following = next((step for step in steps if step.done_at is None), None) if case.state == LossCase.State.OPEN else None
    return CaseRow(
        case=case,
        value=None if scope.hides("amount") else case.value,
        done=sum(1 for step in steps if step.done_at),
        steps=len(steps),
        next_label=step_label(following.code) if following else "",
        next_due=following.due_date if following else None,
        is_late=following is not None and following.due_date < today,
    )


def step_label(code: str) -> str:
    return method.STEP_LABELS[method.StepCode(code)].text(get_language() or "zh-hans")


def case_for(scope: Scope, case_id: int) -> LossCase:
    """One case. Raises `NotVisible`."""
    rows = LossCase.objects.visible_to(scope).select_related("account", "account__owner", "owner", "rival", "reason", "alert")
    found = rows.filter(pk=case_id).order_by("pk").first()
    if found is None:
        raise NotVisible(_("There is no such case, or its account is not shared with you."))
    return found


def case_view(scope: Scope, case_id: int, *, today: date) -> CaseView:
    case = case_for(scope, case_id)
    steps = list(CaseStep.objects.filter(case=case).order_by("place"))
    ids = {pk for step in steps for pk in step.talked_to}
    names = dict(Contact.objects.filter(pk__in=ids, account=case.account).order_by().values_list("pk", "name"))
    language = get_language() or "zh-hans"
    alert = case.alert
    if alert is not None:
        alert.account = case.account
    return CaseView(
        case=case,
        steps=[
            StepRow(
                step,
                step_label(step.code),
                tuple(names[pk] for pk in step.talked_to if pk in names),
                step.done_at is None and step.due_date < today and case.state == LossCase.State.OPEN,
            )
            for step in steps
        ],
        response=method.RESPONSES[method.CaseKind(case.kind)].text(language),
        value=None if scope.hides("amount") else case.value,
        may_edit=can_edit(scope, case.account),
        alert=row_of(scope, alert, today=today) if alert is not None else None,
        days_left=(case.deadline_date - today).days,
    )


def step_for(case: LossCase, place: int) -> CaseStep:
    found = CaseStep.objects.filter(case=case, place=place).order_by("pk").first()
    if found is None:
        raise NotVisible(_("There is no such step."))
    return found


def contacts_of(account: Account) -> QuerySet[Contact]:
    """The people at the customer who are there."""
    return Contact.objects.filter(account=account, archived_at__isnull=True, left_date__isnull=True).order_by("-is_main", "pinyin", "pk")


def rivals() -> QuerySet[Competitor]:
    return Competitor.objects.order_by("name")


def reasons() -> QuerySet[ListItem]:
    return ListItem.objects.filter(list_code="loss_reasons", is_active=True).order_by("position", "pk")


# ---- report ------------------------------------------------------------------------------------------------------------


def case_report(scope: Scope, *, period: Period, today: date) -> CaseReport:
    """Cases closed in the period by reason, rival and kind, by the database; beside them what is open now."""
    hides = scope.hides("amount")
    start, end = (timezone.make_aware(timezone.datetime(day.year, day.month, day.day)) for day in (period.start, period.end))  # type: ignore[attr-defined]
    closed = _visible(scope).filter(state=LossCase.State.CLOSED, closed_at__gte=start, closed_at__lt=end).order_by()
    living = _visible(scope).filter(state=LossCase.State.OPEN).order_by()
    late = CaseStep.objects.filter(case__in=living.values("pk"), done_at__isnull=True, due_date__lt=today)
    now = living.aggregate(number=Count("pk"), value=Sum("value"), late=Count("pk", filter=Q(pk__in=late.order_by().values("case_id"))))
    chinese = (get_language() or "zh").startswith("zh")
    reason_label = "reason__label_zh" if chinese else "reason__label_en"
    kinds = dict(LossCase.Kind.choices)
    return CaseReport(
        period=period,
        open_number=now["number"],
        open_value=None if hides else now["value"] or Decimal(0),
        late=now["late"],
        total=_line(_("All"), closed.aggregate(**_sums()), hides),
        by_reason=_lines(closed, reason_label, hides, missing=_("No reason given")),
        by_rival=_lines(closed.filter(rival__isnull=False), "rival__name", hides),
        by_kind=[_line(str(kinds.get(row["kind"], row["kind"])), row, hides) for row in _grouped(closed, "kind")],
    )


def _grouped(rows: QuerySet[LossCase], by: str) -> list[dict[str, Any]]:
    return [dict(row) for row in rows.values(by).annotate(**_sums())]


def _sums() -> dict[str, Any]:
    return {
        "number": Count("pk"),
        "kept": Count("pk", filter=Q(result="KEPT")),
        "partly": Count("pk", filter=Q(result="PARTLY")),
        "lost": Count("pk", filter=Q(result="LOST")),
        "total_value": Sum("value"),
        "lost_value": Sum("value", filter=Q(result="LOST")),
    }


def _line(label: str, row: dict[str, Any], hides: bool) -> ReportLine:
    return ReportLine(
        label=label,
        number=row["number"],
        kept=row["kept"],
        partly=row["partly"],
        lost=row["lost"],
        value=None if hides else row["total_value"] or Decimal(0),
        lost_value=None if hides else row["lost_value"] or Decimal(0),
    )


def _lines(rows: QuerySet[LossCase], by: str, hides: bool, missing: str = "") -> list[ReportLine]:
    found = [_line(row[by] or missing, row, hides) for row in _grouped(rows, by)]
    return sorted(found, key=lambda line: (-line.number, line.label))


# ---- the register of one account ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RegisterLine:
    """A line of B-17: category, sign, probability, impact, owner, response, date; of a warning, a case or a person."""

    category: str
    category_label: str
    sign: str
    probability: str
    impact: str
    owner: str
    response: str
    day: date | None
    risk: Risk | None = None
    may_react: bool = False


@dataclass(frozen=True)
class AccountRisk:
    """Everything that threatens one account, and what is done about it."""

    account: Account
    living: list[AlertRow]
    ended: list[AlertRow]
    cases: list[CaseRow]
    register: list[RegisterLine]
    may_edit: Answer
    hides_amount: bool

    @property
    def open_case(self) -> CaseRow | None:
        return next((row for row in self.cases if row.case.state == LossCase.State.OPEN), None)


def account_risk(scope: Scope, account: Account, *, today: date) -> AccountRisk:
    """The panel of an account, in a fixed number of queries."""
    living, ended = alerts_of_account(scope, account, today=today)
    cases = LossCase.objects.visible_to(scope).filter(account=account).select_related("account", "owner", "rival", "reason")
    rows = [_row(scope, case, today) for case in cases.prefetch_related("steps").order_by("state", "-opened_at", "-pk")[:SHOWN]]
    rows.sort(key=lambda row: row.case.state == LossCase.State.CLOSED)
    risks = Risk.objects.visible_to(scope).filter(account=account, closed_at__isnull=True).select_related("owner").order_by("-impact", "pk")
    may_edit = can_edit(scope, account)
    register = [_of_alert(row) for row in living] + [_of_risk(risk, bool(may_edit)) for risk in risks]
    order = {"CREDIT": 0, "CONTRACT": 1, "SERVICE": 2, "MARKET": 3}
    register.sort(key=lambda line: order.get(line.category, 9))
    return AccountRisk(account, living, ended, rows, register, may_edit, scope.hides("amount"))


def _of_alert(row: AlertRow) -> RegisterLine:
    from dingke.core.money import compact

    return RegisterLine(
        category=row.alert.category,
        category_label=str(row.alert.get_category_display()),
        sign=f"{row.label}: {row.sentences[0]}" if row.sentences else row.label,
        probability=f"{row.alert.probability:.0%}",
        impact="—" if row.value is None else compact(row.value, get_language() or "zh-hans"),
        owner=str(row.alert.owner or "—"),
        response=str(row.alert.get_act_display()) if row.alert.act else row.action,
        day=timezone.localdate(row.alert.raised_at),
    )


def _of_risk(risk: Risk, may_edit: bool) -> RegisterLine:
    return RegisterLine(
        category=risk.category,
        category_label=str(risk.get_category_display()),
        sign=risk.sign,
        probability=str(Risk.Level(risk.likelihood).label),
        impact=str(Risk.Level(risk.impact).label),
        owner=str(risk.owner),
        response=risk.response,
        day=risk.due_date,
        risk=risk,
        may_react=may_edit,
    )


def risk_for(scope: Scope, risk_id: int) -> Risk:
    """One line of the register. Raises `NotVisible`."""
    found = Risk.objects.visible_to(scope).select_related("account", "account__owner", "owner").filter(pk=risk_id).order_by("pk").first()
    if found is None:
        raise NotVisible(_("There is no such risk, or its account is not shared with you."))
    return found
