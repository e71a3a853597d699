import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("insights", "0004_assessments"),
    ]

    operations = [
        migrations.CreateModel(
            name="Backtest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("by_name", models.CharField(blank=True, max_length=150)),
                ("as_of_date", models.DateField()),
                ("settings", models.JSONField(default=dict)),
                ("result", models.JSONField(default=dict)),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.CreateModel(
            name="BacktestCase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(max_length=40)),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("RIGHT", "Warned, and rightly"),
                            ("FALSE_ALARM", "Warned, but it went on buying"),
                            ("CAUGHT", "Lost, and warned of before"),
                            ("MISSED", "Lost without a warning"),
                        ],
                        max_length=12,
                    ),
                ),
                ("on_date", models.DateField()),
                ("lead_days", models.IntegerField(null=True)),
                (
                    "account",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="backtest_cases", to="accounts.account"),
                ),
                (
                    "backtest",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="cases", to="insights.backtest"),
                ),
            ],
            options={
                "ordering": ["-on_date", "id"],
                "indexes": [models.Index(fields=["backtest", "rule", "what", "-on_date"], name="backtest_case")],
            },
        ),
    ]
