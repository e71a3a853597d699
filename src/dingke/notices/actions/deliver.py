"""Sending, outside any transaction: a delivery is claimed by one worker, sent once, tried again later when it failed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from dingke.core import audit
from dingke.core.errors import Refusal
from dingke.core.scope import Scope
from dingke.notices import calc
from dingke.notices.actions import bots, mail, tell
from dingke.notices.actions import preferences as chosen
from dingke.notices.models import Delivery, Notice, Rhythm
from dingke.notices.queries import preferences, words
from dingke.notices.queries.kinds import seen_by
from dingke.people import queries as people
from dingke.people.models import User

State, Channel = Delivery.State, Delivery.Channel
QUEUE_AGAIN_AFTER = timedelta(minutes=10)
AT_ONCE = 500
INTERRUPTED = gettext_noop("Interrupted while it was being sent: it may have arrived, so it is not sent again.")
NOT_VISIBLE = gettext_noop("The reader may not see what it is about any more.")
ALREADY_READ = gettext_noop("It was read before it could be sent.")
GONE = gettext_noop("The person, or the bot, is no longer there.")
logger = logging.getLogger("dingke.notices")


class UnableToSendAgain(Refusal):
    """Only what was given up is sent again."""


def deliver(*, delivery_id: int, now: datetime) -> str:
    """Sends one delivery, unless another worker has it or its time has not come. Returns the state it is in afterwards."""
    row = _claim(delivery_id, now=now)
    if row is None:
        return "LEFT"
    if problem := _reason_against(row):
        return _finish(row, State.SKIPPED, problem)
    try:
        _send(row, now=now)
    except Exception as error:
        return _failed(row, error, now=now)
    return _finish(row, State.SENT, sent_at=now)


def _claim(delivery_id: int, *, now: datetime) -> Delivery | None:
    """One statement decides between workers: whoever turns WAITING into SENDING has it."""
    waiting = Delivery.objects.filter(pk=delivery_id, state=State.WAITING, due_at__lte=now).exclude(channel=Channel.DIGEST)
    if not waiting.update(state=State.SENDING, attempts=F("attempts") + 1, claimed_at=now):
        return None
    return Delivery.objects.select_related("notice__recipient", "bot").get(pk=delivery_id)


def _reason_against(row: Delivery) -> str:
    reader = row.notice.recipient
    if row.channel in (Channel.BOT, Channel.COMPANY_BOT) and (row.bot is None or not row.bot.is_active or row.bot.archived_at is not None):
        return GONE
    if row.channel == Channel.COMPANY_BOT:
        return ""
    if not reader.is_active or (row.channel == Channel.MAIL and not reader.email):
        return GONE
    if row.notice.read_at is not None or row.notice.archived_at is not None:
        return ALREADY_READ
    return "" if seen_by(people.scope_for(reader), [row.notice]) else NOT_VISIBLE


def _send(row: Delivery, *, now: datetime) -> None:
    if row.channel == Channel.MAIL:
        return mail.send_notice(notice=row.notice, to=row.notice.recipient)
    assert row.bot is not None
    language = settings.LANGUAGE_CODE if row.channel == Channel.COMPANY_BOT else mail.language_of(row.notice.recipient)
    with translation.override(language):
        line = mail.line_of(row.notice)
        # a group follows the link with each reader's own rights; the inbox of one of them is nobody else's
        link = mail.absolute(row.notice.link) if row.channel == Channel.COMPANY_BOT and row.notice.link else line.link
        text = [line.body, link]
        if row.channel == Channel.BOT:
            text += [line.why, _("Turn this off: %(link)s") % {"link": _off_link(row)}]
        bots.send(bot=row.bot, title=f"{_('Dingke')} · {line.title}", body="\n".join(part for part in text if part), now=now)
    return None


def _off_link(row: Delivery) -> str:
    token = chosen.off_token(user_id=row.notice.recipient_id, kind=row.notice.kind, channel=chosen.BOT)
    return mail.absolute(reverse("notices:off", args=[token]))


def _failed(row: Delivery, error: Exception, *, now: datetime) -> str:
    problem = error.message if isinstance(error, Refusal) else f"{type(error).__name__}: {error}"
    wait = calc.wait_before(row.attempts)
    logger.warning("delivery %s failed (%s of %s): %s", row.pk, row.attempts, calc.MOST_ATTEMPTS, type(error).__name__)
    if wait is None:
        return _finish(row, State.GIVEN_UP, problem)
    Delivery.objects.filter(pk=row.pk, state=State.SENDING).update(
        state=State.WAITING, due_at=now + wait, queued_at=None, problem=problem[:300]
    )
    return str(State.WAITING)


def _finish(row: Delivery, state: str, problem: str = "", *, sent_at: datetime | None = None) -> str:
    Delivery.objects.filter(pk=row.pk, state=State.SENDING).update(state=state, problem=problem[:300], sent_at=sent_at)
    return str(state)


# ---- by the clock ------------------------------------------------------------------------------------------------------


def queue_due(*, now: datetime) -> int:
    """Hands to workers what is due: retries, what waited for the end of quiet hours, what a lost worker never saw. What a worker
    held when it died is given up, visibly: nobody can know whether it arrived."""
    lost = Delivery.objects.filter(state=State.SENDING, claimed_at__lt=now - calc.LOST_AFTER)
    lost.update(state=State.GIVEN_UP, problem=INTERRUPTED)
    due = Delivery.objects.filter(state=State.WAITING, due_at__lte=now).exclude(channel=Channel.DIGEST)
    due = due.filter(Q(queued_at__isnull=True) | Q(queued_at__lt=now - QUEUE_AGAIN_AFTER))
    with transaction.atomic():
        ids = list(due.order_by("due_at", "pk").values_list("pk", flat=True)[:AT_ONCE])
        Delivery.objects.filter(pk__in=ids).update(queued_at=now)
        tell.enqueue(ids)
    return len(ids)


def digests_wait(*, now: datetime) -> bool:
    return Delivery.objects.filter(state=State.WAITING, channel=Channel.DIGEST, due_at__lte=now).exists()


def send_digests(*, now: datetime) -> int:
    """Sends the digest of everybody whose hour has come and who has something waiting. One person's failure stops nobody else's."""
    waiting = Delivery.objects.filter(state=State.WAITING, channel=Channel.DIGEST, due_at__lte=now)
    sent = 0
    for user_id in list(waiting.order_by().values_list("notice__recipient_id", flat=True).distinct()):
        sent += send_digest(user_id=user_id, now=now)
    return sent


def send_digest(*, user_id: int, now: datetime) -> int:
    """One person's digest, once a day whoever asks: 1 when it went out."""
    with transaction.atomic():
        Rhythm.objects.get_or_create(user_id=user_id)
        rhythm = Rhythm.objects.select_for_update().get(user_id=user_id)
        local = preferences.local_time(rhythm, now)
        if not calc.digest_is_due(local=local, hour=rhythm.digest_hour, last=rhythm.last_digest_date):
            return 0
        rows = Delivery.objects.filter(notice__recipient_id=user_id, state=State.WAITING, channel=Channel.DIGEST, due_at__lte=now)
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        if not ids:
            return 0
        Delivery.objects.filter(pk__in=ids).update(state=State.SENDING, attempts=F("attempts") + 1, claimed_at=now)
        before = rhythm.last_digest_date
        Rhythm.objects.filter(pk=rhythm.pk).update(last_digest_date=local.date())
    claimed = list(Delivery.objects.filter(pk__in=ids).select_related("notice__recipient").order_by("pk"))
    notices = _still_to_tell(claimed)
    if not notices:
        Rhythm.objects.filter(pk=rhythm.pk).update(last_digest_date=before)  # nothing went out: what comes later today still may
        return 0
    reader: User = notices[0].recipient
    try:
        mail.send_digest(notices=sorted(notices, key=lambda notice: (notice.at, notice.pk), reverse=True), to=reader)
    except Exception as error:
        for row in claimed:
            if row.notice in notices:
                _failed(row, error, now=now)
        Rhythm.objects.filter(pk=rhythm.pk).update(last_digest_date=before)
        return 0
    Delivery.objects.filter(pk__in=ids, state=State.SENDING).update(state=State.SENT, sent_at=now, problem="")
    return 1


