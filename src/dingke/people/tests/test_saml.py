"""Signing in by the company's SAML server: a real one (pysaml2) in its own process; what it must not get away with."""

from __future__ import annotations

import base64
import os
import re
import shutil
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers import registry
from django.core.cache import cache
from django.test import Client

from dingke.core import rules
from dingke.core.models import AuditEntry
from dingke.people.calc import SECOND_FACTOR_KEY, SecondFactorRules
from dingke.people.models import User
from dingke.people.queries import saml as queries
from dingke.people.tests import saml_server
from dingke.people.views.saml import CompanySaml

MISSING = shutil.which("xmlsec1") is None and not os.environ.get("CI")
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(MISSING, reason="the SAML server of the tests signs with xmlsec1: run `make system-packages`"),
]
ENTITIES = base64.b64encode(b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>').decode()
ANSWER = "/sign-in/saml/acs/"
OFFERED = {"APPS": [{"provider_id": "company-saml", "client_id": "company", "name": "Example IdP"}]}
OWN_NAME = "http://127.0.0.1:8000/sign-in/saml/metadata/"
SP = f"""<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{OWN_NAME}"><md:SPSSODescriptor
 protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><md:AssertionConsumerService index="1"
 Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="http://testserver{ANSWER}"/></md:SPSSODescriptor></md:EntityDescriptor>"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("saml")
    (folder / "sp.xml").write_text(SP)
    with saml_server.running(folder, folder / "sp.xml", free_port()) as url:
        yield url, folder


@pytest.fixture(autouse=True)
def _offered(settings, company, monkeypatch):
    url, _folder = company
    settings.SOCIALACCOUNT_PROVIDERS = {"saml": OFFERED}
    settings.SITE_URL = "http://127.0.0.1:8000"
    settings.SAML = {**settings.SAML, "metadata": url + "/metadata"}
    registry.load()
    monkeypatch.setitem(registry.provider_map, "saml", CompanySaml)
    cache.clear()


@pytest.fixture
def admin(cast) -> User:
    User.objects.filter(pk=cast.administrator.user.pk).update(email="admin@example.com")
    return User.objects.get(pk=cast.administrator.user.pk)


def at_company(client: Client, who: str = "known", how: str = "", next_url: str = "") -> dict[str, str]:
    """From the button to the form that the company's server answers with."""
    asked = client.get("/sign-in/saml/login/", {"next": next_url} if next_url else {})
    assert asked.status_code == 302, asked.content.decode()
    with urllib.request.urlopen(f"{asked['Location']}&who={who}&how={how}", timeout=30) as answer:
        text = answer.read().decode()
    assert f'action="http://testserver{ANSWER}"' in text
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', text))


def bring(client: Client, fields: dict[str, str]) -> Any:
    """What the browser does with the form: posted without cookies of ours (it comes from another site), then asked again with them."""
    posted = Client().post(ANSWER, fields)
    if posted.status_code != 303:
        return posted
    client.cookies["dingke_saml"] = posted.cookies["dingke_saml"].value
    return client.get(posted["Location"])


def change(fields: dict[str, str], old: str, new: str) -> dict[str, str]:
    text = base64.b64decode(fields["SAMLResponse"]).decode()
    assert old in text
    return {**fields, "SAMLResponse": base64.b64encode(text.replace(old, new).encode()).decode()}


def is_in(client: Client) -> bool:
    return client.get("/people/me/").status_code == 200


class TestThoseWhoMay:
    def test_a_known_person_by_the_address_then_by_the_name_id(self, admin):
        client = Client()
        page = client.get("/sign-in/login/").content.decode()
        assert 'href="/sign-in/saml/login/"' in page
        assert "Example IdP" in page
        answer = bring(client, at_company(client, next_url="/people/"))
        assert (answer.status_code, answer["Location"]) == (302, "/people/")
        assert is_in(client)
        kept = SocialAccount.objects.get()
        assert (kept.user_id, kept.provider, kept.uid) == (admin.pk, "company-saml", "id-known")
        assert kept.extra_data == {"email": "ADMIN@example.com", "name": "管理员"}  # nothing else of what the server knows
        User.objects.filter(pk=admin.pk).update(email="")
        again = Client()
        bring(again, at_company(again))
        assert is_in(again)

    def test_the_address_may_be_the_name_itself(self, admin):
        client = Client()
        bring(client, at_company(client, how="mail"))
        assert is_in(client)

    @pytest.mark.parametrize(
        ("who", "words"), [("stranger", "Nobody here has the mail address stranger@example.com"), ("mailless", "without a verified mail")]
    )
    def test_strangers_are_refused_in_words(self, admin, who, words):
        client = Client(HTTP_ACCEPT_LANGUAGE="en")
        answer = bring(client, at_company(client, who))
        assert answer.status_code == 403
        assert words in answer.content.decode()
        assert not is_in(client)
        assert not User.objects.filter(email="stranger@example.com").exists()

    def test_a_stranger_becomes_a_person_by_the_same_rule_as_elsewhere(self, admin, settings):
        settings.SSO_CREATE_ROLE = "REP"
        client = Client()
        bring(client, at_company(client, "stranger"))
        assert is_in(client)
        user = User.objects.get(email="stranger@example.com")
        assert (user.role, user.name, user.has_usable_password()) == ("REP", "生人", False)
        assert AuditEntry.objects.filter(action="people.add_user", target_id=user.pk).exists()

    def test_a_closed_sign_in_stays_closed(self, admin):
        User.objects.filter(pk=admin.pk).update(is_active=False)
        client = Client(HTTP_ACCEPT_LANGUAGE="en")
        answer = bring(client, at_company(client))
        assert answer["Location"] == "/sign-in/inactive/"
        assert "closed" in client.get(answer["Location"]).content.decode()
        assert not is_in(client)

    def test_a_forced_second_factor_is_still_asked_for(self, admin, cast, now):
        rules.store(
            key=SECOND_FACTOR_KEY, kind=SecondFactorRules, values={"roles": ["ADMINISTRATOR"]}, by=cast.administrator.scope, now=now
        )
        client = Client()
        bring(client, at_company(client))
        assert client.get("/people/me/")["Location"] == "/people/me/security/"

    def test_an_own_second_factor_is_asked_for(self, admin):
        Authenticator.objects.create(user=admin, type="totp", data={"secret": "x"})
        client = Client()
        answer = bring(client, at_company(client))
        assert answer["Location"].startswith("/sign-in/2fa/authenticate/")
        assert not is_in(client)

    def test_connecting_starts_from_the_button_alone(self, admin, cast):
        client = cast.administrator.client
        asked = client.post("/people/me/security/identities/company-saml/connect/")
        assert asked["Location"] == "/sign-in/saml/login/?process=connect"
        assert client.get("/people/me/security/").status_code == 200


class TestWhatIsNotBelieved:
    @pytest.mark.parametrize("how", ["unsigned", "message_only", "other_key", "expired", "other_audience", "sha1"])
    def test_answers_of_a_wrong_shape(self, admin, how):
        client = Client(HTTP_ACCEPT_LANGUAGE="en")
        answer = bring(client, at_company(client, how=how))
        assert answer.status_code == 403
        assert "not valid, or too old" in answer.content.decode()
        assert not is_in(client)
        assert not SocialAccount.objects.exists()

    @pytest.mark.parametrize(
        ("old", "new"),
        [("id-known", "id-other"), ("ADMIN@example.com", "other@example.com")],
    )
    def test_a_changed_answer(self, admin, old, new):
        client = Client()
        fields = at_company(client)
        answer = bring(client, change(fields, old, new))
        assert answer.status_code == 403
        assert not is_in(client)

    def test_a_second_assertion_beside_the_signed_one(self, admin):
        """The signed one is kept whole elsewhere in the document, and one of the sender's own stands in its place."""
        User.objects.create(username="boss", name="老板", email="boss@example.com", role="ADMINISTRATOR")
        client = Client()
        fields = at_company(client, "stranger")
        text = base64.b64decode(fields["SAMLResponse"]).decode()
        signed = re.search(r"<(\w+):Assertion .*</\1:Assertion>", text, re.DOTALL)
        assert signed
        forged = re.sub(r"<(\w+):Signature .*?</\1:Signature>", "", signed[0], flags=re.DOTALL).replace("stranger@", "boss@")
        forged = re.sub(r'ID="[^"]+"', 'ID="forged"', forged, count=1)
        prefix = re.search(r"<(\w+):Response ", text)[1]
        wrapped = f"<{prefix}:Extensions>{signed[0]}</{prefix}:Extensions>"
        for body in (forged + signed[0], signed[0] + forged, wrapped + forged, forged + wrapped):
            once = text.replace(signed[0], body)
            answer = bring(client, {"SAMLResponse": base64.b64encode(once.encode()).decode()})
            assert answer.status_code == 403
            assert not is_in(client)

    def test_an_answer_is_heard_once_and_in_its_own_browser(self, admin):
        first, thief = Client(), Client(HTTP_ACCEPT_LANGUAGE="en")
        fields = at_company(first)
        stolen = at_company(Client())
        answer = bring(thief, stolen)
        assert answer.status_code == 403
        assert "not begun in this browser" in answer.content.decode()
        assert not is_in(thief)
        bring(first, fields)
        assert is_in(first)
        first.logout()
        assert bring(first, fields).status_code == 403
        assert not is_in(first)

    def test_a_used_assertion_in_a_new_envelope(self, admin):
        client = Client()
        fields = at_company(client)
        bring(client, fields)
        client.logout()
        asked = client.get("/sign-in/saml/login/")["Location"]
        assert "SAMLRequest" in parse_qs(urlsplit(asked).query)
        text = base64.b64decode(fields["SAMLResponse"]).decode()
        unasked = re.sub(r' InResponseTo="[^"]+"', "", text, count=1)
        assert bring(client, {"SAMLResponse": base64.b64encode(unasked.encode()).decode()}).status_code == 403

    def test_the_portal_of_the_company_begins_nothing_until_it_may(self, admin, settings):
        client = Client(HTTP_ACCEPT_LANGUAGE="en")
        fields = at_company(client, how="portal")
        answer = bring(client, fields)
        assert answer.status_code == 403
        assert "Begin on the sign-in page" in answer.content.decode()
        settings.SAML = {**settings.SAML, "unasked": True}
        for relay, place in (
            ("https://evil.example.com/", "/"),
            ("//evil.example.com/", "/"),
            ("/\\evil.example.com", "/"),
            ("javascript:alert(1)", "/"),
            ("/people/", "/people/"),
        ):
            client = Client()
            fields = {**at_company(client, how="portal"), "RelayState": relay}
            assert bring(client, fields)["Location"] == place
            assert is_in(client)
            assert bring(Client(), fields).status_code == 403  # and not twice

    def test_relay_state_leads_nowhere(self, admin):
        client = Client()
        answer = bring(client, {**at_company(client), "RelayState": "https://evil.example.com/"})
        assert answer["Location"] == "/"
        asked = client.get("/sign-in/saml/login/", {"next": "https://evil.example.com/"})
        assert "evil" not in asked["Location"]

    def test_a_name_that_changes_each_time_is_no_name(self, admin):
        client = Client(HTTP_ACCEPT_LANGUAGE="en")
        answer = bring(client, at_company(client, how="transient"))
        assert "names you differently each time" in answer.content.decode()

    @pytest.mark.parametrize(
        "said", ["", "%%%", "AAAA", base64.b64encode(b"<a>").decode(), base64.b64encode(b"<a/>").decode(), ENTITIES, "A" * 300_000]
    )
    def test_nonsense_is_no_fault_of_ours(self, said):
        assert bring(Client(), {"SAMLResponse": said}).status_code == 403
        assert Client().get(ANSWER).status_code == 405
        assert Client().get(ANSWER + "finish/").status_code == 403


class TestTheTwoSides:
    def test_the_own_description(self, company, settings):
        answer = Client().get("/sign-in/saml/metadata/")
        text = answer.content.decode()
        assert answer["Content-Type"] == "application/xml"
        assert f'entityID="{OWN_NAME}"' in text
        assert f'Location="http://testserver{ANSWER}"' in text
        assert 'WantAssertionsSigned="true"' in text
        assert "SingleLogoutService" not in text
        assert "validUntil" not in text
        _url, folder = company
        settings.SAML = {
            **settings.SAML,
            "own_key": (folder / "own.key").read_text(),
            "own_certificate": (folder / "own.pem").read_text(),
            "next_certificate": (folder / "other.pem").read_text(),
        }
        text = Client().get("/sign-in/saml/metadata/").content.decode()
        assert text.count("<ds:X509Certificate>") == 2
        assert 'AuthnRequestsSigned="true"' in text
        assert "Signature=" in Client().get("/sign-in/saml/login/")["Location"]
        assert "PRIVATE" not in text

    def test_two_certificates_during_a_change_of_keys(self, admin, company, settings):
        url, folder = company
        both = (folder / "other.pem").read_text() + (folder / "own.pem").read_text()
        by_hand = {"metadata": "", "entity_id": f"{url}/metadata", "sign_on_url": f"{url}/sso", "certificates": both}
        settings.SAML = {**settings.SAML, **by_hand}
        for how in ("", "other_key"):
            client = Client()
            bring(client, at_company(client, how=how))
            assert is_in(client)
        settings.SAML = {**settings.SAML, "certificates": (folder / "other.pem").read_text()}
        client = Client()
        assert bring(client, at_company(client)).status_code == 403

    def test_metadata_in_a_file(self, admin, company, settings, tmp_path):
        url, _folder = company
        with urllib.request.urlopen(f"{url}/metadata", timeout=10) as answer:
            (tmp_path / "idp.xml").write_bytes(answer.read())
        settings.SAML = {**settings.SAML, "metadata": str(tmp_path / "idp.xml")}
        client = Client()
        bring(client, at_company(client))
        assert is_in(client)

    def test_a_server_that_is_away_is_believed_as_it_was(self, admin, settings, now):
        from datetime import timedelta

        known = queries.other_side(now)
        settings.SAML = {**settings.SAML, "metadata": f"http://127.0.0.1:{free_port()}/metadata"}
        assert queries.other_side(now + timedelta(hours=5)) == known
        cache.clear()
        answer = Client(HTTP_ACCEPT_LANGUAGE="en").get("/sign-in/saml/login/")
        assert answer.status_code == 503
        assert "does not answer" in answer.content.decode()

    @pytest.mark.parametrize(
        "values",
        [{"sign_on_url": "https://idp.example.com"}, {"entity_id": "x", "sign_on_url": "https://idp.example.com", "certificates": "none"}],
    )
    def test_half_settings_are_said(self, settings, values):
        settings.SAML = {**settings.SAML, "metadata": "", "entity_id": "", "certificates": "", **values}
        answer = Client(HTTP_ACCEPT_LANGUAGE="en").get("/sign-in/saml/login/")
        assert answer.status_code == 503
        assert "not complete" in answer.content.decode()

    def test_without_settings_nothing_is_there(self, settings):
        settings.SOCIALACCOUNT_PROVIDERS = {}
        for path in ("login/", "metadata/", "acs/finish/"):
            assert Client().get(f"/sign-in/saml/{path}").status_code == 404
        assert Client().post(ANSWER).status_code == 404
        assert "saml" not in Client().get("/sign-in/login/").content.decode()
