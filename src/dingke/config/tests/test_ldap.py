"""The organisation's directory, with a real slapd: what is read, what is brought in, and what goes wrong without harm."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from typer.testing import CliRunner

from dingke.accounts.tests.factories import make_account
from dingke.config import ldap_command
from dingke.config.cli import app
from dingke.config.life.doctor import place
from dingke.config.tests.slapd import BASE, PASSWORD, PEOPLE, READER, SLAPD, Slapd, company, person, unit
from dingke.core.errors import NotAllowed
from dingke.core.importing import undo
from dingke.core.models import AuditEntry, ImportRun, Job
from dingke.people.actions import UnableToMoveTeam, directory_sync, edit_user, move_members
from dingke.people.calc import Role
from dingke.people.models import Team, User
from dingke.people.queries import directory_source, ldap, ldap_entries
from dingke.people.queries.directory_source import DirectoryRefused

pytestmark = [pytest.mark.django_db, pytest.mark.skipif(not SLAPD, reason="no slapd here; tools/system_packages.py installs it")]
FIRST = f"ou=一部,ou=华东,{PEOPLE}"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slapd]:
    """One that tests read only."""
    server = Slapd(tmp_path_factory.mktemp("slapd"), company())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Slapd]:
    """One that a test may change and kill."""
    server = Slapd(tmp_path, company())
    server.start()
    yield server
    server.stop()


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch):
    """`use(server, teams="none")`: the settings name this directory."""

    def told(server: Slapd, **more: object) -> None:
        given = {
            **settings.LDAP, "url": server.url, "base": PEOPLE, "bind": READER, "password": PASSWORD, "ca": str(server.folder / "ca.pem"),
        }  # fmt: skip
        monkeypatch.setattr(settings, "LDAP", {**given, **more})

    return told


def brought(cast, now, **how) -> ImportRun:
    return directory_sync.synchronise(by=cast.administrator.scope, now=now, **how)


def way(user: User) -> str:
    names = {team.pk: team.name for team in Team.objects.all()}
    return "/".join(names[int(part)] for part in user.team.path.split("/") if part) if user.team else ""


# ---- what is read -----------------------------------------------------------------------------------------------------------


def test_people_units_and_states_are_read_page_by_page_over_both_encryptions(shared, use, now):
    use(shared, page=7)
    listing = ldap.read(directory_source.source(), now=now)
    assert len(listing.people) == 30
    by_name = {entry.username: entry for entry in listing.people}
    assert (by_name["zhoumin"].name, by_name["zhoumin"].ous, by_name["zhoumin"].title) == ("周敏", ("华东", "一部"), "大客户经理")
    assert (by_name["berg"].name, by_name["berg"].ous) == ("Berg, Anna", ("Key Accounts, North",))
    assert by_name["xuwenjing"].mail == ""
    assert {name for name, entry in by_name.items() if entry.is_disabled} == {"gone", "locked"}
    use(shared, url=shared.tls_url)
    assert ldap.read(directory_source.source(), now=now).people == sorted(listing.people, key=listing.people.index)


@pytest.mark.parametrize(
    ("values", "disabled"),
    [
        ({}, False),
        ({"userAccountControl": [b"512"]}, False),
        ({"useraccountcontrol": [b"514"]}, True),
        ({"accountExpires": [b"9223372036854775807"]}, False),
        ({"accountExpires": [b"0"]}, False),
        ({"accountExpires": [b"131592384000000000"]}, True),
        ({"shadowExpire": [b"-1"]}, False),
        ({"shadowExpire": [b"99999"]}, False),
        ({"shadowExpire": [b"10"]}, True),
        ({"pwdAccountLockedTime": [b"20260930020000Z"]}, False),
        ({"pwdAccountLockedTime": [b"000001010000Z"]}, True),
        ({"nsAccountLock": [b"TRUE"]}, True),
    ],
)
def test_disabled_in_the_ways_of_several_directories(now, values, disabled):
    assert ldap_entries.is_disabled(values, now) is disabled


def test_ids_of_active_directory_and_escaped_names():
    raw = bytes.fromhex("78563412341278563412345678901234")
    assert ldap_entries.mark({"objectGUID": [raw]}, "objectGUID") == "12345678-1234-5678-3412-345678901234"
    assert ldap_entries.unescaped("Sales\\, \\E5\\8D\\8E东") == "Sales, 华东"
    assert ldap.same_dn("UID=Zhou, OU=华东") == ldap.same_dn("uid=zhou,ou=\\E5\\8D\\8E东")
    with pytest.raises(ValueError, match="colour"):
        ldap_entries.pairs("name=cn,colour=hair")


def test_a_large_directory_is_read_to_its_end(tmp_path, use, now):
    many = Slapd(tmp_path, [unit("people", BASE), *(person(f"many{number}", f"员工{number}") for number in range(1_200))])
    many.start()
    try:
        use(many)
        assert ldap.count(directory_source.source(), now=now) == 1_200
    finally:
        many.stop()


# ---- what is brought in -----------------------------------------------------------------------------------------------------


def test_people_and_teams_come_with_their_place_and_are_marked(shared, cast, use, now):
    use(shared)
    run = brought(cast, now)
    assert {key: value for key, value in run.counts["total"].items() if value} == {"created": 28}
    zhou, berg = User.objects.get(username="zhoumin"), User.objects.get(username="berg")
    assert (way(zhou), way(berg)) == ("华东/一部", "Key Accounts, North")
    assert zhou.directory_id
    assert not zhou.has_usable_password()
    assert zhou.role == Role.REP
    assert not User.objects.filter(username__in=["gone", "locked"]).exists()
    assert AuditEntry.objects.filter(action="people.directory_sync", target_id=run.pk).exists()
    assert cast.owner.user.is_active
    again = brought(cast, now)
    assert {key: value for key, value in again.counts["total"].items() if value} == {"unchanged": 28}
    assert not again.changes.exists()
    undo.take_back(run, by=cast.administrator.scope, now=now)
    assert not User.objects.exclude(directory_id="").exists()
    assert not Team.objects.filter(name="一部").exists()


def test_roles_and_teams_by_groups_and_leaders_by_an_attribute(shared, cast, use, now):
    use(
        shared, teams="groups", groups_base=f"ou=groups,{BASE}", roles=f"KEY_ACCOUNT_MANAGER:cn=kam,ou=groups,{BASE}", role="SERVICE",
        attributes="leader=manager",
    )  # fmt: skip
    brought(cast, now)
    zhou, he, rep = (User.objects.get(username=name) for name in ("zhoumin", "hechuan", "rep01"))
    assert (zhou.role, he.role, rep.role) == (Role.KEY_ACCOUNT_MANAGER, Role.SERVICE, Role.SERVICE)
    assert (way(zhou), way(he), way(rep)) == ("战区一", "战区一", "")
    assert list(zhou.led_teams.all()) == [he.team]


def test_a_look_says_what_would_change_and_keeps_nothing(own, cast, use, now):
    use(own)
    brought(cast, now)
    own.change(
        f"dn: uid=rep01,{FIRST}\nchangetype: modify\nreplace: title\ntitle: Senior\n\n"
        f"dn: uid=rep02,{FIRST}\nchangetype: modrdn\nnewrdn: uid=rep02\ndeleteoldrdn: 1\nnewsuperior: {PEOPLE}\n\n"
        f"dn: uid=rep03,{FIRST}\nchangetype: delete\n"
    )
    make_account("江州重工集团有限公司", owner=User.objects.get(username="rep03"))
    before = (User.objects.count(), ImportRun.objects.count(), AuditEntry.objects.count())
    found = directory_sync.look(by=cast.administrator.scope, now=now)
    assert (User.objects.count(), ImportRun.objects.count(), AuditEntry.objects.count()) == before
    changes = {one["username"]: [said[0] for said in one["says"]] for one in found["people"] if one["what"] != "unchanged"}
    assert changes == {"rep01": ["Job title: — → Senior"]}  # who lies in no unit keeps the team of before
    assert [(one["name"], one["says"][0]) for one in found["absent"]] == [
        ("业务03", "The sign-in is closed. Customers that wait for a hand-over: 1.")
    ]
    run = brought(cast, now)
    assert run.options["absent"]["accounts"] == 1
    assert not User.objects.get(username="rep03").is_active
    page = cast.administrator.client.get(f"/imports/{run.pk}/").content.decode()
    assert "业务03" in page
    assert "/accounts/hand-over/of/" in page


def test_a_renamed_person_stays_the_same_and_an_entry_made_anew_takes_over(own, cast, use, now):
    use(own)
    brought(cast, now)
    ids = {name: User.objects.get(username=name).pk for name in ("rep04", "rep05")}
    own.change(
        f"dn: uid=rep04,{FIRST}\nchangetype: modrdn\nnewrdn: uid=renamed\ndeleteoldrdn: 1\n\ndn: uid=rep05,{FIRST}\nchangetype: delete\n"
    )
    own.change(f"dn: uid=rep05,{FIRST}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: rep05\ncn: New Name\nsn: Name\n")
    run = brought(cast, now)
    assert run.counts["total"]["updated"] == 2
    assert not run.counts["total"]["closed"]
    assert User.objects.get(username="renamed").pk == ids["rep04"]
    assert User.objects.get(username="rep05").pk == ids["rep05"]


def test_a_person_who_was_here_before_is_joined_by_the_sign_in_name(shared, cast, use, now):
    User.objects.filter(pk=cast.owner.user.pk).update(username="zhoumin", email="old@dingke.example")
    User.objects.filter(pk=cast.administrator.user.pk).update(username="rep00")
    use(shared, roles=f"FINANCE:cn=kam,ou=groups,{BASE}", groups_base=f"ou=groups,{BASE}")
    brought(cast, now)
    cast.owner.user.refresh_from_db()
    cast.administrator.user.refresh_from_db()
    assert cast.owner.user.directory_id
    assert cast.owner.user.role == Role.FINANCE
    assert cast.administrator.user.directory_id
    assert cast.administrator.user.role == Role.ADMINISTRATOR


def test_what_the_directory_owns_is_read_only_here_with_the_reason(shared, cast, use, now):
    use(shared)
    brought(cast, now)
    zhou, by = User.objects.get(username="zhoumin"), cast.administrator.scope
    with pytest.raises(Exception, match="directory"):
        edit_user(user=zhou, values={"title": "CEO"}, by=by, now=now)
    with pytest.raises(UnableToMoveTeam, match="directory"):
        move_members(users=[zhou], team=cast.team, by=by, now=now)
    edit_user(user=zhou, values={"role": "FINANCE"}, reason="no group mapping", by=by, now=now)
    dialog = cast.administrator.client.get(f"/people/{zhou.pk}/edit/", headers={"HX-Request": "true"}).content.decode()
    assert "From the directory: Full name, Sign-in name" in dialog
    assert "disabled" in dialog
    answer = cast.administrator.client.post(
        f"/people/{zhou.pk}/edit/",
        {"name": "forged", "username": "forged", "role": "FINANCE", "is_outside": "on"},
        headers={"HX-Request": "true"},
    )
    assert answer.status_code == 204
    zhou.refresh_from_db()
    assert (zhou.name, zhou.username, zhou.is_outside) == ("周敏", "zhoumin", True)


# ---- what goes wrong ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"password": "wrong"}, "does not accept DINGKE_LDAP_BIND"),
        ({"base": f"ou=nowhere,{BASE}"}, "There is no entry"),
        ({"ca": ""}, "is not trusted"),
        ({"url": "ldap://127.0.0.1:1"}, "does not answer"),
        ({"filter": "(uid=nobody)"}, "names nobody"),
        ({"filter": "(uid=*"}, "broke off or refused"),
        ({"url": "http://127.0.0.1"}, "begins with ldap"),
        ({"base": ""}, "DINGKE_LDAP_BASE"),
        ({"kind": "novell"}, "openldap or ad"),
        ({"attributes": "colour=hair"}, "colour=hair"),
        ({"role": "ADMINISTRATOR"}, "is not a role that a directory gives"),
    ],
)
def test_a_directory_that_cannot_be_read_changes_nothing_and_says_why(shared, cast, use, now, how, said):
    use(shared, timeout=3, **how)
    users = User.objects.count()
    with pytest.raises(DirectoryRefused, match=said):
        brought(cast, now)
    assert User.objects.count() == users
    [run] = ImportRun.objects.all()
    assert said in run.options["problem"]
    assert run.state == ImportRun.State.FAILED


def test_a_certificate_is_checked_until_that_is_turned_off(shared, use, now):
    use(shared, url=shared.tls_url, ca="")
    with pytest.raises(DirectoryRefused, match="not trusted"):
        ldap.read(directory_source.source(), now=now)
    use(shared, url=shared.tls_url, ca="", check_certificate=False)
    assert len(ldap.read(directory_source.source(), now=now).people) == 30


def test_a_server_killed_in_the_middle_changes_nothing(own, cast, use, now):
    use(own, page=5, timeout=3)
    brought(cast, now)
    users = set(User.objects.values_list("pk", "is_active"))
    with pytest.raises(DirectoryRefused):
        brought(cast, now, tell=lambda done: done >= 10 and own.stop())
    assert set(User.objects.values_list("pk", "is_active")) == users


def test_many_are_closed_only_when_that_was_allowed(own, cast, use, now):
    use(own)
    brought(cast, now)
    use(own, filter="(uid=zhoumin)")
    with pytest.raises(DirectoryRefused, match="27 of 28 people would be"):
        brought(cast, now)
    assert User.objects.filter(is_active=False).count() == 0
    run = brought(cast, now, many=True)
    assert run.counts["total"]["closed"] == 27
    assert User.objects.filter(is_active=False).count() == 27
    assert cast.stranger.user.is_active


# ---- doors -------------------------------------------------------------------------------------------------------------------


def test_the_page_previews_and_synchronises_as_jobs(shared, cast, use, now, django_capture_on_commit_callbacks):
    client = cast.administrator.client
    assert "No directory is set" in client.get("/people/directory/").content.decode()
    use(shared)
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/people/directory/preview/")
    assert Job.objects.get().state == Job.State.DONE
    assert not User.objects.filter(username="zhoumin").exists()
    page = client.get("/people/directory/").content.decode()
    assert "The team 华东/一部 is created." in page
    assert PASSWORD not in page
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/people/directory/sync/")
    assert User.objects.filter(username="zhoumin").exists()
    assert "Last synchronisations" in client.get("/people/directory/").content.decode()
    use(shared, password="wrong")
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/people/directory/sync/")
    assert "does not accept" in client.get("/people/directory/").content.decode()
    for address in ("/people/directory/", "/people/directory/preview/", "/people/directory/sync/"):
        for other in (cast.stranger, cast.director):
            answer = other.client.get(address) if address.endswith("directory/") else other.client.post(address)
            assert answer.status_code == 403
    with pytest.raises(NotAllowed):
        directory_sync.synchronise(by=cast.stranger.scope, now=now)


def test_by_the_clock_once_a_night_where_a_time_is_set(shared, use, now, monkeypatch):
    use(shared)
    assert directory_sync.start_when_due(now) is None
    monkeypatch.setattr(settings, "LDAP_AT", "01:30")
    assert directory_sync.start_when_due(now) is not None
    assert directory_sync.start_when_due(now) is None


def test_the_command_looks_and_brings(shared, use, now, monkeypatch):
    use(shared)
    monkeypatch.setattr(ldap_command, "prepared", lambda: None)
    runner = CliRunner()
    seen = runner.invoke(app, ["ldap", "--dry-run", "--json"])
    assert seen.exit_code == 0
    assert json.loads(seen.stdout)["counts"]["created"] == 28
    assert runner.invoke(app, ["ldap", "--dry-run"]).exit_code == 0
    assert not User.objects.filter(username="zhoumin").exists()
    done = runner.invoke(app, ["ldap", "--json"])
    assert json.loads(done.stdout)["created"] == 28
    use(shared, password="wrong")
    assert runner.invoke(app, ["ldap"]).exit_code == 2


def test_the_doctor_looks_at_the_directory(shared, use, now, monkeypatch):
    assert place.directory(now) == []
    use(shared)
    [finding] = place.directory(now)
    assert (finding.level, finding.found) == ("ok", f"{shared.url}, people: 30")
    use(shared, password="wrong")
    assert [finding.level for finding in place.directory(now)] == ["fail"]
    use(shared, filter="(uid=nobody)")
    assert [finding.level for finding in place.directory(now)] == ["fail"]
    assert connection.is_usable()
