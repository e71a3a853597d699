"""What may be done with a map: opening, people, attitudes, lines, chain, factors, needs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dingke.accounts.tests.factories import make_account, make_contact
from dingke.core.errors import Invalid, NotAllowed, StaleRecord
from dingke.core.models import AuditEntry, OutboxEvent
from dingke.stakeholders.actions import attitude, chain, judgement, lines, needs, people
from dingke.stakeholders.actions import centre as centres
from dingke.stakeholders.actions.centre import UnableToChangeMap
from dingke.stakeholders.models import BuyingCentre, ChainStep, Line, NeedEntry, Stakeholder, Stance
from dingke.stakeholders.tests.factories import make_centre, make_line, make_stakeholder, make_stance, make_step

pytestmark = pytest.mark.django_db


@pytest.fixture
def centre(account):
    return make_centre(account)


@pytest.fixture
def by(cast):
    return cast.owner.scope


class TestOpening:
    def test_the_standing_map_is_opened_once(self, account, by, now):
        first = centres.open_standing_centre(account=account, by=by, now=now)
        assert centres.open_standing_centre(account=account, by=by, now=now) == first
        assert BuyingCentre.objects.filter(account=account, is_standing=True).count() == 1

    def test_whoever_only_reads_the_account_does_not_open_it(self, account, cast, now):
        with pytest.raises(NotAllowed):
            centres.open_standing_centre(account=account, by=cast.finance.scope, now=now)

    @pytest.mark.item("C-09", "C-11")
    def test_a_deal_starts_from_the_standing_map(self, account, centre, by, now, today):
        boss = make_stakeholder(centre, "老板", roles=["TOP_LEADER"], attitude="ACCEPT", attitude_date=today, personality="DRIVING")
        buyer = make_stakeholder(centre, "采购", attitude="DOUBT", attitude_date=today)
        gone = make_stakeholder(centre, "走了", archived_at=now)
        make_line(buyer, boss)
        make_line(gone, boss)
        make_step(centre, "老板", kind="FINAL", stakeholder=boss)
        made = centres.centre_for_opportunity(account=account, title="  产线  改造 ", by=by, now=now)
        assert (made.title, made.is_standing) == ("产线 改造", False)
        copies = {row.shown_name: row for row in Stakeholder.objects.filter(centre=made)}
        assert set(copies) == {"老板", "采购"}
        assert copies["老板"].personality == "DRIVING"
        assert [(line.start, line.end) for line in Line.objects.filter(centre=made)] == [(copies["采购"], copies["老板"])]
        assert ChainStep.objects.get(centre=made).stakeholder == copies["老板"]
        assert Stance.objects.filter(stakeholder__centre=made).count() == 2

    def test_a_deal_of_an_account_without_a_map_starts_empty(self, account, by, now):
        made = centres.centre_for_opportunity(account=account, title="产线", by=by, now=now)
        assert not Stakeholder.objects.filter(centre=made).exists()

    @pytest.mark.item("C-05", "C-14")
    def test_form_and_purchase_process_are_checked(self, centre, by, now):
        made = centres.edit_centre(
            centre=centre, values={"structure": "MATRIX", "company_size": "MICRO"}, by=by, now=now, expected_version=1
        )
        assert (made.structure, made.company_size, made.version) == ("MATRIX", "MICRO", 2)
        with pytest.raises(Invalid) as refused:
            centres.edit_centre(centre=centre, values={"structure": "STAR"}, by=by, now=now)
        assert "structure" in refused.value.fields
        with pytest.raises(StaleRecord):
            centres.edit_centre(centre=centre, values={"structure": "GROUP"}, by=by, now=now, expected_version=1)


@pytest.mark.item("C-07", "C-08")
class TestPeople:
    def test_a_contact_and_a_firm_outside(self, account, centre, by, now):
        contact = make_contact(account, "陈立群")
        row = people.add_stakeholder(
            centre=centre, contact=contact, values={"roles": ["USER", "PURCHASER"], "influence": 4}, by=by, now=now
        )
        assert row.roles == ["USER", "PURCHASER"]
        firm = people.add_stakeholder(centre=centre, values={"outside_name": " 某 设计院 ", "roles": ["DESIGN_INSTITUTE"]}, by=by, now=now)
        assert firm.shown_name == "某 设计院"
        assert AuditEntry.objects.filter(action="stakeholders.add", account_id=account.pk).count() == 2

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"roles": ["USER"]}, "outside_name"),
            ({"outside_name": "远科", "roles": []}, "roles"),
            ({"outside_name": "远科", "roles": ["KING"]}, "roles"),
            ({"outside_name": "远科", "roles": ["COMPETITOR"], "influence": 6}, "influence"),
        ],
    )
    def test_what_makes_no_sense_names_its_field(self, centre, by, now, values, field):
        with pytest.raises(Invalid) as refused:
            people.add_stakeholder(centre=centre, values=values, by=by, now=now)
        assert field in refused.value.fields

    def test_a_contact_stands_once_and_only_on_maps_of_its_account(self, account, centre, by, now, cast):
        contact = make_contact(account)
        people.add_stakeholder(centre=centre, contact=contact, values={"roles": ["USER"]}, by=by, now=now)
        with pytest.raises(UnableToChangeMap, match="already"):
            people.add_stakeholder(centre=centre, contact=contact, values={"roles": ["USER"]}, by=by, now=now)
        other = make_contact(make_account(owner=cast.owner.user))
        with pytest.raises(UnableToChangeMap):
            people.add_stakeholder(centre=centre, contact=other, values={"roles": ["USER"]}, by=by, now=now)

    def test_everybody_known_is_put_on_with_what_the_job_suggests(self, account, centre, by, now):
        make_contact(account, "一")
        make_contact(account, "二", left_date=now.date())
        assert people.add_known_people(centre=centre, by=by, now=now) == 1
        assert people.add_known_people(centre=centre, by=by, now=now) == 0
        row = Stakeholder.objects.get(centre=centre)
        assert (row.roles, row.influence) == (["TOP_LEADER"], 5)

    def test_off_and_on_again(self, centre, by, now):
        row = make_stakeholder(centre)
        assert people.remove_stakeholder(stakeholder=row, by=by, now=now).archived_at == now
        with pytest.raises(UnableToChangeMap, match="meanwhile"):
            people.edit_stakeholder(stakeholder=row, values={"influence": 5}, by=by, now=now)
        assert people.restore_stakeholder(stakeholder=row, by=by, now=now).archived_at is None

    def test_a_stale_edit_is_refused_with_both_versions(self, centre, by, now):
        row = make_stakeholder(centre)
        people.edit_stakeholder(stakeholder=row, values={"influence": 5}, by=by, now=now, expected_version=1)
        with pytest.raises(StaleRecord) as refused:
            people.edit_stakeholder(stakeholder=row, values={"influence": 1}, by=by, now=now, expected_version=1)
        assert (refused.value.theirs, refused.value.yours) == ({"influence": 5}, {"influence": 1})

    def test_two_people_drag_one_card_and_the_last_place_holds(self, centre, by, cast, now):
        row = make_stakeholder(centre)
        people.place_stakeholder(stakeholder=row, x=0.2, y=0.3, by=by, now=now)
        people.place_stakeholder(stakeholder=row, x=0.7, y=0.1, by=cast.manager.scope, now=now)
        row.refresh_from_db()
        assert (row.x, row.y, row.version) == (0.7, 0.1, 1), "an open form does not grow stale by a move"
        with pytest.raises(Invalid):
            people.place_stakeholder(stakeholder=row, x=1.2, y=0, by=by, now=now)
        assert people.lay_out_anew(centre=centre, by=by, now=now) == 1
        row.refresh_from_db()
        assert row.x is None

    @pytest.mark.item("C-16", "E-07")
    def test_the_key_person_with_two_ticks(self, centre, by, now, today):
        row = make_stakeholder(centre)
        values = {"is_key_person": True, "competence_accepted": True, "impression_good": None, "first_visit_date": today}
        row = people.mark_key_person(stakeholder=row, values=values, by=by, now=now)
        assert (row.is_key_person, row.competence_accepted, row.impression_good) == (True, True, None)
        people.mark_key_person(stakeholder=row, values={"impression_good": True}, by=by, now=now)
        assert OutboxEvent.objects.filter(name="KeyPersonMarked").count() == 1
        with pytest.raises(Invalid) as refused:
            people.mark_key_person(stakeholder=row, values={"first_visit_date": today + timedelta(days=1)}, by=by, now=now)
        assert "first_visit_date" in refused.value.fields


@pytest.mark.item("C-09")
class TestAttitudes:
    def test_every_statement_is_kept_and_the_newest_holds(self, centre, by, now, today):
        row = make_stakeholder(centre)
        attitude.set_attitude(stakeholder=row, attitude="RESIST", evidence="拒绝见面", on_date=today - timedelta(days=20), by=by, now=now)
        attitude.set_attitude(stakeholder=row, attitude="DOUBT", evidence="要求试用", on_date=today, by=by, now=now)
        attitude.set_attitude(stakeholder=row, attitude="SABOTAGE", evidence="旧事", on_date=today - timedelta(days=90), by=by, now=now)
        row.refresh_from_db()
        assert (row.attitude, row.attitude_date) == ("DOUBT", today)
        assert [stance.attitude for stance in row.stances.all()] == ["DOUBT", "RESIST", "SABOTAGE"]
        events = [event.payload for event in OutboxEvent.objects.filter(name="AttitudeChanged").order_by("pk")]
        assert [(event["before"], event["after"]) for event in events] == [("", "RESIST"), ("RESIST", "DOUBT")]

    @pytest.mark.parametrize(
        ("given", "field"), [({"evidence": " "}, "evidence"), ({"attitude": "HAPPY"}, "attitude"), ({"days": 1}, "on_date")]
    )
    def test_it_needs_evidence_and_a_day_that_has_been(self, centre, by, now, today, given, field):
        asked = {"attitude": given.get("attitude", "ACCEPT"), "evidence": given.get("evidence", "原话")}
        with pytest.raises(Invalid) as refused:
            attitude.set_attitude(
                stakeholder=make_stakeholder(centre), on_date=today + timedelta(days=given.get("days", 0)), by=by, now=now, **asked
            )
        assert field in refused.value.fields
        assert not Stance.objects.exists()


@pytest.mark.item("C-08")
class TestLines:
    def test_drawn_and_removed(self, centre, by, now):
        one, two = make_stakeholder(centre, "一"), make_stakeholder(centre, "二")
        line = lines.draw_line(start=one, end=two, kind="ADVISES", by=by, now=now)
        with pytest.raises(UnableToChangeMap, match="already"):
            lines.draw_line(start=one, end=two, kind="ADVISES", by=by, now=now)
        lines.remove_line(line=line, by=by, now=now)
        assert not Line.objects.exists()
        assert list(AuditEntry.objects.filter(target_id=centre.pk).order_by("pk").values_list("action", flat=True)) == [
            "stakeholders.draw_line",
            "stakeholders.remove_line",
        ]

    def test_reports_never_run_in_a_circle(self, centre, by, now):
        one, two, three = (make_stakeholder(centre, name) for name in ("一", "二", "三"))
        lines.draw_line(start=one, end=two, kind="REPORTS_TO", by=by, now=now)
        lines.draw_line(start=two, end=three, kind="REPORTS_TO", by=by, now=now)
        with pytest.raises(UnableToChangeMap, match="一 already reports to 三"):
            lines.draw_line(start=three, end=one, kind="REPORTS_TO", by=by, now=now)
        assert lines.draw_line(start=three, end=one, kind="OPPOSES", by=by, now=now).pk, "only reports have a direction of rank"

    def test_both_ends_stand_on_one_map(self, account, centre, by, now):
        one, other = make_stakeholder(centre), make_stakeholder(make_centre(account, title="另一图"), "二")
        for start, end, kind in ((one, other, "ADVISES"), (one, one, "ADVISES")):
            with pytest.raises(UnableToChangeMap):
                lines.draw_line(start=start, end=end, kind=kind, by=by, now=now)
        with pytest.raises(Invalid):
            lines.draw_line(start=one, end=other, kind="LIKES", by=by, now=now)


@pytest.mark.item("C-11", "E-08")
class TestChain:
    def labels(self, centre):
        return [(row.kind, row.label) for row in ChainStep.objects.filter(centre=centre, archived_at__isnull=True).order_by("position")]

    def test_a_template_is_loaded_and_named_steps_stay(self, centre, by, now):
        assert chain.load_chain(centre=centre, family="FLAGSHIP", by=by, now=now) == 4
        step = ChainStep.objects.get(label="IT department")
        chain.edit_chain_step(step=step, values={"stakeholder": make_stakeholder(centre)}, by=by, now=now, expected_version=1)
        assert chain.load_chain(centre=centre, family="TRADE", by=by, now=now) == 2
        assert self.labels(centre) == [("SELECTION", "IT department"), ("SELECTION", "Finance department"), ("FINAL", "Owner")]
        centre.refresh_from_db()
        assert centre.product_family == "TRADE"
        with pytest.raises(Invalid):
            chain.load_chain(centre=centre, family="NONE", by=by, now=now)

    def test_a_step_takes_its_place_by_kind(self, centre, by, now):
        chain.load_chain(centre=centre, family="TRADE", by=by, now=now)
        chain.add_chain_step(centre=centre, values={"kind": "REVIEW", "label": "采购部"}, by=by, now=now)
        assert [kind for kind, _label in self.labels(centre)] == ["SELECTION", "REVIEW", "FINAL"]

    def test_only_people_of_the_map_are_responsible(self, account, centre, by, now):
        other = make_stakeholder(make_centre(account, title="另一图"))
        with pytest.raises(Invalid) as refused:
            chain.add_chain_step(centre=centre, values={"kind": "FINAL", "label": "老板", "stakeholder": other}, by=by, now=now)
        assert "stakeholder" in refused.value.fields

    def test_out_and_back(self, centre, by, now):
        step = make_step(centre)
        chain.remove_chain_step(step=step, by=by, now=now)
        assert self.labels(centre) == []
        chain.restore_chain_step(step=step, by=by, now=now)
        assert self.labels(centre) == [("SELECTION", "财务部")]


class TestJudgement:
    ORDER = ("BRAND", "PRICE", "PARTNER_SERVICE", "FUNCTION")

    @pytest.mark.item("C-12")
    def test_us_against_rivals(self, centre, by, now):
        ours = dict(zip(self.ORDER, (80, 70, 90, 60), strict=True))
        made = judgement.save_factors(
            centre=centre, software_type="FINANCE", order=self.ORDER, ours=ours, rivals=[("远科", {"PRICE": 90})], by=by, now=now,
            expected_version=1,
        )  # fmt: skip
        from dingke.stakeholders.queries.judgement import comparison_of

        found = comparison_of(made)
        assert (found.sides[0].total, found.sides[1].total) == (77, None)
        with pytest.raises(StaleRecord):
            judgement.save_factors(
                centre=centre, software_type="FINANCE", order=self.ORDER, ours={}, rivals=[], by=by, now=now, expected_version=1
            )

    @pytest.mark.parametrize(
        ("given", "field"),
        [
            ({"software_type": "GAMES"}, "software_type"),
            ({"order": ("BRAND", "BRAND", "PRICE", "FUNCTION")}, "order"),
            ({"ours": {"BRAND": 101}}, "scores"),
            ({"rivals": [("", {})]}, "rivals"),
            ({"rivals": [("远科", {}), ("远科", {})]}, "rivals"),
        ],
    )
    def test_what_makes_no_sense_names_its_field(self, centre, by, now, given, field):
        values = {"software_type": "FINANCE", "order": self.ORDER, "ours": {}, "rivals": [], **given}
        with pytest.raises(Invalid) as refused:
            judgement.save_factors(centre=centre, by=by, now=now, **values)
        assert field in refused.value.fields

    @pytest.mark.item("C-18")
    def test_influences(self, centre, by, now):
        made = judgement.save_influences(centre=centre, ratings={"PRICE": (5, " 年度降本 "), "DELIVERY": (None, "")}, by=by, now=now)
        assert made.influences == {"PRICE": {"rating": 5, "note": "年度降本"}}
        with pytest.raises(Invalid):
            judgement.save_influences(centre=centre, ratings={"PRICE": (6, "")}, by=by, now=now)


@pytest.mark.item("C-18")
class TestNeeds:
    def test_noted_changed_taken_away_and_back(self, account, by, now, today):
        row = needs.log_need(account=account, values={"channel": "CHANNELS", "text": " 要快 ", "on_date": today}, by=by, now=now)
        assert (row.text, row.by_id) == ("要快", by.user_id)
        needs.edit_need(need=row, values={"text": "要稳"}, by=by, now=now, expected_version=1)
        with pytest.raises(StaleRecord):
            needs.edit_need(need=row, values={"text": "要省"}, by=by, now=now, expected_version=1)
        assert needs.remove_need(need=row, by=by, now=now).archived_at == now
        assert needs.restore_need(need=row, by=by, now=now).archived_at is None
        assert NeedEntry.objects.get().text == "要稳"

    @pytest.mark.parametrize(("given", "field"), [({"text": " "}, "text"), ({"channel": "TELEX"}, "channel"), ({"days": 1}, "on_date")])
    def test_what_makes_no_sense_names_its_field(self, account, by, now, today, given, field):
        days = given.pop("days", 0)
        values = {"channel": "DATA", "text": "要快", "on_date": today + timedelta(days=days), **given}
        with pytest.raises(Invalid) as refused:
            needs.log_need(account=account, values=values, by=by, now=now)
        assert field in refused.value.fields


class TestRefusals:
    def test_nobody_without_the_right_changes_anything(self, account, centre, cast, now, today):
        row, other = make_stakeholder(centre, "一"), make_stakeholder(centre, "二")
        line, step = make_line(row, other), make_step(centre)
        need = NeedEntry.objects.create(account=account, channel="DATA", text="要快", on_date=today)
        make_stance(row, "DOUBT")
        for who in (cast.finance, cast.read_only, cast.service, cast.stranger):
            given = {"by": who.scope, "now": now}
            attempts = [
                lambda given=given: centres.centre_for_opportunity(account=account, title="x", **given),
                lambda given=given: centres.edit_centre(centre=centre, values={}, **given),
                lambda given=given: people.add_stakeholder(centre=centre, values={"outside_name": "x", "roles": ["USER"]}, **given),
                lambda given=given: people.add_known_people(centre=centre, **given),
                lambda given=given: people.edit_stakeholder(stakeholder=row, values={}, **given),
                lambda given=given: people.mark_key_person(stakeholder=row, values={}, **given),
                lambda given=given: people.write_team_note(stakeholder=row, values={}, **given),
                lambda given=given: people.remove_stakeholder(stakeholder=row, **given),
                lambda given=given: people.restore_stakeholder(stakeholder=row, **given),
                lambda given=given: people.place_stakeholder(stakeholder=row, x=0.1, y=0.1, **given),
                lambda given=given: people.lay_out_anew(centre=centre, **given),
                lambda given=given: attitude.set_attitude(stakeholder=row, attitude="ACCEPT", evidence="x", on_date=today, **given),
                lambda given=given: lines.draw_line(start=other, end=row, kind="ADVISES", **given),
                lambda given=given: lines.remove_line(line=line, **given),
                lambda given=given: chain.load_chain(centre=centre, family="TRADE", **given),
                lambda given=given: chain.add_chain_step(centre=centre, values={"kind": "FINAL", "label": "x"}, **given),
                lambda given=given: chain.edit_chain_step(step=step, values={}, **given),
                lambda given=given: chain.remove_chain_step(step=step, **given),
                lambda given=given: chain.restore_chain_step(step=step, **given),
                lambda given=given: judgement.save_influences(centre=centre, ratings={}, **given),
                lambda given=given: judgement.save_factors(
                    centre=centre, software_type="FINANCE", order=TestJudgement.ORDER, ours={}, rivals=[], **given
                ),
                lambda given=given: needs.log_need(account=account, values={"channel": "DATA", "text": "x", "on_date": today}, **given),
                lambda given=given: needs.edit_need(need=need, values={}, **given),
                lambda given=given: needs.remove_need(need=need, **given),
                lambda given=given: needs.restore_need(need=need, **given),
            ]
            for attempt in attempts:
                with pytest.raises(NotAllowed):
                    attempt()
        assert not AuditEntry.objects.filter(action__startswith="stakeholders.").exists()
