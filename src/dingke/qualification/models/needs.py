"""Discovery and needs: SPIN (E-14), amplified need (E-10), three needs, next actions (E-19, E-20), confirmed needs (E-17), FAB."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy as pgettext

from dingke.accounts.models import Contact, Todo
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import Record
from dingke.library.models import Entry
from dingke.pipeline.models import Opportunity


class Discovery(Record):
    """The discovery sheet of one deal: the basics that come first (E-10) and the need statement that it ends in (E-06, E-14)."""

    class Department(models.TextChoices):  # the core need follows the leading department
        OWNER = "OWNER", _("Owner or general manager")
        FINANCE = "FINANCE", _("Finance")
        SALES = "SALES", _("Sales")
        PURCHASING = "PURCHASING", _("Purchasing")
        STOCK = "STOCK", _("Warehouse")
        PRODUCTION = "PRODUCTION", _("Production")
        IT = "IT", _("Information technology")
        OTHER = "OTHER", _("Other")

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.OneToOneField(Opportunity, on_delete=models.CASCADE, related_name="discovery")
    company = models.TextField(_("The company"), blank=True)
    staffing = models.TextField(_("Staffing of the departments"), blank=True)
    division = models.TextField(_("Division of work"), blank=True)
    scope = models.TextField(_("Scope of business"), blank=True)
    standing = models.TextField(_("Standing of the departments"), blank=True)
    leading_department = models.CharField(_("Leading department"), max_length=10, choices=Department, blank=True)
    statement = models.TextField(_("Need statement"), blank=True)
    statement_contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    statement_confirmed_date = models.DateField(_("Confirmed by the customer on"), null=True, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity"]


class SpinQuestion(Record):
    """A question of the SPIN sheet with what the customer answered; without an answer it is still to be asked."""

    class Column(models.TextChoices):
        SITUATION = "SITUATION", _("Situation")
        PROBLEM = "PROBLEM", _("Problem")
        IMPLICATION = "IMPLICATION", _("Implication")
        NEED_PAYOFF = "NEED_PAYOFF", _("Need-payoff")

    class Form(models.TextChoices):  # E-16
        OPEN = "OPEN", pgettext("question", "Open question")
        CLOSED = "CLOSED", pgettext("question", "Closed question")

    class Prompt(models.TextChoices):  # E-15
        WHAT = "WHAT", pgettext("question", "What")
        WHY = "WHY", pgettext("question", "Why")
        WHO = "WHO", pgettext("question", "Who")
        WHEN = "WHEN", pgettext("question", "When")
        HOW = "HOW", pgettext("question", "How")
        HOW_MUCH = "HOW_MUCH", pgettext("question", "How much")

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="spin_questions")
    column = models.CharField(_("Column"), max_length=12, choices=Column)
    text = models.CharField(_("Question"), max_length=400)
    form = models.CharField(pgettext("question", "Form"), max_length=6, choices=Form, default=Form.OPEN)
    prompt = models.CharField(_("Prompt"), max_length=8, choices=Prompt, blank=True)
    answer = models.TextField(_("Answer"), blank=True)
    contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    asked_date = models.DateField(_("Asked on"), null=True, blank=True)
    entry = models.ForeignKey(
        Entry, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )  # of the library, when the question comes from its bank

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "id"]


class Amplification(Record):
    """An answer of need amplification (E-10): an item of a dimension, what it costs the customer, a note."""

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="amplifications")
    item = models.CharField(max_length=24)  # code of calc.amplification
    answer = models.TextField(_("Answer"), blank=True)
    hours_per_month = models.DecimalField(
        _("Hours per month"), max_digits=9, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    cost_per_hour = models.DecimalField(
        _("Cost per hour"), max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    other_loss = models.DecimalField(
        _("Other loss per year"), max_digits=18, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    note = models.TextField(_("Note"), blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "id"]
        constraints = [models.UniqueConstraint(fields=["opportunity", "item"], name="amplification_once")]


class ThreeNeed(Record):
    """One of the three needs of a deal with its gap mark (E-19, P-11)."""

    class Kind(models.TextChoices):
        ENTERPRISE = "ENTERPRISE", _("Enterprise need")
        PERSONAL = "PERSONAL", _("Personal need")
        SALES = "SALES", _("Sales need")

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="three_needs")
    kind = models.CharField(_("Need"), max_length=10, choices=Kind)
    text = models.TextField(_("What we know"), blank=True)
    has_gap = models.BooleanField(_("Has a gap"), default=False)
    gap = models.CharField(_("What is missing"), max_length=300, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "id"]
        constraints = [models.UniqueConstraint(fields=["opportunity", "kind"], name="three_need_once")]


class NextAction(Record):
    """A next action on a need (E-20, P-12). With an account it is a to-do there as well, and done is done in both places.

    Deal reviews write theirs with `origin` REVIEW through actions.next_actions.add_next_action.
    """

    class Way(models.TextChoices):
        FILL = "FILL", _("Fill a gap")
        KEEP = "KEEP", _("Keep as it is")
        RESOURCE = "RESOURCE", _("Support with a resource")

    class Origin(models.TextChoices):
        DEAL = "DEAL", _("On the deal")
        REVIEW = "REVIEW", _("In a deal review")

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="next_actions")
    need = models.CharField(_("Need"), max_length=10, choices=ThreeNeed.Kind, blank=True)
    way = models.CharField(_("What for"), max_length=8, choices=Way, default=Way.FILL)
    text = models.CharField(_("Action"), max_length=200)
    resource = models.CharField(_("Which resource"), max_length=120, blank=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="next_actions", verbose_name=_("Owner"))
    due_date = models.DateField(_("Due on"))
    done_at = models.DateTimeField(null=True, blank=True)  # where there is a to-do, its own `done_at` counts
    todo = models.OneToOneField(Todo, null=True, blank=True, on_delete=models.SET_NULL, related_name="next_action")
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.DEAL)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "due_date", "id"]
        indexes = [models.Index(fields=["owner", "due_date"], condition=models.Q(done_at__isnull=True), name="next_action_open")]

    @property
    def holder_id(self) -> int:
        """Who has it now: where there is a to-do, whoever that was given to since."""
        return self.todo.assignee_id if self.todo is not None else self.owner_id


class ConfirmedNeed(Record):
    """A need of the list that is confirmed before a quotation (E-17, K-02), and what answers it (E-11, E-12)."""

    class Priority(models.TextChoices):
        NEED = "NEED", _("Need")
        WANT = "WANT", _("Want")

    class Fit(models.TextChoices):
        STANDARD = "STANDARD", _("Standard")
        CONFIGURABLE = "CONFIGURABLE", _("Configurable")
        CUSTOM = "CUSTOM", _("Further development")
        MISSING = "MISSING", _("We cannot")

    class Range(models.TextChoices):  # K-02
        UNDECIDED = "UNDECIDED", pgettext("need", "Not decided")
        IN_SCOPE = "IN_SCOPE", _("In scope")
        OUT_OF_SCOPE = "OUT_OF_SCOPE", _("Out of scope")
        DROPPED = "DROPPED", _("Dropped")

    ACCOUNT_PATH = "opportunity__account"
    OWNER_PATH = "opportunity__owner"
    opportunity = models.ForeignKey(Opportunity, on_delete=models.CASCADE, related_name="confirmed_needs")
    description = models.CharField(_("Need"), max_length=400)
    priority = models.CharField(_("Priority"), max_length=4, choices=Priority, default=Priority.NEED)
    fit = models.CharField(_("Our answer"), max_length=12, choices=Fit, blank=True)
    function = models.CharField(_("Product function"), max_length=200, blank=True)
    range = models.CharField(_("Scope"), max_length=12, choices=Range, default=Range.UNDECIDED)
    effort_days = models.DecimalField(
        _("Effort in days"), max_digits=7, decimal_places=1, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    can_decline = models.BooleanField(_("Can be declined"), null=True)
    confirmed_contact = models.ForeignKey(Contact, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    confirmed_name = models.CharField(_("Confirmed by"), max_length=120, blank=True)  # when the person is no contact
    confirmed_date = models.DateField(_("Confirmed on"), null=True, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["opportunity", "id"]


class NeedBenefit(Record):
    """A FAB or FFAB line (E-18): from a confirmed need to feature, advantage, benefit and proof."""

    class Method(models.TextChoices):
        FAB = "FAB", _("FAB")
        FFAB = "FFAB", _("FFAB")

    ACCOUNT_PATH = "need__opportunity__account"
    OWNER_PATH = "need__opportunity__owner"
    need = models.ForeignKey(ConfirmedNeed, on_delete=models.CASCADE, related_name="benefits")
    method = models.CharField(_("Method"), max_length=4, choices=Method, default=Method.FFAB)
    feature = models.CharField(_("Feature"), max_length=300)
    function = models.CharField(_("Function"), max_length=300, blank=True)
    advantage = models.CharField(_("Advantage"), max_length=300, blank=True)
    benefit = models.CharField(_("Benefit"), max_length=300)
    proof = models.CharField(_("Proof"), max_length=300, blank=True)
    entry = models.ForeignKey(Entry, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")  # card of the library

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["need", "id"]
