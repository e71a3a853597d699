"""Every group of rules of this domain: under which key it is kept, and the record that holds and checks it."""

from __future__ import annotations

from dataclasses import dataclass, field

from dingke.accounts.calc.lifecycle import LifecycleSettings
from dingke.accounts.calc.size_tier import TierLimits
from dingke.insights.calc.alerts import AlertSettings
from dingke.insights.calc.assessment import AssessmentSettings
from dingke.insights.calc.continuing import ContinuingSettings
from dingke.insights.calc.explanation import IdentificationSettings
from dingke.insights.calc.faces import FaceSettings
from dingke.insights.calc.guards import GuardSettings
from dingke.insights.calc.pareto import ParetoSettings
from dingke.insights.calc.retention import RetentionSettings
from dingke.insights.calc.stages import StageLimits
from dingke.insights.calc.warning import WarningSettings
from dingke.insights.calc.weakening import WeakeningSettings


@dataclass(frozen=True)
class Rules:
    """All rules of one run."""

    pareto: ParetoSettings = field(default_factory=ParetoSettings)
    faces: FaceSettings = field(default_factory=FaceSettings)
    guards: GuardSettings = field(default_factory=GuardSettings)
    identification: IdentificationSettings = field(default_factory=IdentificationSettings)
    weakening: WeakeningSettings = field(default_factory=WeakeningSettings)
    warning: WarningSettings = field(default_factory=WarningSettings)
    lifecycle: LifecycleSettings = field(default_factory=LifecycleSettings)
    continuing: ContinuingSettings = field(default_factory=ContinuingSettings)


GROUPS: dict[str, type] = {
    "pareto": ParetoSettings,
    "faces": FaceSettings,
    "guards": GuardSettings,
    "identification": IdentificationSettings,
    "weakening": WeakeningSettings,
    "continuing": ContinuingSettings,
    "warning": WarningSettings,
    "alerts": AlertSettings,
    "retention": RetentionSettings,
    "lifecycle": LifecycleSettings,
    "stages": StageLimits,
    "size_tiers": TierLimits,
    "assessment": AssessmentSettings,
}


OWN_KEYS = {"size_tiers": "accounts.size_tiers"}
"""Rules that a lower domain reads too, under its own key."""


def key_of(group: str) -> str:
    """The key in the settings: "insights.pareto". KeyError on another group."""
    if group not in GROUPS:
        raise KeyError(group)
    return OWN_KEYS.get(group, f"insights.{group}")
