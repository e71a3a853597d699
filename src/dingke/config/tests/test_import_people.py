"""A staff list: teams as a tree, leaders, territories, what is wrong with a row, whom the list does not name, and the way back."""

from __future__ import annotations

import pytest

from dingke.accounts.tests.factories import make_account
from dingke.config.tests.importing_kit import a_run, csv_bytes, done, imported, only, reasons
from dingke.core.importing import dry_run, setup, undo
from dingke.core.models import AuditEntry, ImportRun
from dingke.people.calc import Role
from dingke.people.models import Team, Territory, User

pytestmark = pytest.mark.django_db


def counts(run: ImportRun) -> dict[str, int]:
    return {key: value for key, value in run.counts["total"].items() if value}


def ways() -> dict[str, str]:
    """Each team with the way to it."""
    names = {team.pk: team.name for team in Team.objects.all()}
    return {team.name: "/".join(names[int(part)] for part in team.path.split("/") if part) for team in Team.objects.all()}


def named(*rows: str) -> tuple[str, bytes]:
    return "员工.csv", csv_bytes(*rows)


def everybody(cast, *, without: tuple[str, ...] = ()) -> list[str]:
    rows = [f"{user.name},{user.username}" for user in User.objects.order_by("pk") if user.username not in without]
    return ["姓名,登录名", *rows]


def tried(run: ImportRun, cast, now) -> dry_run.Trial:
    [trial] = dry_run.trial(run, by=cast.administrator.scope, now=now)
    return trial


def test_teams_by_path_leaders_roles_in_both_languages_and_territories(cast, now):
    north = Territory.objects.create(name="华北重工")
    run = imported(
        named(
            "姓名,登录名,邮箱,角色,团队,负责的团队,销售区域",
            "陶然,taoran,taoran@dingke.example,销售经理,华东/一部,是,华北重工",
            "Anna Berg,anna,anna@dingke.example,key account manager,华东／一部,,",
            "邓楠,dengnan,,REP,华东/二部,华东/二部;华东/一部,",
        ),
        now=now,
        by=cast.administrator.scope,
    )
    assert counts(run) == {"created": 3}
    assert ways()["一部"] == "华东/一部"
    tao, anna = User.objects.get(username="taoran"), User.objects.get(username="anna")
    assert (tao.role, anna.role, anna.team) == (Role.SALES_MANAGER, Role.KEY_ACCOUNT_MANAGER, tao.team)
    assert sorted(tao.team.leaders.values_list("name", flat=True)) == sorted(["陶然", "邓楠"])
    assert list(north.members.all()) == [tao]
    assert AuditEntry.objects.filter(action="people.add_user", target_id=tao.pk, actor_name=cast.administrator.user.name).exists()
    assert AuditEntry.objects.filter(action="people.lead_team", target_id=tao.team_id).count() == 2


