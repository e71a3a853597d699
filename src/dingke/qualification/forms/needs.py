"""The shape of the three needs, of a next action, of a need on the list, of a FAB line."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.core.forms import RefusableForm
from dingke.qualification.forms.discovery import contact_field
from dingke.qualification.forms.sheet import day, label_of, lines
from dingke.qualification.models import ConfirmedNeed, NeedBenefit, NextAction, ThreeNeed

YES_NO = [("", "—"), ("yes", _("Yes")), ("no", _("No"))]


class ThreeNeedForm(RefusableForm):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    text = forms.CharField(label=label_of(ThreeNeed, "text"), required=False, max_length=4_000, widget=lines(3))
    has_gap = forms.BooleanField(label=label_of(ThreeNeed, "has_gap"), required=False)
    gap = forms.CharField(label=label_of(ThreeNeed, "gap"), required=False, max_length=300)

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"id_{kind}_%s")
        super().__init__(*args, **kwargs)

    @staticmethod
    def initial_of(row: ThreeNeed) -> dict[str, Any]:
        return {name: getattr(row, name) for name in ("version", "text", "has_gap", "gap")}

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("text", "has_gap", "gap")}


class NextActionForm(RefusableForm):
    need = forms.ChoiceField(label=label_of(NextAction, "need"), required=False, choices=[("", "—"), *ThreeNeed.Kind.choices])
    way = forms.ChoiceField(label=label_of(NextAction, "way"), choices=NextAction.Way.choices, widget=forms.RadioSelect)
    text = forms.CharField(label=label_of(NextAction, "text"), max_length=200)
    resource = forms.CharField(label=label_of(NextAction, "resource"), required=False, max_length=120)
    owner: forms.ModelChoiceField[Any] = forms.ModelChoiceField(label=label_of(NextAction, "owner"), queryset=None)
    due_date = forms.DateField(label=label_of(NextAction, "due_date"), widget=day())

    def __init__(self, *args: Any, doers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = doers  # type: ignore[attr-defined]


class NeedForm(RefusableForm):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    description = forms.CharField(label=label_of(ConfirmedNeed, "description"), max_length=400, widget=lines(2))
    priority = forms.ChoiceField(label=label_of(ConfirmedNeed, "priority"), choices=ConfirmedNeed.Priority.choices)
    range = forms.ChoiceField(label=label_of(ConfirmedNeed, "range"), choices=ConfirmedNeed.Range.choices)
    fit = forms.ChoiceField(label=label_of(ConfirmedNeed, "fit"), required=False, choices=[("", "—"), *ConfirmedNeed.Fit.choices])
    function = forms.CharField(label=label_of(ConfirmedNeed, "function"), required=False, max_length=200)
    effort_days = forms.DecimalField(
        label=label_of(ConfirmedNeed, "effort_days"), required=False, min_value=Decimal(0), max_digits=7, decimal_places=1
    )
    can_decline = forms.TypedChoiceField(
        label=label_of(ConfirmedNeed, "can_decline"), required=False, choices=YES_NO, coerce=lambda text: text == "yes", empty_value=None
    )
    confirmed_date = forms.DateField(label=label_of(ConfirmedNeed, "confirmed_date"), required=False, widget=day())
    confirmed_contact = contact_field(_("Confirmed by (contact)"))
    confirmed_name = forms.CharField(label=_("Confirmed by (somebody else)"), required=False, max_length=120)

    FIELDS = (
        "description", "priority", "range", "fit", "function", "effort_days", "can_decline",
        "confirmed_date", "confirmed_contact", "confirmed_name",
    )  # fmt: skip

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["confirmed_contact"].queryset = people  # type: ignore[attr-defined]

    @classmethod
    def initial_of(cls, row: ConfirmedNeed) -> dict[str, Any]:
        start = {name: getattr(row, name) for name in ("version", *cls.FIELDS)}
        return start | {
            "confirmed_contact": row.confirmed_contact_id,
            "can_decline": {True: "yes", False: "no", None: ""}[row.can_decline],
        }

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.FIELDS}


class BenefitForm(RefusableForm):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    entry: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        label=_("Card of the library"), queryset=None, required=False, empty_label=_("none, in my own words")
    )
    method = forms.ChoiceField(label=label_of(NeedBenefit, "method"), choices=NeedBenefit.Method.choices)
    feature = forms.CharField(label=label_of(NeedBenefit, "feature"), max_length=300)
    function = forms.CharField(label=label_of(NeedBenefit, "function"), required=False, max_length=300)
    advantage = forms.CharField(label=label_of(NeedBenefit, "advantage"), max_length=300)
    benefit = forms.CharField(label=label_of(NeedBenefit, "benefit"), max_length=300)
    proof = forms.CharField(label=label_of(NeedBenefit, "proof"), required=False, max_length=300)

    FIELDS = ("entry", "method", "feature", "function", "advantage", "benefit", "proof")

    def __init__(self, *args: Any, cards: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["entry"].queryset = cards  # type: ignore[attr-defined]

    @classmethod
    def initial_of(cls, row: NeedBenefit) -> dict[str, Any]:
        return {name: getattr(row, name) for name in ("version", *cls.FIELDS)} | {"entry": row.entry_id}

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.FIELDS}
