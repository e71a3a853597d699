"""How mature a relation is: its page, marks with evidence, reviews of an account, and the monthly review of all customers."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.queries.account import account_for
from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.errors import NotVisible, Refusal, StaleRecord
from dingke.core.jinja import with_query
from dingke.insights import access
from dingke.insights.actions import relationship as actions
from dingke.insights.calc import maturity
from dingke.insights.forms import assessments as forms
from dingke.insights.queries import relationship as reads


@door("GET", permission="insights.see")
def relationship(request: DoorRequest, account_id: int) -> HttpResponse:
    """The twelve behaviours, the relationship levels, the cooperation ladder, and the reviews."""
    found = reads.relationship(request.scope, account_id)
    principles = {item.code: item for item in maturity.PRINCIPLES}
    context = {"r": found, "principles": principles, "value_chain": maturity.VALUE_CHAIN}
    return pages.page(request, "insights/relationship.html", context)


@door("GET", "POST", permission="insights.see")
def mark(request: DoorRequest, account_id: int) -> HttpResponse:
    """One mark with its day and evidence."""
    account = account_for(request.scope, account_id)
    access.can_assess(request.scope, account).enforce()
    now = timezone.now()
    given = request.POST if request.method == "POST" else request.GET
    kind, code = given.get("kind", ""), given.get("code", "")
    item = maturity.item_of(kind, code)
    if item is None:
        raise NotVisible(_("There is no such level or behaviour."))
    initial = {"kind": kind, "code": code, "on_date": timezone.localdate(now)}
    form = forms.MarkForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            values = form.cleaned_data
            try:
                actions.mark_relationship(
                    account=account, kind=kind, code=code, on_date=values["on_date"], evidence=values["evidence"], by=request.scope, now=now
                )
                messages.success(request, _("Kept with its evidence."))
                return pages.go_to(request, reverse("insights:relationship", args=[account_id]))
            except Refusal as error:
                status = error.status
                form.refuse(error.message, error.fields)
    context = {"account": account, "form": form, "item": item}
    return pages.page(request, "insights/relationship_mark.html", context, partial="insights/_relationship_mark.html", status=status)


@door("POST", permission="insights.see")
def remove_mark(request: DoorRequest, mark_id: int) -> HttpResponse:
    row = reads.mark_for(request.scope, mark_id)
    actions.remove_mark(mark=row, by=request.scope, now=timezone.now())
    messages.success(request, _("Taken away."))
    return pages.go_to(request, reverse("insights:relationship", args=[row.account_id]))


@door("GET", "POST", permission="insights.see")
def review_account(request: DoorRequest, account_id: int) -> HttpResponse:
    """The five principles as a checklist."""
    account = account_for(request.scope, account_id)
    access.can_assess(request.scope, account).enforce()
    now = timezone.now()
    initial = {"review_date": timezone.localdate(now)}
    form = forms.AccountReviewForm(request.POST or None, language=request.LANGUAGE_CODE, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                actions.review_account(
                    account=account, checks=form.checks(), conclusion=form.cleaned_data["conclusion"], by=request.scope, now=now,
                    review_date=form.cleaned_data["review_date"],
                )  # fmt: skip
                messages.success(request, _("The review is kept."))
                return pages.go_to(request, reverse("insights:relationship", args=[account_id]) + "#reviews")
            except Refusal as error:
                form.refuse(error.message, error.fields)
    context = {"account": account, "form": form, "lines": form.lines()}
    return pages.page(request, "insights/account_review.html", context, status=status)


def _month(text: str | None, today: date) -> date:
    """A month as the form says it: 2026-09; nonsense and months to come are this month."""
    try:
        asked = date.fromisoformat(f"{text or ''}-01")
    except ValueError:
        asked = today
    return min(asked, today).replace(day=1)


@door("GET", "POST", permission="insights.see")
def portfolio_review(request: DoorRequest) -> HttpResponse:
    """The five reminders, checked once a month over the own customers."""
    now = timezone.now()
    month = _month(request.GET.get("month"), timezone.localdate(now))
    found = reads.portfolio_reviews(request.scope, month=month)
    if request.method == "POST":
        access.can_review_portfolio(request.scope).enforce()
    mine = found.mine
    initial: dict[str, Any] = {"version": mine.version if mine else 0}
    if mine is not None:
        initial["conclusion"] = mine.conclusion
        for code, check in mine.checks.items():
            initial |= {f"done_{code}": check.get("done"), f"note_{code}": check.get("note")}
    form = forms.PortfolioReviewForm(request.POST or None, language=request.LANGUAGE_CODE, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                actions.review_portfolio(
                    month=month, checks=form.checks(), conclusion=form.cleaned_data["conclusion"], by=request.scope, now=now,
                    expected_version=form.cleaned_data["version"],
                )  # fmt: skip
                messages.success(request, _("The review is kept."))
                return pages.go_to(request, with_query(reverse("insights:portfolio_review"), month=f"{month:%Y-%m}"))
            except StaleRecord as error:
                status = 409
                form.add_error(None, error.message)
            except Refusal as error:
                form.refuse(error.message, error.fields)
                form.add_error(None, error.message)
    reminders = {item.code: item for item in maturity.REMINDERS}
    context = {"found": found, "form": form, "lines": form.lines(), "reminders": reminders}
    return pages.page(request, "insights/portfolio_review.html", context, status=status)
