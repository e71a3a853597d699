"""Possible duplicates: the hint that leaks nothing, the pairs of the company, putting aside."""

from __future__ import annotations

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import translation

from dingke.accounts.actions import duplicates, search_index
from dingke.accounts.models import Account, Collaborator, DuplicatePair, SearchEntry
from dingke.accounts.queries import duplicates as queries
from dingke.accounts.tests.factories import NOW, make_account, make_contact
from dingke.core import jobs
from dingke.core.errors import NotAllowed
from dingke.core.models import Job
from dingke.core.scope import Scope

CODE = "914403001922038216"


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def indexed(*accounts):
    search_index.refresh([account.pk for account in accounts])
    return accounts


def hint(scope, **typed):
    phones = [typed.pop("phone")] if "phone" in typed else []
    return queries.hint(scope, queries.record(phones=phones, **typed))


class TestHint:
    @pytest.mark.parametrize(
        ("typed", "why"),
        [
            ({"name": "江州重工集团股份有限公司"}, "same apart from legal form"),
            ({"name": "江州众工"}, "sound the same"),
            ({"name": "江州重工机器"}, "contains"),
            ({"name": "新江州重工集团"}, "alike"),
            ({"phone": "+86 755-2878 0808"}, "share the phone"),
            ({"phone": "13800138000"}, "share the phone"),
            ({"website": "https://www.jzzg.example.cn/about"}, "share the website"),
            ({"credit_code": CODE}, "credit code is the same"),
        ],
    )
    def test_an_account_of_mine_is_found_with_the_reason(self, cast, account, typed, why):
        Account.objects.filter(pk=account.pk).update(phone="0755-28780808", website="jzzg.example.cn", credit_code=CODE)
        make_contact(account, mobile="138 0013 8000")
        indexed(account)
        found = hint(cast.owner.scope, **typed)
        if typed.keys() <= {"phone", "website"}:  # alone they are hints, not proof
            assert [item.account.pk for item in found.similar] in ([account.pk], [])
            together = hint(cast.owner.scope, name="江州重", **typed) if not found.similar else found
            assert any(why in reason for item in together.similar for reason in item.reasons)
        else:
            assert [item.account.pk for item in found.similar] == [account.pk]
            assert any(why in reason for reason in found.similar[0].reasons), found.similar[0].reasons

    def test_a_typing_slip_does_not_hide_it(self, cast):
        target = make_account("深圳市华腾精密机械制造有限公司", owner=cast.owner.user)
        indexed(target)
        for slip in ("深圳市华滕精密机械制造", "深圳华腾精密机械制造有限公司", "深圳市华腾精密机诫制造"):
            assert [item.account.pk for item in hint(cast.owner.scope, name=slip).similar] == [target.pk], slip

    def test_latin_names(self, cast):
        target = make_account("Acme Robotics Co., Ltd.", owner=cast.owner.user)
        indexed(target)
        assert [item.account.pk for item in hint(cast.owner.scope, name="ACME robotics GmbH").similar] == [target.pk]

    def test_nothing_is_said_of_other_names(self, cast, account):
        indexed(account)
        assert hint(cast.owner.scope, name="海城玻璃有限公司") == queries.NO_HINT
        assert hint(cast.owner.scope, name="") == queries.NO_HINT
        assert hint(cast.owner.scope, name="江") == queries.NO_HINT

    def test_the_account_being_edited_is_left_out(self, cast, account):
        indexed(account)
        asked = queries.record(name=account.name)
        assert queries.hint(cast.owner.scope, asked, exclude=account.pk) == queries.NO_HINT

    def test_archived_accounts_do_not_count(self, cast, account):
        Account.objects.filter(pk=account.pk).update(archived_at=NOW)
        indexed(account)
        assert hint(cast.owner.scope, name=account.name) == queries.NO_HINT

    def test_the_pool_counts(self, cast):
        pooled = make_account("云岭机械有限公司")
        indexed(pooled)
        assert [item.account.pk for item in hint(cast.stranger.scope, name="云岭机械").similar] == [pooled.pk]

    def test_signs_of_the_query_language_do_no_harm(self, cast, account):
        indexed(account)
        for text in ('"江州" OR *', "江州'重工 & !", "a\\'b:*", "(((", "NEAR(江州, 2)"):
            hint(cast.owner.scope, name=text)


