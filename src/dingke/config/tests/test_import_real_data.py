"""Files that nobody here wrote, taken whole, with the exact figures that they must give."""

from __future__ import annotations

import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum

from dingke.accounts.models import Account, OwnershipChange
from dingke.accounts.queries.account import visible_accounts
from dingke.config import import_command
from dingke.core.models import ImportFailure, ImportFile, ImportRun, ListItem, StagedRow
from dingke.core.scope import Scope
from dingke.ledger.models import Order, OrderLine, Product
from dingke.people.models import Team, User
from dingke.people.queries import scope_for

pytestmark = [pytest.mark.real_data, pytest.mark.django_db]


def take_in(path: Path, *, now, capture) -> dict:
    """Queued work runs where the product has its worker: after the commit."""
    with capture(execute=True):
        return import_command.import_path(path, by=Scope.system(), now=now, yes=True)


@pytest.fixture
def hardware(real_data, now, django_capture_on_commit_callbacks):
    return take_in(real_data / "b2b_computer_hardware", now=now, capture=django_capture_on_commit_callbacks)


def test_the_hardware_company_comes_in_whole(hardware, real_data, now, django_capture_on_commit_callbacks):
    assert hardware["accounts"] == {"created": 85}
    assert hardware["products"] == {"created": 7}
    assert hardware["people"] == {"created": 35}
    assert hardware["orders"] == {"created": 4238, "left_out": 4562}
    assert hardware["opportunities"] == {"created": 3137, "failed": 1425, "left_out": 4238}
    assert Order.objects.count() == 4238
    assert Order.objects.aggregate(total=Sum("amount"))["total"] == Decimal("10005534.00")
    assert User.objects.filter(role="REP").count() == 35
    assert User.objects.filter(role="SALES_MANAGER").count() == 6
    assert StagedRow.objects.filter(kind="OPPORTUNITY").count() == 3137
    assert ImportFailure.objects.count() == 1425
    assert set(ImportFailure.objects.values_list("reason_en", "reason_zh")) == {("“Account” is missing.", "缺少“客户名称”。")}
    assert Path(hardware["failed_rows"]).exists()

    best = {
        row["account__name"]: row["total"]
        for row in Order.objects.values("account__name").annotate(total=Sum("amount")).order_by("-total")[:3]
    }
    assert best == {"Kan-code": Decimal(341_455), "Konex": Decimal(269_245), "Condax": Decimal(206_410)}

    again = take_in(real_data / "b2b_computer_hardware", now=now, capture=django_capture_on_commit_callbacks)
    assert again["total"] == {"unchanged": 7502, "failed": 1425, "left_out": 8800}


def test_the_dirt_of_the_hardware_files_is_mended(hardware):
    pro = Product.objects.get(name="GTX Pro")
    part = ImportFile.objects.get(target="orders")
    assert part.value_mapping == {"product": {"GTXPro": "GTX Pro"}}
    assert OrderLine.objects.filter(product=pro).count() == 729
    assert OrderLine.objects.filter(product__isnull=True).count() == 0
    staged = StagedRow.objects.filter(kind="OPPORTUNITY", values__product="GTX Pro").count()
    without_account = sum(failure.values["product"] == "GTXPro" for failure in ImportFailure.objects.all())
    assert 729 + staged + without_account == 1480

    technology = ListItem.objects.get(list_code="industries", label_en="Technology")
    assert Account.objects.filter(industry=technology).count() == 12
    assert not ListItem.objects.filter(label_en__icontains="technolgy").exists()
    acme = Account.objects.get(name="Acme Corporation")
    assert (acme.annual_revenue, acme.currency, acme.founded_year, acme.employees) == (Decimal("1100040000.00"), "USD", 1996, 2822)
    assert Account.objects.get(name="Bioholding").region.label_en == "Philippines"
    assert sorted(Account.objects.filter(parent=acme).values_list("name", flat=True)) == [
        "Bluth Company",
        "Codehow",
        "Donquadtech",
        "Iselectrics",
    ]
    assert Account.objects.get(name="Cheers").parent.name == "Massive Dynamic"
    assert Account.objects.filter(parent__isnull=False).count() == 15
    order = Order.objects.get(number="1C1I7A6R")
    assert (order.account.name, order.order_date, order.amount, order.currency, order.sold_by_name) == (
        "Cancity",
        date(2017, 3, 1),
        Decimal("1054.00"),
        "USD",
        "Moses Frase",
    )
    assert (order.lines.get().product.name, order.lines.get().quantity) == ("GTX Plus Basic", 1)
    kept = StagedRow.objects.filter(kind="OPPORTUNITY").first()
    assert set(kept.values["row"]) == {
        "opportunity_id",
        "sales_agent",
        "product",
        "account",
        "deal_stage",
        "engage_date",
        "close_date",
        "close_value",
        "engage_quarter",
        "close_quarter",
    }


