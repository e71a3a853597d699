"""Who gets which account when a person leaves. Serves A-01 (every key account has one owner). Pure: a plan and the facts of an
account in, a person's id out; no Django, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

STAYS = 0  # instead of a person's id: it is left with the leaver


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """What decides over the receiver. `region` and `group`: ids of the region and of the uppermost company, 0 when unknown."""

    id: int
    region: int = 0
    group: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything goes to `receiver`, but for what is said otherwise: for a kind of thing (`parts`), and for accounts by region,
    by group of companies, by hand. The closer word holds: by hand before group before region before everything.
    """

    receiver: int
    parts: Mapping[str, int] = field(default_factory=dict)
    regions: Mapping[int, int] = field(default_factory=dict)
    groups: Mapping[int, int] = field(default_factory=dict)
    accounts: Mapping[int, int] = field(default_factory=dict)

    def people(self) -> set[int]:
        """Everybody the plan names."""
        named = {self.receiver, *self.parts.values(), *self.regions.values(), *self.groups.values(), *self.accounts.values()}
        return named - {STAYS}

    def as_json(self) -> dict[str, Any]:
        """For a job: keys as text, since JSON knows no others."""
        numbered = {name: {str(key): value for key, value in getattr(self, name).items()} for name in ("regions", "groups", "accounts")}
        return {"receiver": self.receiver, "parts": dict(self.parts), **numbered}


def plan_from_json(value: Mapping[str, Any]) -> Plan:
    """The plan that `as_json` wrote. KeyError, ValueError on anything else."""
    numbered = {name: {int(key): int(who) for key, who in value[name].items()} for name in ("regions", "groups", "accounts")}
    return Plan(receiver=int(value["receiver"]), parts={str(key): int(who) for key, who in value["parts"].items()}, **numbered)


def receiver_of_account(plan: Plan, account: AccountFacts) -> int:
    """Who gets the account; `STAYS` when it is left."""
    if account.id in plan.accounts:
        return plan.accounts[account.id]
    if account.group in plan.groups:
        return plan.groups[account.group]
    if account.region in plan.regions:
        return plan.regions[account.region]
    return plan.parts.get("accounts", plan.receiver)


def receiver_of_thing(plan: Plan, part: str, *, with_account: int | None = None) -> int:
    """Who gets a thing of another kind: whoever the plan names for the kind, else who gets the account it follows, else the
    receiver of everything."""
    if part in plan.parts:
        return plan.parts[part]
    return plan.receiver if with_account is None else with_account
