"""Two accounts made one, and apart again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions import merge_rows, search_index
from dingke.accounts.actions.account import change_owner
from dingke.accounts.calc.merging import Side, is_blank, settled_parent
from dingke.accounts.events import AccountsMerged, MergeUndone
from dingke.accounts.models import Account, Collaborator, Merge, Nomination, OwnershipChange, StageChange
from dingke.accounts.queries.merge import CUSTOM, FIELDS, field_choices
from dingke.core import audit, bus
from dingke.core.access import needs
from dingke.core.errors import Refusal, StaleRecord
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.people.models import User

OWNER = "owner"
# what is set together is also taken back together
GROUPS: tuple[tuple[str, ...], ...] = (
    ("name", "name_key", "pinyin"), ("annual_revenue", "currency"), ("lifecycle_stage", "stage_since"), ("is_key", "key_since"),
)  # fmt: skip
KEPT_FIELDS = sorted({*FIELDS, *(name for group in GROUPS for name in group), "custom", "last_contact_at"})
GONE_FIELDS = ["archived_at", "merged_into", "external_key", "is_key", "key_since"]


class UnableToMerge(Refusal):
    """The two accounts cannot be made one, or not be taken apart again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """The account that came back, and what could not be put back as it was, in words."""

    account: Account
    conflicts: list[str]


@transaction.atomic
def merge_accounts(
    *, kept: Account, gone: Account, choices: Mapping[str, str], by: Scope, now: datetime, share_with_other_owner: bool = False,
    expected_versions: tuple[int, int] | None = None,
) -> Merge:  # fmt: skip
    """Moves everything of `gone` to `kept` and archives `gone`. `choices` maps a field (also "owner") to KEPT or GONE; what is not
    named takes the proposed side. All of it can be taken back with `undo_merge`.
    """
    if kept.pk == gone.pk:
        raise UnableToMerge(_("An account cannot be merged with itself."))
    kept, gone = _locked_pair(kept, gone)
    access.can_merge(by, kept, gone).enforce()
    _refuse_what_cannot_be(kept, gone, expected_versions)
    before = snapshot_of(kept, KEPT_FIELDS)
    gone_before = snapshot_of(gone, GONE_FIELDS)
    stage_before, owner_before, gone_owner = kept.lifecycle_stage, kept.owner_id, gone.owner
    sides = {choice.name: str(choice.proposed) for choice in field_choices(kept, gone)} | {
        name: str(side) for name, side in choices.items()
    }
    parent = _parent_after(kept, gone, sides.get("parent", Side.KEPT))
    _take_values(kept, gone, sides)
    kept.parent_id = parent

    gone.archived_at, gone.merged_into = now, kept
    if kept.external_key and kept.external_key == gone.external_key:
        gone.external_key = None
    gone.is_key, gone.key_since = False, None
    gone.version += 1
    gone.save()
    kept.version += 1
    kept.save()
    if kept.lifecycle_stage != stage_before:
        StageChange.objects.create(
            account=kept, before=stage_before, after=kept.lifecycle_stage, since_date=kept.stage_since or now.date(), by_name=by.name,
            reason=_("Merged with %(name)s") % {"name": gone.name},
        )  # fmt: skip
    moved = merge_rows.move_all(kept_id=kept.pk, gone_id=gone.pk, now=now)
    kept = _settle_owner(kept, gone_owner, sides.get(OWNER, ""), by=by, now=now, name=gone.name)
    after = snapshot_of(kept, KEPT_FIELDS)
    changes = audit.changes_between(before, after)
    added = _share(kept, owner_before, gone_owner, now=now) if share_with_other_owner else None
    search_index.refresh([kept.pk, gone.pk])
    merge = Merge.objects.create(
        kept=kept, gone=gone, at=now, by_name=by.name, moved=moved,
        before={"kept": changes, "gone": gone_before, "owner": [owner_before, kept.owner_id], "collaborator": added},
    )  # fmt: skip
    audit.record(target=kept, action="accounts.merge", by=by, now=now, changes=changes, account_id=kept.pk, summary=gone.name)
    audit.record(target=gone, action="accounts.merged_away", by=by, now=now, account_id=gone.pk, summary=kept.name)
    bus.publish(AccountsMerged(kept_id=kept.pk, gone_id=gone.pk), now=now)
    return merge


