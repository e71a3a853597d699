"""The deal review 过堂 (P-09): a meeting, its agenda, the scores of the listeners, and what was decided to do next."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import Record
from dingke.pipeline.models import Opportunity
from dingke.qualification.models.needs import NextAction


class DealReview(Record):
    """One meeting. It hangs on no account: its chair and its listeners see it, and through it the boards of its deals while it is open."""

    class State(models.TextChoices):
        PLANNED = "PLANNED", _("Planned")
        OPEN = "OPEN", _("Open")
        CLOSED = "CLOSED", _("Closed")

    title = models.CharField(_("Title"), max_length=120)
    held_date = models.DateField(_("Date"))
    chair = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="deal_reviews", verbose_name=_("Chair"))
    state = models.CharField(max_length=8, choices=State, default=State.PLANNED)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    link_number = models.PositiveIntegerField(default=1)  # a new number makes every link given out before worthless
    conclusion = models.TextField(_("Conclusion"), blank=True)

    class Meta:
        ordering = ["-held_date", "-id"]
        indexes = [models.Index(fields=["chair", "-held_date"], name="deal_review_chair")]

    def __str__(self) -> str:
        return self.title


class ReviewListener(models.Model):
    """Somebody invited to a review, or who came in by its link."""

    review = models.ForeignKey(DealReview, on_delete=models.CASCADE, related_name="listeners")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    came_by_link = models.BooleanField(default=False)
    joined_at = models.DateTimeField(null=True, blank=True)  # when the person opened the scoring page

    class Meta:
        ordering = ["review", "id"]
        constraints = [models.UniqueConstraint(fields=["review", "user"], name="review_listener_once")]


class ReviewItem(Record):
    """A deal on the agenda, with who presents it and why it stands there. After scoring the board stays as the listeners saw it."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        SHOWN = "SHOWN", _("Being presented")
        SCORED = "SCORED", _("Scored")

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    review = models.ForeignKey(DealReview, on_delete=models.CASCADE, related_name="items")
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="review_items")
    presenter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="presented_items")
    position = models.PositiveIntegerField(default=0)
    reasons = models.JSONField(default=list, blank=True)  # core.reasons.Reason.as_json(), of the day it was put on the agenda
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    board = models.JSONField(default=dict, blank=True)  # frozen when the scores were closed
    note = models.TextField(_("What came up"), blank=True)
    carried = models.JSONField(default=list, blank=True)  # actions of the review before, as they stood when this one closed

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["review", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["review", "opportunity"], name="review_item_once"),
            models.UniqueConstraint(fields=["review"], condition=models.Q(state="SHOWN"), name="review_item_one_shown"),
        ]


class ReviewScore(models.Model):
    """What one listener gave one presentation (P-10): 60 + 20 + 20. It may be changed until the item is closed."""

    ACCOUNT_PATH = "item__opportunity__account"
    OWNER_PATH = "item__opportunity__owner"
    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="scores")
    listener = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="review_scores")
    elements = models.PositiveSmallIntegerField(_("7+3 elements"), validators=[MaxValueValidator(60)])
    logic = models.PositiveSmallIntegerField(_("Logic and line of thought"), validators=[MaxValueValidator(20)])
    display = models.PositiveSmallIntegerField(_("Bearing and display"), validators=[MaxValueValidator(20)])
    remark = models.CharField(_("Remark"), max_length=300, blank=True)
    at = models.DateTimeField()

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["item", "id"]
        constraints = [
            models.UniqueConstraint(fields=["item", "listener"], name="review_score_once"),
            models.CheckConstraint(condition=models.Q(elements__lte=60, logic__lte=20, display__lte=20), name="review_score_limits"),
        ]

    @property
    def total(self) -> int:
        return self.elements + self.logic + self.display


class ReviewAction(models.Model):
    """Which review a next action came out of (P-12); the action itself lives on the deal."""

    ACCOUNT_PATH = "item__opportunity__account"
    OWNER_PATH = "item__opportunity__owner"
    item = models.ForeignKey(ReviewItem, on_delete=models.CASCADE, related_name="actions")
    action = models.OneToOneField(NextAction, on_delete=models.CASCADE, related_name="out_of_review")

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["item", "id"]
