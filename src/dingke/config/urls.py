"""All addresses, by domain."""

from __future__ import annotations

from django.urls import include, path

from dingke.config.routers import api

urlpatterns = [
    path("sign-in/", include("allauth.account.urls")),
    path("", include("dingke.core.urls")),
    path("people/", include("dingke.people.urls")),
    path("accounts/", include("dingke.accounts.urls")),
    path("approvals/", include("dingke.approvals.urls")),
    path("ledger/", include("dingke.ledger.urls")),
    path("insights/", include("dingke.insights.urls")),
    path("imports/", include("dingke.core.importing.urls")),
    path("api/v1/", api.urls),
    path("", include("dingke.workspace.urls")),
]

handler400 = "dingke.core.failures.bad_request"
handler403 = "dingke.core.failures.not_allowed"
handler404 = "dingke.core.failures.not_found"
handler500 = "dingke.core.failures.server_error"
