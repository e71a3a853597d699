"""Page doors of prospecting: board, profiles, one company, screening, contact plan, admission."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.queries.account import account_for
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Refusal
from dingke.core.forms import RefusableForm
from dingke.people.queries import user_by_id
from dingke.pipeline import access
from dingke.pipeline.actions import prospects as actions
from dingke.pipeline.calc.prospecting import RATING_FOR_KEY, TESTS_FOR_KEY
from dingke.pipeline.forms.prospects import AdmitForm, ProfileForm, ProspectForm, ReasonForm, ScreeningForm, StepForm, StepResultForm
from dingke.pipeline.models import Prospect
from dingke.pipeline.queries import prospects as queries
from dingke.pipeline.queries.playbooks import name_of, version_for


@door("GET", permission="pipeline.see")
def board(request: DoorRequest) -> HttpResponse:
    """The prospect board, of one profile or all, of the caller or everybody the caller leads."""
    wanted = request.GET.get("profile", "")
    profile_id = int(wanted) if wanted.isdecimal() and len(wanted) < 19 else None
    mine = request.GET.get("mine") == "1"
    context = {
        "board": queries.board(request.scope, profile_id=profile_id, mine=mine),
        "mine": mine,
        "can_prospect": access.can_prospect(request.scope),
        "query": {key: value for key, value in (("profile", wanted), ("mine", "1" if mine else "")) if value},
        "today": timezone.localdate(),
    }
    return pages.page(request, "pipeline/prospects.html", context, partial="pipeline/_prospects.html")


@door("GET", "POST", permission="pipeline.edit")
def profile(request: DoorRequest, profile_id: int = 0) -> HttpResponse:
    """The dialog of a target profile; a new one without an id."""
    row = queries.profile_for(profile_id) if profile_id else None
    choices = queries.form_choices(request.scope)
    form = ProfileForm(request.POST or None, initial=ProfileForm.initial_of(row) if row else None, choices=choices)

    def save() -> HttpResponse:
        kept = actions.save_profile(
            profile=row, values=form.facts(), by=request.scope, now=timezone.now(), expected_version=form.cleaned_data["version"]
        )
        messages.success(request, _("The profile is kept."))
        return pages.go_to(request, f"{reverse('pipeline:prospects')}?profile={kept.pk}")

    return _dialog(request, form, save, title=_("Target profile"), sub=_("What a company must look like before it is worth a call"))


@door("GET", "POST", permission="pipeline.edit")
def add(request: DoorRequest) -> HttpResponse:
    """The dialog that puts a company on the board."""
    choices = queries.form_choices(request.scope)
    if not choices["profile"]:
        return pages.go_to(request, reverse("pipeline:prospects"))
    start = {"profile": request.GET.get("profile") or choices["profile"][0][0], "owner": request.scope.me}
    form = ProspectForm(request.POST or None, initial=start, choices=choices, is_new=True)

    def save() -> HttpResponse:
        now = timezone.now()
        owner = user_by_id(form.cleaned_data["owner"]) if form.cleaned_data["owner"] else None
        row = actions.add_prospect(values=form.facts(), by=request.scope, now=now, today=timezone.localdate(now), owner=owner)
        return pages.go_to(request, reverse("pipeline:prospect", args=[row.pk]))

    return _dialog(request, form, save, title=_("A company for the board"), submit=_("Put on the board"))


@door("GET", "POST", permission="pipeline.edit")
def edit(request: DoorRequest, prospect_id: int) -> HttpResponse:
    row = queries.prospect_for(request.scope, prospect_id)
    form = ProspectForm(
        request.POST or None, initial=ProspectForm.initial_of(row), choices=queries.form_choices(request.scope), is_new=False
    )

    def save() -> HttpResponse:
        actions.edit_prospect(
            prospect=row, values=form.facts(), by=request.scope, now=timezone.now(), expected_version=form.cleaned_data["version"]
        )
        return pages.go_to(request, reverse("pipeline:prospect", args=[row.pk]))

    return _dialog(request, form, save, title=_("What is known of %(name)s") % {"name": row.name})


@door("GET", permission="pipeline.see")
def prospect(request: DoorRequest, prospect_id: int) -> HttpResponse:
    """One company: what is known, its screening, its contact plan, the way on."""
    return _page(request, prospect_id)


def _page(request: DoorRequest, prospect_id: int, *, form: ScreeningForm | None = None, status: int = 200) -> HttpResponse:
    desk = queries.desk(request.scope, prospect_id)
    context = {
        "desk": desk,
        "row": desk.row,
        "form": form or ScreeningForm(initial=ScreeningForm.initial_of(desk.row, desk.tests, desk.criteria)),
        "can_edit": access.can_edit_prospect(request.scope, desk.row),
        "Stage": Prospect.Stage,
        "needed": {"tests": TESTS_FOR_KEY, "rating": RATING_FOR_KEY},
        "today": timezone.localdate(),
    }
    return pages.page(request, "pipeline/prospect.html", context, status=status)


@door("POST", permission="pipeline.edit")
def screen(request: DoorRequest, prospect_id: int) -> HttpResponse:
    """Keeps the screening and moves the company by its outcome."""
    row = queries.prospect_for(request.scope, prospect_id)
    form = ScreeningForm(request.POST)
    if form.is_valid():
        now = timezone.now()
        try:
            kept = actions.screen_prospect(
                prospect=row,
                tests=form.tests(),
                criteria=form.criteria(),
                means=form.cleaned_data["means"],
                outcome=form.cleaned_data["outcome"],
                reason=form.cleaned_data["outcome_reason"],
                by=request.scope,
                now=now,
                today=timezone.localdate(now),
                expected_version=form.cleaned_data["version"],
            )
        except Refusal as refusal:
            if refusal.status in {403, 404}:
                raise
            form.refuse(refusal.message, refusal.fields)
        else:
            messages.success(request, kept.get_outcome_display())
            return pages.go_to(request, reverse("pipeline:prospect", args=[row.pk]))
    return _page(request, prospect_id, form=form, status=422)


@door("POST", permission="pipeline.edit")
def develop(request: DoorRequest, prospect_id: int) -> HttpResponse:
    now = timezone.now()
    row = queries.prospect_for(request.scope, prospect_id)
    actions.develop_prospect(prospect=row, by=request.scope, now=now, today=timezone.localdate(now))
    return pages.go_to(request, reverse("pipeline:prospect", args=[row.pk]))


@door("POST", permission="pipeline.edit")
def reopen(request: DoorRequest, prospect_id: int) -> HttpResponse:
    now = timezone.now()
    row = queries.prospect_for(request.scope, prospect_id)
    actions.reopen_prospect(prospect=row, by=request.scope, now=now, today=timezone.localdate(now))
    return pages.go_to(request, reverse("pipeline:prospect", args=[row.pk]))


@door("GET", "POST", permission="pipeline.edit")
def drop(request: DoorRequest, prospect_id: int) -> HttpResponse:
    row = queries.prospect_for(request.scope, prospect_id)
    form = ReasonForm(request.POST or None)

    def save() -> HttpResponse:
        now = timezone.now()
        actions.drop_prospect(prospect=row, reason=form.cleaned_data["reason"], by=request.scope, now=now, today=timezone.localdate(now))
        return pages.go_to(request, reverse("pipeline:prospects"))

    return _dialog(request, form, save, title=_("Drop %(name)s") % {"name": row.name}, submit=_("Drop"), tone="danger")


@door("GET", "POST", permission="pipeline.edit")
def plan(request: DoorRequest, prospect_id: int) -> HttpResponse:
    """The dialog that adds a step to the contact plan."""
    row = queries.prospect_for(request.scope, prospect_id)
    form = StepForm(request.POST or None)

    def save() -> HttpResponse:
        actions.plan_contact(prospect=row, **form.cleaned_data, by=request.scope, now=timezone.now())
        return pages.go_to(request, reverse("pipeline:prospect", args=[row.pk]))

    return _dialog(request, form, save, title=_("A step of the contact plan"), sub=row.name)


@door("GET", "POST", permission="pipeline.edit")
def finish(request: DoorRequest, prospect_step_id: int) -> HttpResponse:
    """The dialog that notes what came of a step."""
    step = queries.step_for(request.scope, prospect_step_id)
    form = StepResultForm(request.POST or None, initial={"result": step.result})

    def save() -> HttpResponse:
        now = timezone.now()
        actions.finish_contact(step=step, result=form.cleaned_data["result"], by=request.scope, now=now, today=timezone.localdate(now))
        return pages.go_to(request, reverse("pipeline:prospect", args=[step.prospect_id]))

    return _dialog(request, form, save, title=step.title, sub=step.prospect.name, submit=_("Done"))


@door("GET", "POST", permission="pipeline.edit")
def admit(request: DoorRequest, prospect_id: int) -> HttpResponse:
    """The dialog that admits a company: which account, and the playbook of the first deal."""
    desk = queries.desk(request.scope, prospect_id)
    row = desk.row
    form = AdmitForm(
        request.POST or None,
        initial={"account": desk.twins[0].pk if desk.twins else "", "deal_name": row.name},
        accounts=[(str(account.pk), account.name) for account in desk.twins],
        playbooks=[(str(version.pk), name_of(version.playbook)) for version in queries.admission_playbooks()],
    )

    def save() -> HttpResponse:
        now = timezone.now()
        given = form.cleaned_data
        kept = actions.admit_prospect(
            prospect=row,
            account=account_for(request.scope, given["account"]) if given["account"] else None,
            playbook_version=version_for(request.scope, given["playbook"]) if given["playbook"] else None,
            deal_name=given["deal_name"],
            by=request.scope,
            now=now,
            today=timezone.localdate(now),
        )
        messages.success(request, _("%(name)s is admitted.") % {"name": row.name})
        return pages.go_to(request, reverse("workspace:account", args=[kept.account_id]))

    sub = _("An account in the stage “new”, the draft of its nomination, and the duty to keep in touch")
    return _dialog(request, form, save, title=_("Admit %(name)s") % {"name": row.name}, sub=sub, submit=_("Admit"))


def _dialog(
    request: DoorRequest,
    form: RefusableForm,
    save: Callable[[], HttpResponse],
    *,
    title: str,
    sub: str = "",
    submit: str = "",
    tone: str = "primary",
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            return save()
        except Refusal as refusal:
            if refusal.status in {403, 404}:
                raise
            form.refuse(refusal.message, refusal.fields)
    context: dict[str, Any] = {
        "form": form, "title": title, "sub": sub, "submit": submit, "tone": tone, "action": request.get_full_path(),
    }  # fmt: skip
    return pages.fragment(request, "pipeline/_prospect_dialog.html", context, status=422 if request.method == "POST" else 200)
