"""Identities from elsewhere: whom they sign in, connecting and letting go, and which ways the settings offer."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from allauth.socialaccount.models import SocialAccount
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse

from dingke.core.errors import NotVisible
from dingke.core.models import AuditEntry
from dingke.people.actions import identities
from dingke.people.models import User
from dingke.people.queries import identities as queries

pytestmark = pytest.mark.django_db


def found(now: Any, *emails: str, create: str = "") -> User:
    return identities.person_for_identity(emails=emails, name="周 敏", create_role=create, now=now)


class TestWhom:
    def test_the_one_person_with_the_verified_address(self, cast, now):
        User.objects.filter(pk=cast.owner.user.pk).update(email="zhou@example.com")
        assert found(now, "Zhou@Example.com ") == cast.owner.user

    def test_an_old_address_in_capitals_counts_too(self, cast, now):
        User.objects.filter(pk=cast.owner.user.pk).update(email="Zhou@Example.com")
        assert found(now, "zhou@example.com") == cast.owner.user

    @pytest.mark.parametrize("emails", [(), ("",), ("nobody@example.com",)])
    def test_nobody_is_made_unless_the_settings_say_so(self, cast, now, emails):
        with pytest.raises(identities.UnableToSignOn):
            found(now, *emails)
        assert not User.objects.filter(email="nobody@example.com").exists()

    def test_two_with_one_address_are_nobody(self, cast, now):
        User.objects.filter(pk__in=[cast.owner.user.pk, cast.manager.user.pk]).update(email="both@example.com")
        with pytest.raises(identities.UnableToSignOn):
            found(now, "both@example.com", create="REP")

    def test_a_role_that_does_not_exist_makes_nobody(self, cast, now):
        with pytest.raises(identities.UnableToSignOn):
            found(now, "new@example.com", create="KING")

    def test_with_a_role_somebody_is_added_who_has_no_password(self, cast, now):
        user = found(now, "new@example.com", create="READ_ONLY")
        assert (user.role, user.email, user.name) == ("READ_ONLY", "new@example.com", "周 敏")
        assert not user.has_usable_password()
        assert AuditEntry.objects.filter(action="people.add_user", target_id=user.pk).exists()

    def test_not_without_a_verified_address(self, cast, now):
        with pytest.raises(identities.UnableToSignOn):
            found(now, create="REP")


class TestLettingGo:
    def make(self, user: User) -> SocialAccount:
        return SocialAccount.objects.create(user=user, provider="weixin", uid="wx-1")

    def test_ones_own(self, cast):
        User.objects.filter(pk=cast.owner.user.pk).update(password="argon2$x")
        url = reverse("people:identity_disconnect", args=[self.make(cast.owner.user).pk])
        assert cast.stranger.client.post(url).status_code == 404
        assert cast.administrator.client.post(url).status_code == 404
        assert SocialAccount.objects.exists()
        cast.owner.client.force_login(User.objects.get(pk=cast.owner.user.pk), backend="django.contrib.auth.backends.ModelBackend")
        assert cast.owner.client.post(url).status_code == 303
        assert not SocialAccount.objects.exists()
        assert AuditEntry.objects.filter(action="people.disconnect_identity").count() == 1

    def test_not_the_only_way_left(self, cast, now):
        user = cast.owner.user
        user.set_unusable_password()
        user.save()
        with pytest.raises(identities.UnableToDisconnect):
            identities.disconnect_identity(identity=self.make(user), by=cast.owner.scope, now=now)


class TestWays:
    def test_none_is_offered_without_settings(self, client):
        assert queries.ways() == []
        assert "dk-gate-form" in client.get("/sign-in/login/").content.decode()
        assert "/sign-in/oidc/" not in client.get("/sign-in/login/").content.decode()
        with pytest.raises(NotVisible):
            queries.way_for("feishu")

    @override_settings(SOCIALACCOUNT_PROVIDERS={})
    def test_connecting_what_is_not_there_is_404(self, cast):
        assert cast.owner.client.post(reverse("people:identity_connect", args=["feishu"])).status_code == 404
        assert Client().get("/sign-in/feishu/login/").status_code == 404

    def test_each_appears_when_it_is_configured_and_leads_to_its_place(self, tmp_path):
        """In a process of its own, as the settings are read once."""
        script = """
import django, re
django.setup()
from django.test import Client
from django.core.management import call_command
call_command("migrate", verbosity=0)
client = Client(HTTP_HOST="localhost")
page = client.get("/sign-in/login/").content.decode()
for provider, words, place, client_id in (
    ("feishu", "飞书", "https://open.feishu.cn/", "f-1"),
    ("dingtalk", "钉钉", "https://login.dingtalk.com/", "d-1"),
    ("weixin", "微信", "https://open.weixin.qq.com/", "w-1"),
):
    assert words in page, page
    answer = client.get(f"/sign-in/{provider}/login/")
    assert answer.status_code == 302, answer.status_code
    assert answer["Location"].startswith(place) and client_id in answer["Location"], answer["Location"]
    assert "secret" not in answer["Location"]
print("fine")
"""
        secret = tmp_path / "secret"
        secret.write_text("s-secret", encoding="utf-8")
        environment = {
            "PATH": "/usr/bin:/bin",
            "DINGKE_HOME": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "dingke.config.settings_test",
            "DINGKE_DATABASE_URL": f"sqlite:///{tmp_path}/d.sqlite3",
            "PYTHONPATH": ":".join(sys.path),
            "DINGKE_FEISHU_ID": "f-1",
            "DINGKE_FEISHU_SECRET_FILE": str(secret),
            "DINGKE_DINGTALK_ID": "d-1",
            "DINGKE_DINGTALK_SECRET_FILE": str(secret),
            "DINGKE_WECHAT_ID": "w-1",
            "DINGKE_WECHAT_SECRET_FILE": str(secret),
        }
        done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
        assert done.stdout.strip().endswith("fine"), done.stdout + done.stderr
