"""Assigning, sharing, the lifecycle stage, archiving: dialogs of the account page."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions import account as actions
from dingke.accounts.forms.holding import AssignForm, ShareForm, StageForm
from dingke.accounts.models import Account
from dingke.accounts.queries import account as accounts
from dingke.accounts.queries import holding as queries
from dingke.accounts.queries import stages as stage_reads
from dingke.accounts.views.answers import moved
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, NotVisible, Refusal


@door("GET", "POST")
def assign(request: DoorRequest, account_id: int) -> HttpResponse:
    account = accounts.account_for(request.scope, account_id)
    access.can_assign(request.scope, account).enforce()
    form = AssignForm(request.POST if request.method == "POST" else None, people=queries.takers(request.scope, account))
    if request.method == "POST" and form.is_valid():
        to = form.cleaned_data["user"]
        try:
            actions.assign_account(account=account, to=to, by=request.scope, now=timezone.now(), reason=form.cleaned_data["reason"])
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            return moved(request, account.pk, _("The account now belongs to %(name)s.") % {"name": to})
    return pages.fragment(request, "accounts/_assign_dialog.html", {"account": account, "form": form}, status=422 if form.errors else 200)


@door("GET", "POST")
def share(request: DoorRequest, account_id: int) -> HttpResponse:
    """Who works on the account beside its owner; sharing with one more stays in the dialog, so that several can follow."""
    account = accounts.account_for(request.scope, account_id)
    answer = access.can_share(request.scope, account)
    form = ShareForm(request.POST if request.method == "POST" else None, people=queries.helpers(request.scope, account))
    response_status = 200
    if request.method == "POST":
        answer.enforce()
        if form.is_valid():
            try:
                actions.share_account(
                    account=account, user=form.cleaned_data["user"], level=form.cleaned_data["level"], by=request.scope, now=timezone.now()
                )
            except NotAllowed:
                raise
            except Refusal as refused:
                form.refuse(refused.message, refused.fields)
            else:
                form = ShareForm(people=queries.helpers(request.scope, account))
                return pages.trigger(_share_dialog(request, account, form, may_share=True), "dk:account-changed", {"account": account.pk})
        response_status = 422
    return _share_dialog(request, account, form, may_share=bool(answer), reason=answer.reason, status=response_status)


def _share_dialog(
    request: DoorRequest, account: Account, form: ShareForm, *, may_share: bool, reason: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "account": account,
        "form": form,
        "may_share": may_share,
        "reason": reason,
        "collaborators": queries.collaborators_of(request.scope, account),
    }
    return pages.fragment(request, "accounts/_share_dialog.html", context, status=status)


@door("POST")
def unshare(request: DoorRequest, account_id: int, user_id: int) -> HttpResponse:
    account = accounts.account_for(request.scope, account_id)
    user = queries.user_of(request.scope, user_id)
    if user is None:
        raise NotVisible(_("This person is not there."))
    actions.unshare_account(account=account, user=user, by=request.scope, now=timezone.now())
    if user_id == request.scope.user_id:
        return pages.go_to(request, reverse("workspace:today"))
    answer = access.can_share(request.scope, account)
    form = ShareForm(people=queries.helpers(request.scope, account))
    return pages.trigger(
        _share_dialog(request, account, form, may_share=bool(answer), reason=answer.reason), "dk:account-changed", {"account": account.pk}
    )


@door("GET", "POST")
def stage(request: DoorRequest, account_id: int) -> HttpResponse:
    """Moves the account to another lifecycle stage (D-01), with the strategy of each and the to-dos it brings."""
    account = accounts.account_for(request.scope, account_id)
    access.can_edit(request.scope, account).enforce()
    now = timezone.now()
    proposal = stage_reads.proposal_for(request.scope, account)
    first = proposal.stage if proposal and not proposal.is_dismissed else account.lifecycle_stage
    form = StageForm(request.POST if request.method == "POST" else None, initial={"stage": first, "since": timezone.localdate(now)})
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            actions.set_stage(
                account=account, stage=given["stage"], since=given["since"], reason=given["reason"], by=request.scope, now=now
            )
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            return moved(request, account.pk, _("The stage was changed."))
    language = get_language() or "zh"
    guides = {
        guide.stage.value: (
            guide.strategy.text(language),
            [action.label.text(language) for action in guide.actions] if guide.makes_todos else [],
            guide.label.text(language),
        )
        for guide in stage_reads.stage_guides()
    }
    history = queries.stage_history(request.scope, account)
    context = {"account": account, "form": form, "guides": guides, "history": history, "proposal": proposal}
    return pages.fragment(request, "accounts/_stage_dialog.html", context, status=422 if form.errors else 200)


@door("POST")
def archive(request: DoorRequest, account_id: int) -> HttpResponse:
    account = accounts.account_for(request.scope, account_id)
    actions.archive_account(account=account, by=request.scope, now=timezone.now())
    return moved(request, account.pk, _("The account was archived. Nothing was deleted; it can be restored here."))


@door("POST")
def restore(request: DoorRequest, account_id: int) -> HttpResponse:
    account = accounts.account_for(request.scope, account_id)
    actions.restore_account(account=account, by=request.scope, now=timezone.now())
    return moved(request, account.pk, _("The account is back."))
