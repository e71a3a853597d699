"""What the system knows already of the ten elements: from the account, the dossier, the map of people, the rivals, the needs.

Proposed into the sheet with where it stands, so that nobody types it twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.accounts.models import Account, DossierEntry
from dingke.accounts.queries.dossier import field_label
from dingke.core import money
from dingke.core.scope import Scope
from dingke.pipeline.models import Opportunity, OpportunityCompetitor
from dingke.qualification.models import ConfirmedNeed, Discovery, SheetElement
from dingke.stakeholders.queries.facts import CentreFacts, centre_id_for_deal, facts_of, standing_ids

Element = SheetElement.Element
# dossier field (C-01, C-03) -> element of the sheet, and its sub-field
FROM_DOSSIER: dict[str, tuple[str, str]] = {
    "INDUSTRY": (Element.BASICS, "industry"),
    "SIZE_STRENGTH": (Element.BASICS, "turnover"),
    "ORGANISATION": (Element.BASICS, "organisation"),
    "DEPARTMENTS": (Element.BASICS, "organisation"),
    "TIMETABLE": (Element.SCHEDULE, ""),
    "PURCHASE_PLAN": (Element.SCHEDULE, ""),
    "BUDGET": (Element.BUDGET, "probe"),
    "PROBLEM": (Element.NEED, ""),
    "DECISION_MAKERS": (Element.KEY_PERSON, ""),
    "PURCHASE_PROCESS": (Element.DECISION, ""),
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something known: the words, the sub-fields it fills, where it stands and since when. `key` finds it again when it is taken over."""

    key: str
    text: str
    source: str
    on_date: date
    facts: Mapping[str, str] = field(default_factory=dict)


def centre_of(opportunity: Opportunity) -> CentreFacts | None:
    """The map of the deal, else the standing one of its account."""
    standing = standing_ids([opportunity.account_id]) if opportunity.account_id else {}
    centre_id = centre_id_for_deal(buying_centre_id=opportunity.buying_centre_id, account_id=opportunity.account_id, standing=standing)
    return facts_of([centre_id]).get(centre_id) if centre_id else None


def proposals_for(
    scope: Scope, opportunity: Opportunity, *, centre: CentreFacts | None, rows: Mapping[str, SheetElement], today: date
) -> dict[str, tuple[Proposal, ...]]:
    """Proposals by element, without what stands in the sheet already."""
    found: dict[str, list[Proposal]] = {}

    def add(element: str, proposals: Iterable[Proposal]) -> None:
        found.setdefault(element, []).extend(proposals)

    if opportunity.account is not None:
        add(Element.BASICS, _from_account(opportunity.account))
        for element, proposal in _from_dossier(scope, opportunity.account):
            add(element, [proposal])
    add(Element.SCHEDULE, _from_schedule(opportunity))
    add(Element.NEED, _from_need(opportunity))
    if centre is not None:
        add(Element.KEY_PERSON, _from_key_people(centre, today))
        add(Element.DECISION, _from_chain(centre, today))
    add(Element.COMPETITOR, _from_rivals(scope, opportunity))
    for element, proposal in _from_needs(opportunity, today):
        add(element, [proposal])
    return {element: tuple(one for one in many if not _is_there(one, rows.get(element))) for element, many in found.items()}


def _is_there(proposal: Proposal, row: SheetElement | None) -> bool:
    if row is None:
        return False
    text_there = not proposal.text or proposal.text in row.text
    return text_there and all(row.facts.get(key) for key in proposal.facts)


def _from_account(account: Account) -> list[Proposal]:
    facts: dict[str, str] = {}
    if account.industry is not None:
        facts["industry"] = account.industry.label
    if account.annual_revenue is not None:
        facts["turnover"] = money.exact(account.annual_revenue)
    if account.employees is not None:
        facts["headcount"] = str(account.employees)
    if not facts:
        return []
    return [Proposal("account", "", _("Account"), timezone.localdate(account.updated_at), facts)]


def _from_dossier(scope: Scope, account: Account) -> list[tuple[str, Proposal]]:
    entries = (
        DossierEntry.objects.visible_to(scope)
        .current()
        .filter(account=account, field__in=FROM_DOSSIER)
        .order_by("field", "-as_of_date", "-pk")
    )
    newest: dict[str, DossierEntry] = {}
    for entry in entries:
        newest.setdefault(entry.field, entry)
    result: list[tuple[str, Proposal]] = []
    for key, entry in newest.items():
        element, fact = FROM_DOSSIER[key]
        source = _("Dossier: %(field)s") % {"field": field_label(key)}
        words = " ".join(entry.text.split())
        if fact:
            result.append((element, Proposal(f"dossier-{key}", "", source, entry.as_of_date, {fact: words[:300]})))
        else:
            result.append((element, Proposal(f"dossier-{key}", words, source, entry.as_of_date)))
    return result


