"""Account security: one-time codes, recovery codes, forced second factors, sign-ins and their end, passwords."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse
from django.utils import timezone

from dingke.core import rules
from dingke.core.errors import Invalid, NotAllowed
from dingke.core.models import AuditEntry, Setting
from dingke.people.actions import second_factor, sessions, tokens
from dingke.people.calc import SECOND_FACTOR_KEY, SecondFactorRules, device_of
from dingke.people.models import User
from dingke.people.queries import second_factor as queries

pytestmark = pytest.mark.django_db
PASSWORD = "three-legs-of-bronze"
LOGIN = "/sign-in/login/"
SECURITY = "/people/me/security/"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36 Edg/130.0"


@pytest.fixture(autouse=True)
def _fresh_limits():
    cache.clear()


@pytest.fixture
def person(cast):
    cast.owner.user.set_password(PASSWORD)
    cast.owner.user.save()
    return cast.owner.user


def sign_in(user: User, **extra: Any) -> Client:
    client = Client(**extra)
    client.post(LOGIN, {"login": user.username, "password": PASSWORD})
    return client


def code_of(secret: str, step: int = 0) -> str:
    """What an authenticator app shows now (RFC 6238)."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + step))


def set_up_totp(client: Client) -> tuple[str, list[str]]:
    """Goes through the pages as a person does: the key, and the recovery codes that are shown once."""
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    found = re.search(r"<code>([A-Z2-7]{16,})</code>", page)
    assert found, page
    answer = client.post(reverse("mfa_activate_totp"), {"code": code_of(found.group(1))}, follow=True)
    return found.group(1), re.findall(r"<li>(\d{8})</li>", answer.content.decode())


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


class TestOneTimeCodes:
    def test_are_set_up_and_asked_for(self, person):
        client = sign_in(person)
        secret, codes = set_up_totp(client)
        assert len(codes) == 10
        again = client.get(reverse("mfa_view_recovery_codes")).content.decode()
        assert not re.search(r"\d{8}", re.sub(r"<head>.*?</head>", "", again, flags=re.S).split("<main")[1])
        fresh = sign_in(person)
        assert not is_signed_in(fresh)
        assert fresh.get(reverse("mfa_authenticate")).status_code == 200
        assert not is_signed_in(fresh)
        wrong = fresh.post(reverse("mfa_authenticate"), {"code": "000000" if code_of(secret) != "000000" else "111111"})
        assert 'role="alert"' in wrong.content.decode()
        assert fresh.post(reverse("mfa_authenticate"), {"code": code_of(secret)}).status_code == 302
        assert is_signed_in(fresh)

    def test_a_code_works_once(self, person):
        secret, _codes = set_up_totp(sign_in(person))
        code = code_of(secret)
        first, second = sign_in(person), sign_in(person)
        first.post(reverse("mfa_authenticate"), {"code": code})
        second.post(reverse("mfa_authenticate"), {"code": code})
        assert (is_signed_in(first), is_signed_in(second)) == (True, False)

    def test_wrong_codes_are_counted(self, person):
        secret, _codes = set_up_totp(sign_in(person))
        client = sign_in(person)
        for _try in range(5):
            client.post(reverse("mfa_authenticate"), {"code": "12"})
        client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
        assert not is_signed_in(client)

    def test_the_key_is_sealed_in_the_database(self, person):
        secret, _codes = set_up_totp(sign_in(person))
        row = Authenticator.objects.get(type="totp")
        assert secret not in str(row.data)
        assert row.wrap().validate_code(code_of(secret))

    def test_a_recovery_code_signs_in_once(self, person):
        _secret, codes = set_up_totp(sign_in(person))
        for expected in (True, False):
            client = sign_in(person)
            client.post(reverse("mfa_authenticate"), {"code": codes[0]})
            assert is_signed_in(client) is expected
        assert queries.factors_of(person).recovery_left == 9

    def test_new_recovery_codes_end_the_old(self, person):
        client = sign_in(person)
        _secret, codes = set_up_totp(client)
        answer = client.post(reverse("mfa_generate_recovery_codes"), follow=True)
        fresh = re.findall(r"<li>(\d{8})</li>", answer.content.decode())
        assert len(fresh) == 10
        assert not set(fresh) & set(codes)

    def test_changes_are_in_the_audit_trail(self, person, django_capture_on_commit_callbacks):
        client = sign_in(person)
        with django_capture_on_commit_callbacks(execute=True):
            set_up_totp(client)
        client.post(reverse("mfa_deactivate_totp"))
        actions = list(AuditEntry.objects.filter(actor_id=person.pk).order_by("id").values_list("action", flat=True))
        assert [code for code in actions if "totp" in code] == ["people.add_totp", "people.remove_totp"]
        assert not Authenticator.objects.exists()

    def test_adding_asks_for_the_password_again_after_a_while(self, person):
        client = sign_in(person)
        session = client.session
        session["account_authentication_methods"][0]["at"] -= 3600
        session.save()
        assert reverse("account_reauthenticate") in client.get(reverse("mfa_activate_totp"))["Location"]

    @pytest.mark.parametrize("name", ["mfa_activate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes", "mfa_deactivate_totp"])
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_pages_keep_the_content_policy(self, person, name, language):
        User.objects.filter(pk=person.pk).update(language=language)
        client = sign_in(person)
        if name == "mfa_deactivate_totp":
            set_up_totp(client)
        page = client.get(reverse(name)).content.decode()
        assert not re.search(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))", page)
        assert ' style="' not in page
        assert ("鼎客" in page) is (language == "zh-hans")


