"""Who sees an account and why: the same answer as the rule itself, for everybody, in sentences."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation

from dingke.accounts.models import Account, Collaborator
from dingke.accounts.queries import why
from dingke.accounts.tests.factories import NOW, make_account, make_team, make_user
from dingke.people.calc import Role
from dingke.people.models import Territory, User
from dingke.people.queries import scope_for

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def world(cast):
    """Every way to see an account at once, and near misses of each."""
    below = make_team("南京组", parent=cast.team)
    deep = make_user("deep", name="沈深", team=below)
    beside = make_user("beside", name="旁主管", role=Role.SALES_MANAGER, team=cast.team)
    rep_leader = make_user("repleader", name="代组长", role=Role.REP, team=below)
    below.leaders.add(rep_leader)
    cast.other_team.leaders.add(beside)
    gone = make_user("gone", name="离职", role=Role.DIRECTOR)
    User.objects.filter(pk=gone.pk).update(is_active=False)
    territory, old = Territory.objects.create(name="汽车"), Territory.objects.create(name="旧区", archived_at=NOW)
    territory.members.add(cast.stranger.user)
    old.members.add(rep_leader)
    rows = [
        make_account("甲", owner=cast.owner.user), make_account("乙", owner=deep, territory=territory), make_account("丙"),
        make_account("丁", owner=cast.stranger.user, territory=old), make_account("戊", owner=make_user("loner", name="无团队")),
    ]  # fmt: skip
    Collaborator.objects.create(account=rows[0], user=cast.stranger.user, level="EDIT", added_at=NOW)
    Collaborator.objects.create(account=rows[3], user=cast.service.user, level="READ", added_at=NOW)
    return rows


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def test_the_answer_is_that_of_the_rule_for_everybody(cast, world):
    for account in Account.objects.select_related("owner__team", "territory").order_by("pk"):
        told = {seer.user.pk for seer in why.who_sees(cast.administrator.scope, account)}
        rule = {
            user.pk for user in User.objects.order_by("pk") if Account.objects.visible_to(scope_for(user)).filter(pk=account.pk).exists()
        }
        assert told == rule, account.name
        for user in User.objects.order_by("pk"):
            assert bool(why.why_visible(account, user)) is (user.pk in rule)
            assert bool(why.why_hidden(account, user)) is (user.pk not in rule)


def test_the_sentences_name_the_way(cast, world):
    jia, yi, bing = (Account.objects.get(name=name) for name in ("甲", "乙", "丙"))
    assert why.why_visible(jia, cast.owner.user) == ["周敏 owns it."]
    assert why.why_visible(jia, cast.manager.user) == ["许文静 leads 华东, the team of the owner 周敏."]
    assert why.why_visible(yi, cast.manager.user) == ["许文静 leads 华东; below it is 南京组, the team of the owner 沈深."]
    assert why.why_visible(jia, cast.stranger.user) == ["It is shared with 梁一凡 by name, for editing."]
    assert why.why_visible(yi, cast.stranger.user) == ["It lies in the territory 汽车, of which 梁一凡 is a member."]
    assert why.why_visible(bing, cast.owner.user) == ["It lies in the public pool, which the role Key account manager sees."]
    assert why.why_visible(jia, cast.finance.user) == ["The role Finance sees every account."]
    assert "one's own only" in why.why_hidden(jia, cast.colleague.user)[0]
    assert "leads no team" in why.why_hidden(jia, User.objects.get(username="beside"))[0]
    assert "closed" in why.why_hidden(jia, User.objects.get(username="gone"))[0]


def test_what_stays_hidden_is_told(cast, world):
    seers = {seer.user.username: seer for seer in why.who_sees(cast.administrator.scope, world[0])}
    assert seers["service"].hidden == ["Amounts", "Costs", "Invoicing details"]
    assert seers["administrator"].hidden == []
    assert next(iter(seers)) == "owner"


class TestDoor:
    def test_leaders_of_the_account_ask(self, cast, account):
        address = reverse("accounts:why", args=[account.pk])
        expected = {"manager": 200, "director": 200, "administrator": 200}
        for role, person in cast.people().items():
            assert person.client.get(address, headers=HX).status_code == expected.get(role, 403), role
        assert cast.anonymous.get(address).status_code == 303

    def test_a_leader_elsewhere_meets_nothing(self, cast, account):
        other = make_user("south", role=Role.SALES_MANAGER, team=cast.other_team, language="en")
        cast.other_team.leaders.add(other)
        cast.anonymous.force_login(other, backend="django.contrib.auth.backends.ModelBackend")
        assert cast.anonymous.get(reverse("accounts:why", args=[account.pk])).status_code == 404

    def test_asked_about_one_person(self, cast, account):
        address = reverse("accounts:why", args=[account.pk])
        yes = cast.manager.client.get(address, {"user": cast.owner.user.pk, "part": "answer"}, headers=HX).content.decode()
        assert "Yes, 周敏 sees it" in yes
        assert "<select" not in yes
        no = cast.manager.client.get(address, {"user": cast.colleague.user.pk}, headers=HX).content.decode()
        assert "No, 何川 does not see it" in no
        assert reverse("accounts:share", args=[account.pk]) in no
        assert cast.manager.client.get(address, {"user": "99999"}).status_code == 404
        assert "<html" in cast.manager.client.get(address).content.decode()

    def test_costs_the_same_for_few_and_many_people(self, cast, account, count_queries):
        def cost() -> int:
            with count_queries() as counted:
                assert cast.director.client.get(reverse("accounts:why", args=[account.pk]), headers=HX).status_code == 200
            return counted.number

        cost()
        few = cost()
        for _each in range(20):
            Collaborator.objects.create(account=account, user=make_user(team=cast.other_team), added_at=NOW)
        assert cost() == few


class TestWhatHangsOnIt:
    def told(self, account, person):
        return {row.label: (row.is_seen, row.sentence) for row in why.hanging(account, person.user)}

    def test_contacts_orders_and_nominations_come_with_the_account(self, cast, account):
        assert self.told(account, cast.owner)["Orders"] == (True, "Through the account.")
        assert "Hidden: Amounts" in self.told(account, cast.service)["Orders"][1]
        assert "Hidden: Phone and mail" in self.told(account, cast.finance)["Contacts"][1]
        assert set(self.told(account, cast.stranger).values()) == {(False, "The account itself is not seen.")}

    def test_people_of_the_pool_are_not_seen_before_a_claim(self, cast):
        pooled = make_account("公海")
        seen, reason = self.told(pooled, cast.owner)["Contacts"]
        assert (seen, "claimed" in reason) == (False, True)
        assert self.told(pooled, cast.director)["Contacts"][0]

    def test_who_shared_it(self, cast, account):
        from dingke.accounts.actions.account import share_account

        share_account(account=account, user=cast.stranger.user, level="READ", by=cast.manager.scope, now=NOW)
        assert why.why_visible(account, cast.stranger.user)[1] == "Shared by 许文静 on 2026-09-30."

    def test_from_the_page_of_the_person(self, cast, account):
        from dingke.accounts.actions import search_index

        search_index.refresh([account.pk])
        address = reverse("accounts:why_person", args=[cast.stranger.user.pk])
        html = cast.administrator.client.get(address, {"text": "江州"}, headers=HX).content.decode()
        assert reverse("accounts:why", args=[account.pk]) in html
        assert address in cast.administrator.client.get(reverse("people:person", args=[cast.stranger.user.pk])).content.decode()
        for role, person in cast.people().items():
            assert person.client.get(address).status_code == (200 if role == "administrator" else 403), role
        assert cast.administrator.client.get(reverse("accounts:why_person", args=[99999])).status_code == 404
