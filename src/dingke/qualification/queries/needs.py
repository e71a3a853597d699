"""The needs of one deal: the three needs with their next actions, the list that is confirmed before a quotation, FAB lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Prefetch, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core.access import Answer
from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.library.models import Entry
from dingke.library.queries import entries as library
from dingke.people.models import User
from dingke.people.queries import colleagues
from dingke.pipeline.models import Opportunity
from dingke.qualification import access
from dingke.qualification.calc import needs as calc
from dingke.qualification.models import ConfirmedNeed, NeedBenefit, NextAction, ThreeNeed


@dataclass(frozen=True)
class ActionLine:
    action: NextAction
    done_at: datetime | None
    is_late: bool
    is_mine: bool
    holder: User


@dataclass(frozen=True)
class ThreeView:
    kind: calc.NeedKind
    row: ThreeNeed
    actions: tuple[ActionLine, ...]


@dataclass(frozen=True)
class NeedLine:
    need: ConfirmedNeed
    benefits: tuple[NeedBenefit, ...]
    may_carry: bool


@dataclass(frozen=True)
class Needs:
    opportunity: Opportunity
    three: tuple[ThreeView, ...]
    other_actions: tuple[ActionLine, ...]  # of no particular need
    lines: tuple[NeedLine, ...]
    state: calc.ListState
    gaps: int
    can_edit: Answer
    today: date


def needs_of(scope: Scope, opportunity: Opportunity, *, today: date) -> Needs:
    """Everything of the page; the number of queries does not depend on how many needs there are."""
    rows = {row.kind: row for row in ThreeNeed.objects.filter(opportunity=opportunity).order_by("pk")}
    actions = actions_of(scope, [opportunity], today=today)
    benefits = Prefetch(
        "benefits",
        NeedBenefit.objects.filter(archived_at__isnull=True).select_related("entry").order_by("pk"),
        to_attr="living_benefits",
    )
    needs = list(
        ConfirmedNeed.objects.filter(opportunity=opportunity, archived_at__isnull=True)
        .select_related("confirmed_contact")
        .prefetch_related(benefits)
        .order_by("pk")
    )
    listed = [_listed(need) for need in needs]
    three = tuple(
        ThreeView(
            kind,
            rows.get(kind.code) or ThreeNeed(opportunity=opportunity, kind=kind.code, version=0),
            tuple(line for line in actions if line.action.need == kind.code),
        )
        for kind in calc.THREE
    )
    return Needs(
        opportunity=opportunity,
        three=three,
        other_actions=tuple(line for line in actions if not line.action.need),
        lines=tuple(
            NeedLine(need, tuple(need.living_benefits), calc.may_carry_benefit(one))  # type: ignore[attr-defined]
            for need, one in zip(needs, listed, strict=True)
        ),
        state=calc.state_of(listed),
        gaps=sum(view.row.has_gap or not view.row.text for view in three),
        can_edit=access.can_edit(scope, opportunity),
        today=today,
    )


def actions_of(scope: Scope, deals: list[Opportunity], *, today: date) -> list[ActionLine]:
    """Next actions of deals, open ones first; what is done in the to-dos is done here."""
    rows = (
        NextAction.objects.visible_to(scope)
        .filter(opportunity__in=deals, archived_at__isnull=True)
        .select_related("owner", "todo", "todo__assignee")
        .order_by("due_date", "pk")
    )
    lines = [_line(scope, row, today) for row in rows]
    return sorted(lines, key=lambda line: line.done_at is not None)


def _line(scope: Scope, row: NextAction, today: date) -> ActionLine:
    done_at = row.done_at or (row.todo.done_at if row.todo else None)
    due = row.todo.due_date if row.todo and row.todo.due_date else row.due_date
    return ActionLine(
        row, done_at, done_at is None and due < today, row.holder_id == scope.me, row.todo.assignee if row.todo else row.owner
    )


def _listed(need: ConfirmedNeed) -> calc.ListedNeed:
    return calc.ListedNeed(need.priority, need.fit, need.range, need.confirmed_date, need.effort_days, need.can_decline)


def three_need_of(opportunity: Opportunity, kind: str) -> ThreeNeed:
    if kind not in ThreeNeed.Kind.values:
        raise NotVisible(_("There is no such need."))
    row = ThreeNeed.objects.filter(opportunity=opportunity, kind=kind).order_by("pk").first()
    return row or ThreeNeed(opportunity=opportunity, kind=kind, version=0)


def need_for(scope: Scope, need_id: int) -> ConfirmedNeed:
    need = (
        ConfirmedNeed.objects.visible_to(scope)
        .select_related("opportunity", "opportunity__account", "opportunity__account__owner", "opportunity__owner", "confirmed_contact")
        .filter(pk=need_id)
        .order_by("pk")
        .first()
    )
    if need is None:
        raise NotVisible(_("There is no such need, or the deal is not shared with you."))
    return need


def benefit_for(scope: Scope, benefit_id: int) -> NeedBenefit:
    benefit = (
        NeedBenefit.objects.visible_to(scope)
        .select_related(
            "need",
            "need__opportunity",
            "need__opportunity__account",
            "need__opportunity__account__owner",
            "need__opportunity__owner",
            "entry",
        )
        .filter(pk=benefit_id)
        .order_by("pk")
        .first()
    )
    if benefit is None:
        raise NotVisible(_("There is no such line, or the deal is not shared with you."))
    return benefit


def action_for(scope: Scope, action_id: int) -> NextAction:
    action = (
        NextAction.objects.visible_to(scope)
        .select_related(
            "opportunity", "opportunity__account", "opportunity__account__owner", "opportunity__owner", "owner", "todo", "todo__account"
        )
        .filter(pk=action_id)
        .order_by("pk")
        .first()
    )
    if action is None:
        raise NotVisible(_("There is no such action, or the deal is not shared with you."))
    return action


def cards_for(scope: Scope, opportunity: Opportunity, *, today: date) -> QuerySet[Entry]:
    """FAB and FFAB cards of the library that fit the product family of the deal."""
    if not (scope.can("library.see") or scope.can("*")):
        return Entry.objects.none()
    return library.entries(scope, kinds=[Entry.Kind.FAB], product_family=opportunity.product_family, today=today)


def doers_for(scope: Scope, opportunity: Opportunity) -> QuerySet[User]:
    """Who can be given a next action."""
    return colleagues(scope).order_by("pinyin", "pk")


def card_parts(cards: QuerySet[Entry], entry_id: str) -> dict[str, object]:
    """The parts of a card as start values of a FAB line; empty when there is no such card."""
    card = cards.filter(pk=int(entry_id)).first() if entry_id.isascii() and entry_id.isdigit() and len(entry_id) < 12 else None
    if card is None:
        return {}
    language = "zh" if (get_language() or "zh").startswith("zh") else "en"
    other = "en" if language == "zh" else "zh"
    parts = card.content.get("parts", {})
    start: dict[str, object] = {"entry": card.pk, "method": "FAB" if card.topic == "FAB" else "FFAB"}
    for name in ("feature", "function", "advantage", "benefit", "proof"):
        words = parts.get(name, {})
        start[name] = str(words.get(language) or words.get(other) or "")[:300]
    return start
