"""How the books are kept: ageing buckets and currency, set by those who may, with versions and audit."""

from __future__ import annotations

import pytest
from django.urls import reverse

from dingke.core import company, rules
from dingke.core.errors import Invalid, NotAllowed
from dingke.core.models import AuditEntry, Setting
from dingke.ledger import calc
from dingke.ledger.actions import books_rules
from dingke.ledger.queries import books as book_queries
from dingke.ledger.queries import lists
from dingke.ledger.tests.factories import make_incentive, make_order, make_payment, make_receivable

pytestmark = pytest.mark.django_db


class TestAgeing:
    def test_the_board_follows_at_once_with_version_and_audit(self, cast, account, today, now):
        make_receivable(account, due=today.replace(day=1))
        for edges in [(15, 45), (10,)]:
            books_rules.set_ageing(edges=edges, by=cast.administrator.scope, now=now)
        board = lists.ageing_board(cast.director.scope, lists.ReceivableFilter(), today=today)
        assert [(bucket.from_day, bucket.to_day) for bucket in board.buckets] == [(None, None), (1, 10), (11, None)]
        assert Setting.objects.filter(key="ageing").count() == 2
        entry = AuditEntry.objects.filter(action="settings.edit").latest("pk")
        assert (entry.actor_name, entry.changes) == (cast.administrator.scope.name, {"edges": [[15, 45], [10]]})

    @pytest.mark.parametrize("edges", [(), (0, 30), (30, 30), (60, 30), tuple(range(1, 11)), (30, 9999)])
    def test_days_that_do_not_rise_are_refused_at_their_field(self, cast, now, edges):
        with pytest.raises(Invalid) as refused:
            books_rules.set_ageing(edges=edges, by=cast.director.scope, now=now)
        assert "edges" in refused.value.fields
        assert rules.load("ageing", calc.AgeingSettings).edges == (30, 60, 90)

    def test_two_who_change_it_at_once_do_not_overwrite_each_other(self, cast, now):
        books_rules.set_ageing(edges=(20,), by=cast.director.scope, now=now, expected_version=0)
        with pytest.raises(books_rules.UnableToChangeBooks):
            books_rules.set_ageing(edges=(40,), by=cast.director.scope, now=now, expected_version=0)

    @pytest.mark.parametrize("person", ["owner", "manager", "finance", "stranger"])
    def test_others_may_not(self, cast, now, person):
        with pytest.raises(NotAllowed):
            books_rules.set_ageing(edges=(20,), by=getattr(cast, person).scope, now=now)
        with pytest.raises(NotAllowed):
            books_rules.set_currency(code="USD", by=getattr(cast, person).scope, now=now)


class TestCurrency:
    def test_empty_books_take_another_one(self, cast, account, now):
        make_order(account, currency="EUR")
        make_order(account, archived_at=now)
        books_rules.set_currency(code=" usd ", by=cast.director.scope, now=now)
        assert company.currency() == "USD"
        assert AuditEntry.objects.get(action="settings.edit").changes == {"currency": [None, "USD"]}
        books_rules.set_currency(code="USD", by=cast.director.scope, now=now)
        assert Setting.objects.filter(key="company").count() == 1

    @pytest.mark.parametrize("kind", ["order", "receivable", "payment", "incentive"])
    def test_what_stands_in_the_books_keeps_it(self, cast, account, today, now, kind):
        make = {
            "order": lambda: make_order(account),
            "receivable": lambda: make_receivable(account),
            "payment": lambda: make_payment(account),
            "incentive": lambda: make_incentive(account, start=today, end=today),
        }
        make[kind]()
        with pytest.raises(books_rules.UnableToChangeBooks) as refused:
            books_rules.set_currency(code="USD", by=cast.director.scope, now=now)
        assert "currency" in refused.value.fields
        assert company.currency() == "CNY"

    @pytest.mark.parametrize("code", ["", "US", "美元元", "U1D"])
    def test_only_codes_of_three_letters(self, cast, now, code):
        with pytest.raises(Invalid):
            books_rules.set_currency(code=code, by=cast.director.scope, now=now)


class TestPages:
    @pytest.mark.parametrize("name", ["books", "edit_ageing", "edit_currency"])
    @pytest.mark.parametrize(("person", "status"), [("administrator", 200), ("director", 200), ("owner", 403), ("finance", 403)])
    def test_who_may_open_them(self, client, cast, name, person, status):
        client.force_login(getattr(cast, person).user)
        assert client.get(reverse(f"ledger:{name}")).status_code == status

    def test_an_administrator_sets_the_buckets(self, client, cast):
        client.force_login(cast.administrator.user)
        url = reverse("ledger:edit_ageing")
        assert 'value="30, 60, 90"' in client.get(url).content.decode()
        refused = client.post(url, {"edges": "30, x", "version": "0"})
        assert refused.status_code == 422
        assert client.post(url, {"edges": "60 30", "version": "0"}).status_code == 422
        assert client.post(url, {"edges": "15，45、90", "version": "0"}).status_code == 303
        assert book_queries.book_rules().edges == (15, 45, 90)
        assert client.post(url, {"edges": "30", "version": "0"}).status_code == 422
        assert cast.administrator.scope.name in client.get(reverse("ledger:books")).content.decode()

    def test_a_refused_currency_says_how_much_stands_in_the_books(self, client, cast, account):
        make_order(account)
        client.force_login(cast.director.user)
        answer = client.post(reverse("ledger:edit_currency"), {"currency": "usd", "version": "0"})
        assert answer.status_code == 422
        assert "USD" in answer.content.decode()
        assert company.currency() == "CNY"

    def test_the_settings_list_it(self, client, cast):
        client.force_login(cast.administrator.user)
        assert reverse("ledger:books") in client.get(reverse("core:settings")).content.decode()
