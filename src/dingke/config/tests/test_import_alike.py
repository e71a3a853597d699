"""New accounts of an import that seem to be there already: told beside the row, left out, updated; nothing hidden is told."""

from __future__ import annotations

import pytest
from django.urls import reverse

from dingke.accounts.actions import search_index
from dingke.accounts.models import Account, ContactWay
from dingke.accounts.tests.factories import make_account, make_contact
from dingke.config import import_command
from dingke.config.tests.importing_kit import SYSTEM, a_run, csv_bytes, done, imported, only, reasons
from dingke.core.errors import Refusal
from dingke.core.importing import dry_run, engine
from dingke.core.models import ImportRun
from dingke.core.scope import Scope
from dingke.ledger.models import Order

pytestmark = pytest.mark.django_db
CODE = "914403001922038216"
HTMX = {"HX-Request": "true"}


@pytest.fixture
def there(cast):
    account = make_account(
        "江州重工集团有限公司", owner=cast.owner.user, external_key="C1", phone="0755-28780808", website="jzzg.example.cn"
    )
    make_contact(account, mobile="13800138000")
    search_index.refresh([account.pk])
    return account


def told(run: ImportRun, by: Scope, now) -> list[tuple[int, str, str]]:
    tried = dry_run.trial(run, by=by, now=now)
    return [(row.number, outcome.fate.value, outcome.alike.text[0]) for each in tried for row, outcome in each.alike]


def counts(run: ImportRun) -> dict[str, int]:
    return {key: value for key, value in run.counts["total"].items() if value}


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("江州重工股份有限公司,C2,,", "the same apart from legal form"),
        ("江州众工有限公司,C2,,", "sound the same"),
        ("江州重工机器,C2,13800138000,", "share the phone"),
        ("江州重型机械,C2,0755-28780808,www.jzzg.example.cn", "share the website"),
    ],
)
def test_a_row_that_would_create_again_says_so_before_and_creates_all_the_same(cast, there, now, row, why):
    run = a_run(("客户.csv", csv_bytes("客户名称,客户编号,电话,网址", row, "全新实业,C3,,")), now=now, by=cast.director.scope)
    assert only(run).target == "accounts"
    [(number, fate, text)] = told(run, cast.director.scope, now)
    assert (number, fate) == (2, "created")
    assert "江州重工集团有限公司" in text
    assert why in text
    assert Account.objects.count() == 1
    assert counts(done(run, now=now, by=cast.director.scope)) == {"created": 2, "alike": 1}


def test_a_long_name_with_a_slip_is_found_by_either_end(cast, now):
    search_index.refresh([make_account("东方红精密机械制造研究院", owner=cast.owner.user).pk])
    rows = csv_bytes("客户名称,客户编号", "东方红精密机械制造研究所,N1", "新东方红精密机械制造研究院,N2", "西方红,N3")
    run = a_run(("a.csv", rows), now=now)
    assert [number for number, _fate, _text in told(run, cast.director.scope, now)] == [2, 3]


def test_the_credit_code_under_another_key_is_refused_as_before(there, now):
    Account.objects.filter(pk=there.pk).update(credit_code=CODE)
    run = imported(("a.csv", csv_bytes("客户名称,客户编号,税号", f"别的名字,C2,{CODE}")), now=now)
    assert counts(run) == {"updated": 1}


def test_left_out_rows_go_to_the_failed_rows_with_the_reason(cast, there, now):
    rows = csv_bytes("客户名称,客户编号", "江州重工有限公司,C2", "全新实业,C3", "江州重工集团有限公司,C1")
    run = imported(("a.csv", rows), now=now, by=cast.director.scope, alike="SKIP")
    assert counts(run) == {"created": 1, "failed": 1, "alike": 1, "unchanged": 1}
    assert reasons(run) == [
        "This resembles 江州重工集团有限公司, which is there already. The names are the same apart from legal form and spelling."
    ]
    failure = only(run).failures.get()
    assert failure.reason_zh.startswith("与已有客户“江州重工集团有限公司”相似。去除")
    assert failure.values["客户编号"] == "C2"


