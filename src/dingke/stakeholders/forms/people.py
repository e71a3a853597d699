"""Forms about people of a map. The shape of input only: actions decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Contact
from dingke.stakeholders.calc.personality import PROFILE_FIELDS
from dingke.stakeholders.calc.roles import ROLES
from dingke.stakeholders.models import Line, Stakeholder

TICKS = [("yes", _("Yes")), ("no", _("No")), ("", _("Not asked yet"))]
TICK_OF: dict[str, bool | None] = {"yes": True, "no": False, "": None}


def day_field(label: Any, *, required: bool = False) -> forms.DateField:
    return forms.DateField(label=label, required=required, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class BaseForm(forms.Form):
    """A form whose action may refuse: what it says stands beside the field it names."""

    def refuse(self, message: str, fields: Mapping[str, str]) -> None:
        known = {name: text for name, text in fields.items() if name in self.fields}
        for name, text in known.items():
            self.add_error(name, text)
        if not known:
            self.add_error(None, message)

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class StakeholderForm(BaseForm):
    contact = forms.ChoiceField(label=_("Contact"), required=False)
    outside_name = forms.CharField(label=_("Firm or person outside"), max_length=120, required=False)
    roles = forms.MultipleChoiceField(
        label=_("Roles"), widget=forms.CheckboxSelectMultiple, error_messages={"required": _("Choose at least one role.")}
    )
    influence = forms.TypedChoiceField(
        label=_("Influence (1-5)"),
        coerce=int,
        choices=[(number, str(number)) for number in range(1, 6)],
        widget=forms.RadioSelect,
        initial=3,
    )
    is_supporter = forms.BooleanField(label=_("Inside supporter"), required=False)
    last_contact_date = day_field(_("Last contact"))
    approach = forms.CharField(label=_("Approach"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, contacts: Iterable[Contact] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "zh"
        self.fields["roles"].choices = [(role.code, role.label.text(language)) for role in ROLES]  # type: ignore[attr-defined]
        if contacts is None:  # whose place it is does not change
            del self.fields["contact"]
        else:
            chosen = [("", _("Somebody outside"))]
            self.fields["contact"].choices = [*chosen, *((str(one.pk), one.name) for one in contacts)]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in super().values().items() if name != "contact"}


class StanceForm(BaseForm):
    attitude = forms.ChoiceField(label=_("Attitude"), choices=Stakeholder.Attitude.choices, widget=forms.RadioSelect)
    on_date = day_field(_("Date"), required=True)
    evidence = forms.CharField(
        label=_("Evidence"),
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": _("The words, the deed, the mail it was read from")}),
        error_messages={"required": _("Say what it was read from: words, a deed, a mail.")},
    )


class KeyForm(BaseForm):
    is_key_person = forms.BooleanField(label=_("Key person"), required=False)
    competence_accepted = forms.ChoiceField(label=_("Accepts our competence"), choices=TICKS, required=False, widget=forms.RadioSelect)
    impression_good = forms.ChoiceField(label=_("Has a good impression of us"), choices=TICKS, required=False, widget=forms.RadioSelect)
    first_visit_date = day_field(_("First visit"))
    alone_talk_date = day_field(_("Talk alone planned for"))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    @staticmethod
    def initial_of(row: Stakeholder) -> dict[str, Any]:
        ticks = {value: code for code, value in TICK_OF.items()}
        return {
            "is_key_person": row.is_key_person,
            "competence_accepted": ticks[row.competence_accepted],
            "impression_good": ticks[row.impression_good],
            "first_visit_date": row.first_visit_date,
            "alone_talk_date": row.alone_talk_date,
            "version": row.version,
        }

    def values(self) -> dict[str, Any]:
        given = super().values()
        return {**given, **{name: TICK_OF[given[name]] for name in ("competence_accepted", "impression_good")}}


class TeamForm(BaseForm):
    """For the account team alone (A-18)."""

    personality = forms.ChoiceField(label=_("Personality"), required=False, widget=forms.RadioSelect)
    style_note = forms.CharField(label=_("How to talk with this person"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "zh"
        self.fields["personality"].choices = [*Stakeholder.Personality.choices, ("", _("Not judged"))]  # type: ignore[attr-defined]
        for key, label in PROFILE_FIELDS.items():
            self.fields[f"profile-{key}"] = forms.CharField(label=label.text(language), max_length=500, required=False)

    @staticmethod
    def initial_of(row: Stakeholder) -> dict[str, Any]:
        profile = {f"profile-{key}": row.profile.get(key, "") for key in PROFILE_FIELDS}
        return {"personality": row.personality, "style_note": row.style_note, "version": row.version, **profile}

    def values(self) -> dict[str, Any]:
        given = super().values()
        return {
            "personality": given["personality"],
            "style_note": given["style_note"],
            "profile": {key: given[f"profile-{key}"] for key in PROFILE_FIELDS},
        }


class LineForm(BaseForm):
    start = forms.ChoiceField(label=_("From"))
    kind = forms.ChoiceField(label=_("Kind of line"), choices=Line.Kind.choices, widget=forms.RadioSelect)
    end = forms.ChoiceField(label=_("To"))
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, people: Iterable[Stakeholder], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(row.pk), row.shown_name) for row in people]
        for name in ("start", "end"):
            self.fields[name].choices = [("", _("Choose")), *choices]  # type: ignore[attr-defined]
