"""Who sees an account, and through what: the rule of `accounts.scoping` told the other way round, in sentences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.models import Account, Collaborator
from dingke.accounts.queries import search
from dingke.core.models import AuditEntry
from dingke.core.scope import Scope
from dingke.people import queries as people
from dingke.people.calc import REACH, SEES_POOL, Reach, Role
from dingke.people.models import Team, User
from dingke.people.queries import rights


@dataclass(slots=True)
class Seer:
    """A person who sees the account: why, in sentences, and what of it stays hidden for the role."""

    user: User
    sentences: list[str] = field(default_factory=list)
    is_personal: bool = False
    hidden: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Hanging:
    """One kind of thing that hangs on the account: whether the person sees it, and why or why not."""

    label: str
    is_seen: bool
    sentence: str


def _sharing(account: Account) -> dict[str, str]:
    """Who shared the account with whom, by name, and on which day: from the audit trail."""
    found: dict[str, str] = {}
    rows = AuditEntry.objects.filter(account_id=account.pk, action="accounts.share").order_by("at", "pk")
    for at, actor, changes in rows.values_list("at", "actor_name", "changes"):
        for name, pair in changes.items():
            if isinstance(pair, list) and len(pair) == 2 and pair[1]:
                words = {"name": actor, "day": timezone.localdate(at).isoformat()}
                found[name] = _("Shared by %(name)s on %(day)s.") % words
    return found


def hanging(account: Account, user: User) -> list[Hanging]:
    """Whether this person sees contacts, orders and nominations of the account: sharing an account shares what hangs on it, but for
    people in the public pool and for what the role does not see at all."""
    scope = people.scope_for(user)
    if not why_visible(account, user):
        reason = _("The account itself is not seen.")
        return [Hanging(str(label), False, reason) for label in (_("Contacts"), _("Orders"), _("Nominations"))]
    through = _("Through the account.")
    contacts = access.can_see_contacts(scope, account)
    hidden = {code: _("Hidden: %(fields)s") % {"fields": rights.FIELD_LABELS[code][0]} for code in scope.hidden_fields}
    orders = scope.can("ledger.see")
    seen_orders = " ".join(filter(None, [through, hidden.get("amount", ""), hidden.get("cost", "")]))
    return [
        Hanging(_("Contacts"), bool(contacts), " ".join(filter(None, [through, hidden.get("phone", "")])) if contacts else contacts.reason),
        Hanging(
            _("Orders"),
            orders,
            seen_orders if orders else _("The role %(role)s sees no orders and payments.") % {"role": user.role_label},
        ),
        Hanging(_("Nominations"), True, through),
    ]


def _people() -> QuerySet[User]:
    return User.objects.filter(is_active=True).select_related("team").order_by("pinyin", "pk")


def _above(account: Account) -> list[Team]:
    """The team of the owner and the teams above it, from the owner's upwards."""
    team = account.owner.team if account.owner else None
    if team is None:
        return []
    ids = [int(part) for part in team.path.split("/") if part]
    rows = {row.pk: row for row in Team.objects.filter(pk__in=ids).prefetch_related("leaders").order_by("pk")}
    return [rows[pk] for pk in reversed(ids) if pk in rows]


