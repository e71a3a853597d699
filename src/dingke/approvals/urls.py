"""Addresses of approvals."""

from django.urls import path

from dingke.approvals import views

app_name = "approvals"
urlpatterns = [
    path("", views.requests, name="list"),
    path("count/", views.count, name="count"),
    path("<int:approval_id>/", views.detail, name="detail"),
    path("<int:approval_id>/decide/", views.decide, name="decide"),
    path("<int:approval_id>/withdraw/", views.withdraw, name="withdraw"),
]
