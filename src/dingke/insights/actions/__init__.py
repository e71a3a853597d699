"""Verbs of the insights domain."""

from dingke.insights.actions.backtest import BACKTEST_KIND, UnableToReplay, backtest_job, replay, run_backtest, start_backtest
from dingke.insights.actions.decide import UnableToDecide, confirm_face, decide_guard, save_value_card
from dingke.insights.actions.score import SCORE_KIND, UnableToScore, preview_scores, run_scores, score_job
from dingke.insights.actions.trying import TRIED, start_trial, try_rules_job
from dingke.insights.queries.trials import TRY_KIND

__all__ = [
    "BACKTEST_KIND",
    "SCORE_KIND",
    "TRIED",
    "TRY_KIND",
    "UnableToDecide",
    "UnableToReplay",
    "UnableToScore",
    "backtest_job",
    "confirm_face",
    "decide_guard",
    "preview_scores",
    "replay",
    "run_backtest",
    "run_scores",
    "save_value_card",
    "score_job",
    "start_backtest",
    "start_trial",
    "try_rules_job",
]
