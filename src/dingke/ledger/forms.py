"""The shape of what people type into the ledger; rules and saving are in the actions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.core.scope import Scope
from dingke.ledger.models import Incentive, Order, Product, Receivable

COSTS = ("unit_cost", "cost")


def day_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateField:
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )


def amount_field(label: Any, *, required: bool = True, help_text: Any = "", places: int = 2) -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        required=required,
        help_text=help_text,
        max_digits=18,
        decimal_places=places,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
    )


class LedgerForm(forms.Form):
    """A form of one record. `version` names the version it was read at; costs are left out for those who do not see them."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    wide: tuple[str, ...] = ()

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "ledger_%s")
        super().__init__(*args, **kwargs)
        if scope.hides("cost"):
            for name in COSTS:
                self.fields.pop(name, None)

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class ProductForm(LedgerForm):
    code = forms.CharField(label=_("Code"), max_length=60)
    name = forms.CharField(label=_("Name"), max_length=200)
    family = forms.CharField(label=_("Family"), max_length=80, required=False, help_text=_("Products of one family stand together."))
    list_price = amount_field(_("List price"), required=False)
    unit_cost = amount_field(_("Unit cost"), required=False, help_text=_("Without it, margins of its orders stay unknown."))
    is_high_profit = forms.BooleanField(
        label=_("High-profit product"),
        required=False,
        help_text=_("Counts for the first criterion of a quality key account."),
    )
    wide = ("is_high_profit",)


class OrderForm(LedgerForm):
    number = forms.CharField(label=_("Order number"), max_length=80)
    order_date = day_field(_("Order date"))
    state = forms.ChoiceField(
        label=_("State"),
        choices=[(state.value, state.label) for state in (Order.State.OPEN, Order.State.DELIVERED)],
        initial=Order.State.OPEN.value,
    )
    sold_by_name = forms.CharField(label=_("Sold by"), max_length=120, required=False)
    amount = amount_field(_("Amount"), required=False, help_text=_("Only for an order without lines; else it is their sum."))
    cost = amount_field(_("Cost"), required=False, help_text=_("If you know it and no line has one."))
    order_discount = amount_field(
        _("Discount on the order"), required=False, help_text=_("In money; it is split over the lines to the cent.")
    )

    def discount(self) -> Decimal:
        return self.cleaned_data.get("order_discount") or Decimal(0)

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in super().facts().items() if name != "order_discount"}


