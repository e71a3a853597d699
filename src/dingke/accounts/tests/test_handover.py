"""A leaver's things: handed over in one go, seen before, taken back in one go."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

from dingke.accounts.actions import account as account_actions
from dingke.accounts.actions import handover as actions
from dingke.accounts.actions.handover import UnableToHandOver
from dingke.accounts.calc.handover import Plan
from dingke.accounts.models import Account, Collaborator, Handover, HandoverRow, Nomination, OwnershipChange, Todo
from dingke.accounts.queries import handover as queries
from dingke.accounts.tests.factories import NOW, make_account, make_item, make_user
from dingke.approvals.actions import ask_approval
from dingke.approvals.models import Voice
from dingke.core import handover as registry
from dingke.core import jobs
from dingke.core.errors import NotAllowed
from dingke.core.models import AuditEntry, Job, SavedView
from dingke.people.calc import Role
from dingke.people.models import Territory, User

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def estate(cast):
    """Everything that can hang on a person hangs on the owner."""
    owner = cast.owner.user
    jia, yi = make_account("甲", owner=owner), make_account("乙", owner=owner, region=make_item("regions", "EAST"))
    foreign = make_account("丙", owner=cast.stranger.user)
    Collaborator.objects.create(account=foreign, user=owner, level="EDIT", added_at=NOW)
    todo = Todo.objects.create(account=yi, title="回访", assignee=owner)
    done = Todo.objects.create(account=yi, title="旧", assignee=owner, done_at=NOW)
    nomination = Nomination.objects.create(account=jia, reason="大", proposed_by=owner, proposed_at=NOW)
    asked = ask_approval(
        kind="TEST", subject_id=1, title="请批", reason="", link="", steps=[("ANY", [owner], "")], by=cast.colleague.scope, now=NOW
    )  # fmt: skip
    view = SavedView.objects.create(page="accounts", name="我的", owner_id=owner.pk, is_shared=True)
    territory = Territory.objects.create(name="汽车")
    territory.members.add(owner)
    cast.other_team.leaders.add(owner)
    return {
        "jia": jia, "yi": yi, "foreign": foreign, "todo": todo, "done": done, "nomination": nomination, "asked": asked, "view": view,
        "territory": territory,
    }  # fmt: skip


def hand(cast, *, plan=None, close=False, by=None):
    receiver = cast.manager.user
    return actions.hand_over(
        leaver=cast.owner.user, plan=plan or Plan(receiver=receiver.pk), close=close, reason="离职", by=(by or cast.administrator).scope, now=NOW
    )  # fmt: skip


class TestHandingOver:
    def test_everything_goes_to_one_receiver_in_one_action(self, cast, estate):
        done = hand(cast)
        receiver = cast.manager.user
        assert done.state == "DONE"
        assert done.counts == {
            "accounts": 2,
            "shares": 1,
            "todos": 1,
            "nominations": 1,
            "approvals": 1,
            "teams": 1,
            "territories": 1,
            "views": 1,
        }
        assert set(Account.objects.filter(owner=receiver).values_list("name", flat=True)) == {"甲", "乙"}
        assert Collaborator.objects.get(account=estate["foreign"]).user == receiver
        assert Todo.objects.get(pk=estate["todo"].pk).assignee == receiver
        assert Todo.objects.get(pk=estate["done"].pk).assignee == cast.owner.user
        assert Nomination.objects.get(pk=estate["nomination"].pk).proposed_by == receiver
        assert Voice.objects.get(step__approval=estate["asked"]).approver == receiver
        assert list(cast.other_team.leaders.all()) == [receiver]
        assert list(estate["territory"].members.all()) == [receiver]
        assert SavedView.objects.get(pk=estate["view"].pk).owner_id == receiver.pk
        assert OwnershipChange.objects.filter(after=receiver).count() == 2
        assert AuditEntry.objects.filter(action="accounts.assigned").count() == 2
        entry = AuditEntry.objects.get(action="accounts.hand_over")
        assert (entry.target_id, entry.actor_id) == (cast.owner.user.pk, cast.administrator.user.pk)

    def test_by_region_and_by_hand_and_todos_follow(self, cast, estate):
        plan = Plan(
            receiver=cast.manager.user.pk, regions={estate["yi"].region_id: cast.colleague.user.pk}, accounts={estate["jia"].pk: 0},
            parts={"approvals": cast.director.user.pk, "views": 0},
        )  # fmt: skip
        hand(cast, plan=plan)
        owners = dict(Account.objects.exclude(pk=estate["foreign"].pk).values_list("name", "owner__username"))
        assert owners == {"甲": "owner", "乙": "colleague"}
        assert Todo.objects.get(pk=estate["todo"].pk).assignee == cast.colleague.user
        assert Voice.objects.get(step__approval=estate["asked"]).approver == cast.director.user
        assert SavedView.objects.get(pk=estate["view"].pk).owner_id == cast.owner.user.pk

    def test_by_group_of_companies(self, cast):
        top = make_account("集团", owner=cast.stranger.user)
        for name in ("子一", "子二"):
            make_account(name, owner=cast.owner.user, parent=top)
        make_account("独", owner=cast.owner.user)
        groups = queries.estate(cast.administrator.scope, cast.owner.user).groups
        assert [(row.label, row.number) for row in groups] == [("集团", 2)]
        hand(cast, plan=Plan(receiver=cast.manager.user.pk, groups={top.pk: cast.colleague.user.pk}))
        assert Account.objects.filter(owner=cast.colleague.user).count() == 2
        assert Account.objects.get(name="独").owner == cast.manager.user

    def test_nobody_decides_on_a_request_of_their_own(self, cast, estate):
        plan = Plan(receiver=cast.manager.user.pk, parts={"approvals": cast.colleague.user.pk})
        done = hand(cast, plan=plan)
        row = HandoverRow.objects.get(handover=done, part="approvals")
        assert (row.state, Voice.objects.get(step__approval=estate["asked"]).approver) == ("STAYED", cast.owner.user)
        assert "cannot decide" in row.note

    def test_closing_ends_the_sign_in_and_the_tokens(self, cast, estate):
        from dingke.people.models import ApiToken

        token = ApiToken.objects.create(user=cast.owner.user, name="表", start="dk_1", digest="x", created_at=NOW)
        assert cast.owner.client.get("/").status_code == 200
        assert hand(cast, close=True).was_closed
        assert not User.objects.get(pk=cast.owner.user.pk).is_active
        token.refresh_from_db()
        assert token.revoked_at == NOW
        assert cast.owner.client.get("/").status_code == 303

    def test_many_things_are_a_job(self, cast, estate, monkeypatch, django_capture_on_commit_callbacks):
        monkeypatch.setattr(actions, "AT_ONCE", 2)
        queued = []
        monkeypatch.setattr(jobs, "_queue", [queued.append])
        with django_capture_on_commit_callbacks(execute=True):
            waiting = hand(cast)
        assert (waiting.state, queued) == ("RUNNING", [waiting.job_id])
        with pytest.raises(UnableToHandOver, match="running already"):
            hand(cast)
        job = jobs.run(waiting.job_id)
        assert job.state == Job.State.DONE, job.error
        waiting.refresh_from_db()
        assert waiting.counts["accounts"] == 2

    def test_a_thousand_accounts_cost_few_queries(self, cast, count_queries):
        def cost(number: int) -> int:
            for _each in range(number):
                make_account(owner=cast.owner.user)
            with count_queries() as counted:
                actions._hand(
                    registry.part("accounts"), leaver=cast.owner.user, receivers=dict.fromkeys(Account.objects.filter(owner=cast.owner.user).values_list("pk", flat=True), cast.manager.user.pk), by=cast.administrator.scope, now=NOW,
                )  # fmt: skip
            return len([text for text in counted.sql if 'accounts_account"' in text and text.startswith("UPDATE")])

        assert cost(3) == cost(30) == 1


class TestRefusals:
    def test_who_cannot_take_over(self, cast, estate):
        for plan, words in (
            (Plan(receiver=cast.finance.user.pk), "owns no accounts"),
            (Plan(receiver=cast.owner.user.pk), "from himself"),
            (Plan(receiver=999_999), "Choose who"),
        ):
            with pytest.raises(UnableToHandOver, match=words):
                hand(cast, plan=plan)
        User.objects.filter(pk=cast.manager.user.pk).update(is_active=False)
        with pytest.raises(UnableToHandOver, match="no longer works"):
            hand(cast)
        assert not Handover.objects.exists()
        assert Account.objects.filter(owner=cast.owner.user).count() == 2

    def test_a_leader_hands_over_within_the_team_and_without_teams_and_territories(self, cast, estate):
        done = hand(cast, plan=Plan(receiver=cast.colleague.user.pk), by=cast.manager)
        assert {"teams", "territories"} & set(done.counts) == set()
        with pytest.raises(UnableToHandOver, match="not in your teams"):
            hand(cast, plan=Plan(receiver=cast.stranger.user.pk), by=cast.manager)
        with pytest.raises(UnableToHandOver, match="administrator closes"):
            hand(cast, plan=Plan(receiver=cast.colleague.user.pk), by=cast.manager, close=True)

    def test_not_for_strangers_and_not_for_oneself(self, cast, estate):
        for person in (cast.colleague, cast.stranger, cast.owner):
            with pytest.raises(NotAllowed):
                hand(cast, by=person)


class TestPreview:
    def test_it_says_what_would_happen_and_changes_nothing(self, cast, estate):
        before = AuditEntry.objects.count()
        plan = Plan(receiver=cast.manager.user.pk, parts={"approvals": cast.colleague.user.pk})
        rows = actions.preview(leaver=cast.owner.user, plan=plan, close=True, by=cast.administrator.scope, now=NOW)
        assert {row.part for row in rows if not row.stays} == {
            "accounts",
            "shares",
            "todos",
            "nominations",
            "teams",
            "territories",
            "views",
        }
        assert [row.part for row in rows if row.stays] == ["approvals"]
        assert AuditEntry.objects.count() == before
        assert Account.objects.filter(owner=cast.owner.user).count() == 2
        assert User.objects.get(pk=cast.owner.user.pk).is_active


class TestUndo:
    def test_everything_comes_back(self, cast, estate):
        done = hand(cast, close=True)
        assert actions.undo_hand_over(handover_row=done, by=cast.administrator.scope, now=LATER) == 0
        owner = cast.owner.user
        assert User.objects.get(pk=owner.pk).is_active
        assert Account.objects.filter(owner=owner).count() == 2
        assert Account.objects.get(name="甲").owned_since == NOW
        assert Collaborator.objects.get(account=estate["foreign"]).user == owner
        assert Todo.objects.get(pk=estate["todo"].pk).assignee == owner
        assert Nomination.objects.get(pk=estate["nomination"].pk).proposed_by == owner
        assert Voice.objects.get(step__approval=estate["asked"]).approver == owner
        assert list(cast.other_team.leaders.all()) == [owner]
        assert list(estate["territory"].members.all()) == [owner]
        assert SavedView.objects.get(pk=estate["view"].pk).owner_id == owner.pk
        with pytest.raises(UnableToHandOver, match="already"):
            actions.undo_hand_over(handover_row=done, by=cast.administrator.scope, now=LATER)

    def test_what_was_changed_since_is_listed_and_left(self, cast, estate):
        done = hand(cast)
        jia = Account.objects.get(name="甲")
        account_actions.assign_account(account=jia, to=cast.colleague.user, by=cast.administrator.scope, now=LATER)
        Todo.objects.filter(pk=estate["todo"].pk).update(done_at=LATER)
        assert actions.undo_hand_over(handover_row=done, by=cast.administrator.scope, now=LATER) == 2
        assert Account.objects.get(name="甲").owner == cast.colleague.user
        assert Account.objects.get(name="乙").owner == cast.owner.user
        kept = {row.part: row.note for row in queries.exceptions_of(done)}
        assert set(kept) == {"accounts", "todos"}
        assert "changed since" in kept["accounts"]

    def test_a_receiver_who_shared_the_account_shares_it_again(self, cast, account):
        Collaborator.objects.create(account=account, user=cast.colleague.user, level="READ", added_at=NOW)
        done = hand(cast, plan=Plan(receiver=cast.colleague.user.pk))
        assert not Collaborator.objects.exists()
        actions.undo_hand_over(handover_row=done, by=cast.administrator.scope, now=LATER)
        assert Collaborator.objects.get().level == "READ"

    def test_a_leader_does_not_take_back_what_an_administrator_moved(self, cast, estate):
        done = hand(cast)
        with pytest.raises(UnableToHandOver, match="Only an administrator"):
            actions.undo_hand_over(handover_row=done, by=cast.manager.scope, now=LATER)


class TestDoors:
    def test_the_whole_way_through_the_pages(self, cast, estate):
        client, owner = cast.administrator.client, cast.owner.user
        address = reverse("accounts:handover_plan", args=[owner.pk])
        assert client.get(reverse("accounts:handovers"), {"user": owner.pk})["Location"] == address
        page = client.get(address).content.decode()
        assert "甲" in page
        assert "回访" in page
        sent = {"receiver": cast.manager.user.pk, "step": "preview", f"account-{estate['jia'].pk}": "leave"}
        seen = client.post(address, sent).content.decode()
        assert "What would happen" in seen
        assert "Stays, as chosen." in seen
        assert not Handover.objects.exists()
        answer = client.post(address, sent | {"step": "run", "reason": "离职"})
        done = Handover.objects.get()
        assert answer["Location"] == reverse("accounts:handover", args=[done.pk])
        assert "离职" in client.get(answer["Location"]).content.decode()
        assert Account.objects.get(name="甲").owner == owner
        assert client.post(reverse("accounts:handover_undo", args=[done.pk])).status_code == 303
        assert Account.objects.get(name="乙").owner == owner

    def test_a_refusal_keeps_what_was_chosen(self, cast, estate):
        address = reverse("accounts:handover_plan", args=[cast.owner.user.pk])
        answer = cast.administrator.client.post(address, {"receiver": cast.finance.user.pk, "step": "run"})
        assert answer.status_code == 409
        assert f'value="{cast.finance.user.pk}" selected' in answer.content.decode()
        assert cast.administrator.client.post(address, {"step": "run"}).status_code == 422

    def test_who_may_open_it(self, cast, estate):
        address = reverse("accounts:handover_plan", args=[cast.owner.user.pk])
        expected = {"manager": 200, "director": 200, "administrator": 200}
        for role, person in cast.people().items():
            assert person.client.get(address).status_code == expected.get(role, 403), role
        elsewhere = make_user("south", role=Role.SALES_MANAGER, team=cast.other_team, language="en")
        cast.anonymous.force_login(elsewhere, backend="django.contrib.auth.backends.ModelBackend")
        done = hand(cast, by=cast.administrator)
        for url in (
            address,
            reverse("accounts:handover_accounts", args=[cast.owner.user.pk]),
            reverse("accounts:handover", args=[done.pk]),
        ):
            assert cast.anonymous.get(url).status_code == 404
        assert cast.anonymous.post(reverse("accounts:handover_undo", args=[done.pk])).status_code == 404
        assert cast.manager.client.get(reverse("accounts:handover_plan", args=[cast.manager.user.pk])).status_code == 403

    def test_accounts_are_found_by_name(self, cast, estate):
        address = reverse("accounts:handover_accounts", args=[cast.owner.user.pk])
        html = cast.manager.client.get(address, {"find": "乙"}, headers={"HX-Request": "true"}).content.decode()
        assert "乙" in html
        assert "甲" not in html

    def test_costs_the_same_for_few_and_many(self, cast, count_queries):
        address = reverse("accounts:handover_plan", args=[cast.owner.user.pk])

        def cost() -> int:
            with count_queries() as counted:
                assert cast.administrator.client.get(address).status_code == 200
            return counted.number

        for _each in range(3):
            Todo.objects.create(account=make_account(owner=cast.owner.user), title="回访", assignee=cast.owner.user)
        cost()
        few = cost()
        for _each in range(27):
            Todo.objects.create(account=make_account(owner=cast.owner.user), title="回访", assignee=cast.owner.user)
        assert cost() == few
