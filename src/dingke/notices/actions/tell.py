"""Telling people: the notice in the transaction of what happened, its way out by a worker after commit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from dingke.notices import calc
from dingke.notices.calc import Channel
from dingke.notices.models import Bot, Delivery, Notice, Rhythm
from dingke.notices.queries import preferences
from dingke.notices.queries.inbox import UNREAD
from dingke.notices.queries.kinds import Kind, kind_of, known_subject
from dingke.people.models import User

_queue: list[Callable[[int], object]] = []
_held: ContextVar[bool] = ContextVar("notices_held", default=False)


def install(*, enqueue: Callable[[int], object]) -> None:
    """How the id of a delivery gets to a worker: from config/wiring.py."""
    _queue[:] = [enqueue]


@contextmanager
def held() -> Iterator[None]:
    """Inside, notices come into inboxes and nothing goes out: for demonstration data and other history that is written at once."""
    token = _held.set(True)
    try:
        yield
    finally:
        _held.reset(token)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said: `title` and `body` are English texts for translation, `values` what stands in them, `link` the page it leads to."""

    title: str
    body: str = ""
    values: Mapping[str, Any] | None = None
    link: str = ""


@transaction.atomic
def notify(
    *,
    kind: str,
    to: Iterable[int | None],
    words: Words,
    now: datetime,
    subject: tuple[str, int] = ("", 0),
    key: str = "",
    without: Iterable[int | None] = (),
) -> list[Notice]:
    """Tells each of these people, once, where they want to hear it. Those in `without` (who did it themselves) are left out.

    The same kind about the same subject within an hour joins the unread notice that is there. With a `key` the same thing is
    said once ever. KeyError for a kind or subject that is not in the tables of config/wiring.py.
    """
    known = kind_of(kind)
    if known is None or not known_subject(subject[0]):
        raise KeyError(f"notices of kind {kind!r} about {subject[0]!r}: list both in config/wiring.py")
    wanted = {user_id for user_id in to if user_id} - set(without)
    people = {user.pk: user for user in User.objects.filter(pk__in=wanted, is_active=True).order_by("pk")} if wanted else {}
    if key and people:
        told = Notice.objects.filter(recipient_id__in=people, kind=kind, subject=subject[0], subject_id=subject[1], key=key)
        for user_id in list(told.order_by().values_list("recipient_id", flat=True)):
            people.pop(user_id)
    if not people:
        return []
    ways = _ways_of(known, people)
    people = {user_id: user for user_id, user in people.items() if ways[user_id].channels}  # the others do not want to hear it
    joined = {} if key else _join(kind, subject, people, words, now)
    fresh = [
        Notice(
            recipient_id=user_id, kind=kind, subject=subject[0], subject_id=subject[1], key=key, title=words.title, body=words.body,
            values=dict(words.values or {}), link=words.link[:300], is_listed=Channel.INBOX in ways[user_id].channels,
            created_at=now, at=now,
        )
        for user_id in people
        if user_id not in joined
    ]  # fmt: skip
    try:
        with transaction.atomic():
            Notice.objects.bulk_create(fresh)
    except IntegrityError:  # another scheduler has just said the same
        return list(joined.values())
    if not _held.get():
        _send_on_their_ways(known, fresh, ways, now)
    return [*joined.values(), *fresh]


@dataclass(frozen=True, slots=True)
class _Ways:
    channels: frozenset[Channel]
    bots: tuple[int, ...]
    due: Callable[[datetime], datetime]


