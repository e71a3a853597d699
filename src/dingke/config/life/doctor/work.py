"""Work: living processes, the queue, what was set aside, and the last backup."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from dingke.config.life import beats
from dingke.config.life.doctor import Finding
from dingke.config.models import Beat, DutyRun
from dingke.core import outbox
from dingke.core.models import Job, OutboxEvent

OLD_QUEUE, STUCK_QUEUE = timedelta(minutes=5), timedelta(hours=1)
OLD_BACKUP, NO_BACKUP = timedelta(hours=36), timedelta(days=7)


def processes(now: datetime) -> list[Finding]:
    living = beats.living(now=now)
    result = []
    for kind, mend in (
        (Beat.Kind.WEB, _("Start `dingke up`, or `dingke web`.")),
        (Beat.Kind.WORKER, _("Start `dingke up`, or `dingke worker`: jobs wait until then.")),
        (Beat.Kind.SCHEDULER, _("Start `dingke up`, or `dingke scheduler`: reminders, rules and backups wait until then.")),
    ):
        found = [beat for beat in living if beat.kind == kind]
        names = ", ".join(f"{beat.host}:{beat.process}" for beat in found)
        code = f"process_{kind.lower()}"
        if found:
            result.append(Finding(code, str(kind.label), "ok", names))
        else:
            result.append(Finding(code, str(kind.label), "warn", _("none is running"), mend))
    versions = {beat.version for beat in living}
    if len(versions) > 1:
        text = _("different versions run side by side: %(names)s") % {"names": ", ".join(sorted(versions))}
        result.append(Finding("versions", _("Versions"), "fail", text, _("Stop the older processes and start them with the new version.")))
    failed = [run.name for run in DutyRun.objects.exclude(error="").order_by("name")]
    if failed:
        text = _("the last run of %(names)s failed") % {"names": ", ".join(failed)}
        result.append(Finding("duties", _("Work by the clock"), "warn", text, _("The log of the scheduler says why.")))
    return result


def queue(now: datetime) -> list[Finding]:
    waiting = Job.objects.filter(state=Job.State.WAITING).order_by("created_at")
    oldest = waiting.first()
    if oldest is None:
        return [Finding("queue", _("Queue"), "ok", _("empty"))]
    age = now - oldest.created_at
    text = _("%(number)s jobs wait, the oldest for %(minutes)s minutes") % {
        "number": waiting.count(),
        "minutes": int(age.total_seconds() // 60),
    }
    level = "fail" if age > STUCK_QUEUE else "warn" if age > OLD_QUEUE else "ok"
    mend = "" if level == "ok" else _("Start more workers (`dingke worker`), or see which job holds them.")
    return [Finding("queue", _("Queue"), level, text, mend)]  # type: ignore[arg-type]


def parked() -> list[Finding]:
    number = Job.objects.filter(state=Job.State.FAILED).count()
    if not number:
        return [Finding("jobs", _("Background jobs"), "ok", _("none was set aside"))]
    text = _("%(number)s failed and were set aside") % {"number": number}
    return [Finding("jobs", _("Background jobs"), "warn", text, _("Under Settings, System: try them again or give them up."))]


def events(now: datetime) -> list[Finding]:
    """Whether events are handed over, and none had to be set aside."""
    what = _("Events")
    if number := outbox.set_aside():
        text = _("%(number)s could not be handed over and were set aside") % {"number": number}
        return [Finding("outbox", what, "fail", text, _("The log of the scheduler says why. They are tried again once a day."))]
    oldest = OutboxEvent.objects.filter(delivered_at=None).order_by("pk").first()
    if oldest is None or now - oldest.at < OLD_QUEUE:
        return [Finding("outbox", what, "ok", _("handed over"))]
    minutes = int((now - oldest.at).total_seconds() // 60)
    text = _("the oldest has waited for %(minutes)s minutes") % {"minutes": minutes}
    return [Finding("outbox", what, "warn", text, _("Start `dingke up`, or `dingke scheduler`: webhooks wait until then."))]


def last_backup(now: datetime) -> list[Finding]:
    """The newest whole file in the folder, and the newest backup that a worker made, wherever its folder is."""
    what = _("Backups")
    moments = [datetime.fromtimestamp(file.stat().st_mtime, tz=now.tzinfo) for file in Path(settings.BACKUP_FOLDER).glob("*.dingke")]
    job = Job.objects.filter(kind="backup", state=Job.State.DONE, finished_at__isnull=False).order_by("-finished_at").first()
    if job is not None and job.finished_at is not None:
        moments.append(job.finished_at)
    mend = _("Run `dingke backup`, and keep the files on another machine. With a scheduler one is made every night (DINGKE_BACKUP_AT).")
    if not moments:
        return [Finding("backup", what, "warn", _("there is none yet"), mend)]
    newest = max(moments)
    age = now - newest
    text = _("the last one is of %(moment)s") % {"moment": timezone.localtime(newest).strftime("%Y-%m-%d %H:%M")}
    level = "fail" if age > NO_BACKUP else "warn" if age > OLD_BACKUP else "ok"
    return [Finding("backup", what, level, text, "" if level == "ok" else mend)]  # type: ignore[arg-type]
