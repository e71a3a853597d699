"""The tables of qualification: the 7+3 sheet, discovery and needs, objections, deal reviews, demonstrations, value."""

from dingke.qualification.models.demo import DemoBlock, DemoFollowUp, DemoListener, DemoPlan, DemoRehearsal
from dingke.qualification.models.needs import (
    Amplification,
    ConfirmedNeed,
    Discovery,
    NeedBenefit,
    NextAction,
    SpinQuestion,
    ThreeNeed,
)
from dingke.qualification.models.objections import Objection, ObjectionStep
from dingke.qualification.models.review import DealReview, ReviewAction, ReviewItem, ReviewListener, ReviewScore
from dingke.qualification.models.sheet import Evidence, RedFlag, SheetDecision, SheetElement, SheetSnapshot
from dingke.qualification.models.value import ValueCase, ValueLine, ValueVersion

__all__ = [
    "Amplification",
    "ConfirmedNeed",
    "DealReview",
    "DemoBlock",
    "DemoFollowUp",
    "DemoListener",
    "DemoPlan",
    "DemoRehearsal",
    "Discovery",
    "Evidence",
    "NeedBenefit",
    "NextAction",
    "Objection",
    "ObjectionStep",
    "RedFlag",
    "ReviewAction",
    "ReviewItem",
    "ReviewListener",
    "ReviewScore",
    "SheetDecision",
    "SheetElement",
    "SheetSnapshot",
    "SpinQuestion",
    "ThreeNeed",
    "ValueCase",
    "ValueLine",
    "ValueVersion",
]
