"""The period of the stage report, and which list behind its figures is asked for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account
from dingke.core.periods import Period, last_twelve_months
from dingke.insights.calc.stages import What

_DAY = {"type": "date"}


class PeriodForm(forms.Form):
    """Both days belong to the period; what is left out is the last twelve months."""

    start = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs=_DAY, format="%Y-%m-%d"))

    def __init__(self, data: Any, *, today: date) -> None:
        usual = last_twelve_months(today)
        self.usual = usual
        given = {name: data.get(name) for name in ("start", "until")}
        super().__init__({"start": given["start"] or usual.start.isoformat(), "until": given["until"] or today.isoformat()})

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("start") and given.get("until") and given["until"] < given["start"]:
            raise forms.ValidationError(_("A period ends on or after its first day."))
        if given.get("until") == date.max:
            raise forms.ValidationError(_("This day is too far away."))
        return given

    def period(self) -> Period:
        """What was asked for; the last twelve months when that makes no sense."""
        if not self.is_valid():
            return self.usual
        return Period(self.cleaned_data["start"], self.cleaned_data["until"] + timedelta(days=1))


class StageListForm(forms.Form):
    stage = forms.ChoiceField(choices=Account.Stage.choices)
    what = forms.ChoiceField(choices=[(one.value, one.value) for one in What])
    following = forms.ChoiceField(choices=[("", ""), *Account.Stage.choices], required=False)
