"""Notices of accounts: given, taken, shared, about to go, gone, moved on; to-dos that are due. Wired in config/wiring.py."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_noop

from dingke.accounts.events import (
    AccountShared,
    KeyAccountMarked,
    KeyAccountMarkEnded,
    OwnerChanged,
    RecycleNoticed,
    StageChanged,
)
from dingke.accounts.models import Account, Nomination, OwnershipChange, Todo
from dingke.approvals.events import ApprovalRejected
from dingke.core.links import link_to
from dingke.core.scope import Scope
from dingke.notices.actions.tell import Words, notify, settle
from dingke.notices.models import Notice
from dingke.people.queries import user_by_id

ACCOUNT, TODO = "account", "todo"
GIVEN, TAKEN, SHARED, RECYCLE_SOON, RECYCLED, STAGE, NOMINATION, KEY_ENDED, DUE = (
    "account.given", "account.taken", "account.shared", "account.recycle_soon", "account.recycled", "account.stage",
    "account.nomination", "account.key_ended", "todo.due",
)  # fmt: skip
LATE_DAYS = 2  # a to-do that fell due while nobody ran the clock is still said so many days later
Kind = OwnershipChange.Kind


def visible_accounts(scope: Scope, ids: Collection[int]) -> set[int]:
    return set(Account.objects.visible_to(scope).filter(pk__in=ids).order_by().values_list("pk", flat=True))


def visible_todos(scope: Scope, ids: Collection[int]) -> set[int]:
    return set(Todo.objects.visible_to(scope).filter(pk__in=ids).order_by().values_list("pk", flat=True))


def owner_changed(*, event: OwnerChanged, now: datetime) -> None:
    """The new owner hears what was given, the former one what was taken; nobody hears what they did themselves."""
    account = Account.objects.select_related("owner").get(pk=event.account_id)
    if event.kind == Kind.RECYCLED:
        _tell(account, RECYCLED, [event.before_id], gettext_noop("%(account)s went back to the public pool"), now=now)
        settle(subject=(ACCOUNT, account.pk), kinds=[RECYCLE_SOON], now=now)
        return
    by = user_by_id(event.by_id) if event.by_id else None
    name = str(by) if by else ""
    if event.after_id and event.kind == Kind.ASSIGNED:
        title = gettext_noop("%(name)s gave you %(account)s") if name else gettext_noop("%(account)s is yours now")
        _tell(account, GIVEN, [event.after_id], title, now=now, values={"name": name}, without=[event.by_id])
    if event.before_id and event.before_id != event.after_id:
        # said without a subject: the former owner may not see the account any more, and has to hear exactly that
        title = gettext_noop("%(account)s is no longer yours; %(owner)s has it now")
        if account.owner is None:
            title = gettext_noop("%(account)s is no longer yours; it is in the public pool")
        notify(
            kind=TAKEN,
            to=[event.before_id],
            without=[event.by_id],
            now=now,
            words=Words(
                title=title, values={"account": account.shown_name, "owner": str(account.owner or "")}, link=reverse("accounts:list")
            ),
        )
        settle(subject=(ACCOUNT, account.pk), kinds=[RECYCLE_SOON], now=now)


def shared(*, event: AccountShared, now: datetime) -> None:
    account, by = Account.objects.get(pk=event.account_id), user_by_id(event.by_id) if event.by_id else None
    title = gettext_noop("%(name)s shared %(account)s with you") if by else gettext_noop("%(account)s is shared with you")
    _tell(account, SHARED, [event.user_id], title, now=now, values={"name": str(by or "")}, without=[event.by_id])


def recycle_noticed(*, event: RecycleNoticed, now: datetime) -> None:
    account = Account.objects.get(pk=event.account_id)
    notify(
        kind=RECYCLE_SOON,
        to=[event.owner_id],
        now=now,
        subject=(ACCOUNT, account.pk),
        key=f"{event.owner_id}:{event.due_date}",
        words=Words(
            title=gettext_noop("%(account)s goes back to the public pool on %(day)s"),
            body=gettext_noop("A call, a visit or an order before that day keeps it with you."),
            values={"account": account.shown_name, "day": str(event.due_date)},
            link=_page(account.pk),
        ),
    )


def stage_changed(*, event: StageChanged, now: datetime) -> None:
    account = Account.objects.get(pk=event.account_id)
    with translation.override(None):  # the label as it is written in the code: translated when it is read
        stage = str(Account.Stage(event.after).label)
    title = gettext_noop("%(account)s is in stage %(stage)s now")
    _tell(account, STAGE, [account.owner_id], title, now=now, values={"stage": {"word": stage}}, without=[event.by_id])


def key_account_marked(*, event: KeyAccountMarked, now: datetime) -> None:
    """The owner; whoever proposed it hears the answer to the request."""
    row = Nomination.objects.select_related("account").get(pk=event.nomination_id)
    _tell(
        row.account,
        NOMINATION,
        [row.account.owner_id],
        gettext_noop("%(account)s is a key account now"),
        now=now,
        without=[row.proposed_by_id],
    )


def nomination_refused(*, event: ApprovalRejected, now: datetime) -> None:
    """The owner; whoever proposed it hears the answer to the request. Comes after the nomination was closed."""
    row = Nomination.objects.select_related("account").filter(approval_id=event.approval_id, pk=event.subject_id).first()
    if row is not None:
        title = gettext_noop("%(account)s was not approved as a key account")
        _tell(row.account, NOMINATION, [row.account.owner_id], title, now=now, without=[row.proposed_by_id, event.decided_by_id])


def key_account_ended(*, event: KeyAccountMarkEnded, now: datetime) -> None:
    account = Account.objects.get(pk=event.account_id)
    row = Nomination.objects.filter(pk=event.nomination_id).first()
    people = [account.owner_id, row.proposed_by_id if row else None]
    _tell(account, KEY_ENDED, people, gettext_noop("%(account)s is no longer a key account"), now=now, without=[event.by_id])


def remind_due_todos(*, now: datetime) -> int:
    """By the clock: what is due today, or fell due in the last days, said once to whoever has to do it."""
    today = timezone.localdate(now)
    rows = Todo.objects.filter(
        done_at__isnull=True, archived_at__isnull=True, account__archived_at__isnull=True, assignee__is_active=True,
        due_date__gte=today - timedelta(days=LATE_DAYS), due_date__lte=today,
    ).exclude(source="pool")  # fmt: skip
    told = set(Notice.objects.filter(kind=DUE, at__gte=now - timedelta(days=LATE_DAYS + 2)).order_by().values_list("subject_id", "key"))
    number = 0
    for todo in rows.select_related("account").order_by("pk").iterator(chunk_size=500):
        if (todo.pk, str(todo.due_date)) not in told:
            number += len(
                notify(
                    kind=DUE, to=[todo.assignee_id], now=now, subject=(TODO, todo.pk), key=str(todo.due_date),
                    words=Words(
                        title=gettext_noop("Due %(day)s: %(todo)s"), body=gettext_noop("For %(account)s"),
                        values={"day": str(todo.due_date), "todo": todo.title[:120], "account": todo.account.shown_name},
                        link=_page(todo.account_id),
                    ),
                )
            )  # fmt: skip
    return number


def _tell(
    account: Account, kind: str, to: Collection[int | None], title: str, *, now: datetime,
    values: dict[str, Any] | None = None, without: Collection[int | None] = (),
) -> None:  # fmt: skip
    notify(
        kind=kind,
        to=to,
        without=without,
        now=now,
        subject=(ACCOUNT, account.pk),
        words=Words(title=title, values={**(values or {}), "account": account.shown_name}, link=_page(account.pk)),
    )


def _page(account_id: int) -> str:
    return link_to("workspace:account", account_id)
