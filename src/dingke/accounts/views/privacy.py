"""Privacy: what is held of a person, consent taken back, legal holds, erasures, and the rules."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from dingke.accounts import access
from dingke.accounts.actions import contacts as contact_actions
from dingke.accounts.actions import held as held_actions
from dingke.accounts.actions import privacy as actions
from dingke.accounts.forms.privacy import EraseForm, HoldForm, PrivacyRulesForm
from dingke.accounts.models import Consent, Contact
from dingke.accounts.queries import erased, parts
from dingke.accounts.queries import privacy as queries
from dingke.accounts.views.answers import changed, moved
from dingke.core import access as core_access
from dingke.core import pages
from dingke.core import privacy as core_privacy
from dingke.core import rules as core_rules
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid, NotAllowed, Refusal
from dingke.core.tables_out import CONTENT_TYPES, FileKind


@door("GET")
def held(request: DoorRequest, contact_id: int) -> HttpResponse:
    """What we hold of this person. Looking is written down."""
    contact = parts.contact_for(request.scope, contact_id)
    found = held_actions.look_at_held(contact=contact, by=request.scope, now=timezone.now())
    context = {
        "contact": contact,
        "parts": found,
        "said": queries.said,
        "can_erase": access.can_erase(request.scope, contact),
        "may_hold": request.scope.can("privacy.erase") and contact.erased_at is None,
    }
    return pages.page(request, "accounts/held.html", context)


@door("GET")
def held_file(request: DoorRequest, contact_id: int) -> HttpResponse:
    """The same as a file to hand over to the person."""
    contact = parts.contact_for(request.scope, contact_id)
    kind = held_actions.JSON if request.GET.get("format") == held_actions.JSON else held_actions.XLSX
    content, name = held_actions.export_held(contact=contact, kind=kind, by=request.scope, now=timezone.now())
    content_type = "application/json" if kind == held_actions.JSON else CONTENT_TYPES[FileKind.XLSX]
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response


def _erase_dialog(request: DoorRequest, contact: Contact, form: EraseForm) -> HttpResponse:
    context = {"contact": contact, "form": form}
    return pages.fragment(request, "accounts/_erase_dialog.html", context, status=422 if form.errors else 200)


@door("GET", "POST")
def erase(request: DoorRequest, contact_id: int) -> HttpResponse:
    """Erases a person's data, for good."""
    contact = parts.contact_for(request.scope, contact_id)
    core_access.needs(request.scope, "privacy.erase").enforce()
    form = EraseForm(request.POST if request.method == "POST" else None)
    if request.method == "GET" or not form.is_valid():
        return _erase_dialog(request, contact, form)
    given = form.cleaned_data
    try:
        actions.erase_contact(
            contact=contact,
            reason=given["reason"],
            confirmation=given["confirmation"],
            with_mentions=given["with_mentions"],
            by=request.scope,
            now=timezone.now(),
        )
    except NotAllowed:
        raise
    except Refusal as refused:
        form.refuse(refused.message, refused.fields)
        return _erase_dialog(request, contact, form)
    return moved(request, contact.account_id, _("The data of contact no. %(number)s was erased.") % {"number": contact.pk})


@door("GET", "POST")
def hold(request: DoorRequest, contact_id: int) -> HttpResponse:
    """Sets or lifts a legal hold."""
    contact = parts.contact_for(request.scope, contact_id)
    core_access.needs(request.scope, "privacy.erase").enforce()
    form = HoldForm(request.POST if request.method == "POST" else None, initial={"reason": contact.hold_reason})
    if request.method == "GET" or not form.is_valid():
        context = {"contact": contact, "form": form}
        return pages.fragment(request, "accounts/_hold_dialog.html", context, status=422 if form.errors else 200)
    kept = actions.set_legal_hold(contact=contact, reason=form.cleaned_data["reason"], by=request.scope, now=timezone.now())
    messages.success(request, _("The legal hold is set.") if kept.hold_reason else _("There is no legal hold any more."))
    return pages.go_to(request, reverse("accounts:held", args=[contact.pk]))


