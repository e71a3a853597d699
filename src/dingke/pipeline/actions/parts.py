"""What belongs to a deal: lines of products, and the rivals in it (C-02, E-09, K-03)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from dingke.accounts.actions.competitors import competitor_named
from dingke.core import audit
from dingke.core.errors import Invalid, Refusal
from dingke.core.locking import locked
from dingke.core.models import snapshot_of
from dingke.core.money import rounded
from dingke.core.scope import Scope
from dingke.ledger.models import Product
from dingke.pipeline import access
from dingke.pipeline.models import Opportunity, OpportunityCompetitor, OpportunityLine

RIVAL = ["strength", "weakness", "counter", "price", "recognition", "source", "noted_date"]


class UnableToAddCompetitor(Refusal):
    """The rival is in the deal already."""


@transaction.atomic
def add_line(
    *, opportunity: Opportunity, product: Product, quantity: Decimal, unit_price: Decimal | None, by: Scope, now: datetime
) -> OpportunityLine:
    """A product of the deal. Its amount is quantity x price, by the price list where none is given."""
    access.can_edit(by, opportunity).enforce()
    price = unit_price if unit_price is not None else product.list_price
    problems: dict[str, str] = {}
    if quantity <= 0:
        problems["quantity"] = _("The quantity is above zero.")
    if price is not None and price < 0:
        problems["unit_price"] = _("The price is not negative.")
    amount = rounded(quantity * price) if price is not None and not problems else None
    if amount is not None and amount >= Decimal(10) ** 15:
        problems["quantity"] = _("The amount is too large.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
    row = OpportunityLine.objects.create(opportunity=opportunity, product=product, quantity=quantity, unit_price=price, amount=amount)
    changes = {"product": [None, str(product)], "quantity": [None, str(quantity)], "amount": [None, str(amount or "")]}
    audit.record(
        target=opportunity,
        action="pipeline.add_line",
        by=by,
        now=now,
        changes=changes,
        account_id=opportunity.account_id,
        summary=str(product),
    )
    return row


@transaction.atomic
def remove_line(*, line: OpportunityLine, by: Scope, now: datetime) -> None:
    opportunity = line.opportunity
    access.can_edit(by, opportunity).enforce()
    changes = {"product": [str(line.product), None], "quantity": [str(line.quantity), None], "amount": [str(line.amount or ""), None]}
    line.delete()
    audit.record(
        target=opportunity, action="pipeline.remove_line", by=by, now=now, changes=changes, account_id=opportunity.account_id,
        summary=str(line.product),
    )  # fmt: skip


@transaction.atomic
def take_amount_from_lines(*, opportunity: Opportunity, by: Scope, now: datetime) -> Opportunity:
    """The amount of the deal becomes the sum of its lines."""
    access.can_edit(by, opportunity).enforce()
    total = OpportunityLine.objects.filter(opportunity=opportunity).aggregate(total=Sum("amount"))["total"]
    if total is None:
        raise Invalid(_("No line has an amount."))
    fresh = locked(opportunity, expected_version=None, yours={})
    before = snapshot_of(fresh, ["amount"])
    fresh.amount = rounded(total)
    audit.save_with_audit(
        target=fresh, fields=["amount"], action="pipeline.edit", by=by, now=now, before=before, account_id=fresh.account_id
    )
    return fresh


@transaction.atomic
def add_competitor(
    *, opportunity: Opportunity, competitor_name: str, values: Mapping[str, Any], by: Scope, now: datetime, today: date
) -> OpportunityCompetitor:
    """A rival in the deal: strength, weakness, our answer, price, recognition, and where we know it from."""
    access.can_edit(by, opportunity).enforce()
    row = OpportunityCompetitor(opportunity=opportunity, competitor=competitor_named(competitor_name), noted_date=today)
    _apply(row, values, today=today)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise UnableToAddCompetitor(_("%(name)s is in this deal already.") % {"name": row.competitor.name}) from error
    audit.record(
        target=row, action="pipeline.add_competitor", by=by, now=now, account_id=opportunity.account_id, summary=row.competitor.name
    )
    return row


@transaction.atomic
def edit_competitor(
    *, rival: OpportunityCompetitor, values: Mapping[str, Any], by: Scope, now: datetime, today: date, expected_version: int | None = None
) -> OpportunityCompetitor:
    """Corrects what is known of a rival; the day becomes today unless it is given. A stale save is refused with both versions."""
    access.can_edit(by, rival.opportunity).enforce()
    fresh = locked(rival, expected_version=expected_version, yours=values)
    before = snapshot_of(fresh, RIVAL)
    _apply(fresh, {"noted_date": today, **values}, today=today)
    audit.save_with_audit(
        target=fresh, fields=RIVAL, action="pipeline.edit_competitor", by=by, now=now, before=before,
        account_id=rival.opportunity.account_id,
    )  # fmt: skip
    return fresh


@transaction.atomic
def archive_competitor(*, rival: OpportunityCompetitor, by: Scope, now: datetime) -> OpportunityCompetitor:
    """Takes a rival out of the deal; the history keeps what was known."""
    access.can_edit(by, rival.opportunity).enforce()
    fresh = locked(rival, expected_version=None, yours={})
    if fresh.archived_at is None:
        fresh.archived_at = now
        fresh.save()
        audit.record(
            target=fresh, action="pipeline.archive_competitor", by=by, now=now, account_id=rival.opportunity.account_id,
            summary=fresh.competitor.name,
        )  # fmt: skip
    return fresh


def _apply(row: OpportunityCompetitor, values: Mapping[str, Any], *, today: date) -> None:
    unknown = set(values) - set(RIVAL)
    if unknown:
        raise Invalid(_("Unknown fields: %(names)s") % {"names": ", ".join(sorted(unknown))})
    for field, value in values.items():
        setattr(row, field, value.strip() if isinstance(value, str) else value)
    problems: dict[str, str] = {}
    if row.price is not None and not 0 <= row.price < Decimal(10) ** 15:
        problems["price"] = _("The price is not negative.") if row.price < 0 else _("The amount is too large.")
    if row.noted_date > today:
        problems["noted_date"] = _("The day lies in the future.")
    if problems:
        raise Invalid(next(iter(problems.values())), fields=problems)
