"""Reads of the insights domain, by screen."""

from dingke.insights.queries.account import account_value, face_guides, proposed_face
from dingke.insights.queries.backtest import backtest, cases
from dingke.insights.queries.customer_list import POINTS, cut
from dingke.insights.queries.portfolio import guards, newest_run, portfolio
from dingke.insights.queries.report import report_portfolio
from dingke.insights.queries.rules import rule_groups, target_choices
from dingke.insights.queries.stages import stage_list, stage_report
from dingke.insights.queries.trials import trial

__all__ = [
    "POINTS",
    "backtest",
    "cases",
    "account_value",
    "cut",
    "face_guides",
    "guards",
    "newest_run",
    "portfolio",
    "proposed_face",
    "report_portfolio",
    "rule_groups",
    "stage_list",
    "stage_report",
    "target_choices",
    "trial",
]