def test_what_is_certain_is_updated_and_keeps_its_key_and_the_rest_is_left_out(cast, there, now):
    rows = csv_bytes("客户名称,客户编号,城市,税号", f"江州重工有限公司,C2,江州,{CODE}", "江州众工,C3,海川,", "江州重工,C4,海川,")
    run = imported(("a.csv", rows), now=now, by=cast.director.scope, alike="UPDATE")
    there.refresh_from_db()
    assert (there.external_key, there.city, there.credit_code) == ("C1", "江州", CODE)
    assert counts(run) == {"updated": 1, "failed": 2, "alike": 3}
    assert "This is the same account as 江州重工有限公司" in reasons(run)[1]
    assert Account.objects.count() == 1


def test_create_only_does_not_update(cast, there, now):
    run = imported(("a.csv", csv_bytes("客户名称,客户编号", "江州重工有限公司,C2")), now=now, alike="UPDATE", mode="CREATE")
    assert counts(run) == {"failed": 1, "alike": 1}
    assert "only new ones" in reasons(run)[0]


def test_two_that_fit_equally_are_not_certain(cast, there, now):
    make_account("江州重工股份有限公司", owner=cast.owner.user, external_key="C5")
    run = imported(("a.csv", csv_bytes("客户名称,客户编号", "江州重工有限公司,C2")), now=now, alike="UPDATE")
    assert counts(run) == {"failed": 1, "alike": 1}


def test_another_credit_code_speaks_against_and_nothing_is_certain(cast, there, now):
    Account.objects.filter(pk=there.pk).update(credit_code="91440300708461136T")
    run = imported(("a.csv", csv_bytes("客户名称,客户编号,税号", f"江州重工有限公司,C2,{CODE}")), now=now, alike="UPDATE")
    assert counts(run) == {"created": 1}


def limited(cast) -> Scope:
    """Somebody who imports and edits but does not see the owner's accounts."""
    scope = cast.stranger.scope
    more = {"imports.run", "accounts.create", "accounts.edit_all", "ledger.edit"}
    return Scope(user_id=scope.user_id, name=scope.name, user_ids=scope.user_ids, permissions=scope.permissions | more)


@pytest.mark.parametrize("alike", ["CREATE", "SKIP", "UPDATE"])
def test_of_an_account_that_the_person_does_not_see_nothing_is_told(cast, there, now, alike):
    rows = csv_bytes("客户名称,电话", "江州重工有限公司,13800138000")
    run = a_run(("a.csv", rows), now=now, by=limited(cast), alike=alike)
    [(_number, fate, text)] = told(run, limited(cast), now)
    assert text == "An account that you cannot see resembles this."
    assert fate == ("created" if alike == "CREATE" else "failed")
    [(row, outcome)] = dry_run.trial(run, by=limited(cast), now=now)[0].alike
    assert outcome.alike.href == ""
    assert row.number == 2
    done(run, now=now, by=limited(cast))
    there.refresh_from_db()
    assert there.name == "江州重工集团有限公司"
    if alike != "CREATE":
        assert reasons(run) == [text]


def test_what_the_run_itself_brought_is_not_there_already_whatever_the_batches(cast, now, monkeypatch):
    monkeypatch.setattr(engine, "BATCH", 2)
    rows = [f"江州重工{form},K{place}" for place, form in enumerate(["有限公司", "股份有限公司", "集团有限公司", "公司", "集团"])]
    run = imported(("a.csv", csv_bytes("客户名称,客户编号", *rows)), now=now, by=cast.director.scope, alike="SKIP")
    assert counts(run) == {"created": 5}
    again = imported(("b.csv", csv_bytes("客户名称,客户编号", "江州重工,K9")), now=now, by=cast.director.scope, alike="SKIP")
    assert counts(again) == {"failed": 1, "alike": 1}


ORDERS = csv_bytes(
    "客户名称,客户编号,订单编号,下单日期,金额", "江州重工有限公司,C2,SO-1,2026-03-01,10", "江州重工有限公司,C2,SO-2,2026-03-02,20"
)


