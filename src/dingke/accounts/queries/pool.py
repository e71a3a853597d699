"""The public pool 公海: its list, what a claimant may still claim, and who would be recycled under given rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.calc import pool
from dingke.accounts.calc.pool import ClaimFacts, ClaimVerdict, HoldingFacts, PoolRules, PoolStep, RecycleDecision
from dingke.accounts.models import Account, OwnershipChange
from dingke.core import rules
from dingke.core.errors import NotVisible
from dingke.core.models import ListItem
from dingke.core.paging import Page, indexed_page
from dingke.core.reasons import Reason
from dingke.core.scope import Scope

RULES = "accounts.pool"
PAGE_SIZE = 50
BATCH = 500
NEWEST, VALUE = "newest", "value"
_NO_ORDER = "standing__last_order_date"


def pool_rules() -> PoolRules:
    """The rules in force. Until somebody has saved them, nothing goes back to the pool by itself: a company that has just brought its
    customers in has written no contacts yet."""
    if rules.in_force(RULES).version == 0:
        return PoolRules(days_without_contact=None, days_without_order=None)
    return rules.load(RULES, PoolRules)


# ---- the list ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolFilter:
    """Ids of master-list rows, "" for all; `sort` is NEWEST or VALUE (by revenue of twelve months)."""

    industry: str = ""
    region: str = ""
    sort: str = NEWEST

    def params(self) -> dict[str, str]:
        found = {"industry": self.industry, "region": self.region, "sort": "" if self.sort == NEWEST else self.sort}
        return {name: value for name, value in found.items() if value}


def filter_from(params: Mapping[str, Any], scope: Scope) -> PoolFilter:
    """Reads the filters of an address. Whoever does not see amounts cannot sort by them."""

    def number(name: str) -> str:
        text = str(params.get(name, ""))
        return text if text.isascii() and text.isdigit() and len(text) < 18 else ""

    by_value = params.get("sort") == VALUE and not scope.hides("amount")
    return PoolFilter(industry=number("industry"), region=number("region"), sort=VALUE if by_value else NEWEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledRow:
    """An account of the pool: since when and why it is there, who held it last."""

    account: Account
    change: OwnershipChange | None

    @property
    def why(self) -> str:
        return why_pooled(self.change)


def why_pooled(change: OwnershipChange | None) -> str:
    """The reason in the reader's language where a rule decided, else what was written."""
    if change is None:
        return ""
    if change.why:
        return pool.SENTENCES.text(Reason.from_json(change.why), get_language() or "zh")
    return change.reason


def pooled(scope: Scope, filters: PoolFilter) -> QuerySet[Account]:
    """The accounts of the pool that the caller sees and that pass the filters, without an order."""
    rows = Account.objects.visible_to(scope).filter(pool_at__isnull=False, archived_at__isnull=True).order_by()
    if filters.industry:
        rows = rows.filter(industry_id=int(filters.industry))
    if filters.region:
        rows = rows.filter(region_id__in=_with_parts(int(filters.region)))
    return rows


def _with_parts(region_id: int) -> list[int]:
    """A region and the provinces that lie in it."""
    regions = list(ListItem.objects.filter(list_code="regions").order_by("position", "id"))
    code = next((region.code for region in regions if region.pk == region_id), None)
    return [region_id, *(region.pk for region in regions if code and region.data.get("parent") == code)]


def page_of(rows: QuerySet[Account], filters: PoolFilter, *, cursor: str | None) -> tuple[list[PooledRow], str | None]:
    """One page: the longest-known value first or the newest first. Three queries whatever its length."""
    field = "standing__revenue" if filters.sort == VALUE else "pool_at"
    named = rows.select_related("industry", "region", "standing")
    page: Page[Account] = indexed_page(named, field=field, descending=True, nullable=filters.sort == VALUE, size=PAGE_SIZE, cursor=cursor)
    last = last_changes(account.pk for account in page.items)
    return [PooledRow(account=account, change=last.get(account.pk)) for account in page.items], page.next_cursor


def last_changes(account_ids: Iterable[int]) -> dict[int, OwnershipChange]:
    """The change by which each account came into the pool."""
    rows = OwnershipChange.objects.filter(account_id__in=list(account_ids), after__isnull=True)
    return {row.account_id: row for row in rows.select_related("before").order_by("at", "id")}


