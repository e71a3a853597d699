"""Demonstrations: the tab of a deal, the plan in six steps, its rows, the date, the result, and the plan on paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Invalid, NotAllowed, Refusal, StaleRecord
from dingke.core.forms import RefusableForm
from dingke.pipeline.queries.opportunity import opportunity_for
from dingke.qualification import access
from dingke.qualification.actions import demo as actions
from dingke.qualification.actions import demo_results as results
from dingke.qualification.calc import demo as calc
from dingke.qualification.exports import demo as exports
from dingke.qualification.forms import demo as forms
from dingke.qualification.models import DemoBlock, DemoListener, DemoPlan
from dingke.qualification.queries import demo as reads
from dingke.qualification.queries.demo_texts import texts
from dingke.qualification.views import files

PANEL = "qualification/_demos.html"


@door("GET", permission="pipeline.see")
def demo(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """The tab of the deal: its plans and how far they are."""
    opportunity = opportunity_for(request.scope, opportunity_id)
    context = {
        "opportunity": opportunity, "plans": reads.plans(request.scope, opportunity),
        "can_edit": bool(access.can_edit(request.scope, opportunity)), "steps": texts(request.LANGUAGE_CODE)["steps"],
        "partial": PANEL, "route": "demo",
    }  # fmt: skip
    return pages.page(request, "qualification/panel.html", context, partial=PANEL)


@door("POST", permission="pipeline.edit")
def demo_new(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    opportunity = opportunity_for(request.scope, opportunity_id)
    plan = actions.plan_demo(
        opportunity=opportunity, title=request.POST.get("title", ""), by=request.scope, now=timezone.now(), language=request.LANGUAGE_CODE
    )
    return pages.go_to(request, reverse("qualification:demo_plan", args=[plan.pk]))


def _step(request: DoorRequest) -> str:
    step = request.GET.get("step", "aim")
    return step if step in {*calc.Step, "result"} else "aim"


@door("GET", "POST", permission="pipeline.see")
def demo_plan(request: DoorRequest, demo_plan_id: int) -> HttpResponse:
    """The plan: the step that `?step=` names, its form, and its rows."""
    plan, step = reads.plan_for(request.scope, demo_plan_id), _step(request)
    language = request.LANGUAGE_CODE
    form: forms.StepForm | None = None
    saved = False
    if step != "result":
        kind, given = forms.STEPS[step], request.POST if request.method == "POST" else None
        form = kind(given, plan=plan, texts=texts(language), people=reads.people(request.scope))
        if request.method == "POST" and form.is_valid():
            try:
                actions.save_step(
                    plan=plan, step=step, values=form.values(), by=request.scope, now=timezone.now(),
                    expected_version=form.cleaned_data["version"],
                )  # fmt: skip
            except NotAllowed:
                raise
            except Refusal as refused:
                form.refuse(refused.message, {} if isinstance(refused, StaleRecord) else refused.fields)
            else:
                plan, saved = reads.plan_for(request.scope, demo_plan_id), True
                form = kind(plan=plan, texts=texts(language), people=reads.people(request.scope))
    status = 422 if form is not None and form.errors else 200
    context = _context(request, plan, step, form)
    response = pages.page(request, "qualification/demo_plan.html", context, partial="qualification/_demo_plan.html", status=status)
    return pages.toast(response, _("Saved.")) if saved else response


def _context(request: DoorRequest, plan: DemoPlan, step: str, form: forms.StepForm | None) -> dict[str, Any]:
    words, language = texts(request.LANGUAGE_CODE), request.LANGUAGE_CODE
    shown = reads.shown(plan, language=language)
    missing = {entry.step.value: [calc.SENTENCES.text(reason, language) for reason in entry.missing] for entry in shown.readiness}
    return {
        "plan": plan, "opportunity": plan.opportunity, "shown": shown, "step": step, "form": form, "texts": words, "missing": missing,
        "can_edit": bool(access.can_edit(request.scope, plan.opportunity)), "is_done": reads.is_done,
        "today": timezone.localdate(timezone.now()), "right_moment": calc.is_right_moment(reads.timing_of(plan)),
    }  # fmt: skip


def _answer(request: DoorRequest, plan_id: int, step: str, message: str) -> HttpResponse:
    """The plan's part again after a change of one of its rows."""
    plan = reads.plan_for(request.scope, plan_id)
    kind = forms.STEPS.get(step)
    form = kind(plan=plan, texts=texts(request.LANGUAGE_CODE), people=reads.people(request.scope)) if kind else None
    return pages.toast(pages.fragment(request, "qualification/_demo_plan.html", _context(request, plan, step, form)), message)


