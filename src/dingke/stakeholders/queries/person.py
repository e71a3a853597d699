"""One person of a map with the history of the attitude; and, for the account team alone, personality, style and profile (A-18)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from dingke.core.access import Answer
from dingke.core.scope import Scope
from dingke.stakeholders import access
from dingke.stakeholders.calc.personality import PERSONALITY_OF, PROFILE_FIELDS
from dingke.stakeholders.calc.support import GUIDE_OF, Attitude
from dingke.stakeholders.models import Line, Stakeholder, Stance
from dingke.stakeholders.queries.facts import contact_days, later
from dingke.stakeholders.queries.map import said


@dataclass(frozen=True, slots=True)
class StanceView:
    row: Stance
    label: str


@dataclass(frozen=True, slots=True)
class TeamNote:
    """C-16, C-17: only made for somebody on the account team."""

    personality: str
    signs: str
    do: str
    avoid: str
    style_note: str
    profile: tuple[tuple[str, str], ...]

    @property
    def is_empty(self) -> bool:
        return not (self.personality or self.style_note or self.profile)


@dataclass(frozen=True, slots=True)
class PersonView:
    row: Stakeholder
    can_edit: Answer
    on_team: Answer
    attitude: str
    meaning: str
    reaction: str
    last_contact: date | None
    stances: tuple[StanceView, ...]
    lines: tuple[Line, ...]
    note: TeamNote | None


def person_of(scope: Scope, stakeholder: Stakeholder) -> PersonView:
    """The caller has the stakeholder from `stakeholder_for`."""
    guide = GUIDE_OF[Attitude(stakeholder.attitude)] if stakeholder.attitude else None
    account = stakeholder.centre.account
    on_team = access.is_on_team(scope, account)
    lines = Line.objects.filter(centre_id=stakeholder.centre_id, start__archived_at__isnull=True, end__archived_at__isnull=True)
    mine = lines.filter(start=stakeholder) | lines.filter(end=stakeholder)
    spoken = contact_days([stakeholder.contact_id] if stakeholder.contact_id else [])
    return PersonView(
        row=stakeholder,
        can_edit=access.can_edit_map(scope, stakeholder.centre),
        on_team=on_team,
        attitude=said(guide.label) if guide else "",
        meaning=said(guide.meaning) if guide else "",
        reaction=said(guide.reaction) if guide else "",
        last_contact=later(stakeholder.last_contact_date, spoken.get(stakeholder.contact_id or 0)),
        stances=tuple(
            StanceView(row, said(GUIDE_OF[Attitude(row.attitude)].label))
            for row in Stance.objects.filter(stakeholder=stakeholder).select_related("by").order_by("-on_date", "-pk")[:100]
        ),
        lines=tuple(mine.select_related("start__contact", "end__contact").order_by("pk")),
        note=team_note(scope, stakeholder) if on_team else None,
    )


def team_row(scope: Scope, stakeholder: Stakeholder) -> Stakeholder:
    """The whole row, for the form of the account team. Raises `NotAllowed` for everybody else."""
    access.is_on_team(scope, stakeholder.centre.account).enforce()
    return Stakeholder.objects.select_related("centre__account__owner", "contact").get(pk=stakeholder.pk)


def team_note(scope: Scope, stakeholder: Stakeholder) -> TeamNote:
    row = team_row(scope, stakeholder)
    kind = PERSONALITY_OF.get(row.personality)
    return TeamNote(
        personality=said(kind.label) if kind else "",
        signs=said(kind.signs) if kind else "",
        do=said(kind.do) if kind else "",
        avoid=said(kind.avoid) if kind else "",
        style_note=row.style_note,
        profile=tuple((said(label), str(row.profile[key])) for key, label in PROFILE_FIELDS.items() if row.profile.get(key)),
    )
