"""The page of choices: per kind and channel, quiet hours, digest hour, time zone."""

from __future__ import annotations

from datetime import time

import pytest
from django.urls import reverse

from dingke.core.errors import Invalid
from dingke.notices.actions import preferences as actions
from dingke.notices.calc import Mail, Routing
from dingke.notices.models import Preference, Rhythm
from dingke.notices.queries import preferences as queries
from dingke.notices.queries.kinds import all_kinds, kind_of, kinds_for

pytestmark = pytest.mark.django_db
RHYTHM = {"quiet_from": "22:00", "quiet_to": "07:30", "quiet_days": ["0", "4"], "digest_hour": "18", "time_zone": "Europe/Berlin"}


def posted(scope, **changed):
    """The table as the page sends it, with changed kinds."""
    body = {}
    for kind in kinds_for(scope):
        routing = changed.get(kind.key.replace(".", "_"), kind.routing)
        body[f"mail-{kind.key}"] = routing.mail.value
        body |= {f"inbox-{kind.key}": "on"} if routing.inbox else {}
        body |= {f"bot-{kind.key}": "on"} if routing.bot else {}
    return body


def test_every_kind_says_why_and_can_be_read_in_both_languages(cast):
    page = cast.administrator.client.get(reverse("notices:preferences")).content.decode()
    for kind in all_kinds():
        assert str(kind.label) in page
        assert str(kind.why)


def test_only_what_differs_is_kept(cast):
    mine = Routing(inbox=False, mail=Mail.DIGEST, bot=False)
    url = reverse("notices:preferences")
    assert cast.owner.client.post(url, posted(cast.owner.scope, account_stage=mine)).status_code == 303
    row = Preference.objects.get()
    assert (row.user_id, row.kind, row.inbox, row.mail) == (cast.owner.user.pk, "account.stage", False, "DIGEST")
    cast.owner.client.post(url, posted(cast.owner.scope))
    assert Preference.objects.count() == 0


def test_kinds_that_a_role_cannot_get_are_not_offered(cast):
    offered = {kind.key for kind in kinds_for(cast.owner.scope)}
    assert "job.import" not in offered
    assert "job.import" in {kind.key for kind in kinds_for(cast.administrator.scope)}


def test_a_kind_that_does_not_exist_is_refused(cast):
    with pytest.raises(Invalid):
        actions.set_routings(routings={"nothing": Routing()}, by=cast.owner.scope)
    with pytest.raises(Invalid):
        actions.turn_off(kind="nothing", channel="all", by=cast.owner.scope)
    with pytest.raises(Invalid):
        actions.turn_off(kind="account.stage", channel="pigeon", by=cast.owner.scope)


def test_the_rhythm_is_saved(cast):
    assert cast.owner.client.post(reverse("notices:rhythm"), RHYTHM).status_code == 303
    row = Rhythm.objects.get()
    assert (row.user_id, row.quiet_from, row.quiet_to, row.quiet_days) == (cast.owner.user.pk, time(22), time(7, 30), [0, 4])
    assert (row.digest_hour, row.time_zone) == (18, "Europe/Berlin")
    assert 'value="22:00"' in cast.owner.client.get(reverse("notices:preferences")).content.decode()


@pytest.mark.parametrize(
    "wrong",
    [
        {"quiet_to": ""},
        {"quiet_from": ""},
        {"digest_hour": "24"},
        {"time_zone": "Mars/Olympus"},
        {"quiet_days": ["9"]},
        {"quiet_from": "25:00"},
    ],
)
def test_a_rhythm_that_makes_no_sense_comes_back_with_a_sentence(cast, wrong):
    answer = cast.owner.client.post(reverse("notices:rhythm"), RHYTHM | wrong)
    assert answer.status_code == 422
    assert "dk-error" in answer.content.decode()
    assert Rhythm.objects.count() == 0


@pytest.mark.parametrize(
    "wrong", [{"digest_hour": 24}, {"quiet_days": [7]}, {"time_zone": "Mars"}, {"quiet_from": time(1), "quiet_to": None}]
)
def test_the_action_refuses_the_same(cast, wrong):
    good = {"quiet_from": None, "quiet_to": None, "quiet_days": [], "time_zone": "", "digest_hour": 8}
    with pytest.raises(Invalid):
        actions.set_rhythm(**(good | wrong), by=cast.owner.scope)


def test_turning_one_channel_off_leaves_the_others(cast):
    actions.turn_off(kind="account.given", channel="bot", by=cast.owner.scope)
    assert queries.routings("account.given", [cast.owner.user.pk]) == {cast.owner.user.pk: Routing(inbox=True, mail=Mail.NOW, bot=False)}
    actions.turn_on_again(kind="account.given", by=cast.owner.scope)
    assert queries.routings("account.given", [cast.owner.user.pk]) == {}


def test_a_time_zone_that_is_gone_falls_back_to_the_companys(cast):
    assert str(queries.zone_of(Rhythm(time_zone="Old/Zone"))) == "Asia/Shanghai"
    assert kind_of("account.given") is not None
