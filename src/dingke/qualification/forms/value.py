"""The value calculation as typed in."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.core.forms import RefusableForm
from dingke.qualification.calc import value as calc


class CaseForm(RefusableForm):
    price = forms.DecimalField(label=_("Price"), max_digits=15, decimal_places=2, min_value=0, required=False)
    introduction = forms.CharField(label=_("Opening words"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class VersionForm(RefusableForm):
    note = forms.CharField(label=_("What for"), max_length=200, required=False)


class LineForm(RefusableForm):
    """A figure and its source for each input of the lever, the function that serves it, and whether it counts."""

    function = forms.CharField(label=_("Function that serves it"), max_length=200)
    note = forms.CharField(label=_("Note"), max_length=300, required=False)
    is_counted = forms.BooleanField(label=_("Counts in the total"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, lever: calc.Lever, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lever = lever
        for entry in lever.inputs:
            self.fields[entry.name] = forms.DecimalField(
                label=entry.label.text(language), max_digits=17, decimal_places=4, required=False,
                widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "min": 0}),
            )  # fmt: skip
            self.fields[f"{entry.name}-source"] = forms.CharField(
                label=_("Where it comes from"), max_length=200, required=False,
                widget=forms.TextInput(attrs={"placeholder": _("e.g. said by the finance manager on 12 May")}),
            )  # fmt: skip

    def pairs(self) -> list[tuple[Any, Any]]:
        return [(self[entry.name], self[f"{entry.name}-source"]) for entry in self.lever.inputs]

    def figures(self) -> dict[str, Decimal | None]:
        return {entry.name: self.cleaned_data[entry.name] for entry in self.lever.inputs}

    def sources(self) -> dict[str, str]:
        return {entry.name: self.cleaned_data[f"{entry.name}-source"] for entry in self.lever.inputs}
