"""The guide of a lifecycle stage as a company writes it, and the size tier of an account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.accounts.calc.lifecycle import MOST_ACTIONS, MOST_DAYS, TITLE, StageGuide
from dingke.accounts.calc.size_tier import SizeTier, label_of
from dingke.core.forms import RefusableForm

_LINES = forms.Textarea(attrs={"rows": 2})


class GuideForm(RefusableForm):
    """Strategy in both languages, whether it brings to-dos, and up to eight standard actions; an empty row is none."""

    strategy_zh = forms.CharField(label=_("Strategy, Chinese"), max_length=TITLE, required=False, widget=_LINES)
    strategy_en = forms.CharField(label=_("Strategy, English"), max_length=TITLE, required=False, widget=_LINES)
    makes_todos = forms.BooleanField(label=_("An account that enters the stage brings its standard actions as to-dos"), required=False)

    def __init__(self, data: Any, *, guide: StageGuide) -> None:
        initial: dict[str, Any] = {
            "strategy_zh": guide.strategy.zh, "strategy_en": guide.strategy.en, "makes_todos": guide.makes_todos,
        }  # fmt: skip
        for number, action in enumerate(guide.actions, start=1):
            initial |= {f"zh_{number}": action.label.zh, f"en_{number}": action.label.en, f"days_{number}": action.due_in_days}
        super().__init__(data, initial=initial)
        for number in range(1, MOST_ACTIONS + 1):
            self.fields[f"zh_{number}"] = forms.CharField(label=_("Standard action, Chinese"), max_length=TITLE, required=False)
            self.fields[f"en_{number}"] = forms.CharField(label=_("Standard action, English"), max_length=TITLE, required=False)
            self.fields[f"days_{number}"] = forms.IntegerField(label=_("Due within days"), min_value=0, max_value=MOST_DAYS, required=False)

    @property
    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField, forms.BoundField]]:
        return [(self[f"zh_{number}"], self[f"en_{number}"], self[f"days_{number}"]) for number in range(1, MOST_ACTIONS + 1)]

    def strategy(self) -> tuple[str, str]:
        return self.cleaned_data["strategy_en"], self.cleaned_data["strategy_zh"]

    def actions(self) -> list[tuple[str, str, int]]:
        given = self.cleaned_data
        return [
            (given[f"en_{number}"], given[f"zh_{number}"], given[f"days_{number}"] or 0)
            for number in range(1, MOST_ACTIONS + 1)
            if given[f"zh_{number}"] or given[f"en_{number}"]
        ]


class TierForm(RefusableForm):
    tier = forms.ChoiceField(label=_("Size tier"), required=False, widget=forms.RadioSelect)

    def __init__(self, data: Any, *, language: str, proposed: str, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field = self.fields["tier"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", proposed), *((tier.value, label_of(tier).text(language)) for tier in SizeTier)]
