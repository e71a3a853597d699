"""Reads of flows: the one in force, its draft, its versions and what changed, and trying it out before it is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml
from django.utils.translation import gettext as _

from dingke.approvals import access
from dingke.approvals.calc import changes
from dingke.approvals.calc import flow as flows
from dingke.approvals.models import Approval, FlowVersion
from dingke.approvals.queries import kinds, people, words
from dingke.core.errors import NotVisible
from dingke.core.lists import PLAYBOOKS
from dingke.core.scope import Scope
from dingke.people.models import User

FILE = "approval_flows.yaml"
VERSIONS = 30


@dataclass(frozen=True, slots=True)
class InForce:
    """`number` 0: the flow as it is shipped."""

    flow: flows.Flow
    number: int
    row: FlowVersion | None


@dataclass(frozen=True, slots=True)
class Overview:
    """One line of the list of flows."""

    code: str
    kind: kinds.Kind
    in_force: InForce
    has_draft: bool
    open_requests: int
    steps: list[str]


@dataclass(frozen=True, slots=True)
class Version:
    row: FlowVersion
    changed: list[str]


@dataclass(frozen=True, slots=True)
class Designer:
    """One flow on the designer's page. `shown` is the draft where there is one, else what is in force."""

    code: str
    kind: kinds.Kind
    in_force: InForce
    draft: FlowVersion | None
    shown: flows.Flow
    steps: list[words.StepWords]
    changed: list[str]
    versions: list[Version]
    open_requests: int


@dataclass(frozen=True, slots=True)
class TriedStep:
    """`skipped` says why a step is not asked; `agreed` are the people who agree by asking."""

    number: int
    label: str
    mode: str
    people: list[User]
    agreed: list[User]
    is_escalated: bool
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class TryOut:
    steps: list[TriedStep]
    copies: list[User]
    problem: str = ""

    @property
    def asks_nobody(self) -> bool:
        return not self.problem and all(step.skipped for step in self.steps)


@cache
def _shipped() -> Mapping[str, flows.Flow]:
    content: dict[str, dict[str, Any]] = yaml.safe_load((PLAYBOOKS / FILE).read_text(encoding="utf-8"))
    return {kind: flows.flow_from_json(stored) for kind, stored in content.items()}


def shipped_flow(kind: str) -> flows.Flow:
    """The flow that comes with the product; for a kind without one, the leader of the asker decides."""
    return _shipped().get(kind) or flows.Flow(steps=(flows.StepRule(rules=(flows.Rule(flows.Who.ASKER_LEADER),)),))


def flow_in_force(kind: str) -> InForce:
    """The newest published version, else the shipped one."""
    row = FlowVersion.objects.filter(kind=kind, published_at__isnull=False).order_by("-number").first()
    return InForce(flows.flow_from_json(row.definition), row.number, row) if row else InForce(shipped_flow(kind), 0, None)


def plan_for(kind: str, facts: flows.Facts) -> tuple[InForce, tuple[flows.Planned, ...]]:
    """The flow in force and whom it asks for these facts; no step when nobody has to be asked."""
    in_force = flow_in_force(kind)
    return in_force, flows.plan(in_force.flow, facts, people.directory())


def overview(scope: Scope) -> list[Overview]:
    """Every kind with its flow, in a fixed number of queries."""
    access.can_edit_flows(scope).enforce()
    rows: dict[str, FlowVersion] = {}
    drafts: set[str] = set()
    for row in FlowVersion.objects.order_by("kind", "number"):
        if row.published_at is None:
            drafts.add(row.kind)
        else:
            rows[row.kind] = row
    open_requests: dict[str, int] = {}
    for kind in Approval.objects.filter(state__in=["OPEN", "RETURNED"]).order_by().values_list("kind", flat=True)[:10_000]:
        open_requests[kind] = open_requests.get(kind, 0) + 1
    named = words.Names()
    found = []
    for code, about in kinds.kinds().items():
        last = rows.get(code)
        in_force = InForce(flows.flow_from_json(last.definition), last.number, last) if last else InForce(shipped_flow(code), 0, None)
        steps = [words.step_words(step, place, about, named).title for place, step in enumerate(in_force.flow.steps)]
        found.append(Overview(code, about, in_force, code in drafts, open_requests.get(code, 0), steps))
    return found


def kind_for(code: str) -> kinds.Kind:
    """Raises `NotVisible` for a kind that no domain describes."""
    if code not in kinds.kinds():
        raise NotVisible(_("There is no such kind of request."))
    return kinds.kinds()[code]


def draft_of(code: str) -> FlowVersion | None:
    return FlowVersion.objects.filter(kind=code, published_at__isnull=True).order_by("-number").first()


def shown_flow(code: str) -> flows.Flow:
    """The draft where there is one, else what is in force."""
    draft = draft_of(code)
    return flows.flow_from_json(draft.definition) if draft else flow_in_force(code).flow


def designer(scope: Scope, code: str) -> Designer:
    """Everything on the page of one flow. Raises `NotVisible`."""
    access.can_edit_flows(scope).enforce()
    kind = kind_for(code)
    in_force, draft = flow_in_force(code), draft_of(code)
    shown = flows.flow_from_json(draft.definition) if draft else in_force.flow
    named = words.Names()
    rows = list(FlowVersion.objects.filter(kind=code, published_at__isnull=False).order_by("-number")[: VERSIONS + 1])
    versions = []
    for place, row in enumerate(rows[:VERSIONS]):
        before = flows.flow_from_json(rows[place + 1].definition) if place + 1 < len(rows) else shipped_flow(code)
        versions.append(Version(row, words.change_words(changes.between(before, flows.flow_from_json(row.definition)), kind, named)))
    return Designer(
        code=code,
        kind=kind,
        in_force=in_force,
        draft=draft,
        shown=shown,
        steps=[words.step_words(step, place, kind, named) for place, step in enumerate(shown.steps)],
        changed=words.change_words(changes.between(in_force.flow, shown), kind, named) if draft else [],
        versions=versions,
        open_requests=Approval.objects.filter(kind=code, state__in=["OPEN", "RETURNED"]).count(),
    )


def try_out(scope: Scope, code: str, facts: flows.Facts) -> TryOut:
    """With this asker and these facts these people decide: by the draft where there is one. Nothing is written."""
    access.can_edit_flows(scope).enforce()
    kind, flow = kind_for(code), shown_flow(code)
    who = people.directory()
    try:
        planned = {one.place: one for one in flows.plan(flow, facts, who)}
    except flows.NobodyToAsk:
        return TryOut([], [], _("There is nobody who could approve this. Ask an administrator to name a leader for the team."))
    copies = flows.named_by(flow.copies, facts, who)
    wanted = {person for one in planned.values() for person in one.people} | set(copies)
    users = {user.pk: user for user in User.objects.filter(pk__in=wanted).order_by("pk")}
    named = words.Names()
    steps = []
    for place, rule in enumerate(flow.steps):
        said = words.step_words(rule, place, kind, named)
        one = planned.get(place)
        skipped = ""
        if one is None:
            skipped = _("The same people decide already.") if rule.conditions.hold(facts) else _("Its conditions are not met.")
        steps.append(
            TriedStep(
                number=place + 1,
                label=said.title,
                mode=said.mode,
                people=[users[voice.person] for voice in one.voices if not voice.automatic] if one else [],
                agreed=[users[voice.person] for voice in one.voices if voice.automatic] if one else [],
                is_escalated=one.is_escalated if one else False,
                skipped=skipped,
            )
        )
    return TryOut(steps, [users[person] for person in copies])
