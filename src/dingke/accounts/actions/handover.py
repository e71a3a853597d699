"""A leaver's things given to colleagues in one go, seen before it is done, and taken back in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.accounts import access
from dingke.accounts.calc.handover import STAYS, Plan, plan_from_json, receiver_of_account, receiver_of_thing
from dingke.accounts.models import Handover, HandoverRow
from dingke.accounts.queries.handover import account_facts
from dingke.core import audit, handover, jobs
from dingke.core.errors import Invalid, Refusal
from dingke.core.handover import ACCOUNTS, Handed, Part, Thing
from dingke.core.models import Job
from dingke.core.scope import Scope
from dingke.people import actions as people_actions
from dingke.people.actions import sessions, tokens
from dingke.people.calc import SELLS, Role
from dingke.people.models import ApiToken, User

KIND = "hand_over"
AT_ONCE = 1_000  # more things than this are handed over in the background


class UnableToHandOver(Refusal):
    """Nothing was handed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    """What would become of one thing."""

    part: str
    thing: Thing
    receiver: User | None
    stays: str = ""


def _checked(*, leaver: User, plan: Plan, close: bool, by: Scope) -> dict[int, User]:
    """The people the plan names, when all of them can take over. Raises `UnableToHandOver`, `NotAllowed`."""
    access.can_hand_over(by, leaver).enforce()
    if close and not (by.can("people.edit") or by.can("*")):
        raise UnableToHandOver(_("Only an administrator closes a sign-in."))
    people = {user.pk: user for user in User.objects.filter(pk__in=plan.people()).order_by("pk")}
    if not plan.people() or set(people) != plan.people():
        raise UnableToHandOver(_("Choose who takes over."))
    for user in people.values():
        if user.pk == leaver.pk:
            raise UnableToHandOver(_("%(name)s cannot take over from himself or herself.") % {"name": user})
        if not user.is_active:
            raise UnableToHandOver(_("%(name)s no longer works here.") % {"name": user})
        if not by.sees_all and user.pk not in by.user_ids:
            raise UnableToHandOver(_("%(name)s is not in your teams.") % {"name": user})
    return people


def _wanted(*, leaver: User, plan: Plan, by: Scope) -> list[tuple[Part, dict[int, Thing], dict[int, int]]]:
    """For each part the caller may hand over: its things, and who gets which. What stays by wish is not in the second."""
    found = []
    of_account: dict[int, int] = {}
    for part in sorted(handover.movable(by), key=lambda row: row.code != ACCOUNTS):
        things = {thing.id: thing for thing in part.things(leaver.pk)}
        receivers: dict[int, int] = {}
        if part.code == ACCOUNTS:
            receivers = {row.id: receiver_of_account(plan, row) for row in account_facts(things)}
            of_account = dict(receivers)
        else:
            for thing in things.values():
                follows = of_account.get(thing.account_id or 0) if part.follows_account else None
                receivers[thing.id] = receiver_of_thing(plan, part.code, with_account=follows)
        found.append((part, things, {pk: who for pk, who in receivers.items() if who != STAYS}))
    return found


def _refuse_who_cannot_own(wanted: Sequence[tuple[Part, dict[int, Thing], dict[int, int]]], people: Mapping[int, User]) -> None:
    for part, _things, receivers in wanted:
        if part.code == ACCOUNTS:
            for pk in sorted(set(receivers.values())):
                if Role(people[pk].role) not in SELLS:
                    words = {"name": people[pk], "role": people[pk].role_label}
                    raise UnableToHandOver(_("%(name)s is %(role)s and owns no accounts. Choose somebody who sells.") % words)


def number_of_things(leaver: User, by: Scope) -> int:
    return sum(len(part.things(leaver.pk)) for part in handover.movable(by))


