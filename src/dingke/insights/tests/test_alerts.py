"""Warnings: from signs to rows, once each; who is told; every reaction; who may; what pages and the API say."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from dingke.accounts.models import Account, Note, Standing, Todo
from dingke.accounts.tests.factories import NOW, TODAY, make_account
from dingke.core import rules
from dingke.core.errors import Invalid, NotAllowed
from dingke.core.models import AuditEntry
from dingke.core.reasons import Reason
from dingke.core.scope import Scope
from dingke.insights.actions import alerts as raising
from dingke.insights.actions import reactions
from dingke.insights.actions import telling as notices
from dingke.insights.calc.alerts import AlertSettings
from dingke.insights.calc.warning import Sign
from dingke.insights.models import Alert, LossCase
from dingke.insights.queries import alerts as reads
from dingke.insights.queries.alerts import AlertFilter
from dingke.notices.models import Notice

pytestmark = [pytest.mark.django_db, pytest.mark.item("O-19")]
SYSTEM = Scope.system()
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


def sign(account: Account, probability: float = 0.5, signal: str = "RHYTHM_BROKEN") -> Sign:
    reason = Reason("WARN_RHYTHM", {"gap": 40.0, "days": 65.0, "chance": 0.2})
    return Sign(account.pk, signal, probability, (reason,) if signal == "RHYTHM_BROKEN" else (), {"days": 65})


def run(*signs: Sign, value: int = 100_000, now: Any = NOW, **values: Any) -> raising.Raised:
    at_stake = {one.account_id: Decimal(value) for one in signs}
    return raising.raise_alerts(signs=signs, values=at_stake | values, as_of=timezone.localdate(now), by=SYSTEM, now=now)


@pytest.fixture
def alert(account: Any) -> Alert:
    run(sign(account))
    return Alert.objects.get()


def later(days: int) -> Any:
    return NOW + timedelta(days=days)


class TestRaising:
    def test_a_sign_becomes_one_warning_with_its_evidence(self, account, cast):
        assert run(sign(account, 0.35), value=200_000).opened == 1
        row = Alert.objects.get()
        assert (row.owner, row.state, row.category, row.expected_loss) == (cast.owner.user, "OPEN", "MARKET", Decimal(70_000))
        (shown,) = reads.rows_of(cast.owner.scope, [row], today=TODAY)
        assert "65 days without an order" in shown.sentences[0]
        assert shown.may_react

    def test_the_same_run_twice_changes_nothing(self, account):
        run(sign(account))
        before = list(Alert.objects.values())
        again = run(sign(account))
        assert (again.opened, again.told, again.ended) == (0, 0, 0)
        assert list(Alert.objects.values_list("pk", "state", "told_at")) == [(row["id"], row["state"], row["told_at"]) for row in before]
        assert Notice.objects.filter(kind=notices.RAISED).count() == 1

    def test_it_is_renewed_while_it_lives(self, alert, account):
        run(sign(account, 0.9), value=300_000, now=later(1))
        alert.refresh_from_db()
        assert (alert.probability, alert.expected_loss, Alert.objects.count()) == (Decimal("0.9"), Decimal(270_000), 1)

    def test_it_ends_by_itself_when_the_sign_is_gone(self, alert, account, cast):
        other = make_account("别家有限公司", owner=cast.owner.user)
        assert run(sign(other), now=later(3)).ended == 1
        alert.refresh_from_db()
        assert (alert.state, alert.outcome, alert.closed_by_name) == ("CLOSED", "RECOVERED", "")
        page = cast.owner.client.get(reverse("insights:alerts"), {"state": "CLOSED", "who": "mine"}).content.decode()
        assert "Recovered by itself" in page
        assert AuditEntry.objects.filter(action="insights.alert_ended", account_id=account.pk).exists()

    def test_after_an_action_it_counts_as_kept(self, alert, account, cast):
        reactions.act_by_todo(alert=alert, by=cast.owner.scope, now=NOW)
        run(now=later(5))
        alert.refresh_from_db()
        assert (alert.state, alert.outcome) == ("CLOSED", "KEPT")

    @pytest.mark.parametrize(("days", "probability", "opened"), [(10, 0.5, 0), (31, 0.5, 1), (10, 0.8, 1)])
    def test_a_closed_one_comes_back_only_when_it_is_news(self, alert, account, cast, days, probability, opened):
        reactions.close_alert(alert=alert, outcome="FALSE_ALARM", reason="年度盘点停机", by=cast.owner.scope, now=NOW)
        assert run(sign(account, probability), now=later(days)).opened == opened

    def test_one_that_was_lost_comes_back_only_after_the_sign_went(self, alert, account, cast):
        reactions.close_alert(alert=alert, outcome="LOST", by=cast.owner.scope, now=NOW)
        assert run(sign(account), now=later(100)).opened == 0
        run(now=later(120))
        assert run(sign(account), now=later(160)).opened == 1

    def test_a_snoozed_one_wakes_on_its_day_or_when_clearly_worse(self, alert, account, cast):
        until = TODAY + timedelta(days=20)
        reactions.snooze_alert(alert=alert, until=until, reason="客户搬厂", by=cast.owner.scope, now=NOW)
        assert run(sign(account), now=later(5)).silent == 1
        assert run(sign(account, 0.75), now=later(6)).woken == 1
        alert.refresh_from_db()
        assert alert.state == "OPEN"

    def test_the_clock_wakes_a_snoozed_one_too(self, alert, cast):
        reactions.snooze_alert(alert=alert, until=TODAY + timedelta(days=2), reason="客户搬厂", by=cast.owner.scope, now=NOW)
        assert reactions.wake_snoozed(now=later(1)) == 0
        assert reactions.wake_snoozed(now=later(2)) == 1

    def test_an_account_without_an_owner_asks_the_leader_of_the_last_one(self, account, cast):
        from dingke.accounts.models import OwnershipChange

        OwnershipChange.objects.create(account=account, kind="RELEASED", before=cast.owner.user, after=None, at=NOW, by_name="许文静")
        Account.objects.filter(pk=account.pk).update(owner=None, pool_at=NOW)
        run(sign(account))
        assert Alert.objects.get().owner == cast.manager.user

    def test_archived_accounts_are_left_out(self, account):
        Account.objects.filter(pk=account.pk).update(archived_at=NOW)
        assert run(sign(account)).opened == 0

    def test_an_owner_has_room_for_so_many(self, cast, monkeypatch):
        monkeypatch.setattr(raising, "alert_settings", lambda: AlertSettings(most_per_owner=3, told_per_week=2))
        accounts = [make_account(f"客户{number}有限公司", owner=cast.owner.user) for number in range(5)]
        result = raising.raise_alerts(
            signs=[sign(one) for one in accounts], values={one.pk: Decimal(1000 * at) for at, one in enumerate(accounts, start=1)},
            as_of=TODAY, by=SYSTEM, now=NOW,
        )  # fmt: skip
        assert (result.opened, result.told) == (3, 2)
        assert set(Alert.objects.values_list("account", flat=True)) == {one.pk for one in accounts[2:]}
        told = set(Alert.objects.filter(told_at__isnull=False).values_list("account", flat=True))
        assert told == {one.pk for one in accounts[3:]}
        assert raising.tell_owners(now=later(3)) == 0
        assert raising.tell_owners(now=later(8)) == 1

    def test_only_who_may_score_raises(self, account, cast):
        with pytest.raises(NotAllowed):
            raising.raise_alerts(signs=[], values={}, as_of=TODAY, by=cast.owner.scope, now=NOW)

    def test_the_number_of_questions_does_not_grow_with_the_signs(self, cast, count_queries):
        numbers = []
        for size in (3, 30):
            Alert.objects.all().delete()
            accounts = [make_account(owner=cast.owner.user) for _ in range(size)]
            with count_queries() as counted:
                raising.raise_alerts(signs=[sign(one, 0.1) for one in accounts], values={}, as_of=TODAY, by=SYSTEM, now=NOW)
            numbers.append(counted.number)
        assert numbers[0] == numbers[1]


@pytest.mark.item("D-11")
class TestCaseByRule:
    def test_a_large_customer_with_a_high_probability_gets_a_case(self, account, cast):
        Standing.objects.create(account=account, as_of_date=TODAY, run_id=1, revenue=100_000, abc="A")
        assert run(sign(account, 0.85)).cases == 1
        case = LossCase.objects.get()
        assert (case.owner, case.kind, case.opened_by_name, case.steps.count()) == (cast.owner.user, "NEED_LOST", "", 5)
        assert case.alert.state == "ACTED"
        told = set(Notice.objects.filter(kind=notices.CASE).values_list("recipient", flat=True))
        assert told == {cast.owner.user.pk, cast.manager.user.pk}
        assert run(sign(account, 0.95), now=later(1)).cases == 0
        run(now=later(2))
        assert Alert.objects.get().state == "ACTED"  # the case works on it


class TestReacting:
    def test_seeing(self, alert, cast):
        assert cast.owner.client.post(reverse("insights:alert_seen", args=[alert.pk]), **FRAGMENT).status_code == 204
        alert.refresh_from_db()
        assert alert.state == "SEEN"

    def test_planning_takes_one_tap(self, alert, cast):
        answer = cast.owner.client.post(reverse("insights:alert_plan", args=[alert.pk]), **FRAGMENT)
        assert (answer.status_code, "dk:alerts-changed" in answer["HX-Trigger"]) == (204, True)
        todo = Todo.objects.get()
        assert todo.title.startswith("Call two people there")
        assert (todo.assignee, todo.source) == (cast.owner.user, f"alert:{alert.pk}")
        alert.refresh_from_db()
        assert (alert.state, alert.act) == ("ACTED", "TODO")
        assert not Notice.objects.filter(kind=notices.RAISED, read_at__isnull=True).exists()

    @pytest.mark.item("O-18")
    def test_the_win_back_chain_is_six_todos_once(self, alert, cast):
        url = reverse("insights:alert_win_back", args=[alert.pk])
        assert cast.owner.client.post(url, **FRAGMENT).status_code == 204
        assert Todo.objects.filter(source="winback").count() == 6
        assert cast.owner.client.post(url, **FRAGMENT).status_code == 409

    def test_a_contact_is_logged(self, alert, cast):
        url = reverse("insights:alert_contact", args=[alert.pk])
        assert "Log a contact" in cast.owner.client.get(url, **FRAGMENT).content.decode()
        assert cast.owner.client.post(url, {"kind": "CALL", "text": "问了采购"}, **FRAGMENT).status_code == 204
        assert Note.objects.get().text == "问了采购"

    def test_snoozing_asks_for_a_reason_and_a_day(self, alert, cast):
        url = reverse("insights:alert_snooze", args=[alert.pk])
        day = timezone.localdate() + timedelta(days=9)
        answer = cast.owner.client.post(url, {"until": day.isoformat(), "reason": ""}, **FRAGMENT)
        assert answer.status_code == 422
        assert "Say why it can wait." in answer.content.decode()
        assert cast.owner.client.post(url, {"until": "2020-01-01", "reason": "等"}, **FRAGMENT).status_code == 422
        assert cast.owner.client.post(url, {"until": day.isoformat(), "reason": "搬厂"}, **FRAGMENT).status_code == 204

    def test_closing_asks_for_the_outcome(self, alert, cast):
        with pytest.raises(Invalid):
            reactions.close_alert(alert=alert, outcome="RECOVERED", by=cast.owner.scope, now=NOW)
        url = reverse("insights:alert_close", args=[alert.pk])
        assert cast.owner.client.post(url, {"outcome": "FALSE_ALARM"}, **FRAGMENT).status_code == 422
        assert cast.owner.client.post(url, {"outcome": "PARTLY", "reason": "少买一半"}, **FRAGMENT).status_code == 204
        alert.refresh_from_db()
        assert (alert.state, alert.outcome, alert.closed_by_name) == ("CLOSED", "PARTLY", "周敏")
        assert cast.owner.client.post(url, {"outcome": "KEPT"}, **FRAGMENT).status_code == 422
        entry = AuditEntry.objects.get(action="insights.alert_close")
        assert entry.changes["outcome"] == ["", "PARTLY"]

    @pytest.mark.parametrize("name", ["alert_seen", "alert_plan", "alert_win_back", "alert_snooze", "alert_close", "alert_contact"])
    def test_who_reads_only_does_not_react(self, alert, cast, name):
        assert cast.read_only.client.post(reverse(f"insights:{name}", args=[alert.pk]), {}, **FRAGMENT).status_code == 403
        assert cast.stranger.client.post(reverse(f"insights:{name}", args=[alert.pk]), {}, **FRAGMENT).status_code == 404


class TestTelling:
    def test_the_leader_hears_of_one_without_a_reaction_once(self, alert, cast):
        assert notices.escalate_unanswered(now=later(4)) == 0
        assert notices.escalate_unanswered(now=later(5)) == 1
        assert notices.escalate_unanswered(now=later(6)) == 0
        assert Notice.objects.get(kind=notices.UNANSWERED).recipient == cast.manager.user

    def test_nothing_goes_up_after_a_reaction(self, alert, cast):
        reactions.act_by_todo(alert=alert, by=cast.owner.scope, now=NOW)
        assert notices.escalate_unanswered(now=later(9)) == 0

    def test_the_week_in_one_notice(self, alert, cast):
        assert notices.weekly_digest(now=NOW) == 2  # the owner and the leader
        assert notices.weekly_digest(now=NOW) == 0
        assert notices.weekly_digest(now=later(7)) == 2
        first = Notice.objects.filter(kind=notices.DIGEST, recipient=cast.owner.user).order_by("pk").first()
        assert first.values == {"living": 1, "waiting": 1, "fresh": 1, "ended": 0}

    def test_notices_say_no_amount_and_speak_both_languages(self, alert):
        from django.utils import translation

        from dingke.notices.queries.words import title_of

        notice = Notice.objects.get(kind=notices.RAISED)
        assert "50" not in str(notice.values)
        assert title_of(notice) == "Warning at 江州重工: Buying rhythm broken"
        with translation.override("zh-hans"):
            assert "采购节奏中断" in title_of(notice)


class TestMoving:
    def test_warnings_and_cases_go_with_the_account(self, alert, account, cast):
        from dingke.accounts.actions import account as accounts
        from dingke.insights.actions import cases

        case = cases.open_case(account=account, kind="NEED_LOST", by=cast.owner.scope, now=NOW)
        risk = cases.save_risk(account=account, values=RISK, by=cast.owner.scope, now=NOW)
        account.refresh_from_db()
        accounts.assign_account(account=account, to=cast.colleague.user, by=cast.manager.scope, now=NOW)
        for row in (alert, case, risk):
            row.refresh_from_db()
            assert row.owner == cast.colleague.user


RISK = {"category": "CONTRACT", "sign": "框架合同年底到期", "likelihood": 3, "impact": 3, "owner": None, "response": "", "due_date": None}


class TestPages:
    def test_the_list_in_order_of_expected_loss(self, cast):
        small, large = make_account("小客户有限公司", owner=cast.owner.user), make_account("大客户有限公司", owner=cast.owner.user)
        values = {small.pk: Decimal(10), large.pk: Decimal(10_000_000)}
        raising.raise_alerts(signs=[sign(small), sign(large)], values=values, as_of=TODAY, by=SYSTEM, now=NOW)
        page = cast.owner.client.get(reverse("insights:alerts")).content.decode()
        assert page.index("大客户") < page.index("小客户")
        assert "2 warnings wait for a reaction." in page

    def test_amounts_are_hidden_by_right(self, alert, cast):
        alert.account.refresh_from_db()
        hidden = Scope(**{**_plain(cast.director.scope), "hidden_fields": frozenset({"amount", "cost"})})
        (row,) = reads.rows_of(hidden, [alert], today=TODAY)
        assert (row.value, row.loss) == (None, None)
        assert reads.alert_head(hidden, "all").loss is None

    def test_the_link_of_a_notice_shows_the_warning_on_top(self, alert, cast):
        link = Notice.objects.get(kind=notices.RAISED).link
        assert "The warning you came for" in cast.owner.client.get(link).content.decode()
        assert cast.stranger.client.get(link).status_code == 404

    @pytest.mark.parametrize(
        ("query", "found"),
        [({"signal": "STOPPED"}, 0), ({"signal": "RHYTHM_BROKEN"}, 1), ({"abc": "A"}, 1), ({"abc": "B"}, 0), ({"state": "SNOOZED"}, 0)],
    )
    def test_filters(self, alert, cast, query, found):
        Standing.objects.create(account=alert.account, as_of_date=TODAY, run_id=1, abc="A")
        page = cast.manager.client.get(reverse("insights:alerts"), query).content.decode()
        assert page.count('class="al-card') == found

    def test_whose(self, alert, cast):
        def number(person: Any, who: str) -> int:
            return reads.number_of(person.scope, AlertFilter(who=who)).number

        assert (number(cast.owner, "mine"), number(cast.manager, "mine"), number(cast.manager, "team")) == (1, 0, 1)
        assert (number(cast.director, "all"), number(cast.stranger, "all")) == (1, 0)

    def test_pages_by_key(self, cast):
        accounts = [make_account(owner=cast.owner.user) for _ in range(7)]
        run(*[sign(one) for one in accounts])
        seen: list[int] = []
        cursor = None
        while True:
            page, rows = reads.alert_page(cast.owner.scope, AlertFilter(), today=TODAY, cursor=cursor, size=3)
            seen += [row.alert.account_id for row in rows]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert sorted(seen) == sorted(one.pk for one in accounts)

    def test_the_number_of_questions_is_that_of_three_rows(self, cast, count_queries):
        numbers = []
        for size in (3, 27):
            run(*[sign(make_account(owner=cast.owner.user), 0.1) for _ in range(size)])
            with count_queries() as counted:
                assert cast.colleague.client.get(reverse("insights:alerts")).status_code == 200
            with count_queries() as mine:
                cast.owner.client.get(reverse("insights:alerts"))
            numbers.append((counted.number, mine.number))
        assert numbers[0] == numbers[1]

    def test_the_panels(self, alert, cast):
        today = cast.owner.client.get(reverse("insights:alerts_today"), **FRAGMENT).content.decode()
        assert "Buying rhythm broken" in today
        panel = cast.owner.client.get(reverse("insights:account_risk", args=[alert.account_id]), **FRAGMENT).content.decode()
        assert "Risk register" in panel
        assert "Market risk" in panel
        assert cast.stranger.client.get(reverse("insights:account_risk", args=[alert.account_id])).status_code == 404
        assert cast.service.client.get(reverse("insights:alerts")).status_code == 403

    def test_today_shows_a_customer_once_by_its_strongest_signal(self, account, cast, count_queries):
        other = make_account("另一家", owner=cast.owner.user)
        run(sign(account, 0.3), sign(account, 0.5, "STOPPED"), sign(account, 0.5, "VALUE_FALLING"), sign(other, 0.4))
        with count_queries() as counted:
            rows, number = reads.top_of(cast.owner.scope, today=TODAY)
        assert [(row.account, row.alert.signal, row.more) for row in rows] == [
            (account, rows[0].alert.signal, 2),
            (other, "RHYTHM_BROKEN", 0),
        ]
        assert rows[0].alert.pk == min(Alert.objects.filter(expected_loss=50_000).values_list("pk", flat=True))
        assert (number, counted.number <= 4) == (4, True)
        html = cast.owner.client.get(reverse("insights:alerts_today"), **FRAGMENT).content.decode()
        assert html.count("and 2 more signals") == 1
        assert html.count("more signal") == 1


class TestApi:
    def test_the_list(self, alert, cast):
        body = cast.owner.client.get("/api/v1/insights/alerts").json()
        (row,) = body["items"]
        assert (row["signal"], row["state"], row["expected_loss"]) == ("RHYTHM_BROKEN", "OPEN", "50000.00")
        assert cast.stranger.client.get("/api/v1/insights/alerts").json()["items"] == []
        assert cast.service.client.get("/api/v1/insights/alerts").status_code == 403

    def test_snooze_and_close(self, alert, cast):
        def post(person: Any, verb: str, **body: Any) -> Any:
            return person.client.post(f"/api/v1/insights/alerts/{alert.pk}/{verb}", body, content_type="application/json")

        day = (timezone.localdate() + timedelta(days=9)).isoformat()
        assert post(cast.stranger, "snooze").status_code == 404
        assert post(cast.read_only, "snooze", until=day, reason="等").status_code == 403
        assert post(cast.owner, "snooze").status_code == 422
        assert post(cast.owner, "snooze", until=day, reason="等").json()["state"] == "SNOOZED"
        assert post(cast.owner, "close", outcome="KEPT").json()["outcome"] == "KEPT"
        assert post(cast.owner, "close", outcome="KEPT").status_code == 409


def _plain(scope: Scope) -> dict[str, Any]:
    return {name: getattr(scope, name) for name in scope.__dataclass_fields__}


def test_the_rules_are_a_group_that_is_edited(cast):
    page = cast.administrator.client.get(reverse("insights:edit_rules", args=["alerts"]))
    assert page.status_code == 200
    values = {**{name: getattr(AlertSettings(), name) for name in AlertSettings.__dataclass_fields__}, "told_per_week": 9}
    stored = rules.store(key="insights.alerts", kind=AlertSettings, values=values, by=cast.administrator.scope, now=NOW)
    assert (rules.load("insights.alerts", AlertSettings), stored.told_per_week) == (stored, 9)
