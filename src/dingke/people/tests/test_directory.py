"""People: the list, adding, editing, closing accounts, passwords; who may, and what is refused."""

from __future__ import annotations

import json

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import translation

from dingke.core.errors import Invalid, NotAllowed
from dingke.core.models import AuditEntry
from dingke.core.scope import Scope
from dingke.people import actions
from dingke.people.calc import Role
from dingke.people.models import User
from dingke.people.queries import directory
from dingke.people.tests.factories import make_user

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}
LIST = "/people/"


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def toast(answer) -> str:
    return json.loads(answer["HX-Trigger"])["dk:toast"]["message"]


class TestRights:
    ADDRESSES = [
        ("people:list", ()),
        ("people:add", ()),
        ("people:propose_username", ()),
        ("people:person", (1,)),
        ("people:edit", (1,)),
        ("people:deactivate", (1,)),
        ("people:password", (1,)),
    ]
    POSTS = ["people:reactivate", "people:reset_mail", "people:deactivate", "people:edit", "people:password"]

    @pytest.mark.parametrize(("name", "args"), ADDRESSES)
    def test_only_an_administrator_manages_people(self, cast, name, args):
        address = reverse(name, args=args and [cast.owner.user.pk])
        for role, person in cast.people().items():
            assert person.client.get(address).status_code == (200 if role == "administrator" else 403), role
        assert cast.anonymous.get(address).status_code == 303

    @pytest.mark.parametrize("name", POSTS)
    def test_nobody_else_changes_people(self, cast, name):
        address = reverse(name, args=[cast.colleague.user.pk])
        before = User.objects.filter(pk=cast.colleague.user.pk).values().get()
        for role in ("owner", "manager", "director", "stranger", "read_only"):
            assert getattr(cast, role).client.post(address, {"name": "X", "password": "a-good-password-9"}).status_code == 403
        assert User.objects.filter(pk=cast.colleague.user.pk).values().get() == before
        assert mail.outbox == []

    def test_unknown_people_are_not_there(self, cast):
        for name in ("people:person", "people:edit", "people:deactivate"):
            assert cast.administrator.client.get(reverse(name, args=[99999])).status_code == 404

    def test_the_verbs_ask_for_the_right_themselves(self, cast, now):
        by = cast.director.scope
        for verb in (
            lambda: actions.edit_user(user=cast.owner.user, values={"role": Role.ADMINISTRATOR}, by=by, now=now),
            lambda: actions.deactivate_user(user=cast.owner.user, by=by, now=now),
            lambda: actions.set_password(user=cast.owner.user, password="a-good-password-9", by=by, now=now),
            lambda: actions.add_user(username="x", name="x", role=Role.REP, by=by, now=now),
            lambda: directory.people_page(by, directory.DirectoryFilter()),
        ):
            with pytest.raises(NotAllowed):
                verb()


