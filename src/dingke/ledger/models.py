"""The money facts: products, orders, receivables, payments, incentives given, how the customer pays others (B-07)."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from dingke.accounts.models import Account
from dingke.accounts.scoping import AccountScopedQuerySet
from dingke.core.models import Record


class Product(Record):
    """A row of the price list. `is_high_profit` 高利产品 lets A-04 criterion 1 be computed."""

    code = models.CharField(_("Code"), max_length=60, unique=True)
    name = models.CharField(_("Name"), max_length=200)
    family = models.CharField(_("Family"), max_length=80, blank=True)
    list_price = models.DecimalField(_("List price"), max_digits=18, decimal_places=2, null=True, blank=True)
    unit_cost = models.DecimalField(_("Unit cost"), max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="CNY")
    is_high_profit = models.BooleanField(_("High-profit product"), default=False)

    class Meta:
        ordering = ["family", "code"]

    def __str__(self) -> str:
        return self.name


class Order(Record):
    """A sale. `amount` is what the customer pays; `cost` is unknown (null) when the source does not have it."""

    class State(models.TextChoices):
        OPEN = "OPEN", _("Open")
        DELIVERED = "DELIVERED", _("Delivered")
        CANCELLED = "CANCELLED", _("Cancelled")
        RETURNED = "RETURNED", _("Returned")

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="orders")
    number = models.CharField(_("Order number"), max_length=80)
    order_date = models.DateField(_("Order date"))
    amount = models.DecimalField(_("Amount"), max_digits=18, decimal_places=2)
    cost = models.DecimalField(_("Cost"), max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, default="CNY")
    state = models.CharField(_("State"), max_length=10, choices=State, default=State.DELIVERED)
    sold_by_name = models.CharField(_("Sold by"), max_length=120, blank=True)
    external_key = models.CharField(max_length=120, null=True, blank=True)
    custom = models.JSONField(default=dict, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-order_date", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "number"], name="order_number_of_account"),
            models.UniqueConstraint(fields=["external_key"], name="order_external_key"),
        ]
        indexes = [
            models.Index(fields=["account", "-order_date", "-id"], name="order_account"),
            models.Index(fields=["-order_date", "-id"], name="order_date"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    ACCOUNT_PATH = "order__account"
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, null=True, blank=True, on_delete=models.PROTECT, related_name="lines")
    description = models.CharField(max_length=200, blank=True)
    quantity = models.DecimalField(max_digits=14, decimal_places=3, default=1)
    unit_price = models.DecimalField(max_digits=18, decimal_places=4)
    amount = models.DecimalField(max_digits=18, decimal_places=2)
    cost = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["order", "id"]


class Receivable(Record):
    """An invoice of ours. `paid_amount` is the sum of its living payments: whatever writes payments keeps it by
    `actions.paid.keep_paid` in the same transaction, and `queries.paid.drifted` compares the two."""

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="receivables")
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.SET_NULL, related_name="receivables")
    number = models.CharField(_("Invoice number"), max_length=80)
    amount = models.DecimalField(_("Amount"), max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3, default="CNY")
    invoice_date = models.DateField(_("Invoice date"))
    due_date = models.DateField(_("Due date"))
    is_disputed = models.BooleanField(_("Disputed"), default=False)
    dispute_note = models.CharField(_("About the dispute"), max_length=300, blank=True)
    paid_amount = models.DecimalField(_("Paid"), max_digits=18, decimal_places=2, default=0, editable=False)
    external_key = models.CharField(max_length=120, null=True, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-due_date", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "number"], name="receivable_number_of_account"),
            models.UniqueConstraint(fields=["external_key"], name="receivable_external_key"),
        ]
        indexes = [
            models.Index(fields=["account", "-due_date"], name="receivable_account"),
            # the ageing board reads what is open, however many paid invoices lie behind
            models.Index(
                fields=["due_date", "id"],
                condition=models.Q(archived_at__isnull=True, amount__gt=models.F("paid_amount")),
                name="receivable_open",
            ),
        ]

    @property
    def outstanding(self) -> Decimal:
        """What is still open; below zero when too much was paid."""
        return self.amount - self.paid_amount


class Payment(Record):
    """Money that came in. Without a receivable it is an advance."""

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="payments")
    receivable = models.ForeignKey(Receivable, null=True, blank=True, on_delete=models.SET_NULL, related_name="payments")
    amount = models.DecimalField(_("Amount"), max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3, default="CNY")
    paid_date = models.DateField(_("Paid on"))
    reference = models.CharField(_("Reference"), max_length=120, blank=True)
    external_key = models.CharField(max_length=120, null=True, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-paid_date", "-id"]
        constraints = [models.UniqueConstraint(fields=["external_key"], name="payment_external_key")]
        indexes = [models.Index(fields=["account", "-paid_date"], name="payment_account")]


class Incentive(Record):
    """A rebate, discount or support given to a customer for a period (A-08 guard 1)."""

    class Kind(models.TextChoices):
        REBATE = "REBATE", _("Rebate")
        DISCOUNT = "DISCOUNT", _("Discount")
        SUPPORT = "SUPPORT", _("Support")
        OTHER = "OTHER", _("Other")

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="incentives")
    kind = models.CharField(_("Kind"), max_length=8, choices=Kind, default=Kind.REBATE)
    amount = models.DecimalField(_("Amount"), max_digits=18, decimal_places=2)
    currency = models.CharField(max_length=3, default="CNY")
    start_date = models.DateField(_("From"))
    end_date = models.DateField(_("To"))
    reason = models.CharField(_("Reason"), max_length=300, blank=True)

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-start_date", "-id"]
        constraints = [models.CheckConstraint(condition=models.Q(end_date__gte=models.F("start_date")), name="incentive_period")]


class PaymentFinding(Record):
    """What we learned of how the customer pays its other suppliers 供应商付款情况 (B-07)."""

    ACCOUNT_PATH = "account"
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="payment_findings")
    supplier = models.CharField(_("Supplier"), max_length=120)
    finding = models.TextField(_("Finding"))
    is_bad = models.BooleanField(_("Pays badly"), default=False)
    source = models.CharField(_("Source"), max_length=200)
    as_of_date = models.DateField(_("As of"))

    objects = AccountScopedQuerySet.as_manager()

    class Meta:
        ordering = ["-as_of_date", "-id"]
