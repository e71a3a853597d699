"""The account form: every fact in groups, custom fields by their definitions, and the versions of a stale save."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from dingke.accounts.models import Account
from dingke.accounts.queries import form as form_queries
from dingke.accounts.queries.form import Pickers
from dingke.core import money
from dingke.core.models import CustomField, ListItem

PREFIX = "custom_"
GROUPS: tuple[tuple[str, str | Promise, tuple[str, ...]], ...] = (
    ("name", gettext_lazy("Who it is"), ("name", "short_name", "english_name", "credit_code", "customer_type", "form")),
    ("place", gettext_lazy("Where it belongs"), ("industry", "region", "parent", "source", "tags")),
    ("reach", gettext_lazy("How to reach it"), ("phone", "website", "city", "address")),
    ("figures", gettext_lazy("Size and weight"), ("employees", "annual_revenue", "founded_year", "influence")),
    ("more", gettext_lazy("What else we know"), ("description", "external_key")),
)
KEYS = {"industry", "region", "source", "parent"}
WIDE = {"name", "address", "description"}
START = {"customer_type": Account.CustomerType.ORGANISATION.value, "form": Account.Form.ENTERPRISE.value}


def _number(**attributes: Any) -> forms.NumberInput:
    return forms.NumberInput(attrs={"inputmode": "numeric", **attributes})


@dataclass(frozen=True)
class Difference:
    """One field of a stale save. `keep` is what is proposed: "theirs" where only they changed it, else "yours"."""

    label: str
    name: str
    theirs: str
    yours: str
    keep: str
    is_conflict: bool


class AccountForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=200, error_messages={"required": gettext_lazy("An account needs a name.")}
    )
    short_name = forms.CharField(
        label=gettext_lazy("Short name"), max_length=80, required=False, help_text=gettext_lazy("Shown on cards and in lists.")
    )
    english_name = forms.CharField(label=gettext_lazy("English name"), max_length=200, required=False)
    credit_code = forms.CharField(label=gettext_lazy("Unified social credit code"), max_length=40, required=False)
    customer_type = forms.ChoiceField(label=gettext_lazy("Customer type"), choices=Account.CustomerType.choices, widget=forms.RadioSelect)
    form = forms.ChoiceField(label=gettext_lazy("Form"), choices=Account.Form.choices, widget=forms.RadioSelect)
    industry = forms.ModelChoiceField(label=gettext_lazy("Industry"), queryset=ListItem.objects.none(), required=False)
    region = forms.ModelChoiceField(label=gettext_lazy("Region"), queryset=ListItem.objects.none(), required=False)
    source = forms.ModelChoiceField(label=gettext_lazy("Source"), queryset=ListItem.objects.none(), required=False)
    parent = forms.ModelChoiceField(
        label=gettext_lazy("Parent company"),
        queryset=Account.objects.none(),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("This company is not there, or it is not shared with you.")},
    )
    tags = forms.MultipleChoiceField(label=gettext_lazy("Tags"), required=False, help_text=gettext_lazy("Type a new word to add a tag."))
    phone = forms.CharField(label=gettext_lazy("Phone"), max_length=40, required=False, widget=forms.TextInput(attrs={"inputmode": "tel"}))
    website = forms.CharField(
        label=gettext_lazy("Website"), max_length=200, required=False, widget=forms.TextInput(attrs={"inputmode": "url"})
    )
    city = forms.CharField(label=gettext_lazy("City"), max_length=60, required=False)
    address = forms.CharField(label=gettext_lazy("Address"), max_length=300, required=False)
    employees = forms.IntegerField(label=gettext_lazy("Employees"), min_value=0, max_value=2_147_483_647, required=False, widget=_number())
    annual_revenue = forms.DecimalField(
        label=gettext_lazy("Yearly revenue"),
        max_digits=18,
        decimal_places=2,
        min_value=Decimal(0),
        required=False,
        widget=_number(step="0.01"),
    )
    founded_year = forms.IntegerField(label=gettext_lazy("Founded"), min_value=1000, max_value=2100, required=False, widget=_number())
    influence = forms.IntegerField(
        label=gettext_lazy("Influence (0-100)"),
        min_value=0,
        max_value=100,
        required=False,
        widget=_number(),
        help_text=gettext_lazy("How much others listen to this customer: 0 nobody, 100 the whole industry."),
    )
    description = forms.CharField(label=gettext_lazy("About"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    external_key = forms.CharField(
        label=gettext_lazy("Key in your other systems"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Imports find the account by it."),
    )

    def __init__(self, data: QueryDict | None = None, *, pickers: Pickers, account: Account | None = None, parents_url: str = "") -> None:
        super().__init__(data, initial=initial_of(account, pickers) if account else dict(START))
        self.pickers = pickers
        for name in form_queries.LISTS:
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = pickers.lists[name]
            field.empty_label = _("unknown")
            field.widget.attrs["data-search"] = ""
        parent = self.fields["parent"]
        assert isinstance(parent, forms.ModelChoiceField)
        parent.queryset = pickers.parents
        parent.widget = forms.Select(attrs={"data-search": "", "data-url": parents_url})
        parent.widget.choices = self.parent_choices()
        tags = self.fields["tags"]
        assert isinstance(tags, forms.MultipleChoiceField)
        given = data.getlist("tags") if data is not None else self.initial.get("tags", [])
        tags.choices = [(tag, tag) for tag in dict.fromkeys([*pickers.tags, *given])]
        tags.widget = forms.SelectMultiple(attrs={"data-search": "", "data-create": ""}, choices=tags.choices)
        self.custom_names: list[str] = []
        for definition in pickers.custom:
            name = f"{PREFIX}{definition.key}"
            self.fields[name] = _custom_field(definition)
            self.custom_names.append(name)
            if account is not None:
                self.initial.setdefault(name, account.custom.get(definition.key))

    def parent_choices(self) -> list[tuple[str, str]]:
        """The chosen company alone: the others are searched for as one types."""
        raw = self.data.get("parent") if self.is_bound else self.initial.get("parent")
        chosen = self.pickers.parent_named(raw)
        return [("", _("none")), *([(str(chosen.pk), chosen.name)] if chosen else [])]

    def groups(self) -> list[tuple[str, str, list[tuple[forms.BoundField, bool]]]]:
        """Key, title and the fields with whether each takes the whole row; own fields last."""
        shown = [(key, str(title), [(self[name], name in WIDE) for name in names]) for key, title, names in GROUPS]
        if self.custom_names:
            shown.append(("custom", _("Own fields"), [(self[name], False) for name in self.custom_names]))
        return shown

    def values(self) -> dict[str, Any]:
        """What the action takes, tags apart."""
        names = [name for _key, _title, names in GROUPS for name in names if name != "tags"]
        given = {name: self.cleaned_data[name] for name in names}
        if given["annual_revenue"] is not None:  # as it is stored, so that an untouched amount is no change
            given["annual_revenue"] = money.rounded(given["annual_revenue"])
        return {**given, "custom": self.custom_values()}

    def custom_values(self) -> dict[str, Any]:
        found = {name.removeprefix(PREFIX): self.cleaned_data.get(name) for name in self.custom_names}
        return {key: value if isinstance(value, bool) else str(value) for key, value in found.items() if value not in (None, "")}

    def refuse(self, message: str, fields: Mapping[str, str]) -> None:
        """Puts the refusal of an action beside the fields it names."""
        known = {name: text for name, text in fields.items() if name in self.fields}
        for name, text in known.items():
            self.add_error(name, text)
        if not known:
            self.add_error(None, message)

    def shown(self, name: str, raw: Any) -> str:
        """A posted or stored value in the reader's words."""
        if raw in (None, "", []):
            return ""
        if isinstance(raw, (list, tuple)):
            return "、".join(sorted(str(one) for one in raw))
        field = self.fields[name]
        if name == "parent":
            parent = self.pickers.parent_named(raw)
            return parent.name if parent else _("a company not shared with you")
        choices = getattr(field, "choices", None)
        if choices is not None:
            return next((str(label) for value, label in choices if str(value) == str(raw)), str(raw))
        if isinstance(field, forms.BooleanField):
            return _("yes") if str(raw).lower() in {"true", "on", "1"} else _("no")
        return str(raw)


