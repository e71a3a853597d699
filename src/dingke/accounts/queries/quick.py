"""The quick view of one account: enough to decide what to do next without leaving the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dingke.accounts import access
from dingke.accounts.models import Account, Todo
from dingke.accounts.queries import contacts, days, steps
from dingke.accounts.queries import list as account_list
from dingke.accounts.queries.contacts import Person
from dingke.accounts.queries.list_columns import change_of, standing_of
from dingke.accounts.queries.steps import Step
from dingke.core.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickView:
    """`revenue_change` is a share; people and their ways are masked by the caller's field rights. `hidden` says why people
    and phones of an account in the public pool do not show.
    """

    people: tuple[Person, ...]
    hidden: str
    step: Step | None
    todos: tuple[Todo, ...]
    is_favourite: bool
    revenue_change: object
    tags: tuple[str, ...]


def quick_view(scope: Scope, account: Account, *, today: date) -> QuickView:
    people = contacts.people_at(scope, account)
    seen = access.can_see_contacts(scope, account)
    hidden = "" if seen else seen.reason
    todos = tuple(steps.open_todos(scope, account)[:5])
    proposed = steps.steps_for(
        account,
        todos=todos,
        coming=days.coming(days.days_of(scope, account), today=today),
        people=len(people.here),
        has_main_contact=people.main is not None,
        dossier=steps.dossier_state(scope, account, today=today),
        today=today,
    )
    return QuickView(
        people=() if hidden else people.here[:5],
        hidden=hidden,
        step=proposed[0] if proposed else None,
        todos=todos,
        is_favourite=bool(account_list.favourite_ids(scope, [account.pk])),
        revenue_change=change_of(standing_of(account)),
        tags=tuple(link.tag.name for link in account.tag_links.select_related("tag").order_by("tag__name")),
    )
