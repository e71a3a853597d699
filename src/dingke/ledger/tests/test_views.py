"""The doors: who gets in, what the pages show and hide, what the forms do."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from dingke.accounts.tests.factories import make_account
from dingke.core.models import AuditEntry, Job
from dingke.ledger import exports
from dingke.ledger.models import Order, Payment, PaymentFinding, Product, Receivable
from dingke.ledger.tests.factories import (
    make_finding,
    make_incentive,
    make_line,
    make_order,
    make_payment,
    make_product,
    make_receivable,
)
from dingke.ledger.urls import urlpatterns

pytestmark = pytest.mark.django_db
D = Decimal
HTMX = {"HTTP_HX_REQUEST": "true"}

READ = {"account", "account_trend", "account_orders", "order", "receivable"}
FINDINGS = {"new_finding", "edit_finding", "archive_finding", "restore_finding"}
COMPANY = {"orders", "receivables", "products"}
PRODUCTS = {"new_product", "edit_product", "high_profit", "archive_product", "restore_product"}
EXPORTS = {"export", "export_file"}
SETTINGS = {"books", "edit_ageing", "edit_currency"}  # see test_books.py
POSTS = {
    "cancel_order", "reopen_order", "void_receivable", "restore_receivable", "undo_payment", "redo_payment", "archive_incentive",
    "restore_incentive", "archive_finding", "restore_finding", "high_profit", "archive_product", "restore_product", "export",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _clock(monkeypatch, now):
    """The doors read the clock: here it stands at the moment of the factories."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: now)


@pytest.fixture
def books(account, today):
    """One record of each kind; the ids that the addresses name."""
    order = make_order(account, amount="1234567.89", cost="987654.32", number="SO-1", on=today, state="DELIVERED")
    make_line(order, make_product(code="SW-1", name="质量追溯模块", is_high_profit=True), amount="1234567.89", cost="987654.32")
    row = make_receivable(account, amount="1234567.89", due=today - timedelta(days=45), order=order, number="FP-1")
    payment = make_payment(account, row, amount="234567.89", on=today)
    return {
        "account_id": account.pk,
        "order_id": order.pk,
        "receivable_id": row.pk,
        "payment_id": payment.pk,
        "incentive_id": make_incentive(account, start=today - timedelta(days=90), end=today - timedelta(days=1)).pk,
        "finding_id": make_finding(account).pk,
        "product_id": Product.objects.get(code="SW-1").pk,
        "what": "orders",
        "job_id": 1,
    }


def address(name, books):
    pattern = next(entry for entry in urlpatterns if entry.name == name)
    return reverse(f"ledger:{name}", kwargs={key: books[key] for key in pattern.pattern.converters})


def ask(client, name, books, data=None):
    method = client.post if name in POSTS else client.get
    return method(address(name, books), data or {}, **HTMX)


NAMES = [entry.name for entry in urlpatterns]
OF_ACCOUNT = [name for name in NAMES if name not in COMPANY | PRODUCTS | EXPORTS | SETTINGS]


class TestRights:
    @pytest.mark.parametrize("name", NAMES)
    def test_nobody_gets_in_without_signing_in(self, cast, books, name):
        response = cast.anonymous.get(address(name, books))
        assert response.status_code == 303
        assert "/sign-in/" in response["Location"]

    @pytest.mark.parametrize("name", OF_ACCOUNT)
    @pytest.mark.parametrize("who", ["stranger", "colleague"])
    def test_records_of_foreign_accounts_are_not_there(self, cast, books, name, who):
        response = ask(getattr(cast, who).client, name, books)
        assert response.status_code == (404 if name in READ | FINDINGS else 403)  # their role keeps no books at all

    @pytest.mark.parametrize("name", OF_ACCOUNT)
    def test_nor_for_a_role_that_keeps_books_when_the_id_is_wrong(self, cast, books, name):
        wrong = {key: value + 999 if isinstance(value, int) else value for key, value in books.items()}
        assert ask(cast.finance.client, name, wrong).status_code == 404

    @pytest.mark.parametrize("name", sorted(READ))
    def test_whoever_sees_the_account_reads_its_ledger(self, cast, books, name):
        for who in ("owner", "manager", "director", "administrator", "finance", "service", "read_only"):
            assert ask(getattr(cast, who).client, name, books).status_code == 200, who

    @pytest.mark.parametrize("name", [name for name in OF_ACCOUNT if name not in READ | FINDINGS])
    def test_books_are_kept_by_finance_directors_and_administrators(self, cast, books, name):
        for who in ("owner", "manager", "service", "read_only"):
            assert ask(getattr(cast, who).client, name, books).status_code == 403, who
        assert ask(cast.finance.client, name, books).status_code in {200, 204, 409}

    def test_findings_are_for_those_who_work_on_the_account(self, cast, books):
        for who, status in (("owner", 200), ("manager", 200), ("finance", 200), ("service", 403), ("read_only", 403)):
            assert ask(getattr(cast, who).client, "new_finding", books).status_code == status, who

    @pytest.mark.parametrize("name", sorted(PRODUCTS))
    def test_the_price_list_is_kept_by_few(self, cast, books, name):
        assert ask(cast.owner.client, name, books).status_code == 403
        assert ask(cast.finance.client, name, books).status_code in {200, 204}

    @pytest.mark.parametrize("name", sorted(COMPANY))
    def test_company_pages_open_for_everybody_and_show_what_they_see(self, cast, books, name):
        for who, person in cast.people().items():
            response = person.client.get(address(name, books))
            assert response.status_code == 200, who
            if name != "products":
                assert ("江州重工" in response.content.decode()) == (who not in {"stranger", "colleague"}), who

    @pytest.mark.parametrize("name", ["account", "order", "receivable", "orders", "receivables", "products", "account_trend"])
    def test_amounts_and_costs_are_hidden_where_the_role_does_not_see_them(self, cast, books, name):
        text = {who: ask(getattr(cast, who).client, name, books).content.decode() for who in ("service", "read_only", "finance")}
        for amount in ("1,234,567.89", "987,654.32", "1,000,000.00", "1.23M", "1234567.89", "987654.32"):
            assert amount not in text["service"]
        for cost in ("987,654.32", "987654.32", "20.0%", "Unit cost", "Gross margin"):
            assert cost not in text["read_only"]


