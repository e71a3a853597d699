"""The discovery sheet: SPIN columns, the need statement, need amplification."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotAllowed, NotVisible, Refusal, StaleRecord
from dingke.core.forms import RefusableForm
from dingke.core.stale import KEEP, differences
from dingke.pipeline.models import Opportunity
from dingke.pipeline.queries.opportunity import opportunity_for
from dingke.qualification import access
from dingke.qualification.actions import discovery as actions
from dingke.qualification.calc import spin as spin_calc
from dingke.qualification.forms.discovery import AnswerForm, BankForm, BasicsForm, LossForm, OwnQuestionForm, StatementForm
from dingke.qualification.queries import discovery as queries
from dingke.qualification.views.answers import changed, dialog, posted, retarget

PANEL = "qualification/_spin.html"


def _context(request: DoorRequest, opportunity: Opportunity) -> dict[str, Any]:
    shown = queries.discovery_of(request.scope, opportunity)
    people = queries.people_of(request.scope, opportunity)
    return {
        "opportunity": opportunity,
        "discovery": shown,
        "basics": BasicsForm(initial=BasicsForm.initial_of(shown.row)),
        "statement": StatementForm(initial=StatementForm.initial_of(shown.row), people=people),
        "answers": {
            question.pk: AnswerForm(initial=AnswerForm.initial_of(question), pk=question.pk)
            for column in shown.columns
            for question in column.questions
        },
        "stale": [],
        "partial": PANEL,
        "route": "spin",
    }


@door("GET", permission="pipeline.see")
def spin(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    opportunity = opportunity_for(request.scope, opportunity_id)
    return pages.page(request, "qualification/panel.html", _context(request, opportunity), partial=PANEL)


@door("GET", "POST", permission="pipeline.edit")
def spin_basics(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """The basics that come first (E-10)."""
    opportunity = opportunity_for(request.scope, opportunity_id)
    access.can_edit(request.scope, opportunity).enforce()
    saved = BasicsForm.initial_of(queries.discovery_of(request.scope, opportunity).row)
    form = BasicsForm(posted(request, saved), initial=saved)

    def save() -> None:
        actions.save_discovery(
            opportunity=opportunity, values=form.values(), by=request.scope, now=timezone.now(),
            expected_version=form.cleaned_data["version"] or 0,
        )  # fmt: skip

    return dialog(
        request, opportunity, form, "qualification/_basics_form.html", save=save, saved=saved, done=_("The basics are saved."),
        route="spin", action=reverse("qualification:spin_basics", args=[opportunity.pk]),
    )  # fmt: skip


@door("GET", "POST", permission="pipeline.edit")
def spin_statement(request: DoorRequest, opportunity_id: int) -> HttpResponse:
    """The need statement and its confirmation (E-06, E-14)."""
    opportunity = opportunity_for(request.scope, opportunity_id)
    access.can_edit(request.scope, opportunity).enforce()
    shown = queries.discovery_of(request.scope, opportunity)
    saved = StatementForm.initial_of(shown.row)
    start = saved | ({} if saved["statement"] else {"statement": shown.draft})
    form = StatementForm(posted(request, saved), initial=start, people=queries.people_of(request.scope, opportunity))

    def save() -> None:
        actions.save_discovery(
            opportunity=opportunity, values=form.values(), by=request.scope, now=timezone.now(),
            expected_version=form.cleaned_data["version"] or 0,
        )  # fmt: skip

    return dialog(
        request, opportunity, form, "qualification/_statement_form.html", save=save, saved=saved, done=_("The need statement is saved."),
        route="spin", action=reverse("qualification:spin_statement", args=[opportunity.pk]), draft=shown.draft,
    )  # fmt: skip


@door("GET", "POST", permission="pipeline.edit")
def spin_bank(request: DoorRequest, opportunity_id: int, column: str) -> HttpResponse:
    """Questions of the library for a column."""
    opportunity = _open_for(request, opportunity_id, column)
    rows = queries.bank_for(request.scope, opportunity, column=column, today=timezone.localdate())
    form = BankForm(posted(request, {}), rows=rows)

    def save() -> None:
        texts = [{"text": entry.title, "form": entry.form, "entry": entry} for entry in form.cleaned_data["entries"]]
        actions.add_questions(opportunity=opportunity, column=column, texts=texts, by=request.scope, now=timezone.now())

    return _question_dialog(request, opportunity, form, column, save=save, route="spin_bank", is_bank=True)


@door("GET", "POST", permission="pipeline.edit")
def spin_own(request: DoorRequest, opportunity_id: int, column: str) -> HttpResponse:
    """A question in own words."""
    opportunity = _open_for(request, opportunity_id, column)
    form = OwnQuestionForm(posted(request, {}), initial={"form": "OPEN", "prompt": request.GET.get("prompt", "")})

    def save() -> None:
        actions.add_questions(opportunity=opportunity, column=column, texts=[form.cleaned_data], by=request.scope, now=timezone.now())

    return _question_dialog(request, opportunity, form, column, save=save, route="spin_own", is_bank=False)


def _open_for(request: DoorRequest, opportunity_id: int, column: str) -> Opportunity:
    opportunity = opportunity_for(request.scope, opportunity_id)
    access.can_edit(request.scope, opportunity).enforce()
    if column not in spin_calc.ORDER:
        raise NotVisible(_("There is no such column."))
    return opportunity


def _question_dialog(
    request: DoorRequest, opportunity: Opportunity, form: RefusableForm, column: str, *, save: Any, route: str, is_bank: bool
) -> HttpResponse:
    found = next(one for one in spin_calc.COLUMNS if one.code == column)
    return dialog(
        request, opportunity, form, "qualification/_question_form.html", save=save, done=_("The questions are on the sheet."), route="spin",
        action=reverse(f"qualification:{route}", args=[opportunity.pk, column]), column=found, is_bank=is_bank, prompts=spin_calc.PROMPTS,
    )  # fmt: skip


@door("POST", permission="pipeline.edit")
def spin_answer(request: DoorRequest, spin_question_id: int) -> HttpResponse:
    """Saves an answer as it is typed; the heads of the columns follow. A stale save shows both versions."""
    question = queries.question_for(request.scope, spin_question_id)
    opportunity = question.opportunity
    access.can_edit(request.scope, opportunity).enforce()
    saved = AnswerForm.initial_of(question)
    form = AnswerForm(posted(request, saved), initial=saved, pk=question.pk)
    chose = any(key.startswith(KEEP) for key in request.POST)
    status = 422
    if form.is_valid():
        try:
            question = actions.answer_question(
                question=question, values=form.values(), by=request.scope, now=timezone.now(),
                expected_version=form.cleaned_data["version"],
            )  # fmt: skip
        except (NotAllowed, NotVisible):
            raise
        except StaleRecord:
            rows = differences(form, saved)
            form.data["version"] = str(saved["version"])  # type: ignore[index]
            context = {"question": question, "form": form, "stale": rows, "opportunity": opportunity, "edits": True}
            return retarget(pages.fragment(request, "qualification/_spin_question.html", context, status=409), f"#question-{question.pk}")
        except Refusal as refused:
            form.refuse(refused.message, refused.fields)
        else:
            status = 200
    if request.headers.get("HX-Request") != "true" and status == 200:
        return changed(request, opportunity.pk, _("The answer is saved."), route="spin")
    context = {
        "question": question,
        "form": form,
        "opportunity": opportunity,
        "discovery": queries.discovery_of(request.scope, opportunity),
        "saved_at": timezone.now(),
        "stale": [],
        "edits": True,
    }
    if status == 200 and chose:
        context["form"] = AnswerForm(initial=AnswerForm.initial_of(question), pk=question.pk)
        return retarget(pages.fragment(request, "qualification/_spin_question.html", context), f"#question-{question.pk}")
    return pages.fragment(request, "qualification/_spin_saved.html", context, status=status)


@door("POST", permission="pipeline.edit")
def spin_archive(request: DoorRequest, spin_question_id: int) -> HttpResponse:
    question = queries.question_for(request.scope, spin_question_id)
    actions.archive_question(question=question, by=request.scope, now=timezone.now())
    return changed(request, question.opportunity_id, _("The question was taken off the sheet."), route="spin")


@door("GET", "POST", permission="pipeline.edit")
def amplify(request: DoorRequest, opportunity_id: int, loss_item: str) -> HttpResponse:
    """One item of need amplification: the answer and the loss that it stands for."""
    opportunity = opportunity_for(request.scope, opportunity_id)
    access.can_edit(request.scope, opportunity).enforce()
    saved = LossForm.initial_of(queries.amplification_of(opportunity, loss_item))
    form = LossForm(posted(request, saved), initial=saved, hides_amounts=request.scope.hides("amount"))

    def save() -> None:
        actions.save_amplification(
            opportunity=opportunity, item=loss_item, values=form.values(), by=request.scope, now=timezone.now(),
            expected_version=form.cleaned_data["version"] or 0,
        )  # fmt: skip

    return dialog(
        request, opportunity, form, "qualification/_loss_form.html", save=save, saved=saved, done=_("The answer is saved."), route="spin",
        action=reverse("qualification:amplify", args=[opportunity.pk, loss_item]), label=queries.item_label(loss_item),
    )  # fmt: skip
