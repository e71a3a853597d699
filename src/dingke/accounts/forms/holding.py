"""Who holds an account, who works on it beside the owner, and in which stage it is."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account, Collaborator
from dingke.core.forms import RefusableForm
from dingke.people.models import User


class PersonForm(RefusableForm):
    """Picks a colleague from a queryset."""

    user = forms.ModelChoiceField(
        label=_("Colleague"),
        queryset=User.objects.none(),
        widget=forms.Select(attrs={"data-search": ""}),
        error_messages={"required": _("Choose a colleague.")},
    )

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["user"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset, field.empty_label = people, ""


class AssignForm(PersonForm):
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)


class ShareForm(PersonForm):
    level = forms.ChoiceField(label=_("May"), choices=Collaborator.Level.choices, widget=forms.RadioSelect, initial=Collaborator.Level.READ)


class StageForm(RefusableForm):
    stage = forms.ChoiceField(label=_("Lifecycle stage"), choices=Account.Stage.choices, widget=forms.RadioSelect)
    since = forms.DateField(label=_("Since"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)
