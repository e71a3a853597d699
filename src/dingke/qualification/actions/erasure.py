"""Erasing a person also from what qualification keeps as JSON: boards of reviews, demonstration plans, value calculations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from dingke.accounts.actions.privacy import ErasedAbove
from dingke.accounts.calc import privacy as calc
from dingke.accounts.models import Contact
from dingke.qualification.models import DemoPlan, ReviewItem, SheetDecision, SheetElement, ValueLine, ValueVersion

# model, its JSON fields, its way to the account
_KEPT: tuple[tuple[Any, tuple[str, ...], str], ...] = (
    (SheetElement, ("facts",), "opportunity__account"),
    (SheetDecision, ("causes",), "opportunity__account"),
    (ReviewItem, ("board", "carried"), "opportunity__account"),
    (DemoPlan, ("positioning", "contingencies", "timing"), "opportunity__account"),
    (ValueLine, ("sources",), "case__opportunity__account"),
    (ValueVersion, ("content",), "case__opportunity__account"),
)


def erase_from_kept(*, contact: Contact, words: Iterable[str], stand_in: str, with_mentions: bool, now: datetime) -> ErasedAbove:
    """Replaces the name in what was kept. A namesake at the account keeps the texts as they are, like everywhere."""
    found: list[tuple[str, tuple[int, ...]]] = []
    others = Contact.objects.filter(account_id=contact.account_id, name=contact.name, erased_at__isnull=True).exclude(pk=contact.pk)
    gone = [word for word in words if word != contact.name] if others.exists() else list(words)
    if with_mentions:
        for model, fields, path in _KEPT:
            changed: list[Any] = []
            for row in model._default_manager.filter(**{path: contact.account_id}).order_by("pk"):
                before = [getattr(row, name) for name in fields]
                after = [calc.value_without_words(value, gone, stand_in) for value in before]
                if after != before:
                    for name, value in zip(fields, after, strict=True):
                        setattr(row, name, value)
                    changed.append(row)
            model._default_manager.bulk_update(changed, list(fields), batch_size=200)
            found.append((model._meta.label_lower, tuple(row.pk for row in changed)))
    return ErasedAbove(texts=tuple(found))
