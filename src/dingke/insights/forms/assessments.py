"""Shapes of what people type on the pages of assessments and relations."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account
from dingke.core.forms import RefusableForm
from dingke.core.scope import Scope
from dingke.insights.calc import maturity
from dingke.insights.calc.assessment import LEVELS
from dingke.insights.calc.assessment_due import Trigger
from dingke.insights.calc.assessment_parts import DIMENSIONS, PARTS, PartGuide
from dingke.insights.models import AssessmentPart, AssessmentStep
from dingke.people.queries import assignable

HUMAN: tuple[PartGuide, ...] = tuple(part for part in PARTS if not part.is_measured)
DAY = {"type": "date"}


def _day(**fields: Any) -> forms.DateField:
    return forms.DateField(widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"), **fields)


def _text(rows: int = 2, **fields: Any) -> forms.CharField:
    return forms.CharField(widget=forms.Textarea(attrs={"rows": rows}), max_length=4000, **fields)


class AssessmentForm(RefusableForm):
    """One block of fields per part that a person rates; points and reason belong together."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    newest = forms.IntegerField(required=False, widget=forms.HiddenInput)
    long_term = _text(3, label=_("Long-term value and potential"), required=False)
    customer_talk = _text(3, label=_("What the customer says about needs and expectations"), required=False)
    talk_date = _day(label=_("Talked on"), required=False)

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        points = forms.NumberInput(attrs={"min": "0", "max": "100", "step": "1", "inputmode": "decimal"})
        for part in HUMAN:
            name, code = part.label.text(language), part.code
            self.fields[f"rating_{code}"] = forms.DecimalField(
                label=name, required=False, min_value=0, max_value=100, max_digits=5, decimal_places=1, widget=points
            )
            self.fields[f"note_{code}"] = _text(2, label=_("Reason for the rating"), required=False)
            self.fields[f"evidence_{code}"] = forms.CharField(label=_("Evidence or document"), required=False, max_length=300)
            self.fields[f"link_{code}"] = forms.URLField(label=_("Link"), required=False, max_length=300, assume_scheme="https")
            self.fields[f"date_{code}"] = _day(label=_("Seen on"), required=False)

    def ratings(self) -> dict[str, dict[str, Any]]:
        """By code: rating, note, evidence, link, evidence_date."""
        given = self.cleaned_data
        return {
            part.code: {
                "rating": given[f"rating_{part.code}"],
                "note": given[f"note_{part.code}"],
                "evidence": given[f"evidence_{part.code}"],
                "link": given[f"link_{part.code}"],
                "evidence_date": given[f"date_{part.code}"],
            }
            for part in HUMAN
        }

    def blocks(self) -> dict[str, list[tuple[PartGuide, dict[str, Any]]]]:
        """The bound fields by dimension."""
        found: dict[str, list[tuple[PartGuide, dict[str, Any]]]] = {guide.dimension.value: [] for guide in DIMENSIONS}
        for part in HUMAN:
            names = ("rating", "note", "evidence", "link", "date")
            found[part.dimension.value].append((part, {name: self[f"{name}_{part.code}"] for name in names}))
        return found

    @staticmethod
    def initial_of(parts: list[AssessmentPart]) -> dict[str, Any]:
        """What a former assessment said, to go on from."""
        initial: dict[str, Any] = {}
        for part in parts:
            if part.rating is not None:
                rating = part.rating
                initial[f"rating_{part.code}"] = int(rating) if rating == rating.to_integral_value() else Decimal(f"{rating.normalize():f}")
                initial |= {f"note_{part.code}": part.note, f"evidence_{part.code}": part.evidence}
                initial |= {f"link_{part.code}": part.link, f"date_{part.code}": part.evidence_date}
        return initial


class PlanForm(RefusableForm):
    """Who does each of the four steps, until when."""

    def __init__(self, *args: Any, scope: Scope, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = {user.pk: user for user in assignable(scope)}
        if account.owner is not None:
            people[account.owner.pk] = account.owner
        self.people = people
        choices = [(str(pk), str(user)) for pk, user in people.items()]
        for step, label in AssessmentStep.Step.choices:
            self.fields[f"owner_{step}"] = forms.ChoiceField(label=label, choices=choices)
            self.fields[f"due_{step}"] = _day(label=_("Until"))

    def plan(self) -> dict[str, tuple[Any, date]]:
        given = self.cleaned_data
        return {
            step: (self.people[int(given[f"owner_{step}"])], given[f"due_{step}"]) for step in AssessmentStep.Step.values
        }  # fmt: skip


class StepForm(RefusableForm):
    note = _text(3, label=_("What was done"), required=False)


class AdjustForm(RefusableForm):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    adjustments = _text(4, label=_("What changes in service, product and form of cooperation"), required=False)
    next_date = _day(label=_("Assess again on"))


class MarkForm(RefusableForm):
    kind = forms.CharField(widget=forms.HiddenInput)
    code = forms.CharField(widget=forms.HiddenInput)
    on_date = _day(label=_("Since"))
    evidence = _text(3, label=_("Evidence"), required=False)


class _CheckForm(RefusableForm):
    """A tick and a text for every item of a list."""

    items: tuple[maturity.Item, ...] = ()
    tick, text = "met", "evidence"
    conclusion = _text(3, label=_("What follows from it"), required=False)

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for item in self.items:
            self.fields[f"{self.tick}_{item.code}"] = forms.BooleanField(label=item.label.text(language), required=False)
            self.fields[f"{self.text}_{item.code}"] = _text(2, label=item.asks.text(language), required=False)

    def checks(self) -> dict[str, tuple[bool, str]]:
        given = self.cleaned_data
        return {item.code: (given[f"{self.tick}_{item.code}"], given[f"{self.text}_{item.code}"]) for item in self.items}

    def lines(self) -> list[tuple[maturity.Item, Any, Any]]:
        return [(item, self[f"{self.tick}_{item.code}"], self[f"{self.text}_{item.code}"]) for item in self.items]


class AccountReviewForm(_CheckForm):
    items = maturity.PRINCIPLES
    review_date = _day(label=_("Reviewed on"), required=False)


class PortfolioReviewForm(_CheckForm):
    items = maturity.REMINDERS
    tick, text = "done", "note"
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class ListForm(forms.Form):
    show = forms.ChoiceField(required=False, choices=[("due", ""), ("all", ""), ("never", "")])
    level = forms.ChoiceField(required=False, choices=[("", ""), *((level, level) for level in LEVELS)])
    owner = forms.ChoiceField(required=False, choices=[("", ""), ("mine", "")])
    trigger = forms.ChoiceField(required=False, choices=[("", ""), *((one.value, one.value) for one in Trigger)])

    def chosen(self) -> dict[str, str]:
        """What is asked; nonsense counts as not asked."""
        self.is_valid()
        return {name: str(self.cleaned_data.get(name) or "") for name in self.fields}
