"""What a playbook says (F-18): ordered stages with purpose, steps, documents, tools, a time limit, and gates between them.

`parse` reads the stored form (JSON, YAML) into frozen records and names everything that is wrong with it, in both languages;
`stored` gives the same form back. Raises `Unsound` (a ValueError) with the reasons. Pure: no Django, no clock.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dingke.core.reasons import Label, Reason, Sentences
from dingke.pipeline.calc.gates import Condition

CODE = re.compile(r"[A-Z][A-Z0-9_]{0,39}\Z")
MOST_STAGES, MOST_STEPS, MOST_CONDITIONS = 20, 40, 30
BUYING = ("NEED_FELT", "SEARCH", "COMPARE", "DECIDE", "AFTER")  # C-10, in this order

SENTENCES = Sentences(
    {
        "NO_STAGES": ("A playbook needs at least one stage.", "打法至少要有一个阶段。"),
        "TOO_MANY": ("{where}: at most {most} entries.", "{where}：最多 {most} 项。"),
        "BAD_CODE": (
            "{where}: the code “{code}” is not made of capital letters, digits and underscores.",
            "{where}：代码“{code}”应由大写字母、数字和下划线组成。",
        ),
        "TWICE": ("{where}: the code {code} stands twice.", "{where}：代码 {code} 重复。"),
        "NO_NAME": ("{where}: a name is missing.", "{where}：缺少名称。"),
        "BAD_NUMBER": ("{where}: {name} has to be a whole number from {low} to {high}.", "{where}：{name} 应为 {low} 到 {high} 的整数。"),
        "BAD_CHOICE": ("{where}: “{value}” is not one of {choices}.", "{where}：“{value}”不在可选值 {choices} 之中。"),
        "UNKNOWN_FIELD": ("{where}: {name} is not known here.", "{where}：不认识 {name}。"),
        "UNKNOWN_CHECK": ("{where}: there is no check {check}.", "{where}：没有名为 {check} 的检查项。"),
        "BAD_PARAM": ("{where}: the check {check} takes no {name}.", "{where}：检查项 {check} 没有参数 {name}。"),
        "NO_STEP": ("{where}: the stage has no step {step}.", "{where}：该阶段没有步骤 {step}。"),
        "NOT_A_RECORD": ("{where}: this is not written as a record.", "{where}：内容格式不正确。"),
    }
)


class Unsound(ValueError):
    """A playbook that cannot be used as it is written; `reasons` say what to mend."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__("; ".join(SENTENCES.text(one, "en") for one in reasons))
        self.reasons = tuple(reasons)

    def sentences(self, language: str) -> list[str]:
        return [SENTENCES.text(one, language) for one in self.reasons]


class Proof(StrEnum):
    """What shows that a step is done."""

    NONE = "NONE"
    NOTE = "NOTE"  # a sentence
    DOCUMENT = "DOCUMENT"  # the number or address of a document
    CONTACT = "CONTACT"  # a contact of the customer and the day


@dataclass(frozen=True, slots=True)
class Step:
    code: str
    label: Label
    days: int | None = None  # due so many days after the stage was entered
    proof: Proof = Proof.NOTE
    must: bool = True
    done_when: Label | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """A document of a stage: a form to fill or a paper to send."""

    label: Label


@dataclass(frozen=True, slots=True)
class Tool:
    """A page that helps in a stage. `route` is the name of an address that takes the deal; empty: a word to look up in the library."""

    label: Label
    route: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    code: str
    label: Label
    purpose: Label | None = None
    probability: int = 0  # in percent
    days: int | None = None  # longest stay
    buying: str = ""  # where the customer should be by then (C-10)
    steps: tuple[Step, ...] = ()
    papers: tuple[Paper, ...] = ()
    tools: tuple[Tool, ...] = ()
    entry: tuple[Condition, ...] = ()
    exit: tuple[Condition, ...] = ()

    def step(self, code: str) -> Step | None:
        return next((one for one in self.steps if one.code == code), None)


@dataclass(frozen=True, slots=True)
class Content:
    """The stages of one version, in order."""

    stages: tuple[Stage, ...]

    def place(self, code: str) -> int:
        """Place of a stage from 0; -1 when there is none of this code."""
        return next((place for place, stage in enumerate(self.stages) if stage.code == code), -1)

    def stage(self, code: str) -> Stage | None:
        place = self.place(code)
        return self.stages[place] if place >= 0 else None

    def after(self, code: str) -> Stage | None:
        """The stage that follows, or None after the last one."""
        place = self.place(code)
        return self.stages[place + 1] if 0 <= place < len(self.stages) - 1 else None


