"""The shape of a dossier entry, of a question with its answer, and of what is known of a rival."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.accounts.calc.dossier_fields import SOURCE_OF
from dingke.accounts.models import AccountCompetitor, DossierEntry
from dingke.core.forms import RefusableForm

SATISFACTION = [("", "—"), *((str(number), str(number)) for number in range(1, 6))]
FREELY = _("From an inside supporter, write down only what was given freely and lawfully.")
RIVAL_FACTS = [
    "product_use",
    "satisfaction",
    "representative",
    "selling_style",
    "relation",
    "price_note",
    "recognition",
    "noted_date",
    "source",
]


def _label(model: Any, name: str) -> Any:
    return model._meta.get_field(name).verbose_name


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _lines(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class EntryForm(RefusableForm):
    """One fact. `fields` are the dossier fields to choose from by group; with one chosen before, the choice is hidden."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    field = forms.ChoiceField(label=_("Field"))
    text = forms.CharField(label=_label(DossierEntry, "text"), max_length=10_000, widget=_lines(4))
    source: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        label=_label(DossierEntry, "source"), queryset=None, empty_label=_("Choose …")
    )
    source_note = forms.CharField(label=_label(DossierEntry, "source_note"), max_length=200, required=False)
    as_of_date = forms.DateField(label=_label(DossierEntry, "as_of_date"), widget=_day())
    contact: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        label=_("Person at the customer"), queryset=None, required=False, empty_label="—"
    )

    def __init__(self, *args: Any, groups: Sequence[Any], sources: Any, contacts: Any, fixed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field, source, contact = self.fields["field"], self.fields["source"], self.fields["contact"]
        assert isinstance(field, forms.ChoiceField)
        assert isinstance(source, forms.ModelChoiceField)
        assert isinstance(contact, forms.ModelChoiceField)
        field.choices = groups
        source.queryset, contact.queryset = sources, contacts
        source.help_text = FREELY if any(row.code in SOURCE_OF and SOURCE_OF[row.code].hint for row in sources) else ""
        if fixed:
            field.widget = forms.HiddenInput()

    @staticmethod
    def initial_of(entry: DossierEntry) -> dict[str, Any]:
        return {
            "version": entry.version, "field": entry.field, "text": entry.text, "source": entry.source_id, "source_note": entry.source_note,
            "as_of_date": entry.as_of_date, "contact": entry.contact_id,
        }  # fmt: skip

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("text", "source", "source_note", "as_of_date", "contact")}


class QuestionForm(RefusableForm):
    text = forms.CharField(label=_("What do we want to know?"), max_length=300, widget=_lines(2))
    field = forms.ChoiceField(label=_("The answer belongs to"), required=False)

    def __init__(self, *args: Any, groups: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["field"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("decide when it is answered")), *groups]


class RivalForm(RefusableForm):
    """C-02 of one rival. The name may be new; it joins the company's list."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    competitor_name = forms.CharField(
        label=_("Competitor"), max_length=120, widget=forms.TextInput(attrs={"list": "competitor-names", "autocomplete": "off"})
    )
    product_use = forms.CharField(label=_label(AccountCompetitor, "product_use"), required=False, max_length=4_000, widget=_lines(2))
    satisfaction = forms.TypedChoiceField(
        label=_label(AccountCompetitor, "satisfaction"), choices=SATISFACTION, coerce=int, empty_value=None, required=False
    )
    representative = forms.CharField(label=_label(AccountCompetitor, "representative"), required=False, max_length=80)
    selling_style = forms.CharField(label=_label(AccountCompetitor, "selling_style"), required=False, max_length=4_000, widget=_lines(2))
    relation = forms.CharField(label=_label(AccountCompetitor, "relation"), required=False, max_length=4_000, widget=_lines(2))
    price_note = forms.CharField(label=_label(AccountCompetitor, "price_note"), required=False, max_length=200)
    recognition = forms.CharField(label=_label(AccountCompetitor, "recognition"), required=False, max_length=4_000, widget=_lines(2))
    noted_date = forms.DateField(label=_label(AccountCompetitor, "noted_date"), widget=_day())
    source: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        label=_label(AccountCompetitor, "source"), queryset=None, required=False, empty_label="—", help_text=FREELY
    )

    def __init__(self, *args: Any, sources: Any, fixed: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        source = self.fields["source"]
        assert isinstance(source, forms.ModelChoiceField)
        source.queryset = sources
        if fixed:
            self.fields["competitor_name"].widget = forms.HiddenInput()

    @staticmethod
    def initial_of(rival: AccountCompetitor, *, noted: date | None = None) -> dict[str, Any]:
        """Start values; with `noted` for a new state of the rival as of that day."""
        start = {name: getattr(rival, name) for name in RIVAL_FACTS} | {"source": rival.source_id, "competitor_name": rival.competitor.name}
        return start | ({"noted_date": noted, "source": None} if noted else {"version": rival.version})

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in RIVAL_FACTS}