class TestNothingLeaks:
    @pytest.fixture
    def secret(self, cast):
        secret = make_account(
            "江州重工集团有限公司", owner=cast.owner.user, phone="0755-28780808", website="jzzg.example.cn", credit_code=CODE, city="江州市"
        )
        make_contact(secret, "陈立群", mobile="13800138000")
        return indexed(secret)[0]

    @pytest.mark.parametrize(
        "typed", [{"name": "江州重工集团"}, {"credit_code": CODE}, {"name": "江州重工有限公司", "phone": "13800138000"}]
    )
    def test_a_stranger_is_told_whom_to_ask_and_nothing_else(self, cast, secret, typed):
        page = cast.stranger.client.get(reverse("accounts:duplicates_hint"), typed).content.decode()
        assert "exists with another team. Ask 许文静" in page
        for data in (
            secret.name,
            "周敏",
            "0755",
            "13800138000",
            "jzzg",
            CODE,
            "江州",
            "陈立群",
            reverse("workspace:account", args=[secret.pk]),
            "%",
            "alike",
            "same",
        ):
            assert data not in page, data

    def test_a_loose_likeness_is_not_told(self, cast, secret):
        assert hint(cast.stranger.scope, name="江州重工机器厂") == queries.NO_HINT
        assert hint(cast.stranger.scope, phone="13800138000") == queries.NO_HINT

    def test_the_owner_sees_the_link(self, cast, secret):
        page = cast.owner.client.get(reverse("accounts:duplicates_hint"), {"name": "江州重工"}).content.decode()
        assert reverse("workspace:account", args=[secret.pk]) in page
        assert "another team" not in page

    def test_the_director_sees_it_as_well(self, cast, secret):
        assert [item.account.pk for item in hint(cast.director.scope, name="江州重工").similar] == [secret.pk]

    def test_without_a_manager_an_administrator_is_named_as_a_role(self, cast):
        lonely = make_account("海城玻璃有限公司", owner=cast.director.user)
        indexed(lonely)
        page = cast.stranger.client.get(reverse("accounts:duplicates_hint"), {"name": "海城玻璃"}).content.decode()
        assert "Ask an administrator" in page

    def test_roles_that_do_not_edit_do_not_ask(self, cast, secret):
        for person in (cast.finance, cast.service, cast.read_only):
            assert person.client.get(reverse("accounts:duplicates_hint"), {"name": "江州重工"}).status_code == 403

    def test_as_many_questions_for_many_candidates_as_for_few(self, cast, count_queries):
        def cost(rows):
            Account.objects.all().delete()
            indexed(*(make_account(f"江州重工第{number}有限公司", owner=cast.owner.user) for number in range(rows)))
            with count_queries() as counted:
                assert hint(cast.owner.scope, name="江州重工", phone="13800138000", website="a.example.cn").similar
            return counted.number

        assert cost(3) == cost(30)

    def test_every_question_goes_to_an_index(self, cast, account, count_queries):
        if connection.vendor != "sqlite":
            pytest.skip("reads the plan of SQLite")
        indexed(account)
        with count_queries() as counted:
            queries.candidates(queries.record(name="江州重工机械", phones=["13800138000"], website="a.example.cn", credit_code=CODE))
        for sql in counted.sql:
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN QUERY PLAN " + sql)
                plan = [row[3] for row in cursor.fetchall()]
            assert not [
                step for step in plan if step.startswith("SCAN") and "VIRTUAL TABLE" not in step and "accounts_search_fts" not in step
            ], (sql, plan)


