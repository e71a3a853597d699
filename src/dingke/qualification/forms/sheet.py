"""The shape of an element of the 7+3 sheet, of evidence, of a decision."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dingke.core.forms import RefusableForm
from dingke.pipeline.models import Opportunity
from dingke.qualification.calc.elements import ELEMENT_OF, Fact, Kind
from dingke.qualification.models import Evidence, RedFlag, SheetDecision, SheetElement

FACT = "fact_"
BUDGET = ("budget_low", "budget_high", "budget_basis")


def day(**attrs: str) -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date", **attrs}, format="%Y-%m-%d")


def lines(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


def label_of(model: Any, name: str) -> Any:
    return model._meta.get_field(name).verbose_name


def _fact_field(fact: Fact) -> forms.Field:
    label = fact.label.text(get_language() or "zh")
    match fact.kind:
        case Kind.DATE:
            return forms.DateField(label=label, required=False, widget=day())
        case Kind.NUMBER | Kind.AMOUNT:
            return forms.DecimalField(label=label, required=False, min_value=Decimal(0), max_digits=16, decimal_places=2)
        case Kind.CHOICE:
            options = [("", "—"), *((code, text.text(get_language() or "zh")) for code, text in fact.options)]
            return forms.ChoiceField(label=label, required=False, choices=options)
        case Kind.YES_NO:
            return forms.ChoiceField(label=label, required=False, choices=[("", "—"), ("YES", _("Yes")), ("NO", _("No"))])
        case _:
            return forms.CharField(label=label, required=False, max_length=300)


class ElementForm(RefusableForm):
    """One element: state, words, the sub-fields of the element, the next question, the day; a red flag when there is one."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    state = forms.ChoiceField(label=_("State"), choices=SheetElement.State.choices, widget=forms.RadioSelect)
    flag_code = forms.ChoiceField(label=_("Which red flag"), required=False)
    flag_text = forms.CharField(label=_("In your own words"), required=False, max_length=1_000)
    text = forms.CharField(label=label_of(SheetElement, "text"), required=False, max_length=10_000, widget=lines(2))
    next_question = forms.CharField(label=label_of(SheetElement, "next_question"), required=False, max_length=300)
    as_of_date = forms.DateField(label=label_of(SheetElement, "as_of_date"), required=False, widget=day())

    def __init__(self, *args: Any, element: str, hides_amounts: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"id_{element}_%s")
        super().__init__(*args, **kwargs)
        known = ELEMENT_OF[element]
        flags = [(flag.code, flag.label.text(get_language() or "zh")) for flag in known.flags]
        flag_code = self.fields["flag_code"]
        assert isinstance(flag_code, forms.ChoiceField)
        flag_code.choices = [("", _("another one, in my own words")), *flags]
        self.fact_names: list[str] = []
        for fact in known.facts:
            if hides_amounts and fact.kind is Kind.AMOUNT:
                continue
            self.fields[FACT + fact.key] = _fact_field(fact)
            self.fact_names.append(FACT + fact.key)
        self.has_budget = element == SheetElement.Element.BUDGET and not hides_amounts
        if self.has_budget:
            for name in ("budget_low", "budget_high"):
                self.fields[name] = forms.DecimalField(
                    label=label_of(Opportunity, name), required=False, min_value=Decimal(0), max_digits=18, decimal_places=2
                )
            self.fields["budget_basis"] = forms.ChoiceField(
                label=label_of(Opportunity, "budget_basis"), required=False, choices=[("", "—"), *Opportunity.BudgetBasis.choices]
            )

    @staticmethod
    def initial_of(row: SheetElement, opportunity: Opportunity, flag: RedFlag | None = None) -> dict[str, Any]:
        start = {name: getattr(row, name) for name in ("version", "state", "text", "next_question", "as_of_date")}
        start |= {FACT + key: value for key, value in row.facts.items()}
        start |= {name: getattr(opportunity, name) for name in BUDGET}
        if flag is not None:
            start |= {"flag_code": flag.code, "flag_text": flag.text}
        return start

    def values(self, kept: dict[str, str]) -> dict[str, Any]:
        """What the action saves; sub-fields that are not shown to this person (`kept`) stay."""
        data = self.cleaned_data
        facts = dict(kept)
        for name in self.fact_names:
            facts[name.removeprefix(FACT)] = _plain(data[name])
        given = {name: data[name] for name in ("state", "text", "next_question", "as_of_date")}
        return given | {"facts": {key: value for key, value in facts.items() if value}}

    def budget(self) -> dict[str, Any] | None:
        return {name: self.cleaned_data[name] for name in BUDGET} if self.has_budget else None


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value).strip()


class EvidenceForm(RefusableForm):
    kind = forms.ChoiceField(label=label_of(Evidence, "kind"), choices=Evidence.Kind.choices)
    reference = forms.CharField(
        label=label_of(Evidence, "reference"), max_length=300, help_text=_("Which visit, which file, which mail; who said it")
    )
    on_date = forms.DateField(label=label_of(Evidence, "on_date"), widget=day())


class FlagDecisionForm(RefusableForm):
    decision = forms.ChoiceField(label=label_of(RedFlag, "decision"), choices=RedFlag.Decision.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=label_of(RedFlag, "reason"), max_length=2_000, widget=lines(3))


class VerdictForm(RefusableForm):
    verdict = forms.ChoiceField(label=label_of(SheetDecision, "verdict"), choices=SheetDecision.Verdict.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=label_of(SheetDecision, "reason"), max_length=2_000, widget=lines(3))
    recheck_date = forms.DateField(label=label_of(SheetDecision, "recheck_date"), required=False, widget=day())
