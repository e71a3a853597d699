"""The forms of the public pool: giving an account back, and the rules."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.accounts.calc.pool import PoolRules


class ReleaseForm(forms.Form):
    """A reason by one tap, and a few words; the words alone are enough."""

    WHY = [
        ("NO_NEED", _("No need at present")),
        ("NO_CONTACT", _("Nobody can be reached")),
        ("OTHER_MARKET", _("Not my market")),
        ("COMPETITOR", _("Went with a competitor")),
        ("OTHER", _("Another reason")),
    ]
    why = forms.ChoiceField(label=_("Reason for giving it back"), choices=WHY, widget=forms.RadioSelect, required=False)
    note = forms.CharField(
        label=_("What the next one should know"), max_length=240, required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )  # fmt: skip

    def reason(self) -> str:
        """Both as one text; "" when nothing was said."""
        chosen, note = self.cleaned_data["why"], self.cleaned_data["note"].strip()
        label = "" if chosen in {"", "OTHER"} else str(dict(self.WHY)[chosen])
        return " · ".join(part for part in (label, note) if part)

    def refuse(self, fields: dict[str, str], message: str) -> None:
        self.add_error("note" if "reason" in fields else None, message)


class AskClaimForm(forms.Form):
    """Why the limits should not count this time."""

    reason = forms.CharField(
        label=_("Why you should have it all the same"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"})
    )


class AskKeepForm(forms.Form):
    """Until when an account should stay, and why."""

    until = forms.DateField(label=_("To stay until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    reason = forms.CharField(
        label=_("Why it should stay"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"})
    )


def _days(label: Any, *, required: bool = False, lowest: int = 0, help_text: Any = "") -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"inputmode": "numeric"})
    return forms.IntegerField(label=label, required=required, min_value=lowest, max_value=3650, help_text=help_text, widget=widget)


class PoolRulesForm(forms.Form):
    """The limits; an empty field switches its limit off."""

    days_without_contact = _days(_("Back to the pool after days without contact"), lowest=1)
    days_without_order = _days(_("Back to the pool after days without an order"), lowest=1)
    notice_days = _days(_("Notice to the owner, days before"), required=True)
    claims_per_day = _days(_("Claims by one person a day"))
    holding_limit = forms.IntegerField(
        label=_("Accounts one person may hold"), required=False, min_value=0, max_value=1_000_000,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    reclaim_after_days = _days(_("Former owner may claim again after days"), required=True)

    @classmethod
    def of(cls, rules: PoolRules) -> PoolRulesForm:
        return cls(initial={name: value for name, value in asdict(rules).items() if name in cls.base_fields})

    def values(self, rules: PoolRules) -> dict[str, Any]:
        """The rules in force with what this form says."""
        return {**asdict(rules), **self.cleaned_data}

    def refuse(self, fields: dict[str, str], message: str) -> None:
        for name, text in fields.items():
            if name in self.fields:
                self.add_error(name, text)
        if not fields:
            self.add_error(None, message)