def _sight(account: Account, users: Iterable[User]) -> list[Seer]:
    """Those among the people who see the account. A few queries, however many people are asked about."""
    levels = dict(Collaborator.objects.filter(account=account).order_by().values_list("user_id", "level"))
    sharing = _sharing(account)
    in_territory: set[int] = set()
    if account.territory is not None and account.territory.archived_at is None:
        in_territory = set(account.territory.members.order_by().values_list("pk", flat=True))
    leads: dict[int, list[Team]] = defaultdict(list)
    for team in _above(account):
        for leader in team.leaders.all():
            leads[leader.pk].append(team)
    found: list[Seer] = []
    for user in users:
        role, seer = Role(user.role), Seer(user)
        say = seer.sentences.append
        if user.pk == account.owner_id:
            say(_("%(name)s owns it.") % {"name": user})
        if account.owner and leads[user.pk] and REACH[role] is Reach.TEAM and user.pk != account.owner_id:
            led = leads[user.pk][0]
            words = {"name": user, "team": led, "owner": account.owner, "below": account.owner.team}
            say(_("%(name)s leads %(team)s, the team of the owner %(owner)s.") % words if led.pk == account.owner.team_id
                else _("%(name)s leads %(team)s; below it is %(below)s, the team of the owner %(owner)s.") % words)  # fmt: skip
        if level := levels.get(user.pk):
            say(_("It is shared with %(name)s by name, for editing.") % {"name": user} if level == Collaborator.Level.EDIT
                else _("It is shared with %(name)s by name, for reading.") % {"name": user})  # fmt: skip
            if shared_by := sharing.get(str(user)):
                say(shared_by)
        if user.pk in in_territory:
            say(
                _("It lies in the territory %(territory)s, of which %(name)s is a member.") % {"territory": account.territory, "name": user}
            )
        seer.is_personal = bool(seer.sentences)
        if account.pool_at is not None and role in SEES_POOL:
            say(_("It lies in the public pool, which the role %(role)s sees.") % {"role": user.role_label})
        if REACH[role] is Reach.ALL:
            say(_("The role %(role)s sees every account.") % {"role": user.role_label})
        if seer.sentences:
            seer.hidden = rights.hidden_labels(role)
            found.append(seer)
    return found


def who_sees(scope: Scope, account: Account) -> list[Seer]:
    """Everybody who sees the account: first those who see it as this account, then those who see it by their role."""
    found = _sight(account, _people())
    return sorted(found, key=lambda seer: (seer.user.pk != account.owner_id, not seer.is_personal, seer.user.pinyin, seer.user.pk))


def why_visible(account: Account, user: User) -> list[str]:
    """Why this person sees the account, in sentences; empty when he or she does not."""
    return next((seer.sentences for seer in _sight(account, [user] if user.is_active else [])), [])


def why_hidden(account: Account, user: User) -> list[str]:
    """Why this person does not see the account, in sentences; empty when he or she does."""
    if not user.is_active:
        return [_("The sign-in of %(name)s is closed.") % {"name": user}]
    if why_visible(account, user):
        return []
    role = Role(user.role)
    said = []
    if account.owner is not None:
        words = {"owner": account.owner, "name": user, "role": user.role_label}
        if REACH[role] is Reach.TEAM:
            said.append(_("It belongs to %(owner)s, and %(name)s leads no team that %(owner)s is in.") % words)
        else:
            said.append(_("It belongs to %(owner)s, and the role %(role)s sees accounts of one's own only.") % words)
    elif account.pool_at is not None:
        said.append(_("It lies in the public pool, which the role %(role)s does not see.") % {"role": user.role_label})
    said.append(_("It is not shared with %(name)s by name.") % {"name": user})
    if account.territory is not None and account.territory.archived_at is None:
        said.append(
            _("%(name)s is not a member of the territory %(territory)s that it lies in.") % {"name": user, "territory": account.territory}
        )
    else:
        said.append(_("It lies in no territory."))
    return said


def person_asked(user_id: int) -> User | None:
    return people.user_by_id(user_id)


def everybody() -> list[User]:
    """The people one can ask about."""
    return list(_people())


def accounts_found(scope: Scope, text: str) -> list[Account]:
    """Accounts the asker sees whose name, pinyin or initials match."""
    ids = list(dict.fromkeys(hit.account_id for hit in search.search(scope, text, limit=10)))
    rows = {row.pk: row for row in Account.objects.visible_to(scope).filter(pk__in=ids).select_related("owner").order_by("pk")}
    return [rows[pk] for pk in ids if pk in rows]
