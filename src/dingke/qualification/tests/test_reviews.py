"""The deal review on a database: agenda, scores, ranking, actions, who sees what."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from docx import Document

from dingke.accounts.models import Todo
from dingke.core.errors import Invalid, NotAllowed, NotVisible
from dingke.core.models import AuditEntry
from dingke.pipeline.tests.factories import make_opportunity
from dingke.qualification.actions import next_actions
from dingke.qualification.actions import review_results as results
from dingke.qualification.actions import reviews as actions
from dingke.qualification.models import DealReview, ReviewItem, ReviewScore, SheetElement, ThreeNeed
from dingke.qualification.queries import agenda, codes
from dingke.qualification.queries import reviews as reads

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal(cast, account):
    return make_opportunity("ERP 一期", account=account, owner=cast.owner.user)


@pytest.fixture
def review(cast, now, today):
    people = [cast.owner.user, cast.colleague.user, cast.stranger.user]
    return actions.plan_review(title="周一过堂", held_date=today, people=people, by=cast.manager.scope, now=now)


@pytest.fixture
def item(cast, review, deal, now, today):
    return actions.put_on_agenda(review=review, opportunity=deal, by=cast.manager.scope, now=now, today=today)


@pytest.fixture
def shown(cast, review, item, now):
    actions.open_review(review=review, by=cast.manager.scope, now=now)
    return actions.show_item(item=item, by=cast.manager.scope, now=now)


def score(item, person, now, elements=40, logic=15, display=15, **values):
    return actions.give_score(item=item, elements=elements, logic=logic, display=display, by=person.scope, now=now, **values)


class TestAgenda:
    @pytest.mark.item("P-09")
    def test_slow_and_slipping_deals_are_proposed_with_reasons(self, cast, account, review, today, now):
        slow = make_opportunity("慢单", account=account, owner=cast.owner.user, stage_since=today - timedelta(days=40), next_step="拜访")
        moved = make_opportunity(
            "推迟单", account=account, owner=cast.owner.user, next_step="拜访", expected_date=today + timedelta(days=40)
        )
        moved.stage_since = today - timedelta(days=5)
        moved.save()
        AuditEntry.objects.create(
            at=now, actor_name="x", action="pipeline.edit", target="pipeline.opportunity", target_id=moved.pk,
            changes={"expected_date": [str(today), str(today + timedelta(days=40))]},
        )  # fmt: skip
        make_opportunity("好单", account=account, owner=cast.owner.user, next_step="拜访", expected_date=today + timedelta(days=9))
        found = agenda.proposals(cast.manager.scope, review, today=today, language="en")
        assert {entry.opportunity.pk for entry in found} == {slow.pk, moved.pk}
        sentences = {entry.opportunity.pk: " ".join(entry.sentences) for entry in found}
        assert "40 days in this stage, the limit is 30" in sentences[slow.pk]
        assert "put later 1 times" in sentences[moved.pk]

    def test_what_is_on_the_agenda_is_not_proposed_again(self, cast, review, deal, item, today):
        assert agenda.proposals(cast.manager.scope, review, today=today, language="en") == ()
        assert agenda.matching(cast.manager.scope, review, text="ERP") == []

    def test_only_deals_that_the_chair_may_change(self, cast, review, now, today):
        foreign = make_opportunity("别组", account=None, owner=cast.stranger.user)
        with pytest.raises(NotAllowed):
            actions.put_on_agenda(review=review, opportunity=foreign, by=cast.manager.scope, now=now, today=today)

    def test_twice_is_once_and_the_order_is_moved(self, cast, review, deal, item, account, now, today):
        assert actions.put_on_agenda(review=review, opportunity=deal, by=cast.manager.scope, now=now, today=today) == item
        other = actions.put_on_agenda(
            review=review, opportunity=make_opportunity(account=account, owner=cast.owner.user), by=cast.manager.scope, now=now, today=today
        )
        actions.move_item(item=other, places=-1, by=cast.manager.scope, now=now)
        assert list(review.items.order_by("position").values_list("pk", flat=True)) == [other.pk, item.pk]
        actions.take_off_agenda(item=other, by=cast.manager.scope, now=now)
        assert review.items.count() == 1

    def test_queries_do_not_grow_with_deals(self, cast, account, review, today, count_queries):
        def cost():
            with count_queries() as counted:
                agenda.proposals(cast.manager.scope, review, today=today, language="en")
            return counted.number

        make_opportunity(account=account, owner=cast.owner.user)
        few = cost()
        for _number in range(8):
            make_opportunity(account=account, owner=cast.owner.user)
        assert cost() == few


@pytest.mark.item("P-10", "E-21")
class TestScoring:
    def test_the_worked_example(self, cast, review, account, now, today):
        """Three deals, one listener each: Wang 55, Li 70, Zhang 75."""
        actions.open_review(review=review, by=cast.manager.scope, now=now) if review.items.exists() else None
        rows = {}
        for name, parts in (("小王", (30, 10, 15)), ("小李", (40, 15, 15)), ("小张", (45, 15, 15))):
            one = make_opportunity(name, account=account, owner=cast.owner.user)
            rows[name] = (actions.put_on_agenda(review=review, opportunity=one, by=cast.manager.scope, now=now, today=today), parts)
        actions.open_review(review=review, by=cast.manager.scope, now=now)
        for entry, parts in rows.values():
            actions.show_item(item=entry, by=cast.manager.scope, now=now)
            score(entry, cast.colleague, now, *parts)
        review.refresh_from_db()
        meeting = reads.meeting(cast.manager.scope, review, language="zh-hans")
        assert [(row.item.opportunity.name, row.rank, int(row.mean.total)) for row in meeting.ranked] == [
            ("小张", 1, 75), ("小李", 2, 70), ("小王", 3, 55),
        ]  # fmt: skip

    def test_one_score_per_listener_that_may_be_changed_until_closed(self, cast, shown, now):
        score(shown, cast.colleague, now)
        score(shown, cast.colleague, now, elements=50)
        assert [row.total for row in ReviewScore.objects.filter(item=shown)] == [80]
        actions.close_scores(item=shown, by=cast.manager.scope, now=now)
        with pytest.raises(actions.UnableToScore, match="closed"):
            score(shown, cast.colleague, now, elements=10)
        actions.show_item(item=shown, by=cast.manager.scope, now=now)
        assert score(shown, cast.colleague, now, elements=10).total == 40

    @pytest.mark.parametrize(("part", "value"), [("elements", 61), ("logic", 21), ("display", 21), ("logic", -1)])
    def test_limits_are_enforced_and_name_the_field(self, cast, shown, now, part, value):
        with pytest.raises(Invalid) as refused:
            score(shown, cast.colleague, now, **{part: value})
        assert set(refused.value.fields) == {part}
        assert not ReviewScore.objects.exists()

    def test_the_presenter_and_people_from_outside_do_not_score(self, cast, shown, now):
        for person in (cast.owner, cast.director):
            with pytest.raises(actions.UnableToScore):
                score(shown, person, now)

    def test_showing_the_next_closes_the_one_before_and_keeps_its_board(self, cast, review, shown, account, now, today):
        SheetElement.objects.create(opportunity=shown.opportunity, element="BUDGET", state="CONFIRMED", text="三十万")
        score(shown, cast.colleague, now)
        second = actions.put_on_agenda(
            review=review, opportunity=make_opportunity(account=account, owner=cast.owner.user), by=cast.manager.scope, now=now, today=today
        )
        actions.show_item(item=second, by=cast.manager.scope, now=now)
        shown.refresh_from_db()
        assert shown.state == ReviewItem.State.SCORED
        assert any(entry["text"] == "三十万" for entry in shown.board["elements"])
        SheetElement.objects.update(text="改了")
        shown.refresh_from_db()
        assert "改了" not in str(shown.board)


@pytest.mark.item("P-11", "P-12", "E-19", "E-20")
class TestWhatFollows:
    def decide(self, cast, item, now, today, **values):
        given = {"text": "再拜访一次总经理", "owner": cast.owner.user, "due_date": today + timedelta(days=3), **values}
        return results.decide_action(item=item, by=cast.manager.scope, now=now, **given)

    def test_an_action_stands_on_the_deal_and_on_today(self, cast, shown, deal, now, today):
        action = self.decide(cast, shown, now, today)
        deal.refresh_from_db()
        assert (deal.next_step, deal.next_step_date) == ("再拜访一次总经理", today + timedelta(days=3))
        todo = Todo.objects.get(assignee=cast.owner.user, title="再拜访一次总经理")
        assert action.todo == todo
        page = cast.owner.client.get(reverse("workspace:today")).content.decode()
        assert "再拜访一次总经理" in page

    def test_an_earlier_good_step_of_the_deal_stays(self, cast, shown, deal, now, today):
        deal.next_step, deal.next_step_date = "送样", today + timedelta(days=1)
        deal.save()
        self.decide(cast, shown, now, today)
        deal.refresh_from_db()
        assert deal.next_step == "送样"

    def test_a_deal_without_an_account_has_the_action_alone(self, cast, review, now, today):
        bare = make_opportunity("无客户", account=None, owner=cast.owner.user)
        entry = actions.put_on_agenda(review=review, opportunity=bare, by=cast.manager.scope, now=now, today=today)
        actions.open_review(review=review, by=cast.manager.scope, now=now)
        entry.refresh_from_db()
        action = self.decide(cast, reads.item_for(cast.manager.scope, entry.pk), now, today)
        bare.refresh_from_db()
        assert action.todo is None
        assert bare.next_step == "再拜访一次总经理"

    def test_the_next_review_says_whether_it_was_done(self, cast, review, shown, deal, now, today):
        first = self.decide(cast, shown, now, today)
        self.decide(cast, shown, now, today, text="约信息科", due_date=today + timedelta(days=5))
        next_actions.finish_next_action(action=first, by=cast.owner.scope, now=now)
        actions.close_review(review=review, conclusion="下周再看", by=cast.manager.scope, now=now)
        later = actions.plan_review(title="下周一", held_date=today + timedelta(days=7), people=[], by=cast.manager.scope, now=now)
        actions.put_on_agenda(review=later, opportunity=deal, by=cast.manager.scope, now=now, today=today)
        meeting = reads.meeting(cast.manager.scope, later, language="en")
        assert {action.text: reads.is_done(action) for action in meeting.rows[0].before} == {"再拜访一次总经理": True, "约信息科": False}
        listed = {row.pk: (row.deals, row.decided, row.done) for row in reads.review_page(cast.manager.scope).items}
        assert listed[review.pk] == (1, 2, 1)

    def test_three_needs_are_written_on_the_deal(self, cast, shown, now):
        values = {"ENTERPRISE": {"text": "月末对账费力", "gap": ""}, "PERSONAL": {"text": "总经理要立威信", "gap": "怕失败"}}
        results.save_needs(item=shown, values=values, by=cast.manager.scope, now=now)
        rows = {row.kind: (row.text, row.has_gap) for row in ThreeNeed.objects.filter(opportunity=shown.opportunity)}
        assert rows == {"ENTERPRISE": ("月末对账费力", False), "PERSONAL": ("总经理要立威信", True)}

    def test_a_closed_review_takes_nothing_more(self, cast, review, shown, now, today):
        actions.close_review(review=review, conclusion="", by=cast.manager.scope, now=now)
        for refused in (
            lambda: actions.show_item(item=reads.item_for(cast.manager.scope, shown.pk), by=cast.manager.scope, now=now),
            lambda: actions.renew_link(review=review, by=cast.manager.scope, now=now),
        ):
            with pytest.raises(actions.UnableToReview):
                refused()


class TestLink:
    def test_whoever_scans_it_becomes_a_listener_once(self, cast, review, shown, now):
        review.refresh_from_db()
        token = reads.link_token(review, now=now)
        for _time in range(2):
            actions.join_review(token=token, by=cast.director.scope, now=now)
        row = review.listeners.get(user=cast.director.user)
        assert row.came_by_link

    def test_it_ends_by_time_by_a_new_code_and_by_closing(self, cast, review, shown, now):
        review.refresh_from_db()
        token = reads.link_token(review, now=now)
        with pytest.raises(NotVisible):
            reads.review_of_link(token, now=now + timedelta(hours=13))
        with pytest.raises(NotVisible):
            reads.review_of_link(token[:-2] + "xx", now=now)
        assert reads.review_of_link(token, now=now) == review
        actions.renew_link(review=review, by=cast.manager.scope, now=now)
        with pytest.raises(NotVisible):
            reads.review_of_link(token, now=now)

    def test_looking_at_it_writes_nothing_and_signing_in_is_needed(self, cast, review, shown):
        review.refresh_from_db()
        from django.utils import timezone

        address = reverse("qualification:review_join", args=[reads.link_token(review, now=timezone.now())])
        before = review.listeners.count()
        assert cast.anonymous.get(address).status_code == 303
        assert cast.director.client.get(address).status_code == 200
        assert review.listeners.count() == before
        assert cast.director.client.post(address)["Location"] == reverse("qualification:review_score", args=[review.pk])
        assert review.listeners.count() == before + 1

    def test_the_code_is_drawn_from_what_the_link_says(self):
        one, two = codes.code_of("https://dingke.example/a"), codes.code_of("https://dingke.example/b")
        assert one.path != two.path
        assert one.size == two.size
        assert re.fullmatch(r"(M\d+ \d+h\d+v1h-\d+z)+", one.path)


class TestWhoSees:
    """A listener of another team reads the board while the review is open, never the deal; nobody else sees the meeting."""

    def test_the_board_only_while_it_is_open(self, cast, review, deal, item, now):
        address = reverse("qualification:review", args=[review.pk])
        assert "ERP 一期" not in cast.stranger.client.get(address).content.decode()
        actions.open_review(review=review, by=cast.manager.scope, now=now)
        actions.show_item(item=item, by=cast.manager.scope, now=now)
        for name in ("qualification:review", "qualification:review_score"):
            assert "ERP 一期" in cast.stranger.client.get(reverse(name, args=[review.pk])).content.decode()
        assert f"/deals/{deal.pk}/" not in cast.stranger.client.get(address).content.decode()
        review.refresh_from_db()
        actions.close_review(review=review, conclusion="", by=cast.manager.scope, now=now)
        for name in ("qualification:review", "qualification:review_score", "qualification:review_live"):
            assert "ERP 一期" not in cast.stranger.client.get(reverse(name, args=[review.pk])).content.decode()
        assert "ERP 一期" in cast.owner.client.get(address).content.decode()

    def test_a_meeting_is_hidden_from_who_has_no_part_in_it(self, cast, now, today, account):
        review = actions.plan_review(title="本组", held_date=today, people=[cast.owner.user], by=cast.manager.scope, now=now)
        item = actions.put_on_agenda(
            review=review, opportunity=make_opportunity(account=account, owner=cast.owner.user), by=cast.manager.scope, now=now, today=today
        )
        for name in ("review", "review_live", "review_score", "review_pulse", "review_minutes"):
            assert cast.stranger.client.get(reverse(f"qualification:{name}", args=[review.pk])).status_code == 404
        assert "本组" not in cast.stranger.client.get(reverse("qualification:reviews")).content.decode()
        with pytest.raises(NotVisible):
            reads.item_for(cast.stranger.scope, item.pk)
        with pytest.raises(actions.UnableToScore):
            score(item, cast.stranger, now)

    def test_a_listener_runs_nothing(self, cast, review, shown):
        for name in ("review_open", "review_close", "review_renew", "review_add"):
            assert cast.colleague.client.post(reverse(f"qualification:{name}", args=[review.pk])).status_code == 403
        for name in ("review_show", "review_stop", "review_remove", "review_move", "review_needs", "review_action", "review_note"):
            assert cast.colleague.client.post(reverse(f"qualification:{name}", args=[shown.pk])).status_code == 403
        assert cast.colleague.client.get(reverse("qualification:review_minutes", args=[review.pk])).status_code == 403
        # a key account manager has the permission, and still runs no meeting of the manager's
        assert cast.owner.client.post(reverse("qualification:review_close", args=[review.pk])).status_code == 403

    def test_amounts_stay_hidden_from_roles_that_do_not_see_them(self, cast, review, shown, now):
        review.refresh_from_db()
        actions.join_review(token=reads.link_token(review, now=now), by=cast.service.scope, now=now)
        page = cast.service.client.get(reverse("qualification:review_score", args=[review.pk])).content.decode()
        assert "ERP 一期" in page
        assert "120,000" not in page
        assert "120,000" in cast.colleague.client.get(reverse("qualification:review_score", args=[review.pk])).content.decode()


class TestPages:
    def test_a_score_by_phone_and_its_limits(self, cast, review, shown):
        address = reverse("qualification:review_score", args=[review.pk])
        given = {"item": shown.pk, "points-elements": 45, "points-logic": 15, "points-display": 15}
        answer = cast.colleague.client.post(address, given, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert "75" in answer["HX-Trigger"]
        wrong = cast.colleague.client.post(address, {**given, "points-elements": 70}, headers={"HX-Request": "true"})
        assert wrong.status_code == 422
        assert "0 to 60" in wrong.content.decode()
        assert ReviewScore.objects.get(item=shown).total == 75

    def test_a_score_for_what_is_not_shown_is_refused_beside_no_other_form(self, cast, review, shown, now):
        actions.close_scores(item=shown, by=cast.manager.scope, now=now)
        given = {"item": shown.pk, "points-elements": 45, "points-logic": 15, "points-display": 15}
        answer = cast.colleague.client.post(reverse("qualification:review_score", args=[review.pk]), given, headers={"HX-Request": "true"})
        assert answer.status_code == 409
        assert not ReviewScore.objects.exists()

    def test_polling_costs_the_same_for_few_and_many_and_writes_nothing(self, cast, review, shown, account, now, today, count_queries):
        def cost(name):
            with count_queries() as counted:
                assert cast.colleague.client.get(reverse(name, args=[review.pk])).status_code == 200
            assert not [sql for sql in counted.sql if sql.startswith(("INSERT", "UPDATE", "DELETE")) and "session" not in sql]
            return counted.number

        names = ("qualification:review_live", "qualification:review_pulse", "qualification:review_score", "qualification:review")
        score(shown, cast.colleague, now)
        for name in names:
            cost(name)
        few = [cost(name) for name in names]
        for _number in range(6):
            one = make_opportunity(account=account, owner=cast.owner.user)
            actions.put_on_agenda(review=review, opportunity=one, by=cast.manager.scope, now=now, today=today)
        score(shown, cast.stranger, now)
        assert [cost(name) for name in names] == few

    def test_the_list_costs_the_same_for_few_and_many(self, cast, now, today, count_queries):
        def cost():
            with count_queries() as counted:
                cast.manager.client.get(reverse("qualification:reviews"))
            return counted.number

        def plan(title):
            actions.plan_review(title=title, held_date=today, people=[], by=cast.manager.scope, now=now)

        plan("一")
        cost()
        few = cost()
        for number in range(8):
            plan(f"第{number}次")
        assert cost() == few

    def test_the_chair_runs_a_meeting_through_its_doors(self, cast, deal):
        chair = cast.manager.client
        made = chair.post(
            reverse("qualification:review_new"), {"title": "周一", "held_date": "2026-10-05", "people": [cast.colleague.user.pk]}
        )
        review = DealReview.objects.get()
        assert made["Location"] == reverse("qualification:review", args=[review.pk])
        assert "ERP 一期" in chair.get(reverse("qualification:review_find", args=[review.pk]), {"text": "erp"}).content.decode()
        assert chair.post(reverse("qualification:review_add", args=[review.pk]), {"opportunity": deal.pk}).status_code == 200
        item = review.items.get()
        for name, key in (("review_open", review.pk), ("review_show", item.pk), ("review_stop", item.pk)):
            assert chair.post(reverse(f"qualification:{name}", args=[key])).status_code == 200
        needs = {
            "ENTERPRISE-text": "对账",
            "ENTERPRISE-gap": "",
            "PERSONAL-text": "",
            "PERSONAL-gap": "不知道",
            "SALES-text": "",
            "SALES-gap": "",
        }
        assert chair.post(reverse("qualification:review_needs", args=[item.pk]), needs).status_code == 204
        action = {"text": "再访", "way": "FILL", "need": "PERSONAL", "owner": cast.owner.user.pk, "due_date": "2999-01-01"}
        assert chair.post(reverse("qualification:review_action", args=[item.pk]), action).status_code == 204
        assert chair.post(reverse("qualification:review_note", args=[item.pk]), {"note": "价格敏感"}).status_code == 204
        closed = chair.post(reverse("qualification:review_close", args=[review.pk]), {"conclusion": "先补个人需求"})
        assert closed.status_code == 303
        page = chair.get(reverse("qualification:review", args=[review.pk])).content.decode()
        assert "先补个人需求" in page
        answer = chair.get(reverse("qualification:review_minutes", args=[review.pk]))
        paper = Document(io.BytesIO(answer.content))
        text = "\n".join([*(one.text for one in paper.paragraphs), *(cell.text for table in paper.tables for cell in table._cells)])
        for words in ("周一", "ERP 一期", "先补个人需求", "再访", "价格敏感", "对账"):
            assert words in text