class TestForced:
    def force(self, cast: Any, *roles: str) -> None:
        second_factor.set_forced_roles(roles=roles, by=cast.administrator.scope, now=timezone.now())

    def test_an_administrator_sets_it_with_versions(self, cast):
        client = cast.administrator.client
        for roles in (["KEY_ACCOUNT_MANAGER"], []):
            assert client.post(reverse("people:sign_in_rules"), {"roles": roles}).status_code == 303
        assert [row.version for row in Setting.objects.filter(key=SECOND_FACTOR_KEY).order_by("version")] == [1, 2]
        assert AuditEntry.objects.filter(action="settings.edit", summary=SECOND_FACTOR_KEY).count() == 2
        assert client.post(reverse("people:sign_in_rules"), {"roles": ["KING"]}).status_code == 422
        assert cast.director.client.get(reverse("people:sign_in_rules")).status_code == 403
        with pytest.raises(NotAllowed):
            second_factor.set_forced_roles(roles=[], by=cast.director.scope, now=timezone.now())
        with pytest.raises(Invalid):
            rules.store(
                key=SECOND_FACTOR_KEY, kind=SecondFactorRules, values={"roles": ("KING",)}, by=cast.administrator.scope, now=timezone.now()
            )

    def test_such_a_person_is_led_to_set_one_up_and_then_goes_on(self, cast, person):
        client = sign_in(person)
        assert client.get("/").status_code == 200
        self.force(cast, "KEY_ACCOUNT_MANAGER")
        for url in ("/", "/accounts/", reverse("people:tokens")):
            answer = client.get(url)
            assert (answer.status_code, answer["Location"]) == (303, SECURITY)
        part = client.get("/accounts/", headers={"HX-Request": "true"})
        assert part["HX-Redirect"] == SECURITY
        part = client.get("/approvals/count/", headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{SECURITY}"})
        assert (part.status_code, "HX-Redirect" in part) == (204, False)
        assert client.post(reverse("accounts:new"), {"name": "某公司"})["Location"] == SECURITY
        api = client.get("/api/v1/accounts/")
        assert (api.status_code, api.json()["type"]) == (403, "urn:dingke:second_factor")
        assert client.get(SECURITY).status_code == 200
        set_up_totp(client)
        assert client.get("/").status_code == 200
        assert client.get("/api/v1/accounts/").status_code == 200

    def test_others_are_not(self, cast):
        self.force(cast, "KEY_ACCOUNT_MANAGER")
        assert cast.manager.client.get("/").status_code == 200

    def test_the_last_one_cannot_be_removed(self, cast, person):
        client = sign_in(person)
        set_up_totp(client)
        self.force(cast, "KEY_ACCOUNT_MANAGER")
        page = client.post(reverse("mfa_deactivate_totp"))
        assert "dk-notice" in page.content.decode()
        assert queries.has_since(person)

    def test_a_token_works_only_when_made_after_the_set_up(self, cast, person):
        def ask(secret: str) -> Any:
            return Client().get("/api/v1/accounts/", headers={"Authorization": f"Bearer {secret}"})

        facts = {"name": "ERP", "scopes": ["accounts:read"], "days": 90, "by": cast.owner.scope}
        _token, before = tokens.create_token(**facts, now=timezone.now())
        assert ask(before).status_code == 200
        self.force(cast, "KEY_ACCOUNT_MANAGER")
        assert (ask(before).status_code, ask(before).json()["type"]) == (403, "urn:dingke:second_factor")
        set_up_totp(sign_in(person))
        assert ask(before).status_code == 403
        _token, after = tokens.create_token(**facts, now=timezone.now())
        assert ask(after).status_code == 200


class TestReset:
    def test_an_administrator_takes_away_a_lost_one(self, cast, person):
        client = sign_in(person)
        set_up_totp(client)
        url = reverse("people:second_factor_reset", args=[person.pk])
        assert cast.director.client.post(url).status_code == 403
        assert cast.administrator.client.post(url).status_code == 303
        assert not Authenticator.objects.filter(user=person).exists()
        assert not is_signed_in(client)
        assert is_signed_in(sign_in(person))
        assert AuditEntry.objects.get(action="people.reset_second_factor").actor_id == cast.administrator.user.pk
        assert cast.administrator.client.post(url).status_code == 409

    def test_not_the_own(self, cast):
        url = reverse("people:second_factor_reset", args=[cast.administrator.user.pk])
        assert cast.administrator.client.post(url).status_code == 409

    def test_the_persons_page_shows_how_the_person_signs_in(self, cast, person):
        set_up_totp(sign_in(person, headers={"User-Agent": EDGE}))
        part = cast.administrator.client.get(reverse("people:person_sign_in", args=[person.pk])).content.decode()
        assert "Edge on Windows" in part
        assert "Reset the second factor" in part


class TestSessions:
    def test_are_listed_with_device_and_address(self, person):
        client = sign_in(person, headers={"User-Agent": EDGE}, REMOTE_ADDR="203.0.113.9")
        page = client.get(SECURITY).content.decode()
        assert "Edge on Windows" in page
        assert "203.0.113.9" in page
        assert "this one" in page

    def test_one_is_ended_from_another(self, person):
        here, there = sign_in(person), sign_in(person)
        row = UserSession.objects.get(session_key=there.session.session_key)
        assert here.post(reverse("people:session_end", args=[row.pk])).status_code == 303
        assert (is_signed_in(here), there.get("/").status_code) == (True, 303)
        assert AuditEntry.objects.filter(action="people.end_session").count() == 1

    def test_all_others_are_ended(self, person):
        here, *others = [sign_in(person) for _each in range(3)]
        assert here.post(reverse("people:sessions_end_others")).status_code == 303
        assert here.get("/").status_code == 200
        assert [other.get("/").status_code for other in others] == [303, 303]

    def test_nobody_ends_somebody_elses_except_an_administrator(self, cast, person):
        client = sign_in(person)
        url = reverse("people:session_end", args=[UserSession.objects.get().pk])
        assert cast.stranger.client.post(url).status_code == 404
        assert client.get("/").status_code == 200
        assert cast.administrator.client.post(url).status_code == 303
        assert client.get("/").status_code == 303
        client = sign_in(person)
        assert cast.administrator.client.post(reverse("people:sessions_end", args=[person.pk])).status_code == 303
        assert client.get("/").status_code == 303

    def test_last_seen_moves_at_most_every_five_minutes(self, person):
        client = sign_in(person)
        row = UserSession.objects.get()
        client.get("/")
        assert UserSession.objects.get().last_seen_at == row.last_seen_at
        session = client.session
        session["dingke_seen_at"] = (timezone.now() - timedelta(minutes=6)).isoformat()
        session.save()
        client.get("/")
        assert UserSession.objects.get().last_seen_at > row.last_seen_at

    def test_a_session_that_is_over_is_not_listed(self, person):
        client, gone = sign_in(person), sign_in(person)
        gone.post("/sign-in/logout/")
        assert client.get(SECURITY).content.decode().count("dk-pill t-green") == 1
        assert client.get(SECURITY).content.decode().count("last seen") == 1

    def test_the_list_costs_the_same_for_3_and_30(self, person, count_queries):
        client, numbers = sign_in(person), []
        client.get(SECURITY)
        for total in (3, 30):
            while UserSession.objects.count() < total:
                sign_in(person)
            with count_queries() as counted:
                client.get(SECURITY)
            numbers.append(counted.number)
        assert numbers[0] == numbers[1]

    @pytest.mark.parametrize(
        ("agent", "device"),
        [
            (EDGE, ("Edge", "Windows")),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.0 Safari/605.1.15", ("Safari", "macOS")),
            ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36", ("Chrome", "Android")),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) MicroMessenger/8.0", ("WeChat", "iPhone")),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", ("Firefox", "Linux")),
            ("Mozilla/5.0 (Windows NT 10.0) Chrome/120 Safari/537.36 Lark/7.0", ("Feishu", "Windows")),
            ("curl/8", ("", "")),
            ("", ("", "")),
        ],
    )
    def test_devices_have_words(self, agent, device):
        assert device_of(agent) == device


