"""The import engine on small files: modes, keys, related rows, failures, constant queries."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile

from dingke.accounts.models import Account, OwnershipChange, SearchEntry
from dingke.accounts.tests.factories import make_account, make_item
from dingke.config.tests.importing_kit import SYSTEM, a_run, csv_bytes, done, imported, only, part, reasons, take_sure, xlsx_bytes
from dingke.core.errors import NotAllowed
from dingke.core.importing import dry_run, engine, files, proposals, setup
from dingke.core.models import ImportRun, MappingMemory, StagedRow
from dingke.ledger.models import Incentive, Order, OrderLine, Payment, Product, Receivable
from dingke.ledger.tests.factories import make_order

pytestmark = pytest.mark.django_db
ACCOUNTS = csv_bytes(
    "客户名称,客户编号,行业,城市,员工人数,负责人", "江州重工集团有限公司,C1,机械,江州,1200,周敏", "海川电子有限公司,C2,电子,海川,350,"
)


def counts(run: ImportRun) -> dict[str, int]:
    return {key: value for key, value in run.counts["total"].items() if value}


@pytest.fixture
def industries(db):
    return [
        make_item("industries", "MACHINERY", zh="机械", en="Machinery"),
        make_item("industries", "ELECTRONICS", zh="电子", en="Electronics"),
    ]


def test_chinese_headers_find_their_fields_and_rows_become_accounts(cast, industries, now):
    run = a_run(("客户.csv", ACCOUNTS), now=now)
    assert only(run).target == "accounts"
    assert {key: spec["column"] for key, spec in only(run).mapping["fields"].items()} == {
        "name": "客户名称", "external_key": "客户编号", "industry": "行业", "city": "城市", "employees": "员工人数", "owner": "负责人",
    }  # fmt: skip
    run = done(run, now=now)
    assert counts(run) == {"created": 2}
    first, second = Account.objects.order_by("external_key")
    assert (first.name, first.owner, first.industry, first.employees, first.pool_at) == (
        "江州重工集团有限公司",
        cast.owner.user,
        industries[0],
        1200,
        None,
    )
    assert (second.owner, second.pool_at) == (None, now)
    assert OwnershipChange.objects.filter(account=first, kind="CREATED", after=cast.owner.user).exists()
    assert SearchEntry.objects.get(account=second).terms.find("hcdz") >= 0


@pytest.mark.parametrize(("encoding", "name"), [("gb18030", "客户.csv"), ("utf-8-sig", "accounts.csv"), ("utf-16", "accounts.csv")])
def test_encodings_of_chinese_spreadsheets_are_recognised(cast, industries, now, encoding, name):
    text = ACCOUNTS.decode("utf-8")
    run = imported((name, text.encode(encoding)), now=now)
    assert counts(run) == {"created": 2}
    assert Account.objects.filter(name="江州重工集团有限公司").exists()


def test_a_workbook_with_numbers_and_dates(cast, now):
    account = make_account("江州重工集团有限公司", owner=cast.owner.user, external_key="C1")
    content = xlsx_bytes(
        ("客户编号", "订单号", "日期", "订单金额", "产品", "数量"),
        ("C1", "SO-1", date(2026, 3, 1), 1234.5, None, 2),
        ("C1", "SO-2", "2026年3月2日", "1.2万", None, None),
    )
    run = imported(("订单.xlsx", content), now=now)
    assert counts(run) == {"created": 2}
    orders = Order.objects.filter(account=account).order_by("number")
    assert [(order.number, order.order_date, order.amount) for order in orders] == [
        ("SO-1", date(2026, 3, 1), Decimal("1234.50")),
        ("SO-2", date(2026, 3, 2), Decimal(12_000)),
    ]
    assert [(line.quantity, line.unit_price) for line in OrderLine.objects.all()] == [(Decimal(2), Decimal("617.25"))]


def test_create_only_refuses_what_is_there_and_update_only_what_is_not(cast, industries, now):
    make_account("江州重工集团有限公司", owner=cast.owner.user, external_key="C1")
    run = imported(("a.csv", ACCOUNTS), now=now, mode="CREATE")
    assert counts(run) == {"created": 1, "failed": 1}
    assert "is there already" in reasons(run)[0]
    Account.objects.filter(external_key="C2").delete()
    run = imported(("a.csv", ACCOUNTS), now=now, mode="UPDATE")
    assert counts(run) == {"updated": 1, "failed": 1}
    assert "nothing to update" in reasons(run)[0]


def test_both_creates_changes_and_leaves_alone_and_the_second_time_nothing_changes(cast, industries, now):
    account = make_account("江州重工", owner=cast.owner.user, external_key="C1", city="旧城")
    run = imported(("a.csv", ACCOUNTS), now=now)
    assert counts(run) == {"created": 1, "updated": 1}
    account.refresh_from_db()
    assert (account.name, account.city, account.version, account.pinyin.split()[0]) == ("江州重工集团有限公司", "江州", 2, "jiang")
    again = imported(("a.csv", ACCOUNTS), now=now)
    assert counts(again) == {"unchanged": 2}
    assert not again.changes.exists()


def test_a_blank_cell_changes_nothing(cast, now):
    account = make_account("江州重工", external_key="C1", city="江州")
    imported(("a.csv", csv_bytes("客户编号,客户名称,城市,电话", "C1,江州重工,,0755-26780000")), now=now)
    account.refresh_from_db()
    assert (account.city, account.phone) == ("江州", "0755-26780000")


def test_bad_rows_fail_with_row_reason_and_values_and_the_rest_goes_in(cast, industries, now):
    rows = csv_bytes(
        "客户名称,统一社会信用代码,负责人,员工人数,上级公司",
        "好公司,91350100M000100Y43,,10,",
        "坏代码公司,91350100M000100Y44,,10,",
        "无人公司,,没有这个人,10,",
        "人数公司,,,很多,",
        ",,,5,",
        "好公司,,,7,",
    )
    run = imported(("a.csv", rows), now=now, create_related=False)
    assert counts(run) == {"created": 1, "failed": 5}
    failures = list(only(run).failures.order_by("row_number"))
    assert [failure.row_number for failure in failures] == [3, 4, 5, 6, 7]
    assert [failure.reason_zh for failure in failures][1:] == [
        "没有名为“没有这个人”的人员可作为负责人。",
        "员工人数（列“员工人数”）：“很多”不是数字。",
        "缺少“客户名称”。",
        "与本文件中的“好公司”是同一客户。",
    ]
    assert "check" in failures[0].reason_en.lower()
    assert failures[0].values["客户名称"] == "坏代码公司"


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_failed_rows_file_can_be_mended_and_imported_again(cast, now, kind):
    run = imported(("a.csv", csv_bytes("客户名称,员工人数,电话", "甲公司,三十,0755-26780000", "乙公司,12,=1+1")), now=now)
    assert counts(run) == {"failed": 2}
    with files.opened(only(run)) as table:
        headers = table.headers
    write = files.failures_as_xlsx if kind == "xlsx" else files.failures_as_csv
    content = write(headers, only(run).failures.order_by("row_number"), chinese=True)
    again = a_run((f"failed.{kind}", content), now=now)
    with files.opened(only(again)) as table:
        assert table.headers == ("客户名称", "员工人数", "电话", "失败原因")
    assert {key: spec["column"] for key, spec in only(again).mapping["fields"].items()} == {
        "name": "客户名称",
        "employees": "员工人数",
        "phone": "电话",
    }
    setup.set_values(part=only(again), pairs={"employees": {"三十": "30"}})
    again = done(again, now=now)
    assert counts(again) == {"created": 1, "failed": 1}
    assert Account.objects.get().employees == 30


def test_the_confirmed_mapping_is_remembered_for_the_same_headers(cast, now):
    run = a_run(("a.csv", csv_bytes("Wer,Wo", "甲公司,江州")), now=now, target="accounts")
    assert only(run).mapping["fields"] == {}
    setup.set_mapping(part=only(run), pairs={"Wer": "name", "Wo": "city"}, orders={}, factors={}, key="name")
    done(run, now=now)
    assert MappingMemory.objects.get().target == "accounts"
    again = a_run(("b.csv", csv_bytes("Wo,Wer", "海川,乙公司")), now=now)
    assert {key: spec["column"] for key, spec in only(again).mapping["fields"].items()} == {"name": "Wer", "city": "Wo"}


def test_a_parent_may_come_later_in_the_file_even_in_another_batch(cast, now, monkeypatch):
    monkeypatch.setattr(engine, "BATCH", 2)
    rows = csv_bytes(
        "客户名称,上级公司",
        "子公司一,集团总部",
        "子公司二,集团总部",
        "无关公司,",
        "子公司三,哪里都没有",
        "集团总部,子公司一",
        "孙公司,子公司二",
    )
    run = imported(("a.csv", rows), now=now)
    assert counts(run) == {"created": 6}
    parents = {account.name: account.parent.name if account.parent else None for account in Account.objects.select_related("parent")}
    assert (parents["子公司二"], parents["孙公司"]) == ("集团总部", "子公司二")
    assert (parents["集团总部"], parents["子公司一"]) == ("子公司一", None), "a circle is not closed"
    assert StagedRow.objects.filter(kind="ACCOUNT_PARENT", values__parent="哪里都没有").exists()


def test_orders_create_the_accounts_they_name_or_fail(cast, now):
    rows = csv_bytes(
        "客户名称,订单号,日期,金额", "新客户一,SO-1,2026-01-01,100", "新客户一,SO-2,2026-01-02,200", "新客户二,SO-1,2026-01-03,300"
    )
    refusing = imported(("o.csv", rows), now=now, create_related=False)
    assert counts(refusing) == {"failed": 3}
    assert reasons(refusing)[0] == "There is no account 新客户一."
    run = imported(("o.csv", rows), now=now, create_related=True)
    assert counts(run) == {"created": 3}
    assert sorted(Account.objects.values_list("name", flat=True)) == ["新客户一", "新客户二"]
    assert Order.objects.get(account__name="新客户二").amount == 300


def test_orders_without_numbers_get_the_same_ones_every_time(cast, now):
    rows = csv_bytes("客户编号,日期,金额", "K1,2026-01-01,10", "K1,2026-01-01,20", "K2,2026-01-01,30")
    assert counts(imported(("o.csv", rows), now=now)) == {"created": 3}
    assert list(Order.objects.order_by("amount").values_list("number", flat=True)) == [
        "K1-2026-01-01-1",
        "K1-2026-01-01-2",
        "K2-2026-01-01-1",
    ]
    assert counts(imported(("o.csv", rows), now=now)) == {"unchanged": 3}


def test_misspelt_products_are_proposed_and_replaced(cast, now):
    Product.objects.create(code="GTX Pro", name="GTX Pro")
    make_account("甲公司")
    run = a_run(
        ("o.csv", csv_bytes("客户名称,订单号,日期,金额,产品", "甲公司,1,2026-01-01,10,GTXPro", "甲公司,2,2026-01-01,10,Unknown")), now=now
    )
    questions = proposals.value_questions(only(run), [only(run)])
    assert [(question.value, question.candidate and question.candidate.value) for question in questions] == [
        ("GTXPro", "GTX Pro"),
        ("Unknown", None),
    ]
    take_sure(run)
    run = done(run, now=now)
    assert counts(run) == {"created": 1, "failed": 1}
    assert OrderLine.objects.get().product.code == "GTX Pro"


def test_dates_that_can_be_read_in_two_ways_must_be_said(cast, now):
    make_account("甲公司")
    run = a_run(("o.csv", csv_bytes("客户名称,订单号,日期,金额", "甲公司,1,03/04/2026,10")), now=now)
    assert len(setup.gaps(run, SYSTEM)) == 1
    setup.set_mapping(
        part=only(run),
        pairs={"客户名称": "account_name", "订单号": "number", "日期": "order_date", "金额": "amount"},
        orders={"日期": "dmy"},
        factors={"金额": "10000"},
        key="",
    )
    done(run, now=now)
    order = Order.objects.get()
    assert (order.order_date, order.amount) == (date(2026, 4, 3), Decimal(100_000))


def test_receivables_payments_and_incentives(cast, now):
    account = make_account("甲公司", external_key="A1")
    make_order(account, number="SO-1", amount="500")
    invoices = csv_bytes(
        "客户编号,发票号,开票日期,到期日,应收金额,订单号",
        "A1,F1,2026-01-01,2026-02-01,500,SO-1",
        "A1,F2,2026-01-01,2025-12-01,500,",
        "A1,F3,2026-01-01,2026-02-01,500,SO-9",
    )
    run = imported(("f.csv", invoices), now=now)
    assert only(run).target == "receivables"
    assert counts(run) == {"created": 1, "failed": 2}
    payments = csv_bytes("客户编号,回款日期,回款金额,发票号", "A1,2026-01-20,200,F1", "A1,2026-01-20,100,")
    assert counts(imported(("p.csv", payments), now=now)) == {"created": 2}
    assert counts(imported(("p.csv", payments), now=now)) == {"unchanged": 2}
    assert Payment.objects.get(receivable=Receivable.objects.get()).amount == 200
    given = csv_bytes(
        "客户编号,激励类别,激励金额,开始日期,结束日期", "A1,返利,88,2026-01-01,2026-12-31", "A1,红包,88,2026-01-01,2026-12-31"
    )
    run = imported(("i.csv", given), now=now)
    assert counts(run) == {"created": 1, "failed": 1}
    assert Incentive.objects.get().kind == "REBATE"


def test_the_number_of_queries_does_not_grow_with_the_rows(cast, now, count_queries):
    def orders(count, prefix):
        rows = [f"{prefix}{number % 20},SO-{number},2026-01-01,{number}.5,X" for number in range(count)]
        run = a_run(("o.csv", csv_bytes("客户编号,订单号,日期,金额,产品", *rows)), now=now)
        setup.make_ready(run=run, by=SYSTEM, now=now)
        return run

    Product.objects.create(code="X", name="X")
    few, many = orders(20, "A"), orders(40, "B")
    with count_queries() as small:
        engine.perform(few, by=SYSTEM, now=now)
    with count_queries() as large:
        engine.perform(many, by=SYSTEM, now=now)
    # a bulk insert is cut by the number of its parameters; nothing else may depend on the rows
    inserts = [sum(sql.startswith("INSERT") for sql in counted.sql) for counted in (small, large)]
    assert small.number - inserts[0] == large.number - inserts[1]
    assert inserts[1] - inserts[0] <= 4


def test_a_trial_writes_nothing_and_says_what_would_happen(cast, industries, now):
    run = a_run(("a.csv", ACCOUNTS + csv_bytes("坏,C3,机械,江州,很多,")), now=now)
    trial = dry_run.trial(run, by=SYSTEM, now=now)[0]
    assert (trial.counts["created"], trial.counts["failed"], trial.is_whole or trial.rows) == (2, 1, 3)
    assert trial.commonest()[0][1:] == (1, 4)
    assert not Account.objects.exists()
    preview = dry_run.preview(only(run), [only(run)])
    assert preview[0].values["employees"] == 1200
    assert preview[2].troubles[0].column == "员工人数"


def test_several_files_see_each_other_and_are_taken_in_the_right_order(cast, now):
    orders = csv_bytes("客户名称,订单号,日期,金额,产品", "甲公司,1,2026-01-01,10,泵A")
    accounts, products = csv_bytes("公司名称,城市", "甲公司,江州"), csv_bytes("产品名称,单价,产品系列", "泵 A,99,泵")
    run = a_run(("orders.csv", orders), ("accounts.csv", accounts), ("products.csv", products), now=now)
    assert [each.target for each in run.files.order_by("position")] == ["products", "accounts", "orders"]
    assert [
        question.candidate.value for question in proposals.value_questions(part(run, "orders"), list(run.files.order_by("position")))
    ] == ["泵 A"]
    take_sure(run)
    run = done(run, now=now)
    assert counts(run) == {"created": 3}


def test_rights_are_asked_when_it_is_set_up_and_again_when_it_runs(cast, now):
    with pytest.raises(NotAllowed):
        setup.create_run(uploads=[("a.csv", ContentFile(ACCOUNTS, name="a.csv"))], by=cast.owner.scope, now=now)
    finance = a_run(("a.csv", ACCOUNTS), now=now, by=cast.finance.scope)
    assert only(finance).target != "accounts"
    run = a_run(("a.csv", ACCOUNTS), now=now, by=cast.director.scope)
    setup.make_ready(run=run, by=cast.director.scope, now=now)
    with pytest.raises(NotAllowed):
        engine.perform(run, by=cast.owner.scope, now=now)
    assert not Account.objects.exists()


def test_a_database_conflict_costs_the_row_and_not_the_batch(cast, now, monkeypatch):
    from dingke.ledger.actions import importing_orders as ledger_importing

    account = make_account("甲公司", external_key="A1")
    make_order(account, number="SO-2")
    monkeypatch.setattr(ledger_importing, "_books", lambda batch, accounts: ledger_importing._Books({}, {}, {}, {}))
    run = imported(
        ("o.csv", csv_bytes("客户编号,订单号,日期,金额", "A1,SO-1,2026-01-01,1", "A1,SO-2,2026-01-01,2", "A1,SO-3,2026-01-01,3")), now=now
    )
    assert counts(run) == {"created": 2, "failed": 1}
    assert "another record has the same unique value" in reasons(run)[0]


def test_names_of_merged_and_archived_accounts(cast, now):
    kept = make_account("甲公司", external_key="A1")
    make_account("甲公司旧", external_key="A0", archived_at=now, merged_into=kept)
    make_account("关门公司", external_key="A9", archived_at=now)
    rows = csv_bytes("客户编号,订单号,日期,金额", "A0,SO-1,2026-01-01,1", "A9,SO-2,2026-01-01,1")
    run = imported(("o.csv", rows), now=now)
    assert counts(run) == {"created": 1, "failed": 1}
    assert Order.objects.get().account == kept
    assert "archived" in reasons(run)[0]


@pytest.mark.parametrize(
    ("header", "factor"),
    [
        ("年营业额(万元)", "10000"),
        ("金额（单位：万元）", "10000"),
        ("收入/亿元", "100000000"),
        ("Revenue (in millions)", "1000000"),
        ("Sales [k]", "1000"),
        ("金额(元)", ""),
        ("Amount (USD)", ""),
        ("万科销售额", ""),
    ],
)
def test_a_header_that_names_its_unit_proposes_the_factor(header, factor):
    assert proposals.unit_in(header) == factor