@door("POST")
def withdraw_consent(request: DoorRequest, contact_id: int) -> HttpResponse:
    """The person takes an agreement back: one click, dated today."""
    contact = parts.contact_for(request.scope, contact_id)
    channel = request.POST.get("channel", "")
    if channel not in Consent.Channel.values:
        raise Invalid(_("This channel does not exist."))
    contact_actions.withdraw_consent(contact=contact, channel=channel, by=request.scope, now=timezone.now())
    label = Consent.Channel(channel).label
    text = _("%(name)s no longer agrees to be reached by: %(channel)s.") % {"name": contact.name, "channel": label}
    return changed(request, contact.account_id, text)


# ---- erasures and proposals --------------------------------------------------------------------------------------------


@door("GET", permission="privacy.erase")
def erasures(request: DoorRequest) -> HttpResponse:
    """Every erasure without what was erased, whom the rules propose, and what a restored backup took back."""
    cursor = request.GET.get("cursor") or None
    if cursor and pages.is_fragment(request):
        return pages.fragment(request, "accounts/_erasure_rows.html", {"page": erased.erasures(request.scope, cursor=cursor)})
    context = {
        "page": erased.erasures(request.scope, cursor=cursor),
        "proposals": erased.open_proposals(request.scope, cursor=request.GET.get("proposals") or None),
        "undone": erased.undone_by_restore(request.scope),
        "rules": core_privacy.in_force(),
    }
    return pages.page(request, "accounts/erasures.html", context)


@door("POST", permission="privacy.erase")
def erase_again(request: DoorRequest) -> HttpResponse:
    """Runs erasures again that a restored backup took back."""
    outcome = actions.erase_again(by=request.scope, now=timezone.now())
    text = ngettext("%(number)s erasure was run again.", "%(number)s erasures were run again.", outcome.done) % {"number": outcome.done}
    messages.success(request, text)
    if outcome.refused:
        text = ngettext("%(number)s was kept by a legal hold.", "%(number)s were kept by a legal hold.", outcome.refused)
        messages.warning(request, text % {"number": outcome.refused})
    return pages.go_to(request, reverse("accounts:erasures"))


@door("POST", permission="privacy.erase")
def decide_proposed(request: DoorRequest) -> HttpResponse:
    """Erases or keeps the chosen people whom the rules propose."""
    ids = [int(text) for text in request.POST.getlist("ids") if text.isascii() and text.isdigit() and len(text) < 18]
    now = timezone.now()
    try:
        if request.POST.get("do") == "keep":
            number = actions.keep_proposed(ids=ids, by=request.scope, now=now)
            text = ngettext("%(number)s person is kept.", "%(number)s people are kept.", number)
        else:
            number = actions.erase_proposed(ids=ids, confirmation=request.POST.get("confirmation", ""), by=request.scope, now=now)
            text = ngettext("The data of %(number)s person was erased.", "The data of %(number)s people was erased.", number)
    except actions.UnableToErase as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, text % {"number": number})
    return pages.go_to(request, reverse("accounts:erasures"))


@door("GET", "POST", permission="settings.edit")
def privacy_rules(request: DoorRequest) -> HttpResponse:
    """How long things are kept, and how exported files say whose they are."""
    form = PrivacyRulesForm(request.POST) if request.method == "POST" else PrivacyRulesForm.of(core_privacy.in_force())
    if request.method == "POST" and form.is_valid():
        try:
            core_rules.store(
                key=core_privacy.RULES, kind=core_privacy.PrivacyRules, values=form.values(), by=request.scope, now=timezone.now()
            )
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            messages.success(request, _("The rules of privacy are saved."))
            return pages.go_to(request, reverse("accounts:privacy_rules"))
    return pages.page(request, "accounts/privacy_rules.html", {"form": form}, status=422 if form.errors else 200)
