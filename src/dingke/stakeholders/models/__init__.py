"""The tables of the buying centre."""

from dingke.stakeholders.models.centre import BuyingCentre, ChainStep, Line, NeedEntry, Stakeholder, Stance

__all__ = ["BuyingCentre", "ChainStep", "Line", "NeedEntry", "Stakeholder", "Stance"]
