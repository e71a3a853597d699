"""The life of a text: drafts, publishing with consent, proposals, going back, uses with outcomes, marks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from dingke.accounts.tests.factories import NOW, TODAY
from dingke.core.errors import Invalid, NotAllowed, NotVisible, Refusal, StaleRecord
from dingke.core.models import AuditEntry, OutboxEvent
from dingke.library.actions import marks, products, texts, uses
from dingke.library.models import EntryUse, LadderLevel, Portrait
from dingke.library.queries import reading
from dingke.library.queries.entries import by_code, entries, entry_for
from dingke.library.tests.factories import make_entry

pytestmark = pytest.mark.django_db


def draft(cast, kind="SCRIPT", **values):
    values = {"title_zh": "开口第一句", "body_zh": "您好。", **values}
    return texts.create_entry(kind=kind, values=values, by=cast.owner.scope, now=NOW)


class TestDrafts:
    def test_a_draft_is_its_writers_and_is_found_by_nobody_else(self, cast):
        entry = draft(cast)
        assert (entry.state, entry.owner, entry.number) == ("DRAFT", cast.owner.user, 0)
        assert entry_for(cast.owner.scope, entry.pk) == entry
        assert entry_for(cast.manager.scope, entry.pk) == entry  # leads the writer, and publishes
        for person in (cast.colleague, cast.stranger, cast.read_only):
            with pytest.raises(NotVisible):
                entry_for(person.scope, entry.pk)

    def test_editing_names_the_version_it_was_read_at(self, cast):
        entry = draft(cast)
        texts.edit_entry(entry=entry, values={"title_zh": "甲"}, by=cast.owner.scope, now=NOW, expected_version=1)
        with pytest.raises(StaleRecord):
            texts.edit_entry(entry=entry, values={"title_zh": "乙"}, by=cast.owner.scope, now=NOW, expected_version=1)
        assert AuditEntry.objects.filter(action="library.edit").count() == 1

    def test_what_is_missing_is_named(self, cast):
        with pytest.raises(Invalid) as refused:
            texts.create_entry(kind="SCRIPT", values={"title_zh": " "}, by=cast.owner.scope, now=NOW)
        assert "title_zh" in refused.value.fields
        with pytest.raises(Invalid):
            texts.create_entry(kind="SONG", values={"title_zh": "歌"}, by=cast.owner.scope, now=NOW)
        with pytest.raises(Invalid):
            texts.create_entry(kind="SCRIPT", values={"title_zh": "甲", "state": "PUBLISHED"}, by=cast.owner.scope, now=NOW)
        with pytest.raises(NotAllowed):
            texts.create_entry(kind="SCRIPT", values={"title_zh": "甲"}, by=cast.read_only.scope, now=NOW)

    def test_only_who_may_publishes(self, cast):
        entry = draft(cast)
        with pytest.raises(NotAllowed):
            texts.publish_text(entry=entry, by=cast.owner.scope, now=NOW)
        published = texts.publish_text(entry=entry, by=cast.manager.scope, now=NOW)
        assert (published.state, published.number) == ("PUBLISHED", 1)
        assert OutboxEvent.objects.filter(name="EntryPublished").count() == 1
        assert entry_for(cast.stranger.scope, entry.pk) == entry
        with pytest.raises(NotAllowed):
            texts.edit_entry(entry=published, values={"title_zh": "甲"}, by=cast.owner.scope, now=NOW)

    def test_an_empty_text_is_not_published(self, cast):
        entry = draft(cast, body_zh="")
        with pytest.raises(texts.UnableToPublish):
            texts.publish_text(entry=entry, by=cast.manager.scope, now=NOW)


class TestVersions:
    def test_every_published_text_is_kept_and_comes_back(self, cast):
        entry = texts.publish_text(entry=draft(cast), by=cast.manager.scope, now=NOW)
        entry = texts.publish_text(entry=entry, values={"body_zh": "新"}, note="短一些", by=cast.manager.scope, now=NOW)
        assert texts.publish_text(entry=entry, values={"body_zh": "新"}, by=cast.manager.scope, now=NOW).number == 2  # nothing new
        first = reading.version_for(cast.stranger.scope, entry, 1)
        assert [row.field for row in reading.compared(entry, first)] == ["body_zh"]
        back = texts.go_back(entry=entry, version=first, by=cast.manager.scope, now=NOW)
        assert (back.body_zh, back.number) == ("您好。", 3)
        assert [row.text["body_zh"] for row in back.versions.all()] == ["您好。", "新", "您好。"]
        with pytest.raises(Refusal):
            texts.go_back(entry=back, version=back.versions.get(number=3), by=cast.manager.scope, now=NOW)

    def test_a_proposal_waits_and_is_decided_once(self, cast):
        entry = make_entry(body_zh="现行")
        version = texts.propose_text(entry=entry, values={"body_zh": "建议"}, by=cast.owner.scope, now=NOW)
        again = texts.propose_text(entry=entry, values={"body_zh": "更好"}, by=cast.owner.scope, now=NOW)
        assert again.pk == version.pk
        entry.refresh_from_db()
        assert entry.body_zh == "现行"
        with pytest.raises(NotVisible):
            reading.version_for(cast.stranger.scope, entry, again.number)
        with pytest.raises(NotAllowed):
            texts.decide_proposal(version=again, accept=True, by=cast.owner.scope, now=NOW)
        taken = texts.decide_proposal(version=again, accept=True, by=cast.manager.scope, now=NOW)
        assert (taken.body_zh, taken.number) == ("更好", again.number)
        with pytest.raises(Refusal):
            texts.decide_proposal(version=again, accept=False, by=cast.manager.scope, now=NOW)

    def test_a_declined_proposal_changes_nothing(self, cast):
        entry = make_entry(body_zh="现行")
        version = texts.propose_text(entry=entry, values={"body_zh": "建议"}, by=cast.owner.scope, now=NOW)
        assert texts.decide_proposal(version=version, accept=False, by=cast.director.scope, now=NOW).body_zh == "现行"
        with pytest.raises(Invalid):
            texts.propose_text(entry=entry, values={"body_zh": "现行"}, by=cast.owner.scope, now=NOW)

    def test_out_of_use_and_back(self, cast):
        entry = make_entry()
        texts.retire_entry(entry=entry, by=cast.manager.scope, now=NOW)
        assert not entries(cast.owner.scope).filter(pk=entry.pk).exists()
        assert texts.restore_entry(entry=entry, by=cast.manager.scope, now=NOW).state == "PUBLISHED"
        assert texts.restore_entry(entry=entry, by=cast.manager.scope, now=NOW).state == "PUBLISHED"


@pytest.mark.item("H-18")
class TestConsent:
    GIVEN = {"may_cite": True, "consent_by": "王总", "consent_proof": "九月来信"}

    def test_a_case_about_a_customer_needs_the_permission(self, cast, account):
        case = draft(cast, "CASE", account=account)
        with pytest.raises(texts.UnableToPublish) as refused:
            texts.publish_text(entry=case, by=cast.manager.scope, now=NOW)
        assert "may_cite" in refused.value.fields
        with pytest.raises(Invalid):
            texts.publish_text(entry=case, values={"may_cite": True, "consent_by": "王总"}, by=cast.manager.scope, now=NOW)
        assert texts.publish_text(entry=case, values=self.GIVEN, by=cast.manager.scope, now=NOW).state == "PUBLISHED"

    def test_so_does_a_reference_case_without_an_account(self, cast):
        case = draft(cast, "CASE", content={"is_reference": True})
        with pytest.raises(texts.UnableToPublish):
            texts.publish_text(entry=case, by=cast.manager.scope, now=NOW)

    def test_a_permission_that_has_ended_is_none(self, cast, account):
        case = draft(cast, "CASE", account=account, **self.GIVEN, cite_until=TODAY - timedelta(days=1))
        with pytest.raises(texts.UnableToPublish) as refused:
            texts.publish_text(entry=case, by=cast.manager.scope, now=NOW)
        assert "cite_until" in refused.value.fields

    def test_others_see_it_only_while_it_may_be_cited(self, cast, account):
        values = {**self.GIVEN, "cite_until": TODAY}
        case = texts.publish_text(entry=draft(cast, "CASE", account=account, **values), by=cast.manager.scope, now=NOW)
        assert entry_for(cast.stranger.scope, case.pk, today=TODAY) == case
        with pytest.raises(NotVisible):
            entry_for(cast.stranger.scope, case.pk, today=TODAY + timedelta(days=1))
        with pytest.raises(NotVisible):  # without a day only a permission without an end counts
            entry_for(cast.stranger.scope, case.pk)
        assert entry_for(cast.owner.scope, case.pk, today=TODAY + timedelta(days=1)) == case

    def test_a_permission_taken_back_takes_the_case_back(self, cast, account):
        case = texts.publish_text(entry=draft(cast, "CASE", account=account, **self.GIVEN), by=cast.manager.scope, now=NOW)
        with pytest.raises(texts.UnableToPublish):
            texts.publish_text(entry=case, values={"may_cite": False}, by=cast.manager.scope, now=NOW)

    def test_the_database_holds_it_too(self, account):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_entry("CASE", account=account, published=True)


class TestReading:
    def test_conditions(self, cast):
        general = make_entry("QUESTION", topic="SPIN", spin="S", form="OPEN")
        steel = make_entry("QUESTION", topic="SPIN", spin="S", form="CLOSED", industries=["STEEL"], product_families=["商贸版"])
        scope = cast.owner.scope
        assert set(entries(scope, kinds=["QUESTION"], spin="S", industry="STEEL")) == {general, steel}
        assert set(entries(scope, kinds=["QUESTION"], industry="RETAIL")) == {general}
        assert set(entries(scope, product_family="商贸版")) == {general, steel}
        assert set(entries(scope, product_family="商贸")) == {general}  # not a part of a name
        assert set(entries(scope, form="CLOSED")) == {steel}
        assert by_code(scope, general.code) == general
        assert by_code(scope, "nothing") is None

    @pytest.mark.parametrize("text", ["太贵", "贵", "taigui", "tgl", "Expens", "摊到", "EXPENSIVE 摊到"])
    def test_search_in_three_ways(self, cast, text):
        wanted = make_entry(title_zh="太贵了", title_en="Too expensive", body_zh="把价格摊到每一天")
        make_entry(title_zh="以后再说", title_en="Later", body_zh="问一个日子")
        assert list(entries(cast.owner.scope, text=text)) == [wanted]

    @pytest.mark.parametrize("text", ["'; DROP TABLE", '"', "*", "%", "(", "🙂", "a" * 300])
    def test_odd_words_are_harmless(self, cast, text):
        make_entry()
        list(entries(cast.owner.scope, text=text))


class TestUses:
    def test_what_was_used_where_and_what_came_of_it(self, cast, account):
        entry = make_entry()
        by = cast.owner.scope
        use = uses.note_use(entry=entry, subject="objection", subject_id=7, subject_label="太贵了", account=account, by=by, now=NOW)
        same = uses.note_use(entry=entry, subject="objection", subject_id=7, account=account, by=by, now=NOW)
        assert same.pk == use.pk
        uses.note_outcome(use=use, outcome="WORKED", note="签了", by=by, now=NOW)
        other = uses.note_use(entry=entry, by=cast.stranger.scope, now=NOW)
        uses.note_outcome(use=other, outcome="FAILED", by=cast.stranger.scope, now=NOW)
        uses.note_use(entry=entry, by=by, now=NOW)
        entry.refresh_from_db()
        assert (entry.use_count, entry.known_count, entry.worked_count, entry.worked_share) == (3, 2, 1, 0.5)
        assert EntryUse.objects.visible_to(cast.stranger.scope).count() == 1  # counts are common, uses are not
        found = reading.read(cast.stranger.scope, entry, today=TODAY)
        assert found.outcomes == {"WORKED": 1, "PARTLY": 0, "FAILED": 1}
        assert [row.pk for row in found.uses] == [other.pk]

    def test_the_outcome_is_said_by_whoever_used_it_or_leads(self, cast, account):
        use = uses.note_use(entry=make_entry(), account=account, by=cast.owner.scope, now=NOW)
        with pytest.raises(NotAllowed):
            uses.note_outcome(use=use, outcome="WORKED", by=cast.stranger.scope, now=NOW)
        with pytest.raises(Invalid):
            uses.note_outcome(use=use, outcome="GREAT", by=cast.owner.scope, now=NOW)
        assert uses.note_outcome(use=use, outcome="PARTLY", by=cast.manager.scope, now=NOW).outcome == "PARTLY"
        assert uses.note_outcome(use=use, outcome="", by=cast.manager.scope, now=NOW).outcome_at is None

    def test_a_draft_cannot_be_used(self, cast):
        with pytest.raises(Invalid):
            uses.note_use(entry=draft(cast), by=cast.owner.scope, now=NOW)


@pytest.mark.item("Q-15")
class TestMarks:
    def test_useful_and_read(self, cast):
        entry = make_entry()
        for person, voice in ((cast.owner, True), (cast.stranger, False), (cast.colleague, True), (cast.colleague, None)):
            marks.rate(entry=entry, is_useful=voice, by=person.scope, now=NOW)
        entry.refresh_from_db()
        assert (entry.useful_count, entry.rating_count) == (1, 2)
        assert marks.mark_read(entry=entry, is_read=True, by=cast.owner.scope, now=NOW).read_number == 1
        assert marks.mark_read(entry=entry, is_read=True, by=cast.owner.scope, now=NOW).is_useful is True


class TestProducts:
    def test_portraits_are_kept_by_those_who_publish(self, cast):
        values = {"family": "专业版", "staff_below": 200}
        with pytest.raises(NotAllowed):
            products.save_portrait(portrait=None, values=values, by=cast.owner.scope, now=NOW)
        row = products.save_portrait(portrait=None, values=values, by=cast.manager.scope, now=NOW)
        with pytest.raises(Invalid):
            products.save_portrait(portrait=None, values=values, by=cast.manager.scope, now=NOW)
        saved = products.save_portrait(portrait=row, values={**values, "staff_below": 250}, by=cast.manager.scope, now=NOW)
        assert (saved.staff_below, saved.version) == (250, 2)
        products.archive_portrait(portrait=saved, by=cast.manager.scope, now=NOW)
        assert Portrait.objects.get().archived_at == NOW

    def test_levels(self, cast):
        row = products.save_level(level=None, values={"label_zh": "流程", "label_en": "Process"}, by=cast.director.scope, now=NOW)
        saved = products.save_level(level=row, values={"label_zh": "流程管控", "label_en": "Control"}, by=cast.director.scope, now=NOW)
        assert LadderLevel.objects.get().label_zh == saved.label_zh == "流程管控"
        with pytest.raises(Invalid):
            products.save_level(level=None, values={"label_zh": "", "label_en": ""}, by=cast.director.scope, now=NOW)