def _dialog(
    request: DoorRequest, form: RefusableForm, save: Callable[[], object], *, template: str, context: dict[str, Any], message: str
) -> HttpResponse:
    """A dialog over the plan: shown, refused with its words, or saved; then the plan draws itself anew."""
    if request.method == "POST" and form.is_valid():
        try:
            save()
        except NotAllowed:
            raise
        except Refusal as refused:
            form.refuse(refused.message, {} if isinstance(refused, StaleRecord) else refused.fields)
        else:
            return pages.toast(pages.trigger(HttpResponse(status=204), "dk:demo-changed"), message)
    return pages.fragment(request, template, {"form": form, **context}, status=422 if form.errors else 200)


# ---- audience and outline -----------------------------------------------------------------------------------------------


@door("POST", permission="pipeline.edit")
def demo_load(request: DoorRequest, demo_plan_id: int) -> HttpResponse:
    plan = reads.plan_for(request.scope, demo_plan_id)
    number = actions.load_audience(plan=plan, by=request.scope, now=timezone.now())
    return _answer(request, plan.pk, "audience", _("Taken over from the map: %(n)s") % {"n": number})


@door("GET", "POST", permission="pipeline.edit")
def demo_listener_new(request: DoorRequest, demo_plan_id: int) -> HttpResponse:
    return _listener(request, reads.plan_for(request.scope, demo_plan_id), None)


@door("GET", "POST", permission="pipeline.edit")
def demo_listener(request: DoorRequest, demo_listener_id: int) -> HttpResponse:
    row = reads.listener_for(request.scope, demo_listener_id)
    return _listener(request, row.plan, row)


def _listener(request: DoorRequest, plan: DemoPlan, row: DemoListener | None) -> HttpResponse:
    names = ("name", "kind", "attitude", "weight", "special", "profile")
    form = forms.ListenerForm(request.POST or None, initial={name: getattr(row, name) for name in names} if row else {})
    here = reverse("qualification:demo_listener", args=[row.pk]) if row else reverse("qualification:demo_listener_new", args=[plan.pk])
    return _dialog(
        request, form,
        lambda: actions.save_listener(plan=plan, listener=row, values=form.cleaned_data, by=request.scope, now=timezone.now()),
        template="qualification/_demo_listener.html", context={"action": here, "row": row, "texts": texts(request.LANGUAGE_CODE)},
        message=_("Saved."),
    )  # fmt: skip


@door("POST", permission="pipeline.edit")
def demo_listener_out(request: DoorRequest, demo_listener_id: int) -> HttpResponse:
    row = reads.listener_for(request.scope, demo_listener_id)
    actions.take_out(row=row, by=request.scope, now=timezone.now())
    return _answer(request, row.plan_id, "audience", _("Taken off: %(name)s") % {"name": row.name})


@door("GET", "POST", permission="pipeline.edit")
def demo_block_new(request: DoorRequest, demo_plan_id: int) -> HttpResponse:
    return _block(request, reads.plan_for(request.scope, demo_plan_id), None)


@door("GET", "POST", permission="pipeline.edit")
def demo_block(request: DoorRequest, demo_block_id: int) -> HttpResponse:
    row = reads.block_for(request.scope, demo_block_id)
    return _block(request, row.plan, row)


def _block(request: DoorRequest, plan: DemoPlan, row: DemoBlock | None) -> HttpResponse:
    names = ("title", "structure", "form", "minutes", "content", "is_dropped", "drop_reason")
    words = texts(request.LANGUAGE_CODE)
    form = forms.BlockForm(request.POST or None, initial={name: getattr(row, name) for name in names} if row else {}, texts=words)
    here = reverse("qualification:demo_block", args=[row.pk]) if row else reverse("qualification:demo_block_new", args=[plan.pk])
    return _dialog(
        request, form, lambda: actions.save_block(plan=plan, block=row, values=form.cleaned_data, by=request.scope, now=timezone.now()),
        template="qualification/_demo_block.html", context={"action": here, "row": row, "texts": words}, message=_("Saved."),
    )  # fmt: skip


@door("POST", permission="pipeline.edit")
def demo_block_move(request: DoorRequest, demo_block_id: int) -> HttpResponse:
    row, places = reads.block_for(request.scope, demo_block_id), request.POST.get("places", "")
    if places not in {"-1", "1"}:
        raise Invalid(_("This choice does not exist."))
    actions.move_block(block=row, places=int(places), by=request.scope, now=timezone.now())
    return _answer(request, row.plan_id, "material", _("Moved."))


@door("POST", permission="pipeline.edit")
def demo_block_out(request: DoorRequest, demo_block_id: int) -> HttpResponse:
    row = reads.block_for(request.scope, demo_block_id)
    actions.take_out(row=row, by=request.scope, now=timezone.now())
    return _answer(request, row.plan_id, "material", _("Taken off: %(name)s") % {"name": row.title})


