"""What a person types about a warning, a case, a risk."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Competitor, Contact, Note
from dingke.core.forms import RefusableForm
from dingke.core.models import ListItem
from dingke.insights.models import Alert, LossCase, Risk
from dingke.people.models import User


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _text(rows: int = 3, **attributes: Any) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attributes})


def _offer(form: forms.Form, name: str, rows: Any, empty: Any = None) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows
    if empty is not None:
        field.empty_label = empty


class SnoozeForm(RefusableForm):
    until = forms.DateField(label=_("Until"), widget=_day(), error_messages={"required": _("Choose the day.")})
    reason = forms.CharField(
        label=_("Why it can wait"), max_length=300, widget=_text(2, autofocus=True), error_messages={"required": _("Say why it can wait.")}
    )


class CloseForm(RefusableForm):
    outcome = forms.ChoiceField(
        label=_("How did it end?"),
        choices=[one for one in Alert.Outcome.choices if one[0] != Alert.Outcome.RECOVERED],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how it ended.")},
    )
    reason = forms.CharField(label=_("What happened, or why it was a false alarm"), max_length=300, required=False, widget=_text(2))


class TodoOfAlertForm(RefusableForm):
    title = forms.CharField(label=_("What is to be done?"), max_length=200, widget=forms.TextInput(attrs={"autofocus": True}))
    due_date = forms.DateField(label=_("Due by"), required=False, widget=_day())


class ContactOfAlertForm(RefusableForm):
    kind = forms.ChoiceField(
        label=_("What was it?"), choices=[one for one in Note.Kind.choices if one[0] != Note.Kind.NOTE], widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=_("What was said, what follows?"),
        widget=_text(4, autofocus=True),
        error_messages={"required": _("Write a few words: what was said, what follows?")},
    )


class CaseForm(RefusableForm):
    kind = forms.ChoiceField(label=_("What threatens"), choices=LossCase.Kind.choices, widget=forms.RadioSelect)
    rival = forms.ModelChoiceField(label=_("Rival"), queryset=Competitor.objects.none(), required=False)
    rival_name = forms.CharField(label=_("A rival not in the list"), max_length=120, required=False)
    owner = forms.ModelChoiceField(label=_("Who works on it"), queryset=User.objects.none(), required=False)
    deadline_date = forms.DateField(label=_("Decide by"), required=False, widget=_day())
    note = forms.CharField(label=_("What is known"), required=False, widget=_text(3))

    def __init__(self, *args: Any, rivals: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "rival", rivals, _("none"))
        _offer(self, "owner", people, _("The account's owner"))


class StepForm(RefusableForm):
    first = forms.ModelChoiceField(label=_("Talked to"), queryset=Contact.objects.none(), required=False)
    second = forms.ModelChoiceField(label=_("and to"), queryset=Contact.objects.none(), required=False)
    note = forms.CharField(
        label=_("What was found or done"),
        widget=_text(4, autofocus=True),
        error_messages={"required": _("Write down what was found or done.")},
    )

    def __init__(self, *args: Any, contacts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first", "second"):
            _offer(self, name, contacts, _("nobody in particular"))

    @property
    def people(self) -> list[Contact]:
        return [person for name in ("first", "second") if (person := self.cleaned_data.get(name)) is not None]


class ReasonField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.label)


class CloseCaseForm(RefusableForm):
    result = forms.ChoiceField(
        label=_("Result"),
        choices=LossCase.Result.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how it ended.")},
    )
    reason = ReasonField(
        label=_("Reason"), queryset=ListItem.objects.none(), error_messages={"required": _("Choose a reason.")}
    )  # fmt: skip
    rival = forms.ModelChoiceField(label=_("Rival"), queryset=Competitor.objects.none(), required=False)
    lesson = forms.CharField(label=_("Lessons"), required=False, widget=_text(3))

    def __init__(self, *args: Any, reasons: Any, rivals: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "reason", reasons)
        _offer(self, "rival", rivals, _("none"))


class RiskForm(RefusableForm):
    category = forms.ChoiceField(label=_("Category"), choices=Alert.Category.choices)
    sign = forms.CharField(
        label=_("Sign"), max_length=300, widget=forms.TextInput(attrs={"autofocus": True}),
        error_messages={"required": _("Say what points to the risk.")},
    )  # fmt: skip
    likelihood = forms.TypedChoiceField(label=_("Probability"), choices=Risk.Level.choices, coerce=int, widget=forms.RadioSelect)
    impact = forms.TypedChoiceField(label=_("Impact"), choices=Risk.Level.choices, coerce=int, widget=forms.RadioSelect)
    owner = forms.ModelChoiceField(label=_("Owner"), queryset=User.objects.none(), required=False)
    response = forms.CharField(label=_("Response"), required=False, widget=_text(3))
    due_date = forms.DateField(label=_("Due by"), required=False, widget=_day())
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer(self, "owner", people, _("The account's owner"))


class CloseRiskForm(RefusableForm):
    note = forms.CharField(label=_("Why it is over"), max_length=300, required=False, widget=_text(2))