def _from_schedule(opportunity: Opportunity) -> list[Proposal]:
    facts = {"decision_date": opportunity.expected_date.isoformat()} if opportunity.expected_date else {}
    words = " ".join(opportunity.timetable.split())
    if not facts and not words:
        return []
    return [Proposal("deal", words, _("Deal"), timezone.localdate(opportunity.updated_at), facts)]


def _from_need(opportunity: Opportunity) -> list[Proposal]:
    result = []
    discovery = Discovery.objects.filter(opportunity=opportunity).order_by("pk").first()
    if discovery is not None and discovery.statement:
        on_date = discovery.statement_confirmed_date or timezone.localdate(discovery.updated_at)
        source = _("SPIN sheet, confirmed by the customer") if discovery.statement_confirmed_date else _("SPIN sheet")
        result.append(Proposal("statement", discovery.statement, source, on_date))
    if opportunity.problem.strip():
        result.append(Proposal("problem", opportunity.problem.strip(), _("Deal"), timezone.localdate(opportunity.updated_at)))
    return result


def _from_key_people(centre: CentreFacts, today: date) -> list[Proposal]:
    marks = {True: _("yes"), False: _("no"), None: _("unknown")}
    result = []
    for person in centre.key_people:
        text = _("%(name)s: accepts our competence: %(competence)s; good impression: %(impression)s") % {
            "name": person.name,
            "competence": marks[person.competence_accepted],
            "impression": marks[person.impression_good],
        }
        result.append(Proposal(f"person-{person.stakeholder_id}", text, _("Map of people"), person.first_visit_date or today))
    return result


def _from_chain(centre: CentreFacts, today: date) -> list[Proposal]:
    if not centre.chain_steps:
        return []
    text = _("Final decision: %(name)s") % {"name": centre.final_decider} if centre.final_decider else _("The final decider is not named.")
    if centre.chain_unnamed:
        text += " " + _("Nobody is named for: %(steps)s") % {"steps": "、".join(centre.chain_unnamed)}
    return [Proposal("chain", text, _("Map of people"), today)]


def _from_rivals(scope: Scope, opportunity: Opportunity) -> list[Proposal]:
    rivals = (
        OpportunityCompetitor.objects.visible_to(scope)
        .current()
        .filter(opportunity=opportunity)
        .select_related("competitor")
        .order_by("pk")
    )
    result = []
    for rival in rivals:
        parts = [
            (_("strength"), rival.strength),
            (_("weakness"), rival.weakness),
            (_("our answer"), rival.counter),
            (_("recognition"), rival.recognition),
        ]
        words = "; ".join(f"{label}: {' '.join(text.split())}" for label, text in parts if text.strip())
        text = f"{rival.competitor}" + (f" ({words})" if words else "")
        result.append(Proposal(f"rival-{rival.pk}", text, _("Competitors of the deal"), rival.noted_date))
    return result


def _from_needs(opportunity: Opportunity, today: date) -> list[tuple[str, Proposal]]:
    needs = list(
        ConfirmedNeed.objects.filter(opportunity=opportunity, archived_at__isnull=True)
        .exclude(range__in=[ConfirmedNeed.Range.OUT_OF_SCOPE, ConfirmedNeed.Range.DROPPED])
        .order_by("pk")
    )
    if not needs:
        return []
    fits = ConfirmedNeed.Fit
    beyond = [need for need in needs if need.fit in {fits.CUSTOM, fits.MISSING}]
    counted = {fit: sum(need.fit == fit for need in needs) for fit in fits.values}
    source = _("List of needs")
    result: list[tuple[str, Proposal]] = [
        (
            Element.PRODUCT,
            Proposal(
                "needs",
                _("Of %(total)s needs: %(standard)s standard, %(configurable)s configurable, %(custom)s custom, %(missing)s missing")
                % {
                    "total": len(needs),
                    "standard": counted[fits.STANDARD],
                    "configurable": counted[fits.CONFIGURABLE],
                    "custom": counted[fits.CUSTOM],
                    "missing": counted[fits.MISSING],
                },
                source,
                today,
            ),
        )
    ]
    if beyond:
        days = sum((need.effort_days for need in beyond if need.effort_days is not None), start=0)
        text = _("Wishes beyond the standard: %(names)s. Effort so far: %(days)s days.") % {
            "names": "、".join(need.description for need in beyond[:8]),
            "days": days,
        }
        result.append((Element.STRENGTH, Proposal("wishes", text, source, today)))
    return result
