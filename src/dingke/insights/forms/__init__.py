"""Shapes of what people type on the insights pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import FaceMark
from dingke.core.scope import Scope
from dingke.insights.calc.retention import CLAIMS, RetentionClaim
from dingke.insights.models import ValueCard
from dingke.people.queries import colleagues


class GuardForm(forms.Form):
    owner = forms.ChoiceField(label=_("Who owns it"))
    decision = forms.CharField(label=_("What was decided, and why"), widget=forms.Textarea(attrs={"rows": 4}), max_length=4000)
    review_date = forms.DateField(label=_("Look at it again on"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = [(str(user.pk), f"{user.name} · {user.role_label}") for user in colleagues(scope)]  # type: ignore[attr-defined]


class FaceForm(forms.Form):
    face = forms.ChoiceField(label=_("Face"), choices=FaceMark.Face.choices, widget=forms.RadioSelect)
    extra_step = forms.CharField(
        label=_("Extra step"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=2000,
        help_text=_("Red: the action plan. Black: the long-term goal. White: the margin floor, such as 8%."),
    )
    note = forms.CharField(label=_("Note"), required=False, max_length=1000)


class ValueForm(forms.ModelForm):  # type: ignore[type-arg]
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = ValueCard
        fields = ["total_value", "total_cost", "expected_purchases", "average_purchase", "note"]
        widgets = {"note": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("total_value", "total_cost", "expected_purchases", "average_purchase"):
            self.fields[name].min_value = 0  # type: ignore[attr-defined]
            self.fields[name].widget.attrs.update({"min": "0", "inputmode": "decimal"})


class RetentionForm(forms.Form):
    cost_per_win = forms.DecimalField(label=_("Cost of winning one customer"), min_value=0, max_digits=16, decimal_places=2)
    budget = forms.DecimalField(label=_("Budget for keeping"), min_value=0, max_digits=16, decimal_places=2, required=False)
    claim = forms.ChoiceField(label=_("Which claim counts"))
    own_percent = forms.DecimalField(label=_("Own figure: keeping in percent of winning"), min_value=0, max_value=1000, required=False)

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = [(RetentionClaim.OWN.value, _("An own figure"))]
        self.fields["claim"].choices = [(one.claim.value, one.label.text(language)) for one in CLAIMS] + own  # type: ignore[attr-defined]