@dataclass(frozen=True, slots=True)
class GateCondition:
    """A condition of a gate and the stage under which it is written: a waiver names both."""

    stage: str
    condition: Condition


def gate_between(content: Content, before: int, after: int) -> tuple[GateCondition, ...]:
    """Every condition on the way from one place to another, in order: out of each stage, into the next. Empty on the way back."""
    found: list[GateCondition] = []
    for place in range(max(before, 0), min(after, len(content.stages) - 1)):
        stage, following = content.stages[place], content.stages[place + 1]
        found += [GateCondition(stage.code, one) for one in stage.exit]
        found += [GateCondition(following.code, one) for one in following.entry]
    return tuple(found)


def gate_out(content: Content, code: str) -> tuple[GateCondition, ...]:
    """The gate in front of a deal in this stage; of the last stage, what has to hold before the deal is won."""
    place = content.place(code)
    if place < 0:
        return ()
    if place == len(content.stages) - 1:
        return tuple(GateCondition(code, one) for one in content.stages[place].exit)
    return gate_between(content, place, place + 1)


KnownChecks = Mapping[str, Collection[str]]
"""Code of a check -> names of its parameters."""


def parse(stored: Any, checks: KnownChecks | None = None) -> Content:
    """The content of a version. With `checks` an unknown check or parameter is an error too. Raises `Unsound`."""
    reader = _Reader(checks)
    content = reader.content(stored)
    if reader.reasons:
        raise Unsound(reader.reasons)
    return content


