"""What a person does about a warning: sees it, snoozes it with a reason, acts, closes it with its outcome (O-19, O-18)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.access import can_edit
from dingke.accounts.actions import work
from dingke.accounts.models import Account, Note, Todo
from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.insights import access, signals
from dingke.insights.actions.telling import settled
from dingke.insights.calc.alerts import WIN_BACK, WIN_BACK_SOURCE, Outcome
from dingke.insights.models import Alert

MOST_SNOOZED = timedelta(days=180)
TODO_DAYS = 3
AT_ONCE = 200
_WATCHED = ["state", "act", "outcome", "snoozed_until", "snooze_reason", "close_reason"]


class UnableToReact(Refusal):
    """The warning is not in a state in which this can be done."""


@transaction.atomic
def mark_seen(*, alert: Alert, by: Scope, now: datetime) -> Alert:
    """Somebody who may act on it has read it. Twice is no harm."""
    access.can_react(by, alert).enforce()
    fresh = _living(alert)
    if fresh.state == Alert.State.OPEN:
        _keep(fresh, by, now, "insights.alert_seen", state=Alert.State.SEEN)
    return fresh


@transaction.atomic
def snooze_alert(*, alert: Alert, until: date, reason: str, by: Scope, now: datetime) -> Alert:
    """Silent until a day, for a reason; earlier when it becomes clearly worse."""
    access.can_react(by, alert).enforce()
    today = timezone.localdate(now)
    problems: dict[str, str] = {}
    if not reason.strip():
        problems["reason"] = _("Say why it can wait.")
    if until <= today or until > today + MOST_SNOOZED:
        problems["until"] = _("Choose a day within the next six months.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    fresh = _living(alert)
    return _keep(
        fresh, by, now, "insights.alert_snooze", state=Alert.State.SNOOZED, snoozed_until=until, snooze_reason=reason.strip()[:300],
        judged_probability=fresh.probability, judged_loss=fresh.expected_loss,
    )  # fmt: skip


@transaction.atomic
def act_by_todo(*, alert: Alert, by: Scope, now: datetime, title: str = "", due_date: date | None = None) -> Todo:
    """Makes what the signal proposes, or the words given, a to-do of the account's owner."""
    access.can_react(by, alert).enforce()
    fresh = _living(alert)
    known = signals.signal_of(fresh.signal)
    language = get_language() or "zh-hans"
    words = title.strip() or (known.action.text(language) if known else _("Get in touch with the customer"))
    todo = work.add_todo(
        account=fresh.account, title=words, due_date=due_date or timezone.localdate(now) + timedelta(days=TODO_DAYS),
        assignee=fresh.account.owner, reason=known.label.text(language) if known else "", source=f"alert:{fresh.pk}", by=by, now=now,
    )  # fmt: skip
    _keep(fresh, by, now, "insights.alert_act", state=Alert.State.ACTED, act=Alert.Act.TODO, acted_at=now, acted_by_name=by.name)
    return todo


@transaction.atomic
def act_by_win_back(*, alert: Alert, by: Scope, now: datetime) -> list[Todo]:
    """Starts the win-back chain (O-18) at the account."""
    access.can_react(by, alert).enforce()
    fresh = _living(alert)
    todos = start_win_back(account=fresh.account, by=by, now=now)
    _keep(fresh, by, now, "insights.alert_act", state=Alert.State.ACTED, act=Alert.Act.CHAIN, acted_at=now, acted_by_name=by.name)
    return todos


@transaction.atomic
def act_by_contact(*, alert: Alert, kind: str, text: str, by: Scope, now: datetime) -> Note:
    """Logs the contact that was made about it on the timeline."""
    access.can_react(by, alert).enforce()
    fresh = _living(alert)
    if kind == Note.Kind.NOTE:
        raise Invalid(_("Choose how you spoke with them."), fields={"kind": _("Choose how you spoke with them.")})
    note = work.log_note(account=fresh.account, kind=kind, text=text, by=by, now=now)
    _keep(fresh, by, now, "insights.alert_act", state=Alert.State.ACTED, act=Alert.Act.CONTACT, acted_at=now, acted_by_name=by.name)
    return note


