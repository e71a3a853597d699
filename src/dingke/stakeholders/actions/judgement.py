"""What counts in the decision: factors compared with rivals (C-12), influences beside the product (C-18)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.core import audit
from dingke.core.errors import Invalid
from dingke.core.locking import locked
from dingke.core.scope import Scope
from dingke.stakeholders import access
from dingke.stakeholders.calc.factors import FACTORS, ORDER_OF
from dingke.stakeholders.calc.needs import INFLUENCES
from dingke.stakeholders.models import BuyingCentre

MOST_RIVALS = 3


@transaction.atomic
def save_factors(
    *,
    centre: BuyingCentre,
    software_type: str,
    order: Sequence[str],
    ours: Mapping[str, int],
    rivals: Sequence[tuple[str, Mapping[str, int]]],
    by: Scope,
    now: datetime,
    expected_version: int | None = None,
) -> BuyingCentre:
    """The type, the customer's order of the four factors, and scores of 0 to 100 for us and up to three rivals."""
    access.can_edit_map(by, centre).enforce()
    problems: dict[str, str] = {}
    if software_type not in ORDER_OF:
        problems["software_type"] = _("Choose a type.")
    if sorted(order) != sorted(FACTORS):
        problems["order"] = _("Each rank is given once.")
    names = [name.strip() for name, _scores in rivals]
    if len(rivals) > MOST_RIVALS or len(set(names)) != len(names) or not all(names):
        problems["rivals"] = _("Name each rival once, three at most.")
    for scores in (ours, *(scores for _name, scores in rivals)):
        if any(code not in FACTORS or not 0 <= score <= 100 for code, score in scores.items()):
            problems["scores"] = _("A score is between 0 and 100.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    stored = {
        "type": software_type,
        "order": list(order),
        "us": dict(ours),
        "rivals": [{"name": name.strip()[:120], "scores": dict(scores)} for name, scores in rivals],
    }
    return _save(centre, "factors", stored, "stakeholders.factors", by=by, now=now, expected_version=expected_version)


@transaction.atomic
def save_influences(
    *, centre: BuyingCentre, ratings: Mapping[str, tuple[int | None, str]], by: Scope, now: datetime, expected_version: int | None = None
) -> BuyingCentre:
    """How much price, delivery, after-sales and reputation weigh with this customer, 1 to 5, each with a note."""
    access.can_edit_map(by, centre).enforce()
    if any(code not in INFLUENCES or (rating is not None and not 1 <= rating <= 5) for code, (rating, _note) in ratings.items()):
        raise Invalid(_("A rating is between 1 and 5."))
    stored = {code: {"rating": rating, "note": note.strip()[:300]} for code, (rating, note) in ratings.items() if rating or note.strip()}
    return _save(centre, "influences", stored, "stakeholders.influences", by=by, now=now, expected_version=expected_version)


def _save(
    centre: BuyingCentre, field: str, stored: dict[str, Any], action: str, *, by: Scope, now: datetime, expected_version: int | None
) -> BuyingCentre:
    fresh = locked(centre, expected_version=expected_version, yours={field: stored})
    before = {field: getattr(fresh, field)}
    setattr(fresh, field, stored)
    audit.save_with_audit(target=fresh, fields=[field], action=action, by=by, now=now, before=before, account_id=fresh.account_id)
    return fresh
