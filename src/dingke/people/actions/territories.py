"""Verbs on territories: their name, their rules (regions, industries) and their members."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.core import access, audit, bus
from dingke.core.errors import Invalid
from dingke.core.scope import Scope
from dingke.people.events import TerritoryChanged
from dingke.people.models import Territory, User

RULES = ("regions", "industries")


def _name(text: str, *, territory: Territory | None) -> str:
    name = " ".join(text.split())[:80]
    if not name:
        raise Invalid(_("A territory needs a name."), fields={"name": _("A territory needs a name.")})
    namesake = Territory.objects.filter(name=name).exclude(pk=territory.pk if territory else 0).first()
    if namesake is not None:
        message = (
            _("There is a territory with this name in the archive. Bring it back.")
            if namesake.archived_at
            else _("There is a territory with this name already.")
        )
        raise Invalid(message, fields={"name": message})
    return name


def _state(territory: Territory) -> dict[str, Any]:
    return {
        "name": territory.name,
        "members": sorted(territory.members.values_list("name", flat=True)),
        "regions": sorted(territory.regions.values_list("code", flat=True)),
        "industries": sorted(territory.industries.values_list("code", flat=True)),
    }


def _write(
    territory: Territory, *, members: Iterable[User], regions: Iterable[int], industries: Iterable[int], by: Scope, now: datetime,
    before: dict[str, Any], action: str,
) -> None:  # fmt: skip
    territory.members.set(members)
    territory.regions.set(list(regions))
    territory.industries.set(list(industries))
    changes = audit.changes_between(before, _state(territory))
    if changes:
        audit.record(target=territory, action=action, by=by, now=now, changes=changes, summary=territory.name)
    if any(rule in changes for rule in RULES):
        bus.publish(TerritoryChanged(territory_id=territory.pk, changed_by_id=by.user_id), now=now)


@transaction.atomic
def add_territory(
    *, name: str, members: Iterable[User], regions: Iterable[int], industries: Iterable[int], by: Scope, now: datetime
) -> Territory:
    """Adds a territory. Its members see every account in it. Raises `Invalid` when the name is taken."""
    access.needs(by, "people.edit").enforce()
    territory = Territory.objects.create(name=_name(name, territory=None))
    _write(territory, members=members, regions=regions, industries=industries, by=by, now=now, before={}, action="people.add_territory")
    return territory


@transaction.atomic
def edit_territory(
    *, territory: Territory, name: str, members: Iterable[User], regions: Iterable[int], industries: Iterable[int], by: Scope, now: datetime
) -> Territory:
    """Changes name, members and rules. When the rules change, the accounts are placed anew (`TerritoryChanged`)."""
    access.needs(by, "people.edit").enforce()
    before = _state(territory)
    territory.name = _name(name, territory=territory)
    territory.save(update_fields=["name"])
    _write(
        territory, members=members, regions=regions, industries=industries, by=by, now=now, before=before, action="people.edit_territory"
    )
    return territory


@transaction.atomic
def set_territory(
    *, name: str, members: Iterable[User], regions: Iterable[int], industries: Iterable[int], by: Scope, now: datetime
) -> Territory:
    """Adds a territory, or makes the one of this name look like that."""
    access.needs(by, "people.edit").enforce()
    territory, is_new = Territory.objects.get_or_create(name=name.strip())
    before = {} if is_new else _state(territory)
    _write(territory, members=members, regions=regions, industries=industries, by=by, now=now, before=before, action="people.set_territory")
    return territory


@transaction.atomic
def archive_territory(*, territory: Territory, by: Scope, now: datetime) -> Territory:
    """Puts a territory away: its members see its accounts no longer through it, and accounts are placed anew."""
    return _archived(territory, now, by=by, now=now, action="people.archive_territory")


@transaction.atomic
def restore_territory(*, territory: Territory, by: Scope, now: datetime) -> Territory:
    return _archived(territory, None, by=by, now=now, action="people.restore_territory")


def _archived(territory: Territory, moment: datetime | None, *, by: Scope, now: datetime, action: str) -> Territory:
    access.needs(by, "people.edit").enforce()
    if (territory.archived_at is None) == (moment is None):
        return territory
    territory.archived_at = moment
    territory.save(update_fields=["archived_at"])
    audit.record(target=territory, action=action, by=by, now=now, summary=territory.name)
    bus.publish(TerritoryChanged(territory_id=territory.pk, changed_by_id=by.user_id), now=now)
    return territory
