"""Setting webhooks up, changing their keys, sending again. What goes out is in webhook_sending."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.core import audit, outgoing
from dingke.core.errors import Invalid, Refusal
from dingke.core.models import OutboxEvent
from dingke.core.scope import Scope
from dingke.notices import access, calc
from dingke.notices.actions import webhook_sending
from dingke.notices.models import Webhook, WebhookDelivery
from dingke.notices.queries import webhooks as queries

State = WebhookDelivery.State
LONGEST_ADDRESS = 1_000
MOST_AGAIN = 20_000
WORKING = {"failures": 0, "failing_since": None, "rests_until": None, "switched_off_at": None, "last_problem": ""}


class UnableToSendEvents(Refusal):
    """Nothing was sent; the sentence says why."""


@transaction.atomic
def add_webhook(*, name: str, address: str, events: Iterable[str], by: Scope, now: datetime) -> tuple[Webhook, str]:
    """A webhook and its key, which is shown this once. Raises `Invalid` for an address that may not be called."""
    access.can_set_webhooks(by).enforce()
    key = _new_key()
    webhook = Webhook(name=name.strip()[:60], address=_checked(address), secret=key, events=_known(events), made_by_id=by.me or None)
    webhook.name = webhook.name or queries.shown_address(webhook)[:60]
    webhook.save()
    changes = {"events": [[], webhook.events], "address": ["", queries.shown_address(webhook)]}
    audit.record(target=webhook, action="notices.add_webhook", by=by, now=now, changes=changes, summary=webhook.name)
    return webhook, key


@transaction.atomic
def edit_webhook(*, webhook: Webhook, name: str, events: Iterable[str], by: Scope, now: datetime, address: str = "") -> Webhook:
    """An empty address keeps the one that is there. A webhook that was switched off stays off until it is switched on."""
    fresh = _held(webhook, by)
    before = {"name": fresh.name, "events": fresh.events, "address": queries.shown_address(fresh)}
    fresh.name, fresh.events = name.strip()[:60] or fresh.name, _known(events)
    if address.strip():
        fresh.address = _checked(address)
    fresh.version += 1
    fresh.save()
    after = {"name": fresh.name, "events": fresh.events, "address": queries.shown_address(fresh)}
    audit.record(
        target=fresh, action="notices.edit_webhook", by=by, now=now, changes=audit.changes_between(before, after), summary=fresh.name
    )
    return fresh


@transaction.atomic
def change_key(*, webhook: Webhook, by: Scope, now: datetime) -> str:
    """A new key, shown this once; the old one signs beside it for a day, so that the receiver can be changed without a gap."""
    fresh = _held(webhook, by)
    fresh.old_secret, fresh.old_secret_until, fresh.secret = fresh.secret, now + calc.OLD_KEY_SIGNS_FOR, _new_key()
    fresh.version += 1
    fresh.save()
    audit.record(target=fresh, action="notices.change_webhook_key", by=by, now=now, summary=fresh.name)
    return fresh.secret


@transaction.atomic
def switch_webhook(*, webhook: Webhook, on: bool, by: Scope, now: datetime) -> Webhook:
    """Off: nothing is sent or kept for it. On: what waits goes out; what happened meanwhile can be sent again."""
    fresh = _held(webhook, by)
    if fresh.is_active == on:
        return fresh
    values = WORKING if on else {}
    Webhook.objects.filter(pk=fresh.pk).update(is_active=on, **values)
    if on:
        waiting = WebhookDelivery.objects.filter(webhook=fresh, state=State.WAITING)
        waiting.update(due_at=now, attempts=0)
    audit.record(target=fresh, action="notices.switch_webhook", by=by, now=now, changes={"is_active": [not on, on]}, summary=fresh.name)
    fresh.refresh_from_db()
    return fresh


@transaction.atomic
def remove_webhook(*, webhook: Webhook, by: Scope, now: datetime) -> None:
    """Takes the webhook away and forgets its address, its keys and what waits for it."""
    fresh = _held(webhook, by)
    Webhook.objects.filter(pk=fresh.pk).update(archived_at=now, is_active=False, address="", secret="", old_secret="")
    fresh.deliveries.filter(state=State.WAITING).delete()
    audit.record(target=fresh, action="notices.remove_webhook", by=by, now=now, summary=fresh.name)


def send_test(*, webhook: Webhook, by: Scope, now: datetime) -> WebhookDelivery:
    """Sends one message now, once, and notes it in the log. Raises `UnableToSendEvents` with what the other side answered."""
    access.can_set_webhooks(by).enforce()
    row = webhook_sending.send_test(webhook=webhook, now=now)
    if row.state != State.SENT:
        raise UnableToSendEvents(_("The receiver did not take the test: %(problem)s") % {"problem": webhook_sending.problem_words(row)})
    return row


@transaction.atomic
def send_again(*, message: WebhookDelivery, by: Scope, now: datetime) -> None:
    """Sends one message once more, with the same id."""
    webhook = _held(message.webhook, by)
    if message.event_id is None:
        raise UnableToSendEvents(_("A test is not sent again: send a new one."))
    if not webhook.is_active:
        raise UnableToSendEvents(_("This webhook is off. Switch it on first."))
    rows = WebhookDelivery.objects.filter(pk=message.pk).exclude(state=State.SENDING)
    if not rows.update(state=State.WAITING, attempts=0, due_at=now, problem=""):
        raise UnableToSendEvents(_("This is being sent at this moment."))
    audit.record(target=webhook, action="notices.send_webhook_again", by=by, now=now, changes={"messages": [0, 1]}, summary=webhook.name)
    webhook_sending.wake(webhook.pk, now=now)


@transaction.atomic
def send_again_since(
    *, webhook: Webhook, since: datetime, by: Scope, now: datetime, until: datetime | None = None, only_missing: bool = False
) -> int:
    """Sends all chosen events of a span again, with the ids they had; also those that came while the webhook was off or not there.

    `only_missing`: only what never arrived. Raises `UnableToSendEvents` for a span that is empty or holds too many.
    """
    fresh = _held(webhook, by)
    if not fresh.is_active:
        raise UnableToSendEvents(_("This webhook is off. Switch it on first."))
    events = OutboxEvent.objects.filter(at__gte=since, name__in=fresh.events, delivered_at__isnull=False)
    if until is not None:
        events = events.filter(at__lt=until)
    found = list(events.order_by("pk")[: MOST_AGAIN + 1])
    if len(found) > MOST_AGAIN:
        raise UnableToSendEvents(
            _("There are more than %(number)s events in this span. Choose a shorter one.") % {"number": f"{MOST_AGAIN:,}"}
        )
    ids = [event.pk for event in found]
    there: dict[int | None, str] = {}
    for start in range(0, len(ids), 500):
        rows = WebhookDelivery.objects.select_for_update().filter(webhook=fresh, event_id__in=ids[start : start + 500])
        there.update(rows.order_by("pk").values_list("event_id", "state"))
    sendable = {State.GIVEN_UP, State.SKIPPED, State.WAITING, *(() if only_missing else (State.SENT,))}
    again = [event_id for event_id, state in there.items() if state in sendable]
    for start in range(0, len(again), 500):
        rows = WebhookDelivery.objects.filter(webhook=fresh, event_id__in=again[start : start + 500]).exclude(state=State.SENDING)
        rows.update(state=State.WAITING, attempts=0, due_at=now, problem="")
    fresh_rows = [webhook_sending.message(fresh.pk, event, now=now) for event in found if event.pk not in there]
    WebhookDelivery.objects.bulk_create(fresh_rows, batch_size=500)
    number = len(again) + len(fresh_rows)
    if not number:
        raise UnableToSendEvents(_("There is no event of the chosen kinds in this span."))
    changes = {"messages": [0, number], "since": [None, since.isoformat()], "until": [None, until.isoformat() if until else None]}
    audit.record(target=fresh, action="notices.send_webhook_again", by=by, now=now, changes=changes, summary=fresh.name)
    webhook_sending.wake(fresh.pk, now=now)
    return number


def _held(webhook: Webhook, by: Scope) -> Webhook:
    access.can_set_webhooks(by).enforce()
    return Webhook.objects.select_for_update().get(pk=webhook.pk)


def _new_key() -> str:
    return calc.webhook_key(secrets.token_bytes(calc.KEY_BYTES))


def _known(events: Iterable[str]) -> list[str]:
    known = {event.name for event in queries.known_events()}
    chosen = sorted(set(events) & known)
    if not chosen:
        message = _("Choose at least one event.")
        raise Invalid(message, fields={"events": message})
    return chosen


def _checked(address: str) -> str:
    address = address.strip()
    try:
        if len(address) > LONGEST_ADDRESS:
            raise Invalid(_("This address is too long."))
        outgoing.check_address(address)
    except Invalid as error:
        raise Invalid(error.message, fields={"address": error.message}) from error
    return address
