"""The list of deals: filtered, sorted, paged, counted to a thousand. Every page costs the same number of queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery, Sum
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dingke.core.money import rounded
from dingke.core.paging import Page, indexed_page
from dingke.core.scope import Scope
from dingke.core.tables_out import CellKind
from dingke.pipeline.models import Opportunity, OpportunityLine
from dingke.pipeline.queries.playbooks import contents

PAGE_SIZE = 50
AMOUNT = "amount"


def weighted(deal: Opportunity) -> Decimal | None:
    """The amount times the probability that counts."""
    return None if deal.amount is None else rounded(deal.amount * deal.probability / 100)


@dataclass(frozen=True, slots=True)
class Row:
    """A deal with what its row shows beside its own fields."""

    deal: Opportunity
    stage: str
    today: date

    @property
    def days(self) -> int:
        return max(0, ((self.deal.ended_date or self.today) - self.deal.stage_since).days)


@dataclass(frozen=True, slots=True)
class Column:
    """`sort`: the field by which the head sorts ("" does not sort); `right`: the field right that hides it."""

    key: str
    label: str | Promise
    value: Callable[[Row], Any]
    kind: CellKind = CellKind.TEXT
    sort: str = ""
    nullable: bool = True
    right: str = ""
    width: int = 0

    @property
    def is_number(self) -> bool:
        return self.kind in {CellKind.MONEY, CellKind.PERCENT, CellKind.WHOLE}


def _name(related: Any) -> str | None:
    return str(related) if related is not None else None


COLUMNS: tuple[Column, ...] = (
    Column("name", _("Deal"), lambda row: row.deal.name, sort="name_pinyin", nullable=False, width=34),
    Column(
        "account", _("Account"), lambda row: row.deal.account.shown_name if row.deal.account else None, sort="account__pinyin", width=28
    ),
    Column("owner", _("Owner"), lambda row: str(row.deal.owner), sort="owner__pinyin"),
    Column("stage", _("Stage"), lambda row: row.stage, sort="stage_position", nullable=False),
    Column("state", _("State"), lambda row: row.deal.get_state_display(), sort="state", nullable=False),
    Column("amount", _("Amount"), lambda row: row.deal.amount, CellKind.MONEY, sort="amount", right=AMOUNT),
    Column("probability", _("Probability"), lambda row: Decimal(row.deal.probability) / 100, CellKind.PERCENT, "probability", False),
    Column("weighted", _("Weighted"), lambda row: weighted(row.deal), CellKind.MONEY, right=AMOUNT),
    Column("expected", _("Expected on"), lambda row: row.deal.expected_date, CellKind.DATE, "expected_date"),
    Column("days", _("Days in the stage"), lambda row: row.days, CellKind.WHOLE, "stage_since", False),
    Column("next_step", _("Next step"), lambda row: row.deal.next_step, sort="next_step_date", width=30),
    Column("forecast", _("Forecast"), lambda row: row.deal.get_forecast_display(), sort="forecast", nullable=False),
    Column("family", _("Product family"), lambda row: row.deal.product_family, sort="product_family", nullable=False),
    Column("product", _("Product"), lambda row: getattr(row.deal, "product_name", None)),
    Column("playbook", _("Playbook"), lambda row: _book(row.deal)),
    Column("opened", _("Opened on"), lambda row: row.deal.opened_date, CellKind.DATE, "opened_date", False),
    Column("ended", _("Ended on"), lambda row: row.deal.ended_date, CellKind.DATE, "ended_date"),
    Column("won_amount", _("Won for"), lambda row: row.deal.won_amount, CellKind.MONEY, "won_amount", right=AMOUNT),
    Column("reason", _("Reason"), lambda row: row.deal.end_reason.label if row.deal.end_reason else row.deal.end_note or None, width=28),
    Column("rival", _("Lost to"), lambda row: _name(row.deal.lost_to)),
    Column("question", _("Open question"), lambda row: row.deal.open_question, width=28),
)
DEFAULT = ("name", "account", "owner", "stage", "amount", "probability", "expected", "days", "next_step")
DEFAULT_ENDED = ("name", "account", "owner", "state", "amount", "won_amount", "opened", "ended", "reason", "rival")


def _book(deal: Opportunity) -> str:
    book = deal.playbook_version.playbook
    return book.label_zh if (get_language() or "zh").startswith("zh") else book.label_en


def columns_for(scope: Scope) -> list[Column]:
    return [column for column in COLUMNS if not (column.right and scope.hides(column.right))]


def chosen(available: Sequence[Column], keys: Sequence[str], *, ended: bool) -> list[Column]:
    """The columns of these keys in their order, the name first; without keys the usual ones."""
    known = {column.key: column for column in available}
    wanted = [key for key in keys if key in known] or list(DEFAULT_ENDED if ended else DEFAULT)
    return [known[key] for key in dict.fromkeys(["name", *wanted]) if key in known]


def sort_for(available: Sequence[Column], text: str) -> tuple[str, Column, bool]:
    """The sort that is asked ("-amount"), if there is such a column; else by the expected date."""
    key, descending = text.lstrip("-"), text.startswith("-")
    for column in available:
        if column.key == key and column.sort:
            return text, column, descending
    return "expected", next(column for column in COLUMNS if column.key == "expected"), False


def with_names(rows: QuerySet[Opportunity]) -> QuerySet[Opportunity]:
    product = OpportunityLine.objects.filter(opportunity=OuterRef("pk")).order_by("id").values("product__name")[:1]
    return rows.select_related("account", "owner", "playbook_version__playbook", "end_reason", "lost_to").annotate(
        product_name=Subquery(product)
    )


def page_of(rows: QuerySet[Opportunity], *, sort: Column, descending: bool, cursor: str | None, size: int = PAGE_SIZE) -> Page[Opportunity]:
    """One page in the order of a column; rows without a value come last either way."""
    turned = descending != (sort.key == "days")  # many days are an early beginning
    return indexed_page(with_names(rows), field=sort.sort, descending=turned, nullable=sort.nullable, size=size, cursor=cursor)


def as_rows(deals: Sequence[Opportunity], *, today: date) -> list[Row]:
    """Deals with the names of their stages: one query."""
    known = contents({deal.playbook_version_id for deal in deals})
    language = get_language() or "zh-hans"
    found = []
    for deal in deals:
        stage = known[deal.playbook_version_id].stage(deal.stage)
        found.append(Row(deal, stage.label.text(language) if stage else deal.stage, today))
    return found


@dataclass(frozen=True, slots=True)
class Totals:
    """Of everything that the filter leaves. Amounts are None for who does not see them."""

    number: int
    amount: Decimal | None
    weighted: Decimal | None
    without_amount: int


def totals(scope: Scope, rows: QuerySet[Opportunity]) -> Totals:
    """Counted and added up by the database: one query."""
    found = rows.aggregate(number=Count("pk"), priced=Count("amount"), whole=Sum("amount"), weighted=Sum(F("amount") * F("probability")))
    hides = scope.hides(AMOUNT)
    return Totals(
        found["number"],
        None if hides else rounded(found["whole"] or Decimal(0)),
        None if hides else rounded(Decimal(found["weighted"] or 0) / 100),
        found["number"] - found["priced"],
    )
