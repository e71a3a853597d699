"""Whom a product family is for (D-12 to D-14), and which family solves which problem (D-15)."""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dingke.core.models import Record


class LadderLevel(Record):
    """A rung of the positioning ladder: the problems it solves and the product families that solve them."""

    code = models.CharField(max_length=40, unique=True)
    label_zh = models.CharField(_("Chinese name"), max_length=120)
    label_en = models.CharField(_("English name"), max_length=120)
    is_standard = models.BooleanField(_("Part of standard management"), default=True)  # central control stands beside the four
    problems = models.JSONField(default=list, blank=True)  # [{"code", "zh", "en"}]
    families = models.JSONField(default=list, blank=True)  # names of product families, as in ledger.Product.family
    position = models.PositiveIntegerField(default=0)
    is_own = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        first, second = (self.label_zh, self.label_en) if (get_language() or "zh").startswith("zh") else (self.label_en, self.label_zh)
        return first or second


class Portrait(Record):
    """The customer that a product family is made for, and what the family is worth to that customer."""

    family = models.CharField(_("Product family"), max_length=80, unique=True)  # as in ledger.Product.family
    family_en = models.CharField(_("English name"), max_length=80, blank=True)
    industries = models.JSONField(default=list, blank=True)  # codes of the list "industries"; empty: every trade
    industry_zh = models.CharField(_("Suitable trades (Chinese)"), max_length=300, blank=True)
    industry_en = models.CharField(_("Suitable trades (English)"), max_length=300, blank=True)
    sales_below = models.DecimalField(_("Yearly sales below"), max_digits=18, decimal_places=2, null=True, blank=True)
    staff_below = models.PositiveIntegerField(_("Staff below"), null=True, blank=True)
    operators = models.JSONField(default=list, blank=True)  # [{"zh", "en"}]
    needs = models.JSONField(default=list, blank=True)
    values = models.JSONField(default=list, blank=True)  # what it is worth to the customer
    ladder = models.ForeignKey(LadderLevel, null=True, blank=True, on_delete=models.SET_NULL, related_name="portraits")
    is_filled = models.BooleanField(default=True)  # False: start values only, to be filled by the company (D-14)
    is_own = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return self.family if (get_language() or "zh").startswith("zh") else self.family_en or self.family
