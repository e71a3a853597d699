"""Flows: which steps a request of a kind goes through, under which conditions, and whom each step asks.

A flow is data (versions in the database, the first ones in playbooks/approval_flows.yaml). `plan` turns it into concrete steps
for one request: with this asker and this amount these people decide. No Django, no clock; amounts are Decimal in the house's
currency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from dingke.approvals.calc.directory import ADMINISTRATOR, DIRECTOR, Directory
from dingke.approvals.calc.line import Automatic, Voice
from dingke.approvals.calc.steps import Decision, Mode


class Who(StrEnum):
    """How a rule names its approvers."""

    ASKER_LEADER = "ASKER_LEADER"
    OWNER_LEADER = "OWNER_LEADER"
    ACCOUNT_OWNER = "ACCOUNT_OWNER"
    KEY_ACCOUNT_MANAGER = "KEY_ACCOUNT_MANAGER"
    DIRECTOR = "DIRECTOR"
    ADMINISTRATOR = "ADMINISTRATOR"
    ROLE = "ROLE"
    PERSON = "PERSON"


LEVELLED = frozenset({Who.ASKER_LEADER, Who.OWNER_LEADER})


class OwnStep(StrEnum):
    """What happens when the asker is among the approvers of a step: the leader above decides when nobody else is left (UP),
    the asker's voice counts as agreed (AGREE), or the step falls away when nobody else is left (LEAVE_OUT)."""

    UP = "UP"
    AGREE = "AGREE"
    LEAVE_OUT = "LEAVE_OUT"


class NobodyToAsk(ValueError):
    """There is nobody in the company who could decide."""


@dataclass(frozen=True)
class Rule:
    """One way to name approvers. ``level`` counts leaders upwards from 1; ``roles`` with ROLE, ``people`` with PERSON."""

    who: Who
    level: int = 1
    roles: tuple[str, ...] = ()
    people: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.level < 1 or self.level > 9:
            raise ValueError("a level is 1 to 9")
        if self.who is Who.ROLE and not self.roles:
            raise ValueError("a rule by role names a role")
        if self.who is Who.PERSON and not self.people:
            raise ValueError("a rule by person names a person")


@dataclass(frozen=True)
class Conditions:
    """A step is asked when all of them hold. From is included, to is not; empty = no condition. What is not known of a request
    (no amount, no region, no class) counts as fitting: rather asked than skipped.
    """

    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    types: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.amount_from is not None and self.amount_to is not None and self.amount_to <= self.amount_from:
            raise ValueError("the range of amounts is empty")

    def hold(self, facts: Facts) -> bool:
        if facts.amount is not None:
            if self.amount_from is not None and facts.amount < self.amount_from:
                return False
            if self.amount_to is not None and facts.amount >= self.amount_to:
                return False
        return (
            (not self.types or not facts.type or facts.type in self.types)
            and (not self.regions or not facts.regions or bool(set(facts.regions) & set(self.regions)))
            and (not self.classes or not facts.account_class or facts.account_class in self.classes)
        )


@dataclass(frozen=True)
class Facts:
    """What a flow looks at: the asker, the owner and key account managers of the account, amount, type, regions, class."""

    asker: int
    owner: int | None = None
    managers: tuple[int, ...] = ()
    amount: Decimal | None = None
    type: str = ""
    regions: tuple[str, ...] = ()
    account_class: str = ""


@dataclass(frozen=True)
class StepRule:
    """One step of a flow. Hours None: no reminder, no escalation. ValueError without a rule."""

    rules: tuple[Rule, ...]
    mode: Mode = Mode.ANY
    conditions: Conditions = field(default_factory=Conditions)
    label_zh: str = ""
    label_en: str = ""
    remind_hours: int | None = None
    escalate_hours: int | None = None

    def __post_init__(self) -> None:
        if not self.rules:
            raise ValueError("a step names who decides")
        for hours in (self.remind_hours, self.escalate_hours):
            if hours is not None and hours < 1:
                raise ValueError("hours are 1 or more")


@dataclass(frozen=True)
class Flow:
    """``again``: who agreed in an earlier step is not asked again. ``bulk``: several may be agreed to at once."""

    steps: tuple[StepRule, ...]
    own_step: OwnStep = OwnStep.UP
    again: bool = True
    bulk: bool = False
    copies: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class Planned:
    """A concrete step of one request. ``place``: its index in the flow; ``is_escalated``: nobody fitted, so somebody above decides."""

    place: int
    rule: StepRule
    voices: tuple[Voice, ...]
    is_escalated: bool = False

    @property
    def people(self) -> tuple[int, ...]:
        return tuple(voice.person for voice in self.voices)


def named_by(rules: Sequence[Rule], facts: Facts, directory: Directory) -> tuple[int, ...]:
    """Everybody whom the rules name and who works here, in the order of the rules."""
    found = [person for rule in rules for person in _named(rule, facts, directory)]
    return tuple(person for person in dict.fromkeys(found) if directory.is_here(person))


def _named(rule: Rule, facts: Facts, directory: Directory) -> tuple[int, ...]:
    owner = facts.owner
    if rule.who in LEVELLED:
        person = facts.asker if rule.who is Who.ASKER_LEADER else owner or facts.asker
        return directory.leader(person, rule.level)
    if rule.who is Who.ACCOUNT_OWNER:
        return (owner,) if owner else ()
    if rule.who is Who.KEY_ACCOUNT_MANAGER:
        return facts.managers
    if rule.who is Who.PERSON:
        return rule.people
    return directory.with_role(*(rule.roles if rule.who is Who.ROLE else (rule.who.value,)))


