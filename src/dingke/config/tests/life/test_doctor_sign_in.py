"""The doctor on the company's SAML server."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.utils import timezone

from dingke.config.life.doctor import sign_in
from dingke.people.tests.saml_server import make_key


@pytest.fixture
def by_hand(settings, tmp_path):
    def given(days: int) -> None:
        make_key(tmp_path, "own", days=days)
        text = (tmp_path / "own.pem").read_text()
        named = {"metadata": "", "entity_id": "https://idp.example.com", "sign_on_url": "https://idp.example.com/sso", "certificates": text}
        settings.SAML = {**settings.SAML, **named}

    settings.SOCIALACCOUNT_PROVIDERS = {"saml": {"APPS": [{"provider_id": "company-saml", "client_id": "company", "name": "SAML"}]}}
    cache.clear()
    return given


@pytest.mark.parametrize(("days", "level", "words"), [(365, "ok", "1 keys"), (10, "warn", "ends on"), (0, "warn", "ended on")])
def test_how_long_the_key_of_the_other_side_holds(by_hand, days, level, words):
    by_hand(days)
    (finding,) = sign_in.saml_server(timezone.now())
    assert (finding.code, finding.level) == ("saml", level)
    assert words in finding.found


@pytest.mark.parametrize(
    "named",
    [
        {"certificates": ""},
        {"metadata": "/no/such/file.xml"},
        {"certificates": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"},
    ],
)
def test_what_does_not_fit_is_said(by_hand, settings, named):
    by_hand(365)
    settings.SAML = {**settings.SAML, **named}
    (finding,) = sign_in.saml_server(timezone.now())
    assert finding.level == "fail"
    assert finding.mend


def test_silent_where_nothing_is_asked_for(settings):
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert sign_in.saml_server(timezone.now()) == []
