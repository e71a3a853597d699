"""Reads about people: the caller's scope, pickers, the team tree."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

from dingke.core.scope import Scope
from dingke.people.calc import REACH, SEES_POOL, Reach, Role, hidden_fields_of, permissions_of
from dingke.people.models import Team, Territory, User


def scope_for(user: User) -> Scope:
    """The reach of a signed-in person: three queries at most. An inactive person reaches nothing."""
    if not user.is_active:
        return Scope.nobody()
    role = Role(user.role)
    user_ids = {user.pk}
    if REACH[role] is Reach.TEAM:
        user_ids.update(User.objects.filter(team_id__in=led_team_ids(user)).order_by().values_list("pk", flat=True))
    return Scope(
        user_id=user.pk,
        name=str(user),
        role=role.value,
        user_ids=frozenset(user_ids),
        territory_ids=frozenset(Territory.objects.filter(members=user, archived_at__isnull=True).order_by().values_list("pk", flat=True)),
        sees_all=REACH[role] is Reach.ALL,
        sees_pool=role in SEES_POOL,
        permissions=permissions_of(role),
        hidden_fields=hidden_fields_of(role),
    )


def led_team_ids(user: User) -> list[int]:
    """Teams that the person leads, and every team below them."""
    paths = list(user.led_teams.order_by().values_list("path", flat=True))
    if not paths:
        return []
    below = Q()
    for path in paths:
        below |= Q(path__startswith=path)
    return list(Team.objects.filter(below).order_by().values_list("pk", flat=True))


def user_by_id(user_id: int) -> User | None:
    return User.objects.filter(pk=user_id).first()


def colleagues(scope: Scope, *, text: str = "") -> QuerySet[User]:
    """Active people, for pickers: names and roles are known to every colleague."""
    rows = User.objects.filter(is_active=True).select_related("team").order_by("pinyin", "id")
    if scope.user_id is None and not scope.sees_all:
        return rows.none()
    if text:
        rows = rows.filter(Q(name__icontains=text) | Q(username__icontains=text) | Q(pinyin__startswith=text.lower()))
    return rows


def assignable(scope: Scope) -> QuerySet[User]:
    """The people to whom the caller may give accounts: the own teams, or everybody who sells for those who see all."""
    rows = colleagues(scope).filter(role__in=[Role.REP, Role.KEY_ACCOUNT_MANAGER, Role.SALES_MANAGER, Role.DIRECTOR])
    return rows if scope.sees_all else rows.filter(pk__in=scope.user_ids)


def managers_of(user: User) -> list[User]:
    """Leaders of the person's team, else of the nearest team above that has one; without the person."""
    team = user.team
    while team is not None:
        leaders = [leader for leader in team.leaders.filter(is_active=True).order_by("id") if leader.pk != user.pk]
        if leaders:
            return leaders
        team = team.parent
    return list(User.objects.filter(is_active=True, role=Role.DIRECTOR).exclude(pk=user.pk).order_by("id"))


def team_tree(scope: Scope) -> list[Team]:
    """All current teams in tree order with leaders and members prefetched: two levels of names, four queries."""
    return list(Team.objects.filter(archived_at__isnull=True).prefetch_related("leaders", "members").order_by("path", "id"))


def scope_by_id(user_id: int | None) -> Scope:
    """The reach of a person by id; the system's own when nobody is named."""
    if user_id is None:
        return Scope.system()
    user = user_by_id(user_id)
    return scope_for(user) if user else Scope.nobody()


def people_named(texts: Iterable[str]) -> dict[str, User]:
    """The people that these texts mean: by sign-in name, mail address or name, in one query. A name that two people share
    means nobody."""
    wanted = {text: text.strip().casefold() for text in texts if text.strip()}
    if not wanted:
        return {}
    found: dict[str, list[User]] = {}
    asked = list(wanted.values())
    rows = User.objects.annotate(small_name=Lower("name"), small_mail=Lower("email"), small_username=Lower("username"))
    for user in rows.filter(Q(small_username__in=asked) | Q(small_name__in=asked) | Q(small_mail__in=asked)).order_by("-is_active", "pk"):
        for word in {user.username.casefold(), user.name.casefold(), user.email.casefold()}:
            found.setdefault(word, []).append(user)
    result: dict[str, User] = {}
    for text, key in wanted.items():
        people = found.get(key, [])
        exact = [user for user in people if user.username.casefold() == key] or [user for user in people if user.is_active] or people
        if len(exact) == 1:
            result[text] = exact[0]
    return result
