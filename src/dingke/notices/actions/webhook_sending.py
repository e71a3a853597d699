"""What goes out to webhooks: rows from the outbox, then signed calls by a worker, tried again until they arrive.

At least once: what a worker held when it was killed is sent again, with the same id, by which the receiver knows it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

import requests
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_noop

import dingke
from dingke.core import outgoing
from dingke.core.models import OutboxEvent
from dingke.notices import calc
from dingke.notices.actions.tell import Words, notify
from dingke.notices.models import Webhook, WebhookDelivery
from dingke.notices.queries import webhooks as queries
from dingke.notices.queries import words
from dingke.people.calc import Role
from dingke.people.models import User

State = WebhookDelivery.State
KIND, SUBJECT = "webhook.off", "webhook"
AT_ONCE, LONGEST_TURN = 200, 20.0  # of one turn of a worker: messages, seconds
QUEUE_AGAIN_AFTER = timedelta(minutes=1)
TIMEOUT = (5, 15)
GONE = 410  # the receiver wants nothing any more
PRIVATE = gettext_noop("The address lies in a private network. An administrator can allow it in the settings of the server.")
NO_ANSWER = gettext_noop("There was no answer.")
NO_KEY = gettext_noop("Its address or key cannot be read with the secret key of this installation.")
logger = logging.getLogger("dingke.notices")
_queue: list[Callable[[int], object]] = []


def install(*, enqueue: Callable[[int], object]) -> None:
    """How the id of a webhook gets to a worker: from config/wiring.py."""
    _queue[:] = [enqueue]


# ---- from the outbox ---------------------------------------------------------------------------------------------------------


def message(webhook_id: int, event: OutboxEvent, *, now: datetime) -> WebhookDelivery:
    """The row of one event for one webhook, not stored yet."""
    known_by = calc.message_id(event_id=event.pk, name=event.name, at=event.at)
    return WebhookDelivery(webhook_id=webhook_id, event=event, message_id=known_by, name=event.name, created_at=now, due_at=now)


def take_events(*, events: Sequence[OutboxEvent], now: datetime) -> None:
    """The reader of the outbox: one row for each event and each webhook that chose it and was there already."""
    listening = list(Webhook.objects.filter(is_active=True, archived_at__isnull=True).order_by("pk"))
    rows = [
        message(webhook.pk, event, now=now)
        for webhook in listening
        for event in events
        if event.name in webhook.events and event.at >= webhook.created_at
    ]
    WebhookDelivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)


# ---- by the clock ------------------------------------------------------------------------------------------------------------


def queue_due(*, now: datetime) -> int:
    """Hands to workers the webhooks for which something is due, one turn each. What a lost worker held waits again."""
    lost = WebhookDelivery.objects.filter(state=State.SENDING, claimed_at__lt=now - calc.WEBHOOK_LOST_AFTER)
    lost.update(state=State.WAITING, due_at=now)
    due = WebhookDelivery.objects.filter(state=State.WAITING, due_at__lte=now).order_by().values("webhook_id")
    rows = Webhook.objects.filter(pk__in=due, is_active=True, archived_at__isnull=True)
    rows = rows.filter(Q(rests_until__isnull=True) | Q(rests_until__lte=now))
    rows = rows.filter(Q(queued_at__isnull=True) | Q(queued_at__lt=now - QUEUE_AGAIN_AFTER) | Q(queued_at__gt=now + QUEUE_AGAIN_AFTER))
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    with transaction.atomic():
        Webhook.objects.filter(pk__in=ids).update(queued_at=now)
        _enqueue(ids)
    return len(ids)


def wake(webhook_id: int, *, now: datetime) -> None:
    """Something of this webhook is wanted now: its rest ends and a worker gets it after commit."""
    Webhook.objects.filter(pk=webhook_id).update(rests_until=None, queued_at=now)
    _enqueue([webhook_id])


def _enqueue(ids: Iterable[int]) -> None:
    for webhook_id in ids:
        transaction.on_commit(lambda pk=webhook_id: [put(pk) for put in _queue])  # type: ignore[misc]


# ---- a turn of a worker ------------------------------------------------------------------------------------------------------


def send_due(*, webhook_id: int, now: datetime) -> int:
    """One turn: what is due, one after another, until something fails or the turn is long enough. Answers how many arrived."""
    began, arrived = time.monotonic(), 0
    with requests.Session() as session:
        while arrived < AT_ONCE and (passed := time.monotonic() - began) < LONGEST_TURN:
            moment = now + timedelta(seconds=passed)
            row = _claim_next(webhook_id, now=moment)
            if row is None or not _send(row, session, now=moment):
                break
            arrived += 1
    Webhook.objects.filter(pk=webhook_id).update(queued_at=None)
    return arrived


def _claim_next(webhook_id: int, *, now: datetime) -> WebhookDelivery | None:
    """One statement decides between workers: whoever turns WAITING into SENDING has it."""
    rows = WebhookDelivery.objects.filter(webhook_id=webhook_id, webhook__is_active=True, state=State.WAITING, due_at__lte=now)
    while (pk := rows.order_by("due_at", "pk").values_list("pk", flat=True).first()) is not None:
        mine = WebhookDelivery.objects.filter(pk=pk, state=State.WAITING)
        if mine.update(state=State.SENDING, attempts=F("attempts") + 1, claimed_at=now):
            return WebhookDelivery.objects.select_related("webhook", "event").get(pk=pk)
    return None


def _send(row: WebhookDelivery, session: requests.Session, *, now: datetime) -> bool:
    status, problem = _call(row, session, now=now)
    if not problem:
        WebhookDelivery.objects.filter(pk=row.pk, state=State.SENDING, claimed_at=row.claimed_at).update(
            state=State.SENT, sent_at=now, status=status, problem=""
        )
        Webhook.objects.filter(pk=row.webhook_id).update(
            last_sent_at=now, last_problem="", failures=0, failing_since=None, rests_until=None
        )
        return True
    logger.warning("webhook %s: message %s failed (%s): %s", row.webhook_id, row.pk, row.attempts, status or problem)
    wait = calc.webhook_wait(row.attempts)
    WebhookDelivery.objects.filter(pk=row.pk, state=State.SENDING, claimed_at=row.claimed_at).update(
        state=State.GIVEN_UP if wait is None else State.WAITING, due_at=now + (wait or timedelta(0)), status=status, problem=problem[:300]
    )
    _note_failure(row.webhook_id, status=status, problem=problem, now=now)
    return False


def _call(row: WebhookDelivery, session: requests.Session, *, now: datetime) -> tuple[int | None, str]:
    """The status of the answer, and what went wrong: "" when it arrived. Only public and allowed addresses are reached."""
    webhook, stamp = row.webhook, int(now.timestamp())
    payload, at = (row.event.payload, row.event.at) if row.event else ({"webhook_id": webhook.pk}, now)
    body = calc.webhook_body(type=queries.event_type(row.name), at=at, payload=payload)
    if not webhook.address or not webhook.secret:
        return None, NO_KEY
    keys = [webhook.secret]
    if webhook.old_secret and webhook.old_secret_until is not None and now < webhook.old_secret_until:
        keys.append(webhook.old_secret)
    headers = {
        "content-type": "application/json",
        "user-agent": f"Dingke/{dingke.__version__}",
        "webhook-id": row.message_id,
        "webhook-timestamp": str(stamp),
        "webhook-signature": calc.webhook_signature(keys=keys, message_id=row.message_id, timestamp=stamp, body=body),
    }
    try:
        with outgoing.guarded():
            answer = session.post(webhook.address, data=body, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True)
            answer.close()  # what it says beside its status is not read
    except requests.RequestException as error:
        return None, PRIVATE if _was_refused(error) else NO_ANSWER
    except (ValueError, OSError) as error:
        return None, PRIVATE if _was_refused(error) else NO_ANSWER
    return answer.status_code, "" if 200 <= answer.status_code < 300 else f"HTTP {answer.status_code}"


def _was_refused(error: BaseException | None) -> bool:
    """Whether the guard stood behind it: HTTP libraries wrap what they meet."""
    for _step in range(8):
        if error is None:
            return False
        if isinstance(error, outgoing.AddressNotAllowed):
            return True
        inner = [part for part in error.args if isinstance(part, BaseException)]
        reason = getattr(inner[0] if inner else error, "reason", None)
        error = reason if isinstance(reason, BaseException) else error.__cause__ or error.__context__
    return False


def _note_failure(webhook_id: int, *, status: int | None, problem: str, now: datetime) -> None:
    """The receiver rests; after days without one success, or when it says that it is gone, the webhook is switched off and said to be."""
    with transaction.atomic():
        webhook = Webhook.objects.select_for_update().get(pk=webhook_id)
        webhook.failures += 1
        webhook.failing_since = webhook.failing_since or now
        webhook.rests_until = now + calc.webhook_rest(webhook.failures)
        webhook.last_problem = problem[:300]
        ends = status == GONE or calc.gives_out(failing_since=webhook.failing_since, now=now)
        if ends and webhook.is_active:
            webhook.is_active, webhook.switched_off_at = False, now
            _tell_switched_off(webhook, now=now)
        webhook.save(update_fields=["failures", "failing_since", "rests_until", "last_problem", "is_active", "switched_off_at"])


def _tell_switched_off(webhook: Webhook, *, now: datetime) -> None:
    """Whoever made it, or the administrators when that person is not there any more."""
    maker = webhook.made_by
    to: list[int | None] = [maker.pk] if maker is not None and maker.is_active else []
    if not to:
        to = list(User.objects.filter(is_active=True, role=Role.ADMINISTRATOR).order_by("pk").values_list("pk", flat=True))
    notify(
        kind=KIND, to=to, now=now, subject=(SUBJECT, webhook.pk),
        words=Words(
            title=gettext_noop("The webhook %(name)s was switched off: its receiver takes nothing"),
            values={"name": webhook.name},
            link=reverse("notices:webhook", args=[webhook.pk]),
        ),
    )  # fmt: skip


def send_test(*, webhook: Webhook, now: datetime) -> WebhookDelivery:
    """One message in this thread, tried once and noted in the log. It neither ends a rest nor switches anything off."""
    known_by = calc.message_id(event_id=0, name=f"test {webhook.pk}", at=now)
    row = WebhookDelivery(webhook=webhook, message_id=known_by, created_at=now, due_at=now, attempts=1, claimed_at=now)
    with requests.Session() as session:
        row.status, row.problem = _call(row, session, now=now)
    row.state, row.sent_at = (State.GIVEN_UP, None) if row.problem else (State.SENT, now)
    row.save()
    return row


def problem_words(row: WebhookDelivery | Webhook) -> str:
    """What went wrong, in the reader's language where it is a sentence of ours."""
    problem = row.problem if isinstance(row, WebhookDelivery) else row.last_problem
    return words.sentence(problem, {}) if problem in {PRIVATE, NO_ANSWER, NO_KEY} else problem
