"""A map as its page, the panel of the account and the picture show it: a fixed number of queries, whatever the number of people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import ceil
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.calc.size_tier import SizeTier
from dingke.accounts.models import Account
from dingke.accounts.queries import size_tier
from dingke.core import rules
from dingke.core.access import Answer
from dingke.core.reasons import Label
from dingke.core.scope import Scope
from dingke.stakeholders import access
from dingke.stakeholders.calc import chain, gaps, layout, replay
from dingke.stakeholders.calc.gaps import Coverage, MapRules
from dingke.stakeholders.calc.personality import STRUCTURES
from dingke.stakeholders.calc.purchase import PROCESS_OF, PurchaseProcess, process_for
from dingke.stakeholders.calc.roles import ROLE_OF
from dingke.stakeholders.calc.support import GUIDE_OF, Attitude, Voice, support_index
from dingke.stakeholders.models import BuyingCentre, ChainStep, Line, Stakeholder, Stance
from dingke.stakeholders.queries.centre import TEAM_ONLY, maps_of
from dingke.stakeholders.queries.facts import contact_days, later

RULES = "stakeholders.rules"


@dataclass(frozen=True, slots=True)
class CardView:
    """Somebody as the drawing and the table show him or her. `x`, `y` are pixels of the drawing, the middle of the card."""

    row: Stakeholder
    name: str
    job: str
    roles: tuple[str, ...]
    attitude: str
    attitude_code: str
    last_contact: date | None
    quiet_days: int | None
    has_left: bool
    is_placed: bool
    x: float
    y: float

    @property
    def short_name(self) -> str:
        return fitted(self.name, 14)

    @property
    def short_job(self) -> str:
        return fitted(self.job, 22)

    @property
    def role_line(self) -> str:
        """The roles as far as they fit on a card."""
        first = fitted(self.roles[0], 22) if self.roles else "—"
        return f"{first} +{len(self.roles) - 1}" if len(self.roles) > 1 else first

    @property
    def spoken(self) -> str:
        """What a screen reader says of the card."""
        influence = _("influence %(number)s of 5") % {"number": self.row.influence}
        parts = [self.name, self.job, ", ".join(self.roles), self.attitude, influence, _("key person") if self.row.is_key_person else ""]
        return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class LineView:
    row: Line
    start: CardView
    end: CardView
    path: str


@dataclass(frozen=True, slots=True)
class GapView:
    weight: str
    text: str
    move: str
    person: int | None
    role: str
    code: str


@dataclass(frozen=True, slots=True)
class StepView:
    row: ChainStep
    person: CardView | None


@dataclass(frozen=True, slots=True)
class CentreMap:
    """Everything of one map but what is for the account team alone."""

    centre: BuyingCentre
    account: Account
    can_edit: Answer
    people: tuple[CardView, ...]
    lines: tuple[LineView, ...]
    steps: tuple[StepView, ...]
    gaps: tuple[GapView, ...]
    coverage: Coverage
    index: Decimal | None
    width: int
    height: int
    frames: list[dict[str, Any]]
    maps: list[BuyingCentre]
    rules: MapRules
    today: date

    @property
    def title(self) -> str:
        return title_of(self.centre)

    @property
    def index_percent(self) -> int:
        """Where the index stands on a bar from -2 to 2."""
        return int((self.index + 2) * 25) if self.index is not None else 0

    @property
    def red(self) -> int:
        return sum(1 for gap in self.gaps if gap.weight == "RED")

    @property
    def structure_words(self) -> str:
        return said(STRUCTURES[self.centre.structure]) if self.centre.structure in STRUCTURES else ""


def said(label: Label) -> str:
    return label.text(get_language() or "zh")


def title_of(centre: BuyingCentre) -> str:
    if centre.is_standing:
        return _("Standing map of the account")
    return centre.title or _("Map of an account that was merged in")


def fitted(text: str, room: int) -> str:
    """The text cut to a width in half characters: a Chinese character takes two."""
    used = 0
    for number, sign in enumerate(text):
        used += 2 if ord(sign) > 0x2E7F else 1
        if used > room:
            return text[: max(1, number - 1)] + "…"
    return text


def map_rules() -> MapRules:
    return rules.load(RULES, MapRules)


def map_of(scope: Scope, centre: BuyingCentre, *, today: date) -> CentreMap:
    """The caller has the centre from `centre_for`, which asked whether its people are seen."""
    rows = list(
        Stakeholder.objects.visible_to(scope)
        .filter(centre=centre, archived_at__isnull=True)
        .select_related("contact")
        .prefetch_related("contact__jobs")
        .defer(*TEAM_ONLY)
        .order_by("-influence", "pk")
    )
    spoken = contact_days({row.contact_id for row in rows if row.contact_id})
    ids = {row.pk for row in rows}
    drawn = [line for line in Line.objects.filter(centre=centre).order_by("pk") if line.start_id in ids and line.end_id in ids]
    above: dict[int, list[int]] = {}
    for line in drawn:
        if line.kind == Line.Kind.REPORTS_TO:
            above.setdefault(line.start_id, []).append(line.end_id)
    drawing = layout.lay_out([layout.Card(row.pk, tuple(row.roles), row.influence, tuple(above.get(row.pk, ()))) for row in rows])
    cards = {row.pk: _card(row, spoken.get(row.contact_id or 0), drawing, today) for row in rows}
    steps = [
        StepView(step, cards.get(step.stakeholder_id or 0))
        for step in ChainStep.objects.filter(centre=centre, archived_at__isnull=True).order_by("position", "pk")
    ]
    limits = map_rules()
    people = [_judged(card) for card in cards.values()]
    links = [chain.Step(chain.StepKind(step.row.kind), step.row.label, step.person.row.pk if step.person else None) for step in steps]
    language = get_language() or "zh"
    found = gaps.find_gaps(people, links, today=today, rules=limits)
    return CentreMap(
        centre=centre,
        account=centre.account,
        can_edit=access.can_edit_map(scope, centre),
        people=tuple(cards.values()),
        lines=tuple(_line(line, cards[line.start_id], cards[line.end_id]) for line in drawn),
        steps=tuple(steps),
        gaps=tuple(_gap(gap, language) for gap in found),
        coverage=gaps.coverage(people, links, today=today, rules=limits),
        index=support_index(Voice(row.influence, row.attitude) for row in rows),
        width=max([drawing.width, *(ceil(card.x + layout.CARD_WIDTH / 2 + layout.MARGIN) for card in cards.values())]),
        height=max([drawing.height, *(ceil(card.y + layout.CARD_HEIGHT / 2 + layout.MARGIN) for card in cards.values())]),
        frames=_frames(centre, rows, today),
        maps=maps_of(scope, centre.account),
        rules=limits,
        today=today,
    )  # fmt: skip


def _card(row: Stakeholder, spoken: date | None, drawing: layout.Drawing, today: date) -> CardView:
    contact = row.contact
    job = next((job for job in contact.jobs.all() if job.is_current), None) if contact else None
    last = later(row.last_contact_date, spoken)
    placed = row.x is not None and row.y is not None
    if row.x is not None and row.y is not None:
        x, y = row.x * layout.SHEET, row.y * layout.SHEET
    else:
        x, y = drawing.places[row.pk][0] * drawing.width, drawing.places[row.pk][1] * drawing.height
    return CardView(
        row=row,
        name=row.shown_name,
        job=" · ".join(part for part in (job.title, job.department_name) if part) if job else ("" if contact else _("outside")),
        roles=tuple(said(ROLE_OF[code].label) for code in row.roles if code in ROLE_OF),
        attitude=said(GUIDE_OF[Attitude(row.attitude)].label) if row.attitude else _("Unknown"),
        attitude_code=row.attitude or "UNKNOWN",
        last_contact=last,
        quiet_days=(today - last).days if last else None,
        has_left=contact is not None and (contact.left_date is not None or contact.archived_at is not None),
        is_placed=placed,
        x=round(x, 1),
        y=round(y, 1),
    )


def _judged(card: CardView) -> gaps.Person:
    row = card.row
    return gaps.Person(
        id=row.pk,
        name=card.name,
        roles=tuple(row.roles),
        influence=row.influence,
        attitude=row.attitude,
        is_key=row.is_key_person,
        is_met=row.first_visit_date is not None or card.last_contact is not None,
        competence_accepted=row.competence_accepted,
        impression_good=row.impression_good,
        last_contact=card.last_contact,
        has_approach=bool(row.approach.strip()),
        has_left=card.has_left,
    )


def _gap(gap: gaps.Gap, language: str) -> GapView:
    what, move = gaps.SENTENCES.text(gap.what, language), gaps.SENTENCES.text(gap.move, language)
    return GapView(gap.weight.value, what, move, gap.person, gap.role, gap.code)


def _line(row: Line, start: CardView, end: CardView) -> LineView:
    return LineView(row, start, end, _path(start, end))


def _path(start: CardView, end: CardView) -> str:
    """A straight line from the edge of one card to the edge of the other."""
    x1, y1 = _edge(start, end)
    x2, y2 = _edge(end, start)
    return f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"


def _edge(card: CardView, other: CardView) -> tuple[float, float]:
    dx, dy = other.x - card.x, other.y - card.y
    if not dx and not dy:
        return card.x, card.y
    across = (layout.CARD_WIDTH / 2 + 3) / abs(dx) if dx else float("inf")
    down = (layout.CARD_HEIGHT / 2 + 3) / abs(dy) if dy else float("inf")
    share = min(across, down, 1.0)
    return card.x + dx * share, card.y + dy * share


def _frames(centre: BuyingCentre, rows: list[Stakeholder], today: date) -> list[dict[str, Any]]:
    """The movement of the attitudes for the time slider; the last frame is today, with the weights of today."""
    stances = Stance.objects.filter(stakeholder__centre=centre, stakeholder__archived_at__isnull=True).order_by("pk")
    told = [
        replay.Said(person, day, attitude, influence)
        for person, day, attitude, influence in stances.values_list("stakeholder_id", "on_date", "attitude", "influence")
    ]
    found: list[dict[str, Any]] = [
        {"day": frame.day.isoformat(), "index": str(frame.index) if frame.index is not None else "", "attitudes": frame.attitudes}
        for frame in replay.frames(told)
        if frame.day < today
    ]
    index = support_index(Voice(row.influence, row.attitude) for row in rows)
    now = {row.pk: row.attitude for row in rows if row.attitude}
    return [*found, {"day": today.isoformat(), "index": str(index) if index is not None else "", "attitudes": now}]


@dataclass(frozen=True, slots=True)
class Buying:
    """How a customer of this size buys (C-14), and whether that was chosen or follows from the size tier (C-15)."""

    process: PurchaseProcess | None
    is_chosen: bool
    tier: str
    label: str
    steps: tuple[str, ...]


def buying_of(centre: BuyingCentre) -> Buying:
    code = size_tier.tier_of(centre.account, size_tier.tier_limits())
    tier = SizeTier(code) if code else None
    chosen = PROCESS_OF.get(centre.company_size)
    process = chosen or process_for(tier)
    return Buying(
        process=process,
        is_chosen=chosen is not None,
        tier=size_tier.tier_label(code) if code else "",
        label=said(process.label) if process else "",
        steps=tuple(said(step) for step in process.steps) if process else (),
    )
