"""The shape of what is typed: bringing people in, delegations, steps and settings of a flow, trying a flow out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from dingke.approvals.calc import Mode
from dingke.approvals.calc import flow as flows
from dingke.approvals.queries.kinds import Kind
from dingke.approvals.queries.words import OWN_STEP_WORDS
from dingke.people.models import User

SEARCHED = {"data-search": ""}
CLASSES = [("A", "A"), ("B", "B"), ("C", "C")]


def _people(users: Iterable[User]) -> list[tuple[str, str]]:
    return [(str(user.pk), f"{user} · {user.role_label}") for user in users]


class PeopleForm(forms.Form):
    """Colleagues to bring in, with a word to them."""

    users = forms.MultipleChoiceField(label=_("Colleagues"), widget=forms.SelectMultiple(attrs=SEARCHED))
    note = forms.CharField(label=_("A word to them"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, users: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["users"].choices = _people(users)  # type: ignore[attr-defined]

    def chosen(self) -> list[int]:
        return [int(pk) for pk in self.cleaned_data["users"]]


class AddApproverForm(PeopleForm):
    """加签: before the own step or after it, and how several of them count."""

    where = forms.ChoiceField(
        label=_("When they decide"),
        choices=[("before", _("Before me: I decide after them")), ("after", _("After me: they decide after I agreed"))],
        initial="before",
        widget=forms.RadioSelect,
    )
    mode = forms.ChoiceField(
        label=_("When there are several"),
        choices=[("ANY", _("Any one decides")), ("ALL", _("All must agree"))],
        initial="ANY",
        widget=forms.RadioSelect,
    )
    field_order = ["users", "where", "mode", "note"]


class HandOnForm(forms.Form):
    to = forms.ChoiceField(label=_("Who decides instead of you"), widget=forms.Select(attrs=SEARCHED))
    note = forms.CharField(label=_("A word to them"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, users: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", ""), *_people(users)]  # type: ignore[attr-defined]


class DelegationForm(forms.Form):
    giver = forms.ChoiceField(label=_("For whom"), required=False, widget=forms.Select(attrs=SEARCHED))
    taker = forms.ChoiceField(label=_("Who decides meanwhile"), widget=forms.Select(attrs=SEARCHED))
    start_date = forms.DateField(label=_("First day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    end_date = forms.DateField(label=_("Last day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    kinds = forms.MultipleChoiceField(label=_("Which requests"), required=False, widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(label=_("Reason"), required=False, max_length=200)

    def __init__(self, *args: Any, users: Iterable[User], kinds: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", ""), *_people(users)]
        self.fields["giver"].choices = choices  # type: ignore[attr-defined]
        self.fields["taker"].choices = choices  # type: ignore[attr-defined]
        self.fields["kinds"].choices = list(kinds)  # type: ignore[attr-defined]

    def refuse(self, fields: dict[str, str], message: str) -> None:
        known = {name: text for name, text in fields.items() if name in self.fields}
        for name, text in (known or {"": message}).items():
            self.add_error(name or None, text)


WHO_FIELDS: list[tuple[str, flows.Who]] = [
    ("asker_leader", flows.Who.ASKER_LEADER),
    ("owner_leader", flows.Who.OWNER_LEADER),
    ("account_owner", flows.Who.ACCOUNT_OWNER),
    ("kam", flows.Who.KEY_ACCOUNT_MANAGER),
    ("director", flows.Who.DIRECTOR),
    ("administrator", flows.Who.ADMINISTRATOR),
]


def _hours(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=1, max_value=2000)


def _amount(label: Any) -> forms.DecimalField:
    return forms.DecimalField(label=label, required=False, max_digits=18, decimal_places=2, min_value=0)


class StepForm(forms.Form):
    """One step: who decides, how they count, when the step is asked, what the clock does."""

    label_zh = forms.CharField(label=_("Name in Chinese"), required=False, max_length=80)
    label_en = forms.CharField(label=_("Name in English"), required=False, max_length=80)
    asker_leader = forms.BooleanField(label=_("The leader of the asker"), required=False)
    asker_level = forms.IntegerField(label=_("Level above"), required=False, min_value=1, max_value=9, initial=1)
    owner_leader = forms.BooleanField(label=_("The leader of the account's owner"), required=False)
    owner_level = forms.IntegerField(label=_("Level above"), required=False, min_value=1, max_value=9, initial=1)
    account_owner = forms.BooleanField(label=_("The owner of the account"), required=False)
    kam = forms.BooleanField(label=_("The key account manager of the account"), required=False)
    director = forms.BooleanField(label=_("A sales director"), required=False)
    administrator = forms.BooleanField(label=_("An administrator"), required=False)
    roles = forms.MultipleChoiceField(label=_("Everybody with the role"), required=False, widget=forms.SelectMultiple(attrs=SEARCHED))
    people = forms.MultipleChoiceField(label=_("These people"), required=False, widget=forms.SelectMultiple(attrs=SEARCHED))
    mode = forms.ChoiceField(
        label=_("When there are several"),
        choices=[("ANY", _("Any one decides")), ("ALL", _("All must agree"))],
        initial="ANY",
        widget=forms.RadioSelect,
    )
    amount_from = _amount(_("Amount from"))
    amount_to = _amount(_("Amount under"))
    types = forms.MultipleChoiceField(label=_("Only if it is"), required=False, widget=forms.CheckboxSelectMultiple)
    regions = forms.MultipleChoiceField(label=_("Only in the regions"), required=False, widget=forms.SelectMultiple(attrs=SEARCHED))
    classes = forms.MultipleChoiceField(
        label=_("Only for accounts of class"), required=False, choices=CLASSES, widget=forms.CheckboxSelectMultiple
    )
    remind_hours = _hours(_("Remind every"))
    escalate_hours = _hours(_("Call in the leader above after"))

    def __init__(
        self, *args: Any, kind: Kind, users: Iterable[User], roles: list[tuple[str, str]], regions: list[tuple[str, str]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, list[tuple[str, str]]] = {
            "people": _people(users),
            "roles": roles,
            "regions": regions,
            "types": [(code, str(label)) for code, label in kind.types.items()],
        }
        for name, listed in choices.items():
            self.fields[name].choices = listed  # type: ignore[attr-defined]
        gone = [] if kind.has_amount else ["amount_from", "amount_to"]
        gone += [] if kind.types else ["types"]
        gone += [] if kind.has_account else ["owner_leader", "owner_level", "account_owner", "kam", "regions", "classes"]
        for name in gone:
            del self.fields[name]

    @classmethod
    def initial_of(cls, step: flows.StepRule) -> dict[str, Any]:
        by_who = {rule.who: rule for rule in step.rules}
        initial: dict[str, Any] = {name: who in by_who for name, who in WHO_FIELDS}
        for name, who in (("asker_level", flows.Who.ASKER_LEADER), ("owner_level", flows.Who.OWNER_LEADER)):
            initial[name] = by_who[who].level if who in by_who else 1
        conditions = step.conditions
        return initial | {
            "label_zh": step.label_zh, "label_en": step.label_en, "mode": step.mode.value,
            "roles": by_who[flows.Who.ROLE].roles if flows.Who.ROLE in by_who else (),
            "people": [str(pk) for pk in by_who[flows.Who.PERSON].people] if flows.Who.PERSON in by_who else (),
            "amount_from": conditions.amount_from, "amount_to": conditions.amount_to, "types": conditions.types,
            "regions": conditions.regions, "classes": conditions.classes,
            "remind_hours": step.remind_hours, "escalate_hours": step.escalate_hours,
        }  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and not any(data.get(name) for name in [*(name for name, _who in WHO_FIELDS), "roles", "people"]):
            raise forms.ValidationError(_("Say who decides: choose at least one."))
        start, end = data.get("amount_from"), data.get("amount_to")
        if start is not None and end is not None and end <= start:
            self.add_error("amount_to", _("This amount is more than the one before it."))
        return data

    def step(self) -> flows.StepRule:
        data = self.cleaned_data
        levels = {"asker_leader": data.get("asker_level"), "owner_leader": data.get("owner_level")}
        rules = [flows.Rule(who, level=levels.get(name) or 1) for name, who in WHO_FIELDS if data.get(name)]
        if data.get("roles"):
            rules.append(flows.Rule(flows.Who.ROLE, roles=tuple(data["roles"])))
        if data.get("people"):
            rules.append(flows.Rule(flows.Who.PERSON, people=tuple(int(pk) for pk in data["people"])))
        return flows.StepRule(
            rules=tuple(rules),
            mode=Mode(data["mode"]),
            conditions=flows.Conditions(
                amount_from=data.get("amount_from"), amount_to=data.get("amount_to"), types=tuple(data.get("types") or ()),
                regions=tuple(data.get("regions") or ()), classes=tuple(data.get("classes") or ()),
            ),
            label_zh=data["label_zh"].strip(),
            label_en=data["label_en"].strip(),
            remind_hours=data["remind_hours"],
            escalate_hours=data["escalate_hours"],
        )  # fmt: skip


class FlowForm(forms.Form):
    """The settings of a flow as a whole."""

    own_step = forms.ChoiceField(
        label=_("When the asker is an approver"),
        choices=[(own.value, words) for own, words in OWN_STEP_WORDS.items()],
        widget=forms.RadioSelect,
    )
    again = forms.BooleanField(label=_("Who agreed in an earlier step is not asked again"), required=False)
    bulk = forms.BooleanField(label=_("Several may be agreed to at once"), required=False)
    copies = forms.MultipleChoiceField(label=_("Always copied to"), required=False, widget=forms.SelectMultiple(attrs=SEARCHED))

    def __init__(self, *args: Any, users: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = [(flows.Who.ACCOUNT_OWNER.value, str(_("owner of the account"))), (flows.Who.DIRECTOR.value, str(_("sales director")))]
        self.fields["copies"].choices = [*groups, *_people(users)]  # type: ignore[attr-defined]

    @classmethod
    def initial_of(cls, flow: flows.Flow) -> dict[str, Any]:
        copies = [str(pk) for rule in flow.copies for pk in rule.people] + [rule.who.value for rule in flow.copies if not rule.people]
        return {"own_step": flow.own_step.value, "again": flow.again, "bulk": flow.bulk, "copies": copies}

    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        rules = [flows.Rule(flows.Who(code)) for code in data["copies"] if not code.isdigit()]
        people = tuple(int(code) for code in data["copies"] if code.isdigit())
        if people:
            rules.append(flows.Rule(flows.Who.PERSON, people=people))
        return {"own_step": flows.OwnStep(data["own_step"]), "again": data["again"], "bulk": data["bulk"], "copies": tuple(rules)}


class TryOutForm(forms.Form):
    """With this asker and these facts …"""

    asker = forms.ChoiceField(label=_("Who asks"), widget=forms.Select(attrs=SEARCHED))
    owner = forms.ChoiceField(label=_("Owner of the account"), required=False, widget=forms.Select(attrs=SEARCHED))
    amount = _amount(_("Amount"))
    type = forms.ChoiceField(label=_("Type"), required=False)
    region = forms.ChoiceField(label=_("Region"), required=False)
    account_class = forms.ChoiceField(label=_("Class"), required=False, choices=[("", "—"), *CLASSES])

    def __init__(self, *args: Any, kind: Kind, users: Iterable[User], regions: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        listed = _people(users)
        choices: dict[str, list[tuple[str, str]]] = {
            "asker": listed, "owner": [("", ""), *listed], "region": [("", "—"), *regions],
            "type": [("", "—"), *((code, str(label)) for code, label in kind.types.items())],
        }  # fmt: skip
        for name, options in choices.items():
            self.fields[name].choices = options  # type: ignore[attr-defined]
        gone = [] if kind.has_amount else ["amount"]
        gone += [] if kind.types else ["type"]
        gone += [] if kind.has_account else ["owner", "region", "account_class"]
        for name in gone:
            del self.fields[name]

    def facts(self) -> flows.Facts:
        data = self.cleaned_data
        region = data.get("region") or ""
        return flows.Facts(
            asker=int(data["asker"]),
            owner=int(data["owner"]) if data.get("owner") else None,
            amount=data.get("amount"),
            type=data.get("type") or "",
            regions=(region,) if region else (),
            account_class=data.get("account_class") or "",
        )
