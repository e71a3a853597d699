"""Reads about people. Who reaches what is here by name; pages import their module: `from dingke.people.queries import directory`."""

from dingke.people.queries.reach import (
    assignable,
    colleagues,
    led_team_ids,
    managers_of,
    people_named,
    scope_by_id,
    scope_for,
    team_tree,
    user_by_id,
)

__all__ = ["assignable", "colleagues", "led_team_ids", "managers_of", "people_named", "scope_by_id", "scope_for", "team_tree", "user_by_id"]
