"""Signing in and out, the ways back in, and what is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.test.utils import override_settings

from dingke.people.models import User

PASSWORD = "three-legs-of-bronze"
LOGIN = "/sign-in/login/"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()  # tries of other tests do not count


@pytest.fixture
def person(db: None) -> User:
    return User.objects.create_user("zhou", "zhou@example.com", PASSWORD, name="周远", role="KEY_ACCOUNT_MANAGER")


def sign_in(client: Client, login: str, password: str = PASSWORD, **extra: str) -> Any:
    return client.post(LOGIN, {"login": login, "password": password, **extra})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


class TestSigningIn:
    @pytest.mark.parametrize("login", ["zhou", "zhou@example.com"])
    def test_by_name_or_by_mail(self, client: Client, person: User, login: str) -> None:
        response = sign_in(client, login)
        assert response.status_code == 302
        assert response["Location"] == "/"
        assert is_signed_in(client)

    def test_comes_back_to_where_it_was_asked(self, client: Client, person: User) -> None:
        assert sign_in(client, "zhou", next="/accounts/?q=a")["Location"] == "/accounts/?q=a"

    @pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
    def test_never_sends_to_another_site(self, client: Client, person: User, address: str) -> None:
        assert sign_in(client, "zhou", next=address)["Location"] == "/"

    def test_a_wrong_password_is_said_without_saying_which_part(self, client: Client, person: User) -> None:
        wrong = sign_in(client, "zhou", "no").content.decode()
        assert not is_signed_in(client)
        assert 'role="alert"' in wrong
        assert "用户名或密码不正确" in wrong
        assert 'value="zhou"' in wrong
        unknown = sign_in(client, "nobody", "no").content.decode()
        assert "用户名或密码不正确" in unknown

    def test_a_closed_account_does_not_get_in(self, client: Client, person: User) -> None:
        User.objects.filter(pk=person.pk).update(is_active=False)
        sign_in(client, "zhou")
        assert not is_signed_in(client)

    @override_settings(AXES_ENABLED=True)
    def test_five_wrong_tries_block_the_name_from_there(self, client: Client, person: User) -> None:
        for _try in range(4):
            assert sign_in(client, "zhou", "no").status_code == 200
        blocked = sign_in(client, "zhou", "no")
        assert blocked.status_code == 429
        assert "15 分钟" in blocked.content.decode()
        assert sign_in(client, "zhou").status_code == 429
        assert not is_signed_in(client)

    def test_the_page_keeps_the_content_policy(self, client: Client, db: None) -> None:
        html = client.get(LOGIN).content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)", html)
        assert ' style="' not in html


class TestSigningOut:
    def test_needs_a_press(self, client: Client, person: User) -> None:
        client.force_login(person)
        assert client.get("/sign-in/logout/").status_code == 200
        assert is_signed_in(client)
        assert client.post("/sign-in/logout/").status_code == 302
        assert not is_signed_in(client)


class TestForgottenPassword:
    @pytest.mark.parametrize(("language", "subject"), [("zh-hans", "重设鼎客密码"), ("en", "Set a new password for Dingke")])
    def test_the_mailed_link_sets_a_new_one_once(self, client: Client, person: User, language: str, subject: str) -> None:
        client.cookies["dingke_language"] = language
        assert client.post("/sign-in/password/reset/", {"email": "zhou@example.com"}).status_code == 302
        assert subject in mail.outbox[0].subject
        link = re.search(r"https?://[^/\s]+(/\S+)", mail.outbox[0].body)
        assert link is not None
        page = client.get(link.group(1), follow=True)
        where = page.redirect_chain[-1][0]
        assert page.status_code == 200
        answer = client.post(where, {"password1": "another-cauldron-7", "password2": "another-cauldron-7"})
        assert answer.status_code == 302
        person.refresh_from_db()
        assert person.check_password("another-cauldron-7")
        again = Client().get(link.group(1), follow=True)
        assert "password1" not in again.content.decode()

    def test_a_weak_password_is_refused(self, client: Client, person: User) -> None:
        client.post("/sign-in/password/reset/", {"email": "zhou@example.com"})
        link = re.search(r"https?://[^/\s]+(/\S+)", mail.outbox[0].body)
        assert link is not None
        where = client.get(link.group(1), follow=True).redirect_chain[-1][0]
        answer = client.post(where, {"password1": "12345678901", "password2": "12345678901"})
        assert answer.status_code == 200
        assert "dk-error" in answer.content.decode()

    def test_an_unknown_address_gets_the_same_answer(self, client: Client, person: User) -> None:
        known = client.post("/sign-in/password/reset/", {"email": "zhou@example.com"})
        unknown = client.post("/sign-in/password/reset/", {"email": "nobody@example.com"})
        assert known["Location"] == unknown["Location"]


class TestSigningUp:
    def test_is_closed(self, client: Client, db: None) -> None:
        data = {"username": "new", "email": "new@example.com", "password1": PASSWORD, "password2": PASSWORD}
        response = client.post("/sign-in/signup/", data)
        assert "不开放注册" in response.content.decode()
        assert not User.objects.filter(username="new").exists()


class TestLanguage:
    def test_is_chosen_before_signing_in(self, client: Client, db: None) -> None:
        assert "登录" in client.get(LOGIN).content.decode()
        assert client.post("/people/language/", {"language": "en", "next": LOGIN})["Location"] == LOGIN
        assert "User name or e-mail" in client.get(LOGIN).content.decode()

    def test_follows_a_signed_in_person(self, client: Client, person: User) -> None:
        client.force_login(person)
        client.post("/people/language/", {"language": "en"})
        person.refresh_from_db()
        assert person.language == "en"

    def test_refuses_other_sites_and_other_languages(self, client: Client, db: None) -> None:
        assert client.post("/people/language/", {"language": "en", "next": "https://evil.example/"})["Location"] == "/"
        assert client.post("/people/language/", {"language": "xx"}).status_code == 422
        assert client.get("/people/language/").status_code == 405


class TestPages:
    @pytest.mark.parametrize(
        "path", ["login/", "password/reset/", "password/reset/done/", "password/reset/key/done/", "inactive/", "signup/"]
    )
    @pytest.mark.parametrize("language", ["zh-hans", "en"])
    def test_open_in_both_languages(self, client: Client, db: None, path: str, language: str) -> None:
        client.cookies["dingke_language"] = language
        response = client.get(f"/sign-in/{path}")
        assert response.status_code == 200
        assert ("鼎客" in response.content.decode()) is (language == "zh-hans")

    @pytest.mark.parametrize("path", ["logout/", "password/change/", "reauthenticate/"])
    def test_open_for_a_signed_in_person(self, client: Client, person: User, path: str) -> None:
        client.force_login(person)
        assert client.get(f"/sign-in/{path}").status_code == 200
