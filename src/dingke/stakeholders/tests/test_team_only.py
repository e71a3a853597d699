"""A-18: personality, style note and profile are for the account team; nobody else reads them on any path, the audit trail included."""

from __future__ import annotations

import json

import pytest
from django.core import serializers
from django.urls import reverse

from dingke.accounts.actions.privacy import erase_contact
from dingke.accounts.models import Collaborator
from dingke.accounts.queries import privacy as held
from dingke.accounts.tests.factories import make_team, make_user
from dingke.core.errors import NotAllowed
from dingke.core.models import AuditEntry, OutboxEvent
from dingke.people.calc import Role
from dingke.people.queries import scope_for
from dingke.stakeholders import access
from dingke.stakeholders.actions import attitude, people
from dingke.stakeholders.actions.needs import log_need
from dingke.stakeholders.calc.personality import PERSONALITY_OF
from dingke.stakeholders.models import NeedEntry, Stakeholder, Stance
from dingke.stakeholders.queries import person as persons
from dingke.stakeholders.tests.factories import make_centre, make_stakeholder, make_step

pytestmark = [pytest.mark.django_db, pytest.mark.item("A-18", "C-17")]
SECRETS = ("急性子别绕弯", "军校毕业", PERSONALITY_OF["DRIVING"].label.en, PERSONALITY_OF["DRIVING"].do.en)


@pytest.fixture
def row(account, cast, now):
    row = make_stakeholder(make_centre(account))
    values = {"personality": "DRIVING", "style_note": SECRETS[0], "profile": {"background": SECRETS[1], "unknown": "x"}}
    people.write_team_note(stakeholder=row, values=values, by=cast.owner.scope, now=now, expected_version=1)
    row.refresh_from_db()
    return row


def has_secret(text):
    return any(secret in text for secret in SECRETS)


class TestWhoIsOnTheTeam:
    def on_team(self, person, account):
        return bool(access.is_on_team(person.scope, account))

    def test_the_owner_and_whoever_leads_the_owner(self, cast, account):
        assert self.on_team(cast.owner, account)
        assert self.on_team(cast.manager, account)

    def test_roles_that_see_every_account_are_not(self, cast, account):
        for name in ("administrator", "finance", "service", "read_only", "stranger", "colleague", "director"):
            assert not self.on_team(getattr(cast, name), account), name

    def test_a_director_who_leads_the_team_is(self, cast, account):
        cast.team.leaders.add(cast.director.user)
        assert access.is_on_team(scope_for(cast.director.user), account)

    def test_a_collaborator_and_whoever_leads_the_collaborator_are(self, cast, account, now):
        chief = make_user("south-chief", role=Role.SALES_MANAGER, team=cast.other_team)
        cast.other_team.leaders.add(chief)
        assert not access.is_on_team(scope_for(chief), account)
        Collaborator.objects.create(account=account, user=cast.stranger.user, level="READ", added_at=now)
        assert self.on_team(cast.stranger, account)
        assert access.is_on_team(scope_for(chief), account)

    def test_a_leader_of_another_team_is_not(self, cast, account):
        north = make_team("华北")
        north.leaders.add(cast.director.user)
        assert not self.on_team(cast.director, account)


