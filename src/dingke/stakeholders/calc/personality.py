"""C-17 客户性格分析, C-05: four types of personality with advice on style, and the forms of organisation.

The source has the heading alone; the types and the advice are design values. Shown to the account team alone (A-18).
"""

from __future__ import annotations

from dataclasses import dataclass

from dingke.core.reasons import Label


@dataclass(frozen=True)
class Personality:
    """A type: by what one knows it, how to talk, what to leave alone."""

    code: str
    label: Label
    signs: Label
    do: Label
    avoid: Label


PERSONALITIES: tuple[Personality, ...] = (
    Personality(
        "DRIVING",
        Label("Driving", "支配型"),
        Label("Comes to the point, decides fast, asks for results and dates.", "开门见山，决断快，只问结果和时间。"),
        Label(
            "Begin with the result, in three points at most; offer two ways and let the person choose; keep to the minute.",
            "先说结论，最多三点；给两个方案由对方选；准时开始、准时结束。",
        ),
        Label("Long introductions, vague answers, a contest over who is right.", "铺垫冗长、回答含糊、争谁对谁错。"),
    ),
    Personality(
        "EXPRESSIVE",
        Label("Expressive", "表现型"),
        Label("Speaks vividly, likes new things, names people and stories.", "善谈、爱新鲜，喜欢讲人和故事。"),
        Label(
            "Tell how others won recognition with it; let the person speak; write the agreed points down afterwards and send them.",
            "讲别人因此获得认可的事例；多让对方说；谈完后把共识写成要点发过去。",
        ),
        Label("Tables of figures at the start, cutting the person short, cold politeness.", "一上来就念数据、打断对方、客套冷淡。"),
    ),
    Personality(
        "ANALYTICAL",
        Label("Analytical", "分析型"),
        Label("Asks for figures and proof, reads everything, decides slowly and for good.", "要数据、要依据，材料逐页看，决定慢但稳。"),
        Label(
            "Send the papers beforehand; show method, source and limits; answer every question in writing, and say by when.",
            "提前发材料；讲清方法、来源和局限；逐条书面答复，并说明何时答复。",
        ),
        Label("Pressure, superlatives, numbers without a source.", "催促表态、使用夸大的说法、给没有出处的数字。"),
    ),
    Personality(
        "AMIABLE",
        Label("Amiable", "亲和型"),
        Label("Listens, avoids quarrels, asks what the colleagues will say.", "愿意倾听，回避冲突，在意同事怎么看。"),
        Label(
            "Take time; ask about the people concerned; lower the risk with small steps, a trial, and somebody to call.",
            "放慢节奏，关心相关同事的感受；用小步推进、先试用、固定联系人来降低顾虑。",
        ),
        Label("Pushing for a decision before others, playing people off against each other.", "当众逼对方表态、挑动同事之间的分歧。"),
    ),
)
PERSONALITY_OF: dict[str, Personality] = {one.code: one for one in PERSONALITIES}
PROFILE_FIELDS: dict[str, Label] = {  # C-16: fields of core listeners; post comes from the contact
    "background": Label("Background", "背景"),
    "education": Label("Education", "学历"),
    "age": Label("Age", "年龄"),
    "interest": Label("Business interest", "业务关注点"),
    "character": Label("Character", "性格特点"),
}
STRUCTURES: dict[str, Label] = {  # C-05 1: what each form means for the way to the decision
    "FUNCTIONAL": Label(
        "Departments by function: the way to the decision runs up through each department, and they have to agree with each other.",
        "按职能分部门：决策沿各部门逐级上行，部门之间须取得一致。",
    ),
    "DIVISIONAL": Label(
        "Divisions with their own result: the division decides up to its limit, the headquarters above it.",
        "事业部各自核算：限额以内由事业部决定，超限由总部决定。",
    ),
    "GROUP": Label(
        "A group with subsidiaries: ask which purchases the subsidiary decides, and who in the group has to be told or to agree.",
        "集团与子公司：问清哪些采购由子公司决定，集团里须知会谁、须谁同意。",
    ),
    "MATRIX": Label(
        "Two lines of command: win both the head of the function and the head of the project.",
        "双线汇报：职能负责人与项目负责人都要争取。",
    ),
}
