"""The 7+3 sheet of one deal as its page shows it: elements with what is known and asked, score, trend, verdict, red flags."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core.access import Answer
from dingke.core.errors import NotVisible
from dingke.core.reasons import Label
from dingke.core.scope import Scope
from dingke.pipeline.models import Opportunity
from dingke.qualification import access
from dingke.qualification.calc import sheet as calc
from dingke.qualification.calc.elements import ELEMENT_OF, ELEMENTS, Element, Side, flag_of
from dingke.qualification.models import Evidence, RedFlag, SheetDecision, SheetElement, SheetSnapshot
from dingke.qualification.queries.proposals import Proposal, centre_of, proposals_for
from dingke.qualification.queries.standing import Standing, standing_of
from dingke.stakeholders.queries.facts import CentreFacts

TONES = {"UNKNOWN": "grey", "PARTIAL": "amber", "CONFIRMED": "green", "RED_FLAG": "red"}


@dataclass(frozen=True)
class FlagLine:
    """A red flag with its words in the reader's language."""

    flag: RedFlag
    text: str
    element_label: str


@dataclass(frozen=True)
class ElementView:
    element: Element
    row: SheetElement
    evidence: tuple[Evidence, ...]
    flag: FlagLine | None
    proposals: tuple[Proposal, ...]
    question: str  # proposed while the row has none of its own
    notes: tuple[tuple[str, str], ...]  # (tone, sentence) computed from the facts

    @property
    def tone(self) -> str:
        return TONES[self.row.state]


@dataclass(frozen=True)
class Sheet:
    opportunity: Opportunity
    elements: tuple[ElementView, ...]
    score: int
    judgement: calc.Judgement
    causes: tuple[str, ...]
    trend: tuple[SheetSnapshot, ...]
    decision: SheetDecision | None
    flags: tuple[FlagLine, ...]  # all there ever were, newest first
    questions: tuple[tuple[str, str, bool], ...]  # (element label, question, whether it is asked already)
    centre: CentreFacts | None
    can_edit: Answer
    can_decide: Answer
    hides_amounts: bool
    today: date

    @property
    def customer(self) -> tuple[ElementView, ...]:
        return tuple(view for view in self.elements if view.element.side is Side.CUSTOMER)

    @property
    def own(self) -> tuple[ElementView, ...]:
        return tuple(view for view in self.elements if view.element.side is Side.OWN)

    @property
    def undecided(self) -> tuple[FlagLine, ...]:
        return tuple(line for line in self.flags if not line.flag.decision)

    @property
    def to_ask(self) -> dict[str, str]:
        return {view.element.code: view.question for view in self.elements if view.question}


def sheet_of(scope: Scope, opportunity: Opportunity, *, today: date) -> Sheet:
    """Everything of the sheet; the number of queries does not depend on how much is known."""
    rows = {row.element: row for row in SheetElement.objects.filter(opportunity=opportunity).select_related("question").order_by("pk")}
    evidence: dict[int, list[Evidence]] = {}
    for one in Evidence.objects.filter(element__opportunity=opportunity).select_related("by").order_by("element_id", "-on_date", "-pk"):
        evidence.setdefault(one.element_id, []).append(one)
    flags = tuple(
        _flag_line(flag)
        for flag in RedFlag.objects.filter(opportunity=opportunity).select_related("raised_by", "decided_by").order_by("-pk")[:50]
    )
    standing = standing_of(opportunity)
    centre = centre_of(opportunity)
    proposals = proposals_for(scope, opportunity, centre=centre, rows=rows, today=today)
    standing_flags = {flag.element: flag.pk for flag in standing.flags}
    views = []
    for element in ELEMENTS:
        row = rows.get(element.code) or SheetElement(opportunity=opportunity, element=element.code, version=0)
        flag = next((line for line in flags if line.flag.pk == standing_flags.get(element.code)), None)
        views.append(
            ElementView(
                element=element,
                row=row,
                evidence=tuple(evidence.get(row.pk, ())),
                flag=flag,
                proposals=proposals.get(element.code, ()),
                question="" if row.next_question else _label(calc.question_for(element.code, row.state, row.facts)),
                notes=tuple(_notes(element.code, row, opportunity, centre, hides=scope.hides("amount"))),
            )
        )
    return Sheet(
        opportunity=opportunity,
        elements=tuple(views),
        score=standing.judgement.score,
        judgement=standing.judgement,
        causes=sentences(standing),
        trend=tuple(SheetSnapshot.objects.filter(opportunity=opportunity).order_by("-on_date")[:120])[::-1],
        decision=SheetDecision.objects.filter(opportunity=opportunity).select_related("by").order_by("-pk").first(),
        flags=flags,
        questions=tuple(_questions(views)),
        centre=centre,
        can_edit=access.can_edit(scope, opportunity),
        can_decide=access.can_decide(scope, opportunity),
        hides_amounts=scope.hides("amount"),
        today=today,
    )


