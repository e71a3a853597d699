"""Where an account stands: lifecycle stages, key-account nominations with their answers, incentives and effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from dingke.config.demo.company import manager_of
from dingke.config.demo.drafts import Draft, Windows
from dingke.config.demo.figures import Figures, wan
from dingke.config.demo.records import Answer, Incentive, Nomination, StageEntry
from dingke.config.demo.workdays import on_or_after, on_or_before

KEY_ACCOUNTS = 26
_REJECTED = 2
_DIRECTOR, _CHIEF = "fangjinglan", "shenyanting"
_CENT = Decimal("0.01")
_STORY_REBATES = {"INCENTIVE_WITHOUT_RETURN": (40_000, 50_000, 100_000), "MARGIN_EATER": (43_000, 47_000, 60_000)}

_BENEFITS = (
    ("STABLE_INCOME", "年采购额不低于上年，全年不少于四个季度有订单"),
    ("RADIATION", "一年内形成一个可参观的标杆现场，带来三家同行线索"),
    ("MARKET_SHARE", "在其同类采购中的份额提高五个百分点"),
    ("INNOVATION", "每季度一次联合评审，至少一项改进进入产品规划"),
    ("ASSET", "客户高层每年推荐一家新客户"),
    ("WIN_WIN", "满意度不低于 4.5 分，双方共同测算效益"),
)


def stage_history(rng: Random, draft: Draft, figures: Figures | None, windows: Windows) -> tuple[date, tuple[StageEntry, ...]]:
    """The day the account was entered and its stages (D-01), judged by turnover at the end of each year."""
    go_live = on_or_after(windows.start)
    if figures is None:
        age = max(draft.pooled_days + 30, rng.randint(20, 500))
        created = on_or_before(windows.today - timedelta(days=age))
        return created, (StageEntry(stage="POTENTIAL", entered_date=created, reason="新线索建档"),)
    first = figures.days[0]
    if (first - windows.start).days <= 150:
        created = min(go_live, first)
        opening = rng.choice(("GROWING", "MATURE", "MATURE"))
        history = [StageEntry(stage=opening, entered_date=created, reason="系统上线时按历史合作导入")]
        since_year = 0
    else:
        created = on_or_before(max(go_live, first - timedelta(days=rng.randint(20, 110))))
        history = [
            StageEntry(stage="POTENTIAL", entered_date=created, reason="新线索建档"),
            StageEntry(stage="NEW", entered_date=first, reason="签订首单"),
        ]
        since_year = windows.index(first)
    for year in range(since_year + 1, 3):
        review = windows.bounds[year][1] - timedelta(days=12)
        if year == since_year + 1 and since_year and (review - first).days < 365:
            continue
        stage, reason = _judged(figures.revenue[year - 1], figures.revenue[year])
        if stage != history[-1].stage:
            history.append(StageEntry(stage=stage, entered_date=on_or_before(review), reason=reason))
    return created, tuple(history)


def _judged(before: Decimal, after: Decimal) -> tuple[str, str]:
    change = (after / before - 1) * 100 if before else Decimal(100)
    if change > 15:
        return "GROWING", f"采购额同比增长 {change:.0f}%"
    if change < -15:
        return "DECLINING", f"采购额同比下降 {-change:.0f}%"
    return "MATURE", f"合作稳定，采购额同比 {change:+.0f}%"


def key_codes(drafts: Sequence[Draft], figures: Mapping[str, Figures]) -> list[str]:
    """The key accounts: those of the stories, then the largest buyers that have an owner."""
    able = [draft for draft in drafts if draft.may_be_key and draft.owner and draft.code in figures]
    chosen = [draft.code for draft in able if draft.story]
    others = sorted((draft.code for draft in able if not draft.story), key=lambda code: -figures[code].total)
    return chosen + others[: KEY_ACCOUNTS - len(chosen)]


def build_nominations(
    rng: Random, drafts: Mapping[str, Draft], figures: Mapping[str, Figures], keys: Sequence[str], windows: Windows
) -> tuple[Nomination, ...]:
    company_total = sum((one.total for one in figures.values()), Decimal(0))
    waiting = next(draft.code for draft in drafts.values() if draft.story == "NOMINATION_WAITS")
    ranked = sorted(figures, key=lambda code: -figures[code].total)
    refused = [
        code for code in ranked if code not in keys and drafts[code].owner and not drafts[code].story
    ][:_REJECTED]  # fmt: skip
    nominations = []
    for code in (*keys, *refused, waiting):
        draft, one = drafts[code], figures[code]
        status = "APPROVED" if code in keys else "REJECTED" if code in refused else "PENDING"
        age = 5 if status == "PENDING" else rng.randint(300 if draft.story else 60, 900)
        proposed = max(on_or_before(windows.today - timedelta(days=age)), one.days[min(2, len(one.days) - 1)])
        decided_by = _CHIEF if draft.story == "STANDARD_SETTER" else _DIRECTOR
        nominations.append(_nomination(rng, draft, one, one.total / company_total * 100, status, proposed, decided_by, windows.today))
    return tuple(sorted(nominations, key=lambda nomination: (nomination.proposed_date, nomination.account)))


def _nomination(
    rng: Random, draft: Draft, one: Figures, share: Decimal, status: str, proposed: date, chief: str, today: date
) -> Nomination:
    is_strong = status != "REJECTED"
    is_tailored = rng.random() < 0.8
    decided = on_or_after(proposed + timedelta(days=rng.randint(2, 9)))
    decided = min(decided, on_or_before(today))
    decision = {
        "APPROVED": "同意。指定大客户经理，三个月内完成大客户计划。",
        "REJECTED": "暂不同意：采购集中在单一品类，合作意愿不明，半年后再评。",
        "PENDING": "",
    }[status]
    return Nomination(
        account=draft.code,
        proposed_by=draft.owner or manager_of(draft.city.region),
        proposed_date=proposed,
        reason=draft.key_reason or f"三年采购 {wan(one.total)}，在本区域同行业中居前，需求稳定，值得专人经营。",
        definition=_definition(draft, one, share),
        features=(
            _answer("HIGH_CONTRIBUTION", one.margin > Decimal("0.1"), f"平均毛利率 {one.margin * 100:.1f}%"),
            _answer("STABILITY", len(one.days) >= 20, f"三年共 {len(one.days)} 张订单"),
            _answer("INDIVIDUAL_NEEDS", is_tailored, "要求按产线节拍定制工装" if is_tailored else "目前只用标准配置"),
            Answer(code="MARKET_FEEDBACK", value=rng.choice(("YES", "YES", "UNKNOWN")), evidence="参加过新品试用并书面反馈"),
            _answer("WIDE_INFLUENCE", draft.influence >= 50, f"影响力评分 {draft.influence}"),
        ),
        tests=(
            _answer("LARGE_SALES", one.total > 1_000_000, f"三年采购 {wan(one.total)}"),
            _answer("TECHNOLOGY", is_strong, "自有工艺与信息化团队" if is_strong else "维护依赖外包"),
            Answer(
                code="MARKET_POWER",
                value="YES" if is_strong else "UNKNOWN",
                evidence="主要产品市场占有率居前" if is_strong else "未查到",
            ),
            _answer("SOUND_FUNDS", draft.habit != "LATE", "回款基本按期" if draft.habit != "LATE" else "回款常有拖延"),
        ),
        quality=tuple(
            Answer(code=code, value=str(rng.randint(3, 5) if is_strong else rng.randint(1, 3)), evidence=evidence)
            for code, evidence in (
                ("QUANTITY", "按高利产品采购额评定"),
                ("CONCENTRATION", "同类产品采购来源数"),
                ("SERVICE_LEVEL", "要求响应时限与驻场"),
                ("PRICE_SENSITIVITY", "历次谈判让步幅度"),
                ("PARTNERSHIP", "签订长期协议的意愿"),
            )
        ),
        methods=tuple(sorted(rng.sample(("MARKET_DATA", "VALUE_ASSESSMENT", "POSITIONING", "MULTI_SOURCE"), 2))),
        benefits=tuple(Answer(code=code, value="YES", evidence=measure) for code, measure in sorted(rng.sample(_BENEFITS, 3))),
        status=status,
        decided_by=None if status == "PENDING" else chief,
        decided_date=None if status == "PENDING" else decided,
        decision_reason=decision,
    )


def _definition(draft: Draft, one: Figures, share: Decimal) -> tuple[Answer, ...]:
    profit = sum(one.gross_profit, Decimal(0))
    return (
        _answer("LARGE_SHARE", share >= 1, f"占公司三年收入 {share:.1f}%"),
        _answer("FREQUENT", len(one.days) >= 24, f"三年下单 {len(one.days)} 次"),
        _answer("LONG_TERM", all(one.revenue), "三个合作年度均有采购" if all(one.revenue) else "并非每年都有采购"),
        _answer("LARGE_VOLUME", one.total > 1_500_000, f"三年采购 {wan(one.total)}"),
        _answer("LARGE_CONTRIBUTION", profit > 400_000, f"三年毛利 {wan(profit)}"),
    )


def _answer(code: str, holds: bool, evidence: str) -> Answer:
    return Answer(code=code, value="YES" if holds else "NO", evidence=evidence)


def build_incentives(
    rng: Random, drafts: Mapping[str, Draft], figures: Mapping[str, Figures], keys: Sequence[str], windows: Windows
) -> tuple[Incentive, ...]:
    """Rebates by cooperation year, with what the next yuan brought (A-08)."""
    incentives: list[Incentive] = []
    for code in keys:
        draft, one = drafts[code], figures[code]
        if draft.story in {"STANDARD_SETTER", "ONE_OFF_PROJECT"}:
            continue
        rate = Decimal(rng.randint(6, 18)) / 1000
        amounts = _STORY_REBATES.get(draft.story)
        before: Incentive | None = None
        for year, (first, last) in enumerate(windows.bounds):
            if not one.revenue[year] or (amounts is None and year == 0 and rng.random() < 0.4):
                continue
            amount = Decimal(amounts[year]) if amounts else one.revenue[year] * rate
            profit = one.gross_profit[year]
            incentive = Incentive(
                number=f"YH{last:%y}-{code[3:]}",
                account=code,
                kind="REBATE",
                period_start=first,
                period_end=last,
                base_amount=one.revenue[year],
                amount=amount.quantize(_CENT),
                gross_profit=profit,
                agreed_date=on_or_after(first + timedelta(days=18)),
                decided_by=manager_of(draft.city.region) if amount < 60_000 else _DIRECTOR,
                aim="换取全年采购额增长与备件独家供应",
                effect="",
            )
            incentives.append(_with_effect(incentive, before))
            before = incentive
            rate += Decimal(rng.randint(0, 4)) / 1000
    return tuple(incentives)


def _with_effect(incentive: Incentive, before: Incentive | None) -> Incentive:
    if before is None:
        effect = "首个有记录的年度，无上期可比。"
    else:
        more, profit = incentive.amount - before.amount, incentive.gross_profit - before.gross_profit
        effect = f"优惠比上年{_moved(more)}，毛利{_moved(profit)}。"
        if more > 0:
            effect += f"每多给 1 元，毛利变动 {profit / more:.2f} 元。"
    return replace(incentive, effect=effect)


def _moved(amount: Decimal) -> str:
    return f"{'增加' if amount >= 0 else '减少'} {wan(abs(amount))}"
