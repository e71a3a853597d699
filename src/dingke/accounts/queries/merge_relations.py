"""How the rows that hang on an account behave when it is merged into another. Every relation has its line.

The lines of this domain stand here; those of higher domains are installed from config/wiring.py, and a test fails on a relation
without one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account


class How(Enum):
    MOVE = auto()  # the rows go to the account that stays
    FILL = auto()  # only when the account that stays has none of its own
    STAY = auto()  # history or a table that is written anew: the rows stay where they are


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """`once_by`: a field that is unique with the account, rows that both have stay; `numbered`: likewise, but no row may stay, so its
    number gets an ending; `single`: a flag that one row of an account carries.
    """

    label: str | Promise
    how: How = How.MOVE
    once_by: str = ""
    numbered: str = ""
    single: str = ""


MOVERS: dict[str, Mover] = {
    "accounts.Contact.account": Mover(label=_("Contacts"), single="is_main"),
    "accounts.Note.account": Mover(label=_("Timeline entries")),
    "accounts.Todo.account": Mover(label=_("To-dos")),
    "accounts.DossierEntry.account": Mover(label=_("Dossier facts")),
    "accounts.Question.account": Mover(label=_("Open questions")),
    "accounts.AccountCompetitor.account": Mover(label=_("Competitors")),
    "accounts.KeyDate.account": Mover(label=_("Key dates")),
    "accounts.InvoiceTitle.account": Mover(label=_("Invoice titles"), single="is_default"),
    "accounts.Nomination.account": Mover(label=_("Nominations")),
    "accounts.FaceMark.account": Mover(label=_("Confirmed faces"), how=How.FILL),
    "accounts.Standing.account": Mover(label=_("Scores"), how=How.FILL),
    "accounts.AccountTag.account": Mover(label=_("Tags"), once_by="tag"),
    "accounts.Collaborator.account": Mover(label=_("Collaborators"), once_by="user"),
    "accounts.Favourite.account": Mover(label=_("Favourites of colleagues"), once_by="user"),
    "accounts.RecentView.account": Mover(label=_("Recently opened"), once_by="user"),
    "accounts.OwnershipChange.account": Mover(label=_("Ownership history"), how=How.STAY),
    "accounts.StageChange.account": Mover(label=_("Stage history"), how=How.STAY),
    "accounts.StageDismissal.account": Mover(label=_("Dismissed stages"), how=How.STAY),  # said on the figures of that account
    "accounts.Merge.kept": Mover(label=_("Earlier merges"), how=How.STAY),
    "accounts.Merge.gone": Mover(label=_("Earlier merges"), how=How.STAY),
    "accounts.Account.merged_into": Mover(label=_("Earlier merges"), how=How.STAY),
    "accounts.DuplicatePair.account": Mover(label=_("Possible duplicates"), how=How.STAY),
    "accounts.DuplicatePair.other": Mover(label=_("Possible duplicates"), how=How.STAY),
    "accounts.SearchEntry.account": Mover(label=_("Search index"), how=How.STAY),  # written anew
    "accounts.Account.parent": Mover(label=_("Subsidiaries")),
}


def install(table: Mapping[str, Mover]) -> None:
    """Takes over the lines of higher domains."""
    MOVERS.update(table)


@dataclass(frozen=True, slots=True)
class Relation:
    """A foreign key to the account: its model and the name of the key."""

    model: type[Model]
    field: str

    def rows(self, account_id: int) -> QuerySet[Any]:
        return self.model._default_manager.filter(**{self.field: account_id}).order_by("pk")

    @property
    def is_versioned(self) -> bool:
        """Whether the rows carry a version and the time of their last change."""
        return any(field.name == "updated_at" for field in self.model._meta.concrete_fields)


def relations() -> dict[str, Relation]:
    """Every foreign key to an account, hidden ones included: "ledger.Order.account" -> the relation."""
    found = {}
    for field in Account._meta.get_fields(include_hidden=True):
        if field.auto_created and field.is_relation and not field.concrete and not field.many_to_many:
            model: type[Model] = field.related_model  # type: ignore[assignment]
            name = field.field.name  # type: ignore[union-attr]
            found[f"{model._meta.label}.{name}"] = Relation(model, name)
    return found


def moving() -> list[tuple[str, Relation, Mover]]:
    """The relations whose rows move, in the order of the table."""
    known = relations()
    return [(key, known[key], mover) for key, mover in MOVERS.items() if mover.how is not How.STAY and key in known]


def colliding(relation: Relation, mover: Mover, *, kept_id: int, gone_id: int) -> QuerySet[Any]:
    """The rows of the account that goes whose unique value the other account has too."""
    rows = relation.rows(gone_id)
    unique = mover.once_by or mover.numbered
    if not unique:
        return rows.none()
    return rows.filter(**{f"{unique}__in": relation.rows(kept_id).order_by().values(unique)})
