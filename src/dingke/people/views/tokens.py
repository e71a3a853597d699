"""Page doors of API tokens: one's own, and everybody's for an administrator."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, Refusal
from dingke.people.actions import tokens as actions
from dingke.people.forms import TokenForm
from dingke.people.queries import tokens as queries

CHANGED = "dk:tokens-changed"


@door("GET")
def my_tokens(request: DoorRequest) -> HttpResponse:
    """The caller's own API tokens."""
    context = {"rows": queries.my_tokens(request.scope, now=timezone.now())}
    return pages.page(request, "people/tokens.html", context, partial="people/_tokens.html")


@door("GET", "POST")
def new_token(request: DoorRequest) -> HttpResponse:
    """A dialog; its answer shows the new token, this once."""
    form = TokenForm(request.POST if request.method == "POST" else None, auto_id="token_%s")
    context = {"form": form, "choices": queries.scope_choices()}
    if request.method == "POST" and form.is_valid():
        try:
            token, secret = actions.create_token(**form.facts(), by=request.scope, now=timezone.now())
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            made = {"token": token, "secret": secret, "address": request.build_absolute_uri("/api/v1/accounts/")}
            answer = pages.trigger(pages.fragment(request, "people/_token_made.html", made), CHANGED)
            answer["Cache-Control"] = "no-store"
            return answer
    return pages.fragment(request, "people/_token_form.html", context, status=422 if form.errors else 200)


@door("POST")
def revoke_token(request: DoorRequest, token_id: int) -> HttpResponse:
    token = actions.revoke_token(token=queries.token_for(request.scope, token_id), by=request.scope, now=timezone.now())
    if request.headers.get("HX-Request") == "true":
        return pages.toast(pages.trigger(HttpResponse(status=204), CHANGED), _("%(name)s does not work any more.") % {"name": token.name})
    return pages.go_to(request, reverse("people:tokens"))


@door("GET", permission="people.edit")
def every_token(request: DoorRequest) -> HttpResponse:
    """Everybody's API tokens: who made which, for what, and when it was used last."""
    cursor = request.GET.get("cursor") or None
    context = {"page": queries.every_token(request.scope, now=timezone.now(), cursor=cursor), "base": reverse("people:every_token")}
    if cursor and pages.is_fragment(request):
        return pages.fragment(request, "people/_every_token_rows.html", context)
    return pages.page(request, "people/every_token.html", context, partial="people/_every_token.html")
