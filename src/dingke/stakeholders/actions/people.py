"""People of a map: on it, off it, their roles and weight, key person with the two ticks, their place on the drawing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.models import Contact
from dingke.core import audit, bus
from dingke.core.errors import Invalid
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.scope import Scope
from dingke.stakeholders import access
from dingke.stakeholders.actions.centre import UnableToChangeMap
from dingke.stakeholders.calc.personality import PROFILE_FIELDS
from dingke.stakeholders.calc.roles import ROLE_OF, proposed_influence, proposed_role
from dingke.stakeholders.events import KeyPersonMarked
from dingke.stakeholders.models import BuyingCentre, Stakeholder

FACTS = ["outside_name", "roles", "influence", "is_supporter", "approach", "last_contact_date"]
KEY = ["is_key_person", "competence_accepted", "impression_good", "first_visit_date", "alone_talk_date"]
TEAM_ONLY = ["personality", "style_note", "profile"]  # what they say is not written into the audit trail either
VEILED = "•••"


@transaction.atomic
def add_stakeholder(
    *, centre: BuyingCentre, values: Mapping[str, Any], by: Scope, now: datetime, contact: Contact | None = None
) -> Stakeholder:
    """Puts a contact of the account, or a person or firm outside by name, on the map. Raises `Invalid`, `UnableToChangeMap`."""
    access.can_edit_map(by, centre).enforce()
    if contact is not None and (contact.account_id != centre.account_id or contact.archived_at is not None):
        raise UnableToChangeMap(_("Only people of this account stand on its map. Add the contact first."))
    row = Stakeholder(centre=centre, contact=contact)
    _apply(row, values, today=timezone.localdate(now))
    _save_once(row)
    audit.record(
        target=row, action="stakeholders.add", by=by, now=now, account_id=centre.account_id, summary=row.shown_name,
        changes=audit.changes_between({}, snapshot_of(row, FACTS)),
    )  # fmt: skip
    return row


@transaction.atomic
def add_known_people(*, centre: BuyingCentre, by: Scope, now: datetime) -> int:
    """Puts every contact of the account that is there on the map, with the role and weight their job suggests; returns how many."""
    access.can_edit_map(by, centre).enforce()
    here = set(
        Stakeholder.objects.filter(centre=centre, archived_at__isnull=True, contact__isnull=False)
        .order_by()
        .values_list("contact_id", flat=True)
    )
    contacts = Contact.objects.filter(account_id=centre.account_id, archived_at__isnull=True, left_date__isnull=True)
    added = 0
    for contact in contacts.prefetch_related("jobs").order_by("-is_main", "pk"):
        if contact.pk in here:
            continue
        job = next((job for job in contact.jobs.all() if job.is_current), None)
        level = job.level if job else ""
        role = proposed_role(department=job.department if job else "", level=level)
        values = {"roles": [role], "influence": proposed_influence(level=level)}
        add_stakeholder(centre=centre, contact=contact, values=values, by=by, now=now)
        added += 1
    return added


@transaction.atomic
def edit_stakeholder(
    *, stakeholder: Stakeholder, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> Stakeholder:
    """Roles, weight, approach, last contact. Raises `Invalid` naming the fields to mend, `StaleRecord`."""
    access.can_edit_map(by, stakeholder.centre).enforce()
    fresh = _current(locked(stakeholder, expected_version=expected_version, yours=values))
    before = snapshot_of(fresh, FACTS)
    _apply(fresh, values, today=timezone.localdate(now))
    changes = audit.changes_between(before, snapshot_of(fresh, FACTS))
    if changes:
        _save_once(fresh)
        _note(fresh, "stakeholders.edit", changes, by=by, now=now)
    return fresh


@transaction.atomic
def mark_key_person(
    *, stakeholder: Stakeholder, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> Stakeholder:
    """C-16, E-07: whether the person is a key person, the two ticks (True, False, None = not asked), first visit, talk alone."""
    access.can_edit_map(by, stakeholder.centre).enforce()
    fresh = _current(locked(stakeholder, expected_version=expected_version, yours=values))
    before, was_key = snapshot_of(fresh, KEY), fresh.is_key_person
    for name, value in values.items():
        if name not in KEY:
            raise Invalid(_("Unknown fields: %(names)s") % {"names": name})
        setattr(fresh, name, value)
    if fresh.first_visit_date is not None and fresh.first_visit_date > timezone.localdate(now):
        message = _("The first visit cannot lie in the future.")
        raise Invalid(message, fields={"first_visit_date": message})
    changes = audit.changes_between(before, snapshot_of(fresh, KEY))
    if changes:
        fresh.save()
        _note(fresh, "stakeholders.key_person", changes, by=by, now=now)
    if fresh.is_key_person and not was_key:
        bus.publish(
            KeyPersonMarked(account_id=fresh.centre.account_id, centre_id=fresh.centre_id, stakeholder_id=fresh.pk, by_id=by.user_id),
            now=now,
        )
    return fresh


@transaction.atomic
def write_team_note(
    *, stakeholder: Stakeholder, values: Mapping[str, Any], by: Scope, now: datetime, expected_version: int | None = None
) -> Stakeholder:
    """Personality, style and profile (C-16, C-17), by the account team for the account team: the trail says that, not what, was written."""
    access.is_on_team(by, stakeholder.centre.account).enforce()
    access.can_edit_map(by, stakeholder.centre).enforce()
    fresh = _current(locked(stakeholder, expected_version=expected_version, yours=values))
    before = snapshot_of(fresh, TEAM_ONLY)
    for name, value in values.items():
        if name not in TEAM_ONLY:
            raise Invalid(_("Unknown fields: %(names)s") % {"names": name})
        setattr(fresh, name, value)
    fresh.profile = {key: str(text).strip()[:500] for key, text in fresh.profile.items() if key in PROFILE_FIELDS and str(text).strip()}
    fresh.style_note = fresh.style_note.strip()
    if fresh.personality and fresh.personality not in Stakeholder.Personality.values:
        message = _("This type does not exist.")
        raise Invalid(message, fields={"personality": message})
    if snapshot_of(fresh, TEAM_ONLY) != before:
        fresh.save()
        _note(fresh, "stakeholders.team_note", {"team_only": [VEILED, VEILED]}, by=by, now=now)
    return fresh


@transaction.atomic
def remove_stakeholder(*, stakeholder: Stakeholder, by: Scope, now: datetime) -> Stakeholder:
    """Takes somebody off the map; lines and steps come back with him or her."""
    access.can_edit_map(by, stakeholder.centre).enforce()
    fresh = locked(stakeholder, expected_version=None, yours={})
    if fresh.archived_at is None:
        fresh.archived_at = now
        fresh.save()
        _note(fresh, "stakeholders.remove", {}, by=by, now=now)
    return fresh


@transaction.atomic
def restore_stakeholder(*, stakeholder: Stakeholder, by: Scope, now: datetime) -> Stakeholder:
    access.can_edit_map(by, stakeholder.centre).enforce()
    fresh = locked(stakeholder, expected_version=None, yours={})
    if fresh.contact is not None and fresh.contact.erased_at is not None:
        raise UnableToChangeMap(_("The data of this person was erased."))
    if fresh.archived_at is not None:
        fresh.archived_at = None
        _save_once(fresh)
        _note(fresh, "stakeholders.restore", {}, by=by, now=now)
    return fresh


@transaction.atomic
def place_stakeholder(*, stakeholder: Stakeholder, x: float, y: float, by: Scope, now: datetime) -> Stakeholder:
    """The middle of the card, 0 to 1 of `layout.SHEET`. Two people who drag one card: the last place holds, no form grows stale."""
    access.can_edit_map(by, stakeholder.centre).enforce()
    if not (0 <= x <= 1 and 0 <= y <= 1):
        raise Invalid(_("This place lies outside the drawing."))
    fresh = _current(Stakeholder.objects.select_related("centre__account", "contact").get(pk=stakeholder.pk))
    before = [fresh.x, fresh.y]
    fresh.x, fresh.y = round(x, 5), round(y, 5)
    if before != [fresh.x, fresh.y]:
        fresh.save(update_fields=["x", "y", "updated_at"])
        changes = {"x": [before[0], fresh.x], "y": [before[1], fresh.y]}
        audit.record(target=fresh, action="stakeholders.place", by=by, now=now, changes=changes, summary=fresh.shown_name)
    return fresh


@transaction.atomic
def lay_out_anew(*, centre: BuyingCentre, by: Scope, now: datetime) -> int:
    """Gives up the places set by hand, so that everybody stands by rank and line again; returns how many were set."""
    access.can_edit_map(by, centre).enforce()
    number = Stakeholder.objects.filter(centre=centre, x__isnull=False).update(x=None, y=None)
    if number:
        audit.record(target=centre, action="stakeholders.lay_out", by=by, now=now, account_id=centre.account_id, summary=centre.title)
    return number


def _current(row: Stakeholder) -> Stakeholder:
    if row.archived_at is not None:
        raise UnableToChangeMap(_("%(name)s was taken off the map meanwhile. Put the person back first.") % {"name": row.shown_name})
    return row


def _note(row: Stakeholder, action: str, changes: Mapping[str, Any], *, by: Scope, now: datetime) -> None:
    audit.record(
        target=row, action=action, by=by, now=now, changes=changes, account_id=row.centre.account_id, summary=row.shown_name
    )  # fmt: skip


def _apply(row: Stakeholder, values: Mapping[str, Any], *, today: date) -> None:
    for name, value in values.items():
        if name not in FACTS:
            raise Invalid(_("Unknown fields: %(names)s") % {"names": name})
        setattr(row, name, value)
    row.outside_name = "" if row.contact_id else " ".join(row.outside_name.split())
    row.roles = [code for code in ROLE_OF if code in set(row.roles)]
    problems: dict[str, str] = {}
    if not row.contact_id and not row.outside_name:
        problems["outside_name"] = _("Choose a contact, or name the firm or person outside.")
    if not row.roles:
        problems["roles"] = _("Choose at least one role.")
    if not 1 <= row.influence <= 5:
        problems["influence"] = _("The influence is between 1 and 5.")
    if row.last_contact_date is not None and row.last_contact_date > today:
        problems["last_contact_date"] = _("A contact cannot lie in the future.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)


def _save_once(row: Stakeholder) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise UnableToChangeMap(_("%(name)s stands on this map already.") % {"name": row.shown_name}) from error
