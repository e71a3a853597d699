"""Checks on the steps of the stage: done, with the proof that the playbook asks for (F-03, F-10, F-18, K-02)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from dingke.core.reasons import Label, Reason, Sentences
from dingke.pipeline.calc.gates import Finding, Met
from dingke.pipeline.calc.playbook import Proof, Step
from dingke.pipeline.checks import Check
from dingke.pipeline.checks.facts import confirmers_of, contents_of, steps_of
from dingke.pipeline.models import Opportunity, StepRun


def lacks(step: Step, run: StepRun | None, confirmers: Collection[int]) -> str:
    """What is missing before a step counts as done: "OPEN", "PROOF", "CONTACT", "GONE"; "" when it is done with proof."""
    if run is None or run.done_at is None or run.archived_at is not None:
        return "OPEN"
    if step.proof is Proof.CONTACT:
        if not run.contact_id_proof or run.proof_date is None:
            return "CONTACT"
        return "" if run.contact_id_proof in confirmers else "GONE"
    if step.proof in {Proof.NOTE, Proof.DOCUMENT} and not run.proof.strip():
        return "PROOF"
    return ""


def _step_done(deals: Sequence[Opportunity], params: Mapping[str, object], today: date) -> Mapping[int, Finding]:
    wanted = str(params.get("step", ""))
    runs, contents, confirmers = steps_of(deals), contents_of(deals), confirmers_of(deals)
    found = {}
    for deal in deals:
        content = contents[deal.pk]
        stage, step = next(((one.code, one.step(wanted)) for one in (content.stages if content else ()) if one.step(wanted)), ("", None))
        if step is None:
            found[deal.pk] = Finding(Met.UNKNOWN, Reason("STEP_UNKNOWN", {"code": wanted}))
            continue
        run = next((one for one in runs[deal.pk] if one.stage == stage and one.step == wanted), None)
        lack = lacks(step, run, confirmers[deal.pk] or frozenset())
        reason = Reason(f"STEP_{lack or 'YES'}", {"step": step.label})
        where: dict[str, int | str] = {"opportunity_id": deal.pk, "deal_stage": stage, "deal_step": wanted}
        found[deal.pk] = Finding(Met.NO if lack else Met.YES, reason, "pipeline:step", where)
    return found


def _steps_done(deals: Sequence[Opportunity], params: Mapping[str, object], today: date) -> Mapping[int, Finding]:
    runs, contents, confirmers = steps_of(deals), contents_of(deals), confirmers_of(deals)
    found = {}
    for deal in deals:
        content = contents[deal.pk]
        stage = content.stage(deal.stage) if content else None
        must = [one for one in stage.steps if one.must] if stage else []
        own = {run.step: run for run in runs[deal.pk] if run.stage == deal.stage}
        open_ones = [one.label for one in must if lacks(one, own.get(one.code), confirmers[deal.pk] or frozenset())]
        reason = Reason("STEPS_OPEN", {"steps": open_ones}) if open_ones else Reason("STEPS_YES", {"number": len(must)})
        found[deal.pk] = Finding(Met.NO if open_ones else Met.YES, reason, "pipeline:deal", {"opportunity_id": deal.pk})
    return found


CHECKS: tuple[Check, ...] = (
    Check(
        "STEP_DONE",
        Label("A step is done with its proof", "步骤已完成并有凭据"),
        _step_done,
        Sentences({
            "STEP_YES": ("“{step}” is done, with its proof.", "“{step}”已完成，凭据齐全。"),
            "STEP_OPEN": ("“{step}” is not done yet.", "“{step}”尚未完成。"),
            "STEP_PROOF": ("“{step}” is ticked, but its proof is missing.", "“{step}”已勾选，但缺少凭据。"),
            "STEP_CONTACT": (
                "“{step}” needs the customer's contact who confirmed it, and the day.", "“{step}”需要填写确认的客户联系人和日期。"
            ),
            "STEP_GONE": (
                "“{step}”: the contact who confirmed it is no longer on file. Name somebody who confirms it.",
                "“{step}”：当时确认的联系人已不在档案中，请补充新的确认人。",
            ),
            "STEP_UNKNOWN": ("The playbook has no step {code} any more.", "打法中已没有步骤 {code}。"),
        }),
        params=("step",),
    ),
    Check(
        "STEPS_DONE",
        Label("Every step of the stage is done", "本阶段步骤全部完成"),
        _steps_done,
        Sentences({
            "STEPS_YES": ("All {number} steps of the stage are done.", "本阶段 {number} 个步骤均已完成。"),
            "STEPS_OPEN": ("Still to do: {steps}.", "尚未完成：{steps}。"),
        }),
    ),
)  # fmt: skip