def initial_of(account: Account, pickers: Pickers) -> dict[str, Any]:
    """Field values of an account as the form shows them, foreign keys as ids."""
    values = {
        name: _plain(getattr(account, f"{name}_id" if name in KEYS else name))
        for _key, _title, names in GROUPS
        for name in names
        if name != "tags"
    }
    return {**values, "tags": list(pickers.account_tags), **{f"{PREFIX}{key}": value for key, value in account.custom.items()}}


def base_of(initial: Mapping[str, Any]) -> str:
    """The values a form was opened with, to be carried along: so a stale save knows who changed what."""
    return json.dumps({name: _text(value) for name, value in initial.items()}, ensure_ascii=False)


def differences(form: AccountForm, *, stored: Mapping[str, Any], base: str) -> list[Difference]:
    """Where the stored version and the typed one part, field by field."""
    try:
        opened = dict(json.loads(base))
    except (ValueError, TypeError):
        opened = {}
    found: list[Difference] = []
    for name, field in form.fields.items():
        theirs, yours = _text(stored.get(name)), _text(_posted(form, name))
        if theirs == yours:
            continue
        before = opened.get(name)
        they_only = before is not None and yours == before
        found.append(
            Difference(
                label=str(field.label or name),
                name=name,
                theirs=form.shown(name, stored.get(name)),
                yours=form.shown(name, _posted(form, name)),
                keep="theirs" if they_only else "yours",
                is_conflict=before is None or before not in {theirs, yours},
            )
        )
    return found


