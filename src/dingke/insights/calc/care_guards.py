"""A-08 五大误区守则, guards 3, 4 and the quota of guard 5: whether key accounts are led as such, the others not dropped, new ones sought.

Counts of accounts, shares 0..1, one quarter. The thresholds are design values. Guard 3 asks for a playbook, a team and a plan; of these a
team, a value assessment and a next step can be told from what is kept today.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from dingke.core.reasons import Reason, Sentences
from dingke.insights.calc.guards import DEFAULT_SETTINGS, Guard, GuardResult, GuardSettings, Level

SENTENCES = Sentences(
    {
        "KEY_CARE_MISSING": (
            "{count} of {all} key accounts lack something: {teams} a team of {team}, {assessments} a value assessment within {days} days, "
            "{steps} a next step.",
            "{all} 个大客户中有 {count} 个管理不到位：缺 {team} 人团队 {teams} 个，"
            "缺 {days} 天内的价值评估 {assessments} 个，缺下一步行动 {steps} 个。",
        ),
        "KEY_CARE_GOOD": (
            "Each of {all} key accounts has a team, a current value assessment and a next step.",
            "{all} 个大客户均有团队、有效的价值评估和下一步行动。",
        ),
        "NO_KEY_ACCOUNT": ("There is no key account yet.", "尚无大客户。"),
        "COVERAGE": (
            "{covered} of {all} other customers had a contact in the last three months: {share:.0%}; the least is {limit:.0%}.",
            "近三个月内，{all} 个非大客户中有 {covered} 个有过联系，覆盖率 {share:.0%}，下限为 {limit:.0%}。",
        ),
        "NO_OTHER_CUSTOMER": ("There is no customer beside the key accounts.", "除大客户外没有其他客户。"),
        "PROSPECTS": (
            "{count} new potential accounts in the last three months; the least is {limit}.",
            "近三个月新增潜在客户 {count} 个，下限为 {limit} 个。",
        ),
    }
)


@dataclass(frozen=True)
class KeyAccountCare:
    """`team`: people who work on it, the owner counted; `assessed_days`: since its last value assessment, None without any; `has_step`: a
    to-do is open."""

    account_id: int
    team: int
    assessed_days: int | None
    has_step: bool


def key_account_care(accounts: Iterable[KeyAccountCare], settings: GuardSettings = DEFAULT_SETTINGS) -> GuardResult:
    """Guard 3: a key account has a team, a current value assessment and a next step. The figure is the number of those that lack one."""
    listed = sorted(accounts, key=lambda one: one.account_id)
    no_team = [one.account_id for one in listed if one.team < settings.least_team]
    no_assessment = [one.account_id for one in listed if one.assessed_days is None or one.assessed_days > settings.assessed_within_days]
    no_step = [one.account_id for one in listed if not one.has_step]
    lacking = sorted({*no_team, *no_assessment, *no_step})
    if not listed:
        level, reason = Level.UNKNOWN, Reason("NO_KEY_ACCOUNT")
    elif lacking:
        told = {
            "count": len(lacking), "all": len(listed), "teams": len(no_team), "assessments": len(no_assessment), "steps": len(no_step),
            "team": settings.least_team, "days": settings.assessed_within_days,
        }  # fmt: skip
        level, reason = Level.BREACH, Reason("KEY_CARE_MISSING", told)
    else:
        level, reason = Level.OK, Reason("KEY_CARE_GOOD", {"all": len(listed)})
    figure = Decimal(len(lacking)) if listed else None
    return GuardResult(Guard.KEY_ACCOUNT_CARE, level, figure, Decimal(0), tuple(lacking), reason)


def contact_coverage(*, covered: int, others: int, settings: GuardSettings = DEFAULT_SETTINGS) -> GuardResult:
    """Guard 4: of the customers that are no key accounts, at least 60 % are spoken with in a quarter."""
    limit = settings.least_coverage
    if not others:
        return GuardResult(Guard.CONTACT_COVERAGE, Level.UNKNOWN, None, limit, (), Reason("NO_OTHER_CUSTOMER"))
    share = Decimal(covered) / others
    near = Level.WARN if share * settings.warn_from < limit else Level.OK
    level = Level.BREACH if share < limit else near
    told: dict[str, object] = {"covered": covered, "all": others, "share": share, "limit": limit}
    return GuardResult(Guard.CONTACT_COVERAGE, level, share, limit, (), Reason("COVERAGE", told))


def prospecting(*, new: int, settings: GuardSettings = DEFAULT_SETTINGS) -> GuardResult:
    """Guard 5, its last part: at least so many new potential accounts in a quarter."""
    level = Level.BREACH if new < settings.least_prospects else Level.OK
    told: dict[str, object] = {"count": new, "limit": settings.least_prospects}
    return GuardResult(Guard.PROSPECTING, level, Decimal(new), Decimal(settings.least_prospects), (), Reason("PROSPECTS", told))
