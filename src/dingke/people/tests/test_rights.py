"""The table of rights is in words, whole, and the same table that decides."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation

from dingke.core.scope import Scope
from dingke.people.calc import FIELD_RIGHTS, PERMISSIONS, REACH, Reach, Role, permissions_of
from dingke.people.models import ROLE_LABELS
from dingke.people.queries import rights
from dingke.people.queries import rights_both_ways as both_ways
from dingke.people.tests.factories import make_user


def test_every_code_has_its_words():
    assert set(rights.PERMISSION_LABELS) == set(PERMISSIONS)
    assert set(rights.FIELD_LABELS) == set(FIELD_RIGHTS)
    assert set(ROLE_LABELS) == set(Role) == set(REACH)
    assert set(rights.REACH_LABELS) == set(Reach)


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_words_are_there_in_both_languages(language):
    with translation.override(language):
        table = rights.rights_table()
        texts = (
            [row.label for _group, rows in table.groups for row in rows]
            + [row.label for row in table.fields]
            + [rights.role_text(role) for role in Role]
        )
    assert len(set(texts)) == len(texts)
    for text in texts:
        assert any("一" <= char <= "鿿" for char in text) is (language == "zh-hans"), text


def test_the_table_says_what_the_scope_carries():
    table = rights.rights_table()
    for place, (role, _label) in enumerate(table.roles):
        carried = {row.code for _group, rows in table.groups for row in rows if row.carried[place]}
        assert carried == permissions_of(role)


def test_a_role_is_told_from_the_table():
    with translation.override("en"):
        assert rights.role_text(Role.REP) == "Sees own and shared accounts. Does not see: Costs."
        assert "Edits no accounts." in rights.role_text(Role.READ_ONLY)
        assert "Manages people" in rights.role_text(Role.ADMINISTRATOR)


@pytest.mark.django_db
def test_everybody_reads_it(cast):
    for person in cast.people().values():
        page = person.client.get(reverse("people:rights"), {"view": "table"}).content.decode()
        assert "Claim accounts from the public pool" in page
        assert ("/people/teams/" in page) is (person.user.role == "ADMINISTRATOR")
    assert cast.anonymous.get(reverse("people:rights")).status_code == 303


@pytest.mark.django_db
class TestBothWays:
    def test_what_a_role_may_is_what_its_people_carry(self, cast):
        for role in Role:
            with translation.override("en"):
                sheet = both_ways.role_sheet(cast.owner.scope, role.value)
            lines = [line for _group, rows in sheet.groups for line in rows]
            carried = {line.right.code for line in lines if line.carried}
            assert {code for code in carried if code in PERMISSIONS} == permissions_of(role)
            assert {code.removeprefix("field.") for code in carried if code.startswith("field.")} == {
                code for code, seers in FIELD_RIGHTS.items() if role in seers
            }
            assert [code for code in carried if code.startswith("reach.") and code != "reach.pool"] == [
                f"reach.{REACH[role].value.lower()}"
            ]
            assert sheet.people == sum(person.user.role == role for person in cast.people().values())

    def test_without_a_role_ones_own_is_read(self, cast):
        assert both_ways.role_sheet(cast.finance.scope, "").role is Role.FINANCE
        assert both_ways.role_sheet(cast.finance.scope, "KING").role is Role.FINANCE
        assert both_ways.role_sheet(Scope.system(), "").role in Role

    def test_who_may_names_the_people_with_one_of_the_roles(self, cast):
        lines = {line.right.code: line for line in both_ways.who_may(cast.owner.scope)}
        assert set(PERMISSIONS) <= set(lines)
        assert lines["people.edit"].names == ("管理员",)
        assert set(lines["settings.edit"].names) == {"林致远", "管理员"}
        assert lines["accounts.create"].people == sum(person.scope.can("accounts.create") for person in cast.people().values())
        cast.administrator.user.is_active = False
        cast.administrator.user.save()
        assert {line.right.code: line for line in both_ways.who_may(cast.owner.scope)}["people.edit"].people == 0

    @pytest.mark.parametrize(("language", "text", "codes"), [
        ("en", "EXPORT seen", {"exports.run"}), ("zh-hans", "导出", {"exports.run"}), ("en", "people.edit", {"people.edit"}), ("en", "no such thing", set()),
    ])  # fmt: skip
    def test_is_searched_in_words(self, cast, language, text, codes):
        with translation.override(language):
            assert {line.right.code for line in both_ways.who_may(cast.owner.scope, text=text)} == codes

    def test_on_the_page_for_everybody(self, cast, count_queries):
        address = reverse("people:rights")
        for person in cast.people().values():
            own = person.client.get(address).content.decode()
            assert "my role" in own
            assert person.client.get(address, {"view": "who"}).status_code == 200
        page = cast.stranger.client.get(address, {"view": "who", "text": "export what"}).content.decode()
        assert "许文静" in page
        assert "Claim accounts from the public pool" not in page
        assert "called like that" in cast.stranger.client.get(address, {"view": "role", "text": "zzz"}).content.decode()
        part = cast.stranger.client.get(address, {"role": "FINANCE"}, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
        assert "<html" not in part.content.decode()

        def cost() -> int:
            with count_queries() as counted:
                cast.stranger.client.get(address, {"view": "who"})
            return counted.number

        few = cost()
        for _each in range(27):
            make_user()
        assert cost() == few
