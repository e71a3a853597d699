"""People at the customer: the panel of the account page, and the dialogs behind it."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions import contacts as actions
from dingke.accounts.forms import contact as forms
from dingke.accounts.models import Account, Contact
from dingke.accounts.queries import account as accounts
from dingke.accounts.queries import contacts as queries
from dingke.accounts.queries import days, parts
from dingke.accounts.views.answers import changed
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, Refusal, StaleRecord


@door("GET")
def panel(request: DoorRequest, account_id: int) -> HttpResponse:
    account = accounts.account_for(request.scope, account_id)
    today = timezone.localdate()
    context = {
        "account": account,
        "people": queries.people_at(request.scope, account, consent=request.GET.get("consent", "")),
        "coming": days.coming(days.days_of(request.scope, account), today=today),
        "can_edit": access.can_edit(request.scope, account),
        "can_see_held": access.can_see_held_at(request.scope, account),
        "hides_phone": request.scope.hides("phone"),
    }
    return pages.fragment(request, "accounts/_contacts.html", context)


@door("GET", "POST")
def new(request: DoorRequest, account_id: int) -> HttpResponse:
    account = accounts.account_for(request.scope, account_id)
    access.can_edit(request.scope, account).enforce()
    return _dialog(request, account, None)


@door("GET", "POST")
def edit(request: DoorRequest, contact_id: int) -> HttpResponse:
    contact = parts.contact_for(request.scope, contact_id)
    access.can_edit(request.scope, contact.account).enforce()
    return _dialog(request, contact.account, contact)


def _dialog(request: DoorRequest, account: Account, contact: Contact | None) -> HttpResponse:
    data: QueryDict | None = request.POST if request.method == "POST" else None
    initial = (
        {
            "name": contact.name,
            "salutation": contact.salutation,
            "is_main": contact.is_main,
            "left_date": contact.left_date,
            "note": contact.note,
            "version": contact.version,
        }
        if contact
        else {}
    )
    form, jobs, ways = forms.ContactForm(data, initial=initial), forms.job_forms(data, contact), forms.way_forms(data, contact)
    line_errors: dict[str, str] = {}
    if data is not None and all([form.is_valid(), *(line.is_valid() for line in [*jobs, *ways])]):
        try:
            _save(request, account, contact, form, jobs, ways)
        except NotAllowed:
            raise
        except StaleRecord as refused:
            form.add_error(None, refused.message)
            form.data = data.copy()
            form.data["version"] = str(parts.contact_for(request.scope, contact.pk).version if contact else "")
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
            line_errors = refused.fields
        else:
            return changed(request, account.pk, _("%(name)s was saved.") % {"name": form.cleaned_data["name"]})
    context = {
        "account": account,
        "contact": contact,
        "form": form,
        "line_errors": line_errors,
        "hides_phone": request.scope.hides("phone"),
        "jobs": jobs,
        "ways": ways,
        "blank_job": forms.blank_job(),
        "blank_way": forms.blank_way(),
        "action": reverse("accounts:contact_edit", args=[contact.pk]) if contact else reverse("accounts:contact_new", args=[account.pk]),
    }
    return pages.fragment(request, "accounts/_contact_dialog.html", context, status=422 if data is not None else 200)


def _save(
    request: DoorRequest,
    account: Account,
    contact: Contact | None,
    form: forms.ContactForm,
    jobs: list[forms.JobForm],
    ways: list[forms.WayForm],
) -> None:
    given = form.cleaned_data
    values: dict[str, Any] = {name: given[name] for name in ("name", "salutation", "is_main", "left_date", "note")}
    made_jobs = [
        actions.Job(**{name: job.cleaned_data[name] for name in ("title", "department", "department_name", "level", "is_current")})
        for job in jobs
    ]
    made_ways = [actions.Way(way.cleaned_data["kind"], way.cleaned_data["value"], is_main=number == 0) for number, way in enumerate(ways)]
    now = timezone.now()
    if contact is None:
        actions.add_contact(account=account, values=values, jobs=made_jobs, ways=made_ways, by=request.scope, now=now)
    else:
        actions.edit_contact(
            contact=contact,
            values=values,
            jobs=made_jobs,
            ways=None if request.scope.hides("phone") else made_ways,
            by=request.scope,
            now=now,
            expected_version=given["version"],
        )


@door("POST")
def make_main(request: DoorRequest, contact_id: int) -> HttpResponse:
    contact = parts.contact_for(request.scope, contact_id)
    actions.make_main_contact(contact=contact, by=request.scope, now=timezone.now())
    return changed(request, contact.account_id, _("%(name)s is now the main contact.") % {"name": contact.name})


@door("POST")
def left(request: DoorRequest, contact_id: int) -> HttpResponse:
    """The person has left today; with "back" is there after all."""
    contact = parts.contact_for(request.scope, contact_id)
    now = timezone.now()
    is_back = "back" in request.GET
    actions.mark_contact_left(contact=contact, left_date=None if is_back else timezone.localdate(now), by=request.scope, now=now)
    if is_back:
        return changed(request, contact.account_id, _("%(name)s is there again.") % {"name": contact.name})
    undo = reverse("accounts:contact_left", args=[contact.pk]) + "?back=1"
    return changed(
        request, contact.account_id, _("%(name)s has left. What is known stays readable.") % {"name": contact.name}, undo_url=undo
    )


@door("POST")
def archive(request: DoorRequest, contact_id: int) -> HttpResponse:
    contact = parts.contact_for(request.scope, contact_id)
    actions.archive_contact(contact=contact, by=request.scope, now=timezone.now())
    undo = reverse("accounts:contact_restore", args=[contact.pk])
    return changed(request, contact.account_id, _("%(name)s was archived.") % {"name": contact.name}, undo_url=undo)


@door("POST")
def restore(request: DoorRequest, contact_id: int) -> HttpResponse:
    contact = parts.contact_for(request.scope, contact_id)
    actions.restore_contact(contact=contact, by=request.scope, now=timezone.now())
    return changed(request, contact.account_id, _("%(name)s was restored.") % {"name": contact.name})


@door("GET", "POST")
def consent(request: DoorRequest, contact_id: int) -> HttpResponse:
    """Writes down that somebody agrees, or no longer agrees, to be reached; shows the earlier statements."""
    contact = parts.contact_for(request.scope, contact_id)
    access.can_edit(request.scope, contact.account).enforce()
    now = timezone.now()
    initial = {"channel": request.GET.get("channel", "PHONE"), "is_given": "yes", "stated_date": timezone.localdate(now)}
    form = forms.ConsentForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.state_consent(
                contact=contact,
                channel=given["channel"],
                is_given=given["is_given"] == "yes",
                source=given["source"],
                stated_date=given["stated_date"],
                by=request.scope,
                now=now,
            )
        except NotAllowed:
            raise
        except Refusal as refused:
            for name, text in refused.fields.items():
                form.add_error(name, text)
        else:
            return changed(request, contact.account_id, _("The statement was written down."))
    return pages.fragment(request, "accounts/_consent_dialog.html", {"contact": contact, "form": form}, status=422 if form.errors else 200)
