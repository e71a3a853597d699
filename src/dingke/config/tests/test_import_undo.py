"""Taking imports back, and going on with those that were interrupted."""

from __future__ import annotations

import pytest

from dingke.accounts.actions import account as account_actions
from dingke.accounts.models import Account, AccountTag, Contact, ContactWay, SearchEntry
from dingke.accounts.tests.factories import make_account, make_item
from dingke.config.tests.importing_kit import SYSTEM, a_run, csv_bytes, imported, only
from dingke.core.importing import engine, setup, undo
from dingke.core.models import AuditEntry, ImportChange, ImportRun
from dingke.ledger.models import Order
from dingke.ledger.tests.factories import make_order
from dingke.people.models import Team, User

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


def test_contacts_with_job_and_ways(cast, now):
    account = make_account("甲公司")
    rows = csv_bytes(
        "姓名,客户名称,职务,手机,邮箱,部门类别", "陈立群,甲公司,采购总监,138 0013 8000,chen@example.com,采购部", "王芳,甲公司,,,不是邮箱,"
    )
    run = imported(("c.csv", rows), now=now)
    assert only(run).target == "contacts"
    assert counts(run) == {"created": 1, "failed": 1}
    contact = Contact.objects.get(account=account)
    assert {way.kind: way.value for way in contact.ways.all()} == {"MOBILE": "13800138000", "EMAIL": "chen@example.com"}
    assert (contact.jobs.get().title, contact.jobs.get().department) == ("采购总监", "PURCHASING")
    more = csv_bytes("姓名,客户名称,职务,手机", "陈立群,甲公司,副总裁,13900139000")
    run = imported(("c.csv", more), now=now)
    assert counts(run) == {"updated": 1}
    assert ContactWay.objects.filter(contact=contact).count() == 3
    undo.take_back(run, by=SYSTEM, now=now)
    assert ContactWay.objects.filter(contact=contact).count() == 2
    assert contact.jobs.get().title == "采购总监"


def test_people_and_teams(cast, now):
    rows = csv_bytes(
        "姓名,团队,主管,角色",
        "Anna Snelling,Central/Dustin,Dustin Brinkmann,rep",
        "赵雷,Central/Dustin,Dustin Brinkmann,大客户经理",
        "Dustin Brinkmann,Central/Dustin,,销售经理",
    )
    run = imported(("p.csv", rows), now=now)
    assert only(run).target == "people"
    assert counts(run) == {"created": 3}
    anna = User.objects.get(username="anna.snelling")
    assert (anna.team.name, anna.team.parent.name, anna.has_usable_password()) == ("Dustin", "Central", False)
    manager = User.objects.get(username="dustin.brinkmann")
    assert (manager.role, list(anna.team.leaders.all())) == ("SALES_MANAGER", [manager])
    assert User.objects.get(name="赵雷").username == "zhaolei"
    assert counts(imported(("p.csv", rows), now=now)) == {"unchanged": 3}
    undo.take_back(run, by=SYSTEM, now=now)
    assert not User.objects.filter(username__in=["anna.snelling", "dustin.brinkmann"]).exists()
    assert not Team.objects.filter(name="Central").exists()


def test_undo_removes_what_was_created_and_sets_changes_back(cast, industries, now):
    account = make_account("江州重工", owner=cast.colleague.user, external_key="C1", city="旧城")
    run = imported(("a.csv", ACCOUNTS), now=now)
    orders = imported(("o.csv", csv_bytes("客户编号,订单号,日期,金额,数量", "C9,SO-1,2026-01-01,10,3")), now=now)
    assert Account.objects.count() == 3
    for each in (orders, run):
        undo.take_back(each, by=SYSTEM, now=now)
        each.refresh_from_db()
        assert each.state == ImportRun.State.UNDONE
    account.refresh_from_db()
    assert (account.name, account.city, account.owner, account.industry) == ("江州重工", "旧城", cast.colleague.user, None)
    assert list(Account.objects.all()) == [account]
    assert not Order.objects.exists()
    assert "jz" in SearchEntry.objects.get().terms
    assert not ImportChange.objects.exists()
    assert run.options["undo"]["removed"] >= 1
    assert list(AuditEntry.objects.filter(action__startswith="imports").order_by("id").values_list("action", flat=True)) == [
        "imports.run",
        "imports.run",
        "imports.undo",
        "imports.undo",
    ]


