"""The watch list (D-08): starred accounts, and the feed of what changed at them, why, and what to do about it.

The feed is put together from the tables that record each change, so nothing is written twice. Pages go by (when, source, id).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import F, Max, Q, QuerySet, Window
from django.db.models.functions import Lag
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.models import Account, Contact, FaceMark, Favourite, Nomination, OwnershipChange, StageChange, Standing
from dingke.core import rules
from dingke.core.errors import Invalid
from dingke.core.jinja import with_query
from dingke.core.paging import decode_cursor, encode_cursor
from dingke.core.scope import Scope
from dingke.insights import signals
from dingke.insights.calc.alerts import AlertSettings
from dingke.insights.metrics import NOT_COUNTED
from dingke.insights.models import Alert, FeedMark, Score, ScoreRun
from dingke.insights.queries.alerts import evidence
from dingke.ledger.models import Order

SIZE = 30
MOST_WATCHED = 2_000
YEAR_DAYS = 365
LEAST_ORDERS = 3  # before an order can be called large against the others


@dataclass(frozen=True)
class Doing:
    """What to do about a change. `how`: go or dialog."""

    label: str
    href: str
    how: str = "go"


@dataclass(frozen=True)
class FeedItem:
    at: datetime
    account: Account
    icon: str
    tone: str
    text: str
    why: str
    doings: tuple[Doing, ...]
    is_new: bool
    kind: str


@dataclass(frozen=True)
class Feed:
    items: list[FeedItem]
    next_cursor: str | None
    looked_at: datetime | None
    watched: int

    @property
    def new(self) -> int:
        return sum(1 for item in self.items if item.is_new)


@dataclass(frozen=True)
class _Source:
    """Where one sort of change is recorded: rows of the watched accounts, when they happened, and what they say."""

    name: str
    rows: Callable[[Scope, list[int]], QuerySet[Any]]
    when: str
    tell: Callable[[Scope, Any], tuple[str, str, str, str, tuple[Doing, ...]]]  # icon, tone, text, why, doings
    is_day: bool = False


@dataclass(frozen=True)
class WatchedRow:
    account: Account
    alerts: int


def watched_ids(scope: Scope) -> list[int]:
    """The accounts with the caller's star that the caller still sees."""
    rows = Favourite.objects.visible_to(scope).filter(user_id=scope.me, account__archived_at__isnull=True).order_by("-at", "-pk")
    return list(rows.values_list("account_id", flat=True)[:MOST_WATCHED])


def watched(scope: Scope, ids: list[int], *, most: int = 200) -> list[WatchedRow]:
    from django.db.models import Count

    living = Count("alerts", filter=~Q(alerts__state="CLOSED"))
    rows = Account.objects.filter(pk__in=ids).select_related("owner", "standing").annotate(living=living).order_by("pinyin", "pk")
    return [WatchedRow(account, account.living) for account in rows[:most]]  # type: ignore[attr-defined]


def feed(scope: Scope, *, cursor: str | None = None, size: int = SIZE, account_ids: list[int] | None = None) -> Feed:
    """One page of changes, the newest first. A fixed number of questions, one for each sort of change."""
    ids = watched_ids(scope) if account_ids is None else account_ids
    mark = FeedMark.objects.filter(user_id=scope.me).order_by("pk").values_list("looked_at", flat=True).first()
    if not ids:
        return Feed([], None, mark, 0)
    reached = _place(cursor) if cursor else None
    entries: list[tuple[datetime, int, int, _Source, Any]] = []
    for rank, source in enumerate(SOURCES):
        for row in _after(source, rank, source.rows(scope, ids), reached, size):
            entries.append((_moment(getattr(row, source.when)), rank, row.pk, source, row))
    entries.sort(key=lambda entry: (-entry[0].timestamp(), entry[1], -entry[2]))
    shown, more = entries[:size], len(entries) > size
    last = shown[-1] if shown else None
    return Feed(
        items=list(_told(scope, shown, mark)),
        next_cursor=encode_cursor([last[0], last[1], last[2]]) if more and last else None,
        looked_at=mark,
        watched=len(ids),
    )


def _told(scope: Scope, entries: Iterable[tuple[datetime, int, int, _Source, Any]], mark: datetime | None) -> Iterator[FeedItem]:
    for at, _rank, _pk, source, row in entries:
        icon, tone, text, why, doings = source.tell(scope, row)
        yield FeedItem(at, row.account, icon, tone, text, why, doings, mark is None or at > mark, source.name)


