from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Release",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.CreateModel(
            name="Beat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("WEB", "Web server"), ("WORKER", "Worker"), ("SCHEDULER", "Scheduler")], max_length=12
                    ),
                ),
                ("host", models.CharField(max_length=120)),
                ("process", models.PositiveIntegerField()),
                ("version", models.CharField(max_length=40)),
                ("started_at", models.DateTimeField()),
                ("beat_at", models.DateTimeField()),
            ],
            options={"ordering": ["kind", "host", "process", "id"]},
        ),
        migrations.CreateModel(
            name="DutyRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True)),
                ("holder", models.CharField(blank=True, max_length=160)),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("error", models.TextField(blank=True)),
            ],
            options={"ordering": ["name"]},
        ),
    ]
