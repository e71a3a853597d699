"""The pages: who opens what, what they show, that their queries do not grow, and that the search goes through the index."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from dingke.accounts.tests.factories import NOW, make_item
from dingke.core.search_keys import query_terms
from dingke.library.actions import texts
from dingke.library.models import Entry, EntryUse, LadderLevel, Portrait
from dingke.library.queries import search
from dingke.library.tests.factories import make_entry, make_use

pytestmark = pytest.mark.django_db


def page(person, name, *args, **query):
    answer = person.client.get(reverse(f"library:{name}", args=args), query)
    assert answer.status_code == 200, answer.status_code
    return answer.content.decode()


class TestList:
    def test_tabs_filters_and_search(self, cast):
        make_entry("QUESTION", title_zh="成本怎么算", title_en="How are costs counted", spin="S", form="OPEN", topic="SPIN")
        make_entry("OBJECTION", title_zh="太贵了", title_en="Too expensive", topic="STANDARD")
        html = page(cast.owner, "list")
        assert "How are costs counted" in html
        assert "Too expensive" in html
        html = page(cast.owner, "list", kind="QUESTION", spin="S")
        assert "How are costs counted" in html
        assert "Too expensive" not in html
        assert "Too expensive" in page(cast.owner, "list", q="taigui")
        assert "Nothing in the library fits these filters" in page(cast.owner, "list", kind="QUESTION", spin="P")
        assert "Nothing here yet" in page(cast.owner, "list", kind="FAB")

    @pytest.mark.parametrize(
        "query", [{"kind": "X"}, {"show": "x"}, {"sort": "x"}, {"q": "'\"<script>"}, {"spin": "Z", "kind": "QUESTION"}]
    )
    def test_odd_questions_are_as_if_not_asked(self, cast, query):
        make_entry()
        assert "<script>alert" not in page(cast.owner, "list", **query)

    def test_a_title_that_carries_the_words_comes_first(self, cast):
        make_entry("OBJECTION", title_en="A first one", body_zh="太贵")
        make_entry("SCRIPT", title_zh="太贵了", title_en="In the title")
        html = page(cast.owner, "list", q="太贵")
        assert html.index("In the title") < html.index("A first one")

    @pytest.mark.parametrize("sort", ["", "used", "useful", "newest"])
    def test_more_comes_page_by_page(self, cast, sort):
        for number in range(45):
            make_entry(title_en=f"Track no {number:02}", published_at=NOW, use_count=number % 3)
        first = cast.owner.client.get(reverse("library:list"), {"sort": sort}).content.decode()
        assert first.count("Track no") == 40
        cursor = first.split("cursor=")[1].split('"')[0].split("&")[0]
        rest = cast.owner.client.get(reverse("library:list"), {"sort": sort, "cursor": cursor}).content.decode()
        assert rest.count("Track no") == 5

    @pytest.mark.parametrize("query", [{}, {"q": "话术"}, {"kind": "SCRIPT"}])
    def test_queries_do_not_grow(self, cast, query):
        def ask() -> int:
            with CaptureQueriesContext(
                connection,
            ) as asked:
                page(cast.owner, "list", **query)
            return len(asked)

        for _number in range(3):
            make_entry(topic="PHONE")
        ask()
        few = ask()
        for _number in range(27):
            make_entry(topic="PHONE")
        assert ask() == few


class TestRead:
    def test_markdown_is_shown_and_scripts_are_not(self, cast):
        entry = make_entry(body_en="**bold** <script>alert(1)</script>", content={"parts": {"idea": {"zh": "问", "en": "ask"}}})
        html = page(cast.owner, "entry", entry.pk)
        assert "<strong>bold</strong>" in html
        assert "<script>alert(1)" not in html
        assert page(cast.stranger, "quick", entry.pk)

    def test_marks(self, cast):
        entry = make_entry()
        answer = cast.owner.client.post(reverse("library:rate", args=[entry.pk]), {"useful": "1"})
        assert answer.status_code == 200
        cast.owner.client.post(reverse("library:read", args=[entry.pk]), {"read": "1"})
        assert entry.marks.get().read_number == 1
        entry.refresh_from_db()
        assert entry.useful_count == 1

    def test_i_used_this(self, cast, account):
        entry = make_entry()
        url = reverse("library:use", args=[entry.pk])
        assert cast.owner.client.get(url).status_code == 200
        answer = cast.owner.client.post(url, {"subject_label": "回访", "outcome": "WORKED", "account": str(account.pk)})
        assert answer.status_code == 204
        use = EntryUse.objects.get()
        assert (use.account, use.outcome, use.subject_label) == (account, "WORKED", "回访")
        assert cast.stranger.client.post(url, {"account": str(account.pk)}).status_code in {404, 422}
        assert "回访" in page(cast.owner, "entry", entry.pk)
        assert "回访" not in page(cast.stranger, "entry", entry.pk)
        assert cast.owner.client.post(reverse("library:outcome", args=[use.pk]), {"outcome": "FAILED"}).status_code == 204
        assert cast.stranger.client.post(reverse("library:outcome", args=[use.pk]), {"outcome": "FAILED"}).status_code == 404

    def test_queries_do_not_grow_with_uses(self, cast, account):
        entry = make_entry()

        def ask() -> int:
            with CaptureQueriesContext(connection) as asked:
                page(cast.owner, "entry", entry.pk)
            return len(asked)

        make_use(entry, account=account, by=cast.owner.user)
        ask()
        few = ask()
        for _number in range(30):
            make_use(entry, account=account, by=cast.owner.user)
            make_entry()
        assert ask() == few


class TestWriting:
    def test_from_a_draft_to_a_published_text(self, cast):
        assert "Talk tracks" in page(cast.owner, "new")
        url = reverse("library:new") + "?kind=SCRIPT"
        assert cast.owner.client.get(url).status_code == 200
        answer = cast.owner.client.post(url, {"title_zh": "开口", "body_zh": "您好", "do": "save"})
        assert answer.status_code == 303
        entry = Entry.objects.get()
        assert (entry.state, entry.owner) == ("DRAFT", cast.owner.user)
        edit = reverse("library:edit", args=[entry.pk])
        assert cast.stranger.client.get(edit).status_code == 404
        answer = cast.owner.client.post(edit, {"title_zh": "开口", "body_zh": "您好！", "version": "1", "do": "save"})
        assert answer.status_code == 303
        stale = cast.owner.client.post(edit, {"title_zh": "旧", "body_zh": "旧", "version": "1", "do": "save"})
        assert stale.status_code == 409
        assert "旧" in stale.content.decode()
        assert cast.owner.client.post(reverse("library:publish", args=[entry.pk])).status_code == 403
        assert cast.manager.client.post(reverse("library:publish", args=[entry.pk])).status_code == 303
        assert cast.stranger.client.get(reverse("library:entry", args=[entry.pk])).status_code == 200

    def test_who_may_not_publish_proposes(self, cast):
        entry = make_entry(body_zh="现行")
        edit = reverse("library:edit", args=[entry.pk])
        assert "goes to those who publish" in cast.owner.client.get(edit).content.decode()
        answer = cast.owner.client.post(edit, {"title_zh": entry.title_zh, "title_en": entry.title_en, "body_zh": "建议", "version": "1"})
        assert answer.status_code == 303
        entry.refresh_from_db()
        assert entry.body_zh == "现行"
        assert "is proposed" in page(cast.manager, "entry", entry.pk)
        assert "is proposed" not in page(cast.stranger, "entry", entry.pk)
        assert "<ins>" in page(cast.manager, "version", entry.pk, 2)
        assert entry.title_en in page(cast.manager, "list", show="proposals")
        assert cast.manager.client.post(reverse("library:decide", args=[entry.pk, 2]), {"accept": "1"}).status_code == 303
        entry.refresh_from_db()
        assert (entry.body_zh, entry.number) == ("建议", 2)
        assert cast.manager.client.post(reverse("library:back", args=[entry.pk, 1])).status_code == 303
        assert Entry.objects.get(pk=entry.pk).body_zh == "现行"

    @pytest.mark.item("H-18")
    def test_a_case_without_permission_says_what_to_do(self, cast, account):
        case = make_entry("CASE", account=account, owner=cast.owner.user)
        answer = cast.manager.client.post(
            reverse("library:edit", args=[case.pk]), {"title_zh": "案例", "body_zh": "文", "version": "1", "do": "publish"}
        )
        assert answer.status_code == 422
        assert "only when the customer allows us" in answer.content.decode()
        given = {
            "title_zh": "案例",
            "body_zh": "文",
            "version": "1",
            "do": "publish",
            "may_cite": "on",
            "consent_by": "王总",
            "consent_proof": "来信",
        }
        assert cast.manager.client.post(reverse("library:edit", args=[case.pk]), given).status_code == 303
        assert cast.stranger.client.get(reverse("library:entry", args=[case.pk])).status_code == 200

    def test_out_of_use_and_back(self, cast):
        entry = make_entry()
        assert cast.manager.client.post(reverse("library:retire", args=[entry.pk])).status_code == 303
        assert Entry.objects.get(pk=entry.pk).state == "RETIRED"
        assert entry.title_en in page(cast.manager, "list", show="retired")
        assert cast.manager.client.post(reverse("library:restore", args=[entry.pk])).status_code == 303

    def test_the_form_of_every_kind(self, cast):
        make_entry("OBJECTION")
        for kind in Entry.Kind.values:
            assert cast.director.client.get(reverse("library:new"), {"kind": kind}).status_code == 200

    def test_parts_go_into_the_content_and_come_back(self, cast):
        url = reverse("library:new") + "?kind=FAB"
        data = {"title_zh": "卡", "part_feature_zh": "特色", "part_benefit_en": "benefit", "do": "publish", "topic": "FFAB"}
        assert cast.director.client.post(url, data).status_code == 303
        entry = Entry.objects.get()
        assert entry.content["parts"] == {"feature": {"zh": "特色", "en": ""}, "benefit": {"zh": "", "en": "benefit"}}
        assert "特色" in page(cast.owner, "entry", entry.pk)


class TestTools:
    @pytest.mark.item("J-08")
    def test_the_worked_example_on_the_page(self, cast):
        html = page(cast.owner, "calculator")
        for figure in ("6,000.00", "500.00", "115.38", "16.44"):
            assert figure in html
        html = page(cast.owner, "calculator", price="36500", years="5", gain="3650")
        assert "The price is back after 305 days" in html
        assert cast.owner.client.get(reverse("library:calculator"), {"price": "x", "years": "0"}).status_code == 200

    @pytest.mark.item("J-09")
    def test_three_factors(self, cast):
        scores = {f"us_{code}": "3" for code in ("QUALITY", "PRICE", "SERVICE")} | {"rival1_name": "<b>远科</b>", "rival1_PRICE": "5"}
        html = page(cast.owner, "factors", **scores)
        assert "We are behind on Price" in html
        assert "<b>远科</b>" not in html
        assert page(cast.owner, "factors")

    @pytest.mark.item("D-12")
    def test_portraits_match_a_prospect_or_an_account(self, cast, account):
        Portrait.objects.create(
            family="商贸版", family_en="Trade edition", industries=["RETAIL"], staff_below=100, needs=[{"zh": "管库存", "en": "stock"}]
        )
        item = make_item("industries", "RETAIL")
        assert "fits 100%" in page(cast.owner, "portraits", industry=item.code, staff="60")
        account.employees = 500
        account.save()
        assert "500 people are not fewer than 100" in page(cast.owner, "portraits", account=str(account.pk))
        assert cast.stranger.client.get(reverse("library:portraits"), {"account": account.pk}).status_code == 404

    def test_portraits_and_levels_are_edited_in_the_dialog(self, cast):
        url = reverse("library:new_portrait")
        assert cast.owner.client.get(url).status_code == 403
        assert cast.manager.client.post(url, {"family": "专业版", "needs": "管库存 | stock"}).status_code == 204
        row = Portrait.objects.get()
        assert row.needs == [{"zh": "管库存", "en": "stock"}]
        edit = reverse("library:edit_portrait", args=[row.pk])
        assert "管库存 | stock" in cast.manager.client.get(edit).content.decode()
        assert cast.manager.client.post(edit, {"family": "", "version": "1"}).status_code == 422
        assert cast.manager.client.post(reverse("library:archive_portrait", args=[row.pk])).status_code == 204
        assert cast.manager.client.post(reverse("library:new_level"), {"label_zh": "层", "label_en": "Level"}).status_code == 204

    @pytest.mark.item("D-15")
    def test_the_ladder_proposes_products_and_keeps_codes_of_problems(self, cast):
        level = LadderLevel.objects.create(
            code="CONTROL",
            label_zh="流程管控",
            label_en="Control",
            families=["专业版"],
            problems=[{"code": "STOCK", "zh": "库存", "en": "Stock"}],
        )
        assert "Propose: 专业版" in page(cast.owner, "ladder", problem="STOCK")
        data = {
            "label_zh": "流程管控",
            "label_en": "Control",
            "problems": "库存 | Stock flow\n采购 | Purchasing",
            "families": "专业版\n旗舰版",
            "version": "1",
        }
        assert cast.manager.client.post(reverse("library:edit_level", args=[level.pk]), data).status_code == 204
        level.refresh_from_db()
        assert [row["code"] for row in level.problems] == ["STOCK", "OWN_2"]
        assert level.families == ["专业版", "旗舰版"]


class TestIndex:
    TEXTS = ("贵", "太贵", "太贵了", "taig", "expens")

    @pytest.mark.parametrize("text", TEXTS)
    def test_on_sqlite(self, text):
        if connection.vendor != "sqlite":
            pytest.skip("the plan of SQLite")
        plan = search.matching(text).order_by("pk").explain()
        assert "library_search_fts VIRTUAL TABLE INDEX 0:M" in plan
        assert "SCAN library_entryterms" not in plan

    @pytest.mark.postgres
    @pytest.mark.parametrize("text", TEXTS)
    def test_on_postgresql(self, text):
        if connection.vendor != "postgresql":
            pytest.skip("the plan of PostgreSQL")
        from dingke.library.actions.terms import terms_for
        from dingke.library.models import EntryTerms

        rows = [Entry(kind="SCRIPT", code=f"p{number}", title_zh=f"话术{number}", body_zh=f"第{number}段") for number in range(4000)]
        Entry.objects.bulk_create(rows)
        EntryTerms.objects.bulk_create([EntryTerms(entry_id=row.pk, terms=terms_for(row)) for row in rows])
        with connection.cursor() as cursor:
            cursor.execute("SELECT gin_clean_pending_list('library_search_terms'::regclass)")
            cursor.execute("ANALYZE library_entryterms")
        assert "library_search_terms" in search.matching(text).order_by("pk").explain()

    def test_the_index_follows_a_change(self, cast):
        entry = texts.create_entry(kind="SCRIPT", values={"title_zh": "开口"}, by=cast.owner.scope, now=NOW)
        texts.edit_entry(entry=entry, values={"title_zh": "收尾"}, by=cast.owner.scope, now=NOW)
        assert query_terms("收尾")
        assert list(search.entry_ids("收尾").values_list("entry_id", flat=True)) == [entry.pk]
        assert not search.entry_ids("开口").exists()
