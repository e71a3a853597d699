"""The shape of the SPIN sheet and of need amplification."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.core.forms import RefusableForm
from dingke.qualification.forms.sheet import day, label_of, lines
from dingke.qualification.models import Amplification, Discovery, SpinQuestion

AMOUNTS = ("cost_per_hour", "other_loss")


def contact_field(label: Any) -> forms.ModelChoiceField[Any]:
    return forms.ModelChoiceField(label=label, queryset=None, required=False, empty_label="—")


class BasicsForm(RefusableForm):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    leading_department = forms.ChoiceField(
        label=label_of(Discovery, "leading_department"), required=False, choices=[("", "—"), *Discovery.Department.choices],
        help_text=_("The core need follows the leading department."),
    )  # fmt: skip
    company = forms.CharField(label=label_of(Discovery, "company"), required=False, max_length=4_000, widget=lines(2))
    staffing = forms.CharField(label=label_of(Discovery, "staffing"), required=False, max_length=4_000, widget=lines(2))
    division = forms.CharField(label=label_of(Discovery, "division"), required=False, max_length=4_000, widget=lines(2))
    scope = forms.CharField(label=label_of(Discovery, "scope"), required=False, max_length=4_000, widget=lines(2))
    standing = forms.CharField(label=label_of(Discovery, "standing"), required=False, max_length=4_000, widget=lines(2))

    FIELDS = ("leading_department", "company", "staffing", "division", "scope", "standing")

    @classmethod
    def initial_of(cls, row: Discovery) -> dict[str, Any]:
        return {name: getattr(row, name) for name in ("version", *cls.FIELDS)}

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.FIELDS}


class StatementForm(RefusableForm):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    statement = forms.CharField(label=label_of(Discovery, "statement"), required=False, max_length=10_000, widget=lines(4))
    statement_confirmed_date = forms.DateField(label=label_of(Discovery, "statement_confirmed_date"), required=False, widget=day())
    statement_contact = contact_field(_("Confirmed by"))

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["statement_contact"].queryset = people  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(row: Discovery) -> dict[str, Any]:
        return {
            "version": row.version,
            "statement": row.statement,
            "statement_confirmed_date": row.statement_confirmed_date,
            "statement_contact": row.statement_contact_id,
        }

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("statement", "statement_confirmed_date", "statement_contact")}


class OwnQuestionForm(RefusableForm):
    text = forms.CharField(label=label_of(SpinQuestion, "text"), max_length=400, widget=lines(2))
    form = forms.ChoiceField(label=label_of(SpinQuestion, "form"), choices=SpinQuestion.Form.choices)
    prompt = forms.ChoiceField(label=label_of(SpinQuestion, "prompt"), required=False, choices=[("", "—"), *SpinQuestion.Prompt.choices])


class BankForm(RefusableForm):
    """Questions of the bank to take over."""

    entries: forms.ModelMultipleChoiceField[Any] = forms.ModelMultipleChoiceField(
        label=_("Questions"), queryset=None, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, rows: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entries"].queryset = rows  # type: ignore[attr-defined]


class AnswerForm(RefusableForm):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    answer = forms.CharField(label=label_of(SpinQuestion, "answer"), required=False, max_length=10_000, widget=lines(2))

    def __init__(self, *args: Any, pk: int, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"id_q{pk}_%s")
        super().__init__(*args, **kwargs)

    @staticmethod
    def initial_of(row: SpinQuestion) -> dict[str, Any]:
        return {"version": row.version, "answer": row.answer}

    def values(self) -> dict[str, Any]:
        return {"answer": self.cleaned_data["answer"]}


class LossForm(RefusableForm):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    answer = forms.CharField(label=label_of(Amplification, "answer"), required=False, max_length=4_000, widget=lines(3))
    hours_per_month = forms.DecimalField(
        label=label_of(Amplification, "hours_per_month"), required=False, min_value=Decimal(0), max_digits=9, decimal_places=2
    )
    cost_per_hour = forms.DecimalField(
        label=label_of(Amplification, "cost_per_hour"), required=False, min_value=Decimal(0), max_digits=12, decimal_places=2
    )
    other_loss = forms.DecimalField(
        label=label_of(Amplification, "other_loss"), required=False, min_value=Decimal(0), max_digits=18, decimal_places=2
    )
    note = forms.CharField(label=label_of(Amplification, "note"), required=False, max_length=2_000, widget=lines(2))

    def __init__(self, *args: Any, hides_amounts: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if hides_amounts:
            for name in AMOUNTS:
                del self.fields[name]

    @staticmethod
    def initial_of(row: Amplification) -> dict[str, Any]:
        return {name: getattr(row, name) for name in ("version", "answer", "hours_per_month", "cost_per_hour", "other_loss", "note")}

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.fields if name != "version"}