def hand_over(*, leaver: User, plan: Plan, close: bool, reason: str, by: Scope, now: datetime) -> Handover:
    """Hands everything over as planned: at once, or as a job when it is very much. Either way all of it happens or nothing.

    With `close` the leaver's sign-in is closed in the same transaction. Raises `UnableToHandOver` with the reason.
    """
    people = _checked(leaver=leaver, plan=plan, close=close, by=by)
    wanted = _wanted(leaver=leaver, plan=plan, by=by)
    _refuse_who_cannot_own(wanted, people)
    number = sum(len(receivers) for _part, _things, receivers in wanted)
    if not number and not close:
        raise UnableToHandOver(_("There is nothing to hand over."))
    if Handover.objects.filter(leaver=leaver, state=Handover.State.RUNNING, job__state__in=[Job.State.WAITING, Job.State.RUNNING]).exists():
        raise UnableToHandOver(_("A hand-over of %(name)s is running already.") % {"name": leaver})
    with transaction.atomic():
        row = Handover.objects.create(
            leaver=leaver, plan=plan.as_json(), reason=reason.strip()[:300], is_closing=close, by_id=by.user_id, by_name=by.name, at=now
        )
        if number > AT_ONCE:
            row.job = jobs.start(kind=KIND, params={"handover": row.pk}, by=by, now=now)
            row.save(update_fields=["job"])
            return row
        return _do(row, by=by, now=now)


@transaction.atomic
def run_waiting(*, handover_id: int, by: Scope, now: datetime) -> Handover:
    """The job: the stored plan, checked once more, in one transaction. One that is done is left alone."""
    row = Handover.objects.select_for_update(of=("self",)).select_related("leaver").get(pk=handover_id)
    return _do(row, by=by, now=now) if row.state == Handover.State.RUNNING else row


def _do(row: Handover, *, by: Scope, now: datetime) -> Handover:
    leaver, plan = row.leaver, plan_from_json(row.plan)
    people = _checked(leaver=leaver, plan=plan, close=row.is_closing, by=by)
    wanted = _wanted(leaver=leaver, plan=plan, by=by)
    _refuse_who_cannot_own(wanted, people)
    counts: dict[str, int] = {}
    for part, things, receivers in wanted:
        handed = _hand(part, leaver=leaver, receivers=receivers, by=by, now=now)
        HandoverRow.objects.bulk_create([_row(row, part, things[item.thing_id], item) for item in handed], batch_size=500)
        if given := sum(1 for item in handed if not item.stays):
            counts[part.code] = given
    if row.is_closing and leaver.is_active:
        _close(leaver, by=by, now=now)
        row.was_closed = True
    row.state, row.counts = Handover.State.DONE, counts
    row.save(update_fields=["state", "counts", "was_closed"])
    changes: dict[str, Any] = {
        "handover": [None, row.pk],
        "given": [None, counts],
        "to": [None, sorted(str(who) for who in people.values())],
    }
    audit.record(target=leaver, action="accounts.hand_over", by=by, now=now, changes=changes, summary=row.reason or leaver.name)
    return row


def _close(leaver: User, *, by: Scope, now: datetime) -> None:
    """No more signing in, on no device and by no token. Tokens stay revoked when the hand-over is taken back."""
    people_actions.deactivate_user(user=leaver, by=by, now=now)
    sessions.end_sessions(user=leaver, keep_key="", by=by, now=now)
    for token in ApiToken.objects.filter(user=leaver, revoked_at__isnull=True).order_by("pk"):
        tokens.revoke_token(token=token, by=by, now=now)


def _hand(part: Part, *, leaver: User, receivers: Mapping[int, int], by: Scope, now: datetime) -> list[Handed]:
    if not receivers or part.hand is None:
        return []
    return list(part.hand(leaver_id=leaver.pk, receivers=receivers, by=by, now=now))


def _row(row: Handover, part: Part, thing: Thing, item: Handed) -> HandoverRow:
    return HandoverRow(
        handover=row, part=part.code, thing_id=thing.id, title=thing.title[:200], account_id=thing.account_id, receiver_id=item.receiver_id,
        state=HandoverRow.State.STAYED if item.stays else HandoverRow.State.GIVEN, note=item.stays[:300], before=dict(item.before),
        after=dict(item.after),
    )  # fmt: skip


class _Rollback(Exception):
    """Ends a trial."""


