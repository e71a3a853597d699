"""The short forms on the page of a deal: next step, ways to end, waivers, steps, lines, rivals, the decision cycle."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dingke.accounts.models import Contact
from dingke.core.forms import RefusableForm
from dingke.core.models import ListItem
from dingke.ledger.models import Product
from dingke.people.models import User
from dingke.pipeline.calc.cycle import FACTORS, MOST_DAYS


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _version() -> forms.IntegerField:
    return forms.IntegerField(required=False, widget=forms.HiddenInput)


def _words(label: Any, rows: int = 2, *, required: bool = False) -> forms.CharField:
    return forms.CharField(label=label, required=required, max_length=4000, widget=forms.Textarea(attrs={"rows": rows}))


class NextStepForm(RefusableForm):
    next_step = forms.CharField(
        label=gettext_lazy("Next step"), max_length=200, widget=forms.TextInput(attrs={"autofocus": True}),
        error_messages={"required": gettext_lazy("Say what comes next.")},
    )  # fmt: skip
    next_step_date = forms.DateField(
        label=gettext_lazy("Due by"), widget=_day(), error_messages={"required": gettext_lazy("Choose the day.")}
    )
    version = _version()


class ReasonForm(RefusableForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=300, widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
        error_messages={"required": gettext_lazy("A reason is needed.")},
    )  # fmt: skip
    version = _version()


class MoveForm(ReasonForm):
    to_stage = forms.ChoiceField(label=gettext_lazy("Stage"))

    def __init__(self, *args: Any, stages: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False
        self.fields["reason"].help_text = _("Needed when the deal goes back.")
        field = self.fields["to_stage"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = stages
        self.order_fields(["to_stage", "reason", "version"])


class WinForm(RefusableForm):
    won_amount = forms.DecimalField(
        label=gettext_lazy("Amount of the contract"), max_digits=18, decimal_places=2, min_value=Decimal(0),
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.01"}),
    )  # fmt: skip
    ended_date = forms.DateField(label=gettext_lazy("Signed on"), widget=_day())
    note = _words(gettext_lazy("Why we won"))
    version = _version()


class LoseForm(RefusableForm):
    reason = forms.ModelChoiceField(
        label=gettext_lazy("Reason"), queryset=ListItem.objects.none(), error_messages={"required": gettext_lazy("Choose the reason.")}
    )
    lost_to = forms.CharField(
        label=gettext_lazy("Lost to"), max_length=120, required=False, widget=forms.TextInput(attrs={"list": "deal-rivals"})
    )
    ended_date = forms.DateField(label=gettext_lazy("Lost on"), widget=_day())
    note = _words(gettext_lazy("What we learn from it"))
    version = _version()

    def __init__(self, *args: Any, reasons: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["reason"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = reasons


class DropForm(LoseForm):
    recheck_date = forms.DateField(label=gettext_lazy("Look again on"), widget=_day())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["lost_to"], self.fields["ended_date"]
        self.order_fields(["reason", "recheck_date", "note", "version"])


class GiveForm(RefusableForm):
    to = forms.ModelChoiceField(label=gettext_lazy("New owner"), queryset=User.objects.none())

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = people


class StepForm(RefusableForm):
    proof = _words(gettext_lazy("Proof"), 3)
    proof_date = forms.DateField(label=gettext_lazy("Date of the proof"), required=False, widget=_day())
    contact = forms.ModelChoiceField(label=gettext_lazy("Confirmed by"), queryset=Contact.objects.none(), required=False)
    version = _version()

    def __init__(self, *args: Any, contacts: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["contact"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset, field.empty_label = contacts, _("choose a contact")


class PlanForm(RefusableForm):
    assignee = forms.ModelChoiceField(label=gettext_lazy("Who does it"), queryset=User.objects.none())
    due_date = forms.DateField(label=gettext_lazy("Due by"), required=False, widget=_day())

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["assignee"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = people


class LineForm(RefusableForm):
    product = forms.ModelChoiceField(label=gettext_lazy("Product"), queryset=Product.objects.none())
    quantity = forms.DecimalField(label=gettext_lazy("Quantity"), max_digits=14, decimal_places=3, initial=Decimal(1))
    unit_price = forms.DecimalField(
        label=gettext_lazy("Unit price"), max_digits=18, decimal_places=4, required=False,
        help_text=gettext_lazy("Empty: as in the price list."),
    )  # fmt: skip

    def __init__(self, *args: Any, products: Any, hides_amount: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["product"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = products
        field.widget.attrs["data-search"] = ""
        if hides_amount:
            del self.fields["unit_price"]


class RivalForm(RefusableForm):
    competitor_name = forms.CharField(
        label=gettext_lazy("Rival"), max_length=120, widget=forms.TextInput(attrs={"list": "deal-rivals", "autofocus": True}),
        error_messages={"required": gettext_lazy("Name the competitor.")},
    )  # fmt: skip
    strength = _words(gettext_lazy("Strength"))
    weakness = _words(gettext_lazy("Weakness"))
    counter = _words(gettext_lazy("How we counter it"))
    price = forms.DecimalField(label=gettext_lazy("Their price"), max_digits=18, decimal_places=2, min_value=Decimal(0), required=False)
    recognition = forms.CharField(label=gettext_lazy("Recognition by the customer"), max_length=200, required=False)
    source = forms.ModelChoiceField(label=gettext_lazy("Source"), queryset=ListItem.objects.none(), required=False)
    version = _version()

    def __init__(self, *args: Any, sources: Any, is_known: bool, hides_amount: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["source"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset, field.empty_label = sources, _("unknown")
        if is_known:
            del self.fields["competitor_name"]
        if hides_amount:
            del self.fields["price"]


class CycleForm(RefusableForm):
    mode = forms.ChoiceField(
        label=gettext_lazy("How the four run"), widget=forms.RadioSelect,
        choices=[("SUM", gettext_lazy("one after the other")), ("MAX", gettext_lazy("side by side"))],
    )  # fmt: skip
    version = _version()

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in FACTORS.items():
            self.fields[name] = forms.IntegerField(label=label.text(language), min_value=0, max_value=MOST_DAYS)
        self.order_fields([*FACTORS, "mode", "version"])

    def cycle(self) -> dict[str, Any]:
        return {**{name: self.cleaned_data[name] for name in FACTORS}, "mode": self.cleaned_data["mode"]}
