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
            RuleField("warn_from", _("Warn from this part of a line"), "%"),
        ),
    ),
    RuleGroup(
        "weakening",
        _("Weakening"),
        _("Which signs count"),
        (
            RuleField("drop_from", _("Bought less by"), "%"),
            RuleField("quiet_times", _("Quiet: times the usual gap"), _("times")),
            RuleField("quiet_days", _("Quiet: at least"), _("days"), kind="whole"),
            RuleField("falling_quarters", _("Margin falling for"), _("quarters"), kind="whole"),
            RuleField("families_drop", _("Product families fewer by"), kind="whole"),
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
