"""Every door of approvals by asker, approver, copied, delegate, stranger and role; the designer; costs for 3 and 30."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from dingke.approvals import actions
from dingke.approvals.actions import flows as designing
from dingke.approvals.calc import flow as flows
from dingke.approvals.models import Approval, Delegation, FlowVersion
from dingke.approvals.queries import flows as flow_queries
from dingke.approvals.tests.factories import NOW, ask

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}
KIND = "accounts.key_account"


def by_flow(person, subject_id=7, **more):
    values = {"kind": KIND, "title": f"江州重工 {subject_id}", "reason": "量大", "link": "/", "facts": flows.Facts(asker=person.user.pk)}
    return actions.ask_by_flow(**(values | more), subject_id=subject_id, by=person.scope, now=NOW)


def url(name, *args):
    return reverse(f"approvals:{name}", args=args)


class TestOneRequest:
    def test_what_each_may_see_and_do(self, cast):
        approval = by_flow(cast.owner)
        actions.copy_to(approval=approval, users=[cast.service.user], by=cast.owner.scope, now=NOW)
        page = {name: person.client.get(url("detail", approval.pk)) for name, person in cast.people().items()}
        assert {name for name, answer in page.items() if answer.status_code == 200} == {
            "owner", "manager", "director", "administrator", "service",
        }  # fmt: skip
        asker, approver, copied = (page[name].content.decode() for name in ("owner", "manager", "service"))
        assert url("remind", approval.pk) in asker
        assert url("withdraw", approval.pk) in asker
        assert url("add_approver", approval.pk) in approver
        assert url("decide", approval.pk) in approver
        for name in ("decide", "add_approver", "remind", "withdraw"):
            assert url(name, approval.pk) not in copied, name
        assert cast.service.client.post(url("comment", approval.pk), {"text": "知悉"}, headers=HX).status_code == 200

    def test_strangers_find_nothing_and_others_are_refused(self, cast):
        approval = by_flow(cast.owner)
        for name in ("decide", "withdraw", "resubmit", "comment", "remind"):
            assert cast.stranger.client.post(url(name, approval.pk)).status_code == 404, name
        for name in ("add_approver", "hand_on", "copy"):
            assert cast.stranger.client.get(url(name, approval.pk)).status_code == 404, name
        for name in ("add_approver", "hand_on"):
            for person in (cast.owner, cast.director, cast.administrator):
                assert person.client.get(url(name, approval.pk)).status_code == 403, name
        assert cast.manager.client.post(url("remind", approval.pk)).status_code == 403
        assert cast.manager.client.post(url("resubmit", approval.pk), {"reason": "?"}).status_code == 403

    def test_adding_handing_on_and_copying_by_the_dialogs(self, cast):
        approval = by_flow(cast.owner)
        assert cast.manager.client.get(url("add_approver", approval.pk), headers=HX).status_code == 200
        assert cast.manager.client.post(url("add_approver", approval.pk), {}, headers=HX).status_code == 422
        data = {"users": [cast.finance.user.pk], "where": "before", "mode": "ANY", "note": "请看"}
        answer = cast.manager.client.post(url("add_approver", approval.pk), data, headers=HX)
        assert answer["HX-Redirect"] == url("detail", approval.pk)
        assert cast.manager.client.post(url("hand_on", approval.pk), {"to": cast.service.user.pk}).status_code == 403
        assert cast.finance.client.get(url("hand_on", approval.pk), headers=HX).status_code == 200
        assert "HX-Redirect" in cast.finance.client.post(url("hand_on", approval.pk), {"to": cast.service.user.pk}, headers=HX)
        data = {"users": [cast.colleague.user.pk], "note": "供参考"}
        assert "HX-Redirect" in cast.owner.client.post(url("copy", approval.pk), data, headers=HX)
        page = cast.colleague.client.get(url("detail", approval.pk)).content.decode()
        assert "供参考" in page
        assert "方晴" in page

    def test_sent_back_and_asked_again(self, cast):
        approval = by_flow(cast.owner)
        assert cast.manager.client.post(url("decide", approval.pk), {"decision": "back", "note": ""}, headers=HX).status_code == 422
        cast.manager.client.post(url("decide", approval.pk), {"decision": "back", "note": "缺毛利"}, headers=HX)
        assert url("resubmit", approval.pk) in cast.owner.client.get(url("detail", approval.pk)).content.decode()
        assert cast.owner.client.post(url("resubmit", approval.pk), {"reason": ""}, headers=HX).status_code == 422
        answer = cast.owner.client.post(url("resubmit", approval.pk), {"reason": "毛利 31%"}, headers=HX)
        assert "毛利 31%" in answer.content.decode()
        assert "缺毛利" in answer.content.decode()

    def test_reminding_twice_says_so(self, cast):
        approval = by_flow(cast.owner)
        assert cast.owner.client.post(url("remind", approval.pk), headers=HX).status_code == 200
        assert cast.owner.client.post(url("remind", approval.pk), headers=HX).status_code == 409


class TestInbox:
    def test_agreeing_from_the_list_answers_the_row(self, cast):
        approval = by_flow(cast.owner)
        answer = cast.manager.client.post(url("decide", approval.pk), {"decision": "agree", "from": "list"}, headers=HX)
        assert f'id="approval-{approval.pk}"' in answer.content.decode()
        refused = cast.manager.client.post(url("decide", approval.pk), {"decision": "agree", "from": "list"}, headers=HX)
        assert refused.status_code == 403

    def test_copies_and_counts(self, cast):
        approval = by_flow(cast.owner)
        actions.copy_to(approval=approval, users=[cast.service.user], by=cast.owner.scope, now=NOW)
        page = cast.service.client.get(url("list"), {"tab": "copied"}).content.decode()
        assert "is-unread" in page
        cast.service.client.get(url("detail", approval.pk))
        assert "is-unread" not in cast.service.client.get(url("list"), {"tab": "copied"}).content.decode()

    def test_agreeing_to_several_where_the_flow_allows_it(self, cast):
        bulk = {"own_step": flows.OwnStep.UP, "again": True, "bulk": True, "copies": ()}
        one = by_flow(cast.owner, 3)
        designing.set_flow(kind=KIND, **bulk, by=cast.director.scope, now=NOW)
        designing.publish_flow(kind=KIND, note="", by=cast.director.scope, now=NOW)
        many = [by_flow(cast.owner, number) for number in (1, 2)]
        page = cast.manager.client.get(url("list")).content.decode()
        assert page.count('name="approval"') == 2
        foreign = ask(by=cast.owner.scope, steps=[("ANY", [cast.director.user], "")])
        ticked = [str(item.pk) for item in (*many, one, foreign)]
        cast.manager.client.post(url("agree_to_several"), {"approval": [*ticked, "x"]})
        states = [Approval.objects.get(pk=item.pk).steps.get(position=1).voices.get().decision for item in (*many, one, foreign)]
        assert states == ["AGREED", "AGREED", "WAITING", "WAITING"]
        assert cast.manager.client.post(url("agree_to_several"), {}).status_code == 303

    @pytest.mark.parametrize("tab", ["waiting", "asked", "copied", "decided"])
    def test_costs_the_same_for_3_and_30(self, cast, count_queries, tab):
        def fill(start, number):
            for each in range(start, start + number):
                approval = by_flow(cast.owner, each)
                actions.copy_to(approval=approval, users=[cast.manager.user], by=cast.owner.scope, now=NOW)

        def cost():
            person = cast.owner if tab == "asked" else cast.manager
            with count_queries() as counted:
                assert person.client.get(url("list"), {"tab": tab}).status_code == 200
            return counted.number

        fill(1, 3)
        if tab == "decided":
            for approval in Approval.objects.order_by("pk"):
                actions.decide(approval=approval, agree=True, note="", by=cast.manager.scope, now=NOW)
        few = cost()
        fill(4, 26)
        if tab == "decided":
            for approval in Approval.objects.filter(pk__gt=0).order_by("pk")[3:]:
                actions.decide(approval=approval, agree=True, note="", by=cast.manager.scope, now=NOW)
        assert cost() == few


class TestDelegations:
    def post(self, cast, person=None, **more):
        today = timezone.localdate()
        data = {"taker": cast.colleague.user.pk, "start_date": today, "end_date": today + timedelta(days=3), "reason": "年假"}
        return (person or cast.manager).client.post(url("delegations"), data | more)

    def test_giving_seeing_and_ending(self, cast):
        approval = by_flow(cast.owner)
        assert cast.colleague.client.get(url("detail", approval.pk)).status_code == 404
        assert self.post(cast).status_code == 303
        assert approval.title in cast.colleague.client.get(url("list")).content.decode()
        assert "许文静" in cast.colleague.client.get(url("detail", approval.pk)).content.decode()
        row = Delegation.objects.get()
        assert "年假" in cast.colleague.client.get(url("delegations")).content.decode()
        assert "年假" not in cast.stranger.client.get(url("delegations")).content.decode()
        assert "年假" in cast.administrator.client.get(url("delegations")).content.decode()
        assert cast.stranger.client.post(url("end_delegation", row.pk)).status_code == 404
        assert cast.colleague.client.post(url("end_delegation", row.pk)).status_code == 303
        assert cast.colleague.client.get(url("detail", approval.pk)).status_code == 404

    def test_what_is_wrong_is_said_beside_its_field(self, cast):
        answer = self.post(cast, end_date=timezone.localdate() - timedelta(days=9))
        assert answer.status_code == 422
        assert self.post(cast, taker=cast.manager.user.pk).status_code == 422
        assert self.post(cast, giver=cast.director.user.pk).status_code == 403
        assert self.post(cast, cast.administrator, giver=cast.director.user.pk).status_code == 303
        assert Delegation.objects.get().giver == cast.director.user


class TestDesigner:
    def step(self, **more):
        return {"label_zh": "财务", "label_en": "Finance", "roles": ["FINANCE"], "mode": "ALL", "remind_hours": "8"} | more

    def test_a_step_is_added_moved_edited_removed_and_published(self, cast):
        client = cast.director.client
        assert client.get(url("flows")).status_code == 200
        assert client.get(url("flow", KIND)).status_code == 200
        assert client.get(url("edit_step", KIND, 2), headers=HX).status_code == 200
        assert client.post(url("edit_step", KIND, 2), {"mode": "ANY"}, headers=HX).status_code == 422
        answer = client.post(url("edit_step", KIND, 2), self.step(), headers=HX)
        assert (answer.status_code, "dk:flow-changed" in answer["HX-Trigger"]) == (204, True)
        assert client.post(url("order_steps", KIND), {"order": "2,0,1"}, headers=HX).status_code == 204
        part = client.get(url("flow", KIND), headers=HX).content.decode()
        assert part.index("Finance") < part.index("Manager of the owner")
        assert "2,0,1" not in client.post(url("order_steps", KIND), {"order": "9"}, headers=HX).content.decode()
        assert client.post(url("remove_step", KIND, 2), headers=HX).status_code == 204
        client.post(url("edit_step", KIND, 0), self.step(people=[cast.service.user.pk], classes=["A"]), headers=HX)
        assert "方晴" in client.get(url("flow", KIND), headers=HX).content.decode()
        client.post(url("publish_flow", KIND), {"note": "财务先看"})
        row = FlowVersion.objects.get()
        assert (row.number, row.note, row.published_at is not None) == (1, "财务先看", True)
        assert "财务先看" in client.get(url("flow", KIND)).content.decode()
        assert client.get(url("edit_step", KIND, 0), headers=HX).status_code == 200

    def test_settings_try_out_and_discarding(self, cast):
        client = cast.director.client
        data = {"own_step": "AGREE", "again": "on", "copies": ["DIRECTOR", str(cast.finance.user.pk)]}
        assert client.post(url("set_flow", KIND), data, headers=HX).status_code == 204
        assert len(flow_queries.shown_flow(KIND).copies) == 2
        assert client.post(url("set_flow", KIND), {"own_step": "?"}, headers=HX).status_code == 422
        tried = client.get(url("try_out", KIND), {"asker": cast.owner.user.pk, "owner": cast.owner.user.pk}, headers=HX).content.decode()
        assert "许文静" in tried
        assert "苏婉" in tried
        assert client.get(url("try_out", KIND), {"asker": ""}, headers=HX).status_code == 422
        asks = {"asker": cast.finance.user.pk, "amount": "80000", "type": "REBATE"}
        assert "林致远" in client.get(url("try_out", "ledger.incentive"), asks, headers=HX).content.decode()
        client.post(url("discard_flow", KIND))
        assert not FlowVersion.objects.exists()
        assert client.post(url("publish_flow", KIND)).status_code == 303

    def test_conditions_in_words(self, cast):
        client = cast.director.client
        data = self.step(amount_from="50000", amount_to="200000", types=["REBATE"])
        client.post(url("edit_step", "ledger.incentive", 1), data, headers=HX)
        part = client.get(url("flow", "ledger.incentive"), headers=HX).content.decode()
        assert "If the amount is 50,000 or more and under 200,000, and it is: Rebate" in part
        wrong = client.post(url("edit_step", "ledger.incentive", 1), self.step(amount_from="5", amount_to="5"), headers=HX)
        assert wrong.status_code == 422

    def test_unknown_kinds_and_others(self, cast):
        for name, args in (("flow", ()), ("edit_step", (0,)), ("try_out", ())):
            assert cast.director.client.get(url(name, "nothing", *args)).status_code == 404
        for person in (cast.manager, cast.owner, cast.finance):
            assert person.client.get(url("flows")).status_code == 403
            assert person.client.post(url("publish_flow", KIND)).status_code == 403
        assert "Flows" not in cast.owner.client.get(url("list")).content.decode()

    def test_the_list_of_flows_costs_the_same_with_many_versions(self, cast, count_queries):
        def cost():
            with count_queries() as counted:
                flow_queries.overview(cast.director.scope)
            return counted.number

        few = cost()
        for _each in range(5):
            designing.order_steps(kind=KIND, order=[1, 0], by=cast.director.scope, now=NOW)
            designing.publish_flow(kind=KIND, note="", by=cast.director.scope, now=NOW)
        assert cost() == few


class TestHistory:
    def test_is_for_everybody_who_sees_the_account(self, cast, account):
        approval = by_flow(cast.owner, account_id=account.pk)
        actions.decide(approval=approval, agree=True, note="支持", by=cast.manager.scope, now=NOW)
        part = cast.finance.client.get(url("history", account.pk), headers=HX).content.decode()
        assert "支持" in part
        assert url("detail", approval.pk) not in part  # sees that it was asked, not the request itself
        assert url("detail", approval.pk) in cast.owner.client.get(url("history", account.pk)).content.decode()
        assert "支持" not in cast.finance.client.get(url("history", account.pk), {"kind": "accounts.merge"}).content.decode()
        assert cast.stranger.client.get(url("history", account.pk)).status_code == 404
