"""The forms of the designer: the head of a playbook, and one stage with its steps and conditions as lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dingke.core.forms import RefusableForm
from dingke.core.models import ListItem
from dingke.pipeline.calc.playbook import Proof
from dingke.pipeline.models import Opportunity, Playbook

PROOFS = [
    (Proof.NOTE.value, gettext_lazy("a sentence")),
    (Proof.DOCUMENT.value, gettext_lazy("a document")),
    (Proof.CONTACT.value, gettext_lazy("a contact of the customer")),
    (Proof.NONE.value, gettext_lazy("nothing")),
]
_LINE = re.compile(r"(step|gate)-(\d+)-([a-z]+)\Z")


class HeadForm(RefusableForm):
    label_zh = forms.CharField(label=gettext_lazy("Chinese name"), max_length=120, required=False)
    label_en = forms.CharField(label=gettext_lazy("English name"), max_length=120, required=False)
    unit = forms.ChoiceField(label=gettext_lazy("Type"), choices=Playbook.Unit.choices)
    mode = forms.ChoiceField(label=gettext_lazy("Mode"), choices=Playbook.Mode.choices)
    industries = forms.MultipleChoiceField(
        label=gettext_lazy("Industries"),
        required=False,
        help_text=gettext_lazy("Empty: for all."),
        widget=forms.SelectMultiple(attrs={"data-search": ""}),
    )
    product_families = forms.CharField(
        label=gettext_lazy("Product families"), required=False, max_length=2000, help_text=gettext_lazy("One per line; empty: for all."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    copied_from = forms.ModelChoiceField(label=gettext_lazy("Begin with the stages of"), queryset=Playbook.objects.none(), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, industries: Any, sources: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["industries"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(row.code, row.label) for row in industries]
        if sources is None:
            del self.fields["copied_from"]
            return
        source = self.fields["copied_from"]
        assert isinstance(source, forms.ModelChoiceField)
        source.queryset, source.empty_label = sources, _("an empty stage")

    def values(self) -> dict[str, Any]:
        given = {name: value for name, value in self.cleaned_data.items() if name not in {"copied_from", "version"}}
        given["product_families"] = [line.strip() for line in given["product_families"].splitlines() if line.strip()]
        return given


class StageForm(RefusableForm):
    zh = forms.CharField(label=gettext_lazy("Chinese name"), max_length=120, required=False)
    en = forms.CharField(label=gettext_lazy("English name"), max_length=120, required=False)
    purpose_zh = forms.CharField(label=gettext_lazy("Purpose in Chinese"), max_length=300, required=False)
    purpose_en = forms.CharField(label=gettext_lazy("Purpose in English"), max_length=300, required=False)
    probability = forms.IntegerField(label=gettext_lazy("Probability (%)"), min_value=0, max_value=100)
    days = forms.IntegerField(label=gettext_lazy("Longest stay in days"), min_value=1, max_value=3650, required=False)
    buying = forms.ChoiceField(label=gettext_lazy("Where the customer should be"), required=False)
    papers = forms.CharField(
        label=gettext_lazy("Documents"), required=False, max_length=2000, help_text=gettext_lazy("One per line: Chinese | English"),
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["buying"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("not said")), *Opportunity.BuyingStage.choices]

    def values(self, lines: Mapping[str, list[dict[str, str]]]) -> dict[str, Any]:
        """The stage as it is stored, without the parts that this form does not show."""
        given = self.cleaned_data
        steps = [_step(row) for row in lines["step"]]
        _with_codes(steps, "code", "STEP")
        gates = [_condition(row) for row in lines["gate"]]
        _with_codes(gates, "key", "COND")
        return {
            "zh": given["zh"], "en": given["en"], "probability": given["probability"], "days": given["days"], "buying": given["buying"],
            "purpose": {"zh": given["purpose_zh"], "en": given["purpose_en"]} if given["purpose_zh"] or given["purpose_en"] else None,
            "papers": [_both(line) for line in given["papers"].splitlines() if line.strip()], "steps": steps, "exit": gates,
        }  # fmt: skip


def initial_of(stage: Mapping[str, Any]) -> dict[str, Any]:
    purpose = stage.get("purpose") or {}
    return {
        "zh": stage.get("zh", ""), "en": stage.get("en", ""), "purpose_zh": purpose.get("zh", ""), "purpose_en": purpose.get("en", ""),
        "probability": stage.get("probability", 0), "days": stage.get("days"), "buying": stage.get("buying", ""),
        "papers": "\n".join(f"{one.get('zh', '')} | {one.get('en', '')}" for one in stage.get("papers", [])),
    }  # fmt: skip


def lines_of(stage: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Steps and conditions as the lines of the form show them."""
    steps = [{**one, "done": "", "must": one.get("must", True)} for one in stage.get("steps", [])]
    gates = [
        {
            **one,
            "must": one.get("must", True),
            "least": one.get("params", {}).get("least", ""),
            "step": one.get("params", {}).get("step", ""),
        }
        for one in stage.get("exit", [])
    ]
    return {"step": steps, "gate": gates}


def posted_lines(data: QueryDict) -> dict[str, list[dict[str, str]]]:
    """The lines as they were posted, in the order of their numbers; empty ones fall away."""
    found: dict[str, dict[int, dict[str, str]]] = {"step": {}, "gate": {}}
    for name, value in data.items():
        match = _LINE.match(name)
        if match is not None:
            found[match[1]].setdefault(int(match[2]), {})[match[3]] = str(value).strip()
    kept = {"step": ("zh", "en", "code"), "gate": ("check", "key")}
    return {
        kind: [rows[number] for number in sorted(rows) if any(rows[number].get(one) for one in kept[kind])] for kind, rows in found.items()
    }


def industries() -> Any:
    return ListItem.objects.filter(list_code="industries", is_active=True).order_by("position", "id")


def _number(text: str) -> Any:
    return int(text) if text.lstrip("-").isdigit() else (text or None)


def _step(row: Mapping[str, str]) -> dict[str, Any]:
    days = _number(row.get("days", ""))
    return {
        "code": row.get("code", ""), "zh": row.get("zh", ""), "en": row.get("en", ""), "proof": row.get("proof") or Proof.NOTE.value,
        "must": row.get("must") != "0",
    } | ({"days": days} if days is not None else {})  # fmt: skip


def _condition(row: Mapping[str, str]) -> dict[str, Any]:
    params: dict[str, Any] = {}
    if row.get("least"):
        params["least"] = _number(row["least"])
    if row.get("check") == "STEP_DONE":
        params["step"] = row.get("step", "")
    names = {"zh": row.get("zh", ""), "en": row.get("en", "")} if row.get("zh") or row.get("en") else {}
    return {"key": row.get("key", ""), "check": row.get("check", ""), "must": row.get("must") != "0", "params": params, **names}


def _with_codes(rows: list[dict[str, Any]], name: str, prefix: str) -> None:
    taken = {row[name] for row in rows if row[name]}
    for row in rows:
        if not row[name]:
            row[name] = next(f"{prefix}_{number}" for number in range(1, 1000) if f"{prefix}_{number}" not in taken)
            taken.add(row[name])


def _both(line: str) -> dict[str, str]:
    zh, _bar, en = line.partition("|")
    return {"zh": zh.strip(), "en": en.strip()}
