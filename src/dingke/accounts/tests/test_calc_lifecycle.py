from __future__ import annotations

from decimal import Decimal

import pytest

from dingke.accounts.calc.lifecycle import GUIDE_OF, STAGE_GUIDES, GuideEdits, LifecycleSettings, LifecycleStage

S = LifecycleStage
D = Decimal


@pytest.mark.item("D-01")
def test_five_stages_in_order_with_strategy_and_actions() -> None:
    assert [guide.stage for guide in STAGE_GUIDES] == list(LifecycleStage)
    assert [guide.label.zh for guide in STAGE_GUIDES] == ["潜在客户", "新客户", "成长客户", "成熟客户", "衰退客户"]
    assert {guide.stage for guide in STAGE_GUIDES if not guide.from_source} == {S.GROWING, S.DECLINING}
    assert all(GUIDE_OF[stage].actions and GUIDE_OF[stage].strategy.zh for stage in LifecycleStage)
    codes = [action.code for guide in STAGE_GUIDES for action in guide.actions]
    assert len(codes) == len(set(codes))


@pytest.mark.item("D-01")
def test_a_company_writes_its_own_guides() -> None:
    edit = {"strategy": ["", "盯紧交付"], "makes_todos": False, "actions": [["Call", "", 3]]}
    guides = {guide.stage: guide for guide in GuideEdits({"NEW": edit}).guides()}
    new = guides[S.NEW]
    assert (new.strategy.en, new.strategy.zh, new.makes_todos) == ("盯紧交付", "盯紧交付", False)
    assert [(action.label.zh, action.due_in_days) for action in new.actions] == [("Call", 3)]
    assert guides[S.MATURE] == GUIDE_OF[S.MATURE]


@pytest.mark.parametrize(
    "edit",
    [
        {"strategy": ["", " "], "makes_todos": True, "actions": []},
        {"strategy": ["a", "b"], "makes_todos": True, "actions": [["", "", 3]]},
        {"strategy": ["a", "b"], "makes_todos": True, "actions": [["x", "y", 731]]},
        {"strategy": ["a", "b"], "makes_todos": True, "actions": [["x", "y", 3]] * 9},
    ],
)
def test_guides_are_checked(edit: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        GuideEdits({"NEW": edit})


@pytest.mark.parametrize(
    "change", [{"growth_limit": D(0)}, {"decline_limit": D(1)}, {"mature_years": 0}, {"silent_cycles": D(0)}, {"again_by": D(-1)}]
)
def test_settings_are_checked(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        LifecycleSettings(**change)  # type: ignore[arg-type]
