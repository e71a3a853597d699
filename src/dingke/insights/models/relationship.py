"""How mature the relation to an account is (A-16, A-17, D-16), its reviews (A-19), and the monthly review of all (D-06)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import Record


class RelationshipMark(Record):
    """A behaviour evidenced, a level entered, or an opportunity seen: what, since when, by which evidence."""

    class Kind(models.TextChoices):
        BEHAVIOUR = "BEHAVIOUR", _("Behaviour")
        RELATION = "RELATION", _("Relationship level")
        LADDER = "LADDER", _("Cooperation level")
        OPPORTUNITY = "OPPORTUNITY", _("Opportunity for the next level")

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="relationship_marks")
    kind = models.CharField(max_length=11, choices=Kind)
    code = models.CharField(max_length=20)
    on_date = models.DateField(_("Since"))
    evidence = models.TextField(_("Evidence"))
    noted_by_name = models.CharField(max_length=150, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["account", "kind", "-on_date", "-id"]
        indexes = [models.Index(fields=["account", "kind", "-on_date"], name="relationship_mark_account")]


class AccountReview(Record):
    """A-19: a review of the account against the five principles."""

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="account_reviews")
    review_date = models.DateField(_("Reviewed on"))
    conclusion = models.TextField(_("What follows from it"), blank=True)
    held_by_name = models.CharField(max_length=150, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["account", "-review_date", "-id"]


class AccountReviewCheck(models.Model):
    """One principle in a review: ticked with its evidence, or not met."""

    ACCOUNT_PATH = "review__account"
    review = models.ForeignKey(AccountReview, on_delete=models.CASCADE, related_name="checks")
    code = models.CharField(max_length=20)
    is_met = models.BooleanField(default=False)
    evidence = models.TextField(blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["review", "id"]
        constraints = [models.UniqueConstraint(fields=["review", "code"], name="account_review_check_once")]


class PortfolioReview(Record):
    """D-06: the monthly review of a person's customers against the five reminders; `checks` maps a code to {done, note}."""

    month_date = models.DateField(_("Month"))  # its first day
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="portfolio_reviews")
    held_at = models.DateTimeField()
    checks = models.JSONField(default=dict)
    conclusion = models.TextField(_("What follows from it"), blank=True)

    class Meta:
        ordering = ["-month_date", "-id"]
        constraints = [models.UniqueConstraint(fields=["month_date", "reviewer"], name="portfolio_review_once")]
