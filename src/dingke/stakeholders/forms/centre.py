"""Forms about a map as a whole: frame, chain, factors, influences, needs, rules."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Contact
from dingke.core.models import ListItem
from dingke.stakeholders.calc import factors
from dingke.stakeholders.calc.needs import HINTS, INFLUENCES, WAYS
from dingke.stakeholders.calc.purchase import PROCESSES
from dingke.stakeholders.forms.people import BaseForm, day_field
from dingke.stakeholders.models import BuyingCentre, ChainStep, NeedEntry, Stakeholder

RIVALS = range(1, 4)


class FrameForm(BaseForm):
    structure = forms.ChoiceField(label=_("Form of organisation"), required=False)
    company_size = forms.ChoiceField(label=_("Purchase process"), required=False)
    process_note = forms.CharField(label=_("Business process"), required=False, widget=forms.Textarea(attrs={"rows": 4}))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "zh"
        self.fields["structure"].choices = [("", _("Not known yet")), *BuyingCentre.Structure.choices]  # type: ignore[attr-defined]
        self.fields["company_size"].choices = [  # type: ignore[attr-defined]
            ("", _("By the size tier of the account")),
            *((one.code, one.label.text(language)) for one in PROCESSES),
        ]


class StepForm(BaseForm):
    kind = forms.ChoiceField(label=_("Kind of step"), choices=ChainStep.Kind.choices, widget=forms.RadioSelect)
    label = forms.CharField(
        label=_("Step"), max_length=120, error_messages={"required": _("Say what happens in this step, or who takes it.")}
    )
    stakeholder = forms.ChoiceField(label=_("Responsible"), required=False)
    decided_date = day_field(_("Decided on"))
    note = forms.CharField(label=_("Note"), max_length=300, required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, people: Iterable[Stakeholder], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {str(row.pk): row for row in people}
        named = ((pk, row.shown_name) for pk, row in self.people.items())
        self.fields["stakeholder"].choices = [("", _("Nobody named yet")), *named]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        given = super().values()
        return {**given, "stakeholder": self.people.get(given["stakeholder"])}


class FactorsForm(BaseForm):
    """The type, a rank for each factor, scores for us and up to three rivals."""

    software_type = forms.ChoiceField(label=_("Type"))
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "zh"
        kinds = [(one.code, one.label.text(language)) for one in factors.ORDERS]
        self.fields["software_type"].choices = kinds  # type: ignore[attr-defined]
        ranks = [(str(place), f"{place} · {weight}%") for place, weight in enumerate(factors.WEIGHTS, start=1)]
        for code, label in factors.FACTORS.items():
            self.fields[f"rank-{code}"] = forms.ChoiceField(label=label.text(language), choices=ranks)
            self.fields[f"us-{code}"] = self._score(_("We"))
            for number in RIVALS:
                self.fields[f"rival{number}-{code}"] = self._score(_("Rival"))
        for number in RIVALS:
            self.fields[f"rival{number}"] = forms.CharField(label=_("Rival"), max_length=120, required=False)

    @staticmethod
    def _score(label: Any) -> forms.IntegerField:
        widget = forms.NumberInput(attrs={"inputmode": "numeric", "min": 0, "max": 100})
        return forms.IntegerField(label=label, required=False, min_value=0, max_value=100, widget=widget)

    @property
    def rows(self) -> list[tuple[str, Any, Any, list[Any]]]:
        """Label, rank, our score, the scores of the rivals: a row of the table for each factor."""
        return [
            (
                str(self[f"rank-{code}"].label),
                self[f"rank-{code}"],
                self[f"us-{code}"],
                [self[f"rival{number}-{code}"] for number in RIVALS],
            )
            for code in factors.FACTORS
        ]

    @property
    def rivals(self) -> list[Any]:
        return [self[f"rival{number}"] for number in RIVALS]

    @staticmethod
    def initial_of(centre: BuyingCentre, kind: str) -> dict[str, Any]:
        stored = centre.factors
        order = stored.get("order") or factors.ORDER_OF[kind].factors
        found: dict[str, Any] = {"software_type": stored.get("type") or kind, "version": centre.version}
        for place, code in enumerate(order, start=1):
            found[f"rank-{code}"] = str(place)
            found[f"us-{code}"] = stored.get("us", {}).get(code)
        for number, row in zip(RIVALS, stored.get("rivals", []), strict=False):
            found[f"rival{number}"] = row["name"]
            found.update({f"rival{number}-{code}": score for code, score in row["scores"].items()})
        return found

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        ranks = sorted(factors.FACTORS, key=lambda code: int(given[f"rank-{code}"]))
        if len({given[f"rank-{code}"] for code in factors.FACTORS}) < len(factors.FACTORS):
            ranks = []  # the action says that each rank is given once
        return {
            "software_type": given["software_type"],
            "order": ranks,
            "ours": self._scores("us"),
            "rivals": [
                (given[f"rival{number}"], self._scores(f"rival{number}"))
                for number in RIVALS
                if given[f"rival{number}"].strip() or self._scores(f"rival{number}")
            ],
        }

    def _scores(self, prefix: str) -> dict[str, int]:
        found = {code: self.cleaned_data.get(f"{prefix}-{code}") for code in factors.FACTORS}
        return {code: score for code, score in found.items() if score is not None}


class InfluencesForm(BaseForm):
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "zh"
        rates = [("", "—"), *((str(number), str(number)) for number in range(1, 6))]
        for code, label in INFLUENCES.items():
            self.fields[f"rating-{code}"] = forms.ChoiceField(label=label.text(language), choices=rates, required=False)
            self.fields[f"note-{code}"] = forms.CharField(label=_("Note"), max_length=300, required=False)

    @property
    def rows(self) -> list[tuple[Any, Any]]:
        return [(self[f"rating-{code}"], self[f"note-{code}"]) for code in INFLUENCES]

    @staticmethod
    def initial_of(centre: BuyingCentre) -> dict[str, Any]:
        found: dict[str, Any] = {"version": centre.version}
        for code, row in centre.influences.items():
            found |= {f"rating-{code}": str(row.get("rating") or ""), f"note-{code}": row.get("note", "")}
        return found

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {code: (int(given[f"rating-{code}"] or 0) or None, given[f"note-{code}"]) for code in INFLUENCES}


class NeedForm(BaseForm):
    channel = forms.ChoiceField(label=_("Way"), widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("What was learnt"), widget=forms.Textarea(attrs={"rows": 3}), error_messages={"required": _("Say what was learnt.")}
    )
    on_date = day_field(_("Date"), required=True)
    contact = forms.ChoiceField(label=_("Said by"), required=False)
    source = forms.ChoiceField(label=_("Source"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, contacts: Iterable[Contact], sources: Iterable[ListItem], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "zh"
        self.contacts = {str(one.pk): one for one in contacts}
        self.sources = {str(one.pk): one for one in sources}
        ways = [(code, f"{label.text(language)} · {HINTS[code].text(language)}") for code, label in WAYS.items()]
        self.fields["channel"].choices = ways  # type: ignore[attr-defined]
        people = ((pk, one.name) for pk, one in self.contacts.items())
        self.fields["contact"].choices = [("", _("Nobody in particular")), *people]  # type: ignore[attr-defined]
        kinds = ((pk, one.label) for pk, one in self.sources.items())
        self.fields["source"].choices = [("", _("Not said")), *kinds]  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(row: NeedEntry) -> dict[str, Any]:
        return {
            "channel": row.channel,
            "text": row.text,
            "on_date": row.on_date,
            "contact": str(row.contact_id or ""),
            "source": str(row.source_id or ""),
            "version": row.version,
        }

    def values(self) -> dict[str, Any]:
        given = super().values()
        return {**given, "contact": self.contacts.get(given["contact"]), "source": self.sources.get(given["source"])}


class RulesForm(BaseForm):
    quiet_days = forms.IntegerField(label=_("Days without contact that make a gap"), min_value=1, max_value=1000)
    thread_days = forms.IntegerField(label=_("Days in which more than one person must be reached"), min_value=1, max_value=1000)
