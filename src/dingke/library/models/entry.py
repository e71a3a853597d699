"""What the library keeps: entries in both languages, every text that was ever published, uses with outcomes, marks of readers."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account
from dingke.accounts.scoping import AccountScopedQuerySet, account_condition
from dingke.core.models import Record
from dingke.core.scope import Scope


class EntryQuerySet(AccountScopedQuerySet["Entry"]):
    def visible_to(self, scope: Scope, today: date | None = None) -> Self:
        """What the caller may read: published texts, own drafts and those of people led; publishers also see everybody's drafts.

        An entry about a customer is seen with the customer, or when it is published with a permission to cite that still holds on
        `today` (without a day: that has no end).
        """
        rows = self
        if not (scope.sees_all and scope.can("*")) and not scope.can("library.publish"):
            rows = rows.filter(Q(state="PUBLISHED") | Q(owner_id__in=sorted(scope.user_ids)))
        condition = account_condition(scope)
        if condition is None:
            return rows
        holds = Q(cite_until__isnull=True) if today is None else Q(cite_until__isnull=True) | Q(cite_until__gte=today)
        own = Q(account__in=Account.objects.filter(condition).order_by().values("pk"))
        return rows.filter(Q(account__isnull=True) | own | (Q(state="PUBLISHED", may_cite=True) & holds))


class Entry(Record):
    """One thing that can be looked up and used. The row carries the text in force; `EntryVersion` every text there was."""

    class Kind(models.TextChoices):
        OBJECTION = "OBJECTION", _("Objections")
        SCRIPT = "SCRIPT", _("Talk tracks")
        QUESTION = "QUESTION", _("Questions")
        FAB = "FAB", _("Feature cards")
        CASE = "CASE", _("Customer cases")
        DEMO = "DEMO", _("Demo blocks")
        CARD = "CARD", _("Cards")
        ARTICLE = "ARTICLE", _("Articles")
        MAXIM = "MAXIM", _("Maxims")
        FIGURE = "FIGURE", _("Key figures")

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("Draft")
        PUBLISHED = "PUBLISHED", _("Published")
        RETIRED = "RETIRED", _("Retired")

    class Form(models.TextChoices):  # E-16
        OPEN = "OPEN", _("Open-ended question")
        CLOSED = "CLOSED", _("Closed question")

    class Spin(models.TextChoices):  # E-14
        SITUATION = "S", _("Situation")
        PROBLEM = "P", _("Problem")
        IMPLICATION = "I", _("Implication")
        NEED_PAYOFF = "N", _("Need-payoff")

    class Dimension(models.TextChoices):  # E-10
        BASICS = "BASICS", _("Basics")
        EFFICIENCY = "EFFICIENCY", _("Efficiency")
        BENEFIT = "BENEFIT", _("Benefit")
        PERSONAL = "PERSONAL", _("Personal")
        MOTIVE = "MOTIVE", _("Other motives")
        OTHER_BUYER = "OTHER_BUYER", _("Other buyers")

    ACCOUNT_PATH = "account"
    code = models.CharField(max_length=80, unique=True)
    kind = models.CharField(_("Kind"), max_length=12, choices=Kind)
    topic = models.CharField(_("Topic"), max_length=40, blank=True)  # a code of library.calc.topics
    title_zh = models.CharField(_("Chinese title"), max_length=200)
    title_en = models.CharField(_("English title"), max_length=200, blank=True)
    body_zh = models.TextField(_("Chinese text"), blank=True)  # Markdown
    body_en = models.TextField(_("English text"), blank=True)
    content = models.JSONField(default=dict, blank=True)  # parts of the kind, see library.calc.parts: {"parts": {code: {"zh", "en"}}, …}
    industries = models.JSONField(default=list, blank=True)  # codes of the list "industries"; empty: all
    product_families = models.JSONField(default=list, blank=True)  # as in ledger.Product.family; empty: all
    stages = models.JSONField(default=list, blank=True)  # codes of stages of playbooks
    form = models.CharField(_("Form of the question"), max_length=8, choices=Form, blank=True)
    spin = models.CharField("SPIN", max_length=1, choices=Spin, blank=True)
    dimension = models.CharField(_("Dimension"), max_length=12, choices=Dimension, blank=True)
    about = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="variants"
    )  # a talk track: which objection
    position = models.PositiveIntegerField(default=0)

    state = models.CharField(_("State"), max_length=10, choices=State, default=State.DRAFT)
    number = models.PositiveIntegerField(default=0)  # of the version in force; 0 before the first
    published_at = models.DateTimeField(null=True, blank=True)
    is_own = models.BooleanField(default=True)  # made here, not shipped
    is_changed = models.BooleanField(default=False)  # shipped, and then changed here
    shipped_digest = models.CharField(max_length=64, blank=True)  # of the shipped text that was last brought in
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="library_entries", verbose_name=_("Owner")
    )

    # cases (H-17, H-18)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="library_entries")
    region = models.CharField(_("Region"), max_length=60, blank=True)
    may_cite = models.BooleanField(_("The customer allows us to cite"), default=False)
    consent_by = models.CharField(_("Who allowed it"), max_length=120, blank=True)
    consent_date = models.DateField(_("Allowed on"), null=True, blank=True)
    consent_proof = models.TextField(_("Proof of the permission"), blank=True)
    cite_until = models.DateField(_("May be cited until"), null=True, blank=True)

    use_count = models.PositiveIntegerField(default=0)
    worked_count = models.PositiveIntegerField(default=0)  # of uses whose outcome is known
    known_count = models.PositiveIntegerField(default=0)
    useful_count = models.PositiveIntegerField(default=0)
    rating_count = models.PositiveIntegerField(default=0)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "position", "id"]
        indexes = [
            models.Index(fields=["kind", "state", "position", "id"], name="library_entry_kind"),
            models.Index(fields=["kind", "topic", "state", "position"], name="library_entry_topic"),
            models.Index(fields=["kind", "spin", "state", "position"], name="library_entry_spin"),
            models.Index(fields=["account"], name="library_entry_account"),
        ]
        constraints = [
            # H-18: what names one of our customers is never out without a permission, whatever the program does
            models.CheckConstraint(
                condition=~Q(kind="CASE", state="PUBLISHED", account__isnull=False, may_cite=False), name="library_case_needs_consent"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        first, second = (self.title_zh, self.title_en) if (get_language() or "zh").startswith("zh") else (self.title_en, self.title_zh)
        return first or second or self.code

    @property
    def body(self) -> str:
        first, second = (self.body_zh, self.body_en) if (get_language() or "zh").startswith("zh") else (self.body_en, self.body_zh)
        return first or second

    @property
    def worked_share(self) -> float | None:
        """Of the uses whose outcome is known, the share that worked."""
        return self.worked_count / self.known_count if self.known_count else None


class EntryTerms(models.Model):
    """The search terms of one entry, mirrored into the full-text index of the database in use."""

    ACCOUNT_PATH = "entry__account"
    entry = models.OneToOneField(Entry, primary_key=True, on_delete=models.CASCADE, related_name="search_terms")
    terms = models.TextField()

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["entry"]


class EntryVersion(models.Model):
    """A text of an entry: one that was published, or one that is proposed and waits for somebody who may publish."""

    class State(models.TextChoices):
        PROPOSED = "PROPOSED", _("Proposed")
        PUBLISHED = "PUBLISHED", _("Published")
        DECLINED = "DECLINED", _("Declined")

    class Origin(models.TextChoices):
        OWN = "OWN", _("Written here")
        SHIPPED = "SHIPPED", _("Came with the program")
        BACK = "BACK", _("An earlier version again")

    ACCOUNT_PATH = "entry__account"
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State)
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.OWN)
    text = models.JSONField()  # the fields of library.calc.versions.TEXT_FIELDS
    note = models.CharField(_("What is new"), max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by_name = models.CharField(max_length=150, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["entry", "-number"]
        constraints = [models.UniqueConstraint(fields=["entry", "number"], name="library_version_number")]
        indexes = [models.Index(fields=["state", "-at"], condition=Q(state="PROPOSED"), name="library_version_waiting")]


class EntryUse(models.Model):
    """An entry was used: where, by whom, when, and what came of it. The thing it was used on belongs to a domain above."""

    class Outcome(models.TextChoices):
        WORKED = "WORKED", _("Worked")
        PARTLY = "PARTLY", _("Worked in part")
        FAILED = "FAILED", _("Did not work")

    ACCOUNT_PATH = "account"
    OWNER_PATH = "used_by"
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="uses")
    entry_number = models.PositiveIntegerField(default=0)  # the version that was in force
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.CASCADE, related_name="library_uses")
    subject = models.CharField(max_length=40, blank=True)  # "opportunity", "objection", "visit", …
    subject_id = models.BigIntegerField(null=True, blank=True)
    subject_label = models.CharField(max_length=200, blank=True)
    used_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="library_uses")
    used_by_name = models.CharField(max_length=150, blank=True)
    used_at = models.DateTimeField()
    outcome = models.CharField(_("Outcome"), max_length=8, choices=Outcome, blank=True)
    outcome_note = models.CharField(_("What came of it"), max_length=300, blank=True)
    outcome_at = models.DateTimeField(null=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-used_at", "-id"]
        indexes = [
            models.Index(fields=["entry", "-used_at", "-id"], name="library_use_entry"),
            models.Index(fields=["subject", "subject_id"], name="library_use_subject"),
        ]


class EntryMark(models.Model):
    """What a person says of an entry: useful or not, and which version was read (Q-15)."""

    ACCOUNT_PATH = "entry__account"
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="marks")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="library_marks")
    is_useful = models.BooleanField(null=True)
    read_number = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["entry", "user"], name="library_mark_once")]