@door("GET", "POST", permission="pipeline.edit")
def demo_rehearse(request: DoorRequest, demo_plan_id: int) -> HttpResponse:
    plan = reads.plan_for(request.scope, demo_plan_id)
    blocks = [row for row in plan.blocks.all() if not row.is_dropped]
    form = forms.RehearsalForm(request.POST or None, initial={"on_date": timezone.localdate(timezone.now())}, blocks=blocks)
    return _dialog(
        request, form, lambda: actions.add_rehearsal(plan=plan, values=form.values(), by=request.scope, now=timezone.now()),
        template="qualification/_demo_rehearse.html", context={"plan": plan}, message=_("The rehearsal is recorded."),
    )  # fmt: skip


# ---- date, approval, result ---------------------------------------------------------------------------------------------


@door("GET", "POST", permission="pipeline.edit")
def demo_date(request: DoorRequest, demo_plan_id: int) -> HttpResponse:
    plan = reads.plan_for(request.scope, demo_plan_id)
    names = ("title", "demo_date", "place", "minutes", "needs_approval", "version")
    form = forms.DateForm(request.POST or None, initial={name: getattr(plan, name) for name in names})

    def save() -> object:
        values = dict(form.cleaned_data)
        return actions.save_step(
            plan=plan, step="date", expected_version=values.pop("version"), values=values, by=request.scope, now=timezone.now()
        )

    return _dialog(request, form, save, template="qualification/_demo_date.html", context={"plan": plan}, message=_("Saved."))


@door("POST", permission="pipeline.edit")
def demo_ask(request: DoorRequest, demo_plan_id: int) -> HttpResponse:
    plan = actions.ask_approval(plan=reads.plan_for(request.scope, demo_plan_id), by=request.scope, now=timezone.now())
    return _answer(request, plan.pk, _step(request), _("Approval is asked for."))


@door("POST", permission="pipeline.edit")
def demo_confirm(request: DoorRequest, demo_plan_id: int) -> HttpResponse:
    plan = actions.confirm_date(plan=reads.plan_for(request.scope, demo_plan_id), by=request.scope, now=timezone.now())
    return _answer(request, plan.pk, _step(request), _("The date stands."))


@door("GET", "POST", permission="pipeline.edit")
def demo_result(request: DoorRequest, demo_plan_id: int) -> HttpResponse:
    plan = reads.plan_for(request.scope, demo_plan_id)
    names = ("held_date", "reaction", "needs_learnt", "next_step", "next_step_date", "version")
    initial = {name: getattr(plan, name) for name in names}
    initial["held_date"] = plan.held_date or plan.demo_date or timezone.localdate(timezone.now())
    form = forms.ResultForm(request.POST or None, initial=initial, audience=plan.audience.all())

    def save() -> object:
        return results.record_result(
            plan=plan, values=form.values(), people=form.people(), by=request.scope, now=timezone.now(),
            expected_version=form.cleaned_data["version"],
        )  # fmt: skip

    return _dialog(
        request, form, save, template="qualification/_demo_result.html", context={"plan": plan}, message=_("The result is recorded.")
    )


@door("GET", "POST", permission="pipeline.edit")
def demo_follow_up(request: DoorRequest, demo_plan_id: int) -> HttpResponse:
    plan = reads.plan_for(request.scope, demo_plan_id)
    form = forms.FollowUpForm(request.POST or None, initial={"owner": plan.owner_id}, people=reads.people(request.scope))
    return _dialog(
        request, form, lambda: results.add_follow_up(plan=plan, by=request.scope, now=timezone.now(), **form.cleaned_data),
        template="qualification/_demo_follow_up.html", context={"plan": plan}, message=_("Written down."),
    )  # fmt: skip


@door("POST", permission="pipeline.see")
def demo_follow_up_done(request: DoorRequest, demo_follow_up_id: int) -> HttpResponse:
    row = reads.follow_up_for(request.scope, demo_follow_up_id)
    results.finish_follow_up(row=row, by=request.scope, now=timezone.now())
    return _answer(request, row.plan_id, "result", _("Done: %(title)s") % {"title": row.text})


# ---- on paper -----------------------------------------------------------------------------------------------------------


@door("GET", permission="pipeline.see")
def demo_print(request: DoorRequest, demo_plan_id: int) -> HttpResponse:
    """The whole plan on one page, to print."""
    plan = reads.plan_for(request.scope, demo_plan_id)
    names = exports.names_in(plan)
    return pages.page(request, "qualification/demo_print.html", {**_context(request, plan, "aim", None), "names": names})


@door("GET", permission="pipeline.see")
def demo_word(request: DoorRequest, demo_plan_id: int) -> HttpResponse:
    plan, now = reads.plan_for(request.scope, demo_plan_id), timezone.now()
    content = exports.word(reads.shown(plan, language=request.LANGUAGE_CODE), language=request.LANGUAGE_CODE, by=request.scope, at=now)
    return files.word(content, name=plan.title)
