"""People of a map: the side panel, and the dialogs behind it."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid
from dingke.stakeholders import access
from dingke.stakeholders.actions import attitude as attitudes
from dingke.stakeholders.actions import people as actions
from dingke.stakeholders.calc.personality import PERSONALITIES
from dingke.stakeholders.calc.roles import ROLE_OF
from dingke.stakeholders.calc.support import GUIDES
from dingke.stakeholders.forms.people import KeyForm, StakeholderForm, StanceForm, TeamForm
from dingke.stakeholders.queries import centre as centres
from dingke.stakeholders.queries import map as maps
from dingke.stakeholders.queries import person as queries
from dingke.stakeholders.views.answers import changed, dialog


@door("GET")
def person(request: DoorRequest, stakeholder_id: int) -> HttpResponse:
    """Everything of one person beside the map."""
    row = centres.stakeholder_for(request.scope, stakeholder_id)
    if row.archived_at is not None:  # taken off the map: an empty answer closes the panel
        return HttpResponse("")
    context = {
        "person": queries.person_of(request.scope, row),
        "row": row,
        "centre": row.centre,
        "roles": [maps.said(ROLE_OF[code].label) for code in row.roles if code in ROLE_OF],
        "jobs": [job for job in row.contact.jobs.all() if job.is_current] if row.contact else [],
        "today": timezone.localdate(),
    }
    return pages.fragment(request, "stakeholders/_person.html", context)


@door("GET", "POST")
def add(request: DoorRequest, centre_id: int) -> HttpResponse:
    centre = centres.centre_for(request.scope, centre_id)
    access.can_edit_map(request.scope, centre).enforce()
    contacts = {str(one.pk): one for one in centres.contacts_to_add(request.scope, centre)}
    role = request.GET.get("role", "")
    initial = {"influence": 3, "roles": [role] if role in ROLE_OF else [], "contact": request.GET.get("contact", "")}
    form = StakeholderForm(request.POST if request.method == "POST" else None, initial=initial, contacts=contacts.values())
    return dialog(
        request,
        form=form,
        save=lambda values, _version: actions.add_stakeholder(
            centre=centre, contact=contacts.get(form.cleaned_data["contact"]), values=values, by=request.scope, now=timezone.now()
        ),
        said=_("Put on the map."),
        account_id=centre.account_id,
        context={"title": _("Somebody on the map"), "sub": centre.account.shown_name, "centre": centre, "has_contacts": bool(contacts)},
        template="stakeholders/_stakeholder_dialog.html",
    )


@door("POST")
def add_known(request: DoorRequest, centre_id: int) -> HttpResponse:
    centre = centres.centre_for(request.scope, centre_id)
    added = actions.add_known_people(centre=centre, by=request.scope, now=timezone.now())
    said = _("%(number)s people were put on the map.") % {"number": added}
    return changed(request, centre.account_id, said, back=reverse("stakeholders:map", args=[centre_id]))


@door("GET", "POST")
def edit(request: DoorRequest, stakeholder_id: int) -> HttpResponse:
    row = centres.stakeholder_for(request.scope, stakeholder_id)
    access.can_edit_map(request.scope, row.centre).enforce()
    names = ("outside_name", "roles", "influence", "is_supporter", "last_contact_date", "approach", "version")
    form = StakeholderForm(request.POST if request.method == "POST" else None, initial={name: getattr(row, name) for name in names})
    if row.contact_id:
        del form.fields["outside_name"]
    return dialog(
        request,
        form=form,
        save=lambda values, version: actions.edit_stakeholder(
            stakeholder=row, values=values, by=request.scope, now=timezone.now(), expected_version=version
        ),
        said=_("%(name)s was saved.") % {"name": row.shown_name},
        account_id=row.centre.account_id,
        context={"title": row.shown_name, "sub": _("Roles and weight"), "centre": row.centre, "has_contacts": True},
        template="stakeholders/_stakeholder_dialog.html",
        fresh_version=lambda: centres.stakeholder_for(request.scope, stakeholder_id).version,
    )


@door("GET", "POST")
def stance(request: DoorRequest, stakeholder_id: int) -> HttpResponse:
    row = centres.stakeholder_for(request.scope, stakeholder_id)
    access.can_edit_map(request.scope, row.centre).enforce()
    initial = {"attitude": row.attitude, "on_date": timezone.localdate()}
    return dialog(
        request,
        form=StanceForm(request.POST if request.method == "POST" else None, initial=initial),
        save=lambda values, _version: attitudes.set_attitude(stakeholder=row, by=request.scope, now=timezone.now(), **values),
        said=_("The attitude of %(name)s was noted.") % {"name": row.shown_name},
        account_id=row.centre.account_id,
        context={
            "title": _("Attitude of %(name)s") % {"name": row.shown_name},
            "sub": _("Earlier statements stay; the newest holds."),
            "guides": [(guide.attitude.value, maps.said(guide.label), maps.said(guide.meaning)) for guide in GUIDES],
        },
        template="stakeholders/_stance_dialog.html",
    )


@door("GET", "POST")
def key_person(request: DoorRequest, stakeholder_id: int) -> HttpResponse:
    row = centres.stakeholder_for(request.scope, stakeholder_id)
    access.can_edit_map(request.scope, row.centre).enforce()
    initial = KeyForm.initial_of(row) | ({"is_key_person": True} if "mark" in request.GET else {})
    return dialog(
        request,
        form=KeyForm(request.POST if request.method == "POST" else None, initial=initial),
        save=lambda values, version: actions.mark_key_person(
            stakeholder=row, values=values, by=request.scope, now=timezone.now(), expected_version=version
        ),
        said=_("%(name)s was saved.") % {"name": row.shown_name},
        account_id=row.centre.account_id,
        context={
            "title": _("Key person: %(name)s") % {"name": row.shown_name},
            "sub": _("Both ticks are given by what the person said or did, at the first visit already."),
        },
        fresh_version=lambda: centres.stakeholder_for(request.scope, stakeholder_id).version,
    )


@door("GET", "POST")
def team_note(request: DoorRequest, stakeholder_id: int) -> HttpResponse:
    """Personality, style, profile: for the account team alone."""
    row = queries.team_row(request.scope, centres.stakeholder_for(request.scope, stakeholder_id))
    access.can_edit_map(request.scope, row.centre).enforce()
    return dialog(
        request,
        form=TeamForm(request.POST if request.method == "POST" else None, initial=TeamForm.initial_of(row)),
        save=lambda values, version: actions.write_team_note(
            stakeholder=row, values=values, by=request.scope, now=timezone.now(), expected_version=version
        ),
        said=_("%(name)s was saved.") % {"name": row.shown_name},
        account_id=row.centre.account_id,
        context={
            "title": _("Personality and style: %(name)s") % {"name": row.shown_name},
            "sub": _("Seen by the account team alone. Write what you would say to the person's face."),
            "kinds": [(one.code, maps.said(one.label), maps.said(one.signs)) for one in PERSONALITIES],
        },
        template="stakeholders/_team_dialog.html",
        fresh_version=lambda: centres.stakeholder_for(request.scope, stakeholder_id).version,
    )


@door("POST")
def remove(request: DoorRequest, stakeholder_id: int) -> HttpResponse:
    row = centres.stakeholder_for(request.scope, stakeholder_id)
    actions.remove_stakeholder(stakeholder=row, by=request.scope, now=timezone.now())
    undo = reverse("stakeholders:restore", args=[row.pk])
    return changed(request, row.centre.account_id, _("%(name)s was taken off the map.") % {"name": row.shown_name}, undo_url=undo)


@door("POST")
def restore(request: DoorRequest, stakeholder_id: int) -> HttpResponse:
    row = centres.stakeholder_for(request.scope, stakeholder_id)
    actions.restore_stakeholder(stakeholder=row, by=request.scope, now=timezone.now())
    return changed(request, row.centre.account_id, _("%(name)s stands on the map again.") % {"name": row.shown_name})


@door("POST")
def place(request: DoorRequest, stakeholder_id: int) -> HttpResponse:
    """Where a card was put by mouse or arrow keys. The page has moved it already: nothing is answered."""
    row = centres.stakeholder_for(request.scope, stakeholder_id)
    try:
        x, y = float(request.POST.get("x", "")), float(request.POST.get("y", ""))
    except ValueError as error:
        raise Invalid(_("This place lies outside the drawing.")) from error
    actions.place_stakeholder(stakeholder=row, x=x, y=y, by=request.scope, now=timezone.now())
    return HttpResponse(status=204)