def element_view(sheet: Sheet, code: str) -> ElementView:
    """One element of a sheet. `NotVisible` when there is no such element."""
    found = next((view for view in sheet.elements if view.element.code == code), None)
    if found is None:
        raise NotVisible(_("The sheet has no such element."))
    return found


def flag_for(scope: Scope, flag_id: int) -> FlagLine:
    flag = (
        RedFlag.objects.visible_to(scope)
        .select_related("opportunity", "opportunity__account", "opportunity__account__owner", "opportunity__owner", "raised_by")
        .filter(pk=flag_id)
        .order_by("pk")
        .first()
    )
    if flag is None:
        raise NotVisible(_("There is no such red flag, or the deal is not shared with you."))
    return _flag_line(flag)


def evidence_for(scope: Scope, evidence_id: int) -> Evidence:
    evidence = (
        Evidence.objects.visible_to(scope)
        .select_related("element__opportunity", "element__opportunity__account__owner", "element__opportunity__owner")
        .filter(pk=evidence_id)
        .order_by("pk")
        .first()
    )
    if evidence is None:
        raise NotVisible(_("There is no such evidence, or the deal is not shared with you."))
    return evidence


def sentences(standing: Standing) -> tuple[str, ...]:
    """The causes of the proposed verdict in the reader's language."""
    language = get_language() or "zh"
    return tuple(calc.SENTENCES.text(cause, language) for cause in standing.judgement.causes)


def _flag_line(flag: RedFlag) -> FlagLine:
    known = flag_of(flag.element, flag.code)
    text = "; ".join(part for part in (_label(known.label) if known else "", flag.text) if part)
    return FlagLine(flag, text, _label(ELEMENT_OF[flag.element].label))


def _label(label: Label | None) -> str:
    return label.text(get_language() or "zh") if label is not None else ""


def _questions(views: list[ElementView]) -> list[tuple[str, str, bool]]:
    return [
        (_label(view.element.label), view.row.next_question or view.question, bool(view.row.next_question))
        for view in views
        if (view.row.next_question or view.question) and view.row.state != SheetElement.State.CONFIRMED
    ]


def _notes(code: str, row: SheetElement, opportunity: Opportunity, centre: CentreFacts | None, *, hides: bool) -> list[tuple[str, str]]:
    """What the facts of an element say by themselves."""
    notes: list[tuple[str, str]] = []
    if row.state == SheetElement.State.CONFIRMED and row.pk and not row.text and not any(row.facts.values()):
        notes.append(("amber", _("Confirmed, but nothing is written down: say what was confirmed.")))
    match code:
        case "BUDGET" if not hides:
            advice = calc.budget_advice(
                low=opportunity.budget_low,
                high=opportunity.budget_high,
                amount=opportunity.amount,
                entry_price=decimal_of(row.facts.get("entry_price")),
            )
            notes += {
                calc.BudgetAdvice.UNKNOWN: [("grey", _("No range is known. Quoting without one is likely to lose the order."))],
                calc.BudgetAdvice.TOO_LOW: [
                    ("red", _("Even the top of the range is under our lowest price: consider giving the deal up, or raise a red flag."))
                ],
                calc.BudgetAdvice.AMPLE: [("green", _("The budget is ample: widen the need, enlarge the deal, lead to a higher product."))],
                calc.BudgetAdvice.FITS: [],
            }[advice]
        case "KEY_PERSON" if centre is None or not centre.key_person_named:
            notes.append(("amber", _("No key person is marked on the map of people.")))
        case "DECISION" if centre is None or not centre.chain_steps:
            notes.append(("amber", _("The decision chain is not written down.")))
        case "DECISION" if centre is not None and centre.final_decider is None:
            notes.append(("red", _("The final decider is not named: a red flag of this element.")))
        case "COMPETITOR" if row.facts.get("seen_on_site") == "YES" and not row.text:
            notes.append(("red", _("Rivals were seen on site, and nothing is written down of them.")))
        case "SERVICE" if not hides:
            cost = calc.yearly_service_cost(
                visits_per_year=decimal_of(row.facts.get("visits_per_year")), cost_per_visit=decimal_of(row.facts.get("cost_per_visit"))
            )
            if cost is not None:
                notes.append(("grey", _("Service costs about %(amount)s a year.") % {"amount": f"{cost:,.2f}"}))
        case _:
            pass
    return notes


def decimal_of(text: object) -> Decimal | None:
    """A figure that a sub-field keeps as text; None when there is none."""
    try:
        value = Decimal(str(text)) if text not in {None, ""} else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None