class TestPairs:
    def found(self):
        return {(pair.account.name, pair.other.name) for pair in DuplicatePair.objects.select_related("account", "other")}

    def test_by_name_sound_phone_and_website(self, cast):
        user = cast.owner.user
        make_account("江州重工集团有限公司", owner=user)
        make_account("江州重工股份有限公司", owner=user)
        make_account("海城玻璃有限公司", owner=user, phone="0411-88880000", website="hcbl.example.cn")
        make_account("大连海城实业有限公司", owner=user, phone="+86 411 8888 0000", website="www.hcbl.example.cn")
        make_account("清河泵业有限公司", owner=user)
        make_account("青禾泵业有限公司", owner=user)
        counts = duplicates.find_duplicates(now=NOW)
        assert self.found() == {
            ("江州重工集团有限公司", "江州重工股份有限公司"),
            ("海城玻璃有限公司", "大连海城实业有限公司"),
            ("清河泵业有限公司", "青禾泵业有限公司"),
        }
        assert (counts["accounts"], counts["pairs"]) == (6, 3)

    def test_again_keeps_what_was_put_aside_and_drops_what_no_longer_matches(self, cast):
        first, second = make_account("江州重工集团有限公司", owner=cast.owner.user), make_account("江州重工有限公司", owner=cast.owner.user)
        third = make_account("江州重工", owner=cast.owner.user)
        duplicates.find_duplicates(now=NOW)
        assert DuplicatePair.objects.count() == 3
        duplicates.dismiss_pair(pair=DuplicatePair.objects.get(account=first, other=second), by=cast.manager.scope, now=NOW)
        Account.objects.filter(pk=third.pk).update(name="北山矿业", name_key="北山矿业")
        duplicates.find_duplicates(now=NOW.replace(hour=5))
        kept = DuplicatePair.objects.get()
        assert (kept.account, kept.other, kept.dismissed_by_name) == (first, second, "许文静")

    def test_a_switchboard_says_nothing(self, cast, monkeypatch):
        monkeypatch.setattr(duplicates, "MOST_IN_BLOCK", 4)
        for name in "甲乙丙丁戊己":
            make_account(f"{name}字号商贸", owner=cast.owner.user, phone="0755-28780808")
        assert duplicates.find_duplicates(now=NOW)["skipped"] >= 1

    def test_the_list_keeps_to_the_callers_reach(self, cast):
        mine, theirs = (
            make_account("江州重工集团有限公司", owner=cast.owner.user),
            make_account("江州重工有限公司", owner=cast.stranger.user),
        )
        make_account("江州重工", owner=cast.colleague.user)
        duplicates.find_duplicates(now=NOW)
        assert queries.pairs(cast.director.scope).count() == 3
        assert {(pair.account.owner, pair.other.owner) for pair in queries.pairs(cast.manager.scope)} == {
            (cast.owner.user, cast.colleague.user)
        }
        for scope in (cast.owner.scope, cast.stranger.scope):
            assert queries.pairs(scope).count() == 0
        page = cast.stranger.client.get(reverse("accounts:duplicates")).content.decode()
        assert "江州重工" not in page
        assert (mine.pk, theirs.pk) in set(queries.pairs(cast.administrator.scope).values_list("account_id", "other_id"))

    def test_phones_do_not_show_for_pooled_accounts(self, cast):
        make_account("海城玻璃有限公司", phone="0411-88880000", website="hcbl.example.cn")
        make_account("大连海城实业有限公司", phone="0411-88880000", website="hcbl.example.cn")
        duplicates.find_duplicates(now=NOW)
        page = cast.stranger.client.get(reverse("accounts:duplicates")).content.decode()
        assert "They share a phone." in page
        assert "041188880000" not in page
        assert "041188880000" in cast.manager.client.get(reverse("accounts:duplicates")).content.decode()

    def test_putting_aside_and_asking_again(self, cast):
        first, second = make_account("江州重工集团有限公司", owner=cast.owner.user), make_account("江州重工有限公司", owner=cast.owner.user)
        duplicates.find_duplicates(now=NOW)
        pair = DuplicatePair.objects.get()
        assert cast.stranger.client.post(reverse("accounts:dismiss_pair", args=[pair.pk])).status_code == 404
        answer = cast.manager.client.post(reverse("accounts:dismiss_pair", args=[pair.pk]), headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert reverse("accounts:take_up_pair", args=[pair.pk]) in answer.headers["HX-Trigger"]
        assert not queries.pairs(cast.manager.scope).exists()
        assert first.name in cast.manager.client.get(reverse("accounts:duplicates"), {"tab": "dismissed"}).content.decode()
        assert cast.manager.client.post(reverse("accounts:take_up_pair", args=[pair.pk])).status_code == 303
        assert queries.pairs(cast.manager.scope).get() == pair
        assert second.name in cast.manager.client.get(reverse("accounts:duplicates")).content.decode()

    def test_who_edits_only_one_of_them_does_not_decide(self, cast):
        mine, shared = (
            make_account("江州重工集团有限公司", owner=cast.owner.user),
            make_account("江州重工有限公司", owner=cast.stranger.user),
        )
        Collaborator.objects.create(account=shared, user=cast.owner.user, level="READ", added_at=NOW)
        duplicates.find_duplicates(now=NOW)
        row = queries.pair_page(cast.owner.scope, dismissed=False, cursor=None)[0][0]
        assert (row.pair.account, row.can_dismiss, row.can_merge) == (mine, False, False)
        with pytest.raises(NotAllowed):
            duplicates.dismiss_pair(pair=row.pair, by=cast.owner.scope, now=NOW)

    def test_looking_again_is_a_job_of_leaders(self, cast, django_capture_on_commit_callbacks):
        make_account("江州重工集团有限公司", owner=cast.owner.user)
        make_account("江州重工有限公司", owner=cast.owner.user)
        assert cast.owner.client.post(reverse("accounts:find_duplicates")).status_code == 403
        with django_capture_on_commit_callbacks(execute=True):
            answer = cast.manager.client.post(reverse("accounts:find_duplicates"))
        job = Job.objects.get()
        job = job if job.state == Job.State.DONE else jobs.run(job.pk)
        assert answer.headers["Location"].endswith(f"?job={job.pk}")
        assert (job.state, job.result["pairs"]) == ("DONE", 1)
        assert cast.manager.client.get(answer.headers["Location"]).status_code == 200

    def test_roles(self, cast):
        assert cast.finance.client.get(reverse("accounts:duplicates")).status_code == 403
        assert cast.anonymous.get(reverse("accounts:duplicates")).status_code in {302, 303}

    def test_as_many_questions_for_thirty_pairs_as_for_three(self, cast, count_queries):
        def cost(rows):
            Account.objects.all().delete()
            for number in range(rows):
                first, second = (
                    make_account(f"甲{number}机电", owner=cast.owner.user),
                    make_account(f"乙{number}机电", owner=cast.owner.user),
                )
                DuplicatePair.objects.create(
                    account=first, other=second, score="0.9", reasons=[{"code": "SAME_NAME", "params": {}}], found_at=NOW
                )
            with count_queries() as counted:
                assert cast.manager.client.get(reverse("accounts:duplicates")).status_code == 200
            return counted.number

        assert cost(3) == cost(30)

    def test_settings_are_a_group_of_rules(self, cast):
        from dingke.core import rules

        rules.store(
            key=queries.RULES, kind=type(queries.duplicate_settings()), values={"threshold": 0.9}, by=cast.administrator.scope, now=NOW
        )
        make_account("江州重工集团有限公司", owner=cast.owner.user)
        make_account("江州重工有限公司", owner=cast.owner.user)
        assert duplicates.find_duplicates(now=NOW)["pairs"] == 0
        assert SearchEntry.objects.visible_to(Scope.system()).count() == 0
