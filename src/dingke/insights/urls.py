"""Addresses of the insights pages."""

from __future__ import annotations

from django.urls import path

from dingke.insights.views import account as account_views
from dingke.insights.views import alerts as alert_views
from dingke.insights.views import assessment_rules as assessment_rule_views
from dingke.insights.views import assessments as assessment_views
from dingke.insights.views import backtest as backtest_views
from dingke.insights.views import cases as case_views
from dingke.insights.views import movement as movement_views
from dingke.insights.views import portfolio as portfolio_views
from dingke.insights.views import relationship as relationship_views
from dingke.insights.views import rules as rule_views
from dingke.insights.views import stages as stage_views

app_name = "insights"
urlpatterns = [
    path("", portfolio_views.portfolio, name="portfolio"),
    path("list/", portfolio_views.pareto_list, name="pareto_list"),
    path("score/", portfolio_views.score, name="score"),
    path("export/", portfolio_views.export, name="export"),
    path("guards/<str:guard>/", portfolio_views.guard, name="guard"),
    path("stages/", stage_views.stages, name="stages"),
    path("stages/list/", stage_views.stage_list, name="stage_list"),
    path("stages/proposed/", movement_views.stage_proposals, name="stage_proposals"),
    path("stages/proposed/accept/", movement_views.accept_stages, name="accept_stages"),
    path("stages/proposed/dismiss/", movement_views.dismiss_stages, name="dismiss_stages"),
    path("stages/proposed/resume/", movement_views.resume_stages, name="resume_stages"),
    path("guards/", movement_views.guards, name="guards"),
    path("stages/export/", stage_views.export_stages, name="export_stages"),
    path("retention/", portfolio_views.retention, name="retention"),
    path("backtest/", backtest_views.backtest, name="backtest"),
    path("backtest/run/", backtest_views.run, name="run_backtest"),
    path("backtest/cases/", backtest_views.cases, name="backtest_cases"),
    path("backtest/export/", backtest_views.export, name="export_backtest"),
    path("rules/", rule_views.rules, name="rules"),
    path("rules/<str:group>/", rule_views.edit_rules, name="edit_rules"),
    path("rules/<str:group>/try/", rule_views.try_rules, name="try_rules"),
    path("rules/tried/<int:job_id>/", rule_views.tried_rules, name="tried_rules"),
    path("accounts/<int:account_id>/value/", account_views.account_value, name="account_value"),
    path("accounts/<int:account_id>/value/edit/", account_views.edit_value, name="edit_value"),
    path("accounts/<int:account_id>/face/", account_views.confirm_face, name="confirm_face"),
    path("assessments/", assessment_views.assessments, name="assessments"),
    path("assessments/export/", assessment_views.export_assessments, name="export_assessments"),
    path("assessments/compare/", assessment_views.compare, name="compare"),
    path("assessments/compare/export/", assessment_views.export_comparison, name="export_comparison"),
    path("assessments/rules/", assessment_rule_views.assessment_rules, name="assessment_rules"),
    path("assessments/rules/preview/", assessment_rule_views.preview_rules, name="preview_assessment_rules"),
    path("accounts/<int:account_id>/assessment/", assessment_views.assessment, name="assessment"),
    path("accounts/<int:account_id>/assessment/panel/", assessment_views.account_assessment, name="account_assessment"),
    path("accounts/<int:account_id>/assessment/edit/", assessment_views.edit_assessment, name="edit_assessment"),
    path("accounts/<int:account_id>/assessment/plan/", assessment_views.plan_assessment, name="plan_assessment"),
    path("accounts/<int:account_id>/assessment/steps/<str:step>/", assessment_views.finish_step, name="finish_step"),
    path("accounts/<int:account_id>/relationship/", relationship_views.relationship, name="relationship"),
    path("accounts/<int:account_id>/relationship/mark/", relationship_views.mark, name="mark_relationship"),
    path("accounts/<int:account_id>/review/", relationship_views.review_account, name="review_account"),
    path("relationship/<int:mark_id>/remove/", relationship_views.remove_mark, name="remove_mark"),
    path("portfolio-review/", relationship_views.portfolio_review, name="portfolio_review"),
    path("alerts/", alert_views.alerts, name="alerts"),
    path("alerts/today/", alert_views.alerts_today, name="alerts_today"),
    path("alerts/<int:alert_id>/seen/", alert_views.seen, name="alert_seen"),
    path("alerts/<int:alert_id>/plan/", alert_views.plan, name="alert_plan"),
    path("alerts/<int:alert_id>/win-back/", alert_views.win_back, name="alert_win_back"),
    path("alerts/<int:alert_id>/snooze/", alert_views.snooze, name="alert_snooze"),
    path("alerts/<int:alert_id>/close/", alert_views.close, name="alert_close"),
    path("alerts/<int:alert_id>/todo/", alert_views.todo, name="alert_todo"),
    path("alerts/<int:alert_id>/contact/", alert_views.contact, name="alert_contact"),
    path("accounts/<int:account_id>/risk/", alert_views.account_risk, name="account_risk"),
    path("accounts/<int:account_id>/risk/add/", case_views.add_risk, name="add_risk"),
    path("accounts/<int:account_id>/case/", case_views.open_case, name="open_case"),
    path("risks/<int:risk_id>/", case_views.edit_risk, name="edit_risk"),
    path("risks/<int:risk_id>/close/", case_views.close_risk, name="close_risk"),
    path("cases/", case_views.cases, name="cases"),
    path("cases/export/", case_views.export_cases, name="export_cases"),
    path("cases/<int:case_id>/", case_views.case, name="case"),
    path("cases/<int:case_id>/steps/<int:place>/", case_views.case_step, name="case_step"),
    path("cases/<int:case_id>/close/", case_views.close_case, name="close_case"),
    path("silent/", case_views.silent, name="silent"),
    path("silent/reactivate/", case_views.reactivate, name="reactivate"),
    path("watch/", case_views.watch, name="watch"),
    path("watch/read/", case_views.watch_read, name="watch_read"),
]
