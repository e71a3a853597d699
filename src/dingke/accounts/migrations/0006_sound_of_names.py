"""Search rows of accounts learn the sound of the name's matching form, which the duplicate check asks for as a whole."""

from django.db import migrations

from dingke.core.search_keys import SOUND, pinyin_forms

BATCH = 500


def add(apps, schema_editor):
    entries = apps.get_model("accounts", "SearchEntry").objects.filter(kind="account").select_related("account").order_by("pk")
    last = 0
    while rows := list(entries.filter(pk__gt=last)[:BATCH]):
        last = rows[-1].pk
        changed = []
        for row in rows:
            sound = pinyin_forms(row.account.name_key)[0]
            if sound and SOUND not in row.terms:
                row.terms = f"{row.terms} {SOUND}{sound}"
                changed.append(row)
        entries.model.objects.bulk_update(changed, ["terms"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_duplicates")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
