"""The first page of the day: what waits for the caller, what comes, what changed at the caller's own accounts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from dingke.accounts.calc import SENTENCES, pool
from dingke.accounts.calc.next_step import DEFAULT_SETTINGS
from dingke.accounts.models import Account, OwnershipChange, Standing, Todo
from dingke.accounts.queries import days, steps
from dingke.accounts.queries import pool as pool_queries
from dingke.accounts.queries.days import ComingDay
from dingke.approvals import queries as approvals
from dingke.approvals.queries import Request
from dingke.core.scope import Scope

WEEK, DATE_DAYS, POOL_DAYS, SHOWN = 7, 14, 7, 8


@dataclass(frozen=True)
class Leaving:
    """An own account that goes back to the pool unless somebody reacts."""

    account: Account
    day: date
    reason: str


@dataclass(frozen=True)
class Silent:
    """A watched account that nobody has spoken with for long; None = never."""

    account: Account
    days: int | None


@dataclass(frozen=True)
class News:
    """Something about an account, with its tone and icon: a change since yesterday."""

    account: Account
    text: str
    tone: str
    icon: str


@dataclass(frozen=True)
class Today:
    today: date
    overdue: list[Todo]
    due_today: list[Todo]
    this_week: list[Todo]
    undated: list[Todo]
    approvals: list[Request]
    coming: list[ComingDay]
    leaving: list[Leaving]
    silent: list[Silent]
    news: list[News]
    is_leader: bool
    own_accounts: int
    sees_any: bool
    greeting: str
    summary: str

    @property
    def is_clear(self) -> bool:
        return not (self.overdue or self.due_today or self.approvals)


def today_page(scope: Scope, *, now: datetime) -> Today:
    """A fixed number of queries, whatever waits."""
    today = timezone.localdate(now)
    todos = steps.todos_of(scope, until=today + timedelta(days=WEEK))
    waiting = approvals.waiting_for(scope, today=today)
    watched, own_accounts = _watched(scope), _own(scope).count()
    overdue = [todo for todo in todos if todo.due_date and todo.due_date < today]
    due_today = [todo for todo in todos if todo.due_date == today]
    leaving = _leaving(scope, today=today)
    page = Today(
        today=today,
        overdue=overdue,
        due_today=due_today,
        this_week=[todo for todo in todos if todo.due_date and todo.due_date > today],
        undated=[todo for todo in todos if todo.due_date is None],
        approvals=waiting,
        coming=days.coming_days_of_owner(scope, today=today, within=DATE_DAYS),
        leaving=leaving,
        silent=_silent(watched, today=today, without={one.account.pk for one in leaving}),
        news=_news(scope, watched, today=today),
        is_leader=leads(scope),
        own_accounts=own_accounts,
        sees_any=own_accounts > 0 or Account.objects.visible_to(scope).order_by().values("pk")[:1].exists(),
        greeting=_greeting(scope, now),
        summary=_summary(len(overdue), len(due_today), len(waiting), len(leaving)),
    )
    return page


def _own(scope: Scope) -> QuerySet[Account]:
    return Account.objects.filter(owner_id=scope.me, archived_at__isnull=True).order_by("pinyin", "pk")


def leads(scope: Scope) -> bool:
    """Whether the caller answers for other people's accounts too."""
    return scope.can("accounts.assign")


def _watched(scope: Scope) -> QuerySet[Account]:
    """What the caller answers for: the own accounts, for a leader those of the teams, for who sees all the key and A-class accounts."""
    if not leads(scope):
        return _own(scope)
    rows = Account.objects.visible_to(scope).filter(archived_at__isnull=True, owner__isnull=False).order_by("pinyin", "pk")
    return rows.filter(Q(is_key=True) | Q(standing__abc="A")) if scope.sees_all else rows.filter(owner_id__in=sorted(scope.user_ids))