def test_undo_leaves_what_somebody_built_on_or_changed_since(cast, industries, now):
    make_account("江州重工", owner=cast.owner.user, external_key="C1", city="旧城")
    rows = csv_bytes("客户名称,客户编号,城市", "江州重工,C1,新城", "被用公司,C2,甲", "改过公司,C3,乙", "干净公司,C4,丙")
    run = imported(("a.csv", rows), now=now)
    make_order(Account.objects.get(external_key="C2"))
    account_actions.edit_account(account=Account.objects.get(external_key="C3"), values={"city": "丁"}, by=SYSTEM, now=now)
    account_actions.edit_account(account=Account.objects.get(external_key="C1"), values={"city": "别处"}, by=SYSTEM, now=now)
    undo.take_back(run, by=SYSTEM, now=now)
    run.refresh_from_db()
    assert sorted(Account.objects.values_list("name", flat=True)) == sorted(["江州重工", "被用公司", "改过公司"])
    assert Account.objects.get(external_key="C1").city == "别处"
    left = run.options["undo"]
    assert (left["removed"], left["kept"]) == (1, 3)
    told = " ".join(entry["en"] for entry in left["left"])
    assert "被用公司 stays" in told
    assert "改过公司 was changed after the import" in told
    assert "江州重工" in told
    assert run.changes.count() == 3


def test_undo_in_small_batches_goes_on_after_an_interruption(cast, now, monkeypatch):
    monkeypatch.setattr(undo, "BATCH", 2)
    run = imported(("a.csv", csv_bytes("客户名称,上级公司", "甲,丁", "乙,", "丙,", "丁,", "戊,")), now=now)
    calls = []

    class Stops:
        job = None

        def tell(self, done, total=None, message="", *, now=None):
            calls.append(done)
            if len(calls) == 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        undo.take_back(run, by=SYSTEM, now=now, progress=Stops())
    run.refresh_from_db()
    assert 0 < Account.objects.count() < 5
    undo.take_back(run, by=SYSTEM, now=now)
    assert not Account.objects.exists()


def test_a_run_goes_on_from_the_row_where_it_was(cast, now, monkeypatch):
    monkeypatch.setattr(engine, "BATCH", 3)
    rows = csv_bytes("客户编号,日期,金额", *(f"K{number % 4},2026-01-01,{number}" for number in range(1, 11)))
    run = a_run(("o.csv", rows), now=now)
    setup.make_ready(run=run, by=SYSTEM, now=now)
    told = []

    def stops(what, done_rows, total):
        told.append(done_rows)
        if len(told) == 2:
            raise KeyboardInterrupt

    token = engine.listener.set(stops)
    with pytest.raises(KeyboardInterrupt):
        engine.perform(run, by=SYSTEM, now=now)
    engine.listener.reset(token)
    assert (only(run).rows_done, Order.objects.count()) == (6, 6)
    engine.perform(run, by=SYSTEM, now=now)
    run.refresh_from_db()
    assert counts(run) == {"created": 10}
    assert Order.objects.count() == 10
    assert sorted(Order.objects.filter(account__external_key="K1").values_list("number", flat=True)) == [
        "K1-2026-01-01-1",
        "K1-2026-01-01-2",
        "K1-2026-01-01-3",
    ]
    engine.perform(run, by=SYSTEM, now=now)
    assert Order.objects.count() == 10


def test_two_workers_never_write_the_same_rows(cast, now):
    run = a_run(("a.csv", ACCOUNTS), now=now)
    setup.make_ready(run=run, by=SYSTEM, now=now)
    stale = only(run)
    engine._count([stale])
    engine.perform(run, by=SYSTEM, now=now)
    with pytest.raises(engine.TakenOver):
        engine._import_file(run, stale, [stale], by=SYSTEM, now=now, said=lambda done: None)
    assert Account.objects.count() == 2


def test_tags_are_added_and_taken_back(cast, now):
    account = make_account("甲公司")
    run = imported(("a.csv", csv_bytes("客户名称,标签", "甲公司,战略；华东")), now=now)
    assert sorted(AccountTag.objects.filter(account=account).values_list("tag__name", flat=True)) == ["华东", "战略"]
    undo.take_back(run, by=SYSTEM, now=now)
    assert not AccountTag.objects.filter(account=account).exists()