class TestTheList:
    def test_shows_role_team_and_what_each_owns_and_leads(self, cast, account):
        page = directory.people_page(cast.administrator.scope, directory.DirectoryFilter())
        rows = {row.user.username: row for row in page.rows}
        assert rows["owner"].accounts == 1
        assert rows["colleague"].accounts == 0
        assert [team.name for team in rows["manager"].leads] == ["华东"]
        html = cast.administrator.client.get(LIST).content.decode()
        assert f"owner={cast.owner.user.pk}" in html
        assert "周敏" in html

    def test_archived_accounts_do_not_count(self, cast, account, now):
        account.archived_at = now
        account.save()
        assert directory.account_counts([cast.owner.user.pk]) == {cast.owner.user.pk: 0}

    def test_costs_the_same_for_three_and_thirty(self, cast, count_queries):
        def cost() -> int:
            with count_queries() as counted:
                assert cast.administrator.client.get(LIST).status_code == 200
            return counted.number

        cast.administrator.client.get(LIST)
        few = cost()
        for _each in range(27):
            make_user(team=cast.team)
        assert cost() == few

    @pytest.mark.parametrize(("params", "wanted"), [
        ({"text": "周"}, {"owner"}), ({"text": "OWN"}, {"owner"}), ({"text": "finance@"}, {"finance"}), ({"role": "SALES_MANAGER"}, {"manager"}),
        ({"text": "nobody here"}, set()), ({"role": "NONE"}, None),
    ])  # fmt: skip
    def test_is_filtered(self, cast, params, wanted):
        filters = directory.filter_from(cast.administrator.scope, **params)
        found = {row.user.username for row in directory.people_page(cast.administrator.scope, filters).rows}
        assert found == (wanted if wanted is not None else set(User.objects.values_list("username", flat=True)))

    def test_a_team_counts_with_the_teams_below(self, cast):
        company = cast.team.parent
        filters = directory.filter_from(cast.administrator.scope, team=str(company.pk))
        assert len(directory.people_page(cast.administrator.scope, filters).rows) == 9
        filters = directory.filter_from(cast.administrator.scope, team=str(cast.other_team.pk))
        assert [row.user.username for row in directory.people_page(cast.administrator.scope, filters).rows] == ["stranger"]

    def test_closed_accounts_stand_apart(self, cast, now):
        actions.deactivate_user(user=cast.colleague.user, by=cast.administrator.scope, now=now)
        assert "何川" not in cast.administrator.client.get(LIST).content.decode()
        assert "何川" in cast.administrator.client.get(LIST, {"state": "closed"}).content.decode()

    def test_goes_on_after_a_cursor(self, cast):
        for _each in range(45):
            make_user()
        first = directory.people_page(cast.administrator.scope, directory.DirectoryFilter())
        rest = directory.people_page(cast.administrator.scope, directory.DirectoryFilter(), cursor=first.next_cursor)
        seen = [row.user.pk for row in [*first.rows, *rest.rows]]
        assert len(first.rows) == 50
        assert len(seen) == len(set(seen)) == User.objects.count()
        answer = cast.administrator.client.get(LIST, {"cursor": first.next_cursor}, headers=HX).content.decode()
        assert answer.count("<tr>") == len(rest.rows)
        assert "<html" not in answer


class TestAdding:
    def form(self, **values):
        return {"name": "顾晓岚", "username": "", "email": "", "role": "REP", "team": "", "phone": "", "title": "", "password": ""} | values

    def test_the_sign_in_name_comes_from_the_name(self, cast):
        page = cast.administrator.client.get(reverse("people:propose_username"), {"name": "顾晓岚"}).content.decode()
        assert 'value="guxiaolan"' in page
        make_user("guxiaolan")
        assert actions.proposed_username("顾晓岚") == "guxiaolan2"
        typed = cast.administrator.client.get(
            reverse("people:propose_username"), {"name": "顾晓岚", "username": "xl", "proposed": "gu"}
        ).content.decode()
        assert 'value="xl"' in typed

    def test_with_a_mail_address_the_link_goes_out(self, cast):
        answer = cast.administrator.client.post(reverse("people:add"), self.form(email="Gu@dingke.example", team=cast.team.pk), headers=HX)
        assert answer.status_code == 204
        user = User.objects.get(username="guxiaolan")
        assert (user.email, user.team, user.role, user.has_usable_password()) == ("gu@dingke.example", cast.team, "REP", False)
        assert [message.to for message in mail.outbox] == [["gu@dingke.example"]]
        assert "重设鼎客密码" in mail.outbox[0].subject
        assert set(AuditEntry.objects.filter(target_id=user.pk, target="people.user").values_list("action", flat=True)) == {
            "people.add_user",
            "people.send_reset_mail",
        }

    def test_with_a_password_the_person_signs_in(self, cast):
        answer = cast.administrator.client.post(reverse("people:add"), self.form(password="bronze-vessel-77"), headers=HX)
        assert "guxiaolan" in toast(answer)
        assert Client().login(username="guxiaolan", password="bronze-vessel-77")
        assert mail.outbox == []

    @pytest.mark.parametrize(("values", "said"), [
        ({"password": "12345678"}, "This password"), ({"username": "owner"}, "taken"), ({"email": "owner@dingke.example"}, "already has this mail"),
        ({"email": "nowhere"}, "not a mail address"), ({"username": "有 空格"}, "small letters"), ({"name": " "}, "required"), ({"role": "KING"}, "valid choice"),
    ])  # fmt: skip
    def test_what_is_wrong_is_said_beside_the_field(self, cast, values, said):
        before = User.objects.count()
        answer = cast.administrator.client.post(reverse("people:add"), self.form(**values), headers=HX)
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert User.objects.count() == before


