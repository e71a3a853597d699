"""What an address of the account list says: view, filters, sort, columns. And the forms of its dialogs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account, FaceMark
from dingke.accounts.queries import list as account_list
from dingke.accounts.queries import list_columns, list_custom, list_filter, list_views
from dingke.accounts.queries.list_columns import Column, Sort
from dingke.accounts.queries.list_filter import ABC, MINE, NOBODY, TEAMS, AccountFilter, filter_from
from dingke.accounts.queries.list_views import View
from dingke.accounts.queries.size_tier import tier_choices
from dingke.core import custom_fields, lists
from dingke.core.jinja import with_query
from dingke.core.models import CustomField
from dingke.core.scope import Scope
from dingke.people import queries as people

TICKED = 8  # a choice with more options is searched in, not ticked


@dataclass(frozen=True, slots=True, kw_only=True)
class ListState:
    """The list as the caller asked for it, checked against what he or she may see."""

    scope: Scope
    views: Sequence[View]
    view: View
    kept: AccountFilter
    filters: AccountFilter
    sort_text: str
    sort: Sort
    descending: bool
    available: Sequence[Column]
    columns: Sequence[Column]
    own: Sequence[CustomField]

    @property
    def is_changed(self) -> bool:
        """Whether filters or order differ from what the view keeps."""
        return self.filters != self.kept or self.sort_text != self._sort_of_view

    @property
    def in_order(self) -> list[Column]:
        """All columns as a chooser lists them: those shown in their order, then the others."""
        return list_columns.in_order(self.available, self.columns)

    @property
    def _sort_of_view(self) -> str:
        return list_columns.sort_for(self.available, self.scope, self.view.sort)[0]

    def params(self, *, filters: AccountFilter | None = None, sort: str | None = None) -> dict[str, Any]:
        """The query of this list, or of the same list with other filters or another order."""
        wanted = self.filters if filters is None else filters
        order = self.sort_text if sort is None else sort
        if wanted == self.kept and order == self._sort_of_view:
            return {"view": self.view.code} if self.view.code != "all" else {}
        return {"view": self.view.code, "edited": "1", **wanted.params(), "sort": order}

    def hidden(self, *without: str) -> list[tuple[str, str]]:
        """The whole state as pairs for hidden fields, without those that the form itself asks for."""
        pairs = [("view", self.view.code), ("edited", "1"), ("sort", self.sort_text)]
        for name, value in self.filters.params().items():
            if name not in without:
                pairs += [(name, one) for one in (value if isinstance(value, list) else [value])]
        return pairs

    def address(self, *, filters: AccountFilter | None = None, sort: str | None = None) -> str:
        return with_query(reverse("accounts:list"), **self.params(filters=filters, sort=sort))

    def query(self) -> str:
        """The same as a bare query string, for the dialogs."""
        return with_query("", **self.params())


def list_state(data: QueryDict, scope: Scope) -> ListState:
    """Reads an address. A view's own filters hold until the address says "edited"; filters written by hand count without a view."""
    own = custom_fields.definitions("account")
    views = list_views.views_for(scope)
    view = list_views.view_among(views, data.get("view", ""))
    kept = filter_from(view.filters, scope, own=own)
    edited = data.get("edited") == "1" or ("view" not in data and not list_filter.names(own).isdisjoint(data))
    filters = filter_from({key: data.getlist(key) for key in data}, scope, own=own) if edited else kept
    available = list_columns.columns_for(scope, own)
    sort_text, sort, descending = list_columns.sort_for(available, scope, data.get("sort") or view.sort)
    columns = list_columns.chosen(available, list_views.columns_of(scope, view))
    return ListState(
        scope=scope,
        views=views,
        view=view,
        kept=kept,
        filters=filters,
        sort_text=sort_text,
        sort=sort,
        descending=descending,
        available=available,
        columns=columns,
        own=own,
    )


