from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dingke.insights.calc import SENTENCES
from dingke.insights.calc.faces import FACE_GUIDES, FOLLOW_UPS, Face, FaceFacts, FaceSettings, propose_face

D = Decimal
PLAIN = FaceFacts(
    account_id=1,
    influence=D(50),
    margin=D("0.20"),
    average_margin=D("0.20"),
    volume=D(100),
    volume_above=D("0.30"),
    profit=D(20),
    profit_above=D("0.30"),
    orders_in_year=6,
)


@pytest.mark.item("A-10")
@pytest.mark.parametrize(
    ("change", "face", "rule"),
    [
        ({}, None, "FACE_NONE"),
        ({"influence": D(70), "margin": D("0.03")}, Face.BLACK, "FACE_BLACK"),
        ({"influence": D(69), "margin": D("0.03")}, None, "FACE_NONE"),
        ({"influence": D(70), "margin": D("0.0301")}, None, "FACE_NONE"),
        ({"influence": D(90), "margin": D("-0.10")}, Face.BLACK, "FACE_BLACK"),
        ({"volume_above": D("0.19"), "margin": D("0.099")}, Face.WHITE, "FACE_WHITE"),
        ({"volume_above": D("0.20"), "margin": D("0.099")}, None, "FACE_NONE"),
        ({"volume_above": D("0.19"), "margin": D("0.10")}, None, "FACE_NONE"),
        ({"volume_above": D("0"), "margin": D("-0.05")}, Face.WHITE, "FACE_WHITE"),
        ({"profit_above": D("0.19")}, Face.RED, "FACE_RED"),
        ({"profit_above": D("0.20")}, None, "FACE_NONE"),
        # precedence: black before white before red
        (
            {"influence": D(80), "margin": D("0.01"), "volume_above": D(0), "profit_above": D(0)},
            Face.BLACK,
            "FACE_BLACK",
        ),
        ({"margin": D("0.01"), "volume_above": D(0), "profit_above": D(0)}, Face.WHITE, "FACE_WHITE"),
        # nothing of 0 or less is "top"
        ({"profit": D(0), "profit_above": D(0)}, None, "FACE_NONE"),
        ({"volume": D(0), "volume_above": D(0), "margin": D("0.01")}, None, "FACE_NONE"),
    ],
)
def test_the_proposed_rules(change: dict[str, Decimal], face: Face | None, rule: str) -> None:
    proposal = propose_face(replace(PLAIN, **change))  # type: ignore[arg-type]
    assert (proposal.face, proposal.rule.code) == (face, rule)
    for reason in (proposal.rule, *proposal.evidence):
        assert SENTENCES.text(reason, "en")
        assert SENTENCES.text(reason, "zh-hans")


@pytest.mark.item("A-10")
@pytest.mark.parametrize(("orders", "code"), [(2, "BUYS_OCCASIONALLY"), (3, "BUYS_REGULARLY"), (None, "ORDERS_UNKNOWN")])
def test_red_tells_how_occasional_the_buying_is(orders: int | None, code: str) -> None:
    proposal = propose_face(replace(PLAIN, profit_above=D(0), orders_in_year=orders))
    assert proposal.face is Face.RED
    assert [reason.code for reason in proposal.evidence] == [code]


@pytest.mark.item("A-10")
def test_high_margin_with_small_volume_is_key_without_a_face() -> None:
    proposal = propose_face(replace(PLAIN, margin=D("0.30"), volume_above=D("0.5")))
    assert proposal.face is None
    assert [reason.code for reason in proposal.evidence] == ["KEY_WITHOUT_FACE"]


@pytest.mark.item("A-10")
def test_what_is_unknown_is_named() -> None:
    proposal = propose_face(FaceFacts(account_id=1))
    assert proposal.face is None
    assert [reason.code for reason in proposal.evidence] == [
        "INFLUENCE_UNKNOWN",
        "MARGIN_UNKNOWN",
        "VOLUME_UNKNOWN",
        "PROFIT_UNKNOWN",
    ]


@pytest.mark.item("A-10")
def test_every_face_has_its_step_and_the_follow_ups_are_three() -> None:
    assert {guide.face for guide in FACE_GUIDES} == set(Face)
    assert [guide.label.zh for guide in FACE_GUIDES] == ["红脸", "黑脸", "白脸"]
    assert [label.zh for label in FOLLOW_UPS] == ["经常沟通", "延伸服务", "动态管理"]


ratio = st.one_of(st.none(), st.decimals(-1, 1, places=3, allow_nan=False, allow_infinity=False))
place = st.one_of(st.none(), st.decimals(0, 1, places=2, allow_nan=False, allow_infinity=False))
amount = st.one_of(st.none(), st.integers(-100, 100).map(Decimal))
facts = st.builds(
    FaceFacts,
    account_id=st.just(1),
    influence=st.one_of(st.none(), st.integers(0, 100).map(Decimal)),
    margin=ratio,
    average_margin=ratio,
    volume=amount,
    volume_above=place,
    profit=amount,
    profit_above=place,
    orders_in_year=st.one_of(st.none(), st.integers(0, 50)),
)


@pytest.mark.item("A-10")
@given(facts)
def test_every_account_gets_a_told_answer(given_facts: FaceFacts) -> None:
    proposal = propose_face(given_facts)
    for reason in (proposal.rule, *proposal.evidence):
        assert SENTENCES.text(reason, "zh-hans")
    if proposal.face in (Face.BLACK, Face.WHITE):
        assert given_facts.margin is not None


@pytest.mark.item("A-10")
@given(facts, st.integers(0, 100))
def test_more_influence_keeps_black(given_facts: FaceFacts, more: int) -> None:
    if propose_face(given_facts).face is Face.BLACK and given_facts.influence is not None:
        raised = replace(given_facts, influence=min(D(100), given_facts.influence + more))
        assert propose_face(raised).face is Face.BLACK


@pytest.mark.parametrize(
    "change",
    [
        {"black_influence_from": D(101)},
        {"white_volume_top": D("1.1")},
        {"occasional_orders": -1},
        {"high_margin_times_average": D("0.9")},
    ],
)
def test_settings_are_checked(change: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        FaceSettings(**change)  # type: ignore[arg-type]