class TestEditing:
    def values(self, user, **changed):
        facts = {name: getattr(user, name) for name in ("name", "username", "email", "phone", "title", "role")}
        return facts | {"team": user.team_id or ""} | changed

    def test_changes_are_written_down(self, cast):
        answer = cast.administrator.client.post(
            reverse("people:edit", args=[cast.owner.user.pk]),
            self.values(cast.owner.user, name="周敏敏", role="SALES_MANAGER", reason="升职", team=cast.other_team.pk),
            headers=HX,
        )
        assert answer.status_code == 204
        entry = AuditEntry.objects.get(action="people.edit_user")
        assert entry.changes["name"] == ["周敏", "周敏敏"]
        assert entry.changes["team"] == [cast.team.pk, cast.other_team.pk]
        assert User.objects.get(pk=cast.owner.user.pk).pinyin == "zhouminmin"

    def test_the_last_administrator_stays(self, cast, now):
        address = reverse("people:edit", args=[cast.administrator.user.pk])
        answer = cast.administrator.client.post(address, self.values(cast.administrator.user, role="REP"), headers=HX)
        assert answer.status_code == 422
        assert "last administrator" in answer.content.decode()
        with pytest.raises(Invalid, match="last administrator"):
            actions.deactivate_user(user=cast.administrator.user, by=Scope.system(), now=now)
        second = make_user("second", role=Role.ADMINISTRATOR)
        actions.deactivate_user(user=second, by=cast.administrator.scope, now=now)
        with pytest.raises(Invalid, match="last administrator"):
            actions.edit_user(user=cast.administrator.user, values={"role": "REP"}, by=Scope.system(), now=now)


class TestClosing:
    def test_says_first_what_is_at_stake(self, cast, account):
        page = cast.administrator.client.get(reverse("people:deactivate", args=[cast.owner.user.pk])).content.decode()
        assert "1 account belongs to this person" in page
        assert f"owner={cast.owner.user.pk}" in page
        assert "华东" in cast.administrator.client.get(reverse("people:deactivate", args=[cast.manager.user.pk])).content.decode()

    def test_closes_from_the_next_click_on_and_opens_again(self, cast, account):
        assert cast.administrator.client.post(reverse("people:deactivate", args=[cast.owner.user.pk]), headers=HX).status_code == 204
        assert cast.owner.client.get("/").status_code == 303
        account.refresh_from_db()
        assert account.owner == cast.owner.user
        cast.administrator.client.post(reverse("people:reactivate", args=[cast.owner.user.pk]), headers=HX)
        assert cast.owner.client.get("/people/me/").status_code == 200

    def test_nobody_closes_oneself(self, cast):
        make_user("second", role=Role.ADMINISTRATOR)
        answer = cast.administrator.client.post(reverse("people:deactivate", args=[cast.administrator.user.pk]), headers=HX)
        assert answer.status_code == 422
        assert "your own sign-in" in answer.content.decode()


