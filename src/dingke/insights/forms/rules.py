"""The form of a group of rules: one field per rule, shares shown as percent, checked by the rules themselves."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Text: TypeAlias = "str | _StrPromise"


@dataclass(frozen=True)
class RuleField:
    """`unit`: "%" turns 0..1 into percent; "days", "times" … are shown beside the field."""

    name: str
    label: Text
    unit: Text = ""
    kind: str = "number"  # number | whole | flag | codes | optional | optional_whole
    list_code: str = ""
    hint: Text = ""


@dataclass(frozen=True)
class RuleGroup:
    name: str
    title: Text
    sub: Text
    fields: tuple[RuleField, ...]
    counts_at_once: bool = False  # else from the next run on


GROUPS: tuple[RuleGroup, ...] = (
    RuleGroup(
        "pareto",
        _("Classes A, B, C"),
        _("Who it takes to reach which share of revenue"),
        (RuleField("a_until", _("Class A reaches"), "%"), RuleField("b_until", _("Class B reaches"), "%")),
    ),
    RuleGroup(
        "faces",
        _("Faces"),
        _("What the figures propose; a person confirms"),
        (
            RuleField("black_influence_from", _("Black: influence from"), _("of 100")),
            RuleField("black_margin_until", _("Black: margin up to"), "%"),
            RuleField("white_volume_top", _("White: volume among the top"), "%"),
            RuleField("white_part_of_average", _("White: margin below this part of the average"), "%"),
            RuleField("red_profit_top", _("Red: profit among the top"), "%"),
            RuleField("occasional_orders", _("Occasional buying: orders a year up to"), kind="whole"),
            RuleField("high_margin_times_average", _("High margin: times the average"), _("times")),
            RuleField("small_volume_from", _("Small volume: outside the top"), "%"),
        ),
    ),
    RuleGroup(
        "guards",
        _("Guards"),
        _("The lines that five misconceptions must not cross"),
        (
            RuleField("least_return", _("Extra profit per extra yuan of incentive, at least")),
            RuleField("least_margin", _("Key accounts: margin above"), "%"),
            RuleField("one_account_limit", _("One account, at most"), _("% of revenue"), hint=_("Share of revenue")),
            RuleField("top_accounts_limit", _("The largest accounts together, at most"), _("% of revenue")),
            RuleField("top_accounts", _("How many are the largest"), kind="whole"),
            RuleField("least_team", _("A key account: people who work on it, at least"), kind="whole"),
            RuleField("assessed_within_days", _("A key account: assessed within"), _("days"), kind="whole"),
            RuleField("least_coverage", _("Other customers with a contact in three months, at least"), "%"),
            RuleField("least_prospects", _("New potential accounts in three months, at least"), kind="whole"),
            RuleField("warn_from", _("Warn from this part of a line"), "%"),
        ),
    ),
    RuleGroup(
        "weakening",
        _("Weakening"),
        _("Which signs count"),
        (
            RuleField("drop_from", _("Bought less by"), "%"),
            RuleField("falling_quarters", _("Margin falling for"), _("quarters"), kind="whole"),
            RuleField("families_drop", _("Product families fewer by"), kind="whole"),
        ),
    ),
    RuleGroup(
        "continuing",
        _("Continuing value"),
        _("How far it looks ahead, what it counts, and when the model does not speak"),
        (
            RuleField("horizon", _("Looks ahead"), _("months"), kind="whole"),
            RuleField("discount", _("Discounted by, a year"), "%"),
            RuleField("by_profit", _("As profit: times the margin"), kind="flag"),
            RuleField("confidence", _("Confidence of the interval"), "%"),
            RuleField("least_customers", _("Model: customers, at least"), kind="whole"),
            RuleField("least_repeaters", _("Model: customers that bought again, at least"), kind="whole"),
            RuleField("least_repeats", _("A plan is preferred below so many repeat purchases"), kind="whole"),
            RuleField("regular_gaps", _("Contract business: gaps, at least"), kind="whole"),
            RuleField("regular_spread", _("Contract business: spread of the logarithm of the gaps, below")),
            RuleField("rhythm_patience", _("Contract business: silent after so many gaps"), _("times")),
            RuleField("most_correlation", _("Number and amount together, at most (correlation)"), "%"),
            RuleField("trend_times", _("Trend broken: times the year before"), _("times")),
            RuleField("trend_errors", _("Trend broken: standard errors, at least")),
        ),
    ),
    RuleGroup(
        "warning",
        _("Early warning"),
        _("When a signal speaks, how much it counts, and what is a loss"),
        (
            RuleField("warn_from", _("Rhythm broken: warn from a probability of"), "%"),
            RuleField("rare_from", _("Rhythm broken: or when so long a silence is as rare as"), "%"),
            RuleField("simple_times", _("Simple rule to compare with: purchase cycles"), _("times")),
            RuleField("fixed_days", _("Fixed rule to compare with"), _("days"), kind="whole"),
            RuleField("stopped_days", _("Stopped buying: silent for more than"), _("days"), kind="whole"),
            RuleField("contact_days_key", _("Contact with a key account every (0: no rule)"), _("days"), kind="whole"),
            RuleField("contact_days_a", _("Contact with class A every (0: no rule)"), _("days"), kind="whole"),
            RuleField("contact_days_b", _("Contact with class B every (0: no rule)"), _("days"), kind="whole"),
            RuleField("contact_days_c", _("Contact with class C every (0: no rule)"), _("days"), kind="whole"),
            RuleField("dossier_days", _("Dossier stale after"), _("days"), kind="whole"),
            RuleField("fresh_days", _("A leaving or a rival counts for"), _("days"), kind="whole"),
            RuleField("payment_days", _("Payment later than its habit by"), _("days"), kind="whole"),
            RuleField("loss_times", _("Lost after so many own cycles"), _("times")),
            RuleField("loss_days", _("Lost after at least"), _("days"), kind="whole"),
            RuleField("shrunk_by", _("Shrunk: turnover down by"), "%"),
            RuleField("weight_rhythm", _("Weight: buying rhythm broken"), "%"),
            RuleField("weight_stopped", _("Weight: stopped buying"), "%"),
            RuleField("weight_value", _("Weight: order value falling"), "%"),
            RuleField("weight_margin", _("Weight: margin falling"), "%"),
            RuleField("weight_range", _("Weight: product range shrinking"), "%"),
            RuleField("weight_person", _("Weight: key person gone"), "%"),
            RuleField("weight_competitor", _("Weight: competitor seen"), "%"),
            RuleField("weight_payment", _("Weight: payment later than its habit"), "%"),
            RuleField("weight_contact", _("Weight: contact gap"), "%"),
            RuleField("weight_dossier", _("Weight: dossier stale"), "%"),
            RuleField("weight_other", _("Weight: any other signal"), "%"),
        ),
    ),
    RuleGroup(
        "alerts",
        _("What becomes of a warning"),
        _("How many an owner has and is told of, when one comes back, when the leader hears of it"),
        (
            RuleField("told_per_week", _("An owner is told of new ones, at most"), _("a week"), kind="whole"),
            RuleField("most_per_owner", _("Open warnings of an owner, at most"), kind="whole"),
            RuleField("cool_down_days", _("A closed one stays away for at least"), _("days"), kind="whole"),
            RuleField("worse_by", _("Clearly worse: probability higher by"), "%"),
            RuleField("worse_times", _("Clearly worse: expected loss"), _("times")),
            RuleField("escalate_after_days", _("To the leader without a reaction after"), _("days"), kind="whole"),
            RuleField("case_from", _("A case opens by itself from a probability of"), "%"),
            RuleField("case_for_classes", _("Cases open by themselves for classes"), kind="codes", list_code="classes"),
            RuleField("large_order_times", _("Large order: times the average"), _("times")),
        ),
    ),
    RuleGroup(
        "identification",
        _("Finding candidates"),
        _("Five methods; three of them work on their own"),
        (
            RuleField("spend_top", _("Method 1: spending among the top"), "%"),
            RuleField("least_orders", _("Method 1: orders a year, at least"), kind="whole"),
            RuleField("least_steadiness", _("Method 1: steadiness, at least"), "%"),
            RuleField("potential_top", _("Method 1: potential among the top"), "%"),
            RuleField("least_growth", _("Method 1: growth that is told, from"), "%"),
            RuleField("target_industries", _("Method 3: target industries"), kind="codes", list_code="industries"),
            RuleField("target_regions", _("Method 3: target regions"), kind="codes", list_code="regions"),
            RuleField("least_power", _("Method 3: yearly revenue of the company, at least"), _("yuan"), kind="optional"),
            RuleField("least_sources", _("Method 4: different outside sources, at least"), kind="whole"),
            RuleField("only_without_orders", _("Method 4: only those who have not bought yet"), kind="flag"),
        ),
    ),
    RuleGroup(
        "lifecycle",
        _("Entry tests of the stages"),
        _("Which lifecycle stage the figures propose"),
        (
            RuleField("growth_limit", _("Growing: turnover up by more than"), "%"),
            RuleField("decline_limit", _("Declining: turnover down by more than"), "%"),
            RuleField("silent_cycles", _("Declining: no order for so many purchase cycles"), _("cycles")),
            RuleField("mature_years", _("Mature: a customer for at least"), _("years"), kind="whole"),
            RuleField("again_by", _("A dismissed proposal comes back when the change of turnover has moved by"), _("% points")),
            RuleField("apply_automatically", _("Apply proposals by themselves after each run, without a person"), kind="flag"),
        ),
    ),
    RuleGroup(
        "size_tiers",
        _("Size tiers of small firms"),
        _("Headcount and yearly revenue lie under these; the higher tier of the two tests wins"),
        (
            RuleField("headcount_micro_low", _("Micro (low): headcount under"), kind="whole"),
            RuleField("headcount_micro_high", _("Micro (high): headcount under"), kind="whole"),
            RuleField("revenue_micro_high", _("Micro (high): yearly revenue under"), _("yuan")),
            RuleField("headcount_small_low", _("Small (low): headcount under"), kind="whole"),
            RuleField("revenue_small_low", _("Small (low): yearly revenue under"), _("yuan")),
            RuleField("headcount_small_high", _("Small (high): headcount under"), kind="whole"),
            RuleField("revenue_small_high", _("Small (high): yearly revenue under"), _("yuan")),
        ),
        counts_at_once=True,
    ),
    RuleGroup(
        "stages",
        _("Time in a stage"),
        _("After how long a customer is looked at; empty: no limit"),
        (
            RuleField("potential", _("Potential customers, at most"), _("days"), kind="optional_whole"),
            RuleField("new", _("New customers, at most"), _("days"), kind="optional_whole"),
            RuleField("growing", _("Growing customers, at most"), _("days"), kind="optional_whole"),
            RuleField("mature", _("Mature customers, at most"), _("days"), kind="optional_whole"),
            RuleField("declining", _("Declining customers, at most"), _("days"), kind="optional_whole"),
        ),
        counts_at_once=True,
    ),
)


def group_of(name: str) -> RuleGroup | None:
    return next((group for group in GROUPS if group.name == name), None)


def is_share(field: RuleField) -> bool:
    return str(field.unit).startswith("%")


def plain(value: Decimal) -> Decimal:
    """Without zeros behind the point and without an exponent: 20, not 2E+1 nor 20.00."""
    return Decimal(f"{value.normalize():f}")


def shown(field: RuleField, value: Any) -> Any:
    """A value as the form shows it."""
    if is_share(field) and value is not None:
        return plain(Decimal(value) * 100)
    return list(value) if field.kind == "codes" else plain(value) if isinstance(value, Decimal) else value


class RuleForm(forms.Form):
    """Fields of a group; `rules()` gives the values as the rules hold them."""

    def __init__(self, *args: Any, group: RuleGroup, choices: dict[str, list[tuple[str, str]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group
        for field in group.fields:
            self.fields[field.name] = self._field(field, choices)

    @staticmethod
    def _field(field: RuleField, choices: dict[str, list[tuple[str, str]]]) -> forms.Field:
        if field.kind == "flag":
            return forms.BooleanField(label=field.label, required=False)
        if field.kind == "codes":
            return forms.MultipleChoiceField(label=field.label, choices=choices.get(field.list_code, []), required=False)
        if field.kind in {"whole", "optional_whole"}:
            return forms.IntegerField(label=field.label, required=field.kind == "whole")
        return forms.DecimalField(label=field.label, required=field.kind != "optional")

    def rules(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for field in self.group.fields:
            value = self.cleaned_data[field.name]
            values[field.name] = value / 100 if is_share(field) and value is not None else tuple(value) if field.kind == "codes" else value
        return values
