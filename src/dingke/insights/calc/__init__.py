"""The method of the insights domain: Pareto, faces, guards, identification, value, retention."""

from __future__ import annotations

from dingke.core.reasons import Sentences
from dingke.insights.calc import (
    assessment,
    assessment_due,
    care_guards,
    continuing_words,
    explanation,
    faces,
    guards,
    identification,
    value,
    weakening,
)

SENTENCES: Sentences = (
    continuing_words.SENTENCES
    | faces.SENTENCES
    | guards.SENTENCES
    | care_guards.SENTENCES
    | identification.SENTENCES
    | value.SENTENCES
    | weakening.SENTENCES
    | explanation.SENTENCES
    | assessment.SENTENCES
    | assessment_due.SENTENCES
)
"""Every sentence this domain's method can give."""