def test_orders_that_bring_their_account_along_are_told_left_out_or_given_to_it(cast, there, now):
    def run_with(alike):
        return a_run(("订单.csv", ORDERS), now=now, by=cast.director.scope, target="orders", create_related=True, alike=alike)

    assert [row[:2] for row in told(run_with("CREATE"), cast.director.scope, now)] == [(2, "created")]
    left = done(run_with("SKIP"), now=now, by=cast.director.scope)
    assert counts(left) == {"failed": 2, "alike": 1}
    taken = done(run_with("UPDATE"), now=now, by=cast.director.scope)
    assert counts(taken) == {"created": 2, "alike": 1}
    assert set(Order.objects.values_list("account_id", flat=True)) == {there.pk}
    assert Account.objects.count() == 1


def test_archived_accounts_are_not_compared(cast, there, now):
    Account.objects.filter(pk=there.pk).update(archived_at=now)
    search_index.refresh([there.pk])
    run = a_run(("a.csv", csv_bytes("客户名称,客户编号", "江州重工有限公司,C2")), now=now)
    assert told(run, cast.director.scope, now) == []


def test_many_rows_cost_as_many_queries_as_three(cast, now, count_queries):
    numbers = []
    for round_, number in enumerate((3, 20)):
        there = [
            make_account(
                f"第{round_}厂{place}号设备制造有限公司",
                owner=cast.owner.user,
                phone=f"1380013{place:04}",
                external_key=f"T{round_}-{place}",
            )
            for place in range(number)
        ]
        for account in there:
            ContactWay.objects.create(contact=make_contact(account), kind="PHONE", value="0755-28780808")
        search_index.refresh([account.pk for account in there])
        rows = [f"第{round_}厂{place}号设备制造股份公司,R{round_}-{place},1380013{place:04}" for place in range(number)]
        run = a_run(("a.csv", csv_bytes("客户名称,客户编号,电话", *rows)), now=now, target="accounts")
        with count_queries() as counted:
            assert len(told(run, cast.director.scope, now)) == number
        numbers.append(counted.number)
    assert numbers[0] == numbers[1]


def test_the_page_offers_the_choice_and_shows_the_rows(cast, there, now, django_capture_on_commit_callbacks):
    client = cast.director.client
    run = a_run(("a.csv", csv_bytes("客户名称,客户编号", "江州重工有限公司,C2", "全新实业,C3")), now=now, by=cast.director.scope)
    at = lambda name: reverse(f"imports:{name}", kwargs={"run_id": run.pk})  # noqa: E731
    assert "New accounts that seem to be there already" in client.get(at("check")).content.decode()
    trial = client.get(at("trial"), headers=HTMX).content.decode()
    assert reverse("workspace:account", args=[there.pk]) in trial
    assert "created all the same" in trial
    client.post(at("check"), {"mode": "BOTH", "owner": "POOL", "alike": "SKIP"}, headers=HTMX)
    assert "left out" in client.get(at("trial"), headers=HTMX).content.decode()
    client.post(at("check"), {"mode": "BOTH", "owner": "POOL", "alike": "NONSENSE"}, headers=HTMX)
    run.refresh_from_db()
    assert run.options["alike"] == "CREATE"
    with django_capture_on_commit_callbacks(execute=True):
        client.post(at("start"))
    result = client.get(at("run")).content.decode()
    assert "1 rows looked like accounts that were there before" in result
    assert reverse("accounts:duplicates") in result


def test_the_command_tells_before_it_asks_and_counts_afterwards(there, now, tmp_path):
    path = tmp_path / "客户.csv"
    path.write_bytes(csv_bytes("客户名称,客户编号", "江州重工有限公司,C2", "全新实业,C3"))
    asked: list[str] = []

    def say_no(question: str) -> bool:
        asked.append(question)
        return False

    with pytest.raises(import_command.NotConfirmed):
        import_command.import_path(path, by=SYSTEM, now=now, yes=False, ask=say_no)
    assert "客户.csv: 1 rows seem to be there already." in asked[-1]
    assert "2: This resembles 江州重工集团有限公司" in asked[-1]
    with pytest.raises(Refusal):
        import_command.import_path(path, by=SYSTEM, now=now, yes=True, alike="NONSENSE")
    result = import_command.import_path(path, by=SYSTEM, now=now, yes=True, alike="SKIP")
    assert result["accounts"] == {"created": 1, "failed": 1, "alike": 1}
    assert result["failed_rows"].endswith(".xlsx")
