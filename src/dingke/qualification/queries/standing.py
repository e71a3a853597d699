"""How the sheets of deals stand, for one deal and for many at once: states, red flags, score, proposed verdict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from dingke.pipeline.models import Opportunity
from dingke.qualification.calc import sheet as calc
from dingke.qualification.calc.elements import CODES
from dingke.qualification.models import RedFlag, SheetElement


@dataclass(frozen=True, slots=True)
class Standing:
    """One deal: `states` by element (those without a row are unknown) and the red flags that stand."""

    states: dict[str, str]
    flags: tuple[RedFlag, ...]

    @property
    def judgement(self) -> calc.Judgement:
        return calc.judge(self.states, [calc.FlagNow(flag.element, flag.code, flag.text, flag.decision) for flag in self.flags])

    @property
    def undecided(self) -> tuple[RedFlag, ...]:
        return tuple(flag for flag in self.flags if not flag.decision)


def standings(opportunity_ids: Iterable[int]) -> dict[int, Standing]:
    """The standing of each deal; two queries whatever their number. The caller has shown that it may read them."""
    ids = list(opportunity_ids)
    states: dict[int, dict[str, str]] = {pk: {} for pk in ids}
    rows = SheetElement.objects.filter(opportunity_id__in=ids).order_by("opportunity_id", "pk")
    for opportunity_id, element, state in rows.values_list("opportunity_id", "element", "state"):
        states[opportunity_id][element] = state
    newest: dict[int, dict[str, RedFlag]] = {pk: {} for pk in ids}
    for flag in RedFlag.objects.filter(opportunity_id__in=ids).order_by("opportunity_id", "pk"):
        newest[flag.opportunity_id][flag.element] = flag
    return {pk: Standing(states[pk], tuple(_standing_flags(newest[pk], states[pk]))) for pk in ids}


def _standing_flags(newest: dict[str, RedFlag], states: dict[str, str]) -> list[RedFlag]:
    """The newest flag of an element stands while it waits, or while its element is still red."""
    return [flag for element, flag in newest.items() if not flag.decision or states.get(element) == SheetElement.State.RED_FLAG]


def standing_of(opportunity: Opportunity) -> Standing:
    return standings([opportunity.pk])[opportunity.pk]


def states_of(opportunity: Opportunity) -> dict[str, str]:
    return dict(SheetElement.objects.filter(opportunity=opportunity).order_by("pk").values_list("element", "state"))


def judgement_of(opportunity: Opportunity) -> calc.Judgement:
    return standing_of(opportunity).judgement


def known_shares(opportunity_ids: Sequence[int]) -> dict[int, Decimal]:
    """Deal id -> the share 0..1 of the ten elements (E-02) that is not unknown; deals without a sheet are left out. One query."""
    known: dict[int, int] = {}
    rows = SheetElement.objects.filter(opportunity_id__in=opportunity_ids).order_by("opportunity_id", "pk")
    for opportunity_id, state in rows.values_list("opportunity_id", "state"):
        known[opportunity_id] = known.get(opportunity_id, 0) + (state != SheetElement.State.UNKNOWN)
    return {pk: Decimal(number) / len(CODES) for pk, number in known.items()}