class TestEveryPath:
    def pages(self, row):
        centre, account = row.centre_id, row.centre.account_id
        return [
            f"/people-at/person/{row.pk}/", f"/people-at/person/{row.pk}/edit/", f"/people-at/person/{row.pk}/key/",
            f"/people-at/person/{row.pk}/attitude/", f"/people-at/{centre}/", f"/people-at/{centre}/map.svg",
            f"/people-at/account/{account}/", f"/people-at/{centre}/line/", f"/account/{account}/", f"/accounts/{account}/timeline/",
            f"/accounts/{account}/contacts/", f"/accounts/contacts/{row.contact_id}/held/",
        ]  # fmt: skip

    def test_only_the_team_reads_it(self, row, cast):
        for name, person in cast.people().items():
            on_team = name in {"owner", "manager"}
            seen = [person.client.get(path, headers={"HX-Request": "true"}) for path in self.pages(row)]
            found = has_secret("".join(answer.content.decode() for answer in seen if answer.status_code == 200))
            assert found is on_team, name

    def test_only_the_team_opens_and_sends_its_form(self, row, cast):
        path = f"/people-at/person/{row.pk}/team/"
        for name, person in cast.people().items():
            answer = person.client.get(path)
            assert answer.status_code == (200 if name in {"owner", "manager"} else 404 if name in {"stranger", "colleague"} else 403), name
            assert has_secret(answer.content.decode()) is (answer.status_code == 200)
            if answer.status_code != 200:
                assert person.client.post(path, {"style_note": "x"}).status_code == answer.status_code
        row.refresh_from_db()
        assert row.style_note == SECRETS[0]

    def test_an_administrator_edits_the_map_and_does_not_touch_it(self, row, cast, now):
        people.edit_stakeholder(stakeholder=row, values={"influence": 5}, by=cast.administrator.scope, now=now)
        with pytest.raises(NotAllowed):
            people.write_team_note(stakeholder=row, values={"style_note": "x"}, by=cast.administrator.scope, now=now)
        with pytest.raises(NotAllowed):
            persons.team_note(cast.administrator.scope, row)
        row.refresh_from_db()
        assert (row.influence, row.style_note) == (5, SECRETS[0])

    def test_the_trail_and_the_outbox_say_that_and_not_what(self, row, cast, now):
        people.edit_stakeholder(stakeholder=row, values={"influence": 5}, by=cast.owner.scope, now=now)
        people.remove_stakeholder(stakeholder=row, by=cast.owner.scope, now=now)
        written = "".join(
            serializers.serialize("json", rows, ensure_ascii=False) for rows in (AuditEntry.objects.all(), OutboxEvent.objects.all())
        )
        assert "stakeholders.team_note" in written
        assert not has_secret(written)
        assert "DRIVING" not in written

    def test_the_page_of_the_trail_names_the_act(self, row, cast):
        page = cast.administrator.client.get(reverse("core:audit")).content.decode()
        assert "wrote for the account team alone" in page
        assert not has_secret(page)

    def test_unknown_parts_of_a_profile_are_dropped(self, row):
        assert row.profile == {"background": SECRETS[1]}


class TestWhatIsHeldOfAPerson:
    def parts(self, person, row):
        found = held.as_json(held.held_of(person.scope, row.contact))
        return json.dumps(found, ensure_ascii=False, default=str)

    def test_the_team_hands_it_out_and_others_are_told_that_it_is_there(self, row, cast):
        assert has_secret(self.parts(cast.owner, row))
        told = self.parts(cast.administrator, row)
        assert not has_secret(told)
        assert "the account team alone" in told

    def test_an_erasure_empties_every_map(self, row, cast, now, today):
        name, by = row.contact.name, cast.owner.scope
        other = make_stakeholder(row.centre, "周衡", approach=f"请{name}引荐", profile={"character": f"常与{name}同行"})
        attitude.set_attitude(stakeholder=row, attitude="ACCEPT", evidence=f"{name}说可以", on_date=today, by=by, now=now)
        attitude.set_attitude(stakeholder=other, attitude="DOUBT", evidence=f"听{name}说", on_date=today, by=by, now=now)
        log_need(
            account=row.centre.account,
            values={"channel": "DATA", "text": f"{name}要快", "on_date": today, "contact": row.contact},
            by=by,
            now=now,
        )
        step = make_step(row.centre, stakeholder=row)
        erase_contact(contact=row.contact, reason="本人要求", confirmation=name, by=cast.director.scope, now=now)
        row.refresh_from_db()
        assert (row.personality, row.style_note, row.profile, row.attitude, row.approach) == ("", "", {}, "", "")
        assert row.archived_at is not None
        assert not Stance.objects.filter(stakeholder=row).exists()
        step.refresh_from_db()
        assert step.stakeholder is None
        written = serializers.serialize(
            "json",
            [*Stakeholder.objects.all(), *Stance.objects.all(), *NeedEntry.objects.all(), *AuditEntry.objects.all()],
            ensure_ascii=False,
        )
        assert name not in written
