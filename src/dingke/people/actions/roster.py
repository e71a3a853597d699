"""A staff list judged before anything is written: whom each row means, which team it names, and what keeps it out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q

from dingke.core.importing.outcomes import COMMON, Batch, Mode, Outcome, Said, Written, refused, said
from dingke.core.reasons import Label, Sentences
from dingke.people.actions.users import USERNAME, username_from
from dingke.people.calc import Role
from dingke.people.models import Team, Territory, User

Path = tuple[str, ...]
DEEPEST = 12  # teams above each other: their path has to fit its column
SENTENCES = COMMON | Sentences(
    {
        "MAIL_TAKEN": ("Somebody else already has the mail address {mail}.", "邮箱 {mail} 已被其他人员使用。"),
        "MAIL_TWICE": ("{name} has the mail address {mail} in this list too.", "名单中{name}也使用邮箱 {mail}。"),
        "MAIL_BAD": ("“{mail}” is not a mail address.", "“{mail}”不是有效的邮箱地址。"),
        "SIGN_IN_BAD": (
            "The sign-in name “{username}” may have letters without accents, figures, and . _ @ + - only.",
            "登录名“{username}”只能包含不带重音的字母、数字和 . _ @ + -。",
        ),
        "SIGN_IN_TAKEN": ("The sign-in name {username} belongs to somebody else.", "登录名 {username} 已被其他人员使用。"),
        "NAMESAKES": ("More than one person is called {name}. Give the sign-in name.", "有多人名为“{name}”，请提供登录名。"),
        "TEAM_CIRCLE": ("These teams lie in each other: {teams}.", "以下团队互为上级：{teams}。"),
        "TEAM_UNCLEAR": (
            "There is more than one team “{team}”. Write the way to it: East/{team}.",
            "名为“{team}”的团队不止一个，请写出完整路径，例如：华东/{team}。",
        ),
        "TEAM_DEEP": ("The team {team} lies too deep: at most {most} teams above each other.", "团队“{team}”层级过深，最多 {most} 级。"),
        "LEADER_UNKNOWN": (
            "The leader {name} is neither in this list nor in the system.",
            "负责人“{name}”既不在名单中，也不在系统中。",
        ),
        "LEADER_UNCLEAR": (
            "More than one person is called {name}. Name the leader by the sign-in name.",
            "有多人名为“{name}”，请用登录名指明负责人。",
        ),
        "LEADS_NO_TEAM": ("{name} is to lead a team, but the row names none.", "{name} 被标为负责人，但该行没有团队。"),
        "TERRITORY_UNKNOWN": ("There is no territory {name}.", "没有名为“{name}”的市场区域。"),
        "OWN_ROLE": ("Your own role is not changed by a list.", "名单不能更改您自己的角色。"),
        "LAST_ADMINISTRATOR": ("{name} is the last administrator and keeps this role.", "{name} 是最后一位管理员，角色保持不变。"),
        "MAKE_ADMINISTRATOR": (
            "Nobody becomes an administrator by a list. Change the role of {name} by hand.",
            "名单不能将人员设为管理员，请手工更改 {name} 的角色。",
        ),
        "CHANGES": ("{field}: {old} → {new}", "{field}：{old} → {new}"),
        "NEW_TEAM": ("The team {team} is created.", "新建团队“{team}”。"),
        "TEAM_BACK": ("The team {team} comes back from the archive.", "团队“{team}”从归档中恢复。"),
        "LEADS": ("{name} leads {team}.", "{name} 负责“{team}”。"),
        "NEW_LEADER": ("{name} is added, who leads {team}.", "新增负责“{team}”的 {name}。"),
        "WORKS": ("Joins the territory {name}.", "加入市场区域“{name}”。"),
        "CLOSED_HERE": (
            "The sign-in is closed here and stays so; open it by hand.",
            "该人员的登录已停用，保持停用；如需恢复请手工启用。",
        ),
        "JOINED": ("Is joined with the entry of the directory.", "与目录中的条目建立关联。"),
    }
)  # fmt: skip
YES = {"yes", "y", "true", "1", "是", "√", "x"}
_SLASH, _LIST = re.compile(r"[/／]"), re.compile(r"[;；,，、\n]")


def way(text: Any) -> Path:
    """The teams from the top: "East/Nanjing", or names that come one by one because they may hold a slash."""
    parts = text if isinstance(text, tuple | list) else _SLASH.split(str(text or ""))
    return tuple(" ".join(part.split())[:80] for part in parts if part.strip())


def listed(text: Any) -> list[str]:
    return [part.strip() for part in _LIST.split(str(text or "")) if part.strip()]


def shown(path: Path) -> str:
    return "/".join(path)


@dataclass(slots=True)
class Line:
    """One row with what was found out about it. `refusal` keeps it out."""

    row: Mapping[str, Any]
    username: str = ""
    user: User | None = None
    team: Path = ()
    leads: list[Path] = field(default_factory=list)
    leader: str = ""
    leader_team: Path = ()
    territories: list[Territory] = field(default_factory=list)
    refusal: Outcome | None = None
    written: list[Written] = field(default_factory=list)
    says: list[Said] = field(default_factory=list)
    changes: dict[str, list[Any]] = field(default_factory=dict)
    is_new: bool = False
    keeps_role: bool = False

    def refuse(self, code: str, **params: object) -> None:
        self.refusal = self.refusal or refused(SENTENCES, code, **params)

    def say(self, code: str, **params: object) -> None:
        self.says.append(said(SENTENCES, code, **params))


class Staff:
    """People, teams and territories as they are, with what the list adds: loaded once."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        texts = {str(row[name]) for row in rows for name in ("name", "manager") if row.get(name)}
        mails = {row["email"].lower() for row in rows if row.get("email")}
        asked = {row["username"].lower() for row in rows if row.get("username")} | {text.lower() for text in texts}
        marks = {row["directory_id"] for row in rows if row.get("directory_id")}
        asked |= {username_from(text) for text in texts}
        fitting = Q(name__in=texts) | Q(username__in=asked) | Q(email__in=mails)
        found = User.objects.filter(fitting | Q(directory_id__in=marks) if marks else fitting).order_by("-is_active", "pk")
        self.marks = marks
        self.by_username: dict[str, User] = {}
        self.by_name: dict[str, list[User]] = {}
        self.by_mail: dict[str, User] = {}
        self.by_mark: dict[str, User] = {}
        for user in found:
            self.keep(user)
        teams = sorted(Team.objects.order_by("path", "pk"), key=lambda team: team.archived_at is None)
        self.teams: dict[tuple[int | None, str], Team] = {(team.parent_id, team.name): team for team in teams}
        self.ids = {team.pk: team for team in teams}
        self.territories = {row.name: row for row in Territory.objects.filter(archived_at__isnull=True).order_by("pk")}
        self.leaders = set(Team.leaders.through.objects.order_by().values_list("team_id", "user_id"))
        self.members = set(Territory.members.through.objects.order_by().values_list("territory_id", "user_id"))
        admins = User.objects.select_for_update().filter(role=Role.ADMINISTRATOR, is_active=True).order_by("pk")
        self.administrators = set(admins.values_list("pk", flat=True))

    def keep(self, user: User) -> None:
        self.by_username[user.username] = user
        self.by_name.setdefault(user.name, []).append(user)
        if user.email:
            self.by_mail.setdefault(user.email.lower(), user)
        if user.directory_id:
            self.by_mark[user.directory_id] = user

    def free_username(self, name: str) -> str:
        base = username_from(name)
        number, candidate = 1, base
        while candidate in self.by_username or User.objects.filter(username=candidate).exists():
            number += 1
            candidate = f"{base}{number}"
        return candidate

    def path_of(self, team: Team | None) -> Path:
        names: list[str] = []
        while team is not None:
            names.insert(0, team.name)
            team = self.ids.get(team.parent_id) if team.parent_id else None
        return tuple(names)

    def ways_to(self, name: str) -> set[Path]:
        return {self.path_of(team) for team in self.ids.values() if team.name == name and team.archived_at is None}


