"""What happens to deals, told to whoever listens (config/wiring.py)."""

from __future__ import annotations

from dataclasses import dataclass

from dingke.core.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityCreated(Event):
    opportunity_id: int
    account_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityEdited(Event):
    opportunity_id: int
    fields: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityMoved(Event):
    """A deal changed its stage; `way` as in StageSpell.Way."""

    opportunity_id: int
    before: str
    after: str
    way: str
    by_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityGiven(Event):
    """A deal has another owner."""

    opportunity_id: int
    before_id: int | None
    after_id: int
    by_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityWon(Event):
    opportunity_id: int
    account_id: int | None
    by_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityLost(Event):
    opportunity_id: int
    account_id: int | None
    reason: str
    by_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityDropped(Event):
    opportunity_id: int
    account_id: int | None
    recheck_date: str
    by_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpportunityReopened(Event):
    opportunity_id: int
    before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookPublished(Event):
    version_id: int
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProspectAdmitted(Event):
    prospect_id: int
    account_id: int
