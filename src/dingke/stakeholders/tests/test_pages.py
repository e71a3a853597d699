"""The doors of the map: whole for those who see the account, with a fixed number of queries, in both languages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from dingke.accounts.models import Note
from dingke.accounts.tests.factories import make_account, make_contact, make_user
from dingke.core.models import AuditEntry
from dingke.people.calc import Role
from dingke.stakeholders.models import BuyingCentre, ChainStep, Line, NeedEntry, Stakeholder
from dingke.stakeholders.queries import centre as centres
from dingke.stakeholders.queries import facts
from dingke.stakeholders.queries import map as maps
from dingke.stakeholders.tests.factories import make_centre, make_line, make_stakeholder, make_stance, make_step

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def centre(account):
    return make_centre(account)


def fill(centre, number):
    """So many people, each with a line, an attitude and a contact."""
    made = []
    for place in range(number):
        row = make_stakeholder(centre, f"人{place}", roles=["USER"], attitude="DOUBT")
        make_stance(row, "DOUBT")
        make_step(centre, f"步{place}", stakeholder=row)
        if made:
            make_line(row, made[place // 4])
        made.append(row)
    return made


class TestMap:
    def url(self, centre):
        return reverse("stakeholders:map", args=[centre.pk])

    def test_an_empty_map_teaches_the_first_step(self, centre, cast):
        page = cast.owner.client.get(self.url(centre), headers=HTMX).content.decode()
        assert "Nobody stands on this map yet" in page
        assert "sh-svg" not in page

    @pytest.mark.item("C-08", "C-09")
    def test_everybody_is_drawn_and_listed(self, centre, cast):
        boss = make_stakeholder(centre, "林总", roles=["TOP_LEADER"], influence=5, attitude="ACCEPT", is_key_person=True)
        make_line(make_stakeholder(centre, "<script>alert(1)</script>"), boss)
        page = cast.owner.client.get(self.url(centre), headers=HTMX).content.decode()
        assert page.count('class="sh-card ') == 2
        assert "a-accept" in page
        assert "k-reports-to" in page
        assert "<script>alert" not in page
        assert 'style="' not in page
        assert "2.00" in page

    def test_the_page_stands_in_the_shell(self, centre, cast):
        fill(centre, 2)
        answer = cast.owner.client.get(self.url(centre))
        assert answer.status_code == 200
        assert "stakeholders/map.js" in answer.content.decode()

    @pytest.mark.parametrize("few_many", [(3, 30)])
    def test_three_and_thirty_people_cost_the_same(self, cast, count_queries, few_many):
        counts = []
        for number in few_many:
            centre = make_centre(make_account(owner=cast.owner.user))
            fill(centre, number)
            for path in (
                self.url(centre),
                reverse("stakeholders:account", args=[centre.account_id]),
                reverse("stakeholders:picture", args=[centre.pk]),
            ):
                cast.owner.client.get(path, headers=HTMX)
                with count_queries() as counted:
                    assert cast.owner.client.get(path, headers=HTMX).status_code == 200
                counts.append(counted.number)
        assert counts[:3] == counts[3:]
        assert max(counts) <= 40

    def test_two_hundred_people_are_drawn_with_as_few_queries(self, cast, count_queries):
        found = []
        for number in (3, 200):
            centre = make_centre(make_account(owner=cast.owner.user))
            Stakeholder.objects.bulk_create(
                Stakeholder(centre=centre, outside_name=f"人{place}", roles=["USER"], influence=1 + place % 5) for place in range(number)
            )
            rows = list(Stakeholder.objects.filter(centre=centre).order_by("pk"))
            Line.objects.bulk_create(
                Line(centre=centre, start=row, end=rows[place // 5], kind="REPORTS_TO") for place, row in enumerate(rows) if place
            )
            with count_queries() as counted:
                page = cast.owner.client.get(self.url(centre), headers=HTMX).content.decode()
            assert page.count('class="sh-card ') == number
            found.append(counted.number)
        assert found[0] == found[1]

    def test_the_movement_is_told_day_by_day(self, centre, cast, today):
        row = make_stakeholder(centre, influence=4, attitude="ACCEPT")
        make_stance(row, "RESIST", on_date=today - timedelta(days=60))
        make_stance(row, "ACCEPT", on_date=today - timedelta(days=9))
        frames = maps.map_of(cast.owner.scope, centres.centre_for(cast.owner.scope, centre.pk), today=today).frames
        assert [(frame["attitudes"][row.pk], frame["index"]) for frame in frames] == [
            ("RESIST", "-1.00"),
            ("ACCEPT", "2.00"),
            ("ACCEPT", "2.00"),
        ]

    def test_the_picture_stands_alone(self, centre, cast):
        make_stakeholder(centre, "林总", attitude="RESIST")
        answer = cast.owner.client.get(reverse("stakeholders:picture", args=[centre.pk]))
        assert answer["Content-Type"] == "image/svg+xml"
        assert "attachment" in answer["Content-Disposition"]
        text = answer.content.decode()
        assert text.lstrip().startswith("<svg")
        assert "#d9534a" in text
        import xml.etree.ElementTree as tree

        tree.fromstring(text)

    def test_people_of_the_pool_show_once_it_is_claimed(self, cast):
        account = make_account()
        centre = make_centre(account)
        row = make_stakeholder(centre, "林总")
        paths = [self.url(centre), reverse("stakeholders:person", args=[row.pk]), reverse("stakeholders:picture", args=[centre.pk])]
        assert [cast.owner.client.get(path).status_code for path in paths] == [404, 404, 404]
        assert "林总" not in cast.owner.client.get(reverse("stakeholders:account", args=[account.pk])).content.decode()


class TestPanel:
    def test_it_teaches_and_opens_the_map(self, account, cast):
        make_contact(account, "林总")
        panel = reverse("stakeholders:account", args=[account.pk])
        assert "Who decides here?" in cast.owner.client.get(panel).content.decode()
        assert not BuyingCentre.objects.exists(), "looking changes nothing"
        answer = cast.owner.client.post(reverse("stakeholders:open", args=[account.pk]))
        centre = BuyingCentre.objects.get(account=account)
        assert answer["Location"] == reverse("stakeholders:map", args=[centre.pk])
        page = cast.owner.client.get(panel).content.decode()
        assert "林总" in page
        assert "No key person is marked." in page

    def test_a_reader_is_offered_nothing_to_change(self, account, cast):
        make_stakeholder(make_centre(account))
        page = cast.read_only.client.get(reverse("stakeholders:account", args=[account.pk])).content.decode()
        assert "hx-post" not in page
        assert "#dialog" not in page

    def test_it_is_a_tab_of_the_account(self, account, cast):
        assert reverse("stakeholders:account", args=[account.pk]) in cast.owner.client.get(f"/account/{account.pk}/").content.decode()


class TestDialogs:
    def test_somebody_is_added(self, account, centre, cast):
        contact = make_contact(account, "林总")
        url = reverse("stakeholders:add", args=[centre.pk])
        assert "林总" in cast.owner.client.get(url).content.decode()
        assert cast.owner.client.post(url, {"contact": contact.pk, "influence": 4}, headers=HTMX).status_code == 422
        answer = cast.owner.client.post(url, {"contact": contact.pk, "influence": 4, "roles": ["USER", "PURCHASER"]}, headers=HTMX)
        assert answer.status_code == 204
        assert "dk:account-changed" in answer["HX-Trigger"]
        assert Stakeholder.objects.get().influence == 4

    def test_a_stale_form_shows_both_and_saves_the_next_time(self, centre, cast):
        row = make_stakeholder(centre, influence=2)
        url = reverse("stakeholders:edit", args=[row.pk])
        given = {"roles": ["USER"], "influence": 5, "version": 1}
        assert cast.owner.client.post(url, given, headers=HTMX).status_code == 204
        answer = cast.manager.client.post(url, {**given, "influence": 1}, headers=HTMX)
        assert answer.status_code == 422
        assert 'name="version" value="2"' in answer.content.decode()
        assert "Saved by others" in answer.content.decode()
        assert cast.manager.client.post(url, {**given, "influence": 1, "version": 2}, headers=HTMX).status_code == 204

    def test_attitude_key_person_and_team_note(self, centre, cast, today):
        row = make_stakeholder(centre)
        posts = {
            "attitude": {"attitude": "ACCEPT", "evidence": "说可以", "on_date": today.isoformat()},
            "key": {"is_key_person": "on", "competence_accepted": "yes", "impression_good": "", "version": 2},
            "team_note": {"personality": "AMIABLE", "style_note": "慢慢来", "profile-age": "五十", "version": 3},
        }
        for name, values in posts.items():
            answer = cast.owner.client.post(reverse(f"stakeholders:{name}", args=[row.pk]), values, headers=HTMX)
            assert answer.status_code == 204, answer.content.decode()
        row.refresh_from_db()
        assert (row.attitude, row.is_key_person, row.competence_accepted, row.personality) == ("ACCEPT", True, True, "AMIABLE")
        page = cast.owner.client.get(reverse("stakeholders:person", args=[row.pk])).content.decode()
        for words in ("说可以", "慢慢来", "Amiable", "Win as a supporter"):
            assert words in page

    def test_a_circle_of_reports_is_refused_in_words(self, centre, cast):
        one, two = make_stakeholder(centre, "一"), make_stakeholder(centre, "二")
        url = reverse("stakeholders:line", args=[centre.pk])
        assert cast.owner.client.post(url, {"start": one.pk, "end": two.pk, "kind": "REPORTS_TO"}, headers=HTMX).status_code == 204
        answer = cast.owner.client.post(url, {"start": two.pk, "end": one.pk, "kind": "REPORTS_TO"}, headers=HTMX)
        assert answer.status_code == 422
        assert "already reports to" in answer.content.decode()

    def test_a_card_is_placed_and_rubbish_is_refused(self, centre, cast):
        row = make_stakeholder(centre)
        url = reverse("stakeholders:place", args=[row.pk])
        assert cast.owner.client.post(url, {"x": "0.25", "y": "0.5"}).status_code == 204
        assert cast.owner.client.post(url, {"x": "left", "y": "0.5"}).status_code == 422
        assert cast.owner.client.post(url, {"x": "nan", "y": "0.5"}).status_code == 422
        row.refresh_from_db()
        assert (row.x, row.y) == (0.25, 0.5)

    def test_a_place_holds_when_the_drawing_grows(self, centre, cast, today):
        row = make_stakeholder(centre, x=0.02, y=0.004)
        for number in range(2):
            fill(centre, 12 * number)
            view = maps.map_of(cast.owner.scope, centres.centre_for(cast.owner.scope, centre.pk), today=today)
            card = next(card for card in view.people if card.row.pk == row.pk)
            assert (card.x, card.y) == (800.0, 160.0)
            assert view.width >= 800 + 95

    def test_chain_factors_influences_frame_and_needs(self, account, centre, cast, today):
        client, row = cast.owner.client, make_stakeholder(centre)
        assert client.post(reverse("stakeholders:chain", args=[centre.pk]), {"family": "TRADE"}, headers=HTMX).status_code == 204
        step = ChainStep.objects.get(kind="FINAL")
        given = {"kind": "FINAL", "label": "老板", "stakeholder": row.pk, "version": 1}
        assert client.post(reverse("stakeholders:step_edit", args=[step.pk]), given, headers=HTMX).status_code == 204
        ranks = {"rank-BRAND": 1, "rank-PRICE": 2, "rank-PARTNER_SERVICE": 3, "rank-FUNCTION": 4}
        scores = {"us-BRAND": 80, "us-PRICE": 70, "us-PARTNER_SERVICE": 90, "us-FUNCTION": 60, "rival1": "远科", "rival1-BRAND": 50}
        url = reverse("stakeholders:factors", args=[centre.pk])
        assert client.get(url).status_code == 200
        assert client.post(url, {"software_type": "FINANCE", **ranks, **scores, "rank-PRICE": 1}, headers=HTMX).status_code == 422
        assert client.post(url, {"software_type": "FINANCE", **ranks, **scores}, headers=HTMX).status_code == 204
        assert client.post(reverse("stakeholders:influences", args=[centre.pk]), {"rating-PRICE": 5}, headers=HTMX).status_code == 204
        frame = {"structure": "GROUP", "company_size": "SMALL_HIGH", "process_note": "先立项"}
        assert client.post(reverse("stakeholders:map_edit", args=[centre.pk]), frame, headers=HTMX).status_code == 204
        need = {"channel": "DATA", "text": "旺季要快", "on_date": today.isoformat()}
        assert client.post(reverse("stakeholders:need_new", args=[account.pk]), need, headers=HTMX).status_code == 204
        assert client.get(reverse("stakeholders:need_edit", args=[NeedEntry.objects.get().pk])).status_code == 200
        page = client.get(reverse("stakeholders:map", args=[centre.pk]), headers=HTMX).content.decode()
        for words in ("77", "远科", "State the key needs", "先立项", "老板", "Sensitive to the price"):
            assert words in page
        assert "旺季要快" in client.get(reverse("stakeholders:account", args=[account.pk])).content.decode()

    def test_off_the_map_and_back(self, centre, cast):
        row = make_stakeholder(centre)
        answer = cast.owner.client.post(reverse("stakeholders:remove", args=[row.pk]), headers=HTMX)
        assert reverse("stakeholders:restore", args=[row.pk]) in answer["HX-Trigger"]
        assert cast.owner.client.get(reverse("stakeholders:person", args=[row.pk])).content == b"", "an empty answer closes the panel"
        assert cast.owner.client.post(reverse("stakeholders:restore", args=[row.pk]), headers=HTMX).status_code == 204

    def test_the_rules_decide_what_is_quiet(self, centre, cast, now, today):
        row = make_stakeholder(centre, influence=4, last_contact_date=today - timedelta(days=20))
        client = cast.administrator.client
        assert client.post(reverse("stakeholders:rules"), {"quiet_days": 0, "thread_days": 9}).status_code == 422
        assert client.post(reverse("stakeholders:rules"), {"quiet_days": 14, "thread_days": 60}).status_code == 303
        view = maps.map_of(cast.owner.scope, centres.centre_for(cast.owner.scope, centre.pk), today=today)
        assert [gap.person for gap in view.gaps if gap.code == "QUIET"] == [row.pk]


@pytest.mark.item("C-16", "E-07", "E-08")
class TestFacts:
    def test_what_a_gate_asks_for(self, account, centre, today):
        boss = make_stakeholder(
            centre, "林总", roles=["TOP_LEADER"], influence=5, attitude="ACCEPT", is_key_person=True, competence_accepted=True,
            impression_good=True, first_visit_date=today,
        )  # fmt: skip
        make_stakeholder(centre, "周衡", roles=["USER", "GATEKEEPER"], influence=3, attitude="RESIST")
        make_step(centre, "信息部")
        make_step(centre, "老板", kind="FINAL", stakeholder=boss)
        found = facts.facts_of([centre.pk])[centre.pk]
        assert found.roles == {"TOP_LEADER", "USER", "GATEKEEPER"}
        assert found.empty_roles == ("PURCHASER", "PROJECT_LEADER", "SUPERIOR")
        assert (found.final_decider, found.chain_unnamed, found.chain_steps) == ("林总", ("信息部",), 2)
        assert (found.key_person_named, found.key_person_met, found.key_person_ticked) == (True, True, True)
        assert str(found.support_index) == "0.88"
        assert [person.name for person in found.resisting] == ["周衡"]

    def test_a_call_in_the_timeline_is_contact_and_a_note_is_not(self, account, centre, now, today):
        row = make_stakeholder(centre)
        Note.objects.create(account=account, contact=row.contact, kind="NOTE", text="想", at=now)
        assert facts.facts_of([centre.pk])[centre.pk].last_contact_date is None
        Note.objects.create(account=account, contact=row.contact, kind="CALL", text="谈", at=now - timedelta(days=2))
        found = facts.facts_of([centre.pk])[centre.pk]
        assert found.last_contact_date == today - timedelta(days=2)
        assert found.people_reached_since(today - timedelta(days=30)) == 1
        assert found.everybody[0].is_met

    def test_whoever_was_taken_off_does_not_count(self, centre, now):
        row = make_stakeholder(centre, archived_at=now)
        make_step(centre, "老板", kind="FINAL", stakeholder=row)
        found = facts.facts_of([centre.pk])[centre.pk]
        assert (found.people, found.final_decider, found.chain_unnamed) == (0, None, ("老板",))

    def test_one_and_thirty_centres_cost_the_same(self, cast, count_queries):
        ids = []
        for place in range(30):
            centre = make_centre(make_account(owner=cast.owner.user))
            make_step(centre, stakeholder=make_stakeholder(centre, f"人{place}"))
            ids.append(centre.pk)
        with count_queries() as one:
            facts.facts_of(ids[:1])
        with count_queries() as many:
            assert len(facts.facts_of(ids)) == 30
        assert one.number == many.number == 4

    def test_the_map_of_a_deal_or_else_of_its_account(self, account, centre):
        standing = facts.standing_ids([account.pk, 0])
        assert standing == {account.pk: centre.pk}
        assert facts.centre_id_for_deal(buying_centre_id=7, account_id=account.pk, standing=standing) == 7
        assert facts.centre_id_for_deal(buying_centre_id=None, account_id=account.pk, standing=standing) == centre.pk
        assert facts.centre_id_for_deal(buying_centre_id=None, account_id=None, standing=standing) is None


def test_two_accounts_become_one_and_keep_both_maps(account, centre, cast, now):
    from dingke.accounts.actions.merge import merge_accounts

    other = make_account(owner=make_user(role=Role.REP, team=cast.team))
    theirs = make_centre(other)
    row = make_stakeholder(theirs, "林总")
    merge_accounts(kept=account, gone=other, choices={}, by=cast.director.scope, now=now)
    theirs.refresh_from_db()
    assert (theirs.account_id, theirs.is_standing) == (account.pk, False)
    assert row.contact.__class__.objects.get(pk=row.contact_id).account_id == account.pk
    page = cast.owner.client.get(reverse("stakeholders:map", args=[centre.pk]), headers=HTMX).content.decode()
    assert AuditEntry.objects.exists()
    assert "Nobody stands" in page
    assert cast.owner.client.get(reverse("stakeholders:map", args=[theirs.pk]), headers=HTMX).status_code == 200
