"""The four symptoms (E-01) of many deals at once, from what is recorded: contacts, days in the stage, dates, open invoices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Count, F, IntegerField, Min, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import get_language

from dingke.accounts.models import Note
from dingke.core import company, rules
from dingke.core.reasons import Reason
from dingke.core.scope import Scope
from dingke.ledger.models import Receivable
from dingke.pipeline.calc import symptoms as method
from dingke.pipeline.calc.symptoms import DealFacts, SymptomLimits
from dingke.pipeline.models import Opportunity
from dingke.pipeline.queries.playbooks import contents

RULES = "pipeline_symptoms"
KnownShares = Callable[[Sequence[int]], Mapping[int, Decimal]]
"""Deal ids -> the share 0..1 of the ten elements (E-02) that is known, for deals that have a sheet."""
_known_shares: list[KnownShares] = []


def install(known_shares: KnownShares) -> None:
    """Takes over who knows the sheets of deals; without one the first symptom is never told."""
    _known_shares[:] = [known_shares]


def limits_in_force() -> SymptomLimits:
    return rules.load(RULES, SymptomLimits)


def symptoms_of(opportunities: Sequence[Opportunity], today: date, *, limits: SymptomLimits | None = None) -> dict[int, tuple[Reason, ...]]:
    """Deal id -> the symptoms it shows, in a fixed number of queries. The caller has checked who sees the deals."""
    deals = list(opportunities)
    if not deals:
        return {}
    limits = limits or limits_in_force()
    contacts = _contacts([deal.pk for deal in deals])
    shares = _known_shares[0]([deal.pk for deal in deals]) if _known_shares else {}
    overdue = _overdue({deal.account_id for deal in deals if deal.account_id}, today)
    known = contents({deal.playbook_version_id for deal in deals})
    found = {}
    for deal in deals:
        stage = known[deal.playbook_version_id].stage(deal.stage) if deal.playbook_version_id in known else None
        amount, since = overdue.get(deal.account_id or 0, (Decimal(0), today))
        facts = DealFacts(
            contacts=contacts.get(deal.pk, 0),
            filled=shares.get(deal.pk),
            stage_days=(today - deal.stage_since).days,
            stage_limit=stage.days if stage else None,
            has_date=deal.expected_date is not None,
            is_open=deal.state == Opportunity.State.OPEN,
            overdue_amount=amount,
            overdue_days=(today - since).days,
        )
        found[deal.pk] = method.symptoms(facts, limits)
    return found


def _contacts(deal_ids: list[int]) -> dict[int, int]:
    """Contacts with the customer that were recorded since each deal began."""
    made = (
        Note.objects.filter(
            account=OuterRef("account"), archived_at__isnull=True, at__date__gte=OuterRef("opened_date"),
        )
        .exclude(kind=Note.Kind.NOTE)
        .order_by()
        .values("account")
        .annotate(number=Count("pk"))
        .values("number")
    )  # fmt: skip
    rows = Opportunity.objects.filter(pk__in=deal_ids, account__isnull=False).order_by()
    return dict(rows.annotate(contacts=Coalesce(Subquery(made, output_field=IntegerField()), 0)).values_list("pk", "contacts"))


def _overdue(account_ids: set[int], today: date) -> dict[int, tuple[Decimal, date]]:
    """What each account owes past its day, in the currency of the books, and since when."""
    if not account_ids:
        return {}
    rows = (
        Receivable.objects.filter(
            account__in=account_ids, archived_at__isnull=True, due_date__lt=today, amount__gt=F("paid_amount"), currency=company.currency()
        )
        .order_by()
        .values_list("account_id")
        .annotate(open=Sum(F("amount") - F("paid_amount")), since=Min("due_date"))
    )
    return {account_id: (amount, since) for account_id, amount, since in rows}


@dataclass(frozen=True, slots=True)
class Told:
    """A symptom as a page says it."""

    code: str
    text: str


def told(scope: Scope, found: Mapping[int, Sequence[Reason]]) -> dict[int, list[Told]]:
    """The symptoms as sentences in the reader's language; without a figure that the reader does not see."""
    language = get_language() or "zh-hans"
    hides = scope.hides("amount")
    return {
        deal_id: [
            Told(reason.code, method.SENTENCES.text(reason, language))
            for reason in reasons
            if not (hides and reason.code == method.Symptom.UNPAID)
        ]
        for deal_id, reasons in found.items()
    }
