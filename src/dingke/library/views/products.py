"""Portraits of product families, the positioning ladder, and the two small calculators of the objection file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.queries.account import account_for
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import Refusal
from dingke.core.models import Record
from dingke.library.actions import products as actions
from dingke.library.calc.portraits import Prospect
from dingke.library.forms.entry import FitForm, LevelForm, PairsField, PortraitForm
from dingke.library.queries import products as queries


def _text(value: object) -> str:
    return "" if value is None else str(value)


@door("GET", permission="library.see")
def portraits(request: DoorRequest) -> HttpResponse:
    """All portraits; with an account or with typed facts, the best fitting first."""
    given = request.GET.get("account", "")
    account = account_for(request.scope, int(given)) if given.isascii() and given.isdigit() else None
    known = queries.prospect_of(account) if account else Prospect()
    start = {"industry": known.industry, "sales": _text(known.sales), "staff": _text(known.staff)}
    asked = {name: request.GET.get(name, start[name]) for name in start}
    form = FitForm(asked)
    prospect = Prospect()
    if form.is_valid():
        data = form.cleaned_data
        prospect = Prospect(data["industry"], data["sales"], data["staff"])
    context = {
        "form": form,
        "fits": queries.fits(prospect),
        "is_asked": prospect != Prospect(),
        "account": account,
        "can_publish": request.scope.can("library.publish"),
    }
    return pages.page(request, "library/portraits.html", context, partial="library/_portraits.html")


@door("GET", permission="library.see")
def ladder(request: DoorRequest) -> HttpResponse:
    """Levels with the problems they solve; chosen problems lead to levels and products."""
    chosen = [code for code in request.GET.getlist("problem") if code][:40]
    context = {
        "levels": queries.ladder(),
        "chosen": set(chosen),
        "proposal": queries.proposed(chosen) if chosen else None,
        "can_publish": request.scope.can("library.publish"),
    }
    return pages.page(request, "library/ladder.html", context, partial="library/_ladder.html")


def _dialog(request: DoorRequest, form: Any, title: str, sub: str = "") -> HttpResponse:
    context = {"form": form, "title": title, "sub": sub, "action": request.get_full_path()}
    return pages.fragment(request, "library/_form_dialog.html", context, status=422 if request.method == "POST" else 200)


def _refuse(form: forms.Form, refusal: Refusal) -> None:
    if refusal.status in {403, 404}:
        raise refusal
    shown = {name: text for name, text in refusal.fields.items() if name in form.fields}
    for name, text in shown.items():
        form.add_error(name, text)
    if not shown:
        form.add_error(None, refusal.message)


def _saved(row: Record) -> HttpResponse:
    answer = pages.trigger(HttpResponse(status=204), "dk:library-changed")
    return pages.toast(answer, _("“%(name)s” is saved.") % {"name": row})


@door("GET", "POST", permission="library.publish")
def new_portrait(request: DoorRequest) -> HttpResponse:
    form = PortraitForm(request.POST or None, levels=queries.ladder())
    if request.method == "POST" and form.is_valid():
        try:
            return _saved(actions.save_portrait(portrait=None, values=form.facts(), by=request.scope, now=timezone.now()))
        except Refusal as refusal:
            _refuse(form, refusal)
    return _dialog(request, form, _("New portrait"))


@door("GET", "POST", permission="library.publish")
def edit_portrait(request: DoorRequest, portrait_id: int) -> HttpResponse:
    row = queries.portrait_for(portrait_id)
    plain = ("version", "family", "family_en", "industries", "industry_zh", "industry_en", "sales_below", "staff_below")
    start: dict[str, Any] = {name: getattr(row, name) for name in plain}
    start |= {name: PairsField.shown(getattr(row, name)) for name in PortraitForm.lines}
    form = PortraitForm(request.POST or None, levels=queries.ladder(), initial={**start, "ladder": row.ladder_id or ""})
    if request.method == "POST" and form.is_valid():
        try:
            version = form.cleaned_data["version"]
            return _saved(
                actions.save_portrait(portrait=row, values=form.facts(), by=request.scope, now=timezone.now(), expected_version=version)
            )
        except Refusal as refusal:
            _refuse(form, refusal)
    return _dialog(request, form, _("Portrait"), row.label)


@door("POST", permission="library.publish")
def archive_portrait(request: DoorRequest, portrait_id: int) -> HttpResponse:
    row = queries.portrait_for(portrait_id)
    actions.archive_portrait(portrait=row, by=request.scope, now=timezone.now())
    answer = pages.trigger(HttpResponse(status=204), "dk:library-changed")
    return pages.toast(answer, _("The portrait of “%(name)s” is put away.") % {"name": row.label})


@door("GET", "POST", permission="library.publish")
def new_level(request: DoorRequest) -> HttpResponse:
    form = LevelForm(request.POST or None, initial={"is_standard": True})
    if request.method == "POST" and form.is_valid():
        try:
            return _saved(actions.save_level(level=None, values=form.facts(), by=request.scope, now=timezone.now()))
        except Refusal as refusal:
            _refuse(form, refusal)
    return _dialog(request, form, _("New level"))


@door("GET", "POST", permission="library.publish")
def edit_level(request: DoorRequest, level_id: int) -> HttpResponse:
    row = queries.level_for(level_id)
    start: dict[str, Any] = {name: getattr(row, name) for name in ("version", "label_zh", "label_en", "is_standard")}
    start |= {"problems": PairsField.shown(row.problems), "families": "\n".join(row.families)}
    form = LevelForm(request.POST or None, level=row, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            version = form.cleaned_data["version"]
            return _saved(
                actions.save_level(level=row, values=form.facts(), by=request.scope, now=timezone.now(), expected_version=version)
            )
        except Refusal as refusal:
            _refuse(form, refusal)
    return _dialog(request, form, _("Level"), row.label)
