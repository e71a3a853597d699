"""The prospect board, its profiles and one company (D-02 to D-05)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.calc.key_account import Answer, Judgement
from dingke.accounts.calc.key_account_lists import CRITERIA, ENTRY_TESTS, FEATURES
from dingke.accounts.calc.names import normalise_company_name
from dingke.accounts.calc.nomination import Rating
from dingke.accounts.calc.size_tier import propose_tier
from dingke.accounts.models import Account
from dingke.accounts.queries.size_tier import tier_choices, tier_label, tier_limits
from dingke.core import lists
from dingke.core.errors import NotVisible
from dingke.core.scope import Scope
from dingke.people.queries import assignable
from dingke.pipeline.calc import prospecting
from dingke.pipeline.calc.prospecting import Conversion, Profile, Screening
from dingke.pipeline.models import PlaybookVersion, Prospect, ProspectContact, ProspectProfile
from dingke.pipeline.queries.playbooks import offered_versions

A_COLUMN = 50
Stage = Prospect.Stage
COLUMNS = (Stage.SEARCH, Stage.SCREEN, Stage.DEVELOP)


@dataclass(frozen=True, slots=True)
class Column:
    stage: Prospect.Stage
    count: int
    cards: list[Card]
    rate: Any  # of those who reached the column before, how many came here


@dataclass(frozen=True, slots=True)
class Card:
    row: Prospect
    meets: int
    wishes: int


@dataclass(frozen=True, slots=True)
class Board:
    profiles: list[ProspectProfile]
    profile: ProspectProfile | None
    columns: list[Column]
    conversion: Conversion


def profiles(*, with_archived: bool = False) -> QuerySet[ProspectProfile]:
    rows = ProspectProfile.objects.select_related("owner").order_by("-pk")
    return rows if with_archived else rows.filter(archived_at__isnull=True)


def profile_for(profile_id: int) -> ProspectProfile:
    found = profiles(with_archived=True).filter(pk=profile_id).first()
    if found is None:
        raise NotVisible(_("There is no such profile."))
    return found


def visible(scope: Scope) -> QuerySet[Prospect]:
    """Companies that the caller may see: the caller's and those of whoever the caller leads; an admitted one goes with its account."""
    return Prospect.objects.visible_to(scope).filter(archived_at__isnull=True)


def board(scope: Scope, *, profile_id: int | None = None, mine: bool = False) -> Board:
    """The three columns with at most fifty companies each, those due first, and how many went on. Six queries."""
    known = list(profiles())
    chosen = next((one for one in known if one.pk == profile_id), None)
    rows = visible(scope)
    if chosen is not None:
        rows = rows.filter(profile=chosen)
    if mine:
        rows = rows.filter(owner_id=scope.me)
    numbers = rows.order_by().aggregate(
        **{stage.value: Count("pk", filter=Q(stage=stage)) for stage in COLUMNS},
        searched=Count("pk"),
        screened=Count("pk", filter=Q(screened_date__isnull=False)),
        developed=Count("pk", filter=Q(developed_date__isnull=False)),
        admitted=Count("pk", filter=Q(stage=Stage.ADMITTED)),
    )
    conversion = Conversion(numbers["searched"], numbers["screened"], numbers["developed"], numbers["admitted"])
    rates = {Stage.SEARCH: None, Stage.SCREEN: conversion.to_screened, Stage.DEVELOP: conversion.to_developed}
    limits = tier_limits()
    columns = []
    for stage in COLUMNS:
        cards = (
            rows.filter(stage=stage)
            .select_related("owner", "source", "industry", "region", "profile")
            .order_by("next_date", "pk")[:A_COLUMN]
        )
        columns.append(Column(stage, numbers[stage.value], [_card(row, limits) for row in cards], rates[stage]))
    return Board(known, chosen, columns, conversion)


