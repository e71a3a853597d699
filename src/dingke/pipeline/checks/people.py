"""Checks on the people who decide at the customer (C-07, C-09, C-11, E-07, E-08)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from dingke.core.reasons import Label, Reason, Sentences
from dingke.pipeline.calc.gates import Finding, Met
from dingke.pipeline.checks import Check, Judge
from dingke.pipeline.checks.facts import centres_of
from dingke.pipeline.models import Opportunity
from dingke.stakeholders.calc.roles import ROLES
from dingke.stakeholders.queries.facts import CentreFacts

NO_MAP = ("Nobody of the customer is on the map yet.", "权力地图上还没有客户方人员。")
_ROLE_LABELS = {role.code: role.label for role in ROLES}
Rule = Callable[[CentreFacts, Mapping[str, object]], tuple[Met, Reason]]


def _where(deal: Opportunity, centre: CentreFacts | None) -> tuple[str, dict[str, int | str]]:
    if centre is not None:
        return "stakeholders:map", {"centre_id": centre.centre_id}
    if deal.account_id is not None:
        return "workspace:account", {"account_id": deal.account_id}
    return "pipeline:edit", {"opportunity_id": deal.pk}


def _judged(rule: Rule) -> Judge:
    def judge(deals: Sequence[Opportunity], params: Mapping[str, object], today: date) -> Mapping[int, Finding]:
        found, centres = {}, centres_of(deals)
        for deal in deals:
            centre = centres[deal.pk]
            met, reason = rule(centre, params) if centre is not None and centre.people else (Met.UNKNOWN, Reason("NO_MAP"))
            page, page_params = _where(deal, centre)
            found[deal.pk] = Finding(met, reason, page, page_params)
        return found

    return judge


def _names(centre: CentreFacts) -> list[str]:
    return [person.name for person in centre.key_people]


def _key_named(centre: CentreFacts, params: Mapping[str, object]) -> tuple[Met, Reason]:
    if centre.key_person_named:
        return Met.YES, Reason("KEY_YES", {"names": _names(centre)})
    return Met.UNKNOWN, Reason("KEY_NONE")


def _key_met(centre: CentreFacts, params: Mapping[str, object]) -> tuple[Met, Reason]:
    if not centre.key_person_named:
        return Met.UNKNOWN, Reason("KEY_NONE")
    met = Met.YES if centre.key_person_met else Met.NO
    return met, Reason(f"KEY_MET_{met}", {"names": _names(centre)})


def _key_agrees(centre: CentreFacts, params: Mapping[str, object]) -> tuple[Met, Reason]:
    if not centre.key_person_named:
        return Met.UNKNOWN, Reason("KEY_NONE")
    met = Met.YES if centre.key_person_ticked else Met.NO
    return met, Reason(f"KEY_TICKS_{met}", {"names": _names(centre)})


def _chain(centre: CentreFacts, params: Mapping[str, object]) -> tuple[Met, Reason]:
    if not centre.chain_steps:
        return Met.UNKNOWN, Reason("CHAIN_NONE")
    if centre.chain_unnamed:
        return Met.NO, Reason("CHAIN_OPEN", {"steps": list(centre.chain_unnamed)})
    return Met.YES, Reason("CHAIN_YES", {"number": centre.chain_steps})


def _final(centre: CentreFacts, params: Mapping[str, object]) -> tuple[Met, Reason]:
    if centre.final_decider:
        return Met.YES, Reason("FINAL_YES", {"name": centre.final_decider})
    return Met.UNKNOWN, Reason("FINAL_NONE")


def _roles(centre: CentreFacts, params: Mapping[str, object]) -> tuple[Met, Reason]:
    empty = [_ROLE_LABELS[code] for code in centre.empty_roles]
    least, filled = params.get("least"), len(centre.roles)
    if not empty or (isinstance(least, int | float) and filled >= least):
        return Met.YES, Reason("ROLES_YES", {"number": filled})
    return Met.NO, Reason("ROLES_EMPTY", {"roles": empty})


def _supporter(centre: CentreFacts, params: Mapping[str, object]) -> tuple[Met, Reason]:
    if centre.supporters:
        return Met.YES, Reason("SUPPORTER_YES", {"names": [person.name for person in centre.supporters]})
    return Met.NO, Reason("SUPPORTER_NONE")


def _check(code: str, label: Label, rule: Rule, sentences: dict[str, tuple[str, str]], params: tuple[str, ...] = ()) -> Check:
    return Check(code, label, _judged(rule), Sentences({"NO_MAP": NO_MAP, **sentences}), params)


_KEY_NONE = {"KEY_NONE": ("The key person is not known.", "尚未确定关键人。")}
CHECKS: tuple[Check, ...] = (
    _check(
        "KEY_PERSON_NAMED", Label("The key person is known", "关键人已明确"), _key_named,
        {**_KEY_NONE, "KEY_YES": ("Key person: {names}.", "关键人：{names}。")},
    ),
    _check(
        "KEY_PERSON_MET", Label("The key person was met", "已拜访关键人"), _key_met,
        {
            **_KEY_NONE,
            "KEY_MET_YES": ("The key person was met: {names}.", "已与关键人见面：{names}。"),
            "KEY_MET_NO": ("Nobody has met the key person yet: {names}.", "尚未与关键人见面：{names}。"),
        },
    ),
    _check(
        "KEY_PERSON_AGREES", Label("The key person accepts our competence and likes us", "关键人认可能力且印象良好"), _key_agrees,
        {
            **_KEY_NONE,
            "KEY_TICKS_YES": ("{names}: accepts our competence, has a good impression.", "{names}：认可我方能力，印象良好。"),
            "KEY_TICKS_NO": (
                "{names}: one of the two ticks is missing: competence accepted, good impression.",
                "{names}：认可能力、印象良好两项中尚有未确认。",
            ),
        },
    ),
    _check(
        "CHAIN_NAMED", Label("The decision chain is named", "决策链责任人明确"), _chain,
        {
            "CHAIN_YES": ("All {number} steps of the decision chain have a responsible person.", "决策链 {number} 个环节均有责任人。"),
            "CHAIN_NONE": ("The decision chain is not written down.", "尚未梳理决策链。"),
            "CHAIN_OPEN": ("Nobody is named for: {steps}.", "以下环节没有责任人：{steps}。"),
        },
    ),
    _check(
        "FINAL_DECIDER_NAMED", Label("The final decider is named", "最终决策人明确"), _final,
        {
            "FINAL_YES": ("{name} takes the final decision.", "最终由{name}决策。"),
            "FINAL_NONE": ("Who takes the final decision is not known.", "尚不清楚最终由谁决策。"),
        },
    ),
    _check(
        "ROLES_FILLED", Label("The roles on the map are filled", "地图角色已覆盖"), _roles,
        {
            "ROLES_YES": ("{number} roles are filled on the map.", "地图上已覆盖 {number} 个角色。"),
            "ROLES_EMPTY": ("Nobody is known in the role of {roles}.", "以下角色尚无人选：{roles}。"),
        },
        params=("least",),
    ),
    _check(
        "INSIDE_SUPPORTER", Label("There is an inside supporter", "已有内部支持者"), _supporter,
        {
            "SUPPORTER_YES": ("Inside supporter: {names}.", "内部支持者：{names}。"),
            "SUPPORTER_NONE": ("Nobody inside supports us by name yet.", "客户内部尚无明确的支持者。"),
        },
    ),
)  # fmt: skip