class TestAccountPanel:
    @pytest.mark.item("B-07")
    def test_shows_the_average_delay_of_the_example(self, cast, account, today):
        for amount, late in (("100000", 10), ("50000", 40)):
            row = make_receivable(account, amount=amount, due=today - timedelta(days=60))
            make_payment(account, row, amount=amount, on=today - timedelta(days=60 - late))
        text = cast.owner.client.get(reverse("ledger:account", args=[account.pk]), **HTMX).content.decode()
        assert "20 days" in text
        assert "Pays 20 days late on average" in text

    def test_the_partial_stands_in_its_page(self, cast, books):
        partial = ask(cast.owner.client, "account", books).content.decode()
        page = cast.owner.client.get(address("account", books)).content.decode()
        assert "<html" not in partial
        assert 'id="ledger-account"' in partial
        assert 'id="ledger-account"' in page
        assert "data-chart=" in partial

    def test_says_what_to_collect_first(self, cast, books):
        text = ask(cast.finance.client, "account", books).content.decode()
        assert "1 invoice is overdue" in text
        assert "Invoice FP-1 has been due for 45 days" in text

    def test_an_empty_ledger_teaches_the_first_step(self, cast, account):
        text = cast.finance.client.get(reverse("ledger:account", args=[account.pk]), **HTMX).content.decode()
        assert "Record an order" in text
        owner = cast.owner.client.get(reverse("ledger:account", args=[account.pk]), **HTMX).content.decode()
        assert "Record an order" not in owner
        assert "How does it pay others?" in owner

    def test_more_orders_follow_by_cursor(self, cast, account, today):
        for index in range(12):
            make_order(account, number=f"SO-{index:02d}", on=today - timedelta(days=index))
        page = reverse("ledger:account", args=[account.pk])
        first = cast.owner.client.get(page, **HTMX).content.decode()
        assert "SO-07" in first
        assert "SO-08" not in first
        following = first.split("cursor=")[1].split('"')[0]
        more = cast.owner.client.get(reverse("ledger:account_orders", args=[account.pk]), {"cursor": following}, **HTMX).content.decode()
        assert "SO-08" in more
        assert "SO-11" in more

    @pytest.mark.parametrize("number", [3, 30])
    def test_costs_the_same_for_3_and_30_rows(self, cast, account, today, count_queries, number):
        for index in range(number):
            day = today - timedelta(days=index)
            make_line(make_order(account, on=day), make_product())
            make_payment(account, make_receivable(account, due=day), amount="1", on=day)
            make_incentive(account, start=day, end=day)
            make_finding(account)
        with count_queries() as counted:
            cast.finance.client.get(reverse("ledger:account", args=[account.pk]), **HTMX)
        assert counted.number == 17, counted.sql