class TestPasswords:
    def test_a_change_ends_the_other_sign_ins(self, person):
        here, there = sign_in(person), sign_in(person)
        new = "another-cauldron-7"
        answer = here.post("/sign-in/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
        assert answer.status_code == 302
        assert here.get("/").status_code == 200
        assert there.get("/").status_code == 303
        assert here.get(SECURITY).content.decode().count("last seen") == 1
        assert AuditEntry.objects.filter(action="people.change_password", actor_id=person.pk).exists()

    def test_a_reset_ends_all(self, person):
        User.objects.filter(pk=person.pk).update(email="zhou@example.com")
        client = sign_in(person)
        other = Client()
        other.post("/sign-in/password/reset/", {"email": "zhou@example.com"})
        link = re.search(r"https?://[^/\s]+(/\S+)", mail.outbox[0].body)
        assert link
        where = other.get(link.group(1), follow=True).redirect_chain[-1][0]
        new = "another-cauldron-7"
        assert other.post(where, {"password1": new, "password2": new}).status_code == 302
        assert client.get("/").status_code == 303

    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    @pytest.mark.parametrize(
        ("new", "words"),
        [
            ("short-1", {"zh-hans": "10", "en": "at least 10 characters"}),
            ("password123", {"zh-hans": "常见", "en": "too common"}),
            ("82736451920", {"zh-hans": "数字", "en": "entirely numeric"}),
            ("owner-owner", {"zh-hans": "相似", "en": "too similar"}),
        ],
    )
    def test_weak_ones_are_refused_in_words(self, person, language, new, words):
        User.objects.filter(pk=person.pk).update(language=language, username="owner-owner")
        client = Client()
        client.post(LOGIN, {"login": "owner-owner", "password": PASSWORD})
        answer = client.post("/sign-in/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
        found = re.findall(r'class="dk-error"[^>]*>(.*?)</div>', answer.content.decode(), flags=re.S)
        assert words[language] in " ".join(found), found

    def test_the_rules_are_said_beforehand(self, person):
        page = sign_in(person).get("/sign-in/password/change/").content.decode()
        assert "at least 10 characters" in page

    @override_settings(ACCOUNT_RATE_LIMITS={"login_failed": "5/5m/key", "reset_password": "20/m/ip,2/h/key"})
    def test_reset_mails_are_limited(self, person, client):
        User.objects.filter(pk=person.pk).update(email="zhou@example.com")
        codes = [client.post("/sign-in/password/reset/", {"email": "zhou@example.com"}).status_code for _try in range(4)]
        assert codes[:2] == [302, 302]
        assert len(mail.outbox) == 2


class TestLockedOut:
    @override_settings(AXES_ENABLED=True, TRUSTED_PROXIES=["10.0.0.0/8"])
    def test_counts_the_address_behind_the_proxy(self, person):
        def attempt(address: str, password: str) -> Any:
            return Client().post(
                LOGIN,
                {"login": person.username, "password": password},
                REMOTE_ADDR="10.0.0.2",
                headers={"X-Forwarded-For": f"1.2.3.4, {address}"},
            )

        for _try in range(5):
            last = attempt("203.0.113.9", "no")
        assert last.status_code == 429
        assert attempt("203.0.113.9", PASSWORD).status_code == 429
        assert attempt("203.0.113.10", PASSWORD).status_code == 302


def test_ended_sessions_are_said_in_the_trail(cast, now):
    sessions.notice_session(user=cast.owner.user, session_key="k" * 32, address="203.0.113.9", user_agent=EDGE, now=now)
    assert sessions.end_sessions(user=cast.owner.user, keep_key="", by=cast.administrator.scope, now=now) == 1
    assert sessions.end_sessions(user=cast.owner.user, keep_key="", by=cast.administrator.scope, now=now) == 0
    assert AuditEntry.objects.filter(action="people.end_sessions").count() == 1
