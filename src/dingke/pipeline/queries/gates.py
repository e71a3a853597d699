"""What stands between deals and their next stage: the conditions of their playbooks, judged from facts, for many deals at once.

The number of queries depends on which checks the playbooks use, never on how many deals are judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.urls import NoReverseMatch, reverse

from dingke.core.reasons import Reason
from dingke.pipeline import checks
from dingke.pipeline.calc.gates import Finding, Judged, Met, blocking, is_open
from dingke.pipeline.calc.playbook import Content, GateCondition, gate_between, gate_out
from dingke.pipeline.checks.facts import contents_of
from dingke.pipeline.models import GateWaiver, Opportunity

NO_CHECK = Reason("NO_CHECK")
_NO_CHECK_TEXT = (
    "The check behind this condition is not part of this installation. Ask who keeps the playbooks, or waive it.",
    "此条件对应的检查项在当前系统中不存在，请联系打法维护人员，或申请豁免。",
)
Waivers = dict[tuple[int, str, str], GateWaiver]


@dataclass(frozen=True, slots=True)
class GateLine:
    """A condition on the way of a deal, as judged; `waiver`: what somebody asked or decided on it."""

    stage: str
    judged: Judged
    waiver: GateWaiver | None = None

    @property
    def key(self) -> str:
        return self.judged.condition.key

    @property
    def must(self) -> bool:
        return self.judged.condition.must

    @property
    def holds(self) -> bool:
        return self.judged.holds

    @property
    def is_waived(self) -> bool:
        return self.judged.finding.met is Met.WAIVED

    @property
    def blocks(self) -> bool:
        return self.must and not self.holds

    @property
    def is_waiting(self) -> bool:
        return self.waiver is not None and self.waiver.state == GateWaiver.State.WAITING

    def label(self, language: str) -> str:
        """The playbook's own words for the condition, else those of its check."""
        condition = self.judged.condition
        check = checks.check_for(condition.check)
        if condition.label is not None:
            return condition.label.text(language)
        return check.label.text(language) if check is not None else condition.check

    def sentence(self, language: str) -> str:
        """What was found, in words."""
        return sentence_of(self.judged, language)

    @property
    def url(self) -> str:
        """Where it is put right; "" when nothing leads there."""
        found = self.judged.finding
        if not found.page:
            return ""
        try:
            return reverse(found.page, kwargs=dict(found.page_params))
        except NoReverseMatch:
            return ""


@dataclass(frozen=True, slots=True)
class Gate:
    """The gate in front of one deal."""

    lines: tuple[GateLine, ...]

    @property
    def is_open(self) -> bool:
        return is_open(tuple(line.judged for line in self.lines))

    @property
    def blocking(self) -> tuple[Judged, ...]:
        return blocking(tuple(line.judged for line in self.lines))

    @property
    def met(self) -> int:
        return sum(1 for line in self.lines if line.holds)


def sentence_of(judged: Judged, language: str) -> str:
    """The sentence of a finding in a language."""
    check, reason = checks.check_for(judged.condition.check), judged.finding.reason
    if check is None or reason.code not in check.sentences:
        return _NO_CHECK_TEXT[1 if language.startswith("zh") else 0]
    return check.sentences.text(reason, language)


def gates_of(deals: Sequence[Opportunity], *, today: date) -> dict[int, Gate]:
    """The next gate of each deal; of one in the last stage, what has to hold before it is won."""
    contents = contents_of(deals)
    wanted = {deal.pk: gate_out(contents[deal.pk] or Content(()), deal.stage) for deal in deals}
    return judge(deals, wanted, today=today)


def gate_to(deal: Opportunity, content: Content, to_stage: str, *, today: date) -> Gate:
    """Every condition between the deal's stage and another one further on."""
    wanted = gate_between(content, content.place(deal.stage), content.place(to_stage))
    return judge([deal], {deal.pk: wanted}, today=today)[deal.pk]


def gates_passed(deal: Opportunity, content: Content, *, today: date) -> Gate:
    """The conditions that the deal has behind it, as they stand today: a fact may have been deleted since."""
    return judge([deal], {deal.pk: gate_between(content, 0, content.place(deal.stage))}, today=today)[deal.pk]


def judge(deals: Sequence[Opportunity], wanted: dict[int, tuple[GateCondition, ...]], *, today: date) -> dict[int, Gate]:
    """Judges conditions of deals: each check is asked once for all the deals that need it with the same parameters."""
    waivers = _waivers(deals)
    asked: dict[tuple[str, tuple[tuple[str, object], ...]], set[int]] = {}
    for pk, conditions in wanted.items():
        for one in conditions:
            asked.setdefault(_question(one), set()).add(pk)
    found: dict[tuple[str, tuple[tuple[str, object], ...], int], Finding] = {}
    for (code, params), pks in asked.items():
        check = checks.check_for(code)
        if check is None:
            continue
        for pk, finding in check.judge([deal for deal in deals if deal.pk in pks], dict(params), today).items():
            found[code, params, pk] = finding
    return {
        deal.pk: Gate(tuple(_line(deal.pk, one, found.get((*_question(one), deal.pk)), waivers) for one in wanted.get(deal.pk, ())))
        for deal in deals
    }


def _question(one: GateCondition) -> tuple[str, tuple[tuple[str, object], ...]]:
    return one.condition.check, tuple(sorted(one.condition.params.items()))


def _line(pk: int, one: GateCondition, finding: Finding | None, waivers: Waivers) -> GateLine:
    finding = finding or Finding(Met.UNKNOWN, NO_CHECK)
    waiver = waivers.get((pk, one.stage, one.condition.key))
    if finding.met is not Met.YES and waiver is not None and waiver.state == GateWaiver.State.HOLDS:
        finding = replace(finding, met=Met.WAIVED)
    return GateLine(one.stage, Judged(one.condition, finding), waiver)


def _waivers(deals: Iterable[Opportunity]) -> Waivers:
    rows = (
        GateWaiver.objects.filter(opportunity__in=[deal.pk for deal in deals], state__in=[GateWaiver.State.WAITING, GateWaiver.State.HOLDS])
        .select_related("asked_by")
        .order_by("pk")
    )
    return {(row.opportunity_id, row.stage, row.condition): row for row in rows}
