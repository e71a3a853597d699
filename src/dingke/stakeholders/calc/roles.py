"""C-07 购买决策参与者的角色: the eight roles of a buying centre; whose side each stands on, and how high it sits on the drawing.

The eight roles stand in the source; side, height and the question that fills an empty role are design values.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dingke.core.reasons import Label


class Side(StrEnum):
    CUSTOMER = "CUSTOMER"  # a role without anybody is a gap
    OUTSIDE = "OUTSIDE"  # may well be empty; firms as well as people


@dataclass(frozen=True)
class Role:
    """`height`: 0 is drawn on top. `question` is what to ask when nobody is known."""

    code: str
    label: Label
    note: Label
    side: Side
    height: int
    question: Label


ROLES: tuple[Role, ...] = (
    Role(
        "GATEKEEPER",
        Label("Gatekeeper", "守门人"),
        Label("checks who is admitted; member of the project team", "负责资格审查，多为项目组成员"),
        Side.CUSTOMER,
        3,
        Label("Who checks suppliers and decides which papers get in?", "由谁审查供应商资格、决定哪些资料能递进去？"),
    ),
    Role(
        "USER",
        Label("User", "使用者"),
        Label("works with it in the end", "最终的使用人"),
        Side.CUSTOMER,
        4,
        Label("Who will work with it every day, and what bothers them today?", "谁每天使用它？目前最头疼的是什么？"),
    ),
    Role(
        "PURCHASER",
        Label("Purchaser", "采购者"),
        Label("manager of purchasing or of equipment", "采购经理或设备经理"),
        Side.CUSTOMER,
        3,
        Label("Who compares the offers and signs the order?", "由谁比价并经办订单？"),
    ),
    Role(
        "PROJECT_LEADER",
        Label("Project leader", "项目负责人"),
        Label("answers for the project", "对项目负责"),
        Side.CUSTOMER,
        2,
        Label("Who answers for the project and its date?", "谁对项目和工期负责？"),
    ),
    Role(
        "TOP_LEADER",
        Label("Buyer's top leader", "买方高层领导"),
        Label("the last word in the company", "企业内部的最终拍板人"),
        Side.CUSTOMER,
        1,
        Label("Who in the company has the last word on this sum?", "这个金额在公司里由谁最后拍板？"),
    ),
    Role(
        "SUPERIOR",
        Label("Superior of the buyer", "买方上级领导"),
        Label("leads the unit above the company", "上级单位的领导"),
        Side.CUSTOMER,
        0,
        Label("Does a group or authority above have to agree, and who there?", "是否需要集团或上级单位同意？由谁负责？"),
    ),
    Role(
        "DESIGN_INSTITUTE",
        Label("Design institute", "设计单位"),
        Label("outside; writes the specification", "外部单位，编写技术规格"),
        Side.OUTSIDE,
        2,
        Label("Who writes the specification?", "技术规格由谁编写？"),
    ),
    Role(
        "COMPETITOR",
        Label("Competitor", "竞争对手"),
        Label("outside; acts on the decision", "外部力量，会影响决策"),
        Side.OUTSIDE,
        4,
        Label("Which rival works on these people?", "哪家对手在做这些人的工作？"),
    ),
)
ROLE_OF: dict[str, Role] = {role.code: role for role in ROLES}
CUSTOMER_ROLES: tuple[str, ...] = tuple(role.code for role in ROLES if role.side == Side.CUSTOMER)


def height_of(roles: tuple[str, ...]) -> int:
    """The row of the drawing a person stands in by rank: the highest of the roles; the middle without a role."""
    return min((ROLE_OF[code].height for code in roles if code in ROLE_OF), default=3)


def proposed_role(*, department: str, level: str) -> str:
    """What a contact with this job most likely is (department and level as codes of C-01): a start, for people to correct."""
    if level == "TOP" or department == "MANAGEMENT":
        return "TOP_LEADER"
    return {"PURCHASING": "PURCHASER", "FINANCE": "GATEKEEPER", "SUPPORTING": "GATEKEEPER"}.get(department, "USER")


def proposed_influence(*, level: str) -> int:
    """How much weight the level of a job suggests, 1 to 5."""
    return {"TOP": 5, "MANAGER": 3}.get(level, 2)
