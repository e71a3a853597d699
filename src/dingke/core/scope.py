"""Who asks, and what that person may reach. Built once per request by `people.queries.scope_for`."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Scope:
    """A caller's reach over accounts, and the permissions that come with the role.

    `user_ids` are the people whose accounts the caller sees (the caller and, for a manager, the teams led and below);
    `permissions` are codes such as "accounts.edit"; `hidden_fields` are field-right codes such as "cost" that are masked.
    """

    user_id: int | None
    name: str = ""
    role: str = ""
    user_ids: frozenset[int] = field(default_factory=frozenset)
    territory_ids: frozenset[int] = field(default_factory=frozenset)
    sees_all: bool = False
    sees_pool: bool = False
    permissions: frozenset[str] = field(default_factory=frozenset)
    hidden_fields: frozenset[str] = field(default_factory=frozenset)

    @property
    def me(self) -> int:
        """The caller's id for lookups; 0, which no row has, when nobody or the system asks."""
        return self.user_id or 0

    def can(self, permission: str) -> bool:
        return permission in self.permissions

    def hides(self, field_right: str) -> bool:
        return field_right in self.hidden_fields

    @classmethod
    def system(cls) -> Scope:
        """The whole company: for score runs, imports and tests that say so."""
        return cls(user_id=None, name="Dingke", role="SYSTEM", sees_all=True, sees_pool=True, permissions=frozenset({"*"}))

    @classmethod
    def nobody(cls) -> Scope:
        """Sees nothing: anonymous callers."""
        return cls(user_id=None)
