"""The two small calculators of the objection file: the price per period (J-08), the three factors (J-09)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import get_language

from dingke.core import pages
from dingke.core.doors import DoorRequest, door
from dingke.core.reasons import Label, Reason
from dingke.library.calc import factors as three
from dingke.library.calc.investment import days_to_earn, per_period
from dingke.library.forms.entry import CalculatorForm, FactorsForm

EXAMPLE = {"price": "30000", "years": "5"}


@door("GET", permission="library.see")
def calculator(request: DoorRequest) -> HttpResponse:
    """Nothing is stored: the address holds the figures, so that it can be sent on."""
    asked = {name: request.GET[name] for name in ("price", "years", "gain") if request.GET.get(name)}
    form = CalculatorForm(asked or EXAMPLE)
    context: dict[str, Any] = {"form": form, "is_example": not asked, "per": None, "gain": None, "days": None}
    if form.is_valid():
        data = form.cleaned_data
        context["per"] = per_period(data["price"], data["years"])
        context["price"], context["years"] = data["price"], data["years"]
        if data["gain"]:
            context["gain"], context["days"] = data["gain"], days_to_earn(data["price"], data["gain"])
    return pages.page(request, "library/calculator.html", context, partial="library/_calculator.html")


@door("GET", permission="library.see")
def factors(request: DoorRequest) -> HttpResponse:
    """Us and up to two rivals on quality, price and service."""
    form = FactorsForm(request.GET if request.GET else None)
    language = get_language() or "zh"
    context: dict[str, Any] = {
        "form": form,
        "rows": [],
        "sentences": [],
        "factors": [(code, label.text(language)) for code, label in three.FACTORS],
    }
    if form.is_bound and form.is_valid():
        data = form.cleaned_data

        def offer(who: str, name: str) -> three.Offer:
            return three.Offer(name, {code: int(data[f"{who}_{code}"] or 3) for code, _label in three.FACTORS})

        us = offer("us", "us")
        names = [(who, data[f"{who}_name"].strip()) for who in ("rival1", "rival2") if data[f"{who}_name"].strip()]
        rivals = [offer(who, f"{who}:{name}") for who, name in names]
        result = three.compare(us, rivals)
        context["rows"] = [(row.name.partition(":")[2], row.scores, result.total[row.name]) for row in (us, *rivals)]
        context["sentences"] = [three.SENTENCES.text(_named(reason), language) for reason in result.reasons]
    return pages.page(request, "library/factors.html", context, partial="library/_factors.html")


def _named(reason: Reason) -> Reason:
    """Rivals carry their place before their name, so that two of the same name stay two."""
    if "name" not in reason.params:
        return reason
    _who, _colon, name = str(reason.params["name"]).partition(":")
    return Reason(reason.code, {"name": name or Label("Our offer", "我方")})
