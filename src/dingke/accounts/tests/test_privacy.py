"""Privacy: what is held of a person, erasing for good, legal holds, consent taken back, what the rules propose."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import openpyxl
import pytest
from django.urls import reverse

from dingke.accounts.actions import contacts as contact_actions
from dingke.accounts.actions import privacy as actions
from dingke.accounts.actions.contacts import Way
from dingke.accounts.actions.importing_contacts import import_contacts
from dingke.accounts.calc import privacy as calc
from dingke.accounts.models import (
    Consent,
    Contact,
    ContactWay,
    DossierEntry,
    ErasedKey,
    Erasure,
    KeyDate,
    Note,
    SearchEntry,
    Todo,
)
from dingke.accounts.queries import erased
from dingke.accounts.tests.factories import NOW, TODAY, make_account, make_contact, make_item
from dingke.core.errors import Invalid, NotAllowed
from dingke.core.importing.outcomes import Batch, Fate, Mode
from dingke.core.models import AuditEntry, ImportChange, ImportRun
from dingke.core.scope import Scope

NAME, MOBILE, MAIL = "陈立群", "139 0000 0001", "Liqun.Chen@jiangzhou.example"


@pytest.fixture
def person(cast, account):
    """Somebody of whom a lot is held, the way pages and imports leave it."""
    by, ways = cast.owner.scope, [Way("MOBILE", MOBILE), Way("EMAIL", MAIL)]
    values = {"name": NAME, "note": "喜欢喝龙井", "external_key": "K-1"}
    contact = contact_actions.add_contact(account=account, values=values, jobs=[contact_actions.Job("采购总监")], ways=ways, by=by, now=NOW)
    contact_actions.edit_contact(contact=contact, values={"salutation": "陈总"}, by=by, now=NOW)
    contact_actions.state_consent(
        contact=contact, channel="PHONE", is_given=True, source="陈立群在电话中同意", stated_date=TODAY, by=by, now=NOW
    )
    Note.objects.create(
        account=account, contact=contact, kind="CALL", text=f"{NAME}说预算已批，电话 {MOBILE}", at=NOW, author=cast.owner.user
    )
    Note.objects.create(account=account, kind="NOTE", text=f"下次请{NAME}来", at=NOW, author=cast.owner.user)
    DossierEntry.objects.create(
        account=account,
        contact=contact,
        field="BUSINESS",
        text=f"{NAME}负责铸件",
        source=make_item("info_sources", "TALK"),
        as_of_date=TODAY,
    )
    KeyDate.objects.create(account=account, contact=contact, kind="BIRTHDAY", on_date=TODAY)
    Todo.objects.create(account=account, title=f"给{NAME}回电", assignee=cast.owner.user)
    return Contact.objects.get(pk=contact.pk)


@pytest.fixture
def erase(cast):
    def run(contact, *, by=None, **kwargs):
        given = {"reason": "本人来信要求", "confirmation": contact.name, "by": by or cast.administrator.scope, "now": NOW}
        return actions.erase_contact(contact=contact, **{**given, **kwargs})

    return run


@pytest.mark.django_db
class TestHeld:
    def test_it_shows_everything_and_that_is_written_down(self, cast, person):
        page = cast.administrator.client.get(reverse("accounts:held", args=[person.pk])).content.decode()
        for text in (
            NAME,
            MOBILE,
            MAIL,
            "采购总监",
            "喜欢喝龙井",
            "预算已批",
            "负责铸件",
            "下次请",
            "给陈立群回电",
            "Agrees".lower(),
            "K-1",
        ):
            assert text in page
        entry = AuditEntry.objects.get(action="contacts.see_held")
        assert (entry.target_id, entry.actor_name) == (person.pk, "管理员")

    def test_who_may(self, cast, person):
        address = reverse("accounts:held", args=[person.pk])
        allowed = {name: who.client.get(address).status_code for name, who in cast.people().items()}
        assert {name for name, status in allowed.items() if status == 200} == {"administrator", "director", "manager"}
        assert allowed["stranger"] == 404
        assert {allowed[name] for name in ("owner", "finance", "service", "read_only")} == {403}

    def test_the_files(self, cast, person):
        address = reverse("accounts:held_file", args=[person.pk])
        answer = cast.manager.client.get(address, {"format": "json"})
        body = json.loads(answer.content)
        assert [way["value"] for way in body["ways"]] == [MOBILE, MAIL]
        assert body["notes"][0]["text"].startswith(NAME)
        assert body["exported_by"] == "许文静"
        assert "attachment" in answer["Content-Disposition"]
        sheet = openpyxl.load_workbook(io.BytesIO(cast.manager.client.get(address).content)).active
        values = {cell for row in sheet.iter_rows(values_only=True) for cell in row}
        assert {NAME, MOBILE, "采购总监"} <= values
        assert any("许文静" in str(value) for value in values)
        assert AuditEntry.objects.filter(action="contacts.export_held", target_id=person.pk).count() == 2
        assert cast.stranger.client.get(address).status_code == 404
        assert cast.owner.client.get(address).status_code == 403

    def test_three_and_thirty_entries_cost_the_same(self, cast, person, account, count_queries):
        address = reverse("accounts:held", args=[person.pk])

        def cost():
            with count_queries() as counted:
                assert cast.administrator.client.get(address).status_code == 200
            return counted.number

        cost()
        first = cost()
        for number in range(30):
            Note.objects.create(account=account, contact=person, kind="CALL", text=str(number), at=NOW, author=cast.owner.user)
        assert cost() == first


@pytest.mark.django_db
class TestErasing:
    def test_nothing_of_the_person_is_left(self, cast, person, account, erase):
        run = ImportRun.objects.create(title="联系人", created_at=NOW)
        ImportChange.objects.create(run=run, target="accounts.contact", target_id=person.pk, is_created=False, before={"name": NAME})
        erasure = erase(person)
        gone = Contact.objects.get(pk=person.pk)
        assert gone.name == f"已删除的联系人 #{person.pk}"
        assert (gone.salutation, gone.note, gone.custom, gone.external_key, gone.is_main) == ("", "", {}, None, False)
        assert gone.erased_at == gone.archived_at == NOW
        assert not gone.jobs.exists() and not gone.ways.exists() and not gone.key_dates.exists()  # noqa: PT018
        assert [(row.channel, row.is_given, row.source) for row in gone.consents.all()] == [("PHONE", True, "")]
        assert not SearchEntry.objects.filter(kind="contact", object_id=person.pk).exists()
        texts = [
            *Note.objects.values_list("text", flat=True),
            *DossierEntry.objects.values_list("text", flat=True),
            *Todo.objects.values_list("title", flat=True),
            *(json.dumps([row.summary, row.changes], ensure_ascii=False) for row in AuditEntry.objects.all()),
            *(json.dumps(row.before, ensure_ascii=False) for row in ImportChange.objects.all()),
            *Erasure.objects.values_list("reason", flat=True),
        ]
        for word in (NAME, MOBILE, MAIL, "龙井", "陈总", "采购总监"):
            assert not any(word in text for text in texts), word
        assert any("预算已批" in text for text in texts), "what was said at the account stays"
        assert (erasure.contact_number, erasure.by_name, erasure.reason) == (person.pk, "管理员", "本人来信要求")

    def test_the_trail_still_says_that_something_changed(self, cast, person, erase):
        before = AuditEntry.objects.filter(target="accounts.contact", target_id=person.pk).count()
        erase(person)
        trail = AuditEntry.objects.filter(target="accounts.contact", target_id=person.pk)
        assert trail.count() == before + 1
        edited = trail.get(action="contacts.edit")
        assert edited.changes["salutation"] == ["", calc.REDACTED]
        assert edited.actor_name == "周敏"
        assert trail.get(action="contacts.consent").changes == {"PHONE": [None, True]}
        assert trail.get(action="contacts.erase").changes == {"reason": [None, "本人来信要求"]}

    def test_texts_that_only_mention_the_name_stay_when_wished(self, cast, person, erase):
        erase(person, with_mentions=False)
        assert Note.objects.filter(text__contains=NAME).count() == 1
        assert Todo.objects.get().title == f"给{NAME}回电"

    def test_a_namesake_keeps_the_texts_that_may_mean_him(self, cast, person, account, erase):
        make_contact(account, NAME)
        erase(person)
        assert Note.objects.filter(text__contains=NAME).count() == 1
        assert Contact.objects.filter(name=NAME).count() == 1

    def test_the_name_must_be_typed_and_a_reason_given(self, cast, person, erase):
        with pytest.raises(Invalid) as refused:
            erase(person, confirmation="陈立", reason=" ")
        assert set(refused.value.fields) == {"confirmation", "reason"}
        assert Contact.objects.get(pk=person.pk).erased_at is None

    @pytest.mark.parametrize("who", ["owner", "manager", "finance", "service", "read_only", "colleague"])
    def test_only_directors_and_administrators(self, cast, person, erase, who):
        with pytest.raises(NotAllowed):
            erase(person, by=getattr(cast, who).scope)

    def test_a_legal_hold_refuses_with_its_reason(self, cast, person, erase):
        actions.set_legal_hold(contact=person, reason="诉讼 2026-12", by=cast.director.scope, now=NOW)
        with pytest.raises(actions.UnableToErase, match="诉讼 2026-12"):
            erase(person)
        actions.set_legal_hold(contact=person, reason="", by=cast.director.scope, now=NOW)
        assert AuditEntry.objects.filter(action="contacts.lift_hold").count() == 1
        assert erase(person).pk

    def test_once_and_nothing_comes_back(self, cast, person, erase):
        erase(person)
        gone = Contact.objects.get(pk=person.pk)
        with pytest.raises(actions.UnableToErase):
            erase(gone)
        with pytest.raises(contact_actions.UnableToSaveContact):
            contact_actions.restore_contact(contact=gone, by=cast.director.scope, now=NOW)
        with pytest.raises(contact_actions.UnableToSaveContact):
            contact_actions.edit_contact(contact=gone, values={"name": NAME}, by=cast.director.scope, now=NOW)
        with pytest.raises(actions.UnableToErase):
            actions.set_legal_hold(contact=gone, reason="x", by=cast.director.scope, now=NOW)

    def test_the_dialog(self, cast, person):
        address = reverse("accounts:contact_erase", args=[person.pk])
        assert "cannot be undone" in cast.administrator.client.get(address).content.decode()
        wrong = cast.administrator.client.post(address, {"reason": "asked", "confirmation": "x"})
        assert wrong.status_code == 422
        assert "Type the name exactly" in wrong.content.decode()
        assert cast.stranger.client.post(address).status_code == 404
        assert cast.manager.client.post(address, {"reason": "asked", "confirmation": NAME}).status_code == 403
        done = cast.administrator.client.post(address, {"reason": "asked", "confirmation": NAME})
        assert done.status_code == 303
        panel = cast.owner.client.get(reverse("accounts:contacts", args=[person.account_id])).content.decode()
        assert f"Erased contact no. {person.pk}" in panel
        assert NAME not in panel
        again = cast.administrator.client.get(reverse("accounts:held", args=[person.pk])).content.decode()
        assert "The data of this person was erased on" in again
        assert NAME not in again

    def test_the_hold_dialog(self, cast, person):
        address = reverse("accounts:contact_hold", args=[person.pk])
        assert cast.director.client.get(address).status_code == 200
        assert cast.director.client.post(address, {"reason": "税务检查"}).status_code == 303
        assert "税务检查" in cast.director.client.get(reverse("accounts:held", args=[person.pk])).content.decode()
        assert cast.owner.client.post(address, {"reason": ""}).status_code == 403
        assert cast.stranger.client.post(address, {"reason": ""}).status_code == 404
        refused = cast.director.client.post(reverse("accounts:contact_erase", args=[person.pk]), {"reason": "a", "confirmation": NAME})
        assert refused.status_code == 422
        assert "税务检查" in refused.content.decode()


def batch(rows, *, mode=Mode.BOTH):
    return Batch(rows=rows, mode=mode, key="external_key", by=Scope.system(), now=NOW)


@pytest.mark.django_db
class TestComingBack:
    @pytest.mark.parametrize(
        "row",
        [
            {"name": "陈先生", "mobile": "+86 13900000001"},
            {"name": "陈先生", "email": MAIL.lower()},
            {"name": "陈 立群"},
            {"name": "某某", "external_key": "K-1"},
        ],
        ids=["phone", "mail", "name", "key"],
    )
    def test_an_import_does_not_bring_the_person_back(self, cast, person, account, erase, row):
        erasure = erase(person)
        number = Contact.objects.count()
        outcomes = import_contacts(batch([{"account_name": account.name, **row}, {"account_name": account.name, "name": "何光"}]))
        assert [outcome.fate for outcome in outcomes] == [Fate.REFUSED, Fate.CREATED]
        assert Contact.objects.count() == number + 1
        assert outcomes[0].reason is not None
        assert erasure.at.date().isoformat() in str(outcomes[0].reason)

    def test_somebody_else_with_the_name_elsewhere_comes_in(self, cast, person, erase):
        erase(person)
        other = make_account("远科机电有限公司", owner=cast.owner.user)
        outcomes = import_contacts(batch([{"account_name": other.name, "name": NAME}]))
        assert [outcome.fate for outcome in outcomes] == [Fate.CREATED]

    def test_a_changed_secret_still_recognises(self, cast, person, account, erase, settings):
        erase(person)
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a-new-secret"
        outcomes = import_contacts(batch([{"account_name": account.name, "name": "陈先生", "mobile": MOBILE}]))
        assert [outcome.fate for outcome in outcomes] == [Fate.REFUSED]

    def test_without_erasures_one_query_is_spent(self, db, count_queries):
        with count_queries() as counted:
            assert erased.recognised([["phone:13900000001"]] * 50) == {}
        assert counted.number == 1


@pytest.mark.django_db
class TestAfterARestore:
    @pytest.fixture(autouse=True)
    def home(self, settings, tmp_path):
        settings.HOME = tmp_path

    def test_the_journal_runs_the_erasure_again(self, cast, person, erase, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            erase(person)
        assert NAME not in erased.journal_file().read_text(encoding="utf-8")
        assert erased.undone_by_restore(cast.director.scope) == []
        Erasure.objects.all().delete()  # an older backup knows of no erasure and still has the person
        Contact.objects.filter(pk=person.pk).update(erased_at=None, archived_at=None, name=NAME)
        page = cast.director.client.get(reverse("accounts:erasures")).content.decode()
        assert "To be run again after a restore" in page
        assert cast.director.client.post(reverse("accounts:erase_again")).status_code == 303
        assert Contact.objects.get(pk=person.pk).name == calc.placeholder(person.pk)
        assert erased.undone_by_restore(cast.director.scope) == []

    def test_a_person_who_came_after_the_backup_gets_the_tombstone_again(
        self, cast, person, account, erase, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            erase(person)
        Erasure.objects.all().delete()
        Contact.objects.filter(pk=person.pk).delete()
        assert actions.erase_again(by=cast.director.scope, now=NOW) == actions.Again(done=1, refused=0)
        assert Erasure.objects.get().reason == "本人来信要求"
        outcomes = import_contacts(batch([{"account_name": account.name, "name": "陈先生", "mobile": MOBILE}]))
        assert [outcome.fate for outcome in outcomes] == [Fate.REFUSED]

    def test_another_person_under_the_same_number_stays(self, cast, person, erase, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            erase(person)
        Erasure.objects.all().delete()
        other = person.created_at + timedelta(days=1)
        Contact.objects.filter(pk=person.pk).update(erased_at=None, name="何光", created_at=other)
        actions.erase_again(by=cast.director.scope, now=NOW)
        assert Contact.objects.get(pk=person.pk).name == "何光"

    def test_a_broken_line_is_passed_over(self, cast):
        erased.journal_file().write_text('{"contact": 1\n\n[]\n', encoding="utf-8")
        assert erased.journal() == []

    def test_who_may(self, cast):
        for who, status in (("owner", 403), ("manager", 403), ("stranger", 403), ("director", 303)):
            assert getattr(cast, who).client.post(reverse("accounts:erase_again")).status_code == status


@pytest.mark.django_db
class TestConsent:
    def test_one_click_takes_it_back_with_the_day(self, cast, person):
        address = reverse("accounts:consent_withdraw", args=[person.pk])
        assert cast.owner.client.post(address, {"channel": "PHONE"}, headers={"HX-Request": "true"}).status_code == 204
        newest = Consent.objects.filter(contact=person, channel="PHONE").order_by("-stated_date", "-pk").first()
        assert newest is not None
        assert (newest.is_given, newest.recorded_by_name) == (False, "周敏")
        assert cast.owner.client.post(address, {"channel": "PHONE"}).status_code == 409
        assert cast.owner.client.post(address, {"channel": "NOPE"}).status_code == 422
        assert cast.stranger.client.post(address, {"channel": "PHONE"}).status_code == 404
        assert cast.read_only.client.post(address, {"channel": "PHONE"}).status_code == 403

    def test_the_panel_marks_and_filters(self, cast, person, account):
        make_contact(account, "何光")
        address = reverse("accounts:contacts", args=[account.pk])
        page = cast.owner.client.get(address).content.decode()
        assert page.count("No consent written down") == 1
        agreed = cast.owner.client.get(address, {"consent": "AGREED"}).content.decode()
        assert f'id="contact-{person.pk}"' in agreed
        assert agreed.count('id="contact-') == 1
        none = cast.owner.client.get(address, {"consent": "NONE"}).content.decode()
        assert f'id="contact-{person.pk}"' not in none
        assert "Nobody here is in this state" in cast.owner.client.get(address, {"consent": "REFUSED"}).content.decode()
        assert cast.owner.client.get(address, {"consent": "X"}).content.decode().count('id="contact-') == 2


def test_keys_go_with_their_erasure(db):
    erasure = Erasure.objects.create(contact_number=1, account_number=1, contact_made_at=NOW, at=NOW, by_name="x", reason="x")
    ErasedKey.objects.create(erasure=erasure, digest="0" * 64)
    erasure.delete()
    assert not ErasedKey.objects.exists()
    assert not ContactWay.objects.exists()
