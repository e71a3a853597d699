"""The account list: filtered, sorted, paged, counted to a thousand. Every page costs the same number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from django.db.models import BigIntegerField, Case, F, IntegerField, Prefetch, Q, QuerySet, Value, When
from django.db.models.functions import Cast
from django.utils import timezone

from dingke.accounts.calc.nomination import means_key_account
from dingke.accounts.models import Account, AccountTag, Favourite, StageChange, Tag
from dingke.accounts.queries import search
from dingke.accounts.queries.list_columns import ALWAYS, COLUMNS, Column, Sort
from dingke.accounts.queries.list_custom import condition
from dingke.accounts.queries.list_filter import MINE, NOBODY, TEAMS, AccountFilter
from dingke.accounts.queries.size_tier import tier_case, tier_limits
from dingke.core.models import ListItem
from dingke.core.paging import Page, indexed_page
from dingke.core.scope import Scope
from dingke.people.models import Territory

PAGE_SIZE = 50


def filtered(scope: Scope, filters: AccountFilter, *, today: date) -> QuerySet[Account]:
    """The visible accounts that pass every filter, without an order."""
    rows = Account.objects.visible_to(scope).filter(archived_at__isnull=not filters.archived).order_by()
    if filters.text:
        rows = rows.filter(_named_like(scope, filters))
    if filters.owner:
        rows = rows.filter(_owned_by(scope, filters.owner))
    if filters.key:
        rows = rows.filter(is_key=filters.key == "yes")
    if filters.abc:
        rows = rows.filter(standing__abc__in=filters.abc)
    if filters.face:
        rows = rows.filter(standing__face__in=filters.face)
    if filters.stage:
        rows = rows.filter(lifecycle_stage__in=filters.stage)
    if filters.proposed_stage:
        rows = rows.filter(standing__proposed_stage__in=filters.proposed_stage).exclude(lifecycle_stage=F("standing__proposed_stage"))
    if filters.size:
        rows = rows.alias(size=tier_case(tier_limits())).filter(size__in=filters.size)
    if filters.type:
        rows = rows.filter(customer_type__in=filters.type)
    if filters.industry:
        rows = rows.filter(industry_id__in=[int(value) for value in filters.industry])
    if filters.region:
        rows = rows.filter(region_id__in=_with_parts(filters.region))
    if filters.territory:
        rows = rows.filter(_lies_in(filters.territory))
    if filters.tag:
        rows = rows.filter(pk__in=AccountTag.objects.filter(tag_id__in=filters.tag).order_by().values("account_id"))
    if filters.pool:
        rows = rows.filter(pool_at__isnull=False)
    if filters.favourite:
        rows = rows.filter(pk__in=Favourite.objects.filter(user_id=scope.me).order_by().values("account_id"))
    if filters.quiet_days:
        since = _midnight(today - timedelta(days=filters.quiet_days))
        rows = rows.filter(Q(last_contact_at__lt=since) | Q(last_contact_at__isnull=True, created_at__lt=since))
    if filters.order_days:
        rows = rows.filter(standing__last_order_date__lt=today - timedelta(days=filters.order_days))
    if filters.moved_to or filters.moved_from_date or filters.moved_to_date:
        rows = rows.filter(pk__in=_moves(filters).values("account_id"))
    if filters.stage_days:
        rows = rows.filter(stage_since__lte=today - timedelta(days=filters.stage_days))
    if filters.revenue_min is not None:
        rows = rows.filter(standing__revenue__gte=filters.revenue_min)
    if filters.revenue_max is not None:
        rows = rows.filter(standing__revenue__lte=filters.revenue_max)
    for test in filters.custom:
        rows = rows.filter(condition(test))
    return rows


def _named_like(scope: Scope, filters: AccountFilter) -> Q:
    if means_key_account(filters.text):  # 大客户, 关键客户, VIP … ask for the mark
        return Q(is_key=True)
    if filters.archived:  # archived accounts are out of the search index
        return Q(name__icontains=filters.text) | Q(short_name__icontains=filters.text) | Q(pinyin__icontains=filters.text.lower())
    return Q(pk__in=search.account_ids(scope, filters.text))


def _owned_by(scope: Scope, owners: Iterable[str]) -> Q:
    rule, ids = Q(), {int(owner) for owner in owners if owner.isdigit()}
    if MINE in owners and scope.user_id is not None:
        ids.add(scope.user_id)
    if TEAMS in owners:
        ids |= scope.user_ids
    if ids:
        rule |= Q(owner_id__in=sorted(ids))
    if NOBODY in owners:
        rule |= Q(owner__isnull=True)
    return rule or Q(pk__in=[])


def _lies_in(territories: Iterable[str]) -> Q:
    rule = Q(territory_id__in=[int(territory) for territory in territories if territory.isdigit()])
    return rule | Q(territory__isnull=True) if NOBODY in territories else rule


def _moves(filters: AccountFilter) -> QuerySet[StageChange]:
    """The moves from one lifecycle stage to another within a period; the stage an account began with is no move."""
    moves = StageChange.objects.exclude(before="").order_by()
    if filters.moved_to:
        moves = moves.filter(after__in=filters.moved_to)
    if filters.moved_from_date:
        moves = moves.filter(since_date__gte=filters.moved_from_date)
    if filters.moved_to_date:
        moves = moves.filter(since_date__lte=filters.moved_to_date)
    return moves


def _with_parts(region_ids: Iterable[str]) -> list[int]:
    """Regions and the provinces that lie in them."""
    regions = list(ListItem.objects.filter(list_code="regions").order_by("position", "id"))
    wanted = {int(region_id) for region_id in region_ids}
    codes = {region.code for region in regions if region.pk in wanted}
    return sorted(wanted | {region.pk for region in regions if region.data.get("parent") in codes})


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _sortable(rows: QuerySet[Account], sort: Sort) -> QuerySet[Account]:
    """Adds the value to sort by where it is not a column: whole hundredths of a percent page exactly on either database."""
    if sort.field == "change_points":
        before, after = F("standing__revenue_before"), F("standing__revenue")
        points = Cast((after - before) * 10_000 / before, BigIntegerField())
        return rows.annotate(change_points=Case(When(standing__revenue_before__gt=0, then=points), output_field=BigIntegerField()))
    if sort.field == "stage_position":
        places = [When(lifecycle_stage=stage, then=Value(place)) for place, stage in enumerate(Account.Stage.values)]
        return rows.annotate(stage_position=Case(*places, default=Value(99), output_field=IntegerField()))
    return rows


def with_names(rows: QuerySet[Account], columns: Sequence[Column], sort: Sort) -> QuerySet[Account]:
    """The rows with what these columns show and the sort goes by, and nothing else: an account has sixty fields."""
    reads = {*ALWAYS, *(path for column in columns for path in column.reads)}
    if sort.field not in {"change_points", "stage_position"}:
        reads |= {sort.field, sort.tie} - {"pk"}
    rows = rows.select_related(*{path.rpartition("__")[0] for path in reads} - {""}).only(*reads)
    if any(column.key == "tags" for column in columns):
        rows = rows.prefetch_related(Prefetch("tag_links", AccountTag.objects.select_related("tag").order_by("tag__name")))
    return rows


def page_of(
    rows: QuerySet[Account], *, sort: Sort, descending: bool, cursor: str | None, size: int = PAGE_SIZE, columns: Sequence[Column] = COLUMNS
) -> Page[Account]:
    """One page of filtered rows in the order of a column; rows without a value come last either way."""
    return indexed_page(
        with_names(_sortable(rows, sort), columns, sort),
        field=sort.field,
        descending=descending,
        tie=sort.tie,
        tie_descending=descending != sort.opposite_tie,
        nullable=sort.nullable,
        least=sort.least,
        size=size,
        cursor=cursor,
    )


def favourite_ids(scope: Scope, account_ids: Iterable[int]) -> set[int]:
    rows = Favourite.objects.filter(user_id=scope.me, account_id__in=list(account_ids)).order_by("pk")
    return set(rows.values_list("account_id", flat=True))


def has_any(scope: Scope) -> bool:
    """Whether the caller sees any account at all: an empty list teaches the first step instead."""
    return Account.objects.visible_to(scope).order_by().exists()


def tags() -> QuerySet[Tag]:
    return Tag.objects.order_by("name")


def territories() -> QuerySet[Territory]:
    return Territory.objects.filter(archived_at__isnull=True).order_by("name", "id")
