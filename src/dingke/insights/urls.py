"""Addresses of the insights pages."""

from __future__ import annotations

from django.urls import path

from dingke.insights.views import account as account_views
from dingke.insights.views import portfolio as portfolio_views
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
    path("stages/export/", stage_views.export_stages, name="export_stages"),
    path("retention/", portfolio_views.retention, name="retention"),
    path("rules/", rule_views.rules, name="rules"),
    path("rules/<str:group>/", rule_views.edit_rules, name="edit_rules"),
    path("accounts/<int:account_id>/value/", account_views.account_value, name="account_value"),
    path("accounts/<int:account_id>/value/edit/", account_views.edit_value, name="edit_value"),
    path("accounts/<int:account_id>/face/", account_views.confirm_face, name="confirm_face"),
]