@dataclass
class _Reader:
    checks: KnownChecks | None
    reasons: list[Reason] = field(default_factory=list)

    def complain(self, code: str, where: str, /, **params: object) -> None:
        self.reasons.append(Reason(code, {"where": where, **params}))

    def rows(self, holder: Mapping[str, Any], name: str, where: str, most: int) -> list[Mapping[str, Any]]:
        value = holder.get(name) or []
        if not isinstance(value, Sequence) or isinstance(value, str):
            self.complain("NOT_A_RECORD", f"{where} {name}")
            return []
        if len(value) > most:
            self.complain("TOO_MANY", f"{where} {name}", most=most)
        for row in value:
            if not isinstance(row, Mapping):
                self.complain("NOT_A_RECORD", f"{where} {name}")
        return [row for row in value if isinstance(row, Mapping)]

    def label(self, row: Mapping[str, Any], where: str) -> Label:
        en, zh = str(row.get("en") or "").strip(), str(row.get("zh") or "").strip()
        if not (en or zh):
            self.complain("NO_NAME", where)
        return Label(en or zh, zh or en)

    def words(self, row: Mapping[str, Any], name: str, where: str) -> Label | None:
        value = row.get(name)
        if not value:
            return None
        if not isinstance(value, Mapping):
            self.complain("NOT_A_RECORD", f"{where} {name}")
            return None
        if not (str(value.get("en") or "").strip() or str(value.get("zh") or "").strip()):
            return None
        return self.label(value, f"{where} {name}")

    def code(self, row: Mapping[str, Any], name: str, where: str, seen: set[str]) -> str:
        value = str(row.get(name) or "")
        if not CODE.match(value):
            self.complain("BAD_CODE", where, code=value)
        elif value in seen:
            self.complain("TWICE", where, code=value)
        seen.add(value)
        return value

    def number(self, row: Mapping[str, Any], name: str, where: str, low: int, high: int) -> int | None:
        value = row.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.complain("BAD_NUMBER", where, name=name, low=low, high=high)
            return None
        return value

    def known_fields(self, row: Mapping[str, Any], names: Collection[str], where: str) -> None:
        for name in sorted(set(map(str, row)) - set(names)):
            self.complain("UNKNOWN_FIELD", where, name=name)

    def content(self, stored: Any) -> Content:
        rows = self.rows(stored, "stages", "", MOST_STAGES) if isinstance(stored, Mapping) else []
        if not rows:
            self.reasons.append(Reason("NO_STAGES", {}))
        seen: set[str] = set()
        return Content(tuple(self.stage(row, seen) for row in rows))

    def stage(self, row: Mapping[str, Any], seen: set[str]) -> Stage:
        where = str(row.get("code") or "?")
        self.known_fields(
            row,
            {"code", "en", "zh", "purpose", "probability", "days", "buying", "steps", "papers", "tools", "entry", "exit"},
            where,
        )
        code = self.code(row, "code", where, seen)
        buying = str(row.get("buying") or "")
        if buying and buying not in BUYING:
            self.complain("BAD_CHOICE", where, value=buying, choices=list(BUYING))
        step_codes: set[str] = set()
        steps = tuple(self.step(one, where, step_codes) for one in self.rows(row, "steps", where, MOST_STEPS))
        keys: set[str] = set()
        conditions = [
            tuple(self.condition(one, where, keys, step_codes) for one in self.rows(row, name, where, MOST_CONDITIONS))
            for name in ("entry", "exit")
        ]
        return Stage(
            code=code, label=self.label(row, where), purpose=self.words(row, "purpose", where),
            probability=self.number(row, "probability", where, 0, 100) or 0, days=self.number(row, "days", where, 1, 3650),
            buying=buying, steps=steps, papers=tuple(Paper(self.label(one, where)) for one in self.rows(row, "papers", where, MOST_STEPS)),
            tools=tuple(Tool(self.label(one, where), str(one.get("route") or "")) for one in self.rows(row, "tools", where, MOST_STEPS)),
            entry=conditions[0], exit=conditions[1],
        )  # fmt: skip

    def step(self, row: Mapping[str, Any], stage: str, seen: set[str]) -> Step:
        where = f"{stage} / {row.get('code') or '?'}"
        self.known_fields(row, {"code", "en", "zh", "days", "proof", "must", "done"}, where)
        proof = str(row.get("proof") or Proof.NOTE.value)
        if proof not in list(Proof):
            self.complain("BAD_CHOICE", where, value=proof, choices=[one.value for one in Proof])
            proof = Proof.NOTE.value
        return Step(
            code=self.code(row, "code", where, seen), label=self.label(row, where), days=self.number(row, "days", where, 0, 3650),
            proof=Proof(proof), must=bool(row.get("must", True)), done_when=self.words(row, "done", where),
        )  # fmt: skip

    def condition(self, row: Mapping[str, Any], stage: str, seen: set[str], steps: set[str]) -> Condition:
        where = f"{stage} / {row.get('key') or '?'}"
        self.known_fields(row, {"key", "check", "must", "params", "en", "zh"}, where)
        check, params = str(row.get("check") or ""), row.get("params") or {}
        if not isinstance(params, Mapping):
            self.complain("NOT_A_RECORD", f"{where} params")
            params = {}
        if self.checks is not None:
            if check not in self.checks:
                self.complain("UNKNOWN_CHECK", where, check=check or "?")
            for name in sorted(set(params) - set(self.checks.get(check, params))):
                self.complain("BAD_PARAM", where, check=check, name=name)
        for name, value in params.items():
            if name == "step":
                if value not in steps:
                    self.complain("NO_STEP", where, step=str(value))
            elif isinstance(value, bool) or not isinstance(value, int | float):
                self.complain("BAD_NUMBER", where, name=str(name), low=0, high=1_000_000_000)
        return Condition(
            key=self.code(row, "key", where, seen), check=check, must=bool(row.get("must", True)), params=dict(params),
            label=self.label(row, where) if row.get("en") or row.get("zh") else None,
        )  # fmt: skip


def stored(content: Content) -> dict[str, Any]:
    """The form that is kept: `parse(stored(content)) == content`."""
    return {"stages": [_stored_stage(stage) for stage in content.stages]}


def _both(label: Label) -> dict[str, str]:
    return {"zh": label.zh, "en": label.en}


def _stored_stage(stage: Stage) -> dict[str, Any]:
    row: dict[str, Any] = {"code": stage.code, **_both(stage.label), "probability": stage.probability}
    if stage.purpose:
        row["purpose"] = _both(stage.purpose)
    if stage.days:
        row["days"] = stage.days
    if stage.buying:
        row["buying"] = stage.buying
    if stage.steps:
        row["steps"] = [
            {"code": one.code, **_both(one.label), "proof": one.proof.value, "must": one.must}
            | ({"days": one.days} if one.days is not None else {})
            | ({"done": _both(one.done_when)} if one.done_when else {})
            for one in stage.steps
        ]
    if stage.papers:
        row["papers"] = [_both(one.label) for one in stage.papers]
    if stage.tools:
        row["tools"] = [_both(one.label) | ({"route": one.route} if one.route else {}) for one in stage.tools]
    for name, conditions in (("entry", stage.entry), ("exit", stage.exit)):
        if conditions:
            row[name] = [
                {"key": one.key, "check": one.check, "must": one.must}
                | ({"params": dict(one.params)} if one.params else {})
                | (_both(one.label) if one.label else {})
                for one in conditions
            ]
    return row
