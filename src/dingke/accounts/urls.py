"""Addresses of the customer base. Each screen adds its own lines."""

from django.urls import URLPattern

app_name = "accounts"
urlpatterns: list[URLPattern] = []
