"""Invitations by mail: a real mail server, a link that opens once, states, limits, company identities, who may."""

from __future__ import annotations

import email
import email.policy
import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.core.mail.backends.smtp import EmailBackend
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from dingke.core.errors import NotAllowed, NotVisible
from dingke.core.models import AuditEntry
from dingke.people import actions
from dingke.people.actions import identities
from dingke.people.actions import invitations as inviting
from dingke.people.calc import Role
from dingke.people.models import Invitation, User
from dingke.people.queries import invitations as queries
from dingke.people.tests.factories import make_user

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}
PASSWORD = "three-legs-of-bronze"
LIST = "/people/invitations/"
NEW = "/people/invitations/new/"


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


class Post:
    """Keeps what a real mail server was given; `refuses` is what it answers instead."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuses = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.refuses:
            return self.refuses
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))  # type: ignore[arg-type]
        return "250 Message accepted for delivery"

    def link(self) -> str:
        """Of the newest mail: the same in both of its bodies."""
        found = [
            re.search(r"https://crm\.example\.cn(/people/invited/[^\s\"]+)", self.mails[-1].get_body((kind,)).get_content())
            for kind in ("plain", "html")
        ]
        addresses = {match.group(1) for match in found if match}
        assert len(addresses) == 1
        return addresses.pop()


@pytest.fixture
def post(settings: Any) -> Iterator[Post]:
    found = Post()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(found, hostname="127.0.0.1", port=port)
    controller.start()
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_BACKEND = f"{EmailBackend.__module__}.{EmailBackend.__name__}"
    settings.SITE_URL = "https://crm.example.cn"
    yield found
    controller.stop()


def invite(cast: Any, at: Any = None, **given: Any) -> Invitation:
    facts = {"email": "su@example.com", "name": "苏晴", "role": "SALES_MANAGER", "team": cast.team, "language": "zh-hans"} | given
    return inviting.invite(**facts, by=cast.administrator.scope, now=at or timezone.now())


class TestTheStory:
    def test_invited_by_page_taken_up_by_link_once(self, post, cast):
        given = {"email": "Su@Example.com ", "name": "苏晴", "role": "SALES_MANAGER", "team": cast.team.pk, "language": "zh-hans"}
        assert cast.administrator.client.post(NEW, given, headers=HX).status_code == 204
        row = Invitation.objects.get()
        assert (row.email, row.invited_by, row.mails) == ("su@example.com", cast.administrator.user, 1)
        link = post.link()
        token = link.rstrip("/").rpartition("/")[2]
        assert token not in str(list(Invitation.objects.values())), "only its digest is kept"
        assert post.mails[0]["Subject"] == "邀请您加入鼎客"
        assert post.mails[0]["To"] == "su@example.com"
        assert "管理员邀请您以销售经理身份加入鼎客" in post.mails[0].get_body(("plain",)).get_content()

        browser = Client()
        page = browser.get(link)
        assert "管理员邀请您" in page.content.decode(), "in the language of the invitation"
        assert 'value="苏晴"' in page.content.decode()
        assert page["Referrer-Policy"] == "same-origin", "the address is the key: no other site is told it"
        assert not re.search(r"<script(?![^>]*\bsrc=)", page.content.decode())
        assert browser.get(link).status_code == 200, "looking uses nothing up"
        for weak in ("12345678901", "short", ""):
            assert browser.post(link, {"name": "苏晴", "password": weak}).status_code == 422
        assert browser.post(link, {"name": " ", "password": PASSWORD}).status_code == 422
        assert not User.objects.filter(email="su@example.com").exists()

        answer = browser.post(link, {"name": "苏 晴", "password": PASSWORD})
        assert (answer.status_code, answer["Location"]) == (302, "/")
        user = User.objects.get(email="su@example.com")
        assert browser.session["_auth_user_id"] == str(user.pk)
        assert (user.name, user.role, user.team, user.language) == ("苏 晴", "SALES_MANAGER", cast.team, "zh-hans")
        assert user.check_password(PASSWORD)
        row.refresh_from_db()
        assert row.person == user
        assert AuditEntry.objects.get(action="people.accept_invitation").actor_id == user.pk
        assert AuditEntry.objects.get(action="people.invite").actor_id == cast.administrator.user.pk

        with pytest.raises(inviting.UnableToWithdraw):
            inviting.withdraw(invitation=row, by=cast.administrator.scope, now=timezone.now())

        late = Client()
        assert late.get(link).status_code == 410
        assert late.post(link, {"name": "X", "password": PASSWORD}).status_code == 410
        assert User.objects.filter(email="su@example.com").count() == 1
        assert late.post("/sign-in/login/", {"login": "su@example.com", "password": PASSWORD})["Location"] == "/"
        html = cast.administrator.client.get(LIST).content.decode()
        assert "taken up" in html
        assert "su@example.com" in html

    def test_in_english_with_what_is_dangerous_escaped(self, post, cast):
        User.objects.filter(pk=cast.administrator.user.pk).update(name="<b>R&D</b>")
        invite(cast, language="en", role="REP")
        mail = post.mails[0]
        assert mail["Subject"] == "Your invitation to Dingke"
        assert "<b>R&D</b> invites you to Dingke as Sales representative." in mail.get_body(("plain",)).get_content()
        assert "&lt;b&gt;R&amp;D&lt;/b&gt;" in mail.get_body(("html",)).get_content()
        assert "Your invitation" in Client().get(post.link()).content.decode()

    def test_who_is_signed_in_takes_nothing_up(self, post, cast):
        invite(cast)
        for method in ("get", "post"):
            page = getattr(cast.stranger.client, method)(post.link(), {"name": "X", "password": PASSWORD})
            assert "Sign out first" in page.content.decode()
        assert Invitation.objects.get().accepted_at is None


class TestOver:
    def test_a_newer_link_ends_the_older_one(self, post, cast):
        at = timezone.now() - timedelta(minutes=5)
        row = invite(cast, at)
        old = post.link()
        assert cast.administrator.client.post(reverse("people:invitation_again", args=[row.pk]), headers=HX).status_code == 200
        assert len(post.mails) == 2
        assert Client().get(old).status_code == 410
        assert Client().get(post.link()).status_code == 200
        row.refresh_from_db()
        assert row.mails == 2
        with translation.override("en"), pytest.raises(inviting.UnableToSendAgain, match="moment ago"):
            inviting.send_again(invitation=row, by=cast.administrator.scope, now=timezone.now())
        assert len(post.mails) == 2

    def test_too_old_until_it_is_sent_again(self, post, cast, settings):
        row = invite(cast, timezone.now() - timedelta(days=settings.INVITATION_DAYS, seconds=1))
        old = post.link()
        assert "too old" in Client().get(old).content.decode() or "过期" in Client().get(old).content.decode()
        assert Client().post(old, {"name": "X", "password": PASSWORD}).status_code == 410
        inviting.send_again(invitation=row, by=cast.administrator.scope, now=timezone.now())
        assert Client().get(post.link()).status_code == 200

    def test_withdrawn(self, post, cast):
        row = invite(cast)
        for _twice in range(2):
            assert cast.administrator.client.post(reverse("people:invitation_withdraw", args=[row.pk]), headers=HX).status_code == 200
        assert AuditEntry.objects.filter(action="people.withdraw_invitation").count() == 1
        assert Client().post(post.link(), {"name": "X", "password": PASSWORD}).status_code == 410
        with pytest.raises(inviting.UnableToSendAgain):
            inviting.send_again(invitation=row, by=cast.administrator.scope, now=timezone.now())
        assert invite(cast).pk != row.pk, "and invited anew"

    @pytest.mark.parametrize("spoil", [lambda link: link[:-3] + "xyz/", lambda link: "/people/invited/nonsense/"])
    def test_a_link_that_nobody_signed_leads_nowhere(self, post, cast, spoil):
        invite(cast)
        assert Client().get(spoil(post.link())).status_code == 404
        assert Client().post(spoil(post.link()), {"name": "X", "password": PASSWORD}).status_code == 404

    def test_the_person_came_another_way_meanwhile(self, post, cast):
        invite(cast)
        make_user("su", name="苏晴")
        User.objects.filter(username="su").update(email="su@example.com")
        answer = Client().post(post.link(), {"name": "苏晴", "password": PASSWORD})
        assert answer.status_code == 422
        assert User.objects.filter(email="su@example.com").count() == 1

    def test_an_archived_team_is_left_out(self, post, cast, now):
        team = actions.add_team(name="短命", by=cast.administrator.scope, now=now)
        invite(cast, team=team)
        actions.archive_team(team=team, by=cast.administrator.scope, now=now)
        Client().post(post.link(), {"name": "苏晴", "password": PASSWORD})
        assert User.objects.get(email="su@example.com").team is None


class TestRefused:
    def test_an_address_that_has_a_person(self, post, cast):
        given = {"email": "OWNER@dingke.example", "role": "REP", "language": "en"}
        answer = cast.administrator.client.post(NEW, given, headers=HX)
        assert answer.status_code == 422
        assert "owner@dingke.example belongs to 周敏 already, who can sign in." in answer.content.decode()
        User.objects.filter(pk=cast.owner.user.pk).update(is_active=False)
        assert "whose sign-in is closed" in cast.administrator.client.post(NEW, given, headers=HX).content.decode()
        assert post.mails == []

    @pytest.mark.parametrize(
        ("given", "field"), [({"email": "no mail"}, "email"), ({"role": "KING"}, "role"), ({"language": "xx"}, "language")]
    )
    def test_what_does_not_exist(self, post, cast, given, field):
        with pytest.raises(inviting.UnableToInvite) as refused:
            invite(cast, **given)
        assert set(refused.value.fields) == {field}
        assert post.mails == []

    def test_an_address_that_is_invited(self, post, cast):
        invite(cast)
        with pytest.raises(inviting.UnableToInvite, match="invited already"):
            invite(cast)
        assert len(post.mails) == 1

    def test_a_mail_that_did_not_go_out_is_said_and_sent_later(self, post, cast):
        post.refuses = "451 try again"
        given = {"email": "su@example.com", "role": "REP", "language": "en"}
        answer = cast.administrator.client.post(NEW, given, headers=HX)
        assert answer.status_code == 204
        assert "did not take" in answer["HX-Trigger"]
        assert "mail did not go out" in cast.administrator.client.get(LIST).content.decode()
        row = Invitation.objects.get()
        assert cast.administrator.client.post(reverse("people:invitation_again", args=[row.pk]), headers=HX).status_code == 409
        post.refuses = ""
        assert cast.administrator.client.post(reverse("people:invitation_again", args=[row.pk]), headers=HX).status_code == 200
        assert queries.state_of(Invitation.objects.get(), timezone.now()) is queries.State.WAITING

    def test_many_in_one_minute(self, post, cast, now, settings):
        settings.INVITATION_MAILS_PER_MINUTE = 2
        for number in range(2):
            invite(cast, now, email=f"p{number}@example.com")
        with pytest.raises(inviting.TooManyTries):
            invite(cast, now, email="p3@example.com")
        invite(cast, now + timedelta(minutes=1), email="p3@example.com")

    def test_many_links_from_one_address(self, cast, now):
        for _each in range(inviting.TRIES_PER_MINUTE):
            with pytest.raises(NotVisible):
                inviting.open_invitation(token="guess", address="203.0.113.9", now=now)
        with pytest.raises(inviting.TooManyTries):
            inviting.open_invitation(token="guess", address="203.0.113.9", now=now)
        with pytest.raises(NotVisible):
            inviting.open_invitation(token="guess", address="203.0.113.10", now=now)


class TestCompanyIdentity:
    def test_takes_the_invitation_up(self, post, cast):
        invite(cast)
        user = identities.person_for_identity(emails=["SU@example.com"], name="苏晴", create_role="READ_ONLY", now=timezone.now())
        assert (user.role, user.team, user.has_usable_password()) == ("SALES_MANAGER", cast.team, False)
        assert Invitation.objects.get().person == user
        assert Client().get(post.link()).status_code == 410

    def test_not_one_that_is_over(self, post, cast, settings):
        invite(cast, timezone.now() - timedelta(days=settings.INVITATION_DAYS, seconds=1))
        with pytest.raises(identities.UnableToSignOn):
            identities.person_for_identity(emails=["su@example.com"], name="苏晴", create_role="", now=timezone.now())


class TestDoors:
    def test_only_an_administrator(self, post, cast):
        row = invite(cast)
        for role, person in cast.people().items():
            for address in (LIST, NEW):
                assert person.client.get(address).status_code == (200 if role == "administrator" else 403), role
            if role != "administrator":
                for name in ("invitation_again", "invitation_withdraw"):
                    assert person.client.post(reverse(f"people:{name}", args=[row.pk])).status_code == 403
        for verb in (inviting.send_again, inviting.withdraw):
            with pytest.raises(NotAllowed):
                verb(invitation=row, by=cast.director.scope, now=timezone.now())
        with pytest.raises(NotAllowed):
            inviting.invite(email="x@y.cn", name="", role="REP", team=None, language="en", by=cast.director.scope, now=timezone.now())
        assert cast.administrator.client.post(reverse("people:invitation_again", args=[99999])).status_code == 404

    @pytest.mark.parametrize(("state", "seen"), [("", 2), ("open", 1), ("withdrawn", 1), ("accepted", 0), ("old", 0), ("nonsense", 2)])
    def test_the_list_by_state(self, post, cast, state, seen):
        inviting.withdraw(invitation=invite(cast), by=cast.administrator.scope, now=timezone.now())
        invite(cast, email="other@example.com")
        assert len(queries.invitation_page(cast.administrator.scope, state=state, now=timezone.now()).rows) == seen

    def test_costs_the_same_for_three_and_thirty(self, cast, count_queries, now):
        def more(number: int) -> None:
            for _each in range(number):
                key = f"{Invitation.objects.count()}"
                Invitation.objects.create(
                    email=f"{key}@example.com", role=Role.REP, team=cast.team, language="en", digest=key, invited_by=cast.owner.user,
                    invited_at=now, expires_at=now,
                )  # fmt: skip

        def cost() -> int:
            with count_queries() as counted:
                assert cast.administrator.client.get(LIST).status_code == 200
            return counted.number

        more(3)
        cost()
        few = cost()
        more(27)
        assert cost() == few
