"""The form of the rules of an assessment: weights in percent, scales as two ends, levels with their words."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.core.forms import RefusableForm
from dingke.insights.calc.assessment import LEVELS, AssessmentSettings
from dingke.insights.calc.assessment_parts import DIMENSIONS, PARTS, PartGuide, Unit
from dingke.insights.forms.rules import plain

TEXTS = ("strategy.zh", "strategy.en", "tier.zh", "tier.en")
_WORDS = {
    "strategy.zh": _("Strategy, Chinese"),
    "strategy.en": _("Strategy, English"),
    "tier.zh": _("Service tier, Chinese"),
    "tier.en": _("Service tier, English"),
}


def _percent(part: PartGuide) -> bool:
    return part.unit is Unit.SHARE


class AssessmentRulesForm(RefusableForm):
    """`values()` gives the rules as they are stored. A scale with both ends empty ranks among the customers."""

    prefer_profit = forms.BooleanField(label=_("Where profit is known, turnover does not count"), required=False)
    soon_days = forms.IntegerField(label=_("“Due soon” begins this many days ahead"), min_value=0, max_value=365)
    order_drop = forms.DecimalField(label=_("A drop of orders of at least"), min_value=0, max_value=100)

    def __init__(self, *args: Any, language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for guide in DIMENSIONS:
            self.fields[f"weight_{guide.dimension}"] = forms.DecimalField(label=guide.label.text(language), min_value=0, max_value=100)
        for level in LEVELS:
            if level != LEVELS[-1]:
                self.fields[f"from_{level}"] = forms.DecimalField(label=_("From points"), min_value=0, max_value=100)
            self.fields[f"months_{level}"] = forms.IntegerField(label=_("Again after months"), min_value=1, max_value=60)
            for name in TEXTS:
                self.fields[f"{level}.{name}"] = forms.CharField(label=_WORDS[name], max_length=300, required=False)
        for part in PARTS:
            name = part.label.text(language)
            self.fields[f"part_{part.code}"] = forms.DecimalField(label=name, min_value=0, max_value=1000)
            if part.is_measured:
                self.fields[f"low_{part.code}"] = forms.DecimalField(label=_("0 points at"), required=False)
                self.fields[f"high_{part.code}"] = forms.DecimalField(label=_("100 points at"), required=False)
        for field in self.fields.values():
            if isinstance(field, (forms.DecimalField, forms.IntegerField)):
                field.widget.attrs.update({"inputmode": "decimal", "step": "any"})

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        for part in PARTS:
            if part.is_measured and (given.get(f"low_{part.code}") is None) != (given.get(f"high_{part.code}") is None):
                self.add_error(f"low_{part.code}", _("Give both ends, or neither to rank among the customers."))
        return given

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        scales: dict[str, str] = {}
        for part in PARTS:
            if part.is_measured:
                low, high = given[f"low_{part.code}"], given[f"high_{part.code}"]
                divisor = 100 if _percent(part) else 1
                scales[part.code] = "" if low is None else f"{plain(low / divisor)}:{plain(high / divisor)}"
        return {
            **{f"weight_{guide.dimension.lower()}": given[f"weight_{guide.dimension}"] / 100 for guide in DIMENSIONS},
            "a_from": given["from_A"],
            "b_from": given["from_B"],
            **{f"{level.lower()}_months": given[f"months_{level}"] for level in LEVELS},
            "soon_days": given["soon_days"],
            "order_drop": given["order_drop"] / 100,
            "prefer_profit": given["prefer_profit"],
            "part_weights": {part.code: str(plain(given[f"part_{part.code}"])) for part in PARTS},
            "scales": scales,
            "texts": {f"{level}.{name}": given[f"{level}.{name}"].strip() for level in LEVELS for name in TEXTS},
        }

    @staticmethod
    def initial_of(rules: AssessmentSettings) -> dict[str, Any]:
        initial: dict[str, Any] = {
            "prefer_profit": rules.prefer_profit,
            "soon_days": rules.soon_days,
            "order_drop": plain(rules.order_drop * 100),
            "from_A": plain(rules.a_from),
            "from_B": plain(rules.b_from),
            **{f"weight_{guide.dimension}": plain(rules.weight_of(guide.dimension) * 100) for guide in DIMENSIONS},
            **{f"months_{level}": rules.months(level) for level in LEVELS},
            **{f"{level}.{name}": rules.texts.get(f"{level}.{name}", "") for level in LEVELS for name in TEXTS},
        }
        for part in PARTS:
            initial[f"part_{part.code}"] = plain(rules.part_weight(part.code))
            if part.is_measured and (ends := rules.scale_of(part.code)) is not None:
                times = Decimal(100) if _percent(part) else Decimal(1)
                initial[f"low_{part.code}"], initial[f"high_{part.code}"] = plain(ends[0] * times), plain(ends[1] * times)
        return initial

    def levels(self) -> list[tuple[str, dict[str, Any]]]:
        return [
            (
                level,
                {
                    "from": self[f"from_{level}"] if level != LEVELS[-1] else None,
                    "months": self[f"months_{level}"],
                    "texts": [self[f"{level}.{name}"] for name in TEXTS],
                },
            )
            for level in LEVELS
        ]

    def dimensions(self) -> list[tuple[Any, Any, list[tuple[PartGuide, Any, Any, Any]]]]:
        """Each dimension with its weight and its parts: (part, weight, low, high)."""
        return [
            (
                guide,
                self[f"weight_{guide.dimension}"],
                [
                    (
                        part,
                        self[f"part_{part.code}"],
                        self[f"low_{part.code}"] if part.is_measured else None,
                        self[f"high_{part.code}"] if part.is_measured else None,
                    )
                    for part in PARTS
                    if part.dimension is guide.dimension
                ],
            )
            for guide in DIMENSIONS
        ]