def _ways_of(kind: Kind, people: Mapping[int, User]) -> dict[int, _Ways]:
    chosen = preferences.routings(kind.key, people)
    rhythms = {row.user_id: row for row in Rhythm.objects.filter(user_id__in=list(people)).order_by("user_id")}
    bots: dict[int, list[int]] = {}
    for bot_id, owner_id in (
        Bot.objects.filter(owner_id__in=list(people), is_active=True, archived_at__isnull=True).order_by("pk").values_list("pk", "owner_id")
    ):
        bots.setdefault(owner_id or 0, []).append(bot_id)
    return {
        user_id: _Ways(
            calc.routed(kind.routing, chosen.get(user_id), has_mail=bool(user.email), has_bot=user_id in bots),
            tuple(bots.get(user_id, ())),
            _due_by(rhythms.get(user_id)),
        )
        for user_id, user in people.items()
    }


def _due_by(rhythm: Rhythm | None) -> Callable[[datetime], datetime]:
    quiet = preferences.quiet_of(rhythm)
    if quiet is None:
        return lambda now: now
    return lambda now: calc.quiet_until(preferences.local_time(rhythm, now), quiet) or now


def _join(kind: str, subject: tuple[str, int], people: Mapping[int, User], words: Words, now: datetime) -> dict[int, Notice]:
    """Unread notices of the last hour about the same, which take this one in."""
    if not subject[0]:
        return {}
    rows = Notice.objects.select_for_update(of=("self",)).filter(
        UNREAD,
        recipient_id__in=list(people),
        kind=kind,
        subject=subject[0],
        subject_id=subject[1],
        key="",
        at__gt=now - calc.COLLAPSE_WITHIN,
    )
    joined: dict[int, Notice] = {}
    for notice in rows.order_by("at", "pk"):
        if calc.collapses(before=notice.at, now=now, is_read=False):
            joined[notice.recipient_id] = notice
    for notice in joined.values():
        notice.count += 1
        notice.at, notice.title, notice.body, notice.values, notice.link = (
            now,
            words.title,
            words.body,
            dict(words.values or {}),
            words.link,
        )
        notice.save(update_fields=["count", "at", "title", "body", "values", "link"])
    return joined


def _send_on_their_ways(kind: Kind, notices: list[Notice], ways: Mapping[int, _Ways], now: datetime) -> None:
    rows: list[Delivery] = []
    for notice in notices:
        way = ways[notice.recipient_id]
        due = way.due(now)
        if Channel.MAIL in way.channels:
            rows.append(Delivery(notice=notice, channel=Delivery.Channel.MAIL, due_at=due))
        if Channel.DIGEST in way.channels:
            rows.append(Delivery(notice=notice, channel=Delivery.Channel.DIGEST, due_at=now))
        if Channel.BOT in way.channels:
            rows += [Delivery(notice=notice, channel=Delivery.Channel.BOT, bot_id=bot_id, due_at=due) for bot_id in way.bots]
    if notices:  # a group hears of it once, however many people do
        for bot in Bot.objects.filter(owner__isnull=True, is_active=True, archived_at__isnull=True).order_by("pk"):
            if kind.key in bot.kinds:
                rows.append(Delivery(notice=notices[0], channel=Delivery.Channel.COMPANY_BOT, bot=bot, due_at=now))
    for row in rows:
        if row.due_at <= now and row.channel != Delivery.Channel.DIGEST:
            row.queued_at = now
    Delivery.objects.bulk_create(rows)
    enqueue([row.pk for row in rows if row.queued_at is not None])


def enqueue(delivery_ids: Iterable[int]) -> None:
    """Hands deliveries to a worker once this transaction holds."""
    ids = list(delivery_ids)
    if ids and _queue:
        transaction.on_commit(lambda: [_queue[0](delivery_id) for delivery_id in ids])


def settle(*, subject: tuple[str, int], kinds: Iterable[str], now: datetime, of: Iterable[int] | None = None) -> int:
    """Marks notices as read that have done their work: somebody else decided, the call was made."""
    rows = Notice.objects.filter(subject=subject[0], subject_id=subject[1], kind__in=list(kinds), read_at__isnull=True)
    if of is not None:
        rows = rows.filter(recipient_id__in=list(of))
    return rows.update(read_at=now)
