"""The dossier: facts with source and day, rivals, questions, completeness, age; who writes, who reads, what a stale save shows."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.urls import reverse

from dingke.accounts.actions import competitors, dossier
from dingke.accounts.calc.dossier_fields import FIELDS, SOURCES, FieldGroup
from dingke.accounts.models import AccountCompetitor, Competitor, DossierEntry, Question
from dingke.accounts.queries import dossier as queries
from dingke.accounts.queries import dossier_report as reports
from dingke.accounts.tests.factories import TODAY, make_account, make_contact, make_item
from dingke.core import rules
from dingke.core.errors import Invalid, NotAllowed, NotVisible, StaleRecord
from dingke.core.models import AuditEntry

pytestmark = pytest.mark.django_db
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}
BACKGROUND = [field.key for field in FIELDS if field.group is FieldGroup.BACKGROUND]


@pytest.fixture
def sources(db):
    return {source.key: make_item("info_sources", source.key, zh=source.label.zh, en=source.label.en) for source in SOURCES}


@pytest.fixture
def write(cast, account, now, sources):
    def writing(field="SIZE_STRENGTH", text="员工约 4,200 人，2025 年营业额 38 亿元。", *, days=0, source="TALK", by=None, on=None, **more):
        return dossier.add_entry(
            account=on or account,
            field=field,
            text=text,
            source=sources[source],
            as_of_date=TODAY - timedelta(days=days),
            by=(by or cast.owner).scope,
            now=now,
            **more,
        )

    return writing


@pytest.fixture
def rival(cast, account, now, sources):
    values = {
        "product_use": "两条产线用其控制系统",
        "satisfaction": 3,
        "representative": "高峰",
        "relation": "与设备部长是同学",
        "source": sources["SITE_VISIT"],
    }
    return competitors.add_competitor(account=account, competitor_name="远景自动化", values=values, by=cast.owner.scope, now=now)


@pytest.mark.item("C-01", "C-04")
class TestEntries:
    def test_carry_source_day_and_author_and_leave_a_trail(self, cast, write):
        entry = write(source_note="年报第 12 页")
        assert (entry.source.code, entry.as_of_date, entry.entered_by) == ("TALK", TODAY, cast.owner.user)
        assert AuditEntry.objects.get(action="accounts.add_dossier_entry").account_id == entry.account_id

    def test_name_every_thing_to_mend(self, cast, account, now, sources):
        with pytest.raises(Invalid) as refused:
            dossier.add_entry(
                account=account,
                field="BUSINESS",
                text=" ",
                source=make_item("industries"),
                as_of_date=TODAY + timedelta(days=1),
                by=cast.owner.scope,
                now=now,
            )
        assert set(refused.value.fields) == {"text", "source", "as_of_date"}
        for field in ("NO_SUCH_FIELD", "RIVAL_USE"):
            with pytest.raises(Invalid):
                dossier.add_entry(
                    account=account, field=field, text="x", source=sources["TALK"], as_of_date=TODAY, by=cast.owner.scope, now=now
                )

    def test_a_person_of_another_account_is_refused(self, cast, write):
        elsewhere = make_contact(make_account(owner=cast.owner.user))
        with pytest.raises(Invalid) as refused:
            write(contact=elsewhere)
        assert "contact" in refused.value.fields

    def test_the_newest_is_in_force_and_older_ones_stay(self, cast, account, write, today):
        write(text="旧", days=400)
        write(text="新", days=10)
        block = next(
            block
            for block in queries.dossier_of(cast.owner.scope, account, today=today).sections[0].blocks
            if block.field.key == "SIZE_STRENGTH"
        )
        assert (block.newest.text, [entry.text for entry in block.older], block.is_stale) == ("新", ["旧"], False)

    def test_archive_and_restore(self, cast, account, write, now, today):
        entry = dossier.archive_entry(entry=write(), by=cast.owner.scope, now=now)
        assert queries.state_of(cast.owner.scope, account, today=today).completeness.filled == 0
        dossier.restore_entry(entry=entry, by=cast.owner.scope, now=now)
        assert queries.state_of(cast.owner.scope, account, today=today).completeness.filled == 1

    def test_a_stale_save_is_refused_with_both(self, cast, write, now):
        entry = write(text="甲")
        dossier.edit_entry(entry=entry, values={"text": "乙"}, by=cast.manager.scope, now=now, expected_version=1)
        with pytest.raises(StaleRecord) as refused:
            dossier.edit_entry(entry=entry, values={"text": "丙"}, by=cast.owner.scope, now=now, expected_version=1)
        assert (refused.value.theirs, refused.value.yours) == ({"text": "乙"}, {"text": "丙"})

    @pytest.mark.item("A-18")
    def test_rights_to_write_and_read(self, cast, write, now):
        entry = write()
        for person in (cast.colleague, cast.finance, cast.read_only):
            with pytest.raises(NotAllowed):
                write(by=person)
            with pytest.raises(NotAllowed):
                dossier.archive_entry(entry=entry, by=person.scope, now=now)
        assert queries.entry_for(cast.finance.scope, entry.pk) == entry
        with pytest.raises(NotVisible):
            queries.entry_for(cast.stranger.scope, entry.pk)

    @pytest.mark.item("A-18")
    def test_numbers_are_masked_for_roles_that_do_not_see_phones(self, cast, account, write, today):
        write("CONTACT_WAYS", "总机 0755-28780808，陈总 13812346688，2025-03-01 起")

        def shown(person):
            found = queries.dossier_of(person.scope, account, today=today)
            return next(block.newest.text for block in found.sections[0].blocks if block.field.key == "CONTACT_WAYS")

        assert "13812346688" in shown(cast.owner)
        assert "13812346688" not in shown(cast.finance)
        assert "138****6688" in shown(cast.finance)


@pytest.mark.item("C-06", "C-03", "C-02")
class TestCompleteness:
    def test_thirteen_of_eighteen_fields_are_72_percent(self, cast, account, write, now, today, rival):
        """8 background + 4 competitor + 6 project fields; the example of the catalogue."""
        for key in BACKGROUND:
            write(key)
        competitors.edit_competitor(rival=rival, values={"selling_style": "靠关系"}, by=cast.owner.scope, now=now)
        write("BUDGET", "约 520 万，已批")
        state = queries.state_of(cast.owner.scope, account, today=today)
        assert (state.completeness.filled, state.completeness.required, state.completeness.percent) == (13, 18, 72)
        found = queries.dossier_of(cast.owner.scope, account, today=today)
        assert found.completeness == state.completeness
        assert found.rival_completeness.filled == 4

    def test_180_days_are_good_and_181_are_to_be_confirmed(self, cast, account, write, today):
        write("BUSINESS", days=180)
        write("INDUSTRY", days=181)
        found = queries.dossier_of(cast.owner.scope, account, today=today)
        assert [gap.field.key for gap in found.gaps if gap.is_stale] == ["INDUSTRY"]
        assert (found.stale, queries.state_of(cast.owner.scope, account, today=today).stale) == (1, 1)

    def test_the_limit_is_a_rule_of_the_company(self, cast, account, write, now, today):
        write("BUSINESS", days=100)
        rules.store(
            key="accounts.dossier", kind=queries.calc.DossierSettings, values={"stale_days": 90}, by=cast.administrator.scope, now=now
        )
        assert queries.dossier_of(cast.owner.scope, account, today=today).stale == 1

    def test_contacts_stand_beside_the_field_but_do_not_fill_it(self, cast, account, today):
        make_contact(account, mobile="13812346688")
        found = queries.dossier_of(cast.owner.scope, account, today=today)
        blocks = {block.field.key: block for block in found.sections[0].blocks}
        assert blocks["DEPARTMENTS"].from_contacts.endswith(" 1")
        assert found.completeness.filled == 0


@pytest.mark.item("C-03", "C-06")
class TestQuestions:
    def test_every_empty_field_is_a_question_and_written_ones_come_first(self, cast, account, now, today):
        dossier.add_question(account=account, text="二期预算谁来批？", by=cast.owner.scope, now=now)
        gaps = queries.dossier_of(cast.owner.scope, account, today=today).gaps
        assert gaps[0].text == "二期预算谁来批？"
        assert len(gaps) == 1 + 18

    def test_the_answer_becomes_an_entry(self, cast, account, now, today, sources):
        question = dossier.add_question(account=account, text="二期预算多少？", field="BUDGET", by=cast.owner.scope, now=now)
        entry = dossier.answer_question(
            question=question, answer="520 万", field="BUDGET", source=sources["TALK"], as_of_date=TODAY, by=cast.owner.scope, now=now
        )
        assert (entry.field, entry.text) == ("BUDGET", "520 万")
        found = queries.dossier_of(cast.owner.scope, account, today=today)
        assert [(row.text, row.answer) for row in found.answered] == [("二期预算多少？", "520 万")]
        assert "BUDGET" not in {gap.field.key for gap in found.gaps}
        with pytest.raises(dossier.UnableToWriteDossier):
            dossier.answer_question(
                question=question, answer="x", field="BUDGET", source=sources["TALK"], as_of_date=TODAY, by=cast.owner.scope, now=now
            )

    def test_can_be_put_away(self, cast, account, now, today):
        question = dossier.add_question(account=account, text="多余的问题", by=cast.owner.scope, now=now)
        dossier.drop_question(question=question, by=cast.owner.scope, now=now)
        assert all(gap.question is None for gap in queries.dossier_of(cast.owner.scope, account, today=today).gaps)
        with pytest.raises(Invalid):
            dossier.add_question(account=account, text=" ", by=cast.owner.scope, now=now)
        with pytest.raises(NotAllowed):
            dossier.add_question(account=account, text="？", by=cast.colleague.scope, now=now)


@pytest.mark.item("C-02")
class TestRivals:
    def test_a_new_name_joins_the_list_once(self, cast, account, now, rival):
        competitors.add_competitor(
            account=account, competitor_name=" 远景自动化 ", values={"noted_date": date(2026, 1, 5)}, by=cast.owner.scope, now=now
        )
        assert Competitor.objects.count() == 1
        rows = queries.dossier_of(cast.owner.scope, account, today=TODAY).rivals
        assert [(row.rival, row.earlier) for row in rows] == [(rival, 1)]

    def test_refuses_what_cannot_be(self, cast, account, now, rival):
        for values in ({"satisfaction": 6}, {"noted_date": TODAY + timedelta(days=1)}, {"nonsense": 1}):
            with pytest.raises(Invalid):
                competitors.edit_competitor(rival=rival, values=values, by=cast.owner.scope, now=now)
        with pytest.raises(Invalid):
            competitors.add_competitor(account=account, competitor_name=" ", values={}, by=cast.owner.scope, now=now)
        with pytest.raises(NotAllowed):
            competitors.archive_competitor(rival=rival, by=cast.colleague.scope, now=now)

    def test_a_stale_save_is_refused_and_archiving_is_undone(self, cast, now, rival):
        competitors.edit_competitor(rival=rival, values={"relation": "乙"}, by=cast.manager.scope, now=now, expected_version=1)
        with pytest.raises(StaleRecord):
            competitors.edit_competitor(rival=rival, values={"relation": "丙"}, by=cast.owner.scope, now=now, expected_version=1)
        gone = competitors.archive_competitor(rival=rival, by=cast.owner.scope, now=now)
        assert not AccountCompetitor.objects.current().exists()
        competitors.restore_competitor(rival=gone, by=cast.owner.scope, now=now)
        assert AccountCompetitor.objects.current().count() == 1


@pytest.mark.item("C-04")
class TestReport:
    def test_counts_by_source_and_age_what_the_caller_sees(self, cast, account, write, today):
        write("BUSINESS", days=10)
        write("INDUSTRY", days=100)
        write("ORGANISATION", days=400, source="BROCHURE")
        hidden = make_account(owner=cast.stranger.user)
        write("BUSINESS", days=10, on=hidden, by=cast.stranger)
        found = reports.dossier_report(cast.owner.scope, today=today)
        assert [(row.total, row.by_age, row.stale) for row in found.rows] == [(2, (1, 1, 0, 0), 0), (1, (0, 0, 0, 1), 1)]
        assert reports.dossier_report(cast.director.scope, today=today).total == 4
        assert reports.dossier_report(cast.director.scope, today=today, only_key=True).total == 0

    def test_the_thinnest_key_accounts_come_first(self, cast, write, today, rival, account):
        account.is_key = True
        account.save()
        other = make_account(owner=cast.owner.user, is_key=True)
        write("BUSINESS", on=other)
        found = reports.dossier_report(cast.owner.scope, today=today).thin
        assert [(row.account, row.completeness.filled) for row in found] == [(other, 1), (account, 4)]


def test_pages_cost_the_same_for_three_and_thirty(cast, account, write, now, today, count_queries, sources):
    def cost():
        with count_queries() as counted:
            queries.dossier_of(cast.owner.scope, account, today=today)
            reports.dossier_report(cast.owner.scope, today=today)
        return counted.number

    def more(number):
        for place in range(number):
            write(BACKGROUND[place % 8], days=place, contact=make_contact(account, f"人{place}"))
            competitors.add_competitor(
                account=account, competitor_name=f"对手{place}", values={"source": sources["TALK"]}, by=cast.owner.scope, now=now
            )
            dossier.add_question(account=account, text=f"问题{place}？", by=cast.owner.scope, now=now)

    more(3)
    few = cost()
    more(27)
    assert cost() == few


@pytest.mark.item("C-01", "C-02", "C-06")
class TestPages:
    def test_panel_and_page_show_gaps_and_facts(self, cast, account, write, rival):
        write()
        address = reverse("accounts:dossier", args=[account.pk])
        part = cast.owner.client.get(address, headers=HX).content.decode()
        assert "<html" not in part
        for text in ("4,200", "远景自动化", "Ask at the next visit", "5 of 18", "28%"):
            assert text in part, text
        token = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"')
        assert token.sub("", part).strip() in token.sub("", cast.owner.client.get(address).content.decode())
        assert cast.stranger.client.get(address).status_code == 404
        read_only = cast.finance.client.get(address, headers=HX).content.decode()
        assert "Write an entry" not in read_only

    def test_an_entry_is_written_in_the_dialog(self, cast, account, sources):
        address = reverse("accounts:dossier_entry_new", args=[account.pk])
        form = cast.owner.client.get(address, {"field": "BUDGET"}, headers=HX).content.decode()
        assert "freely and lawfully" in form
        posted = {"field": "BUDGET", "text": "约 520 万", "source": sources["INSIDE_SUPPORTER"].pk, "as_of_date": "2026-03-01"}
        answer = cast.owner.client.post(address + "?field=BUDGET", posted, headers=HX)
        assert answer.status_code == 204
        assert "dk:account-changed" in answer["HX-Trigger"]
        assert DossierEntry.objects.get().text == "约 520 万"
        again = cast.owner.client.post(address, posted | {"text": "", "as_of_date": "2199-01-01"}, headers=HX)
        assert again.status_code == 422
        assert cast.owner.client.post(address, posted | {"as_of_date": "2199-01-01"}, headers=HX).status_code == 422
        assert cast.owner.client.post(address, posted).status_code == 303
        assert cast.owner.client.get(address).status_code == 200

    def test_a_stale_correction_shows_both_and_saves_the_choice(self, cast, write, now):
        entry = write(text="甲")
        dossier.edit_entry(entry=entry, values={"text": "乙"}, by=cast.manager.scope, now=now, expected_version=1)
        address = reverse("accounts:dossier_entry_edit", args=[entry.pk])
        posted = {"version": 1, "field": entry.field, "text": "丙", "source": entry.source_id, "as_of_date": entry.as_of_date.isoformat()}
        answer = cast.owner.client.post(address, posted, headers=HX)
        page = answer.content.decode()
        assert answer.status_code == 409
        assert "乙" in page
        assert "丙" in page
        assert 'value="2"' in page
        assert cast.owner.client.post(address, posted | {"version": 2, "keep-text": "yours"}, headers=HX).status_code == 204
        entry.refresh_from_db()
        assert entry.text == "丙"

    def test_questions_and_rivals_through_their_dialogs(self, cast, account, sources, rival):
        new = reverse("accounts:question_new", args=[account.pk])
        assert cast.owner.client.get(new, headers=HX).status_code == 200
        assert cast.owner.client.post(new, {"text": "谁来批预算？", "field": ""}, headers=HX).status_code == 204
        question = Question.objects.get()
        answer = reverse("accounts:question_answer", args=[question.pk])
        assert cast.owner.client.get(answer, headers=HX).status_code == 200
        posted = {"field": "BUDGET", "text": "王总", "source": sources["TALK"].pk, "as_of_date": "2026-01-01"}
        assert cast.owner.client.post(answer, posted, headers=HX).status_code == 204
        assert DossierEntry.objects.get().text == "王总"
        assert cast.owner.client.get(reverse("accounts:rival_new", args=[account.pk]), headers=HX).status_code == 200
        state = reverse("accounts:rival_new", args=[account.pk]) + f"?from={rival.pk}"
        assert "高峰" in cast.owner.client.get(state, headers=HX).content.decode()
        posted = {"competitor_name": "远景自动化", "noted_date": "2026-02-01", "satisfaction": "2"}
        assert cast.owner.client.post(state, posted, headers=HX).status_code == 204
        edit = reverse("accounts:rival_edit", args=[rival.pk])
        assert cast.owner.client.get(edit, headers=HX).status_code == 200
        assert cast.owner.client.post(edit, posted | {"version": 1, "relation": "一般"}, headers=HX).status_code == 204
        rival.refresh_from_db()
        assert rival.relation == "一般"

    def test_every_door_of_a_record_is_closed_to_strangers_and_to_readers(self, cast, account, write, now, rival):
        entry = write()
        question = dossier.add_question(account=account, text="？", by=cast.owner.scope, now=now)
        doors = [
            ("dossier_entry_new", account.pk), ("dossier_entry_edit", entry.pk), ("dossier_entry_archive", entry.pk), ("dossier_entry_restore", entry.pk),
            ("question_new", account.pk), ("question_answer", question.pk), ("question_drop", question.pk),
            ("rival_new", account.pk), ("rival_edit", rival.pk), ("rival_archive", rival.pk), ("rival_restore", rival.pk),
        ]  # fmt: skip
        for name, key in doors:
            address = reverse(f"accounts:{name}", args=[key])
            assert cast.stranger.client.post(address, headers=HX).status_code == 404, name
            assert cast.finance.client.post(address, headers=HX).status_code == 403, name
        for name, key in [
            ("dossier_entry_archive", entry.pk),
            ("dossier_entry_restore", entry.pk),
            ("rival_archive", rival.pk),
            ("rival_restore", rival.pk),
        ]:
            assert cast.owner.client.post(reverse(f"accounts:{name}", args=[key]), headers=HX).status_code == 204, name
        assert cast.owner.client.post(reverse("accounts:question_drop", args=[question.pk]), headers=HX).status_code == 204

    @pytest.mark.item("A-18")
    @pytest.mark.parametrize("kind", ["xlsx", "csv"])
    def test_the_export_needs_the_right_and_is_in_the_trail(self, cast, account, write, rival, now, kind):
        write()
        dossier.add_question(account=account, text="谁来批预算？", by=cast.owner.scope, now=now)
        address = reverse("accounts:dossier_export", args=[account.pk])
        assert cast.stranger.client.post(address, {"format": kind}).status_code in {403, 404}
        assert cast.service.client.post(address, {"format": kind}).status_code == 403
        answer = cast.owner.client.post(address, {"format": kind})
        content = b"".join(answer.streaming_content)
        assert answer.status_code == 200
        assert len(content) > 200
        if kind == "csv":
            text = content.decode("utf-8-sig")
            assert "4,200" in text
            assert "谁来批预算？" in text
        entry = AuditEntry.objects.get(action="accounts.export_dossier")
        assert (entry.account_id, entry.actor_name) == (account.pk, "周敏")

    @pytest.mark.item("C-04")
    def test_the_report_page(self, cast, write, account):
        address = reverse("accounts:dossier_report")
        assert "Nothing is written down yet" in cast.stranger.client.get(address).content.decode()
        write(days=300)
        page = cast.owner.client.get(address).content.decode()
        assert "Talks face to face" in page
        assert cast.owner.client.get(address, {"key": "1"}).status_code == 200
