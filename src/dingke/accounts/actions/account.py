"""Creating, editing, sharing, archiving accounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions import search_index
from dingke.accounts.calc import credit_code
from dingke.accounts.calc.credit_code import check_credit_code
from dingke.accounts.calc.names import normalise_company_name
from dingke.accounts.events import (
    AccountArchived,
    AccountCreated,
    AccountEdited,
    AccountRestored,
    AccountShared,
    OwnerChanged,
    StageChanged,
)
from dingke.accounts.models import Account, AccountTag, Collaborator, OwnershipChange, StageChange, Standing, Tag
from dingke.core import audit, bus, custom_fields
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.core.search_keys import pinyin_sort_key
from dingke.people.models import User

FACTS = [
    "name",
    "short_name",
    "english_name",
    "customer_type",
    "form",
    "industry",
    "region",
    "source",
    "parent",
    "credit_code",
    "phone",
    "website",
    "city",
    "address",
    "employees",
    "annual_revenue",
    "currency",
    "founded_year",
    "influence",
    "description",
    "custom",
    "external_key",
]


class UnableToSaveAccount(Refusal):
    """The account cannot be saved as given."""


def _apply(account: Account, values: Mapping[str, Any]) -> None:
    unknown = set(values) - set(FACTS)
    if unknown:
        raise Invalid(_("Unknown fields: %(names)s") % {"names": ", ".join(sorted(unknown))})
    for field, value in values.items():
        setattr(account, field, value)
    account.name = " ".join(account.name.split())
    problems: dict[str, str] = {}
    if not account.name:
        problems["name"] = _("An account needs a name.")
    account.external_key = account.external_key or None
    account.credit_code = (account.credit_code or "").strip().upper() or None
    if account.credit_code:
        checked = check_credit_code(account.credit_code)
        if checked.valid:
            account.credit_code = checked.normalised
        else:
            problems["credit_code"] = credit_code_problem(account.credit_code)
    if account.influence is not None and not 0 <= account.influence <= 100:
        problems["influence"] = _("Influence goes from 0 to 100.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    account.name_key = normalise_company_name(account.name)[:200]
    account.pinyin = pinyin_sort_key(account.name)
    if "custom" in values:
        account.custom = custom_fields.cleaned("account", account.custom)
    if account.parent_id:
        _refuse_circle(account)


def credit_code_problem(code: str) -> str:
    """What is wrong with a unified social credit code, in words; "" when it is right."""
    checked = check_credit_code(code)
    return "" if checked.valid or checked.reason is None else credit_code.SENTENCES.text(checked.reason, get_language() or "zh")


def _refuse_circle(account: Account) -> None:
    seen = {account.pk}
    above = account.parent_id
    while above is not None:
        if above in seen:
            raise Invalid(_("A company cannot be above itself in its group."), fields={"parent": _("This would close a circle.")})
        seen.add(above)
        above = Account.objects.filter(pk=above).order_by("pk").values_list("parent_id", flat=True).first()


def _saved(account: Account) -> None:
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as error:
        taken = Account.objects.exclude(pk=account.pk)
        if account.credit_code and taken.filter(credit_code=account.credit_code, archived_at__isnull=True).exists():
            message = _("Another account already has this unified social credit code.")
            raise UnableToSaveAccount(message, fields={"credit_code": message}) from error
        if account.external_key and taken.filter(external_key=account.external_key).exists():
            message = _("Another account already has this key.")
            raise UnableToSaveAccount(message, fields={"external_key": message}) from error
        raise


@transaction.atomic
def create_account(
    *, values: Mapping[str, Any], by: Scope, now: datetime, owner: User | None = None, tags: Iterable[str] = (), in_pool: bool = False
) -> Account:
    """Creates an account. It belongs to `owner`, else to the caller, else (or with `in_pool`) it lies in the public pool.

    Raises `Invalid` naming the fields to mend, `UnableToSaveAccount` when a unique key is taken.
    """
    access.can_create(by).enforce()
    account = Account()
    _apply(account, values)
    holder = None if in_pool else (owner or User.objects.filter(pk=by.me).first())
    account.owner = holder
    account.owned_since, account.pool_at = (now, None) if holder else (None, now)
    account.stage_since = now.date()
    _saved(account)
    OwnershipChange.objects.create(account=account, kind=OwnershipChange.Kind.CREATED, after=holder, at=now, by_name=by.name)
    StageChange.objects.create(account=account, after=account.lifecycle_stage, since_date=now.date(), by_name=by.name)
    set_tags(account=account, names=tags)
    search_index.add_new([account])
    audit.record(target=account, action="accounts.create", by=by, now=now, account_id=account.pk, summary=account.name)
    bus.publish(AccountCreated(account_id=account.pk), now=now)
    return account


@transaction.atomic
def edit_account(
    *,
    account: Account,
    values: Mapping[str, Any],
    by: Scope,
    now: datetime,
    expected_version: int | None = None,
    tags: Iterable[str] | None = None,
) -> Account:
    """Changes facts of an account. With `expected_version` a stale save is refused (`StaleRecord` with both versions)."""
    access.can_edit(by, account).enforce()
    fresh = locked(account, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, FACTS)
    _apply(fresh, values)
    if tags is not None:
        set_tags(account=fresh, names=tags)
    changes = audit.changes_between(before, snapshot_of(fresh, FACTS))
    if changes:
        _saved(fresh)
        search_index.refresh([fresh.pk])
        audit.record(target=fresh, action="accounts.edit", by=by, now=now, changes=changes, account_id=fresh.pk)
        bus.publish(AccountEdited(account_id=fresh.pk, fields=sorted(changes)), now=now)
    return fresh


def set_tags(*, account: Account, names: Iterable[str]) -> None:
    """Makes the account carry exactly these tags; new names become tags. Called inside the caller's transaction."""
    wanted = {" ".join(name.split())[:40] for name in names if name.strip()}
    existing = {link.tag.name: link for link in AccountTag.objects.filter(account=account).select_related("tag")}
    for name in wanted - existing.keys():
        tag, _created = Tag.objects.get_or_create(name=name)
        AccountTag.objects.create(account=account, tag=tag)
    AccountTag.objects.filter(pk__in=[link.pk for name, link in existing.items() if name not in wanted]).delete()


