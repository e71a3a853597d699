"""What a buying centre says, for domains above: gate checks, the 7+3 sheet, warnings. Four queries whatever the number of centres.

    facts_of(centre_ids: Iterable[int]) -> dict[int, CentreFacts]      one entry for every id that exists; asks no rights: the caller has
    standing_ids(account_ids: Iterable[int]) -> dict[int, int]         account id -> its standing centre; accounts without are left out
    centre_id_for_deal(*, buying_centre_id: int | None, account_id: int | None, standing: Mapping[int, int]) -> int | None

CentreFacts
    .centre_id .account_id .people (how many take part)
    .roles: frozenset[str]                codes of Stakeholder.Role that somebody fills
    .empty_roles: tuple[str, ...]         roles of the customer's own people that nobody fills, in the order of C-07
    .chain_steps: int                     steps of the decision chain (C-11); 0 = the chain is not written down
    .chain_unnamed: tuple[str, ...]       labels of steps without a responsible person
    .final_decider: str | None            name of whoever takes the final decision; None = not named (red flag of E-08)
    .support_index: Decimal | None        C-09, -2 to 2; None while no attitude is known
    .key_people: tuple[PersonFacts, ...]  .key_person_named .key_person_met .key_person_ticked
    .everybody: tuple[PersonFacts, ...]   .supporters .resisting .last_contact_date .people_reached_since(day) -> int

PersonFacts
    .stakeholder_id .contact_id .name .roles .influence .attitude ("" unknown) .is_key_person .is_supporter
    .competence_accepted .impression_good (True, False, None = not asked) .first_visit_date
    .is_met (a first visit or any contact is known) .is_ticked (both ticks of E-07 say yes)
    .last_contact_date                    the later of what the map says and the newest call, meeting, mail or WeChat entry with the person
    .approach (text; "" = none)

Nothing of A-18 (personality, style note, profile) is in here, so that a sheet or check may show all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Max
from django.utils import timezone

from dingke.accounts.models import Note
from dingke.stakeholders.calc.roles import ROLES, Side
from dingke.stakeholders.calc.support import AGAINST_US, Voice, support_index
from dingke.stakeholders.models import BuyingCentre, ChainStep, Stakeholder


@dataclass(frozen=True, slots=True)
class PersonFacts:
    stakeholder_id: int
    contact_id: int | None
    name: str
    roles: tuple[str, ...]
    influence: int
    attitude: str
    is_key_person: bool
    is_supporter: bool
    competence_accepted: bool | None
    impression_good: bool | None
    first_visit_date: date | None
    last_contact_date: date | None
    approach: str

    @property
    def is_met(self) -> bool:
        return self.first_visit_date is not None or self.last_contact_date is not None

    @property
    def is_ticked(self) -> bool:
        return self.competence_accepted is True and self.impression_good is True


@dataclass(frozen=True, slots=True)
class CentreFacts:
    centre_id: int
    account_id: int
    everybody: tuple[PersonFacts, ...]
    chain_steps: int
    chain_unnamed: tuple[str, ...]
    final_decider: str | None
    support_index: Decimal | None

    @property
    def people(self) -> int:
        return len(self.everybody)

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(role for person in self.everybody for role in person.roles)

    @property
    def empty_roles(self) -> tuple[str, ...]:
        return tuple(role.code for role in ROLES if role.side == Side.CUSTOMER and role.code not in self.roles)

    @property
    def key_people(self) -> tuple[PersonFacts, ...]:
        return tuple(person for person in self.everybody if person.is_key_person)

    @property
    def key_person_named(self) -> bool:
        return bool(self.key_people)

    @property
    def key_person_met(self) -> bool:
        return any(person.is_met for person in self.key_people)

    @property
    def key_person_ticked(self) -> bool:
        """Both ticks of E-07 say yes for at least one key person."""
        return any(person.is_ticked for person in self.key_people)

    @property
    def supporters(self) -> tuple[PersonFacts, ...]:
        return tuple(person for person in self.everybody if person.is_supporter)

    @property
    def resisting(self) -> tuple[PersonFacts, ...]:
        return tuple(person for person in self.everybody if person.attitude in AGAINST_US)

    @property
    def last_contact_date(self) -> date | None:
        return max((person.last_contact_date for person in self.everybody if person.last_contact_date), default=None)

    def people_reached_since(self, day: date) -> int:
        """How many people of the customer there was contact with on that day or later: one is a single thread."""
        return sum(1 for person in self.everybody if person.last_contact_date and person.last_contact_date >= day)


def standing_ids(account_ids: Iterable[int]) -> dict[int, int]:
    rows = BuyingCentre.objects.filter(account_id__in=set(account_ids), is_standing=True, archived_at__isnull=True).order_by("pk")
    return dict(rows.values_list("account_id", "pk"))


def centre_id_for_deal(*, buying_centre_id: int | None, account_id: int | None, standing: Mapping[int, int]) -> int | None:
    """The deal's own map, else the standing one of its account, else None."""
    return buying_centre_id or (standing.get(account_id) if account_id else None)


