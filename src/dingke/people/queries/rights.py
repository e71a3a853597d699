"""The one table of roles, permissions and field rights in words, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from dingke.people.calc import FIELD_RIGHTS, PERMISSIONS, REACH, SEES_POOL, Reach, Role, hidden_fields_of
from dingke.people.models import ROLE_LABELS, Territory, User
from dingke.people.queries import reach

Words = str | Promise

# permission -> (what it is about, what it allows)
PERMISSION_LABELS: dict[str, tuple[Words, Words]] = {
    "accounts.create": (gettext_lazy("Accounts"), gettext_lazy("Create accounts")),
    "accounts.edit": (gettext_lazy("Accounts"), gettext_lazy("Edit own accounts, those shared for editing, and those of the teams led")),
    "accounts.edit_all": (gettext_lazy("Accounts"), gettext_lazy("Edit every account that is seen")),
    "accounts.assign": (gettext_lazy("Accounts"), gettext_lazy("Assign accounts to other people")),
    "accounts.archive": (gettext_lazy("Accounts"), gettext_lazy("Archive accounts and bring them back")),
    "accounts.merge": (gettext_lazy("Accounts"), gettext_lazy("Merge accounts that are there twice")),
    "accounts.pool": (gettext_lazy("Accounts"), gettext_lazy("See the public pool")),
    "accounts.claim": (gettext_lazy("Accounts"), gettext_lazy("Claim accounts from the public pool")),
    "accounts.nominate": (gettext_lazy("Key accounts"), gettext_lazy("Nominate key accounts")),
    "accounts.confirm_face": (gettext_lazy("Key accounts"), gettext_lazy("Confirm the face of a key account (red, black, white)")),
    "ledger.see": (gettext_lazy("Money"), gettext_lazy("See orders, receivables and payments")),
    "ledger.edit": (gettext_lazy("Money"), gettext_lazy("Edit orders, receivables and payments")),
    "products.edit": (gettext_lazy("Money"), gettext_lazy("Edit products and prices")),
    "pipeline.see": (gettext_lazy("Opportunities"), gettext_lazy("See the deals of the accounts that are seen")),
    "pipeline.edit": (gettext_lazy("Opportunities"), gettext_lazy("Work on own deals and those of the teams led; prospect")),
    "pipeline.decide": (gettext_lazy("Opportunities"), gettext_lazy("Decide on waivers, red flags and dropping")),
    "pipeline.review": (gettext_lazy("Opportunities"), gettext_lazy("Call and run deal reviews")),
    "playbooks.edit": (gettext_lazy("Opportunities"), gettext_lazy("Write and publish playbooks")),
    "library.see": (gettext_lazy("Library"), gettext_lazy("Read the library")),
    "library.edit": (gettext_lazy("Library"), gettext_lazy("Write drafts for the library")),
    "library.publish": (gettext_lazy("Library"), gettext_lazy("Publish and retire texts of the library")),
    "insights.see": (gettext_lazy("Insights"), gettext_lazy("See value, classes and warnings")),
    "insights.score": (gettext_lazy("Insights"), gettext_lazy("Run the scores of the company")),
    "insights.decide": (gettext_lazy("Insights"), gettext_lazy("Decide on guards and candidates")),
    "approvals.decide_any": (gettext_lazy("Administration"), gettext_lazy("Decide any request for approval")),
    "imports.run": (gettext_lazy("Data"), gettext_lazy("Import files and undo imports")),
    "exports.run": (gettext_lazy("Data"), gettext_lazy("Export what is seen to a file")),
    "privacy.erase": (gettext_lazy("Data"), gettext_lazy("Erase personal data and keep the list of erasures")),
    "settings.edit": (gettext_lazy("Administration"), gettext_lazy("Change lists, fields, tags and rules")),
    "people.edit": (gettext_lazy("Administration"), gettext_lazy("Manage people, teams and territories")),
    "audit.see": (gettext_lazy("Administration"), gettext_lazy("Read the audit trail")),
    "jobs.see_all": (gettext_lazy("Administration"), gettext_lazy("See and stop jobs of other people")),
}

# field right -> (what it covers, what others see instead)
FIELD_LABELS: dict[str, tuple[Words, Words]] = {
    "amount": (gettext_lazy("Amounts"), gettext_lazy("Revenue, order amounts, classes")),
    "cost": (gettext_lazy("Costs"), gettext_lazy("Costs, gross profit, margins")),
    "phone": (gettext_lazy("Phone and mail"), gettext_lazy("Phones, mail and WeChat of contacts")),
    "invoicing": (gettext_lazy("Invoicing details"), gettext_lazy("Tax id and bank account")),
}

REACH_LABELS: dict[Reach, Words] = {
    Reach.OWN: gettext_lazy("Own accounts"),
    Reach.TEAM: gettext_lazy("Own accounts and those of the teams led"),
    Reach.ALL: gettext_lazy("Every account"),
}


@dataclass(frozen=True, slots=True)
class RightRow:
    """One line of the table: a permission or field right in words, and for each role whether it carries it."""

    code: str
    label: str
    hint: str
    carried: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class RightsTable:
    roles: tuple[tuple[Role, str], ...]
    reach: tuple[str, ...]
    pool: tuple[bool, ...]
    groups: tuple[tuple[str, tuple[RightRow, ...]], ...]
    fields: tuple[RightRow, ...]


def rights_table() -> RightsTable:
    """Every role with what it may do and which fields it sees, straight from `people.calc`."""
    roles = tuple(Role)
    groups: dict[str, list[RightRow]] = {}
    for code, carriers in PERMISSIONS.items():
        group, label = PERMISSION_LABELS[code]
        groups.setdefault(str(group), []).append(RightRow(code, str(label), "", tuple(role in carriers for role in roles)))
    fields = tuple(
        RightRow(code, str(FIELD_LABELS[code][0]), str(FIELD_LABELS[code][1]), tuple(role in seers for role in roles))
        for code, seers in FIELD_RIGHTS.items()
    )
    return RightsTable(
        roles=tuple((role, str(ROLE_LABELS[role])) for role in roles),
        reach=tuple(str(REACH_LABELS[REACH[role]]) for role in roles),
        pool=tuple(role in SEES_POOL for role in roles),
        groups=tuple((group, tuple(rows)) for group, rows in groups.items()),
        fields=fields,
    )


def hidden_labels(role: Role) -> list[str]:
    """The field rights that a role does not have, in words."""
    hidden = hidden_fields_of(role)
    return [str(FIELD_LABELS[code][0]) for code in FIELD_RIGHTS if code in hidden]


def role_text(role: Role) -> str:
    """What a role sees and does, in a few words, made from the table: for choosing a role."""
    parts = [{
        Reach.OWN: _("Sees own and shared accounts."),
        Reach.TEAM: _("Sees own accounts and those of the teams led."),
        Reach.ALL: _("Sees every account."),
    }[REACH[role]]]  # fmt: skip
    if role in PERMISSIONS["accounts.edit_all"]:
        parts.append(_("Edits every account."))
    elif role not in PERMISSIONS["accounts.edit"]:
        parts.append(_("Edits no accounts."))
    if role in PERMISSIONS["accounts.assign"]:
        parts.append(_("Assigns accounts."))
    if role in PERMISSIONS["ledger.edit"] and role not in PERMISSIONS["accounts.edit"]:
        parts.append(_("Keeps orders and payments."))
    if role in PERMISSIONS["people.edit"]:
        parts.append(_("Manages people and settings."))
    if hidden := hidden_labels(role):
        parts.append(_("Does not see: %(fields)s.") % {"fields": _(", ").join(hidden)})
    return ("" if (get_language() or "zh").startswith("zh") else " ").join(parts)


def role_choices() -> list[tuple[Role, str, str]]:
    """Role, its name and what it may do."""
    return [(role, str(ROLE_LABELS[role]), role_text(role)) for role in Role]


def sight_of(user: User) -> list[str]:
    """What this person sees, in sentences."""
    if not user.is_active:
        return [_("The sign-in is closed: nothing.")]
    role = Role(user.role)
    if REACH[role] is Reach.ALL:
        said = [_("Every account, by the role %(role)s.") % {"role": user.role_label}]
    else:
        others = len(reach.scope_for(user).user_ids) - 1 if REACH[role] is Reach.TEAM else 0
        said = [
            ngettext(
                "Own accounts and those of %(number)s person in the teams led.",
                "Own accounts and those of %(number)s people in the teams led.",
                others,
            )
            % {"number": others}
            if others
            else _("Own accounts.")
        ]
        said.append(_("Accounts that are shared by name."))
        names = list(Territory.objects.filter(members=user, archived_at__isnull=True).order_by("name", "pk").values_list("name", flat=True))
        if names:
            said.append(_("Accounts in the territories: %(names)s.") % {"names": _(", ").join(names)})
    if role in SEES_POOL and REACH[role] is not Reach.ALL:
        said.append(_("The public pool."))
    if hidden := hidden_labels(role):
        said.append(_("Does not see: %(fields)s.") % {"fields": _(", ").join(hidden)})
    return said
