"""What an address of the account list says: view, filters, sort, columns. And the forms of its dialogs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account, FaceMark
from dingke.accounts.queries import list as account_list
from dingke.accounts.queries import list_columns, list_views
from dingke.accounts.queries.list_columns import Column, Sort
from dingke.accounts.queries.list_filter import ABC, MINE, NOBODY, TEAMS, AccountFilter, filter_from
from dingke.accounts.queries.list_views import View
from dingke.core import lists
from dingke.core.jinja import with_query
from dingke.core.scope import Scope
from dingke.people import queries as people


@dataclass(frozen=True, slots=True, kw_only=True)
class ListState:
    """The list as the caller asked for it, checked against what he or she may see."""

    scope: Scope
    views: Sequence[View]
    view: View
    filters: AccountFilter
    sort_text: str
    sort: Sort
    descending: bool
    available: Sequence[Column]
    columns: Sequence[Column]

    @property
    def is_changed(self) -> bool:
        """Whether filters or order differ from what the view keeps."""
        return self.filters != filter_from(self.view.filters, self.scope) or self.sort_text != self._sort_of_view

    @property
    def _sort_of_view(self) -> str:
        return list_columns.sort_for(self.available, self.scope, self.view.sort)[0]

    def params(self, *, filters: AccountFilter | None = None, sort: str | None = None) -> dict[str, Any]:
        """The query of this list, or of the same list with other filters or another order."""
        wanted = self.filters if filters is None else filters
        order = self.sort_text if sort is None else sort
        if wanted == filter_from(self.view.filters, self.scope) and order == self._sort_of_view:
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
    views = list_views.views_for(scope)
    view = list_views.view_among(views, data.get("view", ""))
    edited = data.get("edited") == "1" or ("view" not in data and any(name in data for name in FilterForm.base_fields))
    filters = filter_from({key: data.getlist(key) for key in data}, scope) if edited else filter_from(view.filters, scope)
    available = list_columns.columns_for(scope)
    sort_text, sort, descending = list_columns.sort_for(available, scope, data.get("sort") or view.sort)
    columns = list_columns.chosen(available, list_views.columns_of(scope, view))
    return ListState(
        scope=scope,
        views=views,
        view=view,
        filters=filters,
        sort_text=sort_text,
        sort=sort,
        descending=descending,
        available=available,
        columns=columns,
    )


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
    type = forms.MultipleChoiceField(
        label=_("Customer type"), required=False, choices=Account.CustomerType.choices, widget=forms.CheckboxSelectMultiple
    )
    industry = forms.MultipleChoiceField(label=_("Industry"), required=False)
    region = forms.MultipleChoiceField(label=_("Region"), required=False, help_text=_("A part of the country includes its provinces."))
    tag = forms.MultipleChoiceField(label=_("Tag"), required=False)
    quiet_days = forms.IntegerField(label=_("No contact for days"), required=False, min_value=1, max_value=3650)
    order_days = forms.IntegerField(label=_("No order for days"), required=False, min_value=1, max_value=3650)
    revenue_min = forms.DecimalField(label=_("Revenue of 12 months, from"), required=False)
    revenue_max = forms.DecimalField(label=_("Revenue of 12 months, up to"), required=False)
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
            "tag": [(str(tag.pk), tag.name) for tag in account_list.tags()],
        }
        for name, rows in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = rows
            field.widget.attrs["data-search"] = ""
        if scope.hides("amount"):
            del self.fields["revenue_min"], self.fields["revenue_max"]
