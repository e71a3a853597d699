"""What a change on many rows says: which rows, and what to do with them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from dingke.accounts.actions.bulk import MOST, Verb
from dingke.accounts.forms.list import ListState
from dingke.accounts.models import Account, Collaborator
from dingke.accounts.queries import list as account_list
from dingke.core.scope import Scope
from dingke.core.tables_out import FileKind
from dingke.people import queries as people


def selection_from(data: QueryDict, state: ListState) -> dict[str, Any]:
    """The ticked rows ("ids"), or all that match the filters of the list ("filters")."""
    filters = dict(state.filters.params())
    if data.get("all") == "1":
        return {"filters": filters}
    ids = [int(value) for value in data.getlist("ids") if value.isascii() and value.isdigit()][: MOST + 1]
    return {"ids": ids, "filters": {"archived": "yes"} if state.filters.archived else {}}


class BulkForm(forms.Form):
    """The fields that one verb needs."""

    user_id = forms.ChoiceField(label=_("Person"))
    level = forms.ChoiceField(
        label=_("What they may do"), choices=Collaborator.Level.choices, widget=forms.RadioSelect, initial=Collaborator.Level.READ
    )
    names = forms.MultipleChoiceField(label=_("Tags"))
    stage = forms.ChoiceField(label=_("Lifecycle stage"), choices=Account.Stage.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("Reason"), required=False, max_length=300, widget=forms.TextInput)

    FIELDS = {
        Verb.ASSIGN: ("user_id", "reason"),
        Verb.SHARE: ("user_id", "level"),
        Verb.TAG: ("names",),
        Verb.UNTAG: ("names",),
        Verb.STAGE: ("stage", "reason"),
    }

    def __init__(self, verb: Verb, scope: Scope, data: QueryDict | None = None) -> None:
        super().__init__(data, auto_id="bulk_%s")
        for name in list(self.fields):
            if name not in self.FIELDS.get(verb, ()):
                del self.fields[name]
        if person := self.fields.get("user_id"):
            assert isinstance(person, forms.ChoiceField)
            rows = people.assignable(scope) if verb is Verb.ASSIGN else people.colleagues(scope)
            person.choices = [("", ""), *((str(user.pk), f"{user} · {user.team}" if user.team else str(user)) for user in rows)]
            person.widget.attrs["data-search"] = ""
        if names := self.fields.get("names"):
            assert isinstance(names, forms.MultipleChoiceField)
            names.choices = [(tag.name, tag.name) for tag in account_list.tags()]
            names.widget.attrs["data-search"] = ""
            if verb is Verb.TAG:
                names.widget.attrs["data-create"] = ""


def wish_params(verb: Verb, data: QueryDict) -> dict[str, Any]:
    """The raw wish of a sent form; new tags are allowed, so the choices of the form do not limit it."""
    return {
        "verb": verb.value,
        "user_id": data.get("user_id", ""),
        "level": data.get("level", ""),
        "names": data.getlist("names"),
        "stage": data.get("stage", ""),
        "reason": data.get("reason", ""),
    }


def file_kind(data: QueryDict) -> FileKind:
    return FileKind.CSV if data.get("format") == FileKind.CSV else FileKind.XLSX
