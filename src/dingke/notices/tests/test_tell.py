"""Telling: who hears, where, once; what repeats collapses; what is quiet waits."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from django.db import transaction
from django.utils import translation

from dingke.notices.actions import tell
from dingke.notices.actions.preferences import set_rhythm, set_routings
from dingke.notices.calc import Mail, Routing
from dingke.notices.models import Bot, Delivery, Notice
from dingke.notices.queries import words

pytestmark = pytest.mark.django_db
GIVEN = "account.given"


def ways(notice: Notice) -> list[str]:
    return sorted(notice.deliveries.order_by("pk").values_list("channel", flat=True))


def test_a_notice_comes_with_its_ways_out(told, cast):
    notice = told()
    assert (notice.recipient_id, notice.count, notice.is_listed, notice.read_at) == (cast.owner.user.pk, 1, True, None)
    assert ways(notice) == ["MAIL"]


def test_bots_of_the_person_and_of_the_company_speak(told, cast, now):
    Bot.objects.create(owner=cast.owner.user, name="我的", address="x")
    Bot.objects.create(owner=cast.owner.user, name="停用", address="x", is_active=False)
    Bot.objects.create(owner=cast.colleague.user, name="别人的", address="x")
    Bot.objects.create(owner=None, name="群", address="x", kinds=[GIVEN])
    Bot.objects.create(owner=None, name="另一个群", address="x", kinds=["job.import"])
    assert ways(told()) == ["BOT", "COMPANY_BOT", "MAIL"]


def test_a_group_hears_of_an_event_once_however_many_people_do(cast, account, now):
    Bot.objects.create(owner=None, name="群", address="x", kinds=[GIVEN])
    people = [cast.owner.user.pk, cast.manager.user.pk, cast.director.user.pk]
    tell.notify(kind=GIVEN, to=people, now=now, subject=("account", account.pk), words=tell.Words(title="x"))
    assert Delivery.objects.filter(channel="COMPANY_BOT").count() == 1


def test_people_who_did_it_left_or_do_not_exist_are_not_told(cast, now):
    cast.colleague.user.is_active = False
    cast.colleague.user.save()
    to = [cast.owner.user.pk, cast.colleague.user.pk, None, 0, 10**9]
    assert tell.notify(kind=GIVEN, to=to, without=[cast.owner.user.pk, None], now=now, words=tell.Words(title="x")) == []


def test_a_kind_or_subject_that_nobody_declared_is_a_mistake(cast, now):
    for kind, subject in (("nothing", ("", 0)), (GIVEN, ("nothing", 1))):
        with pytest.raises(KeyError, match="wiring"):
            tell.notify(kind=kind, to=[cast.owner.user.pk], subject=subject, now=now, words=tell.Words(title="x"))


def test_the_same_within_an_hour_becomes_one_with_a_count(told, now):
    first = told(at=now)
    again = told(at=now + timedelta(minutes=59), values={"name": "林致远"})
    assert again.pk == first.pk
    assert (again.count, again.at, again.values["name"]) == (2, now + timedelta(minutes=59), "林致远")
    assert ways(again) == ["MAIL"], "no second mail"
    assert told(at=now + timedelta(hours=2)).pk != first.pk


def test_what_was_read_or_is_about_something_else_is_said_anew(told, now, account):
    first = told()
    Notice.objects.filter(pk=first.pk).update(read_at=now)
    second = told()
    assert second.pk != first.pk
    assert told(kind="account.shared").pk not in {first.pk, second.pk}
    assert told(subject=("", 0)).pk != told(subject=("", 0)).pk


def test_with_a_key_it_is_said_once_ever(told, cast, now, account):
    told(key="2026-09-30")
    Notice.objects.update(read_at=now)
    later = now + timedelta(days=3)
    again = {"kind": GIVEN, "to": [cast.owner.user.pk], "subject": ("account", account.pk), "now": later, "words": tell.Words(title="x")}
    assert tell.notify(**again, key="2026-09-30") == []
    assert len(tell.notify(**again, key="2026-10-31")) == 1


def test_two_schedulers_that_say_the_same_say_it_once(told, cast, account, now, monkeypatch):
    told(key="k")
    real = Notice.objects.filter

    # the second has looked before the first had written
    monkeypatch.setattr(
        tell.Notice.objects, "filter", lambda *args, **kwargs: real(pk=0) if kwargs.get("key") == "k" else real(*args, **kwargs)
    )
    with transaction.atomic():
        assert (
            tell.notify(kind=GIVEN, to=[cast.owner.user.pk], subject=("account", account.pk), key="k", now=now, words=tell.Words(title="x"))
            == []
        )
    monkeypatch.undo()
    assert Notice.objects.count() == 1


def test_choices_of_the_person_decide(told, cast):
    set_routings(routings={GIVEN: Routing(inbox=False, mail=Mail.DIGEST, bot=False)}, by=cast.owner.scope)
    notice = told()
    assert (notice.is_listed, ways(notice)) == (False, ["DIGEST"])
    set_routings(routings={GIVEN: Routing(inbox=False, mail=Mail.OFF, bot=False)}, by=cast.owner.scope)
    with pytest.raises(IndexError):
        told()


def test_without_a_mail_address_nothing_is_mailed(told, cast):
    cast.owner.user.email = ""
    cast.owner.user.save()
    assert ways(told()) == []


def test_quiet_hours_hold_mail_and_bots_back_but_not_the_inbox(told, cast, now):
    Bot.objects.create(owner=cast.owner.user, name="我的", address="x")
    set_rhythm(  # ten in the morning in Shanghai is four in the morning in Berlin
        quiet_from=time(22), quiet_to=time(7), quiet_days=range(7), time_zone="Europe/Berlin", digest_hour=8, by=cast.owner.scope
    )
    notice = told()
    due = set(notice.deliveries.order_by("pk").values_list("due_at", flat=True))
    assert due == {now + timedelta(hours=3)}
    assert not notice.deliveries.filter(queued_at__isnull=False).exists()


def test_held_notices_come_into_the_inbox_and_go_nowhere(told):
    with tell.held():
        notice = told()
    assert ways(notice) == []


def test_workers_hear_of_it_after_commit_only(told, django_capture_on_commit_callbacks, monkeypatch):
    seen: list[int] = []
    monkeypatch.setattr(tell, "_queue", [seen.append])
    with django_capture_on_commit_callbacks(execute=True):
        notice = told()
        assert seen == []
    assert seen == [notice.deliveries.get().pk]


def test_settled_notices_are_read(told, cast, account, now):
    notice = told()
    assert tell.settle(subject=("account", account.pk), kinds=["account.shared"], now=now) == 0
    assert tell.settle(subject=("account", account.pk), kinds=[GIVEN], of=[cast.stranger.user.pk], now=now) == 0
    assert tell.settle(subject=("account", account.pk), kinds=[GIVEN], now=now) == 1
    notice.refresh_from_db()
    assert notice.read_at == now


def test_it_costs_the_same_for_three_people_and_for_nine(cast, now, account, count_queries):
    ids = [person.user.pk for person in cast.people().values()]

    def cost(to):
        with count_queries() as counted:
            tell.notify(kind=GIVEN, to=to, subject=("account", account.pk), now=now, words=tell.Words(title="x"))
        return counted.number

    assert cost(ids[:3]) == cost(ids[3:])


def test_words_are_said_in_the_language_of_the_reader(told):
    notice = told(title="%(account)s is in stage %(stage)s now", values={"stage": {"word": "Growing"}})
    with translation.override("en"):
        assert words.title_of(notice) == "江州重工 is in stage Growing now"
    with translation.override("zh-hans"):
        assert words.title_of(notice) != "江州重工 is in stage Growing now"
    notice.values = {}
    assert words.title_of(notice) == notice.title, "a text that lacks a value is shown as it is"