class TestPasswords:
    def test_the_link_goes_out_in_the_language_of_the_person(self, cast):
        User.objects.filter(pk=cast.owner.user.pk).update(language="zh-hans")
        answer = cast.administrator.client.post(reverse("people:reset_mail", args=[cast.owner.user.pk]), headers=HX)
        assert answer.status_code == 200
        assert "owner@dingke.example" in toast(answer)
        assert "重设鼎客密码" in mail.outbox[0].subject
        assert AuditEntry.objects.filter(action="people.send_reset_mail", target_id=cast.owner.user.pk).exists()

    def test_refuses_without_address_and_for_closed_accounts(self, cast, now):
        User.objects.filter(pk=cast.owner.user.pk).update(email="")
        actions.deactivate_user(user=cast.colleague.user, by=cast.administrator.scope, now=now)
        for person, said in ((cast.owner, "no mail address"), (cast.colleague, "closed")):
            answer = cast.administrator.client.post(reverse("people:reset_mail", args=[person.user.pk]), headers=HX)
            assert answer.status_code == 409
            assert said in toast(answer)
        assert mail.outbox == []

    def test_a_mail_server_that_refuses_is_said_and_leaves_no_trace(self, cast, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
        answer = cast.administrator.client.post(reverse("people:reset_mail", args=[cast.owner.user.pk]), headers=HX)
        assert answer.status_code == 409
        assert "mail server" in toast(answer)
        assert not AuditEntry.objects.filter(action="people.send_reset_mail").exists()

    def test_a_first_password_is_checked_set_and_never_written_down(self, cast):
        address = reverse("people:password", args=[cast.owner.user.pk])
        assert cast.administrator.client.post(address, {"password": "owner"}, headers=HX).status_code == 422
        assert cast.administrator.client.post(address, {"password": "bronze-vessel-77"}, headers=HX).status_code == 204
        assert Client().login(username="owner", password="bronze-vessel-77")
        assert cast.owner.client.get("/").status_code == 303
        assert "bronze" not in json.dumps(list(AuditEntry.objects.values("changes", "summary")))

    def test_the_own_password_is_changed_elsewhere(self, cast):
        answer = cast.administrator.client.post(
            reverse("people:password", args=[cast.administrator.user.pk]), {"password": "bronze-vessel-77"}, headers=HX
        )
        assert answer.status_code == 422


class TestProfile:
    def test_everybody_has_one(self, cast):
        for person in cast.people().values():
            page = person.client.get(reverse("people:me")).content.decode()
            assert person.user.name in page
            assert reverse("account_change_password") in page
        assert cast.anonymous.get(reverse("people:me")).status_code == 303

    def test_name_and_mobile_are_one_s_own_and_nothing_else(self, cast):
        answer = cast.owner.client.post(
            reverse("people:me"), {"name": "周小敏", "phone": "13800000001", "role": "ADMINISTRATOR", "email": "x@example.com"}
        )
        assert answer.status_code == 303
        user = User.objects.get(pk=cast.owner.user.pk)
        assert (user.name, user.phone, user.role, user.email) == ("周小敏", "13800000001", "KEY_ACCOUNT_MANAGER", "owner@dingke.example")
        assert AuditEntry.objects.filter(action="people.edit_me").count() == 1
        assert cast.owner.client.post(reverse("people:me"), {"name": " ", "phone": ""}).status_code == 422

    def test_the_page_of_a_person_tells_what_is_seen(self, cast, account):
        page = cast.administrator.client.get(reverse("people:person", args=[cast.manager.user.pk]), headers=HX).content.decode()
        assert "Own accounts and those of 2 people in the teams led." in page
        assert "<html" not in page
        assert "<html" in cast.administrator.client.get(reverse("people:person", args=[cast.manager.user.pk])).content.decode()


class TestAnotherRole:
    def test_needs_a_reason_that_the_trail_keeps(self, cast, now):
        user, client = cast.colleague.user, cast.administrator.client
        address = reverse("people:edit", args=[user.pk])
        facts = {name: getattr(user, name) for name in ("name", "username", "email", "phone", "title")} | {"team": user.team_id}
        refused = client.post(address, facts | {"role": "SALES_MANAGER"}, headers=HX)
        assert refused.status_code == 422
        assert "Say why the role changes" in refused.content.decode()
        assert client.post(address, facts | {"role": "SALES_MANAGER", "reason": "   "}, headers=HX).status_code == 422
        assert User.objects.get(pk=user.pk).role == "REP"
        assert client.post(address, facts | {"role": "SALES_MANAGER", "reason": "接手  华东组"}, headers=HX).status_code == 204
        entry = AuditEntry.objects.get(action="people.edit_user", target_id=user.pk)
        assert entry.changes == {"role": ["REP", "SALES_MANAGER"], "reason": ["", "接手 华东组"]}
        assert "“接手 华东组”" in client.get(reverse("people:person", args=[user.pk])).content.decode()

    def test_other_changes_need_none_and_keep_none(self, cast, now):
        actions.edit_user(user=cast.colleague.user, values={"title": "组长"}, reason="x", by=cast.administrator.scope, now=now)
        assert AuditEntry.objects.get(action="people.edit_user").changes == {"title": ["", "组长"]}

    def test_putting_an_old_role_back_says_so_itself(self, cast, now):
        from dingke.core import trail

        actions.edit_user(user=cast.colleague.user, values={"role": "SALES_MANAGER"}, reason="接手", by=cast.administrator.scope, now=now)
        entry = AuditEntry.objects.get(action="people.edit_user")
        trail.restore_value(entry=entry, field="role", by=cast.administrator.scope, now=now)
        assert User.objects.get(pk=cast.colleague.user.pk).role == "REP"
        assert AuditEntry.objects.order_by("pk").last().changes["reason"] == ["", "put back from the audit trail"]
