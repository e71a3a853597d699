"""What is stored of value, guards and score runs: one module per subject."""

from dingke.insights.models.guards import GuardDecision
from dingke.insights.models.scores import Score, ScoreRun
from dingke.insights.models.value import ValueCard

__all__ = ["GuardDecision", "Score", "ScoreRun", "ValueCard"]
