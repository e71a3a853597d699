"""What an administrator types about people, teams and territories. Shape only: actions decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import password_validators_help_texts
from django.utils.translation import gettext_lazy as _

from dingke.core import api_scopes
from dingke.core.forms import RefusableForm
from dingke.core.scope import Scope
from dingke.people.calc import Role
from dingke.people.models import Team, User
from dingke.people.queries import directory, directory_source, rights, teams, territories


class TeamChoice(forms.ModelChoiceField):
    """A team with the way to it; `ways` is set by the form."""

    ways: dict[int, str] = {}

    def label_from_instance(self, obj: Any) -> str:
        return self.ways.get(obj.pk, str(obj))


def _team_field(form: forms.Form, name: str, scope: Scope, *, not_below: Team | None = None, empty: str = "—") -> None:
    field = form.fields[name]
    assert isinstance(field, TeamChoice)
    rows = teams.parents_for(scope, not_below)
    field.ways = {team.pk: way for team, way in teams.way_names(rows)}
    field.queryset, field.empty_label = rows, empty


def _people_field(form: forms.Form, name: str, scope: Scope, *, with_closed: bool = False) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelMultipleChoiceField)
    field.queryset = directory.everybody(scope, with_closed=with_closed)


def _closed_by_directory(form: forms.Form, user: User) -> list[str]:
    """Fields that change in the organisation's directory are shown and not taken; their labels."""
    owned = [name for name in form.fields if name in directory_source.owned_fields(user)]
    for name in owned:
        form.fields[name].disabled = True
    return [str(form.fields[name].label) for name in owned]


class UserForm(RefusableForm):
    """A person: for adding with `password`, for editing without. `owned` labels what the directory owns."""

    owned: list[str] = []

    name = forms.CharField(label=_("Full name"), max_length=80, widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}))
    username = forms.CharField(
        label=_("Sign-in name"),
        max_length=150,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False, widget=forms.EmailInput(attrs={"autocomplete": "off"}))
    phone = forms.CharField(label=_("Mobile"), max_length=30, required=False)
    title = forms.CharField(label=_("Job title"), max_length=80, required=False)
    team = TeamChoice(label=_("Team"), queryset=None, required=False, widget=forms.Select(attrs={"data-search": ""}))
    role = forms.ChoiceField(label=_("Role"), initial=Role.REP, widget=forms.RadioSelect)
    password = forms.CharField(
        label=_("First password"),
        max_length=128,
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Leave it empty to send a link by mail instead."),
    )
    is_outside = forms.BooleanField(
        label=_("Outside or service account"),
        required=False,
        help_text=_("Stays open when a staff list or the directory does not name it."),
    )
    reason = forms.CharField(
        label=_("Why another role"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Needed when the role changes: it stays in the audit trail."),
    )

    def __init__(self, *args: Any, scope: Scope, user: User | None = None, **kwargs: Any) -> None:
        if user is not None:
            facts = {name: getattr(user, name) for name in ("name", "username", "email", "phone", "title", "role", "is_outside")}
            kwargs.setdefault("initial", facts | {"team": user.team_id})
        super().__init__(*args, **{"auto_id": "person_%s"} | kwargs)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = [(code.value, label) for code, label, _text in rights.role_choices()]
        _team_field(self, "team", scope)
        if user is None:
            del self.fields["reason"], self.fields["is_outside"]
        else:
            del self.fields["password"]
            self.fields["username"].required = True
            self.owned = _closed_by_directory(self, user)

    def facts(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name not in {"password", "reason"}}


class InviteForm(RefusableForm):
    """Whom to ask in by mail."""

    email = forms.EmailField(label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "off"}))
    name = forms.CharField(
        label=_("Full name"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("The person can correct it."),
    )
    team = TeamChoice(label=_("Team"), queryset=None, required=False, widget=forms.Select(attrs={"data-search": ""}))
    language = forms.ChoiceField(label=_("Language of the mail and of the pages"), choices=settings.LANGUAGES)
    role = forms.ChoiceField(label=_("Role"), initial=Role.REP, widget=forms.RadioSelect)

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "invite_%s"} | kwargs)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = [(code.value, label) for code, label, _text in rights.role_choices()]
        _team_field(self, "team", scope)


class AcceptForm(RefusableForm):
    """What an invited person enters."""

    name = forms.CharField(label=_("Full name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name", "autofocus": True}))
    password = forms.CharField(
        label=_("Password"), max_length=128, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )


