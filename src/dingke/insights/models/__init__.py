"""What is stored of value, guards and score runs: one module per subject."""

from dingke.insights.models.alerts import Alert
from dingke.insights.models.assessments import Assessment, AssessmentPart, AssessmentStep
from dingke.insights.models.backtests import Backtest, BacktestCase
from dingke.insights.models.cases import CaseStep, LossCase, Risk
from dingke.insights.models.guards import GuardDecision
from dingke.insights.models.relationship import AccountReview, AccountReviewCheck, PortfolioReview, RelationshipMark
from dingke.insights.models.scores import Score, ScoreRun
from dingke.insights.models.value import ValueCard
from dingke.insights.models.watching import FeedMark

__all__ = [
    "AccountReview",
    "AccountReviewCheck",
    "Alert",
    "Assessment",
    "AssessmentPart",
    "AssessmentStep",
    "Backtest",
    "BacktestCase",
    "CaseStep",
    "FeedMark",
    "GuardDecision",
    "LossCase",
    "PortfolioReview",
    "RelationshipMark",
    "Risk",
    "Score",
    "ScoreRun",
    "ValueCard",
]