def judged(batch: Batch, staff: Staff) -> list[Line]:
    """Every row with its person, team and leaders, or with why it stays out. Nothing is written."""
    lines = [Line(row) for row in batch.rows]
    tree = _Tree(batch.rows, staff)
    mails: dict[str, Line] = {}
    for line in lines:
        _find(batch, line, staff)
        _mail(line, staff, mails)
        _places(line, staff, tree)
        _role(batch, line, staff)
    _leaders(lines, staff)
    return lines


def _find(batch: Batch, line: Line, staff: Staff) -> None:
    row, name = line.row, str(line.row["name"])
    line.username, mark = str(row.get("username", "")).strip().lower(), str(row.get("directory_id", ""))
    namesakes = staff.by_name.get(name, [])
    line.user = staff.by_mark.get(mark) if mark else None
    if line.user is None and line.username:
        line.user = staff.by_username.get(line.username)
    if line.user is None and mark and row.get("email"):
        line.user = staff.by_mail.get(str(row["email"]).lower())
    if line.user is None and not line.username and not mark:
        if len(namesakes) > 1:
            line.refuse("NAMESAKES", name=name)
        line.user = namesakes[0] if namesakes else None
    # an entry that was made anew takes the person over; two entries for one person do not
    if mark and line.user is not None and line.user.directory_id != mark and line.user.directory_id in staff.marks:
        line.refuse("SIGN_IN_TAKEN", username=line.user.username)
        line.user = None
    if line.username and not USERNAME.fullmatch(line.username):
        line.refuse("SIGN_IN_BAD", username=line.username)
    holder = staff.by_username.get(line.username) if line.username else None
    if holder is not None and line.user is not None and holder.pk != line.user.pk:
        line.refuse("SIGN_IN_TAKEN", username=line.username)
    if line.user is None and batch.mode == Mode.UPDATE:
        line.refuse("NOT_THERE", name=name)
    if line.user is not None and batch.mode == Mode.CREATE:
        line.refuse("ALREADY_THERE", name=line.user.name)