class PasswordForm(RefusableForm):
    password = forms.CharField(
        label=_("New password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "autofocus": True}),
    )

    def rules(self) -> list[str]:
        return [str(text) for text in password_validators_help_texts()]


class MeForm(RefusableForm):
    name = forms.CharField(label=_("Full name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = forms.CharField(
        label=_("Mobile"), max_length=30, required=False, widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"})
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"name": user.name, "phone": user.phone}} | kwargs)
        self.owned = _closed_by_directory(self, user)


class TeamForm(RefusableForm):
    """Name and leaders; `parent` where a team is added."""

    name = forms.CharField(label=_("Name"), max_length=80, widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}))
    parent = TeamChoice(label=_("Below"), queryset=None, required=False)
    leaders: forms.ModelMultipleChoiceField[User] = forms.ModelMultipleChoiceField(
        label=_("Leaders"),
        queryset=None,
        required=False,
        widget=forms.SelectMultiple(attrs={"data-search": ""}),
        help_text=_("Sales managers who lead a team see its accounts and those of all teams below it."),
    )

    def __init__(self, *args: Any, scope: Scope, team: Team | None = None, **kwargs: Any) -> None:
        if team is not None:
            kwargs.setdefault("initial", {"name": team.name, "leaders": [leader.pk for leader in team.leaders.all()]})
        super().__init__(*args, **{"auto_id": "team_%s"} | kwargs)
        _people_field(self, "leaders", scope)
        if team is None:
            _team_field(self, "parent", scope)
        else:
            del self.fields["parent"]


class MoveTeamForm(RefusableForm):
    parent = TeamChoice(label=_("New place: below"), queryset=None, required=False, widget=forms.Select(attrs={"data-search": ""}))

    def __init__(self, *args: Any, scope: Scope, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "move_%s", "initial": {"parent": team.parent_id}} | kwargs)
        _team_field(self, "parent", scope, not_below=team, empty=str(_("At the top")))


class MembersForm(RefusableForm):
    users: forms.ModelMultipleChoiceField[User] = forms.ModelMultipleChoiceField(
        label=_("Staff"),
        queryset=None,
        widget=forms.SelectMultiple(attrs={"data-search": ""}),
        error_messages={"required": _("Choose at least one person.")},
    )

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "members_%s"} | kwargs)
        _people_field(self, "users", scope, with_closed=True)


class TerritoryForm(RefusableForm):
    name = forms.CharField(label=_("Name"), max_length=80, widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "off"}))
    regions = forms.TypedMultipleChoiceField(
        label=_("Regions"),
        coerce=int,
        required=False,
        widget=forms.SelectMultiple(attrs={"data-search": ""}),
        help_text=_("A part of the country brings its provinces. None: every region."),
    )
    industries = forms.TypedMultipleChoiceField(
        label=_("Industries"),
        coerce=int,
        required=False,
        widget=forms.SelectMultiple(attrs={"data-search": ""}),
        help_text=_("None: every industry."),
    )
    members: forms.ModelMultipleChoiceField[User] = forms.ModelMultipleChoiceField(
        label=_("Members"),
        queryset=None,
        required=False,
        widget=forms.SelectMultiple(attrs={"data-search": ""}),
        help_text=_("Members see every account in the territory, whoever owns it."),
    )

    def __init__(self, *args: Any, scope: Scope, territory: Any = None, **kwargs: Any) -> None:
        kept: dict[str, list[tuple[str, str]]] = {"regions": [], "industries": []}
        if territory is not None:
            chosen = {name: list(getattr(territory, name).all()) for name in ("regions", "industries", "members")}
            kwargs.setdefault("initial", {"name": territory.name} | {name: [row.pk for row in rows] for name, rows in chosen.items()})
            kept = {name: [(str(item.pk), item.label) for item in chosen[name] if not item.is_active] for name in kept}
        super().__init__(*args, **{"auto_id": "territory_%s"} | kwargs)
        for name, offered in (("regions", territories.region_choices()), ("industries", territories.industry_choices())):
            field = self.fields[name]
            assert isinstance(field, forms.TypedMultipleChoiceField)
            field.choices = [*offered, *kept[name]]
        _people_field(self, "members", scope)


class TokenForm(RefusableForm):
    """An API token of one's own."""

    name = forms.CharField(
        label=_("What it is for"), max_length=80, required=False, widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True})
    )
    scopes = forms.MultipleChoiceField(label=_("What it may do"), required=False)
    days = forms.TypedChoiceField(
        label=_("Valid for"),
        coerce=int,
        initial=90,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("One year")), (0, _("No end"))],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["scopes"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(scope, scope) for scope in api_scopes.known()]

    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("name", "scopes", "days")}


class ForcedRolesForm(RefusableForm):
    """The roles that need a second factor."""

    roles = forms.MultipleChoiceField(required=False, choices=[(role.value, role.value) for role in Role])