def _place(cursor: str) -> tuple[datetime, int, int]:
    values = decode_cursor(cursor)
    if len(values) != 3 or not isinstance(values[0], datetime) or not all(isinstance(value, int) for value in values[1:]):
        raise Invalid(_("This page link is broken. Start from the first page."))
    return values[0], values[1], values[2]


def _moment(value: date | datetime) -> datetime:
    """A day counts from its first moment."""
    return value if isinstance(value, datetime) else timezone.make_aware(datetime.combine(value, time.min))


def _after(source: _Source, rank: int, rows: QuerySet[Any], reached: tuple[datetime, int, int] | None, size: int) -> list[Any]:
    when = source.when
    if reached is not None:
        at, at_rank, at_pk = reached
        bound: date | datetime = timezone.localdate(at) if source.is_day else at
        same_moment = not source.is_day or _moment(bound) == at
        earlier = Q(**{f"{when}__lt": bound})
        if not same_moment or rank > at_rank:  # the whole day lies before a later moment of it
            earlier |= Q(**{when: bound})
        elif rank == at_rank:
            earlier |= Q(**{when: bound, "pk__lt": at_pk})
        rows = rows.filter(earlier)
    return list(rows.order_by(f"-{when}", "-pk")[: size + 1])


# ---- what each source says ---------------------------------------------------------------------------------------------


def _account_page(account: Account, tab: str = "") -> str:
    page = reverse("workspace:account", args=[account.pk])
    return f"{page}?tab={tab}" if tab else page


def _reclassify(account: Account) -> Doing:
    return Doing(_("Look at class and face"), _account_page(account, "value"))


def _find_candidates(account: Account) -> Doing:
    return Doing(_("Look for new key accounts"), with_query(reverse("accounts:list"), edited=1, industry=account.industry_id or ""))


def _react(account: Account, title: str) -> Doing:
    return Doing(_("Plan the next step"), with_query(reverse("accounts:todo_new", args=[account.pk]), title=title), "dialog")


def _of(model: Any, **conditions: Any) -> Callable[[Scope, list[int]], QuerySet[Any]]:
    def rows(scope: Scope, ids: list[int]) -> QuerySet[Any]:
        found: QuerySet[Any] = model.objects.filter(account_id__in=ids, **conditions).select_related("account")
        return found

    return rows


def _owner_rows(scope: Scope, ids: list[int]) -> QuerySet[Any]:
    rows = OwnershipChange.objects.filter(account_id__in=ids).exclude(kind=OwnershipChange.Kind.CREATED)
    return rows.select_related("account", "before", "after")


def _owner(scope: Scope, row: OwnershipChange) -> tuple[str, str, str, str, tuple[Doing, ...]]:
    text = _("Owner: %(before)s → %(after)s") % {"before": row.before or _("none"), "after": row.after or _("public pool")}
    return "user-share", "grey", text, row.reason, (_react(row.account, _("Introduce the new owner to the customer")),)


def _stage(scope: Scope, row: StageChange) -> tuple[str, str, str, str, tuple[Doing, ...]]:
    labels = dict(Account.Stage.choices)
    text = _("Stage: %(before)s → %(after)s") % {"before": labels.get(row.before, "—"), "after": labels.get(row.after, row.after)}
    doings = (_reclassify(row.account),)
    return "stairs-up", "red" if row.after == "DECLINING" else "green", text, row.reason, doings


def _face(scope: Scope, row: FaceMark) -> tuple[str, str, str, str, tuple[Doing, ...]]:
    text = _("Face confirmed: %(face)s") % {"face": row.get_face_display()}
    return "mask", "bronze", text, row.extra_step, (_reclassify(row.account),)


def _class_rows(scope: Scope, ids: list[int]) -> QuerySet[Any]:
    """Scores whose class differs from that of the run before."""
    before = Window(Lag("abc"), partition_by=[F("account_id")], order_by=F("run_id").asc())
    rows = Score.objects.filter(account_id__in=ids, run__state=ScoreRun.State.DONE).annotate(abc_before=before, at=F("run__finished_at"))
    return rows.filter(abc_before__isnull=False).exclude(abc=F("abc_before")).select_related("account", "run")


def _class(scope: Scope, row: Any) -> tuple[str, str, str, str, tuple[Doing, ...]]:
    down = (row.abc or "Z") > (row.abc_before or "Z")
    text = _("Class: %(before)s → %(after)s") % {"before": row.abc_before or "—", "after": row.abc or "—"}
    why = _("Score run of %(day)s") % {"day": row.run.as_of_date.isoformat()}
    doings = (_reclassify(row.account), _react(row.account, _("Ask why they buy less"))) if down else (
        _reclassify(row.account), _find_candidates(row.account),
    )  # fmt: skip
    return "trending-down" if down else "trending-up", "amber" if down else "green", text, why, doings


