"""E-01 with E-02: a deal that was visited often and is hardly known says so on its page; one without a sheet does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from dingke.accounts.models import Note
from dingke.pipeline.queries.symptoms import symptoms_of
from dingke.pipeline.tests.factories import make_opportunity
from dingke.qualification.models import SheetElement
from dingke.qualification.queries.standing import known_shares


@pytest.fixture
def visited(cast, account, now, today):
    deal = make_opportunity(account=account, owner=cast.owner.user, opened_date=today - timedelta(days=30))
    for number in range(4):
        Note.objects.create(
            account=account, kind=Note.Kind.MEETING, text="走访", at=now - timedelta(days=number + 1), author=cast.owner.user
        )
    return deal


@pytest.mark.item("E-01")
def test_many_visits_and_little_known(cast, visited, today):
    codes = {one.code for one in symptoms_of([visited], today)[visited.pk]}
    assert "UNCLEAR" not in codes, "without a sheet nobody knows"
    for element in ("BASICS", "BUDGET"):
        SheetElement.objects.create(opportunity=visited, element=element, state="PARTIAL")
    assert float(known_shares([visited.pk])[visited.pk]) == 0.2
    assert "UNCLEAR" in {one.code for one in symptoms_of([visited], today)[visited.pk]}
    page = cast.owner.client.get(reverse("pipeline:deal", args=[visited.pk])).content.decode()
    assert "only 20%" in page
    assert "Go through the 7+3 sheet again." in page


@pytest.mark.item("E-01")
def test_what_is_unknown_counts_as_unknown(visited):
    SheetElement.objects.create(opportunity=visited, element="BASICS", state="UNKNOWN")
    assert known_shares([visited.pk]) == {visited.pk: 0}
    assert known_shares([]) == {}
