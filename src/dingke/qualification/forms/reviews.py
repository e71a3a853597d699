"""Deal reviews as typed in: the meeting, a score, the three needs, a next action."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.core.forms import RefusableForm
from dingke.people.models import User
from dingke.qualification.calc import review as calc
from dingke.qualification.models import NextAction, ThreeNeed


def day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _points(limit: int) -> forms.NumberInput:
    return forms.NumberInput(attrs={"inputmode": "numeric", "min": 0, "max": limit, "step": 1})


class ReviewForm(RefusableForm):
    title = forms.CharField(label=_("Title"), max_length=120, error_messages={"required": _("Give the review a title.")})
    held_date = forms.DateField(label=_("Date"), widget=day(), error_messages={"required": _("Choose the day.")})
    people = forms.ModelMultipleChoiceField(label=_("Listeners"), queryset=User.objects.none(), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["people"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = people


class ScoreForm(RefusableForm):
    prefix = "points"  # a field called "elements" would hide the fields of the form from every script

    elements = forms.IntegerField(
        label=_("7+3 elements"), widget=_points(calc.ELEMENTS_MAX), error_messages={"required": _("Give points.")}
    )
    logic = forms.IntegerField(
        label=_("Logic and line of thought"), widget=_points(calc.LOGIC_MAX), error_messages={"required": _("Give points.")}
    )
    display = forms.IntegerField(
        label=_("Bearing and display"), widget=_points(calc.DISPLAY_MAX), error_messages={"required": _("Give points.")}
    )
    remark = forms.CharField(label=_("Remark"), max_length=300, required=False)


class NeedsForm(RefusableForm):
    """The three needs, each with what is missing; one group of fields per kind."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind, label in ThreeNeed.Kind.choices:
            self.fields[f"{kind}-text"] = forms.CharField(
                label=label, required=False, widget=forms.Textarea(attrs={"rows": 2}), max_length=2000
            )
            self.fields[f"{kind}-gap"] = forms.CharField(label=_("What is missing"), required=False, max_length=300)

    def groups(self) -> list[tuple[Any, Any]]:
        return [(self[f"{kind}-text"], self[f"{kind}-gap"]) for kind in ThreeNeed.Kind.values]

    def values(self) -> dict[str, dict[str, str]]:
        data = self.cleaned_data
        return {kind: {"text": data[f"{kind}-text"], "gap": data[f"{kind}-gap"]} for kind in ThreeNeed.Kind.values}


class ReviewActionForm(RefusableForm):
    text = forms.CharField(
        label=_("Action"),
        max_length=200,
        widget=forms.TextInput(attrs={"autofocus": True}),
        error_messages={"required": _("Say what is to be done.")},
    )
    need = forms.ChoiceField(label=_("Need"), choices=[("", "—"), *ThreeNeed.Kind.choices], required=False)
    way = forms.ChoiceField(label=_("What for"), choices=NextAction.Way.choices, widget=forms.RadioSelect)
    resource = forms.CharField(label=_("Which resource"), max_length=120, required=False)
    owner = forms.ModelChoiceField(label=_("Owner"), queryset=User.objects.none())
    due_date = forms.DateField(label=_("Due on"), widget=day(), error_messages={"required": _("Choose the day.")})

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = people


class NoteForm(RefusableForm):
    note = forms.CharField(label=_("What came up"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))


class ConclusionForm(RefusableForm):
    conclusion = forms.CharField(label=_("Conclusion"), required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))
