"""The checks of this domain; one more file adds its own here."""

from __future__ import annotations

from dingke.pipeline.checks import Check, deal, people, steps

CHECKS: tuple[Check, ...] = (*deal.CHECKS, *steps.CHECKS, *people.CHECKS)
