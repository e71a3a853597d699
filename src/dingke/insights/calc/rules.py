"""Every group of rules of this domain: under which key it is kept, and the record that holds and checks it."""

from __future__ import annotations

from dataclasses import dataclass, field

from dingke.insights.calc.explanation import IdentificationSettings
from dingke.insights.calc.faces import FaceSettings
from dingke.insights.calc.guards import GuardSettings
from dingke.insights.calc.pareto import ParetoSettings
from dingke.insights.calc.retention import RetentionSettings
from dingke.insights.calc.stages import StageLimits
from dingke.insights.calc.weakening import WeakeningSettings


@dataclass(frozen=True)
class Rules:
    """All rules of one run."""

    pareto: ParetoSettings = field(default_factory=ParetoSettings)
    faces: FaceSettings = field(default_factory=FaceSettings)
    guards: GuardSettings = field(default_factory=GuardSettings)
    identification: IdentificationSettings = field(default_factory=IdentificationSettings)
    weakening: WeakeningSettings = field(default_factory=WeakeningSettings)


GROUPS: dict[str, type] = {
    "pareto": ParetoSettings,
    "faces": FaceSettings,
    "guards": GuardSettings,
    "identification": IdentificationSettings,
    "weakening": WeakeningSettings,
    "retention": RetentionSettings,
    "stages": StageLimits,
}


def key_of(group: str) -> str:
    """The key in the settings: "insights.pareto". KeyError on another group."""
    if group not in GROUPS:
        raise KeyError(group)
    return f"insights.{group}"