class TestForms:
    def lines(self, *rows, **fields):
        data = {"lines-TOTAL_FORMS": str(len(rows)), "lines-INITIAL_FORMS": "0", "state": "OPEN", **fields}
        for index, row in enumerate(rows):
            data |= {f"lines-{index}-{name}": value for name, value in row.items()}
        return data

    def test_an_order_is_recorded_with_its_lines(self, cast, account, today):
        product = make_product(list_price=D(68000), unit_cost=D(23500))
        data = self.lines(
            {"product": product.pk, "quantity": "2"},
            {"description": "安装", "quantity": "1", "unit_price": "500.5"},
            {},
            number="SO-9",
            order_date=today,
        )
        response = cast.finance.client.post(reverse("ledger:new_order", args=[account.pk]), data, **HTMX)
        assert response.status_code == 204
        assert "dk:ledger-changed" in response["HX-Trigger"]
        order = Order.objects.get()
        assert (order.amount, order.lines.count(), order.cost) == (D("136500.50"), 2, None)

    def test_more_lines_and_the_total_are_answered_without_saving(self, cast, account, today):
        url = reverse("ledger:new_order", args=[account.pk])
        data = self.lines({"description": "安装", "quantity": "3", "unit_price": "33.33"}, number="", order_date=today)
        more = cast.finance.client.post(url, {**data, "more": "1"}, **HTMX).content.decode()
        assert 'name="lines-3-quantity"' in more
        assert "has-error" not in more
        preview = cast.finance.client.post(url, {**data, "preview": "1"}, **HTMX).content.decode()
        assert "99.99" in preview
        assert not Order.objects.exists()

    def test_what_is_wrong_stands_beside_its_field(self, cast, account, today):
        data = self.lines(
            {"description": "安装", "quantity": "1", "unit_price": "5"}, number="SO-1", order_date=today + timedelta(days=400)
        )
        response = cast.finance.client.post(reverse("ledger:new_order", args=[account.pk]), data, **HTMX)
        assert response.status_code == 422
        assert "An order is not dated in the future." in response.content.decode()

    def test_an_edited_order_keeps_its_lines_and_a_stale_one_shows_both_versions(self, cast, books, today):
        url = address("edit_order", books)
        form = cast.finance.client.get(url, **HTMX).content.decode()
        assert "SW-1" in form
        order = Order.objects.get()
        row = {"product": books["product_id"], "quantity": "1", "unit_price": "1234567.89", "unit_cost": "987654.32"}
        data = self.lines(row, number="SO-1", order_date=today, version="1", sold_by_name="周敏") | {"state": "DELIVERED"}
        assert cast.finance.client.post(url, data, **HTMX).status_code == 204
        order.refresh_from_db()
        assert (order.sold_by_name, order.amount, order.cost) == ("周敏", D("1234567.89"), D("987654.32"))
        stale = cast.director.client.post(url, data | {"sold_by_name": "何川"}, **HTMX)
        assert stale.status_code == 422
        assert "keep-sold_by_name" in stale.content.decode()
        again = data | {"sold_by_name": "何川", "version": "2", "keep-sold_by_name": "theirs"}
        assert cast.director.client.post(url, again, **HTMX).status_code == 204
        order.refresh_from_db()
        assert order.sold_by_name == "周敏"

    def test_a_part_of_an_order_comes_back(self, cast, books):
        line = Order.objects.get().lines.get()
        url = address("return_order", books)
        assert cast.finance.client.post(url, {f"back-{line.pk}": "2"}, **HTMX).status_code == 422
        assert cast.finance.client.post(url, {f"back-{line.pk}": "0.5"}, **HTMX).status_code == 204
        assert Order.objects.get().amount == D("617283.94")
        assert "617,283.94" in cast.finance.client.get(address("order", books)).content.decode()

    def test_a_payment_is_recorded_refused_when_too_much_and_undone(self, cast, books, today):
        url = address("pay", books)
        data = {"receivable": books["receivable_id"], "amount": "1000000.01", "paid_date": today}
        refused = cast.finance.client.post(url, data, **HTMX)
        assert refused.status_code == 422
        assert "Only 1,000,000.00 is open on invoice FP-1" in refused.content.decode()
        saved = cast.finance.client.post(url, data | {"amount": "1000000"}, **HTMX)
        assert saved.status_code == 204
        undo = json.loads(saved["HX-Trigger"])["dk:toast"]["undo"]
        assert cast.finance.client.post(undo, **HTMX).status_code == 204
        assert Payment.objects.current().count() == 1

    def test_a_dispute_and_its_end(self, cast, books):
        assert cast.finance.client.post(address("dispute", books), {"note": ""}, **HTMX).status_code == 422
        assert cast.finance.client.post(address("dispute", books), {"note": "到货数量不符"}, **HTMX).status_code == 204
        assert "到货数量不符" in cast.owner.client.get(address("receivables", books), {"only": "disputed"}).content.decode()
        assert cast.finance.client.post(address("settle", books), {"outcome": "补发"}, **HTMX).status_code == 204
        assert not Receivable.objects.get().is_disputed

    def test_a_finding_by_the_owner(self, cast, books, today):
        data = {"supplier": "滨江铸造", "finding": "拖了半年", "source": "对方老板", "as_of_date": today, "is_bad": "on"}
        assert cast.owner.client.post(address("new_finding", books), data, **HTMX).status_code == 204
        assert PaymentFinding.objects.filter(is_bad=True).count() == 1
        assert "better left alone" in ask(cast.owner.client, "account", books).content.decode()

    def test_a_new_incentive_says_what_the_last_one_brought(self, cast, account, today):
        make_incentive(account, amount="10000", start=today - timedelta(days=20), end=today - timedelta(days=11))
        make_order(account, amount="30000", cost="25000", on=today - timedelta(days=15))
        text = cast.finance.client.get(reverse("ledger:new_incentive", args=[account.pk]), **HTMX).content.decode()
        assert "0.50 yuan of extra gross profit" in text

    @pytest.mark.item("A-04")
    def test_the_high_profit_mark_flips_in_its_row(self, cast, books):
        response = ask(cast.finance.client, "high_profit", books, {"is_high_profit": "0"})
        assert 'aria-pressed="false"' in response.content.decode()
        assert not Product.objects.get().is_high_profit

    def test_products_are_added_and_a_taken_code_is_told(self, cast, books):
        url = reverse("ledger:new_product")
        assert cast.finance.client.post(url, {"code": "X-1", "name": "减速机"}, **HTMX).status_code == 204
        taken = cast.finance.client.post(url, {"code": "X-1", "name": "另一台"}, **HTMX)
        assert taken.status_code == 422
        assert "Another product already has this code." in taken.content.decode()


