"""The table of rights is in words, whole, and the same table that decides."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import translation

from dingke.people.calc import FIELD_RIGHTS, PERMISSIONS, REACH, Reach, Role, permissions_of
from dingke.people.models import ROLE_LABELS
from dingke.people.queries import rights


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
        page = person.client.get(reverse("people:rights")).content.decode()
        assert "Claim accounts from the public pool" in page
        assert ("/people/teams/" in page) is (person.user.role == "ADMINISTRATOR")
    assert cast.anonymous.get(reverse("people:rights")).status_code == 303
