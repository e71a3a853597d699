"""The parts that entries of a kind are made of, in order (E-18, H-17, Q-01, J-07). Pure.

Stored as `content["parts"][code] = {"zh": …, "en": …}`; what a kind does not name is not a part.
"""

from __future__ import annotations

from dingke.core.reasons import Label

FFAB = (  # E-18: this order
    ("feature", Label("Feature", "特色")),
    ("function", Label("Function", "功能")),
    ("advantage", Label("Advantage", "优点")),
    ("benefit", Label("Benefit", "效益")),
    ("need", Label("The need it answers", "对应的需求")),
    ("proof", Label("Proof", "佐证")),
)
FAB = tuple(part for part in FFAB if part[0] != "function")
REFERENCE = (  # H-17
    ("business", Label("Business", "经营情况")),
    ("trouble", Label("Trouble", "管理困惑")),
    ("solution", Label("Solution", "解决方案")),
    ("delivery", Label("Delivery", "交付过程")),
    ("benefit", Label("Benefit", "应用效益")),
    ("awards", Label("Awards and support", "奖项与支持")),
)
LESSON = (
    ("company", Label("Company", "公司")),
    ("situation", Label("Situation", "情况")),
    ("practices", Label("Practices", "做法")),
    ("outcome", Label("Outcome", "结果")),
    ("lessons", Label("Lessons", "启示")),
    ("improvements", Label("Improvements", "改进措施")),
    ("questions", Label("Questions", "讨论题")),
)
OBJECTION = (("idea", Label("Idea of the answer", "应答思路")), ("ask", Label("Ask first", "先问一句")))
QUESTION = (("purpose", Label("What it is asked for", "为什么问")),)
FIGURE = (
    ("value", Label("Figure", "数字")),
    ("status", Label("Status", "依据")),
)


def parts_of(kind: str, topic: str = "", *, is_reference: bool = False) -> tuple[tuple[str, Label], ...]:
    """The parts of an entry; empty where it is one text. `is_reference`: a case that is shown to customers."""
    if kind == "FAB":
        return FAB if topic == "FAB" else FFAB
    if kind == "CASE":
        return REFERENCE if is_reference else LESSON
    return {"OBJECTION": OBJECTION, "QUESTION": QUESTION, "FIGURE": FIGURE}.get(kind, ())


CASE_KEY_POINTS = (  # H-18, ticked before a case goes out
    ("benchmark", Label("Benchmark of the trade, or a common need with a marked effect", "行业标杆，或行业通用需求且效果显著")),
    ("story", Label("Tells the trouble before, the individual needs, the way, the benefit and the users' view",
                    "讲清上线前的困难、个性化需求、实施过程、上线效益和用户评价")),
    ("support", Label("Support and awards by government or institutes are shown", "体现政府或机构的支持与奖项")),
    ("language", Label("Language and flow were fixed with professionals", "文字与脉络已与专业人员共同定稿")),
)  # fmt: skip
CASE_CAUTIONS = (  # H-18
    ("relation", Label("Good relation, and the product is used well", "关系好，使用效果也好")),
    ("known", Label("Known in the local trade", "在当地行业有知名度")),
    ("assigned", Label("One person is assigned while it is made", "制作期间有专人跟进")),
    ("resources", Label("Market resources of headquarters and branches are used", "调动了总部及分支机构的市场资源")),
)