class TestPages:
    def test_filters_reach_the_rows_and_a_broken_day_is_told(self, cast, books):
        url = address("orders", books)
        assert "SO-1" in cast.finance.client.get(url, {"q": "SO-1", "state": "DELIVERED"}).content.decode()
        assert "No order fits these filters" in cast.finance.client.get(url, {"q": "nothing"}).content.decode()
        assert cast.finance.client.get(url, {"from": "yesterday"}).status_code == 422

    def test_the_next_rows_follow(self, cast, today):
        account = make_account(owner=cast.owner.user)
        for index in range(51):
            make_order(account, on=today - timedelta(days=index))
            make_receivable(account, due=today - timedelta(days=index))
        for index in range(61):
            make_product(code=f"A-{index:03d}")
        for name in ("orders", "receivables", "products"):
            first = cast.owner.client.get(reverse(f"ledger:{name}")).content.decode()
            cursor = first.split("cursor=")[1].split('"')[0].split("&")[0]
            more = cast.owner.client.get(reverse(f"ledger:{name}"), {"cursor": cursor}, **HTMX)
            assert more.status_code == 200
            assert more.content.decode().count("<tr") == 1, name

    @pytest.mark.parametrize("number", [3, 30])
    @pytest.mark.parametrize(("name", "queries"), [("orders", 9), ("receivables", 9), ("products", 10)])
    def test_cost_the_same_for_3_and_30_rows(self, cast, count_queries, number, name, queries):
        for _index in range(number):
            account = make_account(owner=cast.owner.user)
            make_receivable(account)
            make_line(make_order(account), make_product())
        with count_queries() as counted:
            cast.finance.client.get(reverse(f"ledger:{name}"))
        assert counted.number == queries, counted.sql


class TestExport:
    @pytest.mark.parametrize("what", ["orders", "receivables", "products"])
    def test_a_file_is_written_audited_and_only_its_owner_fetches_it(
        self, cast, books, what, django_capture_on_commit_callbacks, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(exports, "folder", lambda: tmp_path)
        with django_capture_on_commit_callbacks(execute=True):
            response = cast.finance.client.post(reverse("ledger:export", args=[what]))
        assert response.status_code == 303
        job = Job.objects.get()
        assert (job.state, job.result["rows"]) == ("DONE", 1)
        assert AuditEntry.objects.get(action="ledger.export").changes["what"] == what
        url = reverse("ledger:export_file", args=[job.pk])
        assert cast.finance.client.get(url).status_code == 200
        assert cast.administrator.client.get(url).status_code == 404
        assert cast.service.client.get(url).status_code == 403

    def test_costs_stay_out_for_those_who_do_not_see_them(self, cast, books, today):
        from django.http import QueryDict

        heads = [column[0] for column in exports.SHEETS["orders"](cast.finance.scope, QueryDict(""), today).columns if column[3] != "cost"]
        assert "Cost" not in heads

    def test_nothing_else_can_be_exported(self, cast):
        assert cast.finance.client.post(reverse("ledger:export", args=["people"])).status_code == 404