def _mail(line: Line, staff: Staff, seen: dict[str, Line]) -> None:
    mail = str(line.row.get("email", "")).lower()
    if not mail:
        return
    try:
        validate_email(mail)
    except ValidationError:
        line.refuse("MAIL_BAD", mail=mail)
    owner, first = staff.by_mail.get(mail), seen.setdefault(mail, line)
    if owner is not None and (line.user is None or owner.pk != line.user.pk):
        line.refuse("MAIL_TAKEN", mail=mail)
    if first is not line:
        line.refuse("MAIL_TWICE", mail=mail, name=first.row["name"])


class _Tree:
    """Which team lies in which, as a column for the team above says it."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], staff: Staff) -> None:
        self.staff = staff
        self.above: dict[str, set[Path]] = {}
        for row in rows:
            own, parent = way(row.get("team")), way(row.get("parent_team"))
            if own and parent:
                self.above.setdefault(own[0], set()).add(parent)

    def whole(self, own: Path, parent: Path, line: Line) -> Path:
        """The way from the top. What the list says of the teams above goes before what the system knows of them."""
        path, seen = (*parent, *own), [own[0]] if own else []
        while parent and path:
            head = path[0]
            if head in seen:
                line.refuse("TEAM_CIRCLE", teams=[*seen, head])
                return ()
            seen.append(head)
            ways = self.above.get(head, set())
            if not ways and len(parent) == 1:
                ways = {known[:-1] for known in self.staff.ways_to(head)}
            if len(ways) > 1:
                line.refuse("TEAM_UNCLEAR", team=head)
                return ()
            parent = next(iter(ways), ())
            path = (*parent, *path)
        return path


def _places(line: Line, staff: Staff, tree: _Tree) -> None:
    row = line.row
    line.team = tree.whole(way(row.get("team")), way(row.get("parent_team")), line)
    line.leader_team = way(row.get("manager_team"))
    for text in listed(row.get("leads")):
        if text.casefold() not in YES:
            line.leads.append(way(text))
        elif line.team:
            line.leads.append(line.team)
        else:
            line.refuse("LEADS_NO_TEAM", name=row["name"])
    for path in (line.team, line.leader_team, *line.leads):
        if len(path) > DEEPEST:
            line.refuse("TEAM_DEEP", team=shown(path), most=DEEPEST)
    for name in listed(row.get("territories")):
        if known := staff.territories.get(name):
            line.territories.append(known)
        else:
            line.refuse("TERRITORY_UNKNOWN", name=name)


def _role(batch: Batch, line: Line, staff: Staff) -> None:
    role, user = line.row.get("role"), line.user
    if role is None or line.refusal or (user is not None and user.role == role):
        return
    if line.row.get("directory_id") and user is not None and user.role == Role.ADMINISTRATOR:
        line.keeps_role = True  # administrators are named here, whatever group they are in
        return
    if role == Role.ADMINISTRATOR:
        line.refuse("MAKE_ADMINISTRATOR", name=line.row["name"])
    elif user is not None and user.pk == batch.by.user_id:
        line.refuse("OWN_ROLE")
    elif user is not None and user.pk in staff.administrators:
        if staff.administrators == {user.pk}:
            line.refuse("LAST_ADMINISTRATOR", name=user.name)
        staff.administrators.discard(user.pk)


def _leaders(lines: Sequence[Line], staff: Staff) -> None:
    """Who is to lead has to be there, or come with a row that is taken. A row that falls may make others fall."""
    for line in lines:
        line.leader = str(line.row.get("manager", "")).strip()
    while True:
        coming = [line for line in lines if line.refusal is None]
        names = [str(line.row["name"]) for line in coming if line.user is None] + list(staff.by_name)
        known = {*names, *(line.username for line in coming), *staff.by_username}
        falls = [line for line in coming if line.leader and line.leader not in known and not (line.leader_team and line.team)]
        for line in falls:
            if line.leader.lower() in known:
                line.leader = line.leader.lower()
                continue
            line.refuse("LEADER_UNKNOWN", name=line.leader)
        for line in coming:
            people = [user for user in staff.by_name.get(line.leader, []) if user.is_active]
            if line.leader and line.leader not in staff.by_username and len(people) > 1:
                line.refuse("LEADER_UNCLEAR", name=line.leader)
        if all(line.refusal is None for line in coming):
            return


FIELD_LABELS = {
    "name": Label("Name", "姓名"),
    "username": Label("Sign-in name", "登录名"),
    "email": Label("Mail", "邮箱"),
    "phone": Label("Mobile", "手机"),
    "title": Label("Job title", "职务"),
    "role": Label("Role", "角色"),
    "team_id": Label("Team", "团队"),
}
