"""The list of deals, its views, columns and file; the table by week; who sees what on every path."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from dingke.accounts.tests.factories import make_account, make_item
from dingke.core import jobs
from dingke.core.models import Job, SavedView
from dingke.ledger.tests.factories import make_product
from dingke.pipeline import exports
from dingke.pipeline.models import OpportunityLine
from dingke.pipeline.queries import list as reads
from dingke.pipeline.queries import list_filter, weeks
from dingke.pipeline.queries.list_filter import DealFilter, deal_filter
from dingke.pipeline.tests.factories import make_opportunity, make_playbook

pytestmark = pytest.mark.django_db
LIST = "/deals/list/"


@pytest.fixture
def version(db):
    return make_playbook("MAIN")


def names(scope, wanted, today):
    return sorted(deal.name for deal in list_filter.filtered(scope, wanted, today=today))


def test_an_address_is_read_and_written_the_same():
    wanted = DealFilter(
        text="x", state="", owner="mine", team=3, playbook=4, stage="LEAD", family="GTX", product="none", account=5, sector="6",
        forecast="COMMIT", due="week", next_step="late", question="yes", reason="7", rival="8", stage_days=30,
    )  # fmt: skip
    assert deal_filter(wanted.params()) == wanted
    assert deal_filter({}) == DealFilter()
    assert DealFilter().params() == {}
    junk = {"owner": "'", "team": "x", "state": "NO", "due": "?", "expected_from": "31-12", "product": "-1", "stage_days": "9" * 40}
    assert deal_filter(junk) == DealFilter()
    assert deal_filter(QueryDict("state=WON")).state == "WON"


def test_filters_one_by_one(cast, account, version, today):
    industry = make_item("industries", "MACHINERY")
    account.industry = industry
    account.save()
    product = make_product(family="GTX")
    deal = make_opportunity(
        "甲", account=account, owner=cast.owner.user, version=version, expected_date=today, product_family="GTX", forecast="COMMIT",
        next_step="电话", next_step_date=today - timedelta(days=2), stage_since=today - timedelta(days=50),
    )  # fmt: skip
    OpportunityLine.objects.create(opportunity=deal, product=product, amount=Decimal("1"))
    make_opportunity("乙", owner=cast.owner.user, version=version, open_question="Which account?", stage="OFFER")
    make_opportunity("丙", account=account, owner=cast.colleague.user, version=version, state="LOST", ended_date=today, end_note="贵")
    scope = cast.director.scope
    for wanted, expected in (
        (DealFilter(), ["乙", "甲"]),
        (DealFilter(state=""), ["丙", "乙", "甲"]),
        (DealFilter(state="LOST"), ["丙"]),
        (DealFilter(owner=str(cast.owner.user.pk)), ["乙", "甲"]),
        (DealFilter(team=cast.team.pk, state=""), ["丙", "乙", "甲"]),
        (DealFilter(team=cast.other_team.pk), []),
        (DealFilter(team=0), []),
        (DealFilter(playbook=version.playbook_id), ["乙", "甲"]),
        (DealFilter(stage="OFFER"), ["乙"]),
        (DealFilter(product=str(product.pk)), ["甲"]),
        (DealFilter(product="none"), ["乙"]),
        (DealFilter(sector=str(industry.pk)), ["甲"]),
        (DealFilter(sector="none"), ["乙"]),
        (DealFilter(forecast="COMMIT"), ["甲"]),
        (DealFilter(due="week"), ["甲"]),
        (DealFilter(due="month"), ["甲"]),
        (DealFilter(due="quarter"), ["甲"]),
        (DealFilter(due="overdue"), []),
        (DealFilter(next_step="late"), ["甲"]),
        (DealFilter(next_step="none"), ["乙"]),
        (DealFilter(question="yes"), ["乙"]),
        (DealFilter(stage_days=40), ["甲"]),
        (DealFilter(reason="none", state="LOST"), ["丙"]),
        (DealFilter(rival="none", state="LOST"), ["丙"]),
        (DealFilter(account=account.pk, state=""), ["丙", "甲"]),
        (DealFilter(expected_from=today, expected_to=today), ["甲"]),
        (DealFilter(state="", ended_from=today, ended_to=today), ["丙"]),
        (DealFilter(opened_from=today + timedelta(days=1)), []),
    ):
        assert names(scope, wanted, today) == sorted(expected), wanted
        list_filter.chips(wanted, stages={})


def test_strangers_see_no_row_anywhere(cast, account, version):
    make_opportunity("秘密项目", account=account, owner=cast.owner.user, version=version, expected_date=timezone.localdate())
    for name in ("list", "weeks", "board"):
        url = reverse(f"pipeline:{name}")
        assert "秘密项目" in cast.owner.client.get(url).content.decode(), name
        assert "秘密项目" not in cast.stranger.client.get(url).content.decode(), name
    assert cast.anonymous.get(LIST).status_code == 303


def test_amounts_are_hidden_without_the_right(cast, account, version, today):
    from dataclasses import replace

    make_opportunity(account=account, owner=cast.owner.user, version=version, amount=Decimal("777777.00"), expected_date=today)
    blind = replace(cast.director.scope, hidden_fields=frozenset({"amount"}))
    assert "amount" not in {column.key for column in reads.columns_for(blind)}
    assert reads.totals(blind, list_filter.filtered(blind, DealFilter(), today=today)).amount is None
    assert all(week.amount is None for week in weeks.weeks(blind, DealFilter(), today=today))


@pytest.mark.parametrize("sort", [column.key for column in reads.COLUMNS if column.sort])
def test_every_sort_pages_through_all_rows_once(cast, account, version, today, sort):
    for number in range(7):
        make_opportunity(
            f"项目{number}", account=account if number % 2 else None, owner=cast.owner.user, version=version,
            amount=Decimal(number) if number % 3 else None, expected_date=today + timedelta(days=number) if number % 2 else None,
        )  # fmt: skip
    for text in (sort, f"-{sort}"):
        _text, column, descending = reads.sort_for(reads.COLUMNS, text)
        seen, cursor = [], None
        while True:
            rows = list_filter.filtered(cast.owner.scope, DealFilter(), today=today)
            page = reads.page_of(rows, sort=column, descending=descending, cursor=cursor, size=3)
            seen += [deal.pk for deal in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        assert (len(seen), len(set(seen))) == (7, 7), text


def test_the_list_costs_the_same_for_few_and_many(cast, version, count_queries):
    def fill(number):
        for _place in range(number):
            make_opportunity(
                account=make_account(owner=cast.owner.user), owner=cast.owner.user, version=version, expected_date=timezone.localdate()
            )

    fill(3)
    for url in (LIST, reverse("pipeline:weeks")):
        cast.owner.client.get(url)
    before = []
    for url in (LIST, reverse("pipeline:weeks")):
        with count_queries() as counted:
            cast.owner.client.get(url)
        before.append(counted.number)
    fill(27)
    for url, number in zip((LIST, reverse("pipeline:weeks")), before, strict=True):
        with count_queries() as counted:
            cast.owner.client.get(url)
        assert counted.number == number, url


def test_a_view_is_saved_shown_and_deleted(cast, account, version):
    make_opportunity("甲项目", account=account, owner=cast.owner.user, version=version)
    client = cast.owner.client
    assert client.get(f"{LIST}?edited=1&text=甲").status_code == 200
    saved = client.post(reverse("pipeline:view_save") + "?edited=1&text=甲&sort=-amount", {"name": "甲的商机"})
    assert saved.status_code == 303
    view = SavedView.objects.get(page="deals", owner_id=cast.owner.user.pk)
    assert view.query["filters"] == {"text": "甲"}
    page = client.get(LIST, {"view": view.pk}).content.decode()
    assert "甲的商机" in page
    assert "甲项目" in page
    assert cast.colleague.client.get(LIST, {"view": view.pk}).status_code == 404
    assert client.post(reverse("pipeline:view_save"), {"name": ""}).status_code == 422
    assert cast.colleague.client.post(reverse("pipeline:view_delete", args=[view.pk])).status_code == 404
    client.post(reverse("pipeline:view_delete", args=[view.pk]))
    assert not SavedView.objects.filter(pk=view.pk).exists()


def test_chosen_columns_are_remembered(cast, account, version):
    make_opportunity(account=account, owner=cast.owner.user, version=version, product_family="GTX-家族")
    client = cast.owner.client
    assert "GTX-家族" not in client.get(LIST).content.decode().split("<tbody")[1]
    assert client.get(reverse("pipeline:list_columns")).status_code == 200
    client.post(reverse("pipeline:list_columns"), {"columns": ["family", "nonsense"]})
    assert "GTX-家族" in client.get(LIST).content.decode().split("<tbody")[1]


@pytest.mark.parametrize("view", ["open", "mine", "quarter", "overdue", "undated", "idle", "questions", "won", "lost", "all"])
def test_every_shipped_view_opens(cast, account, version, view):
    make_opportunity(account=account, owner=cast.owner.user, version=version)
    assert cast.owner.client.get(LIST, {"view": view}).status_code == 200


def test_weeks_put_what_is_late_first(cast, account, version, today):
    for offset, amount in ((-3, 100), (0, 200), (7, 400), (200, 800), (None, 1600)):
        expected = None if offset is None else today + timedelta(days=offset)
        make_opportunity(account=account, owner=cast.owner.user, version=version, expected_date=expected, amount=Decimal(amount))
    found = weeks.weeks(cast.owner.scope, DealFilter(), today=today)
    assert found[0].is_overdue
    assert [int(week.amount) for week in found if week.number] == [100, 200, 400, 800, 1600]
    assert len(found) == weeks.WEEKS + 3
    for week in found:
        assert list_filter.filtered(cast.owner.scope, week.wanted, today=today).count() == week.number, week.label
    assert [week.weighted for week in found if week.number][0] == Decimal("10.00")


def test_the_file_holds_what_its_owner_sees(cast, account, version, tmp_path, settings, now):
    import openpyxl

    settings.UPLOADS = tmp_path
    make_opportunity("甲项目", account=account, owner=cast.owner.user, version=version)
    make_opportunity("=他人项目", owner=cast.stranger.user, version=version)
    response = cast.manager.client.post(reverse("pipeline:export") + "?edited=1")
    assert response.status_code == 303
    job = Job.objects.get(kind=exports.KIND)
    assert job.owner_id == cast.manager.user.pk
    result = exports.export_deals(jobs.Progress(job))
    book = openpyxl.load_workbook(exports.folder() / result["file"])
    cells = [str(cell.value) for row in book.active.iter_rows() for cell in row]
    assert any("甲项目" in cell for cell in cells)
    assert not any("他人项目" in cell for cell in cells)
    job.result = result
    job.save()
    url = reverse("pipeline:export_file", args=[job.pk])
    assert cast.manager.client.get(url).status_code == 200
    assert cast.director.client.get(url).status_code == 404
    assert cast.read_only.client.post(reverse("pipeline:export")).status_code == 403


def test_scripts_in_names_stay_text(cast, account, version):
    make_opportunity("<script>alert(1)</script>", account=account, owner=cast.owner.user, version=version, next_step="<img src=x>")
    for name in ("board", "list", "weeks"):
        page = cast.owner.client.get(reverse(f"pipeline:{name}")).content.decode()
        assert "<script>alert(1)" not in page
        assert "<img src=x>" not in page
