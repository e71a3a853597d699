"""C-05 3, C-07 to C-11, C-16, E-07, E-08: what a map lacks, each gap as a sentence with the next move, and its coverage.

Gaps: roles that nobody fills, steps of the chain without a person, the final decider not named, nobody or too few reached lately, the key
person not marked, not met or not ticked, somebody against us without an approach, somebody who has left. The limits of days are settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from dingke.core.reasons import Reason, Sentences
from dingke.stakeholders.calc.chain import Step, StepKind, final_decider, unnamed
from dingke.stakeholders.calc.roles import CUSTOMER_ROLES, ROLE_OF, Side
from dingke.stakeholders.calc.support import AGAINST_US, GUIDE_OF, Attitude


@dataclass(frozen=True)
class MapRules:
    """`quiet_days`: somebody not reached for longer is a gap; `thread_days`: within so many days more than one must have been reached."""

    quiet_days: int = 30
    thread_days: int = 90

    def __post_init__(self) -> None:
        if not 1 <= self.quiet_days <= 1000 or not 1 <= self.thread_days <= 1000:
            raise ValueError("quiet_days and thread_days: 1-1000")


@dataclass(frozen=True)
class Person:
    """Somebody on the map. `is_met`: a first visit or any contact is known. Ticks: None = not asked."""

    id: int
    name: str
    roles: tuple[str, ...]
    influence: int = 3
    attitude: str = ""
    is_key: bool = False
    is_met: bool = False
    competence_accepted: bool | None = None
    impression_good: bool | None = None
    last_contact: date | None = None
    has_approach: bool = False
    has_left: bool = False

    @property
    def is_outside(self) -> bool:
        """Only roles outside the customer: contact with such people is no thread into the account."""
        return bool(self.roles) and all(ROLE_OF[role].side == Side.OUTSIDE for role in self.roles if role in ROLE_OF)


class Weight(StrEnum):
    RED = "RED"  # endangers the deal
    AMBER = "AMBER"  # to be filled
    GREY = "GREY"  # good to know


@dataclass(frozen=True)
class Gap:
    """What is missing and the next move; `person` and `role` say where it is filled."""

    weight: Weight
    what: Reason
    move: Reason
    person: int | None = None
    role: str = ""

    @property
    def code(self) -> str:
        return self.what.code


@dataclass(frozen=True)
class Coverage:
    """Figures of a map: of the six roles of the customer, of the chain, of the people reached lately."""

    roles_filled: int
    roles_total: int
    steps_named: int
    steps_total: int
    reached: int
    people: int

    @property
    def percent(self) -> int:
        """The mean of the shares that can be told, in whole percent; an empty chain counts as nothing known."""
        shares = [
            Decimal(self.roles_filled) / self.roles_total,
            Decimal(self.steps_named) / self.steps_total if self.steps_total else Decimal(0),
            Decimal(self.reached) / self.people if self.people else Decimal(0),
        ]
        return int((sum(shares, Decimal(0)) * 100 / len(shares)).quantize(Decimal(1)))


def coverage(people: Sequence[Person], steps: Sequence[Step], *, today: date, rules: MapRules) -> Coverage:
    inside = [person for person in people if not person.is_outside and not person.has_left]
    filled = {role for person in people if not person.has_left for role in person.roles} & set(CUSTOMER_ROLES)
    since = today - timedelta(days=rules.quiet_days)
    return Coverage(
        roles_filled=len(filled),
        roles_total=len(CUSTOMER_ROLES),
        steps_named=len(steps) - len(unnamed(steps)),
        steps_total=len(steps),
        reached=sum(1 for person in inside if person.last_contact is not None and person.last_contact >= since),
        people=len(inside),
    )


def find_gaps(people: Sequence[Person], steps: Sequence[Step], *, today: date, rules: MapRules) -> tuple[Gap, ...]:
    """Every gap, what endangers the deal first. A map without people has one gap only."""
    if not people:
        return (Gap(Weight.RED, Reason("NOBODY"), Reason("MOVE_NOBODY")),)
    found = [*_key_people(people), *_chain(steps), *_thread(people, today, rules), *_persons(people, today, rules), *_roles(people)]
    order = list(Weight)
    return tuple(sorted(found, key=lambda gap: order.index(gap.weight)))


def _key_people(people: Sequence[Person]) -> list[Gap]:
    key = [person for person in people if person.is_key and not person.has_left]
    if not key:
        return [Gap(Weight.RED, Reason("NO_KEY_PERSON"), Reason("MOVE_NO_KEY_PERSON"))]
    found = []
    for person in key:
        said = {"name": person.name}
        if not person.is_met:
            found.append(Gap(Weight.RED, Reason("KEY_NOT_MET", said), Reason("MOVE_KEY_NOT_MET", said), person.id))
        elif person.competence_accepted is False or person.impression_good is False:
            found.append(Gap(Weight.RED, Reason("KEY_NOT_WON", said), Reason("MOVE_KEY_NOT_WON", said), person.id))
        elif person.competence_accepted is None or person.impression_good is None:
            found.append(Gap(Weight.AMBER, Reason("KEY_NOT_TICKED", said), Reason("MOVE_KEY_NOT_TICKED", said), person.id))
    return found


def _chain(steps: Sequence[Step]) -> list[Gap]:
    if not steps:
        return [Gap(Weight.RED, Reason("NO_CHAIN"), Reason("MOVE_NO_CHAIN"))]
    found = []
    if final_decider(steps) is None:
        found.append(Gap(Weight.RED, Reason("NO_FINAL_DECIDER"), Reason("MOVE_NO_FINAL_DECIDER")))
    for step in unnamed(steps):
        if step.kind != StepKind.FINAL:
            found.append(Gap(Weight.AMBER, Reason("STEP_UNNAMED", {"step": step.label}), Reason("MOVE_STEP_UNNAMED", {"step": step.label})))
    return found


def _thread(people: Sequence[Person], today: date, rules: MapRules) -> list[Gap]:
    inside = [person for person in people if not person.is_outside and not person.has_left]
    since = today - timedelta(days=rules.thread_days)
    reached = [person for person in inside if person.last_contact is not None and person.last_contact >= since]
    if inside and not reached:
        return [Gap(Weight.RED, Reason("NO_THREAD", {"days": rules.thread_days}), Reason("MOVE_NO_THREAD"))]
    if len(reached) == 1:
        said = {"name": reached[0].name, "days": rules.thread_days}
        return [Gap(Weight.AMBER, Reason("SINGLE_THREAD", said), Reason("MOVE_SINGLE_THREAD", {"name": reached[0].name}))]
    return []


def _persons(people: Sequence[Person], today: date, rules: MapRules) -> list[Gap]:
    found = []
    for person in people:
        said = {"name": person.name}
        if person.has_left:
            found.append(Gap(Weight.AMBER, Reason("HAS_LEFT", said), Reason("MOVE_HAS_LEFT", said), person.id))
            continue
        if person.attitude in AGAINST_US and not person.has_approach:
            guide = GUIDE_OF[Attitude(person.attitude)]
            what = Reason("AGAINST_WITHOUT_APPROACH", {**said, "attitude": guide.label})
            weight = Weight.RED if person.influence >= 4 or person.attitude == Attitude.SABOTAGE else Weight.AMBER
            found.append(Gap(weight, what, Reason("MOVE_AGAINST_WITHOUT_APPROACH", {"reaction": guide.reaction}), person.id))
        if person.is_outside:
            continue
        if not person.attitude and person.influence >= 4:
            found.append(Gap(Weight.AMBER, Reason("ATTITUDE_UNKNOWN", said), Reason("MOVE_ATTITUDE_UNKNOWN", said), person.id))
        found += _recency(person, today, rules)
    return found


def _recency(person: Person, today: date, rules: MapRules) -> list[Gap]:
    if person.is_key and not person.is_met:
        return []  # said already
    weight = Weight.AMBER if person.influence >= 3 or person.is_key else Weight.GREY
    said = {"name": person.name}
    if person.last_contact is None:
        return [Gap(weight, Reason("NEVER_REACHED", said), Reason("MOVE_NEVER_REACHED", said), person.id)]
    days = (today - person.last_contact).days
    if days > rules.quiet_days:
        return [Gap(weight, Reason("QUIET", {**said, "days": days}), Reason("MOVE_QUIET", said), person.id)]
    return []


def _roles(people: Sequence[Person]) -> list[Gap]:
    filled = {role for person in people if not person.has_left for role in person.roles}
    found = []
    for code in CUSTOMER_ROLES:
        if code not in filled:
            role = ROLE_OF[code]
            weight = Weight.GREY if code == "SUPERIOR" else Weight.AMBER
            found.append(
                Gap(weight, Reason("ROLE_EMPTY", {"role": role.label}), Reason("MOVE_ROLE_EMPTY", {"question": role.question}), role=code)
            )
    return found


SENTENCES = Sentences(
    {
        "NOBODY": ("Nobody stands on this map yet.", "这张图上还没有人。"),
        "MOVE_NOBODY": (
            "Begin with the person you talk to: ask who else uses it, buys it and signs for it.",
            "从正在联系的人开始：问清还有谁使用、谁采购、谁签字。",
        ),
        "NO_KEY_PERSON": ("No key person is marked.", "尚未标记关键人。"),
        "MOVE_NO_KEY_PERSON": (
            "Decide whose word the others follow; if the rank on the card is low, ask tactfully who else has to know.",
            "判断大家听谁的；若名片上的职级不高，委婉地问还需要让谁知道。",
        ),
        "KEY_NOT_MET": ("The key person {name} has not been met.", "关键人{name}还没有见过面。"),
        "MOVE_KEY_NOT_MET": (
            "Ask a supporter for an introduction and plan a talk alone with {name}.",
            "请支持者引荐，安排与{name}单独沟通。",
        ),
        "KEY_NOT_WON": (
            "The key person {name} does not accept our competence, or has no good impression of us.",
            "关键人{name}不认可我们的专业能力，或对我们印象不佳。",
        ),
        "MOVE_KEY_NOT_WON": (
            "Bring our best expert and a reference {name} can call; ask what would have to be different.",
            "带上最强的专家和一位{name}可以致电的老客户，问清需要改变什么。",
        ),
        "KEY_NOT_TICKED": (
            "It is not known whether the key person {name} accepts our competence and has a good impression of us.",
            "尚不清楚关键人{name}是否认可我们的专业能力、对我们印象如何。",
        ),
        "MOVE_KEY_NOT_TICKED": (
            "After the next talk with {name} write both down, with what was said.",
            "与{name}下次沟通后，把这两点连同原话记下来。",
        ),
        "NO_CHAIN": ("The steps of the decision are not written down.", "还没有写下决策流程。"),
        "MOVE_NO_CHAIN": (
            "Load the chain of the product family, and ask who selects first and who decides at the end.",
            "按产品系列载入决策链，问清谁前期选型、谁最终拍板。",
        ),
        "NO_FINAL_DECIDER": ("Who takes the final decision is not named.", "最终拍板人尚未落实到人。"),
        "MOVE_NO_FINAL_DECIDER": (
            "Ask how the last purchase of this size was approved, and by whom.",
            "问清上一次同等金额的采购是怎样批的、谁批的。",
        ),
        "STEP_UNNAMED": ("Nobody is named for the step “{step}”.", "“{step}”这一步还没有落实到人。"),
        "MOVE_STEP_UNNAMED": ("Ask who answers for “{step}”, and put the person on the map.", "问清“{step}”由谁负责，并加到图上。"),
        "NO_THREAD": ("Nobody here was reached in {days} days.", "近 {days} 天没有联系过这里的任何人。"),
        "MOVE_NO_THREAD": (
            "Call the person who supports us most, today; log the talk.",
            "今天就联系最支持我们的人，并记下联系情况。",
        ),
        "SINGLE_THREAD": ("Only {name} was reached in {days} days: a single thread.", "近 {days} 天只联系过{name}，属于单线联系。"),
        "MOVE_SINGLE_THREAD": (
            "Ask {name} to bring a second person to the next talk, one level up or from the using department.",
            "请{name}下次带上第二个人，上一级领导或使用部门的同事。",
        ),
        "HAS_LEFT": ("{name} has left the customer.", "{name}已离职。"),
        "MOVE_HAS_LEFT": (
            "Find out who took over from {name}, put that person on the map, and take {name} off.",
            "了解谁接手了{name}的工作，加到图上，并将{name}移出。",
        ),
        "AGAINST_WITHOUT_APPROACH": (
            "{name} is against us ({attitude}), and no approach is planned.",
            "{name}态度为“{attitude}”，尚无应对办法。",
        ),
        "MOVE_AGAINST_WITHOUT_APPROACH": ("{reaction}", "{reaction}"),
        "ATTITUDE_UNKNOWN": ("How {name}, whose word counts, stands to us is unknown.", "{name}影响力大，但态度不明。"),
        "MOVE_ATTITUDE_UNKNOWN": (
            "Ask {name} what he or she would choose today, and why; write down the words.",
            "问{name}如果今天就选会选谁、为什么，并记下原话。",
        ),
        "NEVER_REACHED": ("No contact with {name} is known.", "没有与{name}联系的记录。"),
        "MOVE_NEVER_REACHED": ("Find an occasion to speak with {name}, and log it.", "找机会与{name}联系，并做好记录。"),
        "QUIET": ("{name} was last reached {days} days ago.", "距上次联系{name}已有 {days} 天。"),
        "MOVE_QUIET": ("Call {name}, with something that is of use to him or her.", "带着对{name}有用的内容联系一次。"),
        "ROLE_EMPTY": ("The role “{role}” has nobody.", "“{role}”这一角色还没有人。"),
        "MOVE_ROLE_EMPTY": ("{question}", "{question}"),
    }
)
