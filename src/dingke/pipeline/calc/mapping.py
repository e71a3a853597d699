"""What becomes of a deal that goes over to another version of a playbook (F-18): stage, steps and waivers by their codes. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from dingke.pipeline.calc.playbook import Content, Stage


@dataclass(frozen=True, slots=True)
class Mapping:
    """`stage`: where the deal will stand; `is_same_stage`: the code exists there too. Steps and conditions as (stage, code)."""

    stage: str
    is_same_stage: bool
    kept_steps: tuple[tuple[str, str], ...]
    lost_steps: tuple[tuple[str, str], ...]
    new_steps: tuple[tuple[str, str], ...]
    lost_conditions: tuple[tuple[str, str], ...]
    new_conditions: tuple[tuple[str, str], ...]


def map_deal(old: Content, new: Content, stage: str, done: Collection[tuple[str, str]], to_stage: str = "") -> Mapping:
    """`done` are the steps ticked so far. The deal stands in `to_stage`, else in the stage of the same code, else in the one at the same
    place, the last one at most. ValueError when `to_stage` is unknown.
    """
    if to_stage:
        target = new.stage(to_stage)
        if target is None:
            raise ValueError(f"there is no stage {to_stage}")
    else:
        target = new.stage(stage) or new.stages[min(max(old.place(stage), 0), len(new.stages) - 1)]
    steps_after = _steps(new)
    passed = new.stages[: new.place(target.code) + 1]
    return Mapping(
        stage=target.code,
        is_same_stage=target.code == stage,
        kept_steps=tuple(sorted(set(done) & steps_after)),
        lost_steps=tuple(sorted(set(done) - steps_after)),
        new_steps=tuple(sorted(_steps(Content(passed)) - _steps(old))),
        lost_conditions=tuple(sorted(_conditions(old) - _conditions(new))),
        new_conditions=tuple(sorted(_conditions(new) - _conditions(old))),
    )


def _steps(content: Content) -> set[tuple[str, str]]:
    return {(stage.code, step.code) for stage in content.stages for step in stage.steps}


def _conditions(content: Content) -> set[tuple[str, str]]:
    return {(stage.code, one.key) for stage in content.stages for one in (*stage.entry, *stage.exit)}


@dataclass(frozen=True, slots=True)
class Difference:
    """A stage in two versions: `kind` is ADDED, REMOVED, CHANGED or SAME; `what` names the parts that differ."""

    code: str
    before: Stage | None
    after: Stage | None
    kind: str
    what: tuple[str, ...] = ()


PARTS = ("label", "purpose", "probability", "days", "buying", "steps", "papers", "tools", "entry", "exit")


def compare(old: Content, new: Content) -> tuple[Difference, ...]:
    """Stage by stage in the order of the newer version, then what is gone."""
    found = []
    for stage in new.stages:
        before = old.stage(stage.code)
        if before is None:
            found.append(Difference(stage.code, None, stage, "ADDED"))
            continue
        what = tuple(part for part in PARTS if getattr(before, part) != getattr(stage, part))
        found.append(Difference(stage.code, before, stage, "CHANGED" if what else "SAME", what))
    found += [Difference(stage.code, stage, None, "REMOVED") for stage in old.stages if new.stage(stage.code) is None]
    return tuple(found)