def _day_field(label: Any) -> forms.DateField:
    return forms.DateField(label=label, required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class FilterForm(forms.Form):
    """Every filter of the list in one dialog; it is sent as an address, not stored."""

    text = forms.CharField(label=_("Name, pinyin, phone or tax id"), required=False, max_length=100)
    owner = forms.MultipleChoiceField(label=_("Owner"), required=False)
    abc = forms.MultipleChoiceField(
        label=_("Class"), required=False, choices=[(level, level) for level in ABC], widget=forms.CheckboxSelectMultiple
    )
    key = forms.ChoiceField(
        label=_("Key account"), required=False, choices=[("", _("All")), ("yes", _("Yes")), ("no", _("No"))], widget=forms.RadioSelect
    )
    face = forms.MultipleChoiceField(
        label=_("Face"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[choice for choice in FaceMark.Face.choices if choice[0] != FaceMark.Face.NONE],
    )
    stage = forms.MultipleChoiceField(
        label=_("Lifecycle stage"), required=False, choices=Account.Stage.choices, widget=forms.CheckboxSelectMultiple
    )
    proposed_stage = forms.MultipleChoiceField(
        label=_("Proposed stage"), required=False, choices=Account.Stage.choices, widget=forms.CheckboxSelectMultiple
    )
    size = forms.MultipleChoiceField(label=_("Size tier"), required=False, choices=tier_choices, widget=forms.CheckboxSelectMultiple)
    type = forms.MultipleChoiceField(
        label=_("Customer type"), required=False, choices=Account.CustomerType.choices, widget=forms.CheckboxSelectMultiple
    )
    industry = forms.MultipleChoiceField(label=_("Industry"), required=False)
    region = forms.MultipleChoiceField(label=_("Region"), required=False, help_text=_("A part of the country includes its provinces."))
    territory = forms.MultipleChoiceField(label=_("Territory"), required=False)
    tag = forms.MultipleChoiceField(label=_("Tag"), required=False)
    stage_days = forms.IntegerField(label=_("In the present stage for days"), required=False, min_value=1, max_value=3650)
    quiet_days = forms.IntegerField(label=_("No contact for days"), required=False, min_value=1, max_value=3650)
    order_days = forms.IntegerField(label=_("No order for days"), required=False, min_value=1, max_value=3650)
    revenue_min = forms.DecimalField(label=_("Revenue of 12 months, from"), required=False)
    revenue_max = forms.DecimalField(label=_("Revenue of 12 months, up to"), required=False)
    moved_to = forms.MultipleChoiceField(
        label=_("Moved to stage"), required=False, choices=Account.Stage.choices, widget=forms.CheckboxSelectMultiple
    )
    moved_from_date = _day_field(_("Moved on or after"))
    moved_to_date = _day_field(_("Moved on or before"))
    pool = forms.BooleanField(label=_("In the public pool"), required=False, widget=forms.CheckboxInput(attrs={"value": "yes"}))
    favourite = forms.BooleanField(label=_("My favourites"), required=False, widget=forms.CheckboxInput(attrs={"value": "yes"}))
    archived = forms.BooleanField(label=_("Archived"), required=False, widget=forms.CheckboxInput(attrs={"value": "yes"}))

    def __init__(self, state: ListState) -> None:
        super().__init__(initial=dict(state.filters.params()), auto_id="filter_%s")
        scope = state.scope
        own = [(MINE, _("mine")), (TEAMS, _("my teams")), (NOBODY, _("nobody"))]
        choices: dict[str, list[tuple[str, Any]]] = {
            "owner": [*own, *((str(user.pk), str(user)) for user in people.colleagues(scope))],
            "industry": lists.choices(lists.items("industries")),
            "region": lists.choices(lists.items("regions")),
            "territory": [(NOBODY, _("none")), *((str(territory.pk), territory.name) for territory in account_list.territories())],
            "tag": [(str(tag.pk), tag.name) for tag in account_list.tags()],
        }
        for name, rows in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = rows
            field.widget.attrs["data-search"] = ""
        if len(choices["territory"]) == 1:
            del self.fields["territory"]
        if scope.hides("amount"):
            del self.fields["revenue_min"], self.fields["revenue_max"], self.fields["size"]
        for definition in state.own:
            self.fields.update(_own_fields(definition))

    def facts(self) -> list[forms.BoundField]:
        """The filters that every installation has."""
        return [self[name] for name in self.fields if name in self.base_fields]

    def own(self) -> list[forms.BoundField]:
        """The filters by the company's own fields."""
        return [self[name] for name in self.fields if name not in self.base_fields]


def _own_fields(definition: CustomField) -> dict[str, forms.Field]:
    """The fields that ask for one own field: two ends of a range, options to tick, yes or no, a part of a text."""
    kind, name, label = CustomField.Kind, list_custom.PREFIX + definition.key, definition.label
    if definition.kind in list_custom.ENDS:
        low, high = (name + end for end in list_custom.ENDS[definition.kind])
        from_label, to_label = gettext("%(field)s, from") % {"field": label}, gettext("%(field)s, up to") % {"field": label}
        if definition.kind == kind.DATE:
            return {low: _day_field(from_label), high: _day_field(to_label)}
        return {end: forms.DecimalField(label=text, required=False) for end, text in ((low, from_label), (high, to_label))}
    if definition.kind == kind.BOOLEAN:
        choices = [("", gettext("All")), ("yes", gettext("Yes")), ("no", gettext("No"))]
        return {name: forms.ChoiceField(label=label, required=False, choices=choices, widget=forms.RadioSelect)}
    if definition.kind == kind.CHOICE:
        few = len(definition.options) <= TICKED
        widget = forms.CheckboxSelectMultiple() if few else forms.SelectMultiple(attrs={"data-search": ""})
        options = [(option, option) for option in definition.options]
        return {name: forms.MultipleChoiceField(label=label, required=False, choices=options, widget=widget)}
    return {name: forms.CharField(label=gettext("%(field)s contains") % {"field": label}, required=False, max_length=100)}
