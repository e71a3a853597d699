"""Territories with their rules and members."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from dingke.core import lists
from dingke.core.access import needs
from dingke.core.errors import NotVisible
from dingke.core.models import ListItem
from dingke.core.scope import Scope
from dingke.people.models import Territory


@dataclass(frozen=True, slots=True)
class TerritoryRow:
    territory: Territory
    regions: list[str]
    industries: list[str]
    members: list[str]


def territory_rows(scope: Scope) -> tuple[list[TerritoryRow], list[Territory]]:
    """Current territories with their rules in words, and the archived ones; five queries."""
    needs(scope, "people.edit").enforce()
    rows = list(Territory.objects.prefetch_related("regions", "industries", "members").order_by("name", "pk"))
    current = [
        TerritoryRow(
            row, [item.label for item in row.regions.all()], [item.label for item in row.industries.all()],
            [str(user) for user in row.members.all() if user.is_active],
        )
        for row in rows if row.archived_at is None
    ]  # fmt: skip
    return current, [row for row in rows if row.archived_at is not None]


def territory_for(scope: Scope, territory_id: int) -> Territory:
    needs(scope, "people.edit").enforce()
    territory = Territory.objects.prefetch_related("regions", "industries", "members").filter(pk=territory_id).first()
    if territory is None:
        raise NotVisible(_("This territory is not there."))
    return territory


def region_choices() -> list[tuple[str, str]]:
    """Parts of the country, each followed by what lies in it."""
    rows = list(lists.items("regions"))
    codes = {row.code for row in rows}
    inside: dict[str, list[ListItem]] = {}
    for row in rows:
        parent = str(row.data.get("parent", ""))
        inside.setdefault(parent if parent in codes else "", []).append(row)
    found: list[tuple[str, str]] = []

    def walk(code: str, above: str) -> None:
        for row in inside.get(code, []):
            found.append((str(row.pk), f"{above}{row.label}"))
            if row.code != code:
                walk(row.code, f"{above}{row.label} / ")

    walk("", "")
    return found


def industry_choices() -> list[tuple[str, str]]:
    return lists.choices(lists.items("industries"))
