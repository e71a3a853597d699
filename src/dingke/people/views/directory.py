"""Page doors of the people: the list, adding, one person, editing, closing and opening an account, passwords."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, Refusal
from dingke.people import actions
from dingke.people.calc import Role
from dingke.people.forms import PasswordForm, UserForm
from dingke.people.models import User
from dingke.people.queries import directory as queries
from dingke.people.queries import rights
from dingke.people.queries.directory_source import why_owned

CHANGED = "dk:people-changed"


def changed(
    request: DoorRequest, message: str, address: str, *, event: str = CHANGED, kind: str = "success", closes: bool = True
) -> HttpResponse:
    """After a change: the parts of the page that show it reload, a dialog closes; without HTMX the page itself is opened."""
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=204 if closes else 200)
        return pages.toast(pages.trigger(response, event), message, kind=kind)
    messages.add_message(request, messages.SUCCESS if kind == "success" else messages.WARNING, message)
    return pages.go_to(request, address)


@door("GET", permission="people.edit")
def people(request: DoorRequest) -> HttpResponse:
    """Who works here, with role, team, what they lead and how many accounts they own."""
    scope, asked = request.scope, request.GET
    filters = queries.filter_from(
        scope, text=asked.get("text", ""), role=asked.get("role", ""), team=asked.get("team", ""), state=asked.get("state", "")
    )
    cursor = asked.get("cursor") or None
    context = {
        "filters": filters,
        "page": queries.people_page(scope, filters, cursor=cursor),
        "base": reverse("people:list"),
        "roles": rights.role_choices(),
    }
    if cursor and pages.is_fragment(request):
        return pages.fragment(request, "people/_people_rows.html", context)
    context["active"], context["closed"] = queries.people_counts(scope, filters)
    return pages.page(request, "people/people.html", context, partial="people/_people.html")


@door("GET", permission="people.edit")
def propose_username(request: DoorRequest) -> HttpResponse:
    """The sign-in name that a name proposes, while somebody is added. One that was typed stays."""
    typed, before = request.GET.get("username", "").strip(), request.GET.get("proposed", "")
    proposed = actions.proposed_username(request.GET.get("name", "")[:80])
    value = typed if typed and typed != before else proposed
    return pages.fragment(request, "people/_username.html", {"value": value, "proposed": proposed, "error": ""})


def _person_dialog(request: DoorRequest, form: UserForm, user: User | None) -> HttpResponse:
    return pages.fragment(
        request,
        "people/_person_form.html",
        {"form": form, "user": user, "roles": rights.role_choices(), "why_owned": why_owned()},
        status=422 if form.errors else 200,
    )


@door("GET", "POST", permission="people.edit")
def add_person(request: DoorRequest) -> HttpResponse:
    form = UserForm(
        request.POST if request.method == "POST" else None, scope=request.scope, initial={"team": request.GET.get("team"), "role": Role.REP}
    )
    if request.method != "POST" or not form.is_valid():
        return _person_dialog(request, form, None)
    facts = form.facts()
    facts["username"] = facts["username"] or actions.proposed_username(facts["name"])
    try:
        user = actions.add_user(
            **facts | {"role": Role(facts["role"])}, password=form.cleaned_data["password"] or None, by=request.scope, now=timezone.now()
        )
    except NotAllowed:
        raise
    except Refusal as refused:
        form.refuse(refused.message, refused.fields)
        return _person_dialog(request, form, None)
    if form.cleaned_data["password"]:
        return changed(
            request, _("%(name)s can sign in as %(username)s.") % {"name": user, "username": user.username}, reverse("people:list")
        )
    if not user.email:
        return changed(request, _("%(name)s was added and needs a first password.") % {"name": user}, reverse("people:list"))
    try:
        actions.send_reset_mail(user=user, request=request, by=request.scope, now=timezone.now())
    except Refusal as refused:
        return changed(request, _("%(name)s was added.") % {"name": user} + " " + refused.message, reverse("people:list"), kind="warning")
    return changed(
        request,
        _("%(name)s was added. The link to choose a password is on its way to %(mail)s.") % {"name": user, "mail": user.email},
        reverse("people:list"),
    )


@door("GET", permission="people.edit")
def person(request: DoorRequest, user_id: int) -> HttpResponse:
    """One person: what he or she sees, owns and leads, and what was changed."""
    user = queries.person_for(request.scope, user_id)
    context = {"profile": queries.profile(request.scope, user), "user": user}
    partial = "people/_person_body.html" if request.GET.get("part") == "body" else "people/_person.html"
    return pages.page(request, "people/person.html", context, partial=partial)


@door("GET", "POST", permission="people.edit")
def edit_person(request: DoorRequest, user_id: int) -> HttpResponse:
    user = queries.person_for(request.scope, user_id)
    form = UserForm(request.POST if request.method == "POST" else None, scope=request.scope, user=user)
    if request.method != "POST" or not form.is_valid():
        return _person_dialog(request, form, user)
    try:
        user = actions.edit_user(user=user, values=form.facts(), reason=form.cleaned_data["reason"], by=request.scope, now=timezone.now())
    except NotAllowed:
        raise
    except Refusal as refused:
        form.refuse(refused.message, refused.fields)
        return _person_dialog(request, form, user)
    return changed(request, _("Saved: %(name)s.") % {"name": user}, reverse("people:person", args=[user.pk]))


@door("GET", "POST", permission="people.edit")
def deactivate(request: DoorRequest, user_id: int) -> HttpResponse:
    """Closing an account: first what happens with what the person owns and leads, then the deed."""
    user = queries.person_for(request.scope, user_id)
    problem = ""
    if request.method == "POST":
        try:
            actions.deactivate_user(user=user, by=request.scope, now=timezone.now())
        except NotAllowed:
            raise
        except Refusal as refused:
            problem = refused.message
        else:
            return changed(request, _("%(name)s cannot sign in any more.") % {"name": user}, reverse("people:person", args=[user.pk]))
    context = {"profile": queries.profile(request.scope, user), "user": user, "problem": problem}
    return pages.fragment(request, "people/_deactivate.html", context, status=422 if problem else 200)


@door("POST", permission="people.edit")
def reactivate(request: DoorRequest, user_id: int) -> HttpResponse:
    user = actions.reactivate_user(user=queries.person_for(request.scope, user_id), by=request.scope, now=timezone.now())
    return changed(request, _("%(name)s can sign in again.") % {"name": user}, reverse("people:person", args=[user.pk]), closes=False)


@door("POST", permission="people.edit")
def reset_mail(request: DoorRequest, user_id: int) -> HttpResponse:
    user = queries.person_for(request.scope, user_id)
    actions.send_reset_mail(user=user, request=request, by=request.scope, now=timezone.now())
    return changed(
        request, _("The link is on its way to %(mail)s.") % {"mail": user.email}, reverse("people:person", args=[user.pk]), closes=False
    )


@door("GET", "POST", permission="people.edit")
def password(request: DoorRequest, user_id: int) -> HttpResponse:
    """A password to start with, given by hand where no mail goes out."""
    user = queries.person_for(request.scope, user_id)
    form = PasswordForm(request.POST if request.method == "POST" else None, auto_id="password_%s")
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_password(user=user, password=form.cleaned_data["password"], by=request.scope, now=timezone.now())
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            return changed(
                request,
                _("%(name)s signs in with the new password from now on.") % {"name": user},
                reverse("people:person", args=[user.pk]),
            )
    return pages.fragment(request, "people/_password.html", {"user": user, "form": form}, status=422 if form.errors else 200)
