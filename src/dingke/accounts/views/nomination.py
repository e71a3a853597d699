"""Page doors of the key-account mark: nominate, look, withdraw, end, compare, and the help page."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.actions import nomination as actions
from dingke.accounts.calc import key_account, key_account_lists, nomination
from dingke.accounts.forms.nomination import EndMarkForm, NominationForm
from dingke.accounts.queries import nomination as queries
from dingke.accounts.queries.account import account_for
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Refusal, StaleRecord
from dingke.core.stale import differences, merged


def _verdict(verdict: key_account.Verdict) -> dict[str, Any]:
    language = get_language() or "zh"

    def text(reason: Any) -> str:
        return key_account.SENTENCES.text(reason, language)

    return {"verdict": verdict, "against": [text(reason) for reason in verdict.reasons], "gaps": [text(gap) for gap in verdict.gaps]}


@door("GET", "POST", permission="accounts.nominate")
def nominate(request: DoorRequest, account_id: int) -> HttpResponse:
    """The nomination form. "draft" keeps it, "propose" sends it to the managers of the owner and the director."""
    now = timezone.now()
    desk = queries.nomination_desk(request.scope, account_id, today=timezone.localdate(now))
    saved = NominationForm.initial_of(desk.answers, desk.draft.version if desk.draft else None)
    if request.method != "POST":
        return _nominate_page(request, desk, NominationForm(initial=saved), desk.verdict)
    form = NominationForm(merged(request.POST, saved), initial=saved)
    is_whole = form.is_valid()
    answers = form.answers()
    problem, stale = "", []
    if is_whole:
        act = actions.propose_key_account if request.POST.get("do") == "propose" else actions.save_draft
        try:
            row = act(
                account=desk.account,
                answers=answers,
                by=request.scope,
                now=now,
                expected_version=form.cleaned_data["version"],
                found_by=desk.found_by,
            )
        except StaleRecord as refusal:
            problem, stale = refusal.message, differences(form, saved)
            form.data["version"] = str(desk.draft.version if desk.draft else "")  # type: ignore[index]
        except Refusal as refusal:
            if refusal.status in {403, 404}:
                raise
            problem = refusal.message
        else:
            if row.state == row.State.PROPOSED:
                messages.success(request, _("Nominated. The request is on its way to those who decide."))
                return pages.go_to(request, reverse("accounts:nomination", args=[row.pk]))
            messages.success(request, _("Draft kept."))
            return pages.go_to(request, reverse("accounts:nominate", args=[account_id]))
    return _nominate_page(request, desk, form, nomination.verdict(answers), problem=problem, stale=stale, status=409 if stale else 422)


def _nominate_page(
    request: DoorRequest,
    desk: queries.Desk,
    form: NominationForm,
    verdict: key_account.Verdict,
    *,
    problem: str = "",
    stale: Any = (),
    status: int = 200,
) -> HttpResponse:
    context = {
        "desk": desk,
        "account": desk.account,
        "form": form,
        "problem": problem,
        "stale": stale,
        "lists": key_account_lists,
        **_verdict(verdict),
    }
    return pages.page(request, "accounts/nominate.html", context, status=status)


@door("POST", permission="accounts.nominate")
def nominate_preview(request: DoorRequest, account_id: int) -> HttpResponse:
    """The verdict on what stands in the form now; nothing is saved."""
    account = account_for(request.scope, account_id)
    form = NominationForm(request.POST)
    form.is_valid()
    return pages.fragment(request, "accounts/_verdict.html", {"account": account, **_verdict(nomination.verdict(form.answers()))})


@door("POST", permission="accounts.nominate")
def discard_nomination(request: DoorRequest, account_id: int) -> HttpResponse:
    account = account_for(request.scope, account_id)
    actions.discard_draft(account=account, by=request.scope, now=timezone.now())
    messages.success(request, _("The draft was put away."))
    return pages.go_to(request, reverse("workspace:account", args=[account_id]))


@door("GET")
def nomination_page(request: DoorRequest, nomination_id: int) -> HttpResponse:
    """One nomination to read: what was answered, what it lacks, who decides."""
    row = queries.nomination_for(request.scope, nomination_id)
    answers = queries.answers_of(row)
    context = {
        "nomination": row,
        "account": row.account,
        "answers": answers,
        "settled": True,
        "lists": key_account_lists,
        **_verdict(nomination.verdict(answers)),
    }
    return pages.page(request, "accounts/nomination.html", context)


@door("POST")
def withdraw_nomination(request: DoorRequest, nomination_id: int) -> HttpResponse:
    row = queries.nomination_for(request.scope, nomination_id)
    actions.withdraw_nomination(nomination=row, by=request.scope, now=timezone.now())
    messages.success(request, _("The nomination was taken back. Your answers are kept for the next one."))
    return pages.go_to(request, reverse("accounts:nominate", args=[row.account_id]))


@door("GET", "POST", permission="accounts.assign")
def end_key_account(request: DoorRequest, account_id: int) -> HttpResponse:
    """The dialog that ends the mark with a reason."""
    account = account_for(request.scope, account_id)
    form = EndMarkForm(request.POST or None)
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            actions.end_key_account(account=account, reason=form.cleaned_data["reason"], by=request.scope, now=timezone.now())
        except Refusal as refusal:
            if refusal.status in {403, 404}:
                raise
            problem = refusal.message
        else:
            messages.success(request, _("The key-account mark has ended."))
            return pages.go_to(request, reverse("workspace:account", args=[account_id]))
    context = {"account": account, "form": form, "problem": problem}
    return pages.page(
        request,
        "accounts/end_key_account.html",
        context,
        partial="accounts/_end_key_account.html",
        status=422 if request.method == "POST" else 200,
    )


@door("GET")
def key_account_history(request: DoorRequest, account_id: int) -> HttpResponse:
    """The panel with the history of the mark and of confirmed faces."""
    account = account_for(request.scope, account_id)
    desk = queries.nomination_desk(request.scope, account_id, today=timezone.localdate(timezone.now()))
    context = {
        "account": account,
        "desk": desk,
        "nominations": queries.nominations_of(request.scope, account),
        "faces": queries.face_history(request.scope, account),
    }
    return pages.page(request, "accounts/key_account_history.html", context, partial="accounts/_key_account_history.html")


@door("GET")
def compare_profiles(request: DoorRequest) -> HttpResponse:
    """The bars of A-04 of several accounts side by side."""
    wanted = [int(value) for value in request.GET.getlist("account") if value.isdecimal() and len(value) < 19]
    context = {
        "profiles": queries.profiles(request.scope, wanted),
        "choices": queries.profile_choices(request.scope),
        "criteria": key_account_lists.CRITERIA,
        "at_most": queries.SIDE_BY_SIDE,
    }
    return pages.page(request, "accounts/compare_profiles.html", context, partial="accounts/_profiles.html")


@door("GET")
def key_account_help(request: DoorRequest) -> HttpResponse:
    """What a key account is: words, tests, features, criteria, benefits, and how it differs from a consumer (A-06)."""
    text = request.GET.get("q", "").strip()[:60]
    lists = key_account_lists
    is_word = nomination.means_key_account(text)
    groups = [
        (_("What makes a key account"), _("Five defining tests (A-01)"), lists.DEFINING_TESTS),
        (_("Who is our customer"), _("Four entry tests; a prospect that fails all four is not nominated"), lists.ENTRY_TESTS),
        (_("Features"), _("Answered on every nomination, with evidence"), lists.FEATURES),
        (_("Criteria of quality"), _("Rated from 1 to 5, compared side by side"), lists.CRITERIA),
        (_("Benefits"), _("Each nomination says which it pursues, and by what it is measured"), lists.BENEFITS),
        (_("Forms of key accounts"), "", lists.FORMS),
    ]
    shown = [(title, sub, items if is_word else nomination.found_in(items, text)) for title, sub, items in groups]
    rows = [
        row
        for row in lists.COMPARISON
        if not text
        or is_word
        or any(text.lower() in part.lower() for label in (row.label, row.consumer, row.key_account) for part in (label.en, label.zh))
    ]
    context = {"text": text, "is_word": is_word, "groups": [group for group in shown if group[2]], "rows": rows, "synonyms": lists.SYNONYMS}
    return pages.page(request, "accounts/key_account_help.html", context, partial="accounts/_key_account_help.html")
