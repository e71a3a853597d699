"""The page of one account: who sees what, what may be done and why not, the next step, figures with their company."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from dingke.accounts.actions import account as actions
from dingke.accounts.actions import work
from dingke.accounts.models import Account, Collaborator, KeyDate, Nomination, Standing, Todo
from dingke.accounts.tests.factories import make_account, make_contact
from dingke.insights.models import ScoreRun
from dingke.workspace.queries.account import account_desk

pytestmark = pytest.mark.django_db
HX = {"HTTP_HX_REQUEST": "true"}


def address(account, name="account"):
    return reverse(f"workspace:{name}", args=[account.pk])


def score(account, **fields):
    run = ScoreRun.objects.create(
        state="DONE",
        as_of_date=timezone.localdate(),
        started_at=timezone.now(),
        formula_version="1",
        summary={"average_margin": "0.224", "customers": 126},
    )
    values = {
        "as_of_date": timezone.localdate(), "run_id": run.pk, "revenue": Decimal("12840000"), "revenue_before": Decimal("14000000"), "margin": Decimal("0.316"),
        "share": Decimal("0.092"), "rank": 3, "abc": "A", "last_order_date": timezone.localdate() - timedelta(days=97), "usual_gap_days": Decimal("41"),
        "is_quiet": True, "evidence": {"quarters": [["26Q2", "3180000", "1000000"], ["26Q3", "2740000", None]]},
    }  # fmt: skip
    return Standing.objects.create(account=account, **{**values, **fields})


class TestWhoSees:
    @pytest.mark.parametrize("name", ["account", "account_overview", "account_next", "account_group"])
    def test_owner_and_readers_do_a_stranger_does_not(self, cast, account, name):
        for person in (cast.owner, cast.manager, cast.director, cast.read_only, cast.finance, cast.service):
            assert person.client.get(address(account, name)).status_code == 200
        assert cast.stranger.client.get(address(account, name)).status_code == 404
        assert cast.anonymous.get(address(account, name)).status_code == 303

    def test_figures_follow_the_field_rights(self, cast, account):
        score(account)
        owner = cast.owner.client.get(address(account)).content.decode()
        assert "1,284.0" in owner or "12.84M" in owner
        assert "31.6%" in owner
        assert "company average 22.4%" in owner
        assert "rank 3 of 126" in owner
        service = cast.service.client.get(address(account)).content.decode()
        assert "12.84M" not in service
        assert "31.6%" not in service
        assert "97 days" in service

    def test_the_phone_is_masked(self, cast, account):
        Account.objects.filter(pk=account.pk).update(phone="0591-87280808")
        assert "0591-87280808" in cast.owner.client.get(address(account)).content.decode()
        masked = cast.read_only.client.get(address(account)).content.decode()
        assert "0591-87280808" not in masked
        assert "059*-****0808" in masked


class TestHead:
    def test_says_what_it_is(self, cast, account, now):
        score(account, face="RED")
        Account.objects.filter(pk=account.pk).update(is_key=True, lifecycle_stage="MATURE")
        Nomination.objects.create(account=account, reason="x", proposed_by=cast.owner.user, proposed_at=now)
        html = cast.owner.client.get(address(account)).content.decode()
        for text in ("江州重工集团有限公司", "Key account", "Red face", "Mature", "Buying rhythm broken", "waiting for approval"):
            assert text in html

    def test_an_archived_account_says_so_and_can_be_restored_only(self, cast, account, now):
        actions.archive_account(account=account, by=cast.manager.scope, now=now)
        html = cast.manager.client.get(address(account)).content.decode()
        assert "stands in no list" in html
        assert reverse("accounts:restore", args=[account.pk]) in html
        assert "This account is archived. Restore it first." in html

    def test_what_may_not_be_done_says_why(self, cast, account, now):
        actions.share_account(account=account, user=cast.stranger.user, level=Collaborator.Level.READ, by=cast.owner.scope, now=now)
        html = cast.stranger.client.get(address(account)).content.decode()
        assert "Ask to be added as a collaborator with editing." in html
        assert "Only a manager or director assigns accounts." in html
        assert f'href="{reverse("accounts:edit", args=[account.pk])}"' not in html

    def test_the_pool_is_named_and_offers_to_claim(self, cast):
        pooled = make_account("公海客户")
        html = cast.colleague.client.get(address(pooled)).content.decode()
        assert "In the public pool" in html
        assert "Claim it first." in html


class TestNextStep:
    def test_counts_through_to_dos_and_proposals(self, cast, account, now):
        score(account)
        work.add_todo(
            account=account, title="约见采购总监", due_date=timezone.localdate() - timedelta(days=2), by=cast.owner.scope, now=now
        )
        first = cast.owner.client.get(address(account, "account_next"), **HX).content.decode()
        assert "约见采购总监" in first
        assert "2 days overdue" in first
        second = cast.owner.client.get(address(account, "account_next") + "?step=1", **HX).content.decode()
        assert "Ask why the orders have stopped" in second
        assert "97 days since the last order" in second
        assert cast.owner.client.get(address(account, "account_next") + "?step=77", **HX).status_code == 200
        assert cast.owner.client.get(address(account, "account_next") + "?step=x", **HX).status_code == 200

    def test_one_tap_makes_the_proposal_a_to_do_and_it_is_not_proposed_again(self, cast, account):
        score(account)
        make_contact(account, is_main=True)
        with translation.override("en"):
            step = next(
                step for step in account_desk(cast.owner.scope, account.pk, today=timezone.localdate()).steps if step.kind == "RHYTHM"
            )
        data = {"title": step.title, "reason": step.reason, "due_date": step.due_date.isoformat(), "source": f"step:{step.kind}"}
        assert cast.owner.client.post(reverse("accounts:todo_new", args=[account.pk]), data, **HX).status_code == 204
        todo = Todo.objects.get()
        assert (todo.assignee, todo.reason) == (cast.owner.user, step.reason)
        kinds = [step.kind for step in account_desk(cast.owner.scope, account.pk, today=timezone.localdate()).steps]
        assert kinds[0] == "TODO"
        assert "RHYTHM" not in kinds

    def test_nothing_to_do_is_said_calmly(self, cast, account, monkeypatch):
        monkeypatch.setattr("dingke.workspace.queries.account.steps.steps_for", lambda *_args, **_more: [])
        assert "Nothing presses here" in cast.owner.client.get(address(account)).content.decode()


class TestTabs:
    @pytest.mark.parametrize("tab", ["overview", "contacts", "group", "record", "nonsense"])
    def test_open_by_address(self, cast, account, tab):
        html = cast.owner.client.get(address(account), {"tab": tab}).content.decode()
        assert html.count('aria-current="page"') >= 1

    def test_a_panel_that_is_not_served_is_left_out(self, cast, account, monkeypatch):
        from dingke.workspace.views import account as views

        real = views.link_to
        monkeypatch.setattr(
            views, "link_to", lambda name, *args: "" if name in {"accounts:dossier", "ledger:account"} else real(name, *args)
        )
        html = cast.owner.client.get(address(account)).content.decode()
        assert 'data-tab="dossier"' not in html
        assert 'data-tab="money"' not in html
        assert 'data-tab="record"' in html

    def test_the_money_is_for_those_who_see_the_ledger(self, cast, account):
        assert 'data-tab="value"' not in cast.service.client.get(address(account)).content.decode()

    def test_the_group_as_a_tree(self, cast, account):
        assert "No group is known" in cast.owner.client.get(address(account, "account_group")).content.decode()
        make_account("江州精机", owner=cast.owner.user, parent=account)
        make_account("江州物流", owner=cast.stranger.user, parent=account)
        html = cast.owner.client.get(address(account, "account_group")).content.decode()
        assert "江州精机" in html
        assert "江州物流" not in html
        assert "1 more company, not shared with you" in html


def test_costs_the_same_for_3_and_30_of_everything(cast, account, now, count_queries):
    score(account)

    def cost(name):
        with count_queries() as counted:
            assert cast.owner.client.get(address(account, name)).status_code == 200
        return counted.number

    def fill(times):
        for number in range(times):
            contact = make_contact(account, f"联系人{number}", mobile="13800000000")
            KeyDate.objects.create(account=account, contact=contact, kind="BIRTHDAY", on_date=timezone.localdate())
            work.add_todo(account=account, title="x", due_date=timezone.localdate(), by=cast.owner.scope, now=now)
            work.log_note(account=account, kind="CALL", text="x", by=cast.owner.scope, now=now + timedelta(seconds=number))
            actions.set_tags(account=account, names=[f"标签{tag}" for tag in range(number)])

    fill(3)
    few = cost("account"), cost("account_overview")
    fill(30)
    assert (cost("account"), cost("account_overview")) == few
    assert few[0] <= 40
