"""All addresses, by domain."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path
from django.views.generic import RedirectView

from dingke.config.life.metrics import metrics
from dingke.config.routers import api
from dingke.people import urls as people_urls

urlpatterns = [
    path("sign-in/", include("allauth.account.urls")),
    # allauth's own lists of second factors are one page of the product
    path("sign-in/2fa/", RedirectView.as_view(pattern_name="people:security"), name="mfa_index"),
    path("sign-in/identities/", RedirectView.as_view(pattern_name="people:security"), name="socialaccount_connections"),
    path("sign-in/identities/signup/", RedirectView.as_view(pattern_name="account_login"), name="socialaccount_signup"),
    path("sign-in/2fa/webauthn/", RedirectView.as_view(pattern_name="people:security"), name="mfa_list_webauthn"),
    path("sign-in/2fa/", include("allauth.mfa.urls")),
    path("sign-in/saml/", include((people_urls.saml_patterns, "saml"))),  # allauth's own would let anybody sign people out
    *(
        path("sign-in/", include(f"allauth.socialaccount.providers.{provider}.urls"))
        for provider in settings.SOCIALACCOUNT_PROVIDERS
        if provider != "saml"
    ),
    path("sign-in/identities/", include("allauth.socialaccount.urls")),
    path("metrics", metrics, name="metrics"),
    path("settings/system/", include("dingke.config.life.urls")),
    path("", include("dingke.core.urls")),
    path("people/", include("dingke.people.urls")),
    path("accounts/", include("dingke.accounts.urls")),
    path("approvals/", include("dingke.approvals.urls")),
    path("notices/", include("dingke.notices.urls")),
    path("ledger/", include("dingke.ledger.urls")),
    path("people-at/", include("dingke.stakeholders.urls")),
    path("library/", include("dingke.library.urls")),
    path("deals/", include("dingke.pipeline.urls")),
    path("deals/", include("dingke.qualification.urls")),
    path("insights/", include("dingke.insights.urls")),
    path("imports/", include("dingke.core.importing.urls")),
    path("api/v1/", api.urls),
    path("", include("dingke.workspace.urls")),
]

handler400 = "dingke.core.failures.bad_request"
handler403 = "dingke.core.failures.not_allowed"
handler404 = "dingke.core.failures.not_found"
handler500 = "dingke.core.failures.server_error"
