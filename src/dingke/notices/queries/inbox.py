"""Reads of the inbox. Every notice is looked at again: whoever may not see its subject any more does not see the notice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core.errors import NotVisible
from dingke.core.paging import keyset_page
from dingke.core.scope import Scope
from dingke.notices.models import Notice
from dingke.notices.queries import words
from dingke.notices.queries.kinds import Kind, kind_of, seen_by

SHOW = ("all", "unread", "archived")
PERIODS = {"today": 0, "week": 7, "month": 30}
UNREAD = Q(is_listed=True, read_at__isnull=True, archived_at__isnull=True, hidden_at__isnull=True)


@dataclass(frozen=True, slots=True)
class Shown:
    """A notice as a page or the API shows it, in the reader's language."""

    notice: Notice
    kind: Kind | None
    title: str
    body: str
    why: str

    @property
    def pk(self) -> int:
        return self.notice.pk


@dataclass(frozen=True, slots=True)
class InboxFilter:
    show: str = "all"
    kind: str = ""
    period: str = ""


@dataclass(frozen=True, slots=True)
class InboxPage:
    """`lost`: notices of this page whose subject the reader no longer sees; they are not shown, the door sets them aside."""

    items: Sequence[Shown]
    next_cursor: str | None
    lost: list[int]


@dataclass(frozen=True, slots=True)
class Bell:
    unread: int
    newest: int

    @property
    def state(self) -> str:
        return f"{self.unread}-{self.newest}"


def inbox(scope: Scope, chosen: InboxFilter, *, today: date, cursor: str | None = None, size: int = 30) -> InboxPage:
    """One page, newest first. The same number of queries whatever the number of notices."""
    page = keyset_page(_filtered(scope, chosen, today=today), order=["-at", "-pk"], size=size, cursor=cursor)
    seen = seen_by(scope, page.items)
    shown = [_shown(notice) for notice in page.items if notice.pk in seen]
    return InboxPage(shown, page.next_cursor, [notice.pk for notice in page.items if notice.pk not in seen])


def bell(scope: Scope) -> Bell:
    """Unread notices and the newest of them: one query, answered from the index of unread ones."""
    found = Notice.objects.filter(UNREAD, recipient_id=scope.me).aggregate(number=Count("pk"), newest=Max("pk"))
    return Bell(found["number"], found["newest"] or 0)


def newest_since(scope: Scope, known: int, *, size: int = 3) -> list[Shown]:
    """Unread notices that came after `known`, newest first, for a short message on the page."""
    rows = list(Notice.objects.filter(UNREAD, recipient_id=scope.me, pk__gt=known).order_by("-pk")[:size])
    seen = seen_by(scope, rows)
    return [_shown(notice) for notice in rows if notice.pk in seen]


def notice_for(scope: Scope, notice_id: int) -> Shown:
    """One notice of the caller's own whose subject is still the caller's to see. Raises `NotVisible`."""
    notice = Notice.objects.filter(pk=notice_id, recipient_id=scope.me, hidden_at__isnull=True).first()
    if notice is None or not seen_by(scope, [notice]):
        raise NotVisible(_("There is no such notice, or it is not yours."))
    return _shown(notice)


def kinds_in(scope: Scope) -> list[Kind]:
    """The kinds of which the caller has notices, for the filter."""
    keys = set(Notice.objects.filter(recipient_id=scope.me, is_listed=True).order_by().values_list("kind", flat=True).distinct())
    return [kind for key in sorted(keys) if (kind := kind_of(key))]


def _filtered(scope: Scope, chosen: InboxFilter, *, today: date) -> QuerySet[Notice]:
    rows = Notice.objects.filter(recipient_id=scope.me, is_listed=True, hidden_at__isnull=True)
    rows = rows.filter(archived_at__isnull=chosen.show != "archived")
    if chosen.show == "unread":
        rows = rows.filter(read_at__isnull=True)
    if chosen.kind:
        rows = rows.filter(kind=chosen.kind)
    if chosen.period in PERIODS:
        rows = rows.filter(at__gte=_midnight(today - timedelta(days=PERIODS[chosen.period])))
    return rows


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _shown(notice: Notice) -> Shown:
    return Shown(notice, kind_of(notice.kind), words.title_of(notice), words.body_of(notice), words.why_of(notice))
