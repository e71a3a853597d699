"""What of the customer base hangs on a person: accounts owned, accounts shared, to-dos, nominations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dingke.accounts.events import OwnerChanged
from dingke.accounts.models import Account, Collaborator, Nomination, OwnershipChange, Todo
from dingke.core import audit, bus
from dingke.core.errors import trace_id
from dingke.core.handover import ACCOUNTS, Handed, Part, Thing
from dingke.core.models import AuditEntry
from dingke.core.scope import Scope
from dingke.people.models import User

Receivers = Mapping[int, int]
BATCH = 500


def _people(ids: Iterable[int | None]) -> dict[int, User]:
    return {user.pk: user for user in User.objects.filter(pk__in={pk for pk in ids if pk}).order_by("pk")}


def _page(account_id: int) -> str:
    return reverse("workspace:account", args=[account_id])


# ---- accounts owned ---------------------------------------------------------------------------------------------------


def _owned_by(user_id: int) -> Sequence[Thing]:
    rows = Account.objects.filter(owner_id=user_id).order_by("pinyin", "pk").values_list("pk", "name", "archived_at", "is_key")
    return [
        Thing(
            id=pk, title=name, account_id=pk, link=_page(pk),
            detail=_("archived") if archived_at else _("key account") if is_key else "",
        )
        for pk, name, archived_at, is_key in rows
    ]  # fmt: skip


def _change_owners(accounts: Sequence[Account], owners: Mapping[int, User], *, reason: str, by: Scope, now: datetime) -> None:
    """What `change_owner` does, for many at once: row, history, audit and event of every account."""
    kind = OwnershipChange.Kind.ASSIGNED
    changes, entries = [], []
    for account in accounts:
        before, after = account.owner, owners[account.pk]
        changes.append(OwnershipChange(account=account, kind=kind, before=before, after=after, at=now, by_name=by.name, reason=reason))
        entries.append(
            AuditEntry(
                at=now, actor_id=by.user_id, actor_name=by.name, action="accounts.assigned", target=account._meta.label_lower,
                target_id=account.pk, account_id=account.pk, summary=reason,
                changes={"owner": [str(before) if before else None, str(after)]},
                trace_id=trace_id.get(),
            )
        )  # fmt: skip
    for receiver_id in {user.pk for user in owners.values()}:
        ids = [account.pk for account in accounts if owners[account.pk].pk == receiver_id]
        for start in range(0, len(ids), BATCH):
            Account.objects.filter(pk__in=ids[start : start + BATCH]).update(
                owner_id=receiver_id, owned_since=now, recycle_notice_at=None, updated_at=now, version=F("version") + 1
            )
    OwnershipChange.objects.bulk_create(changes, batch_size=BATCH)
    AuditEntry.objects.bulk_create(entries, batch_size=BATCH)
    for account in accounts:
        before_id = account.owner_id
        bus.publish(
            OwnerChanged(account_id=account.pk, before_id=before_id, after_id=owners[account.pk].pk, kind=kind), now=now
        )  # fmt: skip


def _locked_accounts(ids: Iterable[int], **conditions: Any) -> list[Account]:
    found: list[Account] = []
    wanted = sorted(ids)
    for start in range(0, len(wanted), BATCH):
        rows = Account.objects.select_for_update(of=("self",)).filter(pk__in=wanted[start : start + BATCH], **conditions)
        found += list(rows.select_related("owner").order_by("pk"))
    return found


@transaction.atomic
def _hand_accounts(*, leaver_id: int, receivers: Receivers, by: Scope, now: datetime) -> Iterable[Handed]:
    """The accounts change hands; a receiver who worked on one as a collaborator needs that no longer."""
    leaver, people = User.objects.get(pk=leaver_id), _people(receivers.values())
    accounts = _locked_accounts(receivers, owner_id=leaver_id)
    since = {account.pk: account.owned_since.isoformat() if account.owned_since else None for account in accounts}
    owners = {account.pk: people[receivers[account.pk]] for account in accounts}
    shared: dict[int, str] = {}
    for row in Collaborator.objects.filter(user_id__in=people, account__owner_id=leaver_id).order_by("pk"):
        if row.account_id in owners and owners[row.account_id].pk == row.user_id:
            shared[row.account_id] = row.level
            row.delete()
    reason = (_("Handed over by %(name)s") % {"name": leaver})[:300]
    _change_owners(accounts, owners, reason=reason, by=by, now=now)
    return [
        Handed(
            thing_id=account.pk, receiver_id=owners[account.pk].pk,
            before={"owned_since": since[account.pk], "shared": shared.get(account.pk)},
            after={"owned_since": now.isoformat()},
        )
        for account in accounts
    ]  # fmt: skip


@transaction.atomic
def _accounts_back(*, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
    left: dict[int, str] = {}
    leaver = User.objects.get(pk=leaver_id)
    accounts = {account.pk: account for account in _locked_accounts(row.thing_id for row in rows)}
    back: list[Account] = []
    for row in rows:
        account = accounts.get(row.thing_id)
        stamp = account.owned_since.isoformat() if account and account.owned_since else ""
        if account is None or account.owner_id != row.receiver_id or stamp != row.after.get("owned_since"):
            left[row.thing_id] = _("The owner was changed since and stays.")
            continue
        back.append(account)
    reason = (_("Hand-over by %(name)s taken back") % {"name": leaver})[:300]
    _change_owners(back, {account.pk: leaver for account in back}, reason=reason, by=by, now=now)
    before = {row.thing_id: row for row in rows}
    for account in back:
        row = before[account.pk]
        if since := row.before.get("owned_since"):
            Account.objects.filter(pk=account.pk).update(owned_since=since)
        if (level := row.before.get("shared")) and row.receiver_id:
            Collaborator.objects.get_or_create(account=account, user_id=row.receiver_id, defaults={"level": level, "added_at": now})
    return left


# ---- accounts shared with the person ----------------------------------------------------------------------------------


def _shared_with(user_id: int) -> Sequence[Thing]:
    rows = Collaborator.objects.filter(user_id=user_id).select_related("account", "account__owner").order_by("account__pinyin", "pk")
    return [
        Thing(id=row.pk, title=row.account.name, detail=str(row.get_level_display()), account_id=row.account_id, link=_page(row.account_id))
        for row in rows
    ]


@transaction.atomic
def _hand_shares(*, leaver_id: int, receivers: Receivers, by: Scope, now: datetime) -> Iterable[Handed]:
    """The receiver works on the account instead, with the wider of the two rights; the owner needs no sharing."""
    leaver, people, done = User.objects.get(pk=leaver_id), _people(receivers.values()), []
    for row in Collaborator.objects.filter(pk__in=receivers, user_id=leaver_id).select_related("account").order_by("pk"):
        receiver, pk, account, level = people[receivers[row.pk]], row.pk, row.account, row.level
        other = Collaborator.objects.filter(account=account, user=receiver).first()
        before = {"account": account.pk, "level": level, "had": other.level if other else None, "is_owner": account.owner_id == receiver.pk}
        changes = {str(leaver): [level, None]}
        if account.owner_id == receiver.pk:
            row.delete()
        elif other is not None:
            row.delete()
            if level == Collaborator.Level.EDIT != other.level:
                changes[str(receiver)] = [other.level, level]
                other.level = level
                other.save(update_fields=["level"])
        else:
            changes[str(receiver)] = [None, level]
            row.user = receiver
            row.save(update_fields=["user"])
        audit.record(target=account, action="accounts.share", by=by, now=now, changes=changes, account_id=account.pk)
        done.append(Handed(thing_id=pk, receiver_id=receiver.pk, before=before))
    return done


@transaction.atomic
def _shares_back(*, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
    left: dict[int, str] = {}
    leaver = User.objects.get(pk=leaver_id)
    for row in rows:
        account = Account.objects.filter(pk=row.before.get("account") or 0).first()
        level, had = str(row.before.get("level")), row.before.get("had")
        mine = Collaborator.objects.filter(account=account, user_id=row.receiver_id or 0).first() if account else None
        expected = None if row.before.get("is_owner") else Collaborator.Level.EDIT if Collaborator.Level.EDIT in {level, had} else level
        if account is None or account.owner_id == leaver_id or (mine.level if mine else None) != expected:
            left[row.thing_id] = _("Who works on this account was changed since.")
            continue
        if mine is not None and had is None:
            mine.delete()
        elif mine is not None and mine.level != had:
            mine.level = str(had)
            mine.save(update_fields=["level"])
        Collaborator.objects.get_or_create(account=account, user=leaver, defaults={"level": level, "added_at": now})
        audit.record(
            target=account, action="accounts.share", by=by, now=now, changes={str(leaver): [None, level]}, account_id=account.pk
        )  # fmt: skip
    return left


# ---- to-dos -----------------------------------------------------------------------------------------------------------


def _todos_of(user_id: int) -> Sequence[Thing]:
    rows = Todo.objects.filter(assignee_id=user_id, done_at__isnull=True, archived_at__isnull=True).select_related("account")
    return [
        Thing(
            id=row.pk, title=row.title, account_id=row.account_id, link=_page(row.account_id),
            detail=" · ".join(filter(None, [row.account.shown_name, row.due_date.isoformat() if row.due_date else ""])),
        )
        for row in rows.order_by(F("due_date").asc(nulls_last=True), "pk")
    ]  # fmt: skip


def _give_todo(todo: Todo, to: User, *, by: Scope, now: datetime) -> None:
    changes = {"assignee": [str(todo.assignee), str(to)]}
    todo.assignee, todo.version = to, todo.version + 1
    todo.save()
    audit.record(target=todo, action="todos.hand_over", by=by, now=now, changes=changes, account_id=todo.account_id, summary=todo.title)


@transaction.atomic
def _hand_todos(*, leaver_id: int, receivers: Receivers, by: Scope, now: datetime) -> Iterable[Handed]:
    people, done = _people(receivers.values()), []
    for todo in Todo.objects.filter(pk__in=receivers, assignee_id=leaver_id).select_related("assignee").order_by("pk"):
        _give_todo(todo, people[receivers[todo.pk]], by=by, now=now)
        done.append(Handed(thing_id=todo.pk, receiver_id=receivers[todo.pk]))
    return done


@transaction.atomic
def _todos_back(*, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
    left: dict[int, str] = {}
    leaver = User.objects.get(pk=leaver_id)
    todos = {todo.pk: todo for todo in Todo.objects.filter(pk__in=[row.thing_id for row in rows]).select_related("assignee").order_by("pk")}
    for row in rows:
        todo = todos.get(row.thing_id)
        if todo is None or todo.assignee_id != row.receiver_id or todo.done_at or todo.archived_at:
            left[row.thing_id] = _("It was done or given to somebody else since.")
            continue
        _give_todo(todo, leaver, by=by, now=now)
    return left


# ---- nominations that are not decided ---------------------------------------------------------------------------------


OPEN = [Nomination.State.DRAFT, Nomination.State.PROPOSED]


def _nominations_of(user_id: int) -> Sequence[Thing]:
    rows = Nomination.objects.filter(proposed_by_id=user_id, state__in=OPEN).select_related("account").order_by("-proposed_at", "pk")
    return [
        Thing(
            id=row.pk, title=row.account.name, detail=str(row.get_state_display()), account_id=row.account_id,
            link=reverse("accounts:nomination", args=[row.pk]),
        )
        for row in rows
    ]  # fmt: skip


def _give_nomination(row: Nomination, to: User, *, by: Scope, now: datetime) -> None:
    changes = {"proposed_by": [str(row.proposed_by), str(to)]}
    row.proposed_by, row.version = to, row.version + 1
    row.save()
    audit.record(target=row, action="accounts.nomination_handed", by=by, now=now, changes=changes, account_id=row.account_id)


@transaction.atomic
def _hand_nominations(*, leaver_id: int, receivers: Receivers, by: Scope, now: datetime) -> Iterable[Handed]:
    people, done = _people(receivers.values()), []
    for row in Nomination.objects.filter(pk__in=receivers, proposed_by_id=leaver_id).select_related("proposed_by").order_by("pk"):
        _give_nomination(row, people[receivers[row.pk]], by=by, now=now)
        done.append(Handed(thing_id=row.pk, receiver_id=receivers[row.pk]))
    return done


@transaction.atomic
def _nominations_back(*, leaver_id: int, rows: Sequence[Handed], by: Scope, now: datetime) -> Mapping[int, str]:
    left: dict[int, str] = {}
    leaver = User.objects.get(pk=leaver_id)
    found = Nomination.objects.filter(pk__in=[row.thing_id for row in rows], state__in=OPEN).select_related("proposed_by")
    known = {row.pk: row for row in found.order_by("pk")}
    for row in rows:
        nomination = known.get(row.thing_id)
        if nomination is None or nomination.proposed_by_id != row.receiver_id:
            left[row.thing_id] = _("It was decided or taken back since.")
            continue
        _give_nomination(nomination, leaver, by=by, now=now)
    return left


PARTS = (
    Part(
        code=ACCOUNTS, label=gettext_lazy("Accounts owned"), icon="building", things=_owned_by, hand=_hand_accounts, back=_accounts_back,
        keys=("accounts.Account.owner",),
    ),
    Part(
        code="shares", label=gettext_lazy("Accounts shared with this person"), icon="users", things=_shared_with, hand=_hand_shares,
        back=_shares_back, keys=("accounts.Collaborator.user",),
    ),
    Part(
        code="todos", label=gettext_lazy("Open to-dos"), icon="checkbox", things=_todos_of, hand=_hand_todos, back=_todos_back,
        follows_account=True, keys=("accounts.Todo.assignee",),
    ),
    Part(
        code="nominations", label=gettext_lazy("Nominations not decided yet"), icon="award", things=_nominations_of, hand=_hand_nominations,
        back=_nominations_back, follows_account=True, keys=("accounts.Nomination.proposed_by",),
    ),
)  # fmt: skip