@transaction.atomic
def assign_account(*, account: Account, to: User, by: Scope, now: datetime, reason: str = "") -> Account:
    """Gives an account to a person. Managers give within their teams; the person must be active and sell."""
    access.can_assign(by, account).enforce()
    if not by.sees_all and to.pk not in by.user_ids:
        raise UnableToSaveAccount(_("%(name)s is not in your teams.") % {"name": to})
    if not to.is_active:
        raise UnableToSaveAccount(_("%(name)s no longer works here.") % {"name": to})
    if account.owner_id == to.pk:
        return account
    return change_owner(account=account, to=to, kind=OwnershipChange.Kind.ASSIGNED, by=by, now=now, reason=reason)


def change_owner(
    *, account: Account, to: User | None, kind: str, by: Scope, now: datetime, reason: str = "", why: Mapping[str, Any] | None = None
) -> Account:
    """Moves an account to a person or (None) to the public pool and writes history, audit and event. Callers check access.

    `why` is a stored reason (`Reason.as_json`) where a rule decided.
    """
    fresh = locked(account, expected_version=None, yours={})
    before = fresh.owner
    fresh.owner = to
    fresh.pool_at = None if to else now
    fresh.owned_since = now if to else None
    fresh.recycle_notice_at = None
    fresh.save()
    OwnershipChange.objects.create(
        account=fresh, kind=kind, before=before, after=to, at=now, by_name=by.name, reason=reason[:300], why=dict(why or {})
    )
    changes = {"owner": [str(before) if before else None, str(to) if to else None]}
    audit.record(target=fresh, action=f"accounts.{kind.lower()}", by=by, now=now, changes=changes, account_id=fresh.pk, summary=reason)
    was, is_now = before.pk if before else None, to.pk if to else None
    bus.publish(OwnerChanged(account_id=fresh.pk, before_id=was, after_id=is_now, kind=kind, by_id=by.user_id), now=now)
    return fresh


