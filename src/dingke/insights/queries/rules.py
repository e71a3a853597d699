"""The rules in force and their versions, for the settings page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dingke.core import rules
from dingke.core.models import ListItem, Setting
from dingke.core.scope import Scope
from dingke.insights.calc.rules import GROUPS, key_of


@dataclass(frozen=True)
class Group:
    name: str
    value: Any
    versions: list[Setting]

    @property
    def version(self) -> int:
        return self.versions[0].version if self.versions else 0


def rule_groups(scope: Scope) -> list[Group]:
    """Every group with the rules in force and its last versions. The criteria are open to everybody who sees scores (A-18)."""
    keys = {key_of(name): name for name in GROUPS}
    versions: dict[str, list[Setting]] = {name: [] for name in GROUPS}
    for row in Setting.objects.filter(key__in=keys).order_by("key", "-version"):
        versions[keys[row.key]].append(row)
    return [Group(name, rules.load(key_of(name), kind), versions[name][:10]) for name, kind in GROUPS.items()]


def target_choices(list_code: str) -> list[tuple[str, str]]:
    """Industries or regions to aim at, by code; or the classes."""
    if list_code == "classes":
        return [(code, code) for code in "ABC"]
    return [(item.code, item.label) for item in ListItem.objects.filter(list_code=list_code, is_active=True).order_by("position", "id")]
