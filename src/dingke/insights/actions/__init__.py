"""Verbs of the insights domain."""

from dingke.insights.actions.decide import UnableToDecide, confirm_face, decide_guard, save_value_card
from dingke.insights.actions.score import SCORE_KIND, UnableToScore, run_scores, score_job

__all__ = ["SCORE_KIND", "UnableToDecide", "UnableToScore", "confirm_face", "decide_guard", "run_scores", "save_value_card", "score_job"]
