"""How mature the relation to an account is, with the evidence; its reviews; the monthly reviews of people's customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from dingke.accounts.models import Account
from dingke.accounts.queries.account import account_for
from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.insights import access
from dingke.insights.calc import maturity
from dingke.insights.calc.maturity import Item, LevelReached
from dingke.insights.models import AccountReview, AccountReviewCheck, PortfolioReview, RelationshipMark

REVIEWS = 12


@dataclass(frozen=True)
class Line:
    """An item of a list with its marks, the newest first."""

    item: Item
    marks: Sequence[RelationshipMark]

    @property
    def mark(self) -> RelationshipMark | None:
        return self.marks[0] if self.marks else None


@dataclass(frozen=True)
class Relationship:
    account: Account
    levels: Sequence[tuple[LevelReached, Sequence[Line]]]
    maturity: maturity.ThinkingLevel | None
    relations: Sequence[Line]
    relation: Item | None
    relation_history: Sequence[RelationshipMark]
    ladder: Sequence[Line]
    ladder_level: int
    next_rung: Item | None
    opportunities: Sequence[RelationshipMark]
    reviews: Sequence[AccountReview]
    may_edit: bool

    @property
    def evidenced(self) -> int:
        return sum(reached.evidenced for reached, _lines in self.levels)


def relationship(scope: Scope, account_id: int) -> Relationship:
    """Everything of the relationship page: a fixed number of queries. Raises `NotVisible`."""
    account = account_for(scope, account_id)
    marks = list(RelationshipMark.objects.current().filter(account=account).order_by("-on_date", "-pk"))
    by_item: dict[tuple[str, str], list[RelationshipMark]] = {}
    for mark in marks:
        by_item.setdefault((mark.kind, mark.code), []).append(mark)

    def lines(kind: maturity.Kind, items: Sequence[Item]) -> list[Line]:
        return [Line(item, by_item.get((kind.value, item.code), [])) for item in items]

    evidenced = {code for kind, code in by_item if kind == maturity.Kind.BEHAVIOUR}
    entered = [mark for mark in marks if mark.kind == maturity.Kind.RELATION]
    rungs = {code for kind, code in by_item if kind == maturity.Kind.LADDER}
    relation = maturity.relation_now((mark.on_date, mark.pk, mark.code) for mark in entered)
    following = maturity.next_rung(rungs)
    reviews = (
        AccountReview.objects.current()
        .filter(account=account)
        .order_by("-review_date", "-pk")
        .prefetch_related(Prefetch("checks", AccountReviewCheck.objects.order_by("pk")))[:REVIEWS]
    )
    return Relationship(
        account=account,
        levels=[(one, lines(maturity.Kind.BEHAVIOUR, one.level.behaviours)) for one in maturity.thinking_levels(evidenced)],
        maturity=maturity.maturity(evidenced),
        relations=lines(maturity.Kind.RELATION, maturity.RELATIONS),
        relation=maturity.item_of(maturity.Kind.RELATION, relation) if relation else None,
        relation_history=entered,
        ladder=lines(maturity.Kind.LADDER, maturity.LADDER),
        ladder_level=maturity.ladder_level(rungs),
        next_rung=following,
        opportunities=[mark for mark in marks if mark.kind == maturity.Kind.OPPORTUNITY and following and mark.code == following.code],
        reviews=list(reviews),
        may_edit=bool(access.can_assess(scope, account)),
    )


def mark_for(scope: Scope, mark_id: int) -> RelationshipMark:
    """Raises `NotVisible` when it is not there for the caller."""
    mark = RelationshipMark.objects.visible_to(scope).select_related("account").filter(pk=mark_id).order_by("pk").first()
    if mark is None:
        raise NotVisible(_("There is no such entry, or it is not shared with you."))
    return mark


@dataclass(frozen=True)
class PortfolioReviews:
    mine: PortfolioReview | None
    month: date
    months: Sequence[date]
    others: Sequence[PortfolioReview]
    may_review: bool


def portfolio_reviews(scope: Scope, *, month: date) -> PortfolioReviews:
    """The caller's review of a month, and the newest reviews of the caller and of the people the caller leads."""
    rows = (
        PortfolioReview.objects.select_related("reviewer").filter(archived_at__isnull=True).order_by("-month_date", "reviewer__name", "pk")
    )
    if not scope.sees_all:
        rows = rows.filter(reviewer_id__in=sorted(scope.user_ids | {scope.me}))
    month = month.replace(day=1)
    months = [month]
    for _number in range(5):
        months.append((months[-1].replace(day=1) - date.resolution).replace(day=1))
    return PortfolioReviews(
        mine=PortfolioReview.objects.filter(month_date=month, reviewer_id=scope.me).order_by("pk").first(),
        month=month,
        months=months,
        others=list(rows[:60]),
        may_review=bool(access.can_review_portfolio(scope)),
    )
