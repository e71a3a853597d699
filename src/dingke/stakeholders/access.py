"""What a person may do with a buying centre that he or she sees, and what the account team keeps to itself."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from dingke.accounts import access as account_access
from dingke.accounts.models import Account, Collaborator
from dingke.core.access import YES, Answer, no
from dingke.core.scope import Scope
from dingke.people.models import Team, User
from dingke.stakeholders.models import BuyingCentre


def can_see_people(scope: Scope, account: Account) -> Answer:
    """As with contacts: people of an account in the public pool show once it is claimed."""
    return account_access.can_see_contacts(scope, account)


def can_edit(scope: Scope, account: Account) -> Answer:
    """Whoever may edit the account draws its maps."""
    return account_access.can_edit(scope, account)


def can_edit_map(scope: Scope, centre: BuyingCentre) -> Answer:
    """The same for one map, while it is not put away."""
    if centre.archived_at is not None:
        return no(_("This map was put away."))
    return can_edit(scope, centre.account)


def is_on_team(scope: Scope, account: Account) -> Answer:
    """A-18: personality, style note and profile are for the account team: the owner, the colleagues the account is shared with, and
    whoever leads one of them. A role that sees every account is not on every team.
    """
    if account.pk in teams_of(scope, [account]):
        return YES
    return no(_("Only the account team sees this: the owner, collaborators, and whoever leads them."))


def teams_of(scope: Scope, accounts: Iterable[Account]) -> frozenset[int]:
    """The accounts among these on whose team the caller is: four queries whatever their number."""
    if scope.user_id is None:
        return frozenset()
    accounts = list(accounts)
    shared: dict[int, set[int]] = {}
    rows = Collaborator.objects.filter(account_id__in=[account.pk for account in accounts]).order_by()
    for account_id, user_id in rows.values_list("account_id", "user_id"):
        shared.setdefault(account_id, set()).add(user_id)
    members = {account.pk: shared.get(account.pk, set()) | ({account.owner_id} if account.owner_id else set()) for account in accounts}
    everybody = {user_id for ids in members.values() for user_id in ids}
    mine = {scope.user_id} | _led_among(scope.user_id, everybody - {scope.user_id})
    return frozenset(account_id for account_id, ids in members.items() if ids & mine)


def _led_among(user_id: int, others: set[int]) -> set[int]:
    """Those of the people who are in a team that the person leads, or below one: by the tree of teams, whatever the person's role."""
    if not others:
        return set()
    led = tuple(Team.objects.filter(leaders=user_id).order_by().values_list("path", flat=True))
    if not led:
        return set()
    rows = User.objects.filter(pk__in=others, team__isnull=False).order_by().values_list("pk", "team__path")
    return {pk for pk, path in rows if path.startswith(led)}
