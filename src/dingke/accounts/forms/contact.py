"""A contact with several jobs and ways in one form; each line has its own small form, numbered as the page made them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Consent, Contact, ContactJob, ContactWay

PLACEHOLDER = "__n__"  # replaced by the page when it adds a line


class ContactForm(forms.Form):
    name = forms.CharField(label=_("Full name"), max_length=80, error_messages={"required": _("A contact needs a name.")})
    salutation = forms.CharField(label=_("Form of address"), max_length=40, required=False)
    is_main = forms.BooleanField(label=_("Main contact"), required=False)
    left_date = forms.DateField(label=_("Left on"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def refuse(self, message: str, fields: Mapping[str, str]) -> None:
        """Puts the refusal of an action beside the fields it names; lines are told by their own forms."""
        known = {name: text for name, text in fields.items() if name in self.fields}
        for name, text in known.items():
            self.add_error(name, text)
        if not known and not any(name.startswith(("job_", "way_")) for name in fields):
            self.add_error(None, message)


class JobForm(forms.Form):
    title = forms.CharField(label=_("Job title"), max_length=80, required=False)
    department = forms.ChoiceField(label=_("Department kind"), choices=ContactJob.Department.choices)
    department_name = forms.CharField(label=_("Department"), max_length=80, required=False)
    level = forms.ChoiceField(label=_("Level in the company"), choices=ContactJob.Level.choices)
    is_current = forms.BooleanField(label=_("Current"), required=False)

    @property
    def is_blank(self) -> bool:
        return not (self.data.get(self.add_prefix("title"), "").strip() or self.data.get(self.add_prefix("department_name"), "").strip())


class WayForm(forms.Form):
    kind = forms.ChoiceField(label=_("Kind"), choices=ContactWay.Kind.choices)
    value = forms.CharField(label=_("Number or address"), max_length=200, required=False)

    @property
    def is_blank(self) -> bool:
        return not self.data.get(self.add_prefix("value"), "").strip()


class ConsentForm(forms.Form):
    channel = forms.ChoiceField(label=_("Channel"), choices=Consent.Channel.choices, widget=forms.RadioSelect)
    is_given = forms.ChoiceField(
        label=_("Statement"), choices=[("yes", _("Agrees")), ("no", _("Does not agree"))], widget=forms.RadioSelect
    )
    source = forms.CharField(
        label=_("Where it was stated"),
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": _("for example: by phone, on a signed form")}),
    )
    stated_date = forms.DateField(label=_("Stated on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


def numbers(data: Mapping[str, Any], prefix: str) -> list[int]:
    """The numbers of the lines that were sent, in order."""
    found = {int(match.group(1)) for key in data if (match := re.match(rf"{prefix}-(\d+)-", key))}
    return sorted(found)[:30]


def job_forms(data: Mapping[str, Any] | None, contact: Contact | None) -> list[JobForm]:
    if data is not None:
        forms_sent = [JobForm(data, prefix=f"job-{number}") for number in numbers(data, "job")]
        return [form for form in forms_sent if not form.is_blank]
    rows = list(contact.jobs.all()) if contact else []
    initial: list[dict[str, Any]] = [
        {
            "title": job.title,
            "department": job.department,
            "department_name": job.department_name,
            "level": job.level,
            "is_current": job.is_current,
        }
        for job in rows
    ]
    return [JobForm(prefix=f"job-{number}", initial=values) for number, values in enumerate(initial or [NEW_JOB])]


def way_forms(data: Mapping[str, Any] | None, contact: Contact | None) -> list[WayForm]:
    if data is not None:
        forms_sent = [WayForm(data, prefix=f"way-{number}") for number in numbers(data, "way")]
        return [form for form in forms_sent if not form.is_blank]
    rows = list(contact.ways.all()) if contact else []
    initial = [{"kind": way.kind, "value": way.value} for way in rows]
    return [
        WayForm(prefix=f"way-{number}", initial=values)
        for number, values in enumerate(initial or [{"kind": ContactWay.Kind.MOBILE.value, "value": ""}])
    ]


NEW_JOB: dict[str, Any] = {
    "department": ContactJob.Department.PURCHASING.value,
    "level": ContactJob.Level.MANAGER.value,
    "is_current": True,
}


def blank_job() -> JobForm:
    return JobForm(prefix=f"job-{PLACEHOLDER}", initial=NEW_JOB)


def blank_way() -> WayForm:
    return WayForm(prefix=f"way-{PLACEHOLDER}", initial={"kind": ContactWay.Kind.MOBILE.value})