class LineForm(forms.Form):
    product = forms.ChoiceField(label=_("Product"), required=False)
    description = forms.CharField(label=_("Description"), required=False, max_length=200)
    quantity = forms.DecimalField(
        label=_("Quantity"),
        required=False,
        max_digits=14,
        decimal_places=3,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"}),
    )
    unit_price = amount_field(_("Unit price"), required=False, places=4)
    unit_cost = amount_field(_("Unit cost"), required=False)

    def __init__(self, *args: Any, products: Iterable[Product], hides_cost: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"].choices = [("", "—"), *((str(row.pk), f"{row.code} {row.name}") for row in products)]  # type: ignore[attr-defined]
        if hides_cost:
            self.fields.pop("unit_cost")

    def is_blank(self) -> bool:
        return not any(self.cleaned_data.get(name) not in (None, "") for name in self.fields)


LineFormSet = forms.formset_factory(LineForm, extra=0, max_num=200, absolute_max=200)


class ReceivableForm(LedgerForm):
    number = forms.CharField(label=_("Invoice number"), max_length=80)
    amount = amount_field(_("Amount"))
    invoice_date = day_field(_("Invoice date"))
    due_date = day_field(_("Due date"))
    order = forms.ChoiceField(label=_("Order"), required=False)

    def __init__(self, *args: Any, orders: Iterable[Order], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.orders = {str(order.pk): order for order in orders}
        choices = [(key, f"{order.number} · {order.order_date}") for key, order in self.orders.items()]
        self.fields["order"].choices = [("", "—"), *choices]  # type: ignore[attr-defined]

    def facts(self) -> dict[str, Any]:
        facts = super().facts()
        return {**facts, "order": self.orders.get(facts.get("order", ""))}


def _open(receivables: Iterable[Receivable]) -> list[tuple[str, str]]:
    """Open invoices as choices."""
    return [(str(row.pk), f"{row.number} · {row.due_date} · {row.outstanding:,.2f}") for row in receivables]


class PaymentForm(LedgerForm):
    receivable = forms.ChoiceField(label=_("For invoice"), required=False)
    amount = amount_field(_("Amount"))
    paid_date = day_field(_("Paid on"))
    reference = forms.CharField(
        label=_("Reference"),
        required=False,
        max_length=120,
        help_text=_("Bank reference, number of the bill, or a note."),
    )
    wide = ("receivable", "reference")

    def __init__(self, *args: Any, receivables: Iterable[Receivable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        receivables = list(receivables)
        self.receivables = {str(row.pk): row for row in receivables}
        self.fields["receivable"].choices = [("", _("No invoice: an advance")), *_open(receivables)]  # type: ignore[attr-defined]

    def facts(self) -> dict[str, Any]:
        facts = super().facts()
        return {**facts, "receivable": self.receivables.get(facts.get("receivable", ""))}


class AdvanceForm(LedgerForm):
    receivable = forms.ChoiceField(label=_("For invoice"))
    wide = ("receivable",)

    def __init__(self, *args: Any, receivables: Iterable[Receivable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        receivables = list(receivables)
        self.receivables = {str(row.pk): row for row in receivables}
        self.fields["receivable"].choices = _open(receivables)  # type: ignore[attr-defined]

    def facts(self) -> dict[str, Any]:
        return {"receivable": self.receivables[self.cleaned_data["receivable"]]}


class DisputeForm(LedgerForm):
    note = forms.CharField(
        label=_("What is the dispute about?"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
    )
    wide = ("note",)


class SettleForm(LedgerForm):
    outcome = forms.CharField(
        label=_("How was it settled?"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
    )
    wide = ("outcome",)


class IncentiveForm(LedgerForm):
    kind = forms.ChoiceField(label=_("Kind"), choices=Incentive.Kind.choices)
    amount = amount_field(_("Amount"))
    start_date = day_field(_("From"))
    end_date = day_field(_("To"))
    reason = forms.CharField(label=_("Reason"), required=False, max_length=300)
    wide = ("reason",)


class FindingForm(LedgerForm):
    supplier = forms.CharField(label=_("Supplier"), max_length=120)
    as_of_date = day_field(_("As of"))
    finding = forms.CharField(
        label=_("Finding"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Terms agreed, how late it really pays, by what means."),
    )
    source = forms.CharField(label=_("Source"), max_length=200, help_text=_("Who said so, and how it was asked."))
    is_bad = forms.BooleanField(label=_("Pays badly"), required=False)
    wide = ("finding", "source", "is_bad")


class AgeingForm(LedgerForm):
    edges = forms.CharField(
        label=_("Last day of each bucket"),
        max_length=80,
        help_text=_("Days past due, rising, with commas: 30, 60, 90 gives 1-30, 31-60, 61-90 and over 90."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    wide = ("edges",)

    def clean_edges(self) -> tuple[int, ...]:
        words = re.split(r"[\s,，、;；]+", self.cleaned_data["edges"].strip(" ,，、;；"))
        if not all(word.isascii() and word.isdigit() and len(word) < 6 for word in words):
            raise forms.ValidationError(_("Write whole days with commas between them, such as 30, 60, 90."))
        return tuple(int(word) for word in words)


class CurrencyForm(LedgerForm):
    currency = forms.CharField(
        label=_("Currency"),
        max_length=3,
        help_text=_("Its code of three letters, such as CNY."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )
    wide = ("currency",)
