"""One change on many accounts: each row by the verb that a single change uses, so that rights and history are the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dingke.accounts.actions import account as account_actions
from dingke.accounts.actions import marks
from dingke.accounts.actions import tags as tag_actions
from dingke.accounts.models import Account
from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.scope import Scope
from dingke.people.models import User

AT_ONCE = 200  # more rows than this run as a job
MOST = 50_000
KEPT_REFUSALS = 500
BATCH = 100


class Verb(StrEnum):
    ASSIGN = "assign"
    TAG = "tag"
    UNTAG = "untag"
    SHARE = "share"
    STAGE = "stage"
    WATCH = "watch"
    ARCHIVE = "archive"
    RESTORE = "restore"


LABELS: dict[Verb, str | Promise] = {
    Verb.ASSIGN: gettext_lazy("Assign"),
    Verb.TAG: gettext_lazy("Add tags"),
    Verb.UNTAG: gettext_lazy("Remove tags"),
    Verb.SHARE: gettext_lazy("Share with somebody"),
    Verb.STAGE: gettext_lazy("Set stage"),
    Verb.WATCH: gettext_lazy("Watch"),
    Verb.ARCHIVE: gettext_lazy("Archive"),
    Verb.RESTORE: gettext_lazy("Restore"),
}
PERMISSIONS = {Verb.WATCH: "", Verb.ASSIGN: "accounts.assign", Verb.ARCHIVE: "accounts.archive", Verb.RESTORE: "accounts.archive"}


def verbs_for(scope: Scope, *, archived: bool) -> list[tuple[str, str]]:
    """The actions that the role can do at all, for the bar below the list; each row is still asked for itself."""
    wanted = [verb for verb in Verb if (verb is Verb.RESTORE) == archived]
    needed = {verb: PERMISSIONS.get(verb, "accounts.edit") for verb in wanted}
    return [(verb.value, str(LABELS[verb])) for verb in wanted if not needed[verb] or scope.can(needed[verb]) or scope.can("*")]


class UnableToChangeMany(Refusal):
    """Nothing was changed: the wish itself does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to do with every row. `user_id` for assign and share, `level` for share, `names` for tags, `stage` for stage."""

    verb: Verb
    user_id: int | None = None
    level: str = ""
    names: tuple[str, ...] = ()
    stage: str = ""
    reason: str = ""

    def params(self) -> dict[str, Any]:
        return {
            "verb": self.verb.value,
            "user_id": self.user_id,
            "level": self.level,
            "names": list(self.names),
            "stage": self.stage,
            "reason": self.reason,
        }


def wish_from(params: dict[str, Any]) -> Wish:
    """The wish of a form or a stored job. Raises `Invalid` when it lacks what its verb needs."""
    try:
        verb = Verb(str(params.get("verb", "")))
    except ValueError as error:
        raise Invalid(_("This action does not exist.")) from error
    user_id = str(params.get("user_id") or "")
    wish = Wish(
        verb=verb,
        user_id=int(user_id) if user_id.isascii() and user_id.isdigit() else None,
        level=str(params.get("level", "")),
        names=tuple(" ".join(str(name).split())[:40] for name in params.get("names") or () if str(name).strip()),
        stage=str(params.get("stage", "")),
        reason=str(params.get("reason", ""))[:300],
    )
    if verb in {Verb.ASSIGN, Verb.SHARE} and wish.user_id is None:
        raise Invalid(_("Choose a person."), fields={"user_id": _("Choose a person.")})
    if verb in {Verb.TAG, Verb.UNTAG} and not wish.names:
        raise Invalid(_("Name at least one tag."), fields={"names": _("Name at least one tag.")})
    if verb is Verb.STAGE and wish.stage not in Account.Stage.values:
        raise Invalid(_("Choose a stage."), fields={"stage": _("Choose a stage.")})
    return wish


@dataclass(slots=True)
class Outcome:
    """How many rows were changed, and which were refused with the reason."""

    done: int = 0
    refused_number: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, account_id: int, name: str, reason: str) -> None:
        self.refused_number += 1
        if len(self.refused) < KEPT_REFUSALS:
            self.refused.append({"id": account_id, "name": name, "reason": reason})


def change_many(*, account_ids: Iterable[int], wish: Wish, by: Scope, now: datetime, tell: Callable[[int], None] | None = None) -> Outcome:
    """Does the wish on every account that the caller sees. A refused row is told with its reason, the others are done.

    One audit entry says what was wished and what came of it, beside the entries of each row. Up to `AT_ONCE` rows hold or fail
    together; a longer run keeps what it has done when it is stopped, and may be started again.
    """
    ids = list(dict.fromkeys(account_ids))
    if not ids:
        raise UnableToChangeMany(_("Select at least one account."))
    if len(ids) > MOST:
        raise UnableToChangeMany(_("At most %(number)s accounts are changed at once. Narrow the filter.") % {"number": f"{MOST:,}"})
    change = _change(wish, by, now)
    outcome = Outcome()
    if len(ids) <= AT_ONCE:
        with transaction.atomic():
            for account_id, account in _rows(ids, by):
                _try(outcome, account_id, account, change)
            _write_down(wish, outcome, by, now)
        return outcome
    try:
        for number, (account_id, account) in enumerate(_rows(ids, by), start=1):
            _try(outcome, account_id, account, change)
            if tell and number % 25 == 0:
                tell(number)
    finally:
        _write_down(wish, outcome, by, now)
    return outcome


def _rows(ids: list[int], by: Scope) -> Iterator[tuple[int, Account | None]]:
    for start in range(0, len(ids), BATCH):
        part = ids[start : start + BATCH]
        found = {row.pk: row for row in Account.objects.visible_to(by).select_related("owner").filter(pk__in=part).order_by("pk")}
        for account_id in part:
            yield account_id, found.get(account_id)


def _try(outcome: Outcome, account_id: int, account: Account | None, change: Callable[[Account], object]) -> None:
    if account is None:
        outcome.refuse(account_id, "", _("There is no such account, or it is not shared with you."))
        return
    try:
        with transaction.atomic():
            change(account)
    except Refusal as refusal:
        outcome.refuse(account.pk, account.name, refusal.message)
    else:
        outcome.done += 1


def _change(wish: Wish, by: Scope, now: datetime) -> Callable[[Account], object]:
    verb = wish.verb
    if verb in {Verb.ASSIGN, Verb.SHARE}:
        person = User.objects.filter(pk=wish.user_id or 0, is_active=True).first()
        if person is None:
            raise UnableToChangeMany(_("This person no longer works here."))
        if verb is Verb.ASSIGN:
            return lambda account: account_actions.assign_account(account=account, to=person, by=by, now=now, reason=wish.reason)
        return lambda account: account_actions.share_account(account=account, user=person, level=wish.level, by=by, now=now)
    if verb is Verb.TAG:
        return lambda account: tag_actions.tag_account(account=account, add=wish.names, by=by, now=now)
    if verb is Verb.UNTAG:
        return lambda account: tag_actions.tag_account(account=account, remove=wish.names, by=by, now=now)
    if verb is Verb.WATCH:
        return lambda account: marks.watch(account=account, by=by, now=now)
    if verb is Verb.STAGE:
        return lambda account: account_actions.set_stage(account=account, stage=wish.stage, by=by, now=now, reason=wish.reason)
    if verb is Verb.ARCHIVE:
        return lambda account: account_actions.archive_account(account=account, by=by, now=now)
    return lambda account: account_actions.restore_account(account=account, by=by, now=now)


def _write_down(wish: Wish, outcome: Outcome, by: Scope, now: datetime) -> None:
    person = User.objects.filter(pk=by.me).first()
    if person is not None:
        changes = {"wish": wish.params(), "done": outcome.done, "refused": outcome.refused_number, "refused_rows": outcome.refused[:50]}
        audit.record(
            target=person, action=f"accounts.bulk_{wish.verb.value}", by=by, now=now, changes=changes, summary=str(LABELS[wish.verb])
        )
