"""The forms of privacy: erasing a person, a legal hold, the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.core.privacy import PrivacyRules


class EraseForm(forms.Form):
    """Why, and the person's name typed by hand, so that nobody erases by a slip."""

    reason = forms.CharField(
        label=_("Why the data is erased"),
        max_length=300,
        widget=forms.TextInput(attrs={"placeholder": _("for example: the person asked for it by mail on 3 May"), "autocomplete": "off"}),
    )
    with_mentions = forms.BooleanField(label=_("Replace the name in other texts of this account too"), required=False, initial=True)
    confirmation = forms.CharField(
        label=_("Type the person’s name to confirm"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )

    def refuse(self, message: str, fields: Mapping[str, str]) -> None:
        for name, text in fields.items():
            self.add_error(name if name in self.fields else None, text)
        if not fields:
            self.add_error(None, message)


class HoldForm(forms.Form):
    """Why nothing may be erased; an empty reason lifts the hold."""

    reason = forms.CharField(
        label=_("Why nothing may be erased"),
        max_length=200,
        required=False,
        help_text=_("For example a lawsuit or a tax audit. Left empty, the hold is lifted."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class PrivacyRulesForm(forms.Form):
    years_without_activity = forms.IntegerField(
        label=_("Propose contacts of archived accounts for erasure after"), required=False, min_value=1, max_value=50,
        help_text=_("Empty: never. Nothing is erased before an administrator has confirmed it."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    export_days = forms.IntegerField(
        label=_("Remove exported files after"), min_value=1, max_value=365, widget=forms.NumberInput(attrs={"inputmode": "numeric"})
    )
    line_in_sheet = forms.BooleanField(
        label=_("Last line of exported sheets: who, when, how many rows"),
        required=False,
        help_text=_("Turn it off when exported sheets are imported again; the file’s properties and the printed foot say it anyway."),
    )
    column_in_csv = forms.BooleanField(
        label=_("Column of its own in csv: who and when"), required=False, help_text=_("Without it the name of a csv file says it.")
    )

    @classmethod
    def of(cls, rules: PrivacyRules) -> PrivacyRulesForm:
        return cls(initial=asdict(rules))

    def refuse(self, message: str, fields: Mapping[str, str]) -> None:
        self.add_error(None, message)

    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data)
