"""Verbs on tags: on an account, and on the list of tags itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions.account import set_tags
from dingke.accounts.models import Account, AccountTag, Tag
from dingke.core import access as core_access
from dingke.core import audit
from dingke.core.errors import Invalid
from dingke.core.scope import Scope

COLOURS = ("grey", "green", "bronze", "amber", "red")


@transaction.atomic
def tag_account(*, account: Account, add: Iterable[str] = (), remove: Iterable[str] = (), by: Scope, now: datetime) -> None:
    """Puts tags on an account and takes others off; new names become tags. Writes what it was before."""
    access.can_edit(by, account).enforce()
    before = set(AccountTag.objects.filter(account=account).order_by().values_list("tag__name", flat=True))
    wanted = before | {" ".join(name.split())[:40] for name in add if name.strip()}
    wanted -= {name.strip() for name in remove}
    if wanted != before:
        set_tags(account=account, names=wanted)
        audit.record(
            target=account, action="accounts.tag", by=by, now=now, changes={"tags": [sorted(before), sorted(wanted)]}, account_id=account.pk
        )


@transaction.atomic
def add_tag(*, name: str, colour: str, by: Scope, now: datetime) -> Tag:
    core_access.needs(by, "settings.edit").enforce()
    tag, created = Tag.objects.get_or_create(name=_checked(name), defaults={"colour": _colour(colour)})
    if created:
        audit.record(target=tag, action="tags.add", by=by, now=now, summary=tag.name)
    return tag


@transaction.atomic
def edit_tag(*, tag: Tag, name: str, colour: str, by: Scope, now: datetime) -> Tag:
    """Renames or recolours a tag. A name that another tag has joins the two: their accounts carry that one."""
    core_access.needs(by, "settings.edit").enforce()
    name, colour = _checked(name), _colour(colour)
    before = {"name": tag.name, "colour": tag.colour}
    twin = Tag.objects.filter(name=name).exclude(pk=tag.pk).first()
    if twin is not None:
        already = AccountTag.objects.filter(tag=twin).order_by().values("account_id")
        AccountTag.objects.filter(tag=tag, account_id__in=already).delete()
        AccountTag.objects.filter(tag=tag).update(tag=twin)
        audit.record(target=twin, action="tags.join", by=by, now=now, changes={"name": [tag.name, twin.name]}, summary=twin.name)
        tag.delete()
        return twin
    tag.name, tag.colour = name, colour
    tag.save()
    changes = audit.changes_between(before, {"name": name, "colour": colour})
    if changes:
        audit.record(target=tag, action="tags.edit", by=by, now=now, changes=changes, summary=name)
    return tag


@transaction.atomic
def delete_tag(*, tag: Tag, by: Scope, now: datetime) -> None:
    """Takes a tag off every account and away."""
    core_access.needs(by, "settings.edit").enforce()
    number = AccountTag.objects.filter(tag=tag).count()
    audit.record(target=tag, action="tags.delete", by=by, now=now, changes={"accounts": [number, 0]}, summary=tag.name)
    tag.delete()


def _checked(name: str) -> str:
    name = " ".join(name.split())[:40]
    if not name:
        raise Invalid(_("A tag needs a name."), fields={"name": _("A tag needs a name.")})
    return name


def _colour(colour: str) -> str:
    if colour not in COLOURS:
        raise Invalid(_("This colour does not exist."), fields={"colour": _("This colour does not exist.")})
    return colour