@transaction.atomic
def close_alert(*, alert: Alert, outcome: str, reason: str = "", by: Scope, now: datetime) -> Alert:
    """Closes it with how it ended; a false alarm says why."""
    access.can_react(by, alert).enforce()
    if outcome not in set(Outcome) - {Outcome.RECOVERED}:
        raise Invalid(_("Choose how it ended."), fields={"outcome": _("Choose how it ended.")})
    if outcome == Outcome.FALSE_ALARM and not reason.strip():
        raise Invalid(_("Say why it was a false alarm."), fields={"reason": _("Say why it was a false alarm.")})
    fresh = _living(alert)
    if fresh.cases.filter(state="OPEN").exists():
        raise UnableToReact(_("A case works on this warning. Close the case; the warning ends with it."))
    return end_alert(fresh, outcome=outcome, reason=reason, by=by, now=now)


def end_alert(fresh: Alert, *, outcome: str, reason: str, by: Scope, now: datetime) -> Alert:
    """The end itself, by a person or by the case that worked on it; the row is locked and the right was asked."""
    return _keep(
        fresh, by, now, "insights.alert_close", state=Alert.State.CLOSED, outcome=outcome, close_reason=reason.strip()[:300],
        closed_at=now, closed_by_name=by.name, judged_probability=fresh.probability, judged_loss=fresh.expected_loss, snoozed_until=None,
    )  # fmt: skip


@transaction.atomic
def start_win_back(*, account: Account, by: Scope, now: datetime) -> list[Todo]:
    """The chain of O-18 as to-dos of the owner, each with its day. Raises `UnableToReact` while one runs at the account."""
    can_edit(by, account).enforce()
    if Todo.objects.filter(account=account, source=WIN_BACK_SOURCE, done_at__isnull=True, archived_at__isnull=True).exists():
        raise UnableToReact(_("A win-back already runs at this account. Finish its to-dos first."))
    today, language = timezone.localdate(now), get_language() or "zh-hans"
    return [
        work.add_todo(
            account=account, title=step.label.text(language), due_date=today + timedelta(days=step.due_in_days),
            assignee=account.owner, reason=_("Win-back of a silent customer"), source=WIN_BACK_SOURCE, by=by, now=now,
        )
        for step in WIN_BACK
    ]  # fmt: skip


def reactivate(*, account_ids: Iterable[int], by: Scope, now: datetime) -> tuple[int, list[tuple[str, str]]]:
    """Starts the chain at every chosen account that the caller sees; answers how many, and who was left out and why."""
    ids = list(dict.fromkeys(account_ids))
    if not ids:
        raise UnableToReact(_("Select at least one account."))
    if len(ids) > AT_ONCE:
        raise UnableToReact(_("At most %(number)s at once.") % {"number": AT_ONCE})
    done, left = 0, []
    for account in Account.objects.visible_to(by).filter(pk__in=ids, archived_at__isnull=True).select_related("owner").order_by("pk"):
        try:
            start_win_back(account=account, by=by, now=now)
            done += 1
        except Refusal as refusal:
            left.append((account.shown_name, refusal.message))
    return done, left


def wake_snoozed(*, now: datetime) -> int:
    """By the clock: what was snoozed until today waits for a reaction again."""
    rows = Alert.objects.filter(state=Alert.State.SNOOZED, snoozed_until__lte=timezone.localdate(now))
    return rows.update(state=Alert.State.OPEN, told_at=None, escalated_at=None, snoozed_until=None)


def _living(alert: Alert) -> Alert:
    fresh = locked(alert, expected_version=None, yours={})
    if fresh.state == Alert.State.CLOSED:
        raise UnableToReact(_("This warning is closed."))
    return fresh


def _keep(fresh: Alert, by: Scope, now: datetime, action: str, **values: object) -> Alert:
    before = snapshot_of(fresh, _WATCHED)
    for name, value in values.items():
        setattr(fresh, name, value)
    fresh.save()
    changes = audit.changes_between(before, snapshot_of(fresh, _WATCHED))
    audit.record(target=fresh, action=action, by=by, now=now, changes=changes, account_id=fresh.account_id)
    if action != "insights.alert_seen":
        settled(alert=fresh, now=now)
    return fresh