def _card(row: Prospect, limits: Any) -> Card:
    tier = propose_tier(headcount=row.employees, revenue=row.annual_revenue, limits=limits)
    meets, wishes = prospecting.fit(
        Profile(frozenset(row.profile.industries), frozenset(row.profile.regions), frozenset(row.profile.size_tiers)),
        industry=row.industry.code if row.industry else "",
        region=row.region.code if row.region else "",
        region_parent=str(row.region.data.get("parent", "")) if row.region else "",
        size_tier=tier.value if tier else "",
    )
    return Card(row, meets, wishes)


def prospect_for(scope: Scope, prospect_id: int) -> Prospect:
    """Raises `NotVisible` when it is not there for the caller."""
    found = (
        visible(scope)
        .select_related("owner", "source", "industry", "region", "profile", "account", "opportunity")
        .filter(pk=prospect_id)
        .order_by("pk")
        .first()
    )
    if found is None:
        raise NotVisible(_("There is no such company on the board, or it is not yours to see."))
    return found


def step_for(scope: Scope, step_id: int) -> ProspectContact:
    found = (
        ProspectContact.objects.visible_to(scope).select_related("prospect", "prospect__owner").filter(pk=step_id).order_by("pk").first()
    )
    if found is None:
        raise NotVisible(_("There is no such step, or it is not yours to see."))
    return found


@dataclass(frozen=True, slots=True)
class Desk:
    """One company with its screening, its plan, and accounts that may be the same company."""

    card: Card
    tests: dict[str, Judgement]
    criteria: dict[str, Rating]
    screening: Screening
    sentence: str
    plan: list[ProspectContact]
    twins: list[Account]
    tier: str

    @property
    def row(self) -> Prospect:
        return self.card.row


def desk(scope: Scope, prospect_id: int) -> Desk:
    row = prospect_for(scope, prospect_id)
    limits = tier_limits()
    tests, criteria = answers_of(row)
    screening = prospecting.screen(
        tests={key: said.answer for key, said in tests.items()}, criteria={key: given.rating for key, given in criteria.items()}
    )
    tier = propose_tier(headcount=row.employees, revenue=row.annual_revenue, limits=limits)
    twins = Account.objects.visible_to(scope).current().filter(name_key=normalise_company_name(row.name)).order_by("pk")[:5]
    return Desk(
        card=_card(row, limits),
        tests=tests,
        criteria=criteria,
        screening=screening,
        sentence=prospecting.SENTENCES.text(screening.reason, get_language() or "zh"),
        plan=list(row.contact_plan.filter(archived_at__isnull=True).order_by("due_date", "pk")),
        twins=list(twins) if row.stage == Stage.DEVELOP else [],
        tier=tier_label(tier.value) if tier else "",
    )


def answers_of(row: Prospect) -> tuple[dict[str, Judgement], dict[str, Rating]]:
    tests = {
        item.key: Judgement(Answer(row.tests[item.key]["answer"]), row.tests[item.key].get("justification", ""))
        for item in ENTRY_TESTS
        if item.key in row.tests
    }
    criteria = {
        item.key: Rating(row.criteria[item.key].get("rating"), row.criteria[item.key].get("note", ""))
        for item in CRITERIA
        if item.key in row.criteria
    }
    return tests, criteria


def form_choices(scope: Scope) -> dict[str, list[tuple[str, str]]]:
    """What a person chooses from on the forms of prospecting."""
    language = get_language() or "zh"

    def of(code: str) -> list[tuple[str, str]]:
        return [(str(item.pk), item.label) for item in lists.items(code)]

    return {
        "profile": [(str(row.pk), row.title) for row in profiles()],
        "source": of("account_sources"),
        "industry": of("industries"),
        "region": of("regions"),
        "industries": [(item.code, item.label) for item in lists.items("industries")],
        "regions": [(item.code, item.label) for item in lists.items("regions")],
        "size_tiers": [(code, label) for code, label in tier_choices() if code],
        "features": [(item.key, item.label.text(language)) for item in FEATURES],
        "owner": [(str(user.pk), user.name) for user in assignable(scope)],
    }


def admission_playbooks() -> list[PlaybookVersion]:
    return list(offered_versions())
