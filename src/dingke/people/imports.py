"""People and teams can be imported by an administrator."""

from __future__ import annotations

from dingke.core.importing.targets import Choice, Field, ImportTarget, Kind, UndoRule
from dingke.core.reasons import Label
from dingke.people import actions
from dingke.people.calc import Role
from dingke.people.models import Team, Territory, User

ROLES = (
    Choice(Role.REP, Label("Sales representative", "销售代表"), ("rep", "sales", "销售", "业务员")),
    Choice(Role.KEY_ACCOUNT_MANAGER, Label("Key account manager", "大客户经理"), ("kam", "客户经理")),
    Choice(Role.SALES_MANAGER, Label("Sales manager", "销售经理"), ("manager", "经理")),
    Choice(Role.DIRECTOR, Label("Sales director", "销售总监"), ("director", "总监")),
    Choice(Role.SERVICE, Label("Service", "客服"), ("support", "服务")),
    Choice(Role.FINANCE, Label("Finance", "财务"), ("accounting",)),
    Choice(Role.READ_ONLY, Label("Read only", "只读"), ("reader", "观察员")),
    Choice(Role.ADMINISTRATOR, Label("Administrator", "管理员"), ("admin", "系统管理员")),
)

PEOPLE = ImportTarget(
    key="people",
    label=Label("People and teams", "人员与团队"),
    fields=(
        Field(
            key="name",
            label=Label("Name", "姓名"),
            required=True,
            synonyms=("full name", "sales agent", "employee", "员工姓名", "人员"),
            max_length=80,
            example="周敏",
        ),
        Field(
            key="username",
            label=Label("Sign-in name", "登录名"),
            synonyms=("username", "login", "账号", "用户名"),
            max_length=150,
            help=Label("When it is missing it is made from the name: darcel.schlecht.", "留空时由姓名生成，例如 zhoumin。"),
        ),
        Field(
            key="email",
            label=Label("Mail", "邮箱"),
            synonyms=("email", "e-mail", "电子邮箱"),
            help=Label("Needed to set the first password.", "用于设置初始密码。"),
        ),
        Field(key="phone", label=Label("Mobile", "手机"), kind=Kind.PHONE, synonyms=("mobile phone", "手机号", "电话")),
        Field(key="title", label=Label("Job title", "职务"), synonyms=("title", "position", "职位", "岗位"), max_length=80),
        Field(key="role", label=Label("Role", "角色"), kind=Kind.CHOICE, choices=ROLES),
        Field(
            key="team",
            label=Label("Team", "团队"),
            synonyms=("department", "部门", "所属团队"),
            help=Label("Teams above it with slashes: East/Nanjing.", "上级团队用斜杠分隔：华东/南京。"),
            example="华东/南京",
        ),
        Field(
            key="parent_team",
            label=Label("Team above", "上级团队"),
            synonyms=("parent team", "parent department", "上级部门", "所属大区"),
            help=Label("Instead of slashes: the team that the person's team lies in.", "不用斜杠时填写：该团队所属的上级团队。"),
        ),
        Field(
            key="leads",
            label=Label("Leads", "负责的团队"),
            synonyms=("leader of", "is leader", "是否负责人", "负责团队"),
            help=Label(
                "Teams with slashes, divided by semicolons, or yes: the person's own team.",
                "团队路径，多个用分号分隔；填“是”表示负责本人所在团队。",
            ),
        ),
        Field(
            key="territories",
            label=Label("Territories", "市场区域"),
            synonyms=("territory", "区域", "所属区域", "销售区域"),
            help=Label("Territories that are there, divided by semicolons.", "已有的市场区域，多个用分号分隔。"),
        ),
        Field(
            key="manager",
            label=Label("Manager", "主管"),
            synonyms=("team leader", "上级", "直属上级", "团队负责人"),
            max_length=80,
            help=Label("Name or sign-in name of who leads the person's team.", "该人员所在团队负责人的姓名或登录名。"),
        ),
        Field(
            key="manager_team",
            label=Label("Team of the manager", "主管所在团队"),
            help=Label("A team above that the manager leads as well.", "主管同时负责的上级团队。"),
        ),
    ),
    keys=("username", "name"),
    permission="people.edit",
    write=actions.import_people,
    finish=actions.close_missing,
    absent=actions.absent_people,
    whole=20_000,
    names="name",
    icon="users",
)

TARGETS = (PEOPLE,)
UNDO = (
    UndoRule(model=User),
    UndoRule(model=Team),
    UndoRule(model=Team.leaders.through),
    UndoRule(model=Territory.members.through),
)
