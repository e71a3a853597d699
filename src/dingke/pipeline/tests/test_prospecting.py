"""D-02 to D-05: profile, search, screening, development, admission."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from dingke.accounts.calc.key_account import Answer, Judgement
from dingke.accounts.calc.key_account_lists import CRITERIA, ENTRY_TESTS
from dingke.accounts.calc.nomination import Rating
from dingke.accounts.models import Account, Nomination, Todo
from dingke.accounts.tests.factories import make_account
from dingke.core.errors import Invalid, NotAllowed, NotVisible, StaleRecord
from dingke.core.lists import items, load_shipped
from dingke.pipeline.actions import prospects as actions
from dingke.pipeline.calc import prospecting
from dingke.pipeline.calc.prospecting import Conversion, Outcome, Profile
from dingke.pipeline.models import Prospect, ProspectProfile
from dingke.pipeline.queries import prospects as queries
from dingke.pipeline.tests.factories import make_playbook

KEYS = [item.key for item in CRITERIA]
RATED = dict(zip(KEYS, (4, 3, 5, 2, 4), strict=True))
PASSED = {item.key: Answer.YES for item in ENTRY_TESTS}


@pytest.mark.item("D-04")
class TestScreening:
    def test_the_example(self):
        found = prospecting.screen(tests=PASSED, criteria=RATED)
        assert (found.outcome, found.average, found.passed, found.is_whole) == (Outcome.KEY, Decimal("3.6"), 4, True)

    @pytest.mark.parametrize(
        ("passed", "ratings", "outcome"),
        [(3, 3, Outcome.KEY), (3, 2, Outcome.ORDINARY), (2, 5, Outcome.ORDINARY), (1, 1, Outcome.ORDINARY), (0, 5, Outcome.DROP)],
    )
    def test_the_rule(self, passed: int, ratings: int, outcome: Outcome):
        tests = {item.key: Answer.YES if place < passed else Answer.NO for place, item in enumerate(ENTRY_TESTS)}
        assert prospecting.screen(tests=tests, criteria=dict.fromkeys(KEYS, ratings)).outcome is outcome

    def test_without_ratings_nobody_is_a_key_account(self):
        assert prospecting.screen(tests=PASSED, criteria={}).outcome is Outcome.ORDINARY

    def test_strangers_and_wrong_ratings_are_refused(self):
        with pytest.raises(ValueError, match="not in the list"):
            prospecting.screen(tests={"WHAT": Answer.YES}, criteria={})
        with pytest.raises(ValueError, match="1 to 5"):
            prospecting.screen(tests={}, criteria={KEYS[0]: 6})

    @given(
        answers=st.lists(st.sampled_from(list(Answer)), min_size=4, max_size=4),
        ratings=st.lists(st.integers(1, 5) | st.none(), min_size=5, max_size=5),
    )
    def test_better_answers_never_make_it_worse(self, answers: list[Answer], ratings: list[int | None]):
        rank = {Outcome.DROP: 0, Outcome.ORDINARY: 1, Outcome.KEY: 2}
        tests = dict(zip(PASSED, answers, strict=True))
        criteria = dict(zip(KEYS, ratings, strict=True))
        found = prospecting.screen(tests=tests, criteria=criteria)
        best = prospecting.screen(tests={**tests, ENTRY_TESTS[0].key: Answer.YES}, criteria=dict.fromkeys(KEYS, 5))
        assert rank[best.outcome] >= rank[found.outcome]
        assert prospecting.SENTENCES.text(found.reason, "en")
        assert prospecting.SENTENCES.text(found.reason, "zh")


@pytest.mark.item("D-02")
def test_conversion_of_the_example():
    found = Conversion(searched=120, screened=30, developed=6, admitted=0)
    assert (found.to_screened, found.to_developed, found.to_admitted) == (Decimal("0.25"), Decimal("0.2"), 0)
    assert Conversion(0, 0, 0, 0).to_screened is None


@pytest.mark.item("D-03")
def test_a_company_is_held_against_the_profile():
    wanted = Profile(industries=frozenset({"AUTO"}), regions=frozenset({"EAST"}), size_tiers=frozenset())
    assert prospecting.fit(wanted, industry="AUTO", region="CN-32", region_parent="EAST", size_tier="ABOVE") == (2, 2)
    assert prospecting.fit(wanted, industry="", region="CN-11", region_parent="NORTH", size_tier="") == (0, 2)
    assert prospecting.fit(Profile(), industry="AUTO", region="", region_parent="", size_tier="") == (0, 0)


@pytest.fixture
def shipped(db: None) -> None:
    load_shipped()


@pytest.fixture
def profile(cast: Any, shipped: None, now: Any) -> ProspectProfile:
    values = {"title": "华东汽车零部件", "industries": ["AUTO_PARTS"], "regions": ["EAST"], "need": "交期不稳，停线损失大"}
    return actions.save_profile(profile=None, values=values, by=cast.owner.scope, now=now)


def values(profile: ProspectProfile, name: str = "南通精密传动", **more: Any) -> dict[str, Any]:
    industry = items("industries").get(code="AUTO_PARTS")
    region = items("regions").get(code="CN-32")
    source = items("account_sources").get(code="TRADE_FAIR")
    return {"profile": profile.pk, "name": name, "source": source.pk, "industry": industry.pk, "region": region.pk, **more}


@pytest.fixture
def prospect(cast: Any, profile: ProspectProfile, now: Any, today: Any) -> Prospect:
    return actions.add_prospect(values=values(profile, employees=420), by=cast.owner.scope, now=now, today=today)


def screened(prospect: Prospect, cast: Any, now: Any, today: Any, **more: Any) -> Prospect:
    return actions.screen_prospect(
        prospect=prospect,
        tests={key: Judgement(answer, "年报") for key, answer in PASSED.items()},
        criteria={key: Rating(rating) for key, rating in RATED.items()},
        means="展会面谈与年报",
        by=cast.owner.scope,
        now=now,
        today=today,
        **more,
    )


@pytest.mark.item("D-03")
class TestSearch:
    def test_the_profile_comes_first(self, cast, shipped, now):
        with pytest.raises(Invalid, match="need"):
            actions.save_profile(profile=None, values={"title": "x", "industries": ["AUTO"]}, by=cast.owner.scope, now=now)
        with pytest.raises(Invalid, match="industry"):
            actions.save_profile(profile=None, values={"title": "x", "need": "y"}, by=cast.owner.scope, now=now)

    def test_without_profile_or_source_no_company(self, cast, profile, now, today):
        for missing in ("profile", "source"):
            with pytest.raises(Invalid) as refused:
                actions.add_prospect(values={**values(profile), missing: None}, by=cast.owner.scope, now=now, today=today)
            assert missing in refused.value.fields

    def test_a_company_stands_once_on_the_board(self, cast, profile, prospect, now, today):
        with pytest.raises(Invalid, match="already"):
            actions.add_prospect(values=values(profile, "南通精密传动 "), by=cast.colleague.scope, now=now, today=today)

    def test_a_stale_save_is_refused(self, cast, profile, prospect, now):
        actions.edit_prospect(prospect=prospect, values={"person": "吴总"}, by=cast.owner.scope, now=now, expected_version=1)
        with pytest.raises(StaleRecord):
            actions.edit_prospect(prospect=prospect, values={"person": "钱总"}, by=cast.manager.scope, now=now, expected_version=1)

    def test_only_its_writer_and_leaders_change_a_profile(self, cast, profile, now):
        with pytest.raises(NotAllowed):
            actions.save_profile(profile=profile, values={"title": "x", "need": "y", "regions": ["EAST"]}, by=cast.stranger.scope, now=now)
        wider = {"title": "x", "need": "y", "regions": ["EAST", "SOUTH"], "industries": [], "size_tiers": [], "features": []}
        assert actions.save_profile(profile=profile, values=wider, by=cast.manager.scope, now=now).regions == ["EAST", "SOUTH"]


@pytest.mark.item("D-04")
class TestScreeningOnTheBoard:
    def test_it_moves_by_its_outcome(self, cast, prospect, now, today):
        kept = screened(prospect, cast, now, today)
        assert (kept.stage, kept.outcome, kept.screened_date) == (Prospect.Stage.SCREEN, Prospect.Outcome.KEY, today)

    def test_means_are_asked_for(self, cast, prospect, now, today):
        with pytest.raises(Invalid) as refused:
            actions.screen_prospect(prospect=prospect, tests={}, criteria={}, means=" ", by=cast.owner.scope, now=now, today=today)
        assert "means" in refused.value.fields

    def test_another_decision_needs_its_reason(self, cast, prospect, now, today):
        with pytest.raises(Invalid, match="otherwise"):
            screened(prospect, cast, now, today, outcome="ORDINARY")
        kept = screened(prospect, cast, now, today, outcome="DROP", reason="集团统一采购")
        assert (kept.stage, kept.ended_date) == (Prospect.Stage.DROPPED, today)
        back = actions.reopen_prospect(prospect=kept, by=cast.owner.scope, now=now, today=today)
        assert (back.stage, back.outcome) == (Prospect.Stage.SEARCH, "")


@pytest.mark.item("D-05")
class TestAdmission:
    def test_from_the_board_to_an_account_with_deal_nomination_and_duty(self, cast, prospect, now, today):
        screened(prospect, cast, now, today)
        row = actions.develop_prospect(prospect=prospect, by=cast.owner.scope, now=now, today=today)
        step = actions.plan_contact(prospect=row, title="电话约访采购总监", due_date=today, by=cast.owner.scope, now=now)
        actions.finish_contact(step=step, result="周三上午见面", by=cast.owner.scope, now=now, today=today)
        version = make_playbook()
        kept = actions.admit_prospect(prospect=row, by=cast.owner.scope, now=now, today=today, playbook_version=version)
        account = Account.objects.get(pk=kept.account_id)
        assert (account.name, account.lifecycle_stage, account.owner, account.employees) == ("南通精密传动", "NEW", cast.owner.user, 420)
        assert kept.opportunity.account == account
        assert kept.opportunity.playbook_version == version
        assert Nomination.objects.get(account=account).state == Nomination.State.DRAFT
        duty = Todo.objects.get(account=account, source=actions.DUTY)
        assert (duty.due_date, duty.assignee) == (today + timedelta(days=90), cast.owner.user)

    def test_the_duty_opens_again_when_it_is_done(self, cast, prospect, now, today):
        screened(prospect, cast, now, today)
        row = actions.develop_prospect(prospect=prospect, by=cast.owner.scope, now=now, today=today)
        kept = actions.admit_prospect(prospect=row, by=cast.owner.scope, now=now, today=today)
        assert actions.renew_duties(now=now, today=today) == 0
        Todo.objects.filter(account=kept.account, source=actions.DUTY).update(done_at=now)
        assert actions.renew_duties(now=now, today=today) == 1
        assert actions.renew_duties(now=now, today=today) == 0

    def test_an_account_that_is_there_is_offered_and_taken(self, cast, prospect, now, today):
        there = make_account("南通精密传动", owner=cast.owner.user)
        screened(prospect, cast, now, today)
        row = actions.develop_prospect(prospect=prospect, by=cast.owner.scope, now=now, today=today)
        assert queries.desk(cast.owner.scope, row.pk).twins == [there]
        kept = actions.admit_prospect(prospect=row, account=there, by=cast.owner.scope, now=now, today=today)
        assert (kept.account, Account.objects.filter(name="南通精密传动").count()) == (there, 1)

    def test_only_from_development(self, cast, prospect, now, today):
        with pytest.raises(actions.UnableToProspect):
            actions.admit_prospect(prospect=prospect, by=cast.owner.scope, now=now, today=today)
        with pytest.raises(actions.UnableToProspect):
            actions.develop_prospect(prospect=prospect, by=cast.owner.scope, now=now, today=today)


class TestRights:
    def test_the_stranger_sees_neither_the_company_nor_its_steps(self, cast, prospect, now, today):
        step = actions.plan_contact(prospect=prospect, title="约访", due_date=today, by=cast.owner.scope, now=now)
        with pytest.raises(NotVisible):
            queries.prospect_for(cast.stranger.scope, prospect.pk)
        with pytest.raises(NotVisible):
            queries.step_for(cast.stranger.scope, step.pk)
        assert queries.board(cast.stranger.scope).conversion.searched == 0
        assert queries.board(cast.manager.scope).conversion.searched == 1
        assert cast.stranger.client.get(reverse("pipeline:prospect", args=[prospect.pk])).status_code == 404
        assert cast.read_only.client.get(reverse("pipeline:add_prospect")).status_code == 403

    def test_who_only_reads_changes_nothing(self, cast, prospect, now):
        with pytest.raises(NotAllowed):
            actions.edit_prospect(prospect=prospect, values={"person": "x"}, by=cast.read_only.scope, now=now)


class TestPages:
    def test_the_empty_board_teaches_the_first_step(self, cast, shipped):
        page = cast.owner.client.get(reverse("pipeline:prospects"))
        assert "Say first what you are looking for" in page.content.decode()

    def test_board_company_and_dialogs(self, cast, profile, prospect, now, today):
        page = cast.owner.client.get(reverse("pipeline:prospects"), {"profile": profile.pk, "mine": "1"}).content.decode()
        assert "南通精密传动" in page
        assert "2 of 2" in page
        assert "Screen the company" in cast.owner.client.get(reverse("pipeline:prospect", args=[prospect.pk])).content.decode()
        answers = {f"test-{key}": "YES" for key in PASSED} | {f"criterion-{key}": str(rating) for key, rating in RATED.items()}
        refused = cast.owner.client.post(reverse("pipeline:screen_prospect", args=[prospect.pk]), {**answers, "version": 1})
        assert refused.status_code == 422
        assert "by what means" in refused.content.decode()
        cast.owner.client.post(reverse("pipeline:screen_prospect", args=[prospect.pk]), {**answers, "version": 1, "means": "面谈"})
        prospect.refresh_from_db()
        assert prospect.stage == Prospect.Stage.SCREEN
        cast.owner.client.post(reverse("pipeline:develop_prospect", args=[prospect.pk]))
        assert cast.owner.client.get(reverse("pipeline:admit_prospect", args=[prospect.pk])).status_code == 200
        assert cast.owner.client.post(reverse("pipeline:drop_prospect", args=[prospect.pk]), {"reason": ""}).status_code == 422
        cast.owner.client.post(reverse("pipeline:admit_prospect", args=[prospect.pk]), {"deal_name": ""})
        assert Account.objects.filter(name="南通精密传动", lifecycle_stage="NEW").count() == 1

    def test_a_company_is_added_by_the_dialog(self, cast, profile):
        given = {key: str(value) for key, value in values(profile, "昆山联合模具").items()}
        answer = cast.owner.client.post(reverse("pipeline:add_prospect"), {**given, "owner": str(cast.owner.user.pk)})
        assert answer.status_code in {200, 204, 302, 303}
        assert Prospect.objects.get(name="昆山联合模具").owner == cast.owner.user

    def test_a_script_in_a_text_is_only_text(self, cast, profile, now, today):
        row = actions.add_prospect(values=values(profile, "<script>alert(1)</script>"), by=cast.owner.scope, now=now, today=today)
        page = cast.owner.client.get(reverse("pipeline:prospect", args=[row.pk])).content.decode()
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;" in page

    @pytest.mark.parametrize("number", [3, 30])
    def test_the_board_costs_the_same_for_3_and_30(self, cast, profile, now, today, number, django_assert_num_queries):
        for place in range(number):
            actions.add_prospect(values=values(profile, f"候选企业{place}"), by=cast.owner.scope, now=now, today=today)
        with django_assert_num_queries(6):
            queries.board(cast.owner.scope, profile_id=profile.pk)
