"""The form of a deal: what it is, what it is worth, and what is known of how the customer buys (C-03, C-10, E-05)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dingke.accounts.models import Account
from dingke.core import money
from dingke.core.forms import RefusableForm
from dingke.core.models import ListItem
from dingke.people.models import User
from dingke.pipeline.models import Opportunity, Playbook, PlaybookVersion
from dingke.pipeline.queries.form import Pickers
from dingke.pipeline.queries.playbooks import name_of

AMOUNTS = ("amount", "budget_low", "budget_high")
GROUPS: tuple[tuple[str, str | Promise, tuple[str, ...]], ...] = (
    ("what", gettext_lazy("What it is"), ("name", "account", "playbook", "mode", "product_family", "source", "owner")),
    (
        "worth",
        gettext_lazy("What it is worth"),
        ("amount", "expected_date", "forecast", "hand_probability", "next_step", "next_step_date"),
    ),
    ("budget", gettext_lazy("Budget of the customer"), ("budget_low", "budget_high", "budget_basis")),
    (
        "project",
        gettext_lazy("Project of the customer"),
        ("buying_stage", "purchase_plan", "problem", "deciders", "timetable", "purchase_process", "open_question"),
    ),
)
WIDE = {"name", "purchase_plan", "problem", "deciders", "timetable", "purchase_process", "open_question", "next_step"}
NOT_FACTS = {"playbook", "owner"}


class PlaybookChoice(forms.ModelChoiceField[PlaybookVersion]):
    def label_from_instance(self, obj: Any) -> str:
        return name_of(obj.playbook)


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _amount(label: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=label, max_digits=18, decimal_places=2, min_value=Decimal(0), required=False,
        widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "0.01"}),
    )  # fmt: skip


def _text(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=4000, help_text=help_text, widget=forms.Textarea(attrs={"rows": 2}))


class OpportunityForm(RefusableForm):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=200, error_messages={"required": gettext_lazy("A deal needs a name.")})
    account = forms.ModelChoiceField(
        label=gettext_lazy("Account"),
        queryset=Account.objects.none(),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("This company is not there, or it is not shared with you.")},
        help_text=gettext_lazy("Without an account the deal carries an open question."),
    )
    playbook = PlaybookChoice(
        label=gettext_lazy("Playbook"),
        queryset=PlaybookVersion.objects.none(),
        help_text=gettext_lazy("Its stages, steps and gates; the deal keeps this version."),
        error_messages={"required": gettext_lazy("Choose a playbook.")},
    )
    mode = forms.ChoiceField(label=gettext_lazy("Mode"), choices=Playbook.Mode.choices)
    product_family = forms.CharField(
        label=gettext_lazy("Product family"), max_length=80, required=False, widget=forms.TextInput(attrs={"list": "deal-families"})
    )
    source = forms.ModelChoiceField(label=gettext_lazy("Source"), queryset=ListItem.objects.none(), required=False)
    owner = forms.ModelChoiceField(label=gettext_lazy("Owner"), queryset=User.objects.none(), required=False)
    amount = _amount(gettext_lazy("Amount"))
    expected_date = forms.DateField(label=gettext_lazy("Expected on"), required=False, widget=_day())
    forecast = forms.ChoiceField(label=gettext_lazy("Forecast"), choices=Opportunity.Forecast.choices)
    hand_probability = forms.IntegerField(
        label=gettext_lazy("Probability by hand (%)"),
        min_value=0,
        max_value=100,
        required=False,
        help_text=gettext_lazy("Empty: by history, else by the stage."),
    )
    next_step = forms.CharField(label=gettext_lazy("Next step"), max_length=200, required=False)
    next_step_date = forms.DateField(label=gettext_lazy("Next step on"), required=False, widget=_day())
    budget_low = _amount(gettext_lazy("Budget from"))
    budget_high = _amount(gettext_lazy("Budget to"))
    budget_basis = forms.ChoiceField(label=gettext_lazy("How we know the budget"), required=False)
    buying_stage = forms.ChoiceField(
        label=gettext_lazy("The customer's stage"),
        required=False,
        help_text=gettext_lazy("Where the customer stands in buying, whatever our stage."),
    )
    purchase_plan = _text(gettext_lazy("Latest purchase plan"))
    problem = _text(gettext_lazy("Problem to solve"))
    deciders = _text(gettext_lazy("Deciders and influencers"))
    timetable = _text(gettext_lazy("Purchase timetable"))
    purchase_process = _text(gettext_lazy("Purchase process"))
    open_question = forms.CharField(label=gettext_lazy("Open question"), max_length=200, required=False)

    def __init__(
        self, data: QueryDict | None = None, *, pickers: Pickers, deal: Opportunity | None = None, hides_amount: bool = False,
        initial: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(data, initial=initial_of(deal) if deal else {"forecast": "PIPELINE", **(initial or {})})
        self.pickers, self.deal = pickers, deal
        for name, queryset, empty in (
            ("playbook", pickers.playbooks, None), ("source", pickers.sources, _("unknown")), ("owner", pickers.owners, _("I do")),
        ):  # fmt: skip
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset, field.empty_label = queryset, empty
        account = self.fields["account"]
        assert isinstance(account, forms.ModelChoiceField)
        account.queryset = pickers.accounts
        account.widget = forms.Select(attrs={"data-search": "", "data-url": pickers.accounts_url})
        account.widget.choices = self.account_choices()
        for name, choices in (("budget_basis", Opportunity.BudgetBasis.choices), ("buying_stage", Opportunity.BuyingStage.choices)):
            chosen = self.fields[name]
            assert isinstance(chosen, forms.ChoiceField)
            chosen.choices = [("", _("unknown")), *choices]
        if deal is not None:
            del self.fields["playbook"], self.fields["owner"]
        if hides_amount:
            for name in AMOUNTS:
                del self.fields[name]
        if deal is None:
            self.fields["mode"].required = False
            mode = self.fields["mode"]
            assert isinstance(mode, forms.ChoiceField)
            mode.choices = [("", _("as the playbook says")), *Playbook.Mode.choices]

    def account_choices(self) -> list[tuple[str, str]]:
        """The chosen account alone: the others are searched for as one types."""
        raw = str((self.data.get("account") if self.is_bound else self.initial.get("account")) or "")
        chosen = self.pickers.accounts.filter(pk=int(raw)).first() if raw.isdigit() else None
        return [("", _("not known yet")), *([(str(chosen.pk), chosen.name)] if chosen else [])]

    def groups(self) -> list[tuple[str, str, list[tuple[forms.BoundField, bool]]]]:
        return [
            (key, str(title), [(self[name], name in WIDE) for name in names if name in self.fields])
            for key, title, names in GROUPS
            if any(name in self.fields for name in names)
        ]

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        given = {name: value for name, value in self.cleaned_data.items() if name not in NOT_FACTS}
        for name in AMOUNTS:
            if given.get(name) is not None:
                given[name] = money.rounded(given[name])
        if not given.get("mode"):
            given.pop("mode", None)
        return given


def initial_of(deal: Opportunity) -> dict[str, Any]:
    """Field values of a deal as the form shows them, foreign keys as ids."""
    names = [name for _key, _title, names in GROUPS for name in names if name not in NOT_FACTS]
    values = {name: getattr(deal, f"{name}_id" if name in {"account", "source"} else name) for name in names}
    return {name: Decimal(f"{value.normalize():f}") if isinstance(value, Decimal) else value for name, value in values.items()}
