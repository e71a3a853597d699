"""The method of the insights domain: Pareto, faces, guards, identification, value, retention."""

from __future__ import annotations

from dingke.core.reasons import Sentences
from dingke.insights.calc import explanation, faces, guards, identification, value, weakening

SENTENCES: Sentences = (
    faces.SENTENCES | guards.SENTENCES | identification.SENTENCES | value.SENTENCES | weakening.SENTENCES | explanation.SENTENCES
)
"""Every sentence this domain's method can give."""