def plan(flow: Flow, facts: Facts, directory: Directory) -> tuple[Planned, ...]:
    """The concrete steps of one request; empty when no step applies, and then nobody has to be asked.

    Nobody fits a step: the leader above the asker decides, then a director, at last an administrator. A step that asks the very
    people of the step before it falls away where who agreed is not asked again. Raises `NobodyToAsk` when nobody is left at all.
    """
    steps = []
    applying = [(place, rule) for place, rule in enumerate(flow.steps) if rule.conditions.hold(facts)]
    for place, rule in applying:
        named = named_by(rule.rules, facts, directory)
        others = tuple(person for person in named if person != facts.asker)
        if facts.asker in named and flow.own_step is OwnStep.AGREE:
            agreed = Voice(facts.asker, Decision.AGREED, automatic=Automatic.ASKER)
            asked = others if rule.mode is Mode.ALL else ()  # any one decides, and the asker has
            steps.append(Planned(place, rule, (agreed, *(Voice(person) for person in asked))))
        elif others:
            steps.append(Planned(place, rule, tuple(Voice(person) for person in others)))
        elif not (facts.asker in named and flow.own_step is OwnStep.LEAVE_OUT):
            steps.append(Planned(place, rule, _from_above(facts, directory), is_escalated=not named))
    if applying and not steps:  # every step was the asker's own and fell away: somebody else looks at it all the same
        steps.append(Planned(applying[-1][0], applying[-1][1], _from_above(facts, directory), is_escalated=True))
    return tuple(_without_repeats(steps)) if flow.again else tuple(steps)


def _from_above(facts: Facts, directory: Directory) -> tuple[Voice, ...]:
    groups = [*directory.leaders_above(facts.asker), directory.with_role(DIRECTOR), directory.with_role(ADMINISTRATOR)]
    for group in groups:
        if others := tuple(person for person in group if person != facts.asker):
            return tuple(Voice(person) for person in others)
    raise NobodyToAsk("nobody could decide")


def _without_repeats(steps: list[Planned]) -> list[Planned]:
    kept: list[Planned] = []
    for step in steps:
        before = kept[-1] if kept else None
        if before is None or (before.rule.mode, before.voices) != (step.rule.mode, step.voices):
            kept.append(step)
    return kept


# ---- as stored ----------------------------------------------------------------------------------------------------


def flow_as_json(flow: Flow) -> dict[str, Any]:
    return {
        "own_step": flow.own_step.value,
        "again": flow.again,
        "bulk": flow.bulk,
        "copies": [_rule_as_json(rule) for rule in flow.copies],
        "steps": [step_as_json(step) for step in flow.steps],
    }


def step_as_json(step: StepRule) -> dict[str, Any]:
    conditions = step.conditions
    when: dict[str, Any] = {
        "amount_from": None if conditions.amount_from is None else str(conditions.amount_from),
        "amount_to": None if conditions.amount_to is None else str(conditions.amount_to),
        "types": list(conditions.types),
        "regions": list(conditions.regions),
        "classes": list(conditions.classes),
    }
    return {
        "rules": [_rule_as_json(rule) for rule in step.rules],
        "mode": step.mode.value,
        "when": {name: value for name, value in when.items() if value not in (None, [])},
        "label_zh": step.label_zh,
        "label_en": step.label_en,
        "remind_hours": step.remind_hours,
        "escalate_hours": step.escalate_hours,
    }


def flow_from_json(stored: Mapping[str, Any]) -> Flow:
    """ValueError when what is stored is no flow."""
    try:
        return Flow(
            steps=tuple(step_from_json(step) for step in stored.get("steps", ())),
            own_step=OwnStep(stored.get("own_step", OwnStep.UP)),
            again=bool(stored.get("again", True)),
            bulk=bool(stored.get("bulk", False)),
            copies=tuple(_rule_from_json(rule) for rule in stored.get("copies", ())),
        )
    except (TypeError, KeyError, AttributeError, ArithmeticError) as error:
        raise ValueError("this is no flow") from error


def step_from_json(stored: Mapping[str, Any]) -> StepRule:
    when = stored.get("when", {})
    return StepRule(
        rules=tuple(_rule_from_json(rule) for rule in stored["rules"]),
        mode=Mode(stored.get("mode", Mode.ANY)),
        conditions=Conditions(
            amount_from=_amount(when.get("amount_from")),
            amount_to=_amount(when.get("amount_to")),
            types=tuple(when.get("types", ())),
            regions=tuple(when.get("regions", ())),
            classes=tuple(when.get("classes", ())),
        ),
        label_zh=stored.get("label_zh", ""),
        label_en=stored.get("label_en", ""),
        remind_hours=stored.get("remind_hours"),
        escalate_hours=stored.get("escalate_hours"),
    )


def facts_as_json(facts: Facts) -> dict[str, Any]:
    return {
        "owner": facts.owner, "managers": list(facts.managers), "type": facts.type, "regions": list(facts.regions),
        "account_class": facts.account_class,
    }  # fmt: skip


def _rule_as_json(rule: Rule) -> dict[str, Any]:
    more = {"level": rule.level if rule.who in LEVELLED else None, "roles": list(rule.roles), "people": list(rule.people)}
    return {"who": rule.who.value, **{name: value for name, value in more.items() if value}}


def _rule_from_json(stored: Mapping[str, Any]) -> Rule:
    return Rule(Who(stored["who"]), int(stored.get("level", 1)), tuple(stored.get("roles", ())), tuple(stored.get("people", ())))


def _amount(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))
