"""Entries, to-dos, days and invoicing details as typed in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Contact, KeyDate, Note
from dingke.core.forms import RefusableForm
from dingke.people.models import User


def _day(**attributes: Any) -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date", **attributes}, format="%Y-%m-%d")


class NoteForm(RefusableForm):
    kind = forms.ChoiceField(label=_("What was it?"), choices=Note.Kind.choices, widget=forms.RadioSelect)
    contact = forms.ModelChoiceField(label=_("With whom"), queryset=Contact.objects.none(), required=False)
    text = forms.CharField(
        label=_("What was said, what follows?"),
        widget=forms.Textarea(attrs={"rows": 4, "autofocus": True}),
        error_messages={"required": _("Write a few words: what was said, what follows?")},
    )
    at = forms.DateTimeField(
        label=_("When"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    next_title = forms.CharField(
        label=_("Next step"), max_length=200, required=False, widget=forms.TextInput(attrs={"placeholder": _("What comes next?")})
    )
    next_date = forms.DateField(label=_("Due by"), required=False, widget=_day())
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, contacts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["contact"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset, field.empty_label = contacts, _("nobody in particular")


class TodoForm(RefusableForm):
    title = forms.CharField(
        label=_("What is to be done?"),
        max_length=200,
        widget=forms.TextInput(attrs={"autofocus": True}),
        error_messages={"required": _("Say what is to be done.")},
    )
    due_date = forms.DateField(label=_("Due by"), required=False, widget=_day())
    assignee = forms.ModelChoiceField(label=_("Who does it"), queryset=User.objects.none(), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=300, required=False)
    source = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["assignee"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset, field.empty_label = people, _("I do")


class DateForm(RefusableForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=KeyDate.Kind.choices, widget=forms.RadioSelect)
    contact = forms.ModelChoiceField(label=_("Whose"), queryset=Contact.objects.none(), required=False)
    label = forms.CharField(label=_("Occasion"), max_length=80, required=False)
    on_date = forms.DateField(label=_("Date"), widget=_day(), error_messages={"required": _("Choose the day.")})
    is_yearly = forms.BooleanField(label=_("Every year"), required=False)
    is_lunar = forms.BooleanField(
        label=_("By the lunar calendar"),
        required=False,
        help_text=_("For a lunar day enter the solar day it falls on next; you are asked again once it has passed."),
    )
    remind_days = forms.IntegerField(label=_("Remind days before"), min_value=0, max_value=90)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, contacts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["contact"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset, field.empty_label = contacts, _("the company")


class InvoiceForm(RefusableForm):
    title = forms.CharField(label=_("Invoice title"), max_length=200)
    tax_id = forms.CharField(label=_("Tax id"), max_length=30)
    bank = forms.CharField(label=_("Bank"), max_length=120, required=False)
    bank_account = forms.CharField(label=_("Bank account"), max_length=60, required=False)
    address = forms.CharField(label=_("Address"), max_length=300, required=False)
    phone = forms.CharField(label=_("Phone"), max_length=40, required=False)
    is_default = forms.BooleanField(label=_("Default"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
