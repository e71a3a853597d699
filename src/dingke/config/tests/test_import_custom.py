"""The company's own fields in the import wizard: proposed, typed, refused in words, updated by key, taken back."""

from __future__ import annotations

import pytest
from django.urls import reverse

from dingke.accounts.models import Account, Contact
from dingke.accounts.tests.factories import make_account, make_contact
from dingke.config.tests.importing_kit import a_run, csv_bytes, done, imported, only, reasons
from dingke.core.importing import undo
from dingke.core.models import CustomField

pytestmark = pytest.mark.django_db


@pytest.fixture
def own_fields(db):
    made = [
        ("account", "grade", "信用等级", "Credit grade", "CHOICE", ["甲", "乙"]),
        ("account", "lines", "产线数量", "Lines", "NUMBER", []),
        ("account", "audited", "验厂日期", "Audited on", "DATE", []),
        ("account", "listed", "是否上市", "Listed", "BOOLEAN", []),
        ("account", "plant", "厂区说明", "Plant", "TEXT", []),
        ("contact", "hobby", "爱好", "Hobby", "TEXT", []),
    ]
    for place, (target, key, zh, en, kind, options) in enumerate(made):
        CustomField.objects.create(target=target, key=key, label_zh=zh, label_en=en, kind=kind, options=options, position=place)


HEAD = "客户名称,客户编号,信用等级,产线数量,验厂日期,是否上市,厂区说明"


def test_columns_are_proposed_by_their_names_and_values_are_typed(own_fields, now):
    run = a_run(("a.csv", csv_bytes(HEAD, '江州重工,C1,甲,"1,200.5",2026年3月2日,是,东厂')), now=now)
    assert only(run).mapping["fields"]["custom_grade"]["column"] == "信用等级"
    done(run, now=now)
    assert Account.objects.get().custom == {
        "grade": "甲", "lines": "1200.5", "audited": "2026-03-02", "listed": True, "plant": "东厂",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "words"),
    [("丙,,,,", "“丙” is none of: 甲, 乙."), (",很多,,,", "is not a number"), (",,昨天,,", "date"), (",,,也许,", "yes")],
)
def test_a_value_of_another_type_refuses_its_row_in_words(own_fields, now, cells, words):
    run = imported(("a.csv", csv_bytes(HEAD, f"江州重工,C1,{cells}", "海川电子,C2,乙,1,2026-01-01,否,")), now=now)
    [reason] = reasons(run)
    assert words in reason
    assert Account.objects.get().custom["listed"] is False


def test_an_update_by_key_keeps_what_the_row_does_not_say_and_is_taken_back(own_fields, cast, now):
    account = make_account("江州重工", owner=cast.owner.user, external_key="C1", custom={"grade": "甲", "plant": "东厂"})
    run = imported(("a.csv", csv_bytes("客户编号,客户名称,信用等级,产线数量,厂区说明", "C1,江州重工,乙,3,")), now=now)
    account.refresh_from_db()
    assert account.custom == {"grade": "乙", "lines": "3", "plant": "东厂"}
    again = imported(("a.csv", csv_bytes("客户编号,客户名称,信用等级,产线数量,厂区说明", "C1,江州重工,乙,3,")), now=now)
    assert again.counts["total"] == {"unchanged": 1}
    undo.take_back(run, by=cast.director.scope, now=now)
    account.refresh_from_db()
    assert account.custom == {"grade": "甲", "plant": "东厂"}


def test_contacts_have_theirs_and_not_those_of_accounts(own_fields, cast, now):
    account = make_account("江州重工", owner=cast.owner.user)
    make_contact(account, "陈立群", custom={"hobby": "象棋"})
    rows = csv_bytes("联系人,客户名称,爱好,信用等级", "陈立群,江州重工,围棋,甲", "周敏,江州重工,登山,甲")
    run = imported(("联系人.csv", rows), now=now, target="contacts")
    assert set(only(run).mapping["fields"]) == {"name", "account_name", "custom_hobby"}
    assert dict(Contact.objects.values_list("name", "custom")) == {"陈立群": {"hobby": "围棋"}, "周敏": {"hobby": "登山"}}


def test_a_field_that_was_switched_off_is_neither_offered_nor_written(own_fields, cast, now):
    run = a_run(("a.csv", csv_bytes(HEAD, "江州重工,C1,甲,1,2026-01-01,,")), now=now, by=cast.director.scope)
    CustomField.objects.filter(key="grade").update(is_active=False)
    page = cast.director.client.get(reverse("imports:file", kwargs={"run_id": run.pk, "file_id": only(run).pk})).content.decode()
    assert "custom_lines" in page
    assert "custom_grade" not in page
    done(run, now=now)
    assert Account.objects.get().custom == {"lines": "1", "audited": "2026-01-01"}
