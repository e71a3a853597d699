"""The guides of the lifecycle stages, the answer to a proposed stage, and the size tier: pages and dialogs."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.actions import stages as actions
from dingke.accounts.forms.stages import GuideForm, TierForm
from dingke.accounts.models import Account
from dingke.accounts.queries import account as accounts
from dingke.accounts.queries import size_tier as tier_reads
from dingke.accounts.queries import stages as reads
from dingke.accounts.views.answers import changed, moved
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, NotVisible, Refusal


@door("GET")
def stage_guides(request: DoorRequest) -> HttpResponse:
    """Strategy and standard actions of every stage, open to everybody; an administrator edits them."""
    context = {
        "guides": reads.stage_guides(),
        "versions": reads.guide_versions(),
        "can_edit": request.scope.can("settings.edit"),
        "lang": get_language() or "zh-hans",
    }
    return pages.page(request, "accounts/stage_guides.html", context)


@door("GET", "POST", permission="settings.edit")
def edit_stage_guide(request: DoorRequest, stage: str) -> HttpResponse:
    if stage not in Account.Stage.values:
        raise NotVisible(_("This lifecycle stage does not exist."))
    guide = reads.guide_of(stage)
    form = GuideForm(request.POST if request.method == "POST" else None, guide=guide)
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_stage_guide(
                stage=stage,
                strategy=form.strategy(),
                actions=form.actions(),
                makes_todos=form.cleaned_data["makes_todos"],
                by=request.scope,
                now=timezone.now(),
            )
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            messages.success(request, _("Guide saved. It counts for every account that enters the stage from now on."))
            return pages.go_to(request, reverse("accounts:stage_guides"))
    context = {"form": form, "guide": guide, "label": reads.stage_label(stage)}
    return pages.page(
        request, "accounts/edit_stage_guide.html", context, partial="accounts/_stage_guide_dialog.html", status=422 if form.errors else 200
    )


@door("POST")
def dismiss_stage(request: DoorRequest, account_id: int) -> HttpResponse:
    """From the stage dialog: the proposed stage does not fit, for the reason that stands in the form."""
    account = accounts.account_for(request.scope, account_id)
    actions.dismiss_stage(account=account, reason=request.POST.get("reason", ""), by=request.scope, now=timezone.now())
    return moved(request, account.pk, _("Dismissed. The stage is proposed again when the figures change."))


@door("POST")
def resume_stage(request: DoorRequest, account_id: int) -> HttpResponse:
    """Takes a dismissal back."""
    account = accounts.account_for(request.scope, account_id)
    actions.resume_stage(account=account, by=request.scope, now=timezone.now())
    return changed(request, account.pk, _("The stage is proposed again."))


@door("GET", "POST")
def size_tier(request: DoorRequest, account_id: int) -> HttpResponse:
    """Dialog: which tier counts, with its typical needs and products."""
    account = accounts.account_for(request.scope, account_id)
    access.can_edit(request.scope, account).enforce()
    facts = tier_reads.tier_facts(account)
    proposed = _("As the figures propose: %(tier)s") % {
        "tier": facts.proposed_label if facts else _("headcount and revenue are unknown")
    }  # fmt: skip
    form = TierForm(
        request.POST if request.method == "POST" else None,
        language=get_language() or "zh-hans", proposed=proposed, initial={"tier": account.size_tier},
    )  # fmt: skip
    if request.method == "POST" and form.is_valid():
        try:
            actions.set_size_tier(account=account, tier=form.cleaned_data["tier"], by=request.scope, now=timezone.now())
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            return moved(request, account.pk, _("Size tier saved."))
    context = {"account": account, "form": form, "facts": facts}
    return pages.fragment(request, "accounts/_size_tier_dialog.html", context, status=422 if form.errors else 200)
