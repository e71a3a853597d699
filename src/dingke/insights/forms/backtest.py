"""Which number of the backtest is opened."""

from __future__ import annotations

from django import forms

from dingke.insights.models import BacktestCase


class CasesForm(forms.Form):
    rule = forms.CharField(max_length=40)
    what = forms.ChoiceField(choices=BacktestCase.What.choices)