def _locked_pair(kept: Account, gone: Account) -> tuple[Account, Account]:
    """Both rows, locked in the order of their ids, so that two merges the other way round do not wait for each other."""
    rows = Account.objects.select_for_update(of=("self",)).filter(pk__in=[kept.pk, gone.pk]).order_by("pk")
    by_id = {row.pk: row for row in rows}
    return by_id[kept.pk], by_id[gone.pk]


def _refuse_what_cannot_be(kept: Account, gone: Account, expected: tuple[int, int] | None) -> None:
    if kept.archived_at is not None or gone.archived_at is not None:
        raise UnableToMerge(_("Only accounts that are not archived are merged."))
    if expected is not None and expected != (kept.version, gone.version):
        raise StaleRecord(_("One of the accounts was changed while you were comparing. Look again, then merge."), theirs={}, yours={})
    waiting = Nomination.objects.filter(account__in=[kept, gone], state=Nomination.State.PROPOSED).order_by().count()
    if waiting > 1:
        raise UnableToMerge(_("Both accounts wait for a decision on their nomination. Decide or withdraw one of them first."))


def _take_values(kept: Account, gone: Account, sides: Mapping[str, str]) -> None:
    for name in FIELDS:
        if name != "parent" and sides.get(name) == Side.GONE:
            for field in next((group for group in GROUPS if name in group), (name,)):
                setattr(kept, field, getattr(gone, field))
    custom = dict(kept.custom)
    for key, value in gone.custom.items():
        if sides.get(f"{CUSTOM}{key}", Side.GONE if is_blank(kept.custom.get(key)) else Side.KEPT) == Side.GONE:
            custom[key] = value
    kept.custom = custom
    if gone.is_key and not kept.is_key:
        kept.is_key, kept.key_since = True, gone.key_since
    moments = [moment for moment in (kept.last_contact_at, gone.last_contact_at) if moment is not None]
    kept.last_contact_at = max(moments, default=None)


def _parent_after(kept: Account, gone: Account, side: str) -> int | None:
    first, second = (gone.parent_id, kept.parent_id) if side == Side.GONE else (kept.parent_id, gone.parent_id)
    wanted = [first, second, None] if first is not None else [None]
    above: dict[int, int | None] = {kept.pk: kept.parent_id, gone.pk: gone.parent_id}
    waiting = {parent for parent in above.values() if parent is not None} - above.keys()
    while waiting:
        rows = dict(Account.objects.filter(pk__in=waiting).order_by().values_list("pk", "parent_id"))
        above |= rows
        waiting = {parent for parent in rows.values() if parent is not None} - above.keys()
    return settled_parent(wanted, above, kept=kept.pk, gone=gone.pk)


def _settle_owner(kept: Account, gone_owner: User | None, side: str, *, by: Scope, now: datetime, name: str) -> Account:
    """The owner of the chosen side; an account that lay in the pool goes to the owner of the other."""
    wanted = gone_owner if side == Side.GONE or kept.owner_id is None else None
    if wanted is None or wanted.pk == kept.owner_id:
        return kept
    reason = _("Merged with %(name)s") % {"name": name}
    return change_owner(account=kept, to=wanted, kind=OwnershipChange.Kind.ASSIGNED, by=by, now=now, reason=reason)


def _share(kept: Account, owner_before: int | None, gone_owner: User | None, *, now: datetime) -> int | None:
    """The owner who gave the account up works on it as a collaborator from now on."""
    before = (owner_before, gone_owner.pk if gone_owner else None)
    others = [user_id for user_id in before if user_id is not None and user_id != kept.owner_id]
    for user_id in others:
        row, created = Collaborator.objects.get_or_create(
            account=kept, user_id=user_id, defaults={"level": Collaborator.Level.EDIT, "added_at": now}
        )
        return row.pk if created else None
    return None


# ---- and apart again --------------------------------------------------------------------------------------------


