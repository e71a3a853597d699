"""The discovery sheet of one deal: SPIN columns with the bank that fits, the need statement, need amplification with the loss."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.models import Contact
from dingke.accounts.queries.contacts import pickable
from dingke.core.access import Answer
from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.library.models import Entry
from dingke.library.queries import entries as library
from dingke.pipeline.models import Opportunity
from dingke.qualification import access
from dingke.qualification.calc import amplification as amplify
from dingke.qualification.calc import spin
from dingke.qualification.models import Amplification, Discovery, SpinQuestion


@dataclass(frozen=True)
class ColumnView:
    column: spin.Column
    is_open: bool
    questions: tuple[SpinQuestion, ...]

    @property
    def answered(self) -> int:
        return sum(bool(question.answer) for question in self.questions)


@dataclass(frozen=True)
class ItemView:
    item: amplify.Item
    row: Amplification
    loss: Decimal | None


@dataclass(frozen=True)
class DimensionView:
    dimension: amplify.Dimension
    items: tuple[ItemView, ...]
    loss: Decimal

    @property
    def answered(self) -> int:
        return sum(bool(view.row.answer) for view in self.items)


@dataclass(frozen=True)
class DiscoverySheet:
    opportunity: Opportunity
    row: Discovery
    columns: tuple[ColumnView, ...]
    ratio: spin.Ratio
    missing_prompts: tuple[spin.Prompt, ...]
    draft: str
    dimensions: tuple[DimensionView, ...]
    total_loss: Decimal
    can_edit: Answer
    can_use_bank: bool
    hides_amounts: bool


def discovery_of(scope: Scope, opportunity: Opportunity) -> DiscoverySheet:
    """Everything of the page; the number of queries does not depend on how much was asked."""
    row = Discovery.objects.filter(opportunity=opportunity).select_related("statement_contact").order_by("pk").first()
    row = row or Discovery(opportunity=opportunity, version=0)
    questions = list(
        SpinQuestion.objects.filter(opportunity=opportunity, archived_at__isnull=True).select_related("contact").order_by("pk")
    )
    by_column = {code: tuple(question for question in questions if question.column == code) for code in spin.ORDER}
    answered = {question.column for question in questions if question.answer}
    opened = spin.open_columns(answered)
    answers = {code: [question.answer for question in rows if question.answer] for code, rows in by_column.items()}
    rows = {one.item: one for one in Amplification.objects.filter(opportunity=opportunity).order_by("pk")}
    dimensions = tuple(_dimension(dimension, rows, opportunity) for dimension in amplify.dimensions_for(row.leading_department))
    return DiscoverySheet(
        opportunity=opportunity,
        row=row,
        columns=tuple(ColumnView(column, column.code in opened, by_column[column.code]) for column in spin.COLUMNS),
        ratio=spin.ratio(question.form for question in questions),
        missing_prompts=spin.missing_prompts(question.prompt for question in questions if question.prompt),
        draft=spin.draft_statement(answers),
        dimensions=dimensions,
        total_loss=sum((view.loss for view in dimensions), Decimal(0)),
        can_edit=access.can_edit(scope, opportunity),
        can_use_bank=scope.can("library.see") or scope.can("*"),
        hides_amounts=scope.hides("amount"),
    )


def _dimension(dimension: amplify.Dimension, rows: dict[str, Amplification], opportunity: Opportunity) -> DimensionView:
    views = []
    for item in amplify.ITEMS:
        if item.dimension == dimension.code:
            row = rows.get(item.code) or Amplification(opportunity=opportunity, item=item.code, version=0)
            views.append(ItemView(item, row, amplify.yearly_loss(answered(row))))
    return DimensionView(dimension, tuple(views), sum((view.loss or Decimal(0) for view in views), Decimal(0)))


def answered(row: Amplification) -> amplify.Answered:
    return amplify.Answered(row.item, row.hours_per_month, row.cost_per_hour, row.other_loss)


def losses_of(opportunity: Opportunity) -> dict[str, Decimal]:
    """Yearly losses by dimension as the customer's answers give them: what the value model starts from (E-10, H-13)."""
    return amplify.loss_by_dimension(answered(row) for row in Amplification.objects.filter(opportunity=opportunity).order_by("pk"))


def bank_for(scope: Scope, opportunity: Opportunity, *, column: str, today: date) -> QuerySet[Entry]:
    """Questions of the library for a column that fit the industry of the account and the product family of the deal, unused ones only."""
    if column not in spin.LETTERS or not (scope.can("library.see") or scope.can("*")):
        return Entry.objects.none()
    account = opportunity.account
    rows = library.entries(
        scope,
        kinds=[Entry.Kind.QUESTION],
        spin=spin.LETTERS[column],
        industry=account.industry.code if account is not None and account.industry is not None else "",
        product_family=opportunity.product_family,
        today=today,
    )
    used = SpinQuestion.objects.filter(opportunity=opportunity, archived_at__isnull=True, entry__isnull=False).values("entry_id")
    return rows.exclude(pk__in=used)


def question_for(scope: Scope, question_id: int) -> SpinQuestion:
    question = (
        SpinQuestion.objects.visible_to(scope)
        .select_related("opportunity", "opportunity__account", "opportunity__account__owner", "opportunity__owner", "contact")
        .filter(pk=question_id)
        .order_by("pk")
        .first()
    )
    if question is None:
        raise NotVisible(_("There is no such question, or the deal is not shared with you."))
    return question


def amplification_of(opportunity: Opportunity, item: str) -> Amplification:
    """The answer to an item, or an empty one. `NotVisible` when there is no such item."""
    if item not in amplify.ITEM_OF:
        raise NotVisible(_("There is no such item."))
    row = Amplification.objects.filter(opportunity=opportunity, item=item).order_by("pk").first()
    return row or Amplification(opportunity=opportunity, item=item, version=0)


def people_of(scope: Scope, opportunity: Opportunity) -> QuerySet[Contact]:
    """The people of the customer to choose from; none while the deal has no account."""
    return pickable(scope, opportunity.account) if opportunity.account is not None else Contact.objects.none()


def item_label(item: str) -> str:
    return amplify.ITEM_OF[item].label.text(get_language() or "zh")
