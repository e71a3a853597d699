"""E-14 to E-16: the columns of the SPIN sheet, when they open, the ratio of open to closed questions, the 4W2H prompts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dingke.core.reasons import Label


@dataclass(frozen=True, slots=True)
class Column:
    code: str
    letter: str
    label: Label
    aim: Label


@dataclass(frozen=True, slots=True)
class Prompt:
    code: str
    label: Label
    hint: Label


COLUMNS: tuple[Column, ...] = (
    Column("SITUATION", "S", Label("Situation", "状况询问"), Label("Know how it is done today", "了解现状")),
    Column("PROBLEM", "P", Label("Problem", "问题询问"), Label("Find what troubles them", "找出困难")),
    Column("IMPLICATION", "I", Label("Implication", "暗示询问"), Label("Let them see what follows from it", "让对方看到后果")),
    Column("NEED_PAYOFF", "N", Label("Need-payoff", "需求满足询问"), Label("Let them name the benefit", "让对方说出好处")),
)
ORDER: tuple[str, ...] = tuple(column.code for column in COLUMNS)
LETTERS: dict[str, str] = {column.code: column.letter for column in COLUMNS}

PROMPTS: tuple[Prompt, ...] = (  # E-15
    Prompt("WHAT", Label("What", "什么"), Label("What is done, what goes wrong?", "做的是什么？出了什么问题？")),
    Prompt("WHY", Label("Why", "为何"), Label("Why is it done this way?", "为什么这样做？")),
    Prompt("WHO", Label("Who", "谁"), Label("Who does it, whom does it trouble?", "谁在做？谁受影响？")),
    Prompt("WHEN", Label("When", "何时"), Label("When and how often?", "什么时候、多久一次？")),
    Prompt("HOW", Label("How", "如何"), Label("How does it work step by step?", "具体怎么做？")),
    Prompt("HOW_MUCH", Label("How much", "多少"), Label("How much time, money, loss?", "花多少时间、多少钱、损失多少？")),
)


def open_columns(answered: Iterable[str]) -> frozenset[str]:
    """The columns that may be worked on: the first, and each whose former one has an answer. `answered`: columns with an answer.

    A column with an answer of its own stays open, so that nothing written is locked away. ValueError on an unknown column.
    """
    have = set(answered)
    if unknown := have - set(ORDER):
        raise ValueError(", ".join(sorted(unknown)))
    return frozenset(code for place, code in enumerate(ORDER) if place == 0 or ORDER[place - 1] in have or code in have)


@dataclass(frozen=True, slots=True)
class Ratio:
    open: int
    closed: int

    @property
    def open_share(self) -> float | None:
        """Share of open questions, 0 to 1; None when nothing was asked."""
        total = self.open + self.closed
        return self.open / total if total else None


def ratio(forms: Iterable[str]) -> Ratio:
    """E-16: how many of the questions are open and how many closed."""
    listed = list(forms)
    return Ratio(listed.count("OPEN"), listed.count("CLOSED"))


def missing_prompts(used: Iterable[str]) -> tuple[Prompt, ...]:
    """E-15: the prompts of 4W2H that no question has used yet."""
    have = set(used)
    return tuple(prompt for prompt in PROMPTS if prompt.code not in have)


def draft_statement(answers: Mapping[str, Iterable[str]]) -> str:
    """E-14: the answers of problem, implication and need-payoff, in this order, as a first draft of the need statement."""
    lines = [" ".join(text.split()) for code in ORDER[1:] for text in answers.get(code, ())]
    return "\n".join(line for line in lines if line)
