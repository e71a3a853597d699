"""The topics of each kind of entry, with their names. Pure."""

from __future__ import annotations

from dingke.core.reasons import Label

TOPICS: dict[str, dict[str, Label]] = {
    "OBJECTION": {"STANDARD": Label("Standard objection", "标准异议")},
    "SCRIPT": {
        "OBJECTION": Label("Answer to an objection", "异议应答"),
        "PHONE": Label("On the phone", "电话约访"),
        "OPENING": Label("Opening", "开场白"),
        "CLOSING": Label("Closing", "结束语"),
        "MEETING": Label("Meeting the customer", "迎合客户"),
    },
    "QUESTION": {
        "SPIN": Label("SPIN questions", "SPIN 提问"),
        "AMPLIFY": Label("Need amplification", "需求放大"),
        "PROMPT": Label("4W2H prompts", "4W2H 提示"),
    },
    "FAB": {"FFAB": Label("Feature, function, advantage, benefit", "FFAB 特色·功能·优点·效益"), "FAB": Label("FAB", "FAB")},
    "CASE": {
        "SUCCESS": Label("Success", "成功案例"),
        "FAILURE": Label("Failure", "失败案例"),
        "DISCUSSION": Label("For discussion", "讨论案例"),
        "EXAMPLE": Label("Short example", "短例"),
    },
    "DEMO": {
        "STRUCTURE": Label("Structure", "材料结构"),
        "POSITIONING": Label("Positioning", "演示定位"),
        "CONTINGENCY": Label("Contingency", "意外预案"),
        "OPENING": Label("Opening", "开场白要素"),
        "CLOSING": Label("Closing", "结束语要素"),
        "SUPPORTER": Label("Inside supporters", "内部支持者"),
    },
    "CARD": {
        "HELP": Label("Help card", "帮助卡"),
        "MISCONCEPTION": Label("Misconception", "误区"),
        "TABOO": Label("Taboo", "沟通忌讳"),
        "PRINCIPLE": Label("Principle", "原则"),
        "TOOL": Label("Tool", "工具"),
        "TERM": Label("Term", "术语"),
    },
    "ARTICLE": {"BASICS": Label("Basics", "基础"), "METHOD": Label("Method", "方法"), "PRACTICE": Label("Practice", "实务")},
    "MAXIM": {"MAXIM": Label("Maxim", "金句")},
    "FIGURE": {"FIGURE": Label("Figure", "数字")},
}


def label_of(kind: str, topic: str, language: str) -> str:
    """The name of a topic in the reader's language; a topic of the company's own is its own name."""
    label = TOPICS.get(kind, {}).get(topic)
    return label.text(language) if label else topic
