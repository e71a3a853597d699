"""What was paid on an invoice is kept on it; filled here from the payments there are."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import migrations, models
from django.db.models import OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Round


def fill(apps: Any, schema_editor: Any) -> None:
    payments = apps.get_model("ledger", "Payment").objects.using(schema_editor.connection.alias)
    paid = (
        payments.filter(receivable=OuterRef("pk"), archived_at__isnull=True)
        .order_by()
        .values("receivable")
        .annotate(total=Round(Sum("amount"), precision=2))
        .values("total")
    )
    value = Coalesce(Subquery(paid), Value(Decimal(0)), output_field=models.DecimalField(max_digits=18, decimal_places=2))
    apps.get_model("ledger", "Receivable").objects.using(schema_editor.connection.alias).update(paid_amount=value)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="receivable",
            name="paid_amount",
            field=models.DecimalField(decimal_places=2, default=0, editable=False, max_digits=18, verbose_name="Paid"),
        ),
        migrations.AddIndex(
            model_name="receivable",
            index=models.Index(
                condition=models.Q(("amount__gt", models.F("paid_amount")), ("archived_at__isnull", True)),
                fields=["due_date", "id"],
                name="receivable_open",
            ),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
