"""The shape of an objection, of a step of handling, and of its end."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dingke.core.forms import RefusableForm
from dingke.library.calc import objections as reference
from dingke.qualification.forms.discovery import contact_field
from dingke.qualification.forms.sheet import day, label_of, lines
from dingke.qualification.models import Objection


def _options(table: tuple[reference.Named, ...]) -> list[tuple[str, str]]:
    return [(row.code, row.label.text(get_language() or "zh")) for row in table]


class ObjectionForm(RefusableForm):
    """Kind and surface topic are separate: the same sentence may be any kind (J-04)."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    words = forms.CharField(label=label_of(Objection, "words"), max_length=4_000, widget=lines(2))
    standard = forms.ChoiceField(label=label_of(Objection, "standard"), required=False)
    moment = forms.ChoiceField(label=label_of(Objection, "moment"), choices=Objection.Moment.choices)
    channel = forms.ChoiceField(label=label_of(Objection, "channel"), choices=Objection.Channel.choices)
    contact = contact_field(_("Who raised it"))
    act = forms.ChoiceField(label=label_of(Objection, "act"), choices=Objection.Act.choices)
    is_spoken = forms.BooleanField(label=label_of(Objection, "is_spoken"), required=False)
    topic = forms.CharField(label=label_of(Objection, "topic"), required=False, max_length=120)
    kind = forms.ChoiceField(label=label_of(Objection, "kind"), choices=Objection.Kind.choices, widget=forms.RadioSelect)
    real_issue = forms.CharField(
        label=_("The real issue, as far as we suspect"), required=False, max_length=1_000, widget=lines(2),
        help_text=_("It becomes an objection of its own."),
    )  # fmt: skip
    causes_customer = forms.MultipleChoiceField(
        label=_("Causes on the customer's side"), required=False, widget=forms.CheckboxSelectMultiple
    )
    causes_seller = forms.MultipleChoiceField(label=_("Causes on our side"), required=False, widget=forms.CheckboxSelectMultiple)
    timing = forms.ChoiceField(label=label_of(Objection, "timing"), choices=Objection.Timing.choices, widget=forms.RadioSelect)
    timing_reason = forms.ChoiceField(label=_("Why then"), required=False)
    due_date = forms.DateField(label=label_of(Objection, "due_date"), required=False, widget=day())
    entry: forms.ModelChoiceField[Any] = forms.ModelChoiceField(
        label=_("Answer from the library"), queryset=None, required=False, empty_label="—"
    )
    answer = forms.CharField(label=label_of(Objection, "answer"), required=False, max_length=4_000, widget=lines(2))
    opened_date = forms.DateField(label=label_of(Objection, "opened_date"), widget=day())

    PLAIN = (
        "words", "standard", "moment", "channel", "contact", "act", "is_spoken", "topic", "kind", "timing", "timing_reason",
        "due_date", "entry", "answer", "opened_date",
    )  # fmt: skip

    def __init__(self, *args: Any, people: Any, answers: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["contact"].queryset = people
        fields["entry"].queryset = answers
        fields["standard"].choices = [("", _("none of the eight")), *_options(reference.STANDARD)]
        fields["causes_customer"].choices = _options(reference.CUSTOMER_CAUSES)
        fields["causes_seller"].choices = _options(reference.SELLER_CAUSES)
        language = get_language() or "zh"
        groups: dict[str, list[tuple[str, str]]] = {"NOW": [], "LATER": []}
        for timing, row in reference.TIMING_CASES:
            groups[timing].append((row.code, row.label.text(language)))
        fields["timing_reason"].choices = [
            ("", "—"), (_("Handle at once"), groups["NOW"]), (_("Handle later"), groups["LATER"]),
        ]  # fmt: skip

    @classmethod
    def initial_of(cls, row: Objection) -> dict[str, Any]:
        start = {name: getattr(row, name) for name in ("version", *cls.PLAIN)}
        return start | {
            "contact": row.contact_id,
            "entry": row.entry_id,
            "causes_customer": row.causes,
            "causes_seller": row.causes,
            "real_issue": row.real_issue.words if row.real_issue else "",
        }

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {name: data[name] for name in self.PLAIN} | {"causes": [*data["causes_customer"], *data["causes_seller"]]}


class StepForm(RefusableForm):
    note = forms.CharField(label=_("What was said"), max_length=4_000, widget=lines(3))


class CloseForm(RefusableForm):
    principles = forms.MultipleChoiceField(label=_("Principles that were kept"), required=False, widget=forms.CheckboxSelectMultiple)
    result = forms.ChoiceField(label=label_of(Objection, "result"), choices=Objection.Result.choices, widget=forms.RadioSelect)
    settled_date = forms.DateField(label=label_of(Objection, "settled_date"), widget=day())
    note = forms.CharField(label=label_of(Objection, "result_note"), required=False, max_length=4_000, widget=lines(2))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["principles"].choices = _options(reference.PRINCIPLES)