@transaction.atomic
def share_account(*, account: Account, user: User, level: str, by: Scope, now: datetime) -> Collaborator:
    """Lets a colleague work on the account: READ or EDIT. Everything that hangs on the account is shared with it."""
    access.can_share(by, account).enforce()
    if level not in Collaborator.Level.values:
        raise Invalid(_("A collaborator may read or edit."))
    if user.pk == account.owner_id:
        raise UnableToSaveAccount(_("The owner needs no sharing."))
    row, created = Collaborator.objects.get_or_create(account=account, user=user, defaults={"level": level, "added_at": now})
    before = None if created else row.level
    if row.level != level:
        row.level = level
        row.save(update_fields=["level"])
    if before != level:
        audit.record(target=account, action="accounts.share", by=by, now=now, changes={str(user): [before, level]}, account_id=account.pk)
    if created:
        bus.publish(AccountShared(account_id=account.pk, user_id=user.pk, level=level, by_id=by.user_id), now=now)
    return row


@transaction.atomic
def unshare_account(*, account: Account, user: User, by: Scope, now: datetime) -> None:
    """Ends a collaboration; people may also take themselves off."""
    if user.pk != by.user_id:
        access.can_share(by, account).enforce()
    row = Collaborator.objects.filter(account=account, user=user).first()
    if row:
        audit.record(
            target=account, action="accounts.unshare", by=by, now=now, changes={str(user): [row.level, None]}, account_id=account.pk
        )
        row.delete()


@transaction.atomic
def archive_account(*, account: Account, by: Scope, now: datetime) -> Account:
    """Takes an account out of every list, with all that hangs on it; nothing is deleted."""
    access.can_archive(by, account).enforce()
    if account.archived_at is not None:
        return account
    if account.is_key:
        raise UnableToSaveAccount(_("A key account is not archived. End its mark first."))
    fresh = locked(account, expected_version=None, yours={})
    fresh.archived_at = now
    fresh.save()
    search_index.remove([fresh.pk])
    audit.record(target=fresh, action="accounts.archive", by=by, now=now, account_id=fresh.pk, summary=fresh.name)
    bus.publish(AccountArchived(account_id=fresh.pk), now=now)
    return fresh


@transaction.atomic
def restore_account(*, account: Account, by: Scope, now: datetime) -> Account:
    access.can_archive(by, account).enforce()
    if account.archived_at is None:
        return account
    fresh = locked(account, expected_version=None, yours={})
    fresh.archived_at = None
    _saved(fresh)
    search_index.refresh([fresh.pk])
    audit.record(target=fresh, action="accounts.restore", by=by, now=now, account_id=fresh.pk, summary=fresh.name)
    bus.publish(AccountRestored(account_id=fresh.pk), now=now)
    return fresh


@transaction.atomic
def set_stage(*, account: Account, stage: str, by: Scope, now: datetime, since: date | None = None, reason: str = "") -> Account:
    """Moves an account to a lifecycle stage (D-01) and keeps the history."""
    access.can_edit(by, account).enforce()
    if stage not in Account.Stage.values:
        raise Invalid(_("This lifecycle stage does not exist."))
    if account.lifecycle_stage == stage:
        return account
    fresh = locked(account, expected_version=None, yours={})
    before = fresh.lifecycle_stage
    fresh.lifecycle_stage, fresh.stage_since = stage, since or now.date()
    fresh.save()
    Standing.objects.filter(account=fresh).exclude(proposed_stage="").update(proposed_stage="")  # somebody has decided
    StageChange.objects.create(
        account=fresh, before=before, after=stage, since_date=fresh.stage_since, by_name=by.name, reason=reason[:300]
    )
    audit.record(
        target=fresh,
        action="accounts.stage",
        by=by,
        now=now,
        changes={"lifecycle_stage": [before, stage]},
        account_id=fresh.pk,
        summary=reason,
    )
    bus.publish(StageChanged(account_id=fresh.pk, before=before, after=stage, by_id=by.user_id), now=now)
    return fresh
