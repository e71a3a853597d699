"""Shapes of what people type while prospecting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dingke.accounts.calc.key_account import HIGHEST_RATING, LOWEST_RATING, Answer, Judgement
from dingke.accounts.calc.key_account_lists import CRITERIA, ENTRY_TESTS, ListItem
from dingke.accounts.calc.nomination import Rating
from dingke.core.forms import RefusableForm
from dingke.pipeline.models import Prospect, ProspectProfile

Choices = Mapping[str, Sequence[tuple[str, str]]]
ANSWERS = [(Answer.YES.value, _("Yes")), (Answer.NO.value, _("No")), (Answer.UNKNOWN.value, _("Unknown"))]
RATINGS = [(str(number), str(number)) for number in range(LOWEST_RATING, HIGHEST_RATING + 1)]


class ProfileForm(RefusableForm):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    title = forms.CharField(label=_("Name of the profile"), max_length=120)
    need = forms.CharField(
        label=_("Need"), help_text=_("Which need of theirs do we serve?"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )
    industries = forms.MultipleChoiceField(label=_("Industries"), required=False)
    regions = forms.MultipleChoiceField(label=_("Regions"), required=False)
    size_tiers = forms.MultipleChoiceField(label=_("Size"), required=False)
    features = forms.MultipleChoiceField(label=_("Features of a key account"), required=False)
    goal = forms.IntegerField(label=_("Companies to find"), required=False, min_value=1, max_value=100_000)

    def __init__(self, *args: Any, choices: Choices, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("industries", "regions", "size_tiers", "features"):
            self.fields[name].choices = choices[name]  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(row: ProspectProfile) -> dict[str, Any]:
        return {
            name: getattr(row, name) for name in ("version", "title", "need", "industries", "regions", "size_tiers", "features", "goal")
        }

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class ProspectForm(RefusableForm):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(label=_("Company"), max_length=200)
    profile = forms.TypedChoiceField(label=_("Target profile"), coerce=int)
    source = forms.TypedChoiceField(label=_("Source"), coerce=int)
    owner = forms.TypedChoiceField(label=_("Owner"), coerce=int, required=False, empty_value=None)
    industry = forms.TypedChoiceField(label=_("Industry"), coerce=int, required=False, empty_value=None)
    region = forms.TypedChoiceField(label=_("Region"), coerce=int, required=False, empty_value=None)
    employees = forms.IntegerField(label=_("Employees"), required=False, min_value=0, max_value=100_000_000)
    annual_revenue = forms.DecimalField(label=_("Yearly revenue"), required=False, min_value=0, max_digits=18, decimal_places=2)
    website = forms.CharField(label=_("Website"), max_length=200, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    person = forms.CharField(label=_("Person to reach"), max_length=80, required=False)
    next_step = forms.CharField(label=_("Next step"), max_length=200, required=False)
    next_date = forms.DateField(label=_("Next step on"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    note = forms.CharField(label=_("What is known"), max_length=4_000, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, choices: Choices, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("profile", "source"):
            self.fields[name].choices = choices[name]  # type: ignore[attr-defined]
        for name in ("industry", "region"):
            self.fields[name].choices = [("", "—"), *choices[name]]  # type: ignore[attr-defined]
        if is_new:
            self.fields["owner"].choices = choices["owner"]  # type: ignore[attr-defined]
        else:
            del self.fields["owner"]

    @staticmethod
    def initial_of(row: Prospect) -> dict[str, Any]:
        plain = ("version", "name", "employees", "annual_revenue", "website", "phone", "person", "next_step", "next_date", "note")
        return {
            **{name: getattr(row, name) for name in plain},
            **{name: getattr(row, f"{name}_id") for name in ("profile", "source", "industry", "region")},
        }

    def facts(self) -> dict[str, Any]:
        """Values by field name, other rows by their keys."""
        return {name: value for name, value in self.cleaned_data.items() if name not in {"version", "owner"}}


class ScreeningForm(RefusableForm):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    means = forms.CharField(label=_("Means of the screening"), max_length=200, required=False)
    outcome = forms.ChoiceField(label=_("Decision"), choices=[("", _("As the rule says")), *Prospect.Outcome.choices], required=False)
    outcome_reason = forms.CharField(label=_("Why otherwise than the rule"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "zh"
        for item in ENTRY_TESTS:
            self._row("test", item, ANSWERS, language)
        for item in CRITERIA:
            self._row("criterion", item, RATINGS, language)

    def _row(self, group: str, item: ListItem, choices: Sequence[tuple[str, Any]], language: str) -> None:
        name = f"{group}-{item.key}"
        self.fields[name] = forms.ChoiceField(label=item.label.text(language), choices=choices, required=False, widget=forms.RadioSelect)
        self.fields[f"{name}-words"] = forms.CharField(
            label=_("Evidence"), required=False, max_length=1_000, widget=forms.Textarea(attrs={"rows": 1})
        )

    @staticmethod
    def initial_of(row: Prospect, tests: Mapping[str, Judgement], criteria: Mapping[str, Rating]) -> dict[str, Any]:
        start: dict[str, Any] = {"version": row.version, "means": row.means, "outcome": "", "outcome_reason": row.outcome_reason}
        for item in ENTRY_TESTS:
            said = tests.get(item.key, Judgement(Answer.UNKNOWN))
            start[f"test-{item.key}"], start[f"test-{item.key}-words"] = said.answer.value, said.evidence
        for key, given in criteria.items():
            start[f"criterion-{key}"], start[f"criterion-{key}-words"] = str(given.rating or ""), given.note
        return start

    def tests(self) -> dict[str, Judgement]:
        given = self.cleaned_data
        return {
            item.key: Judgement(
                Answer(given.get(f"test-{item.key}") or Answer.UNKNOWN), (given.get(f"test-{item.key}-words") or "").strip()
            )
            for item in ENTRY_TESTS
        }

    def criteria(self) -> dict[str, Rating]:
        given = self.cleaned_data
        rated = {item.key: given.get(f"criterion-{item.key}") for item in CRITERIA}
        return {
            key: Rating(int(rating) if rating else None, (given.get(f"criterion-{key}-words") or "").strip())
            for key, rating in rated.items()
        }

    def rows(self, group: str) -> list[tuple[ListItem, Any, Any]]:
        items = ENTRY_TESTS if group == "test" else CRITERIA
        return [(item, self[f"{group}-{item.key}"], self[f"{group}-{item.key}-words"]) for item in items]


class ReasonForm(RefusableForm):
    reason = forms.CharField(label=_("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))


class StepForm(RefusableForm):
    title = forms.CharField(label=_("Step"), max_length=200)
    due_date = forms.DateField(label=_("Due on"), widget=forms.DateInput(attrs={"type": "date"}))


class StepResultForm(RefusableForm):
    result = forms.CharField(label=_("What came of it"), max_length=2_000, widget=forms.Textarea(attrs={"rows": 3}))


class AdmitForm(RefusableForm):
    account = forms.TypedChoiceField(label=_("Account"), coerce=int, required=False, empty_value=None)
    playbook = forms.TypedChoiceField(label=_("Playbook of the first deal"), coerce=int, required=False, empty_value=None)
    deal_name = forms.CharField(label=_("Name of the deal"), max_length=200, required=False)

    def __init__(self, *args: Any, accounts: Sequence[tuple[str, str]], playbooks: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].choices = [("", _("A new account")), *accounts]  # type: ignore[attr-defined]
        self.fields["playbook"].choices = [("", _("No deal yet")), *playbooks]  # type: ignore[attr-defined]
