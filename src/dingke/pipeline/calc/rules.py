"""F-06: which family of products is sold in which mode, with how many visits; and what counts as history. Pure: no Django, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dingke.core.reasons import Label, Reason, Sentences

MODES = ("QUICK_KNIFE", "PROCESS", "PROJECT", "TENDER", "ACCOUNT")
MODE_LABELS: dict[str, Label] = {
    "QUICK_KNIFE": Label("Quick knife", "快刀式"),
    "PROCESS": Label("Process style", "工序式"),
    "PROJECT": Label("Large project", "大项目"),
    "TENDER": Label("Tender", "招投标"),
    "ACCOUNT": Label("Account strategy", "客户策略"),
}
SENTENCES = Sentences(
    {
        "OTHER_MODE": (
            "{family} is usually sold in the mode {usual}; this deal runs in the mode {mode}.",
            "“{family}”通常采用{usual}；本商机采用的是{mode}。",
        ),
        "OVER_VISITS": (
            "{family}: {done} visits are done, {most} are planned. Look whether the deal is what it seemed to be.",
            "“{family}”计划拜访 {most} 次，已拜访 {done} 次。请判断这个商机是否真如预期。",
        ),
    }
)
SHIPPED: tuple[dict[str, Any], ...] = (
    {"family": "纯财务产品", "en": "Pure finance", "mode": "QUICK_KNIFE", "least": 1, "most": 1},
    {"family": "商贸版", "en": "Trade", "mode": "QUICK_KNIFE", "least": 2, "most": 2},
    {"family": "专业版", "en": "Professional", "mode": "PROCESS", "least": 2, "most": 2},
    {"family": "旗舰版", "en": "Flagship", "mode": "PROCESS", "least": 2, "most": 3},
)


@dataclass(frozen=True, slots=True)
class FamilyRule:
    family: str
    mode: str
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class PipelineRules:
    """`least_cases`: so many ended deals make a history; `families`: rows of F-06 (family, mode, least and most visits)."""

    least_cases: int = 20
    families: tuple[dict[str, Any], ...] = field(default=SHIPPED)

    def __post_init__(self) -> None:
        if not 1 <= self.least_cases <= 10_000:
            raise ValueError("least_cases: 1 - 10,000")
        for row in self.families:
            if row.get("mode") not in MODES:
                raise ValueError(f"{row.get('family')}: {row.get('mode')}")
            if not 0 < int(row["least"]) <= int(row["most"]) <= 100:
                raise ValueError(f"{row.get('family')}: {row['least']} - {row['most']}")

    def of(self, family: str) -> FamilyRule | None:
        wanted = family.strip().casefold()
        for row in self.families if wanted else ():
            if wanted in {str(row["family"]).casefold(), str(row.get("en", "")).casefold()}:
                return FamilyRule(str(row["family"]), str(row["mode"]), int(row["least"]), int(row["most"]))
        return None


def deviations(rule: FamilyRule | None, *, mode: str, visits: int) -> Sequence[Reason]:
    """Warnings where a deal leaves what its family usually takes; nothing is blocked."""
    if rule is None:
        return ()
    found: list[Reason] = []
    params: Mapping[str, object] = {"family": rule.family}
    if mode != rule.mode:
        found.append(Reason("OTHER_MODE", {**params, "usual": MODE_LABELS[rule.mode], "mode": MODE_LABELS[mode]}))
    if visits > rule.most:
        found.append(Reason("OVER_VISITS", {**params, "done": visits, "most": rule.most}))
    return tuple(found)
