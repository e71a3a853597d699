"""All addresses, by domain."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("sign-in/", include("allauth.account.urls")),
    path("", include("dingke.core.urls")),
    path("people/", include("dingke.people.urls")),
    path("accounts/", include("dingke.accounts.urls")),
    path("", include("dingke.workspace.urls")),
]