def _key(scope: Scope, row: Nomination) -> tuple[str, str, str, str, tuple[Doing, ...]]:
    doings = (Doing(_("Open the nomination"), reverse("accounts:nomination", args=[row.pk])), _find_candidates(row.account))
    return "award", "bronze", _("Became a key account"), row.reason[:200], doings


def _key_ended(scope: Scope, row: Nomination) -> tuple[str, str, str, str, tuple[Doing, ...]]:
    return "star-off", "amber", _("No longer a key account"), row.end_reason, (_reclassify(row.account),)


def _alert(scope: Scope, row: Alert) -> tuple[str, str, str, str, tuple[Doing, ...]]:
    known = signals.signal_of(row.signal)
    label = known.label.text(get_language() or "zh-hans") if known else row.signal
    told = evidence(scope, row)
    doing = Doing(_("React to the warning"), with_query(reverse("insights:alerts"), alert=row.pk))
    return "alert-triangle", "red", _("Warning: %(signal)s") % {"signal": label}, told[0] if told else "", (doing,)


def _alert_ended(scope: Scope, row: Alert) -> tuple[str, str, str, str, tuple[Doing, ...]]:
    known = signals.signal_of(row.signal)
    label = known.label.text(get_language() or "zh-hans") if known else row.signal
    text = _("Warning ended: %(signal)s · %(outcome)s") % {"signal": label, "outcome": row.get_outcome_display()}
    return "circle-check", "grey" if row.outcome != "LOST" else "red", text, row.close_reason, ()


def _left(scope: Scope, row: Contact) -> tuple[str, str, str, str, tuple[Doing, ...]]:
    from dingke.accounts.access import can_see_contacts

    name = row.name if can_see_contacts(scope, row.account) else _("A contact")
    doings = (Doing(_("Find the successor"), _account_page(row.account, "contacts")), _react(row.account, _("Meet the successor")))
    return "user-minus", "amber", _("%(name)s left the customer") % {"name": name}, "", doings


def _large_rows(scope: Scope, ids: list[int]) -> QuerySet[Any]:
    """Orders of several times the average of the last twelve months. An order counts from the day it was placed."""
    times = rules.load("insights.alerts", AlertSettings).large_order_times
    scored = Standing.objects.filter(account_id__in=ids).aggregate(day=Max("as_of_date"))["day"]
    rows = Order.objects.filter(account_id__in=ids, archived_at__isnull=True, account__standing__orders_count__gte=LEAST_ORDERS)
    if scored is not None:  # older ones are not part of the average
        rows = rows.filter(order_date__gt=scored - timedelta(days=YEAR_DAYS))
    return (
        rows.exclude(state__in=NOT_COUNTED)
        .annotate(scaled=F("amount") * F("account__standing__orders_count"))
        .filter(scaled__gt=F("account__standing__revenue") * times)
        .select_related("account")
    )


def _large(scope: Scope, row: Order) -> tuple[str, str, str, str, tuple[Doing, ...]]:
    from dingke.core.money import compact

    if scope.hides("amount"):
        text = _("A large order: %(number)s") % {"number": row.number}
    else:
        text = _("A large order: %(amount)s") % {"amount": compact(row.amount, get_language() or "zh-hans")}
    return "receipt", "green", text, _("Several times their usual order"), (
        _react(row.account, _("Thank them, and ask what the order is for")), _find_candidates(row.account),
    )  # fmt: skip


SOURCES: tuple[_Source, ...] = (
    _Source("alert", _of(Alert), "raised_at", _alert),
    _Source("alert_ended", _of(Alert, state="CLOSED", closed_at__isnull=False), "closed_at", _alert_ended),
    _Source("class", _class_rows, "at", _class),
    _Source("owner", _owner_rows, "at", _owner),
    _Source("stage", _of(StageChange), "since_date", _stage, is_day=True),
    _Source("face", _of(FaceMark), "confirmed_at", _face),
    _Source("key", _of(Nomination, state__in=["APPROVED", "ENDED"], decided_at__isnull=False), "decided_at", _key),
    _Source("key_ended", _of(Nomination, state="ENDED", ended_at__isnull=False), "ended_at", _key_ended),
    _Source("left", _of(Contact, left_date__isnull=False, archived_at__isnull=True), "left_date", _left, is_day=True),
    _Source("large", _large_rows, "order_date", _large, is_day=True),
)