def preview(*, leaver: User, plan: Plan, close: bool, by: Scope, now: datetime) -> list[PreviewRow]:
    """What would become of every thing: the hand-over itself, done and rolled back, so that nothing is promised that would not
    hold. Very much is only planned. Raises `UnableToHandOver` as the deed would.
    """
    people = _checked(leaver=leaver, plan=plan, close=close, by=by)
    wanted = _wanted(leaver=leaver, plan=plan, by=by)
    _refuse_who_cannot_own(wanted, people)
    stays: dict[tuple[str, int], str] = {}
    if sum(len(receivers) for _part, _things, receivers in wanted) <= AT_ONCE:
        try:
            with transaction.atomic():
                for part, _things, receivers in wanted:
                    for item in _hand(part, leaver=leaver, receivers=receivers, by=by, now=now):
                        if item.stays:
                            stays[part.code, item.thing_id] = item.stays
                if close and leaver.is_active:
                    people_actions.deactivate_user(user=leaver, by=by, now=now)
                raise _Rollback
        except _Rollback:
            pass
    rows = []
    for part, things, receivers in wanted:
        for pk, thing in things.items():
            wish = "" if pk in receivers else _("Stays, as chosen.")
            reason = stays.get((part.code, pk), wish)
            rows.append(PreviewRow(part=part.code, thing=thing, receiver=people.get(receivers.get(pk, 0)), stays=reason))
    return rows


@transaction.atomic
def undo_hand_over(*, handover_row: Handover, by: Scope, now: datetime) -> int:
    """Takes a hand-over back as one action and opens the sign-in again if it closed it. What was changed since stays as it is and
    is marked so; returns how many. Raises `UnableToHandOver`.
    """
    row = Handover.objects.select_for_update(of=("self",)).select_related("leaver").get(pk=handover_row.pk)
    leaver = row.leaver
    access.can_hand_over(by, leaver).enforce()
    if row.state != Handover.State.DONE:
        raise UnableToHandOver(_("This hand-over was taken back already.") if row.undone_at else _("This hand-over has not ended yet."))
    allowed = {part.code for part in handover.movable(by)}
    given = list(HandoverRow.objects.filter(handover=row, state=HandoverRow.State.GIVEN).order_by("pk"))
    if {item.part for item in given} - allowed:
        raise UnableToHandOver(_("It moved teams or territories as well. Only an administrator takes it back."))
    if not leaver.is_active:
        if not row.was_closed:
            raise UnableToHandOver(_("The sign-in of %(name)s is closed. Open it first.") % {"name": leaver})
        people_actions.reactivate_user(user=leaver, by=by, now=now)
    kept = 0
    for part in reversed(handover.parts()):
        mine = [item for item in given if item.part == part.code]
        if not mine or part.back is None:
            continue
        items = [Handed(thing_id=item.thing_id, receiver_id=item.receiver_id, before=item.before, after=item.after) for item in mine]
        left = part.back(leaver_id=leaver.pk, rows=items, by=by, now=now)
        for item in mine:
            item.note = left.get(item.thing_id, "")[:300]
            item.state = HandoverRow.State.KEPT if item.note else HandoverRow.State.BACK
        HandoverRow.objects.bulk_update(mine, ["state", "note"], batch_size=500)
        kept += len(left)
    row.state, row.undone_at, row.undone_by_name = Handover.State.UNDONE, now, by.name
    row.save(update_fields=["state", "undone_at", "undone_by_name"])
    changes = {"handover": [row.pk, None], "kept": [None, kept]}
    audit.record(target=leaver, action="accounts.hand_back", by=by, now=now, changes=changes, summary=leaver.name)
    return kept


def plan_given(values: Mapping[str, Any]) -> Plan:
    """A plan from the figures of a form. Raises `Invalid` without a receiver."""
    try:
        return plan_from_json(values)
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid(_("Choose who takes over.")) from error


def said(row: Handover) -> str:
    """What a hand-over did, in a sentence."""
    number = sum(row.counts.values())
    words = {"number": f"{number:,}", "name": row.leaver}
    return ngettext("%(number)s thing of %(name)s was handed over.", "%(number)s things of %(name)s were handed over.", number) % words
