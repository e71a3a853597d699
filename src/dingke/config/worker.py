"""One job worker: takes jobs from the queue, one after another, until it is told to stop."""

from __future__ import annotations

import os


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dingke.config.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from dingke.config.life import beats, tracing
    from dingke.config.models import Beat

    tracing.start("worker")
    with beats.beating(Beat.Kind.WORKER):
        call_command("db_worker", interval=0.3, reload=False, startup_delay=False)


if __name__ == "__main__":
    main()