def _still_to_tell(claimed: Sequence[Delivery]) -> list[Notice]:
    """The notices of a digest that the reader has not read meanwhile and may still see; the others are skipped."""
    reader = claimed[0].notice.recipient
    seen = seen_by(people.scope_for(reader), [row.notice for row in claimed])
    kept: list[Notice] = []
    for row in claimed:
        if not reader.is_active or not reader.email:
            _finish(row, State.SKIPPED, GONE)
        elif row.notice.read_at is not None or row.notice.archived_at is not None:
            _finish(row, State.SKIPPED, ALREADY_READ)
        elif row.notice_id not in seen:
            _finish(row, State.SKIPPED, NOT_VISIBLE)
        else:
            kept.append(row.notice)
    return kept


@transaction.atomic
def send_again(*, delivery: Delivery, by: Scope, now: datetime) -> None:
    """Tries once more what was given up."""
    changed = Delivery.objects.filter(pk=delivery.pk, state=State.GIVEN_UP).update(
        state=State.WAITING, attempts=0, due_at=now, queued_at=now, problem=""
    )
    if not changed:
        raise UnableToSendAgain(_("This is no longer given up."))
    audit.record(target=delivery, action="notices.send_again", by=by, now=now)
    if delivery.channel != Channel.DIGEST:
        tell.enqueue([delivery.pk])


def problem_words(delivery: Delivery) -> str:
    """What went wrong, in the reader's language where it is a sentence of ours."""
    return words.sentence(delivery.problem, {}) if delivery.problem in {INTERRUPTED, NOT_VISIBLE, ALREADY_READ, GONE} else delivery.problem