def facts_of(centre_ids: Iterable[int]) -> dict[int, CentreFacts]:
    """The facts of many centres at once: four queries. Archived people do not count."""
    centres = dict(BuyingCentre.objects.filter(pk__in=set(centre_ids)).order_by("pk").values_list("pk", "account_id"))
    rows = list(
        Stakeholder.objects.filter(centre_id__in=centres, archived_at__isnull=True)
        .select_related("contact")
        .defer("profile", "personality", "style_note")
        .order_by("centre_id", "-influence", "pk")
    )
    spoken = contact_days({row.contact_id for row in rows if row.contact_id})
    people: dict[int, list[PersonFacts]] = {pk: [] for pk in centres}
    for row in rows:
        people[row.centre_id].append(_person(row, spoken))
    steps: dict[int, list[ChainStep]] = {pk: [] for pk in centres}
    for step in ChainStep.objects.filter(centre_id__in=centres, archived_at__isnull=True).order_by("centre_id", "position", "pk"):
        steps[step.centre_id].append(step)
    return {pk: _centre(pk, account_id, people[pk], steps[pk]) for pk, account_id in centres.items()}


def contact_days(contact_ids: Iterable[int]) -> dict[int, date]:
    """contact id -> day of the newest call, meeting, mail or message with the person; one query."""
    newest = (
        Note.objects.filter(contact_id__in=set(contact_ids), archived_at__isnull=True)
        .exclude(kind=Note.Kind.NOTE)
        .order_by()
        .values("contact_id")
        .annotate(newest=Max("at"))
    )
    return {row["contact_id"]: timezone.localdate(row["newest"]) for row in newest}


def later(one: date | None, other: date | None) -> date | None:
    return max((day for day in (one, other) if day is not None), default=None)


def _person(row: Stakeholder, spoken: Mapping[int, date]) -> PersonFacts:
    return PersonFacts(
        stakeholder_id=row.pk,
        contact_id=row.contact_id,
        name=row.shown_name,
        roles=tuple(row.roles),
        influence=row.influence,
        attitude=row.attitude,
        is_key_person=row.is_key_person,
        is_supporter=row.is_supporter,
        competence_accepted=row.competence_accepted,
        impression_good=row.impression_good,
        first_visit_date=row.first_visit_date,
        last_contact_date=later(row.last_contact_date, spoken.get(row.contact_id or 0)),
        approach=row.approach,
    )


def _centre(pk: int, account_id: int, people: list[PersonFacts], steps: list[ChainStep]) -> CentreFacts:
    names = {person.stakeholder_id: person.name for person in people}
    final = [step for step in steps if step.kind == ChainStep.Kind.FINAL]
    return CentreFacts(
        centre_id=pk,
        account_id=account_id,
        everybody=tuple(people),
        chain_steps=len(steps),
        chain_unnamed=tuple(step.label for step in steps if step.stakeholder_id not in names),
        final_decider=next((names[step.stakeholder_id] for step in final if step.stakeholder_id in names), None),
        support_index=support_index(Voice(person.influence, person.attitude) for person in people),
    )