@transaction.atomic
def undo_merge(*, merge: Merge, by: Scope, now: datetime) -> Undone:
    """Brings the merged account back with the rows that were its own. What came to the kept account since stays there; what was
    changed since stays as it is and is listed.
    """
    row = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    kept, gone = _locked_pair(row.kept, row.gone)
    needs(by, "accounts.merge").enforce()
    if row.undone_at is not None:
        raise UnableToMerge(_("This merge was taken back already."))
    if kept.merged_into_id is not None or kept.archived_at is not None:
        raise UnableToMerge(_("%(name)s was itself merged or archived since. Take that back first.") % {"name": kept.name})
    access.can_undo_merge(by, kept).enforce()
    if gone.merged_into_id != kept.pk:
        raise UnableToMerge(_("%(name)s is no longer merged into this account.") % {"name": gone.name})
    conflicts = _restore_values(kept, row.before.get("kept", {}))
    kept.version += 1
    kept.save()
    conflicts += _revive(gone, row.before.get("gone", {}))
    conflicts += merge_rows.move_back(row.moved, kept_id=kept.pk, gone_id=gone.pk, now=now)
    if added := row.before.get("collaborator"):
        Collaborator.objects.filter(pk=added, account=kept).delete()
    conflicts += _restore_owner(kept, row.before.get("owner", []), by=by, now=now, name=gone.name)
    row.undone_at = now
    row.save(update_fields=["undone_at"])
    search_index.refresh([kept.pk, gone.pk])
    audit.record(target=kept, action="accounts.unmerge", by=by, now=now, account_id=kept.pk, summary=gone.name)
    audit.record(target=gone, action="accounts.unmerge", by=by, now=now, account_id=gone.pk, summary=kept.name)
    bus.publish(MergeUndone(kept_id=kept.pk, gone_id=gone.pk), now=now)
    return Undone(account=gone, conflicts=conflicts)


def _restore_values(kept: Account, changes: Mapping[str, Sequence[Any]]) -> list[str]:
    """Puts the values back that the merge changed and nobody has changed since."""
    current = snapshot_of(kept, KEPT_FIELDS)
    conflicts = []
    done: set[str] = set()
    for name in changes:
        if name in done:
            continue
        group = [field for field in next((group for group in GROUPS if name in group), (name,)) if field in changes]
        done.update(group)
        if any(current[field] != changes[field][1] for field in group):
            label = Account._meta.get_field(group[0]).verbose_name  # type: ignore[union-attr]
            conflicts.append(_("“%(field)s” was changed since the merge and stays as it is.") % {"field": label})
            continue
        for field in group:
            _set(kept, field, changes[field][0])
    return conflicts


def _set(account: Account, name: str, stored: Any) -> None:
    """A stored value as the model holds it."""
    field: Any = Account._meta.get_field(name)
    setattr(account, field.attname, stored if field.is_relation or stored is None else field.to_python(stored))


def _revive(gone: Account, before: Mapping[str, Any]) -> list[str]:
    for name, value in before.items():
        _set(gone, name, value)
    gone.version += 1
    conflicts = []
    for field, taken in (
        ("credit_code", _("The unified social credit code of %(name)s is in use elsewhere by now and was left out.")),
        ("external_key", _("The key of %(name)s is in use elsewhere by now and was left out.")),
    ):
        value = getattr(gone, field)
        others = Account.objects.exclude(pk=gone.pk).filter(**{field: value})
        if field == "credit_code":
            others = others.filter(archived_at__isnull=True)
        if value and others.exists():
            setattr(gone, field, None)
            conflicts.append(taken % {"name": gone.name})
    try:
        with transaction.atomic():
            gone.save()
    except IntegrityError as error:
        raise UnableToMerge(_("%(name)s cannot come back: one of its keys is in use elsewhere by now.") % {"name": gone.name}) from error
    return conflicts


def _restore_owner(kept: Account, owner: Sequence[int | None], *, by: Scope, now: datetime, name: str) -> list[str]:
    if len(owner) != 2 or owner[0] == owner[1]:
        return []
    if kept.owner_id != owner[1]:
        return [_("The owner was changed since the merge and stays.")]
    former = User.objects.filter(pk=owner[0], is_active=True).first() if owner[0] else None
    if owner[0] and former is None:
        return [_("The former owner no longer works here; the owner stays.")]
    kind = OwnershipChange.Kind.ASSIGNED if former else OwnershipChange.Kind.RELEASED
    change_owner(account=kept, to=former, kind=kind, by=by, now=now, reason=_("Merge with %(name)s taken back") % {"name": name})
    return []