def with_choices(data: QueryDict, *, stored: Mapping[str, Any]) -> QueryDict:
    """The posted values, with the stored ones where the person chose to keep those."""
    chosen = data.copy()
    for key in [key for key in data if key.startswith("keep-") and data.get(key) == "theirs"]:
        name = key.removeprefix("keep-")
        value = stored.get(name)
        if isinstance(value, (list, tuple)):
            chosen.setlist(name, [str(one) for one in value])
        else:
            chosen[name] = _text(value)
    return chosen


def _posted(form: AccountForm, name: str) -> Any:
    if name == "tags" and isinstance(form.data, QueryDict):
        return form.data.getlist("tags")
    return form.data.get(name, "")


def _plain(value: Any) -> Any:
    """An amount without the cents it does not have, so that it reads as it was typed."""
    return Decimal(f"{value.normalize():f}") if isinstance(value, Decimal) else value


def _text(value: Any) -> str:
    if value is None or value is False:
        return ""
    if value is True or value == "on":
        return "true"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, (list, tuple)):
        return "\n".join(sorted(str(one) for one in value))
    text = str(value).strip().replace("\r\n", "\n")
    try:
        return f"{Decimal(text).normalize():f}" if "." in text and text.replace(".", "", 1).isdigit() else text
    except ArithmeticError:
        return text


def _custom_field(definition: CustomField) -> forms.Field:
    common: dict[str, Any] = {"label": definition.label, "required": definition.is_required}
    kind = CustomField.Kind
    if definition.kind == kind.NUMBER:
        return forms.DecimalField(widget=_number(step="any"), **common)
    if definition.kind == kind.DATE:
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **common)
    if definition.kind == kind.BOOLEAN:
        return forms.BooleanField(label=definition.label, required=False)
    if definition.kind == kind.CHOICE:
        options: Iterable[str] = definition.options
        return forms.ChoiceField(choices=[("", _("unknown")), *((option, option) for option in options)], **common)
    return forms.CharField(max_length=300, **common)
