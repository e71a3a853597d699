"""C-09 决策参与者的态度: the five attitudes, what each asks of us, and the support index.

support index = sum(influence x value) / sum(influence), with accept 2, doubt 0, indifferent -0.5, resist -1, sabotage -2 (design values).
Influences 5, 3, 2 with accept, doubt, resist: (10 + 0 - 2) / 10 = 0.8. A person whose attitude is unknown does not count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dingke.core.reasons import Label


class Attitude(StrEnum):
    ACCEPT = "ACCEPT"
    DOUBT = "DOUBT"
    RESIST = "RESIST"
    INDIFFERENT = "INDIFFERENT"
    SABOTAGE = "SABOTAGE"


AGAINST_US = frozenset({Attitude.RESIST, Attitude.SABOTAGE})
VALUE: dict[Attitude, Decimal] = {
    Attitude.ACCEPT: Decimal(2),
    Attitude.DOUBT: Decimal(0),
    Attitude.INDIFFERENT: Decimal("-0.5"),
    Attitude.RESIST: Decimal(-1),
    Attitude.SABOTAGE: Decimal(-2),
}


@dataclass(frozen=True)
class AttitudeGuide:
    """How one recognises an attitude, and what to do about it."""

    attitude: Attitude
    label: Label
    meaning: Label
    reaction: Label


GUIDES: tuple[AttitudeGuide, ...] = (
    AttitudeGuide(
        Attitude.ACCEPT,
        Label("Accepts", "接受"),
        Label("Agrees fully and says so to others.", "完全认同，并乐于向他人说起。"),
        Label(
            "Win as a supporter: agree what this person can say on our behalf, and to whom.",
            "发展为支持者：商定由他在什么场合、向谁替我们说话。",
        ),
    ),
    AttitudeGuide(
        Attitude.DOUBT,
        Label("Doubts", "怀疑"),
        Label("Has questions about a part of the product or the service.", "对产品或服务的某一部分存有疑问。"),
        Label(
            "Bring evidence on exactly this point: a reference customer, a test, a figure.",
            "针对疑点拿出证据：可参访的客户、试用结果或数据。",
        ),
    ),
    AttitudeGuide(
        Attitude.RESIST,
        Label("Resists", "抵触"),
        Label("Dislikes the gains we show, or is annoyed at us as a company.", "不认同我们展示的利益，或对我们公司心存不满。"),
        Label(
            "Find the cause in a talk alone, put right what can be put right, and do not argue in front of others.",
            "单独沟通找出原因，能改的先改，不在众人面前争辩。",
        ),
    ),
    AttitudeGuide(
        Attitude.INDIFFERENT,
        Label("Indifferent", "冷淡"),
        Label("Takes no interest in features, strengths or gains.", "对特点、优势和利益都不感兴趣。"),
        Label(
            "Find what this person needs for himself or herself: the job, the department, the year's target.",
            "找到他个人的需求：岗位、部门或年度目标上的难处。",
        ),
    ),
    AttitudeGuide(
        Attitude.SABOTAGE,
        Label("Sabotages", "恶意拆台"),
        Label("Disturbs on purpose, or speaks ill of product and company.", "有意阻挠，或散布对产品、公司不利的言论。"),
        Label(
            "Contain it: write down what was said and when, tell your manager, and secure the people above with facts.",
            "控制影响：记下言论与时间，报告主管，并用事实稳住其上级。",
        ),
    ),
)
GUIDE_OF: dict[Attitude, AttitudeGuide] = {guide.attitude: guide for guide in GUIDES}


@dataclass(frozen=True)
class Voice:
    """One person's weight in the decision: influence 1 to 5, and the attitude ("" while it is unknown)."""

    influence: int
    attitude: str

    def __post_init__(self) -> None:
        if not 1 <= self.influence <= 5:
            raise ValueError("influence is between 1 and 5")
        if self.attitude and self.attitude not in set(Attitude):
            raise ValueError(f"the attitude {self.attitude} does not exist")


def support_index(voices: Iterable[Voice]) -> Decimal | None:
    """C-09: between -2 and 2, two decimals; None while no attitude is known."""
    known = [voice for voice in voices if voice.attitude]
    if not known:
        return None
    weight = sum(voice.influence for voice in known)
    total = sum((voice.influence * VALUE[Attitude(voice.attitude)] for voice in known), Decimal(0))
    return (total / weight).quantize(Decimal("0.01"))
