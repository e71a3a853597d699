"""Facts of many deals, read once per evaluation and kept on the rows, as a prefetch does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import prefetch_related_objects

from dingke.accounts.models import Contact
from dingke.pipeline.calc.playbook import Content
from dingke.pipeline.models import Opportunity, OpportunityCompetitor, OpportunityLine, StepRun
from dingke.pipeline.queries.playbooks import contents
from dingke.stakeholders.queries.facts import CentreFacts, centre_id_for_deal, facts_of, standing_ids

V = TypeVar("V")


def remembered(deals: Sequence[Opportunity], name: str, read: Callable[[Sequence[Opportunity]], Mapping[int, V]]) -> dict[int, V | None]:
    """Deal id -> fact, read for all the deals that do not carry it yet."""
    key = f"_fact_{name}"
    missing = [deal for deal in deals if key not in deal.__dict__]
    if missing:
        found = read(missing)
        for deal in missing:
            deal.__dict__[key] = found.get(deal.pk)
    return {deal.pk: deal.__dict__[key] for deal in deals}


def _prefetched(deals: Sequence[Opportunity], name: str, rows: Callable[[Opportunity], Iterable[Any]]) -> dict[int, list[Any]]:
    prefetch_related_objects(list(deals), name)
    return {deal.pk: list(rows(deal)) for deal in deals}


def steps_of(deals: Sequence[Opportunity]) -> Mapping[int, list[StepRun]]:
    return _prefetched(deals, "steps", lambda deal: deal.steps.all())


def lines_of(deals: Sequence[Opportunity]) -> Mapping[int, list[OpportunityLine]]:
    return _prefetched(deals, "lines", lambda deal: deal.lines.all())


def rivals_of(deals: Sequence[Opportunity]) -> Mapping[int, list[OpportunityCompetitor]]:
    """Rivals that still count, with their names."""
    prefetch_related_objects(list(deals), "competitors__competitor")
    return {deal.pk: [one for one in deal.competitors.all() if one.archived_at is None] for deal in deals}


def contents_of(deals: Sequence[Opportunity]) -> Mapping[int, Content | None]:
    """What the playbook version of each deal says."""

    def read(rows: Sequence[Opportunity]) -> dict[int, Content]:
        known = contents({deal.playbook_version_id for deal in rows})
        return {deal.pk: known[deal.playbook_version_id] for deal in rows}

    return remembered(deals, "content", read)


def confirmers_of(deals: Sequence[Opportunity]) -> Mapping[int, frozenset[int] | None]:
    """The contacts who confirmed a step and are still there."""

    def read(rows: Sequence[Opportunity]) -> dict[int, frozenset[int]]:
        steps = steps_of(rows)
        wanted = {run.contact_id_proof for runs in steps.values() for run in runs if run.contact_id_proof}
        there = set(
            Contact.objects.filter(pk__in=wanted, archived_at__isnull=True, erased_at__isnull=True).order_by().values_list("pk", flat=True)
        )
        return {pk: frozenset(run.contact_id_proof for run in runs if run.contact_id_proof in there) for pk, runs in steps.items()}

    return remembered(deals, "confirmers", read)


def centres_of(deals: Sequence[Opportunity]) -> Mapping[int, CentreFacts | None]:
    """The map of people of each deal: its own, else the standing one of its account."""

    def read(rows: Sequence[Opportunity]) -> dict[int, CentreFacts]:
        standing = standing_ids(deal.account_id for deal in rows if deal.account_id)
        ids = {
            deal.pk: centre_id_for_deal(buying_centre_id=deal.buying_centre_id, account_id=deal.account_id, standing=standing)
            for deal in rows
        }
        facts = facts_of(centre_id for centre_id in ids.values() if centre_id)
        return {pk: facts[centre_id] for pk, centre_id in ids.items() if centre_id in facts}

    return remembered(deals, "centre", read)
