"""The board of one playbook: its stages as columns with counts and sums by the database, cards by the page of a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.core.money import rounded
from dingke.core.paging import Page, indexed_page
from dingke.core.scope import Scope
from dingke.pipeline.calc.playbook import Content
from dingke.pipeline.models import Opportunity, Playbook, PlaybookVersion
from dingke.pipeline.queries.list_filter import DealFilter, filtered, visible_deals
from dingke.pipeline.queries.playbooks import content_of
from dingke.pipeline.queries.symptoms import Told, symptoms_of, told

CARDS = 20
OTHER = "-"  # the column of deals whose stage the newest version does not have


@dataclass(frozen=True, slots=True)
class Card:
    """A deal on the board with what its card shows. `is_late`: the expected date has passed."""

    deal: Opportunity
    days: int
    limit: int | None
    is_late: bool
    step_is_late: bool
    warnings: list[Told]

    @property
    def is_slow(self) -> bool:
        return self.limit is not None and self.days > self.limit


@dataclass(frozen=True, slots=True)
class BoardColumn:
    code: str
    label: str
    purpose: str
    number: int
    amount: Decimal | None
    weighted: Decimal | None
    cards: list[Card]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class Board:
    playbook: Playbook
    columns: list[BoardColumn]
    number: int
    amount: Decimal | None
    weighted: Decimal | None


def board_playbook(scope: Scope, playbook_id: int | None) -> PlaybookVersion | None:
    """The newest published version of the asked playbook, else of the one in which most of the caller's open deals run."""
    published = PlaybookVersion.objects.filter(state=PlaybookVersion.State.PUBLISHED).select_related("playbook")
    if playbook_id is None:
        most = (
            visible_deals(scope)
            .filter(state=Opportunity.State.OPEN)
            .order_by()
            .values("playbook_version__playbook")
            .annotate(number=Count("pk"))
            .order_by("-number", "playbook_version__playbook")
            .first()
        )
        playbook_id = most["playbook_version__playbook"] if most else None
    if playbook_id is None:
        return published.filter(playbook__archived_at__isnull=True).order_by("playbook__position", "playbook_id", "-number").first()
    return published.filter(playbook=playbook_id).order_by("-number").first()


def _rows(scope: Scope, wanted: DealFilter, version: PlaybookVersion, *, today: date) -> QuerySet[Opportunity]:
    versions = list(PlaybookVersion.objects.filter(playbook=version.playbook_id).order_by("pk").values_list("pk", flat=True))
    narrowed = wanted.without("stage", "state", "playbook")
    return filtered(scope, narrowed, today=today).filter(playbook_version__in=versions)


def board(scope: Scope, wanted: DealFilter, version: PlaybookVersion, *, today: date) -> Board:
    """The whole board: counts and sums in one query, the first cards of each column, their warnings for all of them at once."""
    content = content_of(version)
    rows = _rows(scope, wanted, version, today=today)
    hides = scope.hides("amount")
    sums: dict[str, tuple[int, Decimal, Decimal]] = {}
    grouped = rows.values("stage").annotate(number=Count("pk"), whole=Sum("amount"), weighted=Sum(F("amount") * F("probability")))
    for group in grouped.order_by("stage"):
        code = group["stage"] if content.place(group["stage"]) >= 0 else OTHER
        number, amount, share = sums.get(code, (0, Decimal(0), Decimal(0)))
        sums[code] = (number + group["number"], amount + (group["whole"] or 0), share + Decimal(group["weighted"] or 0) / 100)
    pages: dict[str, Page[Opportunity]] = {}
    for code in [*(stage.code for stage in content.stages), *([OTHER] if OTHER in sums else [])]:
        pages[code] = _cards_of(rows, content, code, cursor=None) if code in sums else Page([], None)
    cards = _as_cards(scope, [deal for page in pages.values() for deal in page.items], content, today=today)
    language = get_language() or "zh-hans"
    columns = []
    for code, page in pages.items():
        stage = content.stage(code)
        number, amount, share = sums.get(code, (0, Decimal(0), Decimal(0)))
        columns.append(
            BoardColumn(
                code, stage.label.text(language) if stage else _("Stages of older versions"),
                stage.purpose.text(language) if stage and stage.purpose else "", number, None if hides else rounded(amount),
                None if hides else rounded(share), [cards[deal.pk] for deal in page.items], page.next_cursor,
            )
        )  # fmt: skip
    whole = list(sums.values())
    return Board(
        version.playbook, columns, sum(number for number, _amount, _share in whole),
        None if hides else rounded(sum((amount for _number, amount, _share in whole), Decimal(0))),
        None if hides else rounded(sum((share for _number, _amount, share in whole), Decimal(0))),
    )  # fmt: skip


def column_page(
    scope: Scope, wanted: DealFilter, version: PlaybookVersion, code: str, *, today: date, cursor: str | None
) -> tuple[list[Card], str | None]:
    """The following cards of a column."""
    content = content_of(version)
    page = _cards_of(_rows(scope, wanted, version, today=today), content, code, cursor=cursor)
    cards = _as_cards(scope, page.items, content, today=today)
    return [cards[deal.pk] for deal in page.items], page.next_cursor


def column_sums(scope: Scope, wanted: DealFilter, version: PlaybookVersion, *, today: date) -> dict[str, tuple[int, Decimal | None]]:
    """Stage -> number and amount, for a board that shows its cards already."""
    hides = scope.hides("amount")
    grouped = _rows(scope, wanted, version, today=today).values("stage").annotate(number=Count("pk"), whole=Sum("amount"))
    return {
        group["stage"]: (group["number"], None if hides else rounded(group["whole"] or Decimal(0))) for group in grouped.order_by("stage")
    }


def card_of(scope: Scope, deal: Opportunity, *, today: date) -> Card:
    """One card, after its deal was changed."""
    return _as_cards(scope, [deal], content_of(deal.playbook_version), today=today)[deal.pk]


def _cards_of(rows: QuerySet[Opportunity], content: Content, code: str, *, cursor: str | None) -> Page[Opportunity]:
    rows = rows.filter(~Q(stage__in=[stage.code for stage in content.stages])) if code == OTHER else rows.filter(stage=code)
    named = rows.select_related("account", "owner").only(
        "name", "amount", "currency", "expected_date", "stage", "stage_since", "stage_position", "state", "next_step", "next_step_date",
        "probability", "version", "open_question", "opened_date", "playbook_version_id", "forecast",
        "account__name", "account__short_name", "owner__name", "owner__username",
    )  # fmt: skip
    return indexed_page(named, field="expected_date", size=CARDS, cursor=cursor)


def _as_cards(scope: Scope, deals: Sequence[Opportunity], content: Content, *, today: date) -> dict[int, Card]:
    warned = told(scope, symptoms_of(deals, today))
    found = {}
    for deal in deals:
        stage = content.stage(deal.stage)
        found[deal.pk] = Card(
            deal=deal,
            days=max(0, (today - deal.stage_since).days),
            limit=stage.days if stage else None,
            is_late=deal.expected_date is not None and deal.expected_date < today,
            step_is_late=deal.next_step_date is not None and deal.next_step_date < today,
            warnings=warned.get(deal.pk, []),
        )
    return found
