"""The pages: what each person of the cast meets, and deciding in two taps."""

from __future__ import annotations

import pytest
from django.urls import reverse

from dingke.approvals.models import Approval
from dingke.approvals.tests.factories import ask

pytestmark = [pytest.mark.django_db, pytest.mark.item("A-01")]
HX = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def approval(cast):
    return ask(by=cast.owner.scope, steps=[("ANY", [cast.manager.user], "Manager"), ("ANY", [cast.director.user], "Director")])


def test_the_list_shows_what_waits_for_each(cast, approval):
    page = cast.manager.client.get(reverse("approvals:list"))
    assert approval.title in page.content.decode()
    assert approval.title not in cast.director.client.get(reverse("approvals:list")).content.decode()
    for tab in ("asked", "decided", "open"):
        assert cast.owner.client.get(reverse("approvals:list"), {"tab": tab}).status_code == 200
    assert approval.title in cast.owner.client.get(reverse("approvals:list"), {"tab": "asked"}).content.decode()
    assert approval.title in cast.administrator.client.get(reverse("approvals:list"), {"tab": "open"}).content.decode()
    assert approval.title not in cast.stranger.client.get(reverse("approvals:list"), {"tab": "open"}).content.decode()


def test_two_taps_decide(cast, approval):
    detail = reverse("approvals:detail", args=[approval.pk])
    assert cast.manager.client.get(detail).status_code == 200
    answer = cast.manager.client.post(reverse("approvals:decide", args=[approval.pk]), {"decision": "agree"}, headers=HX)
    assert answer.status_code == 200
    assert "dk:toast" in answer["HX-Trigger"]
    assert "<html" not in answer.content.decode()
    cast.director.client.post(reverse("approvals:decide", args=[approval.pk]), {"decision": "reject", "why": "依据不足"})
    approval.refresh_from_db()
    assert approval.state == Approval.State.REJECTED


def test_a_rejection_without_reason_says_so_and_keeps_the_page(cast, approval):
    answer = cast.manager.client.post(reverse("approvals:decide", args=[approval.pk]), {"decision": "reject", "note": ""}, headers=HX)
    assert answer.status_code == 422
    assert "Say why you reject it" in answer.content.decode()


def test_others_meet_404_and_not_their_turn_403(cast, approval):
    for name in ("detail",):
        assert cast.stranger.client.get(reverse(f"approvals:{name}", args=[approval.pk])).status_code == 404
    for name in ("decide", "withdraw"):
        assert cast.stranger.client.post(reverse(f"approvals:{name}", args=[approval.pk]), {"decision": "agree"}).status_code == 404
        assert cast.director.client.post(reverse(f"approvals:{name}", args=[approval.pk]), {"decision": "agree"}).status_code == 403
    assert cast.anonymous.get(reverse("approvals:list")).status_code == 303


def test_the_person_who_asked_takes_it_back(cast, approval):
    answer = cast.owner.client.post(reverse("approvals:withdraw", args=[approval.pk]), headers=HX)
    assert answer.status_code == 200
    approval.refresh_from_db()
    assert approval.state == Approval.State.WITHDRAWN


def test_a_long_list_goes_on_after_a_cursor(cast):
    for _each in range(31):
        ask(by=cast.owner.scope, steps=[("ANY", [cast.manager.user], "")])
    first = cast.owner.client.get(reverse("approvals:list"), {"tab": "asked"}).content.decode()
    assert first.count('class="dk-approval"') == 30
    link = first.split('id="main"')[1].split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    rest = cast.owner.client.get(link, headers=HX).content.decode()
    assert rest.count('class="dk-approval"') == 1
