"""Keeps the database of this release: a small backup of part of the demonstration company, from which every later version must upgrade.

Run it once when a version is released: it writes src/dingke/config/tests/releases/<version>.dingke and never replaces one.
"""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "src" / "dingke" / "config" / "tests" / "releases"
ACCOUNTS, LARGEST = 16, 300_000


def main() -> int:
    os.environ["DINGKE_HOME"] = tempfile.mkdtemp(prefix="dingke-release-")
    os.environ.pop("DINGKE_DATABASE_URL", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "dingke.config.settings"
    sys.path.insert(0, str(ROOT / "src"))
    import django

    django.setup()
    import dingke

    file = FOLDER / f"{dingke.__version__}.dingke"
    if file.exists():
        print(f"{file} is there: a kept release is not changed")
        return 1
    from dingke.config import installation
    from dingke.config.demo import build
    from dingke.config.life.backup import back_up

    installation.prepare()
    build.build_demo(today=date(2026, 9, 30))
    _shrink()
    made = back_up(output=file, now=datetime.now(UTC), note=f"release {dingke.__version__}")
    file.chmod(0o644)
    print(f"{file.relative_to(ROOT)}: {made['rows']} rows, {made['size']} bytes")
    if made["size"] > LARGEST:
        file.unlink()
        print(f"larger than {LARGEST} bytes: keep fewer accounts")
        return 1
    return 0


def _shrink() -> None:
    """Some accounts, and what hangs on them."""
    from dingke.accounts.models import Account
    from dingke.core.models import AuditEntry, OutboxEvent

    kept = set(Account.objects.order_by("pk").values_list("pk", flat=True)[:ACCOUNTS])
    gone = Account.objects.exclude(pk__in=kept)
    gone.filter(parent__isnull=False).update(parent=None)
    gone.delete()
    AuditEntry.objects.exclude(account_id__in=kept).delete()
    newest = OutboxEvent.objects.order_by("-pk").values_list("pk", flat=True)[:200]
    OutboxEvent.objects.exclude(pk__in=list(newest)).delete()


if __name__ == "__main__":
    raise SystemExit(main())