def test_teams_by_a_column_for_the_team_above(cast, now):
    imported(
        named("姓名,登录名,团队,上级部门", "甲,jia,一组,苏南部", "乙,yi,苏南部,江苏大区", "丙,bing,江苏大区,"),
        now=now,
        by=cast.administrator.scope,
    )
    assert {name: way for name, way in ways().items() if "江苏" in way} == {
        "江苏大区": "江苏大区", "苏南部": "江苏大区/苏南部", "一组": "江苏大区/苏南部/一组",
    }  # fmt: skip
    again = imported(named("姓名,登录名,团队,上级部门", "丁,ding,一组,苏南部"), now=now, by=cast.administrator.scope)
    assert counts(again) == {"created": 1}
    assert User.objects.get(username="ding").team == User.objects.get(username="jia").team


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (["姓名,登录名,角色", "甲,jia,大总管"], "is none of"),
        (["姓名,登录名,角色", "甲,jia,管理员"], "Nobody becomes an administrator"),
        (["姓名,登录名,团队,上级部门", "甲,jia,一组,二组", "乙,yi,二组,一组"], "lie in each other"),
        (["姓名,登录名,邮箱", "甲,jia,a@x.example", "乙,yi,A@x.example"], "has the mail address a@x.example in this list too"),
        (["姓名,登录名,邮箱", "甲,jia,owner@dingke.example"], "Somebody else already has the mail address"),
        (["姓名,登录名,邮箱", "甲,jia,nonsense"], "is not a mail address"),
        (["姓名,登录名,团队,主管", "甲,jia,一组,查无此人"], "neither in this list nor in the system"),
        (["姓名,登录名,销售区域", "甲,jia,月球"], "There is no territory"),
        (["姓名,登录名", "甲,Ñandú"], "letters without accents"),
        (["姓名,登录名,负责的团队", "甲,jia,是"], "the row names none"),
        (["姓名,登录名,团队", "甲,jia," + "/".join("abcdefghijklmn")], "too deep"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(cast, now, rows, reason):
    before = (User.objects.count(), Team.objects.count())
    run = imported(named(*rows), now=now, by=cast.administrator.scope, target="people")
    assert any(reason in text for text in reasons(run)), reasons(run)
    failed = run.counts["total"]["failed"]
    assert User.objects.count() == before[0] + len(rows) - 1 - failed
    assert failed == (2 if "lie in" in reason else 1)
    assert Team.objects.count() == before[1]


def test_a_leader_may_come_further_down_and_falls_with_its_own_row(cast, now):
    rows = ["姓名,登录名,邮箱,团队,主管", "甲,jia,,一组,乙", "乙,yi,{mail},一组,"]
    run = imported(named(*[row.format(mail="owner@dingke.example") for row in rows]), now=now, by=cast.administrator.scope)
    assert counts(run) == {"failed": 2}
    assert not Team.objects.filter(name="一组").exists()
    run = imported(named(*[row.format(mail="yi@dingke.example") for row in rows]), now=now, by=cast.administrator.scope)
    assert counts(run) == {"created": 2}
    assert [leader.username for leader in Team.objects.get(name="一组").leaders.all()] == ["yi"]


def test_the_trial_says_row_by_row_what_happens_and_writes_nothing(cast, now):
    run = a_run(
        named("姓名,登录名,角色,团队", "周敏,owner,销售总监,鼎新/华西", "新人,xinren,,", "何川,colleague,,"),
        now=now,
        by=cast.administrator.scope,
    )
    trial = tried(run, cast, now)
    assert [(row.number, outcome.fate.value) for row, outcome in trial.told] == [(2, "updated"), (3, "created"), (4, "unchanged")]
    said = [text[0] for text in trial.told[0][1].says]
    assert said == ["The team 鼎新/华西 is created.", "Role: Key account manager → Sales director", "Team: 鼎新/华东 → 鼎新/华西"]
    assert [text[1] for text in trial.told[0][1].says][1] == "角色：大客户经理 → 销售总监"
    absent = {one.name: one.text[0] for one in trial.absent}
    assert "许文静" in absent
    assert "何川" not in absent
    assert absent["管理员"].startswith("This is you")
    cast.owner.user.refresh_from_db()
    assert cast.owner.user.role == Role.KEY_ACCOUNT_MANAGER
    assert not Team.objects.filter(name="华西").exists()
    assert not run.changes.exists()


def test_whom_the_list_does_not_name_is_closed_by_choice_only(cast, now):
    make_account("江州重工集团有限公司", owner=cast.owner.user)
    rows = everybody(cast, without=("owner", "reader"))
    User.objects.filter(username="reader").update(is_outside=True)
    by = cast.administrator.scope
    kept = imported(named(*rows), now=now, by=by, missing="KEEP")
    assert kept.options["absent"] == {}
    assert User.objects.filter(is_active=False).count() == 0

    run = imported(named(*rows), now=now, by=by, missing="CLOSE")
    assert not run.options["absent"]["refused"]
    [closed] = run.options["absent"]["closed"]
    assert (closed["name"], closed["accounts"], run.options["absent"]["accounts"]) == ("周敏", 1, 1)
    assert [one["name"] for one in run.options["absent"]["kept"]] == ["观察员"]
    cast.owner.user.refresh_from_db()
    assert not cast.owner.user.is_active
    assert cast.owner.user.accounts.count() == 1
    assert AuditEntry.objects.filter(action="people.deactivate_user", target_id=cast.owner.user.pk).exists()
    page = cast.administrator.client.get(f"/imports/{run.pk}/").content.decode()
    assert f"/accounts/hand-over/of/{cast.owner.user.pk}/" in page

    undo.take_back(run, by=by, now=now)
    cast.owner.user.refresh_from_db()
    assert cast.owner.user.is_active


def test_the_acting_person_and_the_last_administrator_are_never_closed(cast, now):
    by = cast.administrator.scope
    rows = everybody(cast, without=("administrator",))
    run = imported(named(*rows), now=now, by=by, missing="CLOSE_MANY")
    assert not run.options["absent"]["closed"]
    assert run.options["absent"]["kept"][0]["name"] == "管理员"
    system = imported(named(*rows), now=now, missing="CLOSE_MANY")
    assert "last administrator" in system.options["absent"]["kept"][0]["why"][0]
    cast.administrator.user.refresh_from_db()
    assert cast.administrator.user.is_active
    run = imported(named("姓名,登录名,角色", "管理员,administrator,REP"), now=now, by=by, target="people")
    assert reasons(run) == ["Your own role is not changed by a list."]
    run = imported(named("姓名,登录名,角色", "管理员,administrator,REP"), now=now, target="people")
    assert "last administrator" in reasons(run)[0]


@pytest.mark.parametrize(("many", "closed"), [("CLOSE", 0), ("CLOSE_MANY", 7)])
def test_many_are_closed_only_when_that_was_chosen(cast, now, many, closed):
    run = imported(named("姓名,登录名", "周敏,owner"), now=now, by=cast.administrator.scope, target="people", missing=many)
    assert len(run.options["absent"]["closed"]) == closed
    assert bool(run.options["absent"]["refused"]) == (closed == 0)
    assert User.objects.filter(is_active=False).count() == closed


def test_nobody_is_closed_while_a_row_fails_or_the_list_is_empty(cast, now):
    by = cast.administrator.scope
    rows = everybody(cast, without=("owner",))
    run = imported(
        named(*[f"{row},{'角色' if not place else ''}" for place, row in enumerate(rows)], "丁,ding,大总管"),
        now=now,
        by=by,
        missing="CLOSE",
    )
    assert "rows failed (1)" in run.options["absent"]["refused"][0]
    assert User.objects.filter(is_active=False).count() == 0
    try:
        empty = imported(named("姓名,登录名"), now=now, by=by, target="people", missing="CLOSE_MANY")
    except setup.UnableToImport:
        pass
    else:
        assert "names nobody" in empty.options["absent"]["refused"][0]
    assert User.objects.filter(is_active=False).count() == 0


def test_undo_takes_people_teams_leaders_and_territories_back(cast, now):
    Territory.objects.create(name="华北重工")
    before = (set(User.objects.values_list("username", flat=True)), set(Team.objects.values_list("name", flat=True)))
    run = imported(
        named("姓名,登录名,团队,负责的团队,销售区域", "陶然,taoran,新区/一部,是,华北重工", "周敏,owner,新区/一部,鼎新/华东,华北重工"),
        now=now,
        by=cast.administrator.scope,
    )
    assert counts(run) == {"created": 1, "updated": 1}
    undo.take_back(run, by=cast.administrator.scope, now=now)
    assert (set(User.objects.values_list("username", flat=True)), set(Team.objects.values_list("name", flat=True))) == before
    cast.owner.user.refresh_from_db()
    assert cast.owner.user.team == cast.team
    assert [leader.username for leader in cast.team.leaders.all()] == ["manager"]
    assert not Territory.objects.get().members.exists()


def test_a_closed_person_in_the_list_stays_closed(cast, now):
    User.objects.filter(pk=cast.owner.user.pk).update(is_active=False)
    run = a_run(named("姓名,登录名", "周敏,owner", "何川,colleague"), now=now, by=cast.administrator.scope, target="people")
    assert "stays so" in tried(run, cast, now).told[0][1].says[0][0]
    done(run, now=now, by=cast.administrator.scope)
    cast.owner.user.refresh_from_db()
    assert not cast.owner.user.is_active


def test_only_administrators_import_people(cast, now):
    run = a_run(named("姓名,登录名", "甲,jia"), now=now, target="people")
    for other in (cast.director, cast.finance):
        assert "people" not in {target.key for target in setup.allowed_targets(other.scope)}
        with pytest.raises(setup.UnableToImport):
            done(run, now=now, by=other.scope)
    assert cast.stranger.client.get(f"/imports/{run.pk}/").status_code in {403, 404}
    assert not User.objects.filter(username="jia").exists()


def test_the_pages_ask_about_the_missing_and_show_the_rows(cast, now):
    run = a_run(named("姓名,登录名,角色", "周敏,owner,销售总监"), now=now, by=cast.administrator.scope, target="people")
    client = cast.administrator.client
    check = client.post(f"/imports/{run.pk}/check/", {"mode": "BOTH", "missing": "CLOSE"})
    assert "People who are not in the file" in check.content.decode()
    run.refresh_from_db()
    assert run.options["missing"] == "CLOSE"
    assert only(run).target == "people"
    trial = client.get(f"/imports/{run.pk}/trial/").content.decode()
    assert "Key account manager → Sales director" in trial
    assert "Nobody was closed" in trial
