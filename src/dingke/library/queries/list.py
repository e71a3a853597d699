"""The page of the library: tabs by kind, filters, search, and what waits for a decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When
from django.http import QueryDict

from dingke.core import lists
from dingke.core.paging import Page, keyset_page
from dingke.core.scope import Scope
from dingke.library.calc.topics import TOPICS
from dingke.library.models import Entry, EntryMark, EntryVersion, LadderLevel, Portrait
from dingke.library.queries import entries as reading
from dingke.library.queries import search

SIZE = 40
SHOWS = ("", "mine", "drafts", "retired", "proposals", "unread")


@dataclass(frozen=True, slots=True)
class EntryFilter:
    kind: str = ""
    text: str = ""
    topic: str = ""
    industry: str = ""
    family: str = ""
    spin: str = ""
    form: str = ""
    show: str = ""
    sort: str = ""  # "" by place, "used", "useful", "newest"

    @property
    def narrows(self) -> bool:
        return bool(self.text or self.topic or self.industry or self.family or self.spin or self.form or self.show)


def entry_filter(query: QueryDict) -> EntryFilter:
    """What was asked; words that are no choice are as if not asked."""
    kind = query.get("kind", "")
    kind = kind if kind in Entry.Kind.values else ""
    topic, spin, form = query.get("topic", ""), query.get("spin", ""), query.get("form", "")
    show, sort = query.get("show", ""), query.get("sort", "")
    return EntryFilter(
        kind=kind,
        text=" ".join(query.get("q", "").split())[:100],
        topic=topic if topic in TOPICS.get(kind, {}) else "",
        industry=query.get("industry", "")[:60],
        family=query.get("family", "")[:80],
        spin=spin if spin in Entry.Spin.values else "",
        form=form if form in Entry.Form.values else "",
        show=show if show in SHOWS else "",
        sort=sort if sort in {"used", "useful", "newest"} else "",
    )


def filtered(scope: Scope, wanted: EntryFilter, *, today: date, kind: str | None = None) -> QuerySet[Entry]:
    rows = reading.entries(
        scope,
        kinds=[kind] if kind else ([wanted.kind] if wanted.kind else ()),
        topic=wanted.topic,
        industry=wanted.industry,
        product_family=wanted.family,
        spin=wanted.spin,
        form=wanted.form,
        text=wanted.text,
        today=today,
        with_drafts=bool(wanted.show),
    )
    if wanted.show == "mine":
        return rows.filter(owner_id=scope.me)
    if wanted.show == "drafts":
        return rows.filter(state=Entry.State.DRAFT)
    if wanted.show == "retired":
        return rows.filter(state=Entry.State.RETIRED)
    if wanted.show == "proposals":
        return rows.filter(pk__in=waiting(scope).order_by().values("entry_id"))
    if wanted.show == "unread":
        read = EntryMark.objects.filter(user_id=scope.me, read_number__gt=0).order_by().values("entry_id")
        return rows.filter(state=Entry.State.PUBLISHED).exclude(pk__in=read)
    return rows


def waiting(scope: Scope) -> QuerySet[EntryVersion]:
    """Proposals that the caller sees: all for those who publish, else the caller's own."""
    rows = EntryVersion.objects.filter(state=EntryVersion.State.PROPOSED)
    return rows if scope.can("library.publish") or scope.can("*") else rows.filter(by_id=scope.me)


_ORDERS = {"used": ("-use_count", "place", "position"), "useful": ("-useful_count", "place", "position"), "newest": ("-published_at",)}
_PLACE = Case(*(When(kind=kind.value, then=Value(place)) for place, kind in enumerate(Entry.Kind)), output_field=IntegerField())


@dataclass(frozen=True, slots=True)
class Listed:
    rows: Sequence[Entry]
    next_cursor: str | None
    tabs: Sequence[tuple[str, str, int]]  # kind, name, number
    topics: Sequence[tuple[str, int]]
    industries: Sequence[tuple[str, str]]
    families: Sequence[str]
    proposals: int
    total: int


def listed(scope: Scope, wanted: EntryFilter, *, today: date, cursor: str | None = None) -> Listed:
    """One page with its tabs and choices: a fixed number of queries, whatever the number of entries."""
    page = found(scope, wanted, today=today, cursor=cursor)
    if cursor:
        return Listed(page.items, page.next_cursor, (), (), (), (), 0, 0)
    across = EntryFilter(text=wanted.text, industry=wanted.industry, family=wanted.family, show=wanted.show)
    counted = {
        row["kind"]: row["number"] for row in filtered(scope, across, today=today).order_by().values("kind").annotate(number=Count("pk"))
    }
    topics: list[tuple[str, int]] = []
    if wanted.kind:
        in_kind = EntryFilter(kind=wanted.kind, text=wanted.text, industry=wanted.industry, family=wanted.family, show=wanted.show)
        by_topic = filtered(scope, in_kind, today=today).order_by().values("topic").annotate(number=Count("pk"))
        topics = sorted(((row["topic"], row["number"]) for row in by_topic if row["topic"]), key=lambda row: _place(wanted.kind, row[0]))
    return Listed(
        rows=page.items,
        next_cursor=page.next_cursor,
        tabs=[(kind.value, str(kind.label), counted.get(kind.value, 0)) for kind in Entry.Kind],
        topics=topics,
        industries=[(item.code, item.label) for item in lists.items("industries")],
        families=families(),
        proposals=waiting(scope).count(),
        total=sum(counted.values()),
    )


def _place(kind: str, topic: str) -> tuple[int, str]:
    known = list(TOPICS.get(kind, {}))
    return (known.index(topic) if topic in known else len(known), topic)


def found(scope: Scope, wanted: EntryFilter, *, today: date, cursor: str | None = None) -> Page[Entry]:
    """A page of the rows, kinds in their order. Asked for by words, what carries them in its title comes first."""
    rows = filtered(scope, wanted, today=today).select_related("account", "owner").annotate(place=_PLACE)
    if wanted.sort:
        return keyset_page(rows, order=_ORDERS[wanted.sort], size=SIZE, cursor=cursor)
    if wanted.text and search.index_query(wanted.text):
        titled = Q(title_zh__icontains=wanted.text) | Q(title_en__icontains=wanted.text)
        rows = rows.annotate(nearness=Case(When(titled, then=Value(0)), default=Value(1), output_field=IntegerField()))
        return keyset_page(rows, order=["nearness", "place", "position"], size=SIZE, cursor=cursor)
    return keyset_page(rows, order=["place", "position"], size=SIZE, cursor=cursor)


def families() -> list[str]:
    """Every product family that portraits or the ladder name, in their order."""
    rungs = [family for row in LadderLevel.objects.filter(archived_at__isnull=True) for family in row.families]
    return list(dict.fromkeys([*Portrait.objects.filter(archived_at__isnull=True).values_list("family", flat=True), *rungs]))


def read_numbers(scope: Scope, rows: Sequence[Entry]) -> dict[int, int]:
    """Of each entry of a page: the version that the caller read last."""
    marks = EntryMark.objects.filter(user_id=scope.me, entry_id__in=[row.pk for row in rows], read_number__gt=0)
    return dict(marks.order_by().values_list("entry_id", "read_number"))
