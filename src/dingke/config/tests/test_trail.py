"""The audit trail: who reads it, filters, pages, exports, and one old value put back by the domain's own action."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from axes.models import AccessFailureLog, AccessLog
from django.urls import reverse
from django.utils import translation
from python_calamine import CalamineWorkbook

from dingke.accounts.actions import account as accounts
from dingke.accounts.models import Account
from dingke.accounts.tests.factories import NOW, make_account, make_item
from dingke.core import trail
from dingke.core.errors import NotAllowed, NotVisible
from dingke.core.models import AuditEntry
from dingke.core.trail import TrailFilter, UnableToRestoreValue
from dingke.people import actions as people_actions
from dingke.people.calc import Role
from dingke.people.models import User

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def edited(cast, account):
    """The account moved from one industry to another, and got a city."""
    old, new = make_item("industries", "OLD", en="Foundry"), make_item("industries", "NEW", en="Machine tools")
    Account.objects.filter(pk=account.pk).update(industry=old)
    account.refresh_from_db()
    accounts.edit_account(account=account, values={"industry": new, "city": "江州"}, by=cast.owner.scope, now=NOW)
    return AuditEntry.objects.get(action="accounts.edit")


class TestReading:
    def test_words_instead_of_codes(self, cast, edited):
        (row,), more = trail.trail_page(cast.director.scope, TrailFilter(action="accounts.edit"))
        assert (row.kind, row.done, more) == ("Account", "changed the account", None)
        assert row.link == f"/account/{edited.target_id}/"
        changes = {change.field: (change.label, change.before, change.after, change.can_restore) for change in row.changes}
        assert changes["industry"] == ("Industry", "Foundry", "Machine tools", True)
        assert changes["city"][1:] == ("", "江州", True)

    def test_each_filter(self, cast, edited):
        other = make_account("乙", owner=cast.stranger.user)
        accounts.edit_account(account=other, values={"address": "一路"}, by=cast.administrator.scope, now=LATER + timedelta(days=3))

        def found(**asked) -> set[int]:
            rows, _more = trail.trail_page(cast.administrator.scope, trail.filter_from({name: str(value) for name, value in asked.items()}))
            return {row.entry.target_id for row in rows}

        both = {edited.target_id, other.pk}
        assert found() == both
        assert found(actor=cast.owner.user.pk) == {edited.target_id}
        assert found(account=other.pk) == {other.pk}
        assert found(kind="accounts.account", record=other.pk) == {other.pk}
        assert found(record=other.pk) == both  # a number without a kind says nothing
        assert found(field="address") == {other.pk}
        assert found(action="accounts.edit") == both
        assert found(kind="people.user") == set()
        assert found(since="2026-10-02") == {other.pk}
        assert found(until="2026-09-30") == {edited.target_id}
        assert found(since="nonsense", actor="x", kind="no.model") == both

    def test_pages_join_without_gap(self, cast, monkeypatch):
        monkeypatch.setattr(trail, "SIZE", 4)
        for number in range(10):
            AuditEntry.objects.create(at=NOW + timedelta(minutes=number // 2), actor_name="x", action="a.b", target="x.y", target_id=number)
        seen, cursor = [], None
        while True:
            rows, cursor = trail.trail_page(cast.director.scope, TrailFilter(), cursor=cursor)
            seen += [row.entry.target_id for row in rows]
            if cursor is None:
                break
        assert len(seen) == len(set(seen)) == 10

    def test_costs_the_same_for_few_and_many(self, cast, account, count_queries):
        def cost() -> int:
            with count_queries() as counted:
                assert cast.director.client.get(reverse("core:audit")).status_code == 200
            return counted.number

        industries = [make_item("industries", f"I{number}") for number in range(30)]
        for item in industries[:3]:
            accounts.edit_account(account=account, values={"industry": item}, by=cast.owner.scope, now=NOW)
        cost()
        few = cost()
        for item in industries[3:]:
            accounts.edit_account(account=account, values={"industry": item}, by=cast.owner.scope, now=NOW)
        assert cost() == few

    def test_who_may_read(self, cast, edited):
        for name in ("core:audit", "core:audit_export", "core:export_log", "people:sign_ins"):
            for role, person in cast.people().items():
                expected = 200 if role in {"director", "administrator"} else 403
                assert person.client.get(reverse(name)).status_code == expected, (name, role)
            assert cast.anonymous.get(reverse(name)).status_code == 303


class TestPuttingBack:
    def test_by_the_domains_own_action(self, cast, edited):
        trail.restore_value(entry=edited, field="industry", by=cast.director.scope, now=LATER)
        assert Account.objects.get(pk=edited.target_id).industry.code == "OLD"
        newest = AuditEntry.objects.filter(action="accounts.edit").order_by("-at", "-pk").first()
        assert (newest.actor_id, list(newest.changes)) == (cast.director.user.pk, ["industry"])

    def test_not_when_it_was_changed_since(self, cast, edited):
        account = Account.objects.get(pk=edited.target_id)
        accounts.edit_account(account=account, values={"city": "海州"}, by=cast.owner.scope, now=LATER)
        with pytest.raises(UnableToRestoreValue, match="It is now: 海州"):
            trail.restore_value(entry=edited, field="city", by=cast.director.scope, now=LATER)

    def test_not_a_field_that_follows_from_others(self, cast, account):
        accounts.set_stage(account=account, stage="NEW", by=cast.owner.scope, now=NOW)
        entry = AuditEntry.objects.get(action="accounts.stage")
        with pytest.raises(UnableToRestoreValue, match="follows from other things"):
            trail.restore_value(entry=entry, field="lifecycle_stage", by=cast.director.scope, now=LATER)
        with pytest.raises(UnableToRestoreValue, match="no old value"):
            trail.restore_value(entry=entry, field="nothing", by=cast.director.scope, now=LATER)

    def test_not_without_the_rights_of_the_action(self, cast):
        user = people_actions.edit_user(user=cast.colleague.user, values={"title": "组长"}, by=cast.administrator.scope, now=NOW)
        entry = AuditEntry.objects.get(action="people.edit_user", target_id=user.pk)
        with pytest.raises(NotVisible):  # a director reads the trail but does not manage people
            trail.restore_value(entry=entry, field="title", by=cast.director.scope, now=LATER)
        with pytest.raises(NotAllowed):
            trail.restore_value(entry=entry, field="title", by=cast.owner.scope, now=LATER)
        trail.restore_value(entry=entry, field="title", by=cast.administrator.scope, now=LATER)
        assert User.objects.get(pk=user.pk).title == ""

    def test_the_rules_of_the_action_hold(self, cast):
        people_actions.edit_user(
            user=cast.director.user, values={"role": Role.ADMINISTRATOR}, reason="试", by=cast.administrator.scope, now=NOW
        )
        entry = AuditEntry.objects.get(action="people.edit_user")
        User.objects.filter(pk=cast.administrator.user.pk).update(is_active=False)
        with pytest.raises(people_actions.UnableToDeactivate, match="last administrator"):
            trail.restore_value(entry=entry, field="role", by=cast.administrator.scope, now=LATER)

    def test_through_the_page(self, cast, edited):
        html = cast.director.client.get(reverse("core:audit")).content.decode()
        address = reverse("core:audit_restore", args=[edited.pk])
        assert address in html
        answer = cast.director.client.post(address, {"field": "city"}, headers={"HX-Request": "true"})
        assert (answer.status_code, "dk:audit-changed" in answer["HX-Trigger"]) == (204, True)
        assert Account.objects.get(pk=edited.target_id).city == ""
        again = cast.director.client.post(address, {"field": "city"}, headers={"HX-Request": "true"})
        assert again.status_code == 409
        assert cast.owner.client.post(address, {"field": "city"}).status_code == 403
        assert cast.director.client.post(reverse("core:audit_restore", args=[0])).status_code == 404


class TestLogs:
    def test_the_export_is_the_filtered_trail_and_is_itself_logged(self, cast, edited):
        answer = cast.director.client.get(reverse("core:audit_export"), {"action": "accounts.edit"})
        rows = CalamineWorkbook.from_filelike(BytesIO(b"".join(answer.streaming_content))).get_sheet_by_index(0).to_python()
        assert rows[0][:3] == ["When", "Who", "What was done"]
        assert {row[6] for row in rows[1:] if row[6]} == {"Industry", "City"}
        html = cast.director.client.get(reverse("core:export_log")).content.decode()
        assert "exported the audit trail" in html

    def test_too_much_is_refused(self, cast, edited, monkeypatch):
        monkeypatch.setattr(trail, "MOST_ROWS", 0)
        assert cast.director.client.get(reverse("core:audit_export"), headers={"HX-Request": "true"}).status_code == 409

    def test_sign_ins_refusals_and_lock_outs(self, cast):
        AccessLog.objects.create(username="owner", ip_address="10.0.0.7", user_agent="Firefox", path_info="/")
        AccessFailureLog.objects.create(username="nobody", ip_address="10.0.0.8", user_agent="curl", path_info="/", locked_out=False)
        AccessFailureLog.objects.create(username="owner", ip_address="10.0.0.9", user_agent="curl", path_info="/", locked_out=True)
        seen = {}
        for what in ("ok", "failed", "locked"):
            seen[what] = cast.administrator.client.get(reverse("people:sign_ins"), {"what": what}).content.decode()
        assert "10.0.0.7" in seen["ok"]
        assert "周敏" in seen["ok"]
        assert "10.0.0.8" in seen["failed"]
        assert "nobody has this name" in seen["failed"]
        assert "10.0.0.9" in seen["locked"]
        assert "10.0.0.8" not in seen["locked"]
        only = cast.administrator.client.get(reverse("people:sign_ins"), {"what": "locked", "name": "other"}).content.decode()
        assert "10.0.0.9" not in only

    def test_a_wrong_password_is_written_down(self, client, cast, settings):
        settings.AXES_ENABLED = True
        client.post("/sign-in/login/", {"login": "owner", "password": "wrong-wrong-1"})
        assert AccessFailureLog.objects.filter(username="owner").exists()


def test_every_action_has_its_words():
    """A new audit action needs a phrase in config/trail_words.py, or the trail shows its code."""
    import re
    from pathlib import Path

    import dingke
    from dingke.config.trail import ACTIONS

    sources = [file.read_text() for file in Path(dingke.__file__).parent.rglob("*.py") if "tests" not in file.parts]
    used = {code for text in sources for code in re.findall(r'action="([a-z_]+\.[a-z_]+)"', text)}
    assert used
    assert used - set(ACTIONS) == set()