def test_owners_and_teams_of_the_hardware_company(hardware):
    assert Account.objects.filter(owner__isnull=True).count() == 0
    assert OwnershipChange.objects.filter(kind="CREATED").count() == 85
    sold: dict[str, dict[str, Decimal]] = {}
    for account, agent, amount in Order.objects.values_list("account__name", "sold_by_name", "amount"):
        sold.setdefault(account, {}).setdefault(agent, Decimal(0))
        sold[account][agent] += amount
    for account in Account.objects.select_related("owner"):
        assert sold[account.name][account.owner.name] == max(sold[account.name].values())
    darcel = User.objects.get(username="darcel.schlecht")
    assert (darcel.role, darcel.team.name, darcel.team.parent.name, darcel.has_usable_password()) == (
        "REP",
        "Melvin Marxen",
        "Central",
        False,
    )
    central = Team.objects.get(name="Central")
    assert sorted(central.leaders.values_list("name", flat=True)) == ["Dustin Brinkmann", "Melvin Marxen"]
    assert sorted(Team.objects.filter(parent=None).values_list("name", flat=True)) == ["Central", "East", "West"]


def test_a_regional_manager_sees_only_what_the_agents_of_the_region_own(hardware):
    for region in ("Central", "East", "West"):
        agents = User.objects.filter(team__parent__name=region, role="REP")
        for manager in Team.objects.get(name=region).leaders.all():
            seen = set(visible_accounts(scope_for(manager)).values_list("pk", flat=True))
            assert seen == set(Account.objects.filter(owner__in=agents).values_list("pk", flat=True))
            assert 0 < len(seen) < 85
    rep = User.objects.get(username="darcel.schlecht")
    assert set(visible_accounts(scope_for(rep)).values_list("owner_id", flat=True)) == {rep.pk}


def test_the_purchases_of_cdnow(real_data, now, django_capture_on_commit_callbacks):
    started = time.process_time()
    told: list[tuple[str, int, int | None]] = []
    with django_capture_on_commit_callbacks(execute=True):
        result = import_command.import_path(
            real_data / "cdnow" / "CDNOW_master.txt", by=Scope.system(), now=now, yes=True, tell=lambda *said: told.append(said)
        )
    assert result["orders"] == {"created": 69_659}
    assert Order.objects.count() == 69_659
    assert Account.objects.count() == 23_570
    first = Account.objects.get(external_key="00002")
    assert (first.name, first.customer_type, first.form) == ("CDNOW 00002", "CONSUMER", "INDIVIDUAL")
    orders = [(order.number, order.order_date, order.amount, order.lines.get().quantity) for order in first.orders.order_by("number")]
    assert orders == [
        ("00002-19970112-1", date(1997, 1, 12), Decimal("12.00"), 1),
        ("00002-19970112-2", date(1997, 1, 12), Decimal("77.00"), 5),
    ]
    assert told[-1][1:] == (69_659, 69_659)
    run = ImportRun.objects.get()
    assert (run.finished_at is not None, run.state) == (True, "DONE")
    assert time.process_time() - started < 100, "seconds of one core; well under two minutes also beside other work"