def pooled_account(scope: Scope, account_id: int) -> Account:
    """An account to claim. The same sentence whether it was claimed a moment ago or was never there."""
    account = Account.objects.visible_to(scope).filter(pk=account_id, archived_at__isnull=True).order_by("pk").first()
    if account is None:
        raise NotVisible(_("This account is not in the pool any more. Somebody may have claimed it a moment ago."))
    return account


def industries_and_regions(scope: Scope) -> tuple[list[ListItem], list[ListItem]]:
    """The master-list rows that occur in the pool, for the filters."""
    rows = pooled(scope, PoolFilter())
    industries = ListItem.objects.filter(pk__in=rows.values("industry_id")).order_by("position", "id")
    regions = list(ListItem.objects.filter(pk__in=rows.values("region_id")).order_by("position", "id"))
    codes = {region.data.get("parent") for region in regions} - {None}
    parents = ListItem.objects.filter(list_code="regions", code__in=codes).order_by("position", "id")
    known = {region.pk for region in regions}
    regions += [parent for parent in parents if parent.pk not in known]
    return list(industries), sorted(regions, key=lambda region: (region.position, region.pk))


# ---- claiming ---------------------------------------------------------------------------------------------------


def local_day(moment: datetime) -> date:
    return timezone.localdate(moment)


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def claim_facts(user_id: int, *, today: date, account: Account | None = None) -> ClaimFacts:
    """What this person claimed today and holds; with an account, the day he or she last lost it."""
    claims = OwnershipChange.objects.filter(after_id=user_id, kind=OwnershipChange.Kind.CLAIMED)
    claims = claims.filter(at__gte=midnight(today), at__lt=midnight(today + timedelta(days=1)))
    released = None
    if account is not None:
        lost = OwnershipChange.objects.filter(account=account, before_id=user_id).order_by("-at", "-id").first()
        released = local_day(lost.at) if lost else None
    return ClaimFacts(
        claims_today=claims.count(),
        held=Account.objects.filter(owner_id=user_id, archived_at__isnull=True).count(),
        released_on=released,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """What the caller may still claim today. `left` is None when nothing limits it."""

    left: int | None
    claims_today: int
    claims_per_day: int | None
    held: int
    holding_limit: int | None
    reasons: list[str]


def quota(scope: Scope, *, today: date) -> Quota | None:
    """The caller's quota; None for those who do not claim."""
    if scope.user_id is None or not scope.can("accounts.claim"):
        return None
    in_force = pool_rules()
    facts = claim_facts(scope.user_id, today=today)
    verdict = pool.can_claim(facts, in_force, today=today)
    return Quota(
        left=verdict.claims_left, claims_today=facts.claims_today, claims_per_day=in_force.claims_per_day,
        held=facts.held, holding_limit=in_force.holding_limit, reasons=reasons_against(verdict),
    )  # fmt: skip


def against_claim(scope: Scope, account: Account, *, today: date) -> list[str]:
    """What stands against a claim by the caller; nothing when the limits allow it."""
    return reasons_against(pool.can_claim(claim_facts(scope.me, today=today, account=account), pool_rules(), today=today))


def recycle_outlook(account: Account, *, today: date) -> str:
    """What the rules say of an account, in the reader's language."""
    return pool.SENTENCES.text(pool.recycle_decision(holding_facts(account), pool_rules(), today=today).reason, get_language() or "zh")


def reasons_against(verdict: ClaimVerdict) -> list[str]:
    return [pool.SENTENCES.text(reason, get_language() or "zh") for reason in verdict.reasons]


def reason_texts(stored: Iterable[Mapping[str, Any]]) -> list[str]:
    """Stored reasons of the rules as sentences in the reader's language."""
    return [pool.SENTENCES.text(Reason.from_json(one), get_language() or "zh") for one in stored]


# ---- recycling --------------------------------------------------------------------------------------------------


def holding_facts(account: Account) -> HoldingFacts:
    """What the rules look at. Without a day of taking over, the day the account came in counts."""
    standing = getattr(account, "standing", None)
    return HoldingFacts(
        owned_since=local_day(account.owned_since or account.created_at),
        last_contact_on=local_day(account.last_contact_at) if account.last_contact_at else None,
        last_order_on=standing.last_order_date if standing else None,
        notice_sent_on=local_day(account.recycle_notice_at) if account.recycle_notice_at else None,
        is_key_account=account.is_key,
        kept_until=account.kept_until,
    )


def near_their_limit(scope: Scope, in_force: PoolRules, *, today: date, within_days: int) -> QuerySet[Account]:
    """Owned accounts, never key ones, whose limit ends within so many days. A superset: the method itself decides."""
    owned = Account.objects.visible_to(scope).filter(owner__isnull=False, archived_at__isnull=True, is_key=False)
    rows = owned.annotate(held_since=Coalesce("owned_since", "created_at"))
    ends = Q(pk__in=[])
    if in_force.days_without_contact is not None:
        before = midnight(today + timedelta(days=within_days + 1 - in_force.days_without_contact))
        ends |= Q(held_since__lt=before) & (Q(last_contact_at__isnull=True) | Q(last_contact_at__lt=before))
    if in_force.days_without_order is not None:
        last_day = today + timedelta(days=within_days + 1 - in_force.days_without_order)
        order_old = Q(**{f"{_NO_ORDER}__isnull": True}) | Q(**{f"{_NO_ORDER}__lt": last_day})
        ends |= Q(held_since__lt=midnight(last_day)) & order_old
    return rows.filter(ends).select_related("owner", "standing").order_by("pk")


def in_batches(rows: QuerySet[Account]) -> Iterator[list[Account]]:
    """Rows in keyset batches, so that a batch may change them."""
    last = 0
    while batch := list(rows.filter(pk__gt=last)[:BATCH]):
        yield batch
        last = batch[-1].pk


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """An account that goes to the pool within the looked-at days, unless somebody reacts."""

    account: Account
    on: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    rows: list[Outlook]
    total: int
    is_capped: bool
    people: list[tuple[str, int]]


PREVIEW_ROWS, PREVIEW_CAP = 20, 1_000


def would_recycle(scope: Scope, in_force: PoolRules, *, today: date, within_days: int = 30) -> Preview:
    """Who would be recycled within so many days under these rules: the first rows, the number to a thousand, by person."""
    rows = near_their_limit(scope, in_force, today=today, within_days=within_days)
    found: list[tuple[date, Account, RecycleDecision]] = []
    people: dict[str, int] = {}
    for batch in in_batches(rows):
        for account in batch:
            decision = pool.recycle_decision(holding_facts(account), in_force, today=today)
            left = 0 if decision.step is PoolStep.RECYCLE else decision.days_left
            if left is None or left > within_days:
                continue
            found.append((today + timedelta(days=left), account, decision))
            people[str(account.owner)] = people.get(str(account.owner), 0) + 1
        if len(found) > PREVIEW_CAP:
            break
    found.sort(key=lambda item: (item[0], item[1].pinyin, item[1].pk))
    language = get_language() or "zh"
    return Preview(
        rows=[
            Outlook(account=account, on=on, reason=_outlook_reason(account, decision, in_force, language))
            for on, account, decision in found[:PREVIEW_ROWS]
        ],
        total=min(len(found), PREVIEW_CAP),
        is_capped=len(found) > PREVIEW_CAP,
        people=sorted(people.items(), key=lambda item: (-item[1], item[0])),
    )


def _outlook_reason(account: Account, decision: RecycleDecision, in_force: PoolRules, language: str) -> str:
    """The sentence of the limit that ends, also where the method still says "keep": asked as of the day it ends."""
    if decision.step is PoolStep.KEEP and decision.days_left is not None:
        facts = holding_facts(account)
        later = facts.owned_since + timedelta(days=10_000)
        ends_first = pool.recycle_decision(facts, in_force, today=later)
        since, limit = ends_first.reason.params["since"], ends_first.reason.params["limit"]
        assert isinstance(since, date)
        assert isinstance(limit, int)
        reason = Reason(ends_first.reason.code, {"since": since, "limit": limit, "due": since + timedelta(days=limit)})
        return pool.SENTENCES.text(reason, language)
    return pool.SENTENCES.text(decision.reason, language)


def is_pooled(scope: Scope, account_id: int) -> bool:
    return pooled(scope, PoolFilter()).filter(pk=account_id).exists()
