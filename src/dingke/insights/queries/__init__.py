"""Reads of the insights domain, by screen."""

from dingke.insights.queries.account import account_value, proposed_face
from dingke.insights.queries.portfolio import cut, portfolio
from dingke.insights.queries.report import report_portfolio
from dingke.insights.queries.rules import rule_groups

__all__ = ["account_value", "cut", "portfolio", "proposed_face", "report_portfolio", "rule_groups"]
