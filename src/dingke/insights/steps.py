"""The steps of a score run, in order. One line here puts a further one into every run, dry run and benchmark."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dingke.insights import judging, moving, valuing
from dingke.insights.columns import Columns
from dingke.insights.judging import Judged


@dataclass(frozen=True)
class Step:
    """`judge` reads the columns and what earlier steps found, and sets its own part of `judged`: columns of its own results, sentences in
    `judged.reasons[name]`, entries of the evidence in `judged.evidence[name]` (functions, asked when it is written), figures of the
    company in `judged.company[name]`."""

    name: str
    judge: Callable[[Columns, Judged], None]


STEPS: tuple[Step, ...] = (
    Step("ranking", judging.rank_customers),
    Step("faces", judging.judge_faces),
    Step("rhythms", judging.find_rhythms),
    Step("weakening", judging.find_weakening),
    Step("continuing", valuing.value_customers),
    Step("candidates", judging.find_candidates),
    Step("guards", judging.watch_guards),
    Step("care", moving.watch_care),
    Step("stages", moving.propose_stages),
)