def _leaving(scope: Scope, *, today: date) -> list[Leaving]:
    in_force = pool_queries.pool_rules()
    language = get_language() or "zh"
    found: list[Leaving] = []
    for account in pool_queries.near_their_limit(scope, in_force, today=today, within_days=POOL_DAYS).filter(owner_id=scope.me)[:200]:
        decision = pool.recycle_decision(pool_queries.holding_facts(account), in_force, today=today)
        left = 0 if decision.step is pool.PoolStep.RECYCLE else decision.days_left
        if left is None or left > POOL_DAYS:
            continue
        reason = "" if decision.reason.code == "POOL_WITHIN_LIMITS" else SENTENCES.text(decision.reason, language)
        found.append(Leaving(account, today + timedelta(days=left), reason))
    return sorted(found, key=lambda one: (one.day, one.account.pinyin, one.account.pk))[:SHOWN]


def _silent(own: QuerySet[Account], *, today: date, without: set[int]) -> list[Silent]:
    """Key accounts first, then the longest silence; what the pool takes anyway stands above."""
    before = timezone.make_aware(datetime.combine(today - timedelta(days=DEFAULT_SETTINGS.silence_days), time.min))
    rows = own.filter(Q(last_contact_at__lt=before) | Q(last_contact_at__isnull=True, created_at__lt=before)).exclude(pk__in=without)
    rows = rows.select_related("standing", "owner").order_by(
        "-is_key", F("standing__rank").asc(nulls_last=True), F("last_contact_at").asc(nulls_first=True), "pk"
    )
    return [
        Silent(account, (today - timezone.localdate(account.last_contact_at)).days if account.last_contact_at else None)
        for account in rows[:SHOWN]
    ]


def _news(scope: Scope, watched: QuerySet[Account], *, today: date) -> list[News]:
    since = timezone.make_aware(datetime.combine(today - timedelta(days=1), time.min))
    news: list[News] = []
    moves = OwnershipChange.objects.filter(after_id=scope.me, at__gte=since, account__archived_at__isnull=True).exclude(
        kind__in=[OwnershipChange.Kind.CREATED, OwnershipChange.Kind.CLAIMED]
    )
    for move in moves.select_related("account", "before").order_by("-at", "-pk")[:SHOWN]:
        before = _("before: %(name)s") % {"name": move.before} if move.before else _("from the public pool")
        text = _("%(who)s gave it to you, %(before)s") % {"who": move.by_name, "before": before}
        news.append(News(move.account, f"{text} · {move.reason}" if move.reason else text, "green", "user-share"))
    mine = _standings(watched)
    for standing in (
        mine.filter(as_of_date__gte=today - timedelta(days=1))
        .exclude(abc=F("abc_before"))
        .exclude(abc_before="")
        .order_by("rank", "pk")[:SHOWN]
    ):
        is_up = (standing.abc or "Z") < standing.abc_before
        text = _("Class %(before)s → %(now)s") % {"before": standing.abc_before, "now": standing.abc or "–"}
        news.append(News(standing.account, text, "green" if is_up else "amber", "trending-up" if is_up else "trending-down"))
    return news


def _standings(watched: QuerySet[Account]) -> QuerySet[Standing]:
    return Standing.objects.filter(account__in=watched.order_by()).select_related("account", "account__owner")


def _greeting(scope: Scope, now: datetime) -> str:
    hour = timezone.localtime(now).hour
    names: dict[str, Any] = {"name": scope.name}
    if hour < 11:
        return _("Good morning, %(name)s") % names
    if hour < 13:
        return _("Good day, %(name)s") % names
    if hour < 18:
        return _("Good afternoon, %(name)s") % names
    return _("Good evening, %(name)s") % names


def _summary(overdue: int, due: int, asked: int, leaving: int) -> str:
    """One sentence from the facts: what is overdue, what is due, who waits, what is about to be lost."""
    counted = [
        (overdue, ngettext("%(n)s to-do is overdue", "%(n)s to-dos are overdue", overdue)),
        (due, ngettext("%(n)s is due today", "%(n)s are due today", due)),
        (asked, ngettext("%(n)s request waits for your decision", "%(n)s requests wait for your decision", asked)),
        (leaving, ngettext("%(n)s account is about to go back to the pool", "%(n)s accounts are about to go back to the pool", leaving)),
    ]
    said = [words % {"n": number} for number, words in counted if number]
    if not said:
        return _("Nothing is overdue and nobody waits for you.")
    comma = "，" if (get_language() or "zh").startswith("zh") else ", "
    stop = "。" if comma == "，" else "."
    text = comma.join(said)
    return text[:1].upper() + text[1:] + stop
