"""Page door: who sees an account, and through what."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.queries import account as accounts
from dingke.accounts.queries import why as queries
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotVisible


@door("GET", permission="accounts.assign")
def why(request: DoorRequest, account_id: int) -> HttpResponse:
    """Everybody who sees the account with the reason; with `user` whether this person does, and why or why not."""
    account = accounts.account_for(request.scope, account_id)
    context: dict[str, object] = {
        "account": account,
        "asked": None,
        "may_assign": bool(access.can_assign(request.scope, account)),
        "may_share": bool(access.can_share(request.scope, account)),
    }
    number = request.GET.get("user", "")
    if number:
        user = queries.person_asked(int(number)) if number.isascii() and number.isdigit() and len(number) < 18 else None
        if user is None:
            raise NotVisible(_("This person is not there."))
        context |= {
            "asked": user,
            "reasons": queries.why_visible(account, user),
            "against": queries.why_hidden(account, user),
            "hanging": queries.hanging(account, user),
        }
    if number and request.GET.get("part") == "answer":
        return pages.fragment(request, "accounts/_why_answer.html", context)
    context |= {"seers": queries.who_sees(request.scope, account), "everybody": queries.everybody()}
    return pages.page(request, "accounts/in_page.html", context | {"partial": "accounts/_why.html"}, partial="accounts/_why.html")


@door("GET", permission="people.edit")
def why_person(request: DoorRequest, user_id: int) -> HttpResponse:
    """The same question from the person's side: does this person see that account? Finds accounts by name."""
    user = queries.person_asked(user_id)
    if user is None:
        raise NotVisible(_("This person is not there."))
    text = request.GET.get("text", "").strip()[:80]
    context = {"user": user, "text": text, "accounts": queries.accounts_found(request.scope, text) if text else []}
    if request.GET.get("part") == "found":
        return pages.fragment(request, "accounts/_why_found.html", context)
    return pages.fragment(request, "accounts/_why_person.html", context)
