"""Settings, folders, disk: what surrounds the program."""

from __future__ import annotations

import os
import shutil
import stat
from datetime import datetime
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _

from dingke.config.life import tracing as traces
from dingke.config.life.doctor import Finding
from dingke.core import secret_text

SHORTEST_KEY = 32
LITTLE, TIGHT = 1_000_000_000, 5_000_000_000
MOST_NAMES = 3


def settings_in_force() -> list[Finding]:
    """Those that make an installation safe or unsafe."""
    found = [
        Finding("debug", _("Debugging"), "fail", _("on: pages show the inside of the program"), _("Unset DINGKE_DEBUG."))
        if settings.DEBUG
        else Finding("debug", _("Debugging"), "ok", _("off"))
    ]
    key = settings.SECRET_KEY
    if len(key) < SHORTEST_KEY or len(set(key)) < 10:
        text = _("too short or too simple: sessions could be forged")
        found.append(Finding("secret", _("Secret key"), "fail", text, _("Set DINGKE_SECRET_KEY to 50 random characters, or unset it.")))
    else:
        found.append(Finding("secret", _("Secret key"), "ok", _("set and long enough")))
    hosts = list(settings.ALLOWED_HOSTS)
    local = {"127.0.0.1", "localhost", "[::1]"}
    if "*" in hosts:
        mend = _("Name the hosts in DINGKE_HOSTS.")
        found.append(Finding("hosts", _("Host names"), "warn", _("every name is answered"), mend))
    elif set(hosts) <= local:
        mend = _("If colleagues are to reach it from other machines, name the host in DINGKE_HOSTS.")
        found.append(Finding("hosts", _("Host names"), "ok", _("this machine alone") + f" ({', '.join(hosts)})", mend))
    else:
        found.append(Finding("hosts", _("Host names"), "ok", ", ".join(hosts)))
    return found + _transport(reached=not set(hosts) <= local)


def _transport(*, reached: bool) -> list[Finding]:
    """HTTPS and the proxy before it."""
    if not settings.BEHIND_HTTPS:
        if not reached:
            return [Finding("https", "HTTPS", "ok", _("not needed on this machine alone"))]
        mend = _("Put a proxy with a certificate before it and set DINGKE_HTTPS=true and DINGKE_TRUSTED_PROXIES.")
        return [Finding("https", "HTTPS", "warn", _("off: passwords travel readable in the network"), mend)]
    if not settings.TRUSTED_PROXIES:
        mend = _("Name the addresses of the proxy in DINGKE_TRUSTED_PROXIES; nobody else may say where a request comes from.")
        return [Finding("https", "HTTPS", "warn", _("on, but no proxy is trusted: every caller looks like the proxy"), mend)]
    return [Finding("https", "HTTPS", "ok", _("on, behind %(proxies)s") % {"proxies": ", ".join(settings.TRUSTED_PROXIES)})]


def tracing() -> list[Finding]:
    """Whether what the settings ask for is installed; silent where they ask for nothing."""
    if not settings.OTEL_ENDPOINT:
        return []
    try:
        traces.check_installed()
    except traces.TracingNotInstalled as missing:
        mend = _("Install it from the same place as the product, then start again.")
        return [Finding("tracing", _("Tracing"), "fail", str(missing), mend)]
    return [Finding("tracing", _("Tracing"), "ok", _("to %(address)s") % {"address": traces.traces_endpoint(settings.OTEL_ENDPOINT)})]


def home() -> list[Finding]:
    """The home folder: writable, and nobody else reads the key."""
    folder = Path(settings.HOME)
    probe = folder / ".probe"
    try:
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        mend = _("Give the user of the system the right to write %(folder)s.") % {"folder": folder}
        return [Finding("home", _("Home folder"), "fail", f"{folder}: {error.strerror}", mend)]
    loose = [
        path
        for path in (folder / "secret_key", folder / "dingke.sqlite3", Path(settings.UPLOADS), Path(settings.BACKUP_FOLDER))
        if path.exists() and path.stat().st_mode & stat.S_IROTH and folder.stat().st_mode & stat.S_IXOTH
    ]
    if loose:
        names = ", ".join(path.name for path in loose)
        mend = _("Close the folder to others: chmod 700 %(folder)s") % {"folder": folder}
        return [Finding("home", _("Home folder"), "warn", _("others on this machine can read %(names)s") % {"names": names}, mend)]
    return [Finding("home", _("Home folder"), "ok", str(folder))]


def disk() -> list[Finding]:
    result = []
    places = {Path(settings.HOME), Path(settings.BACKUP_FOLDER) if Path(settings.BACKUP_FOLDER).exists() else Path(settings.HOME)}
    for folder in sorted(places):
        free = shutil.disk_usage(folder).free
        level = "fail" if free < LITTLE else "warn" if free < TIGHT else "ok"
        mend = "" if level == "ok" else _("Make room, or move %(folder)s to a larger disk.") % {"folder": folder}
        text = _("%(free)s GB free at %(folder)s") % {"free": f"{free / 1e9:.1f}", "folder": folder}
        result.append(Finding("disk", _("Disk"), level, text, mend))  # type: ignore[arg-type]
    if not (Path(__file__).resolve().parents[3] / "core" / "vendor_icons.json").exists():
        mend = _("In a checkout: make setup-run. Otherwise install the package again.")
        result.append(Finding("frontend", _("Front-end files"), "fail", _("missing"), mend))
    return result


def uploads() -> list[Finding]:
    """Files that a row names and that are not there, and files that no row names."""
    folder = Path(settings.UPLOADS)
    named: set[str] = set()
    kept: set[str] = set()
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, models.FileField):
                names = model._base_manager.exclude(**{field.name: ""}).order_by("pk").values_list(field.name, flat=True)
                found = {str(name) for name in names.iterator() if name}
                named |= found
                kept |= {name.split("/", 1)[0] for name in found if "/" in name}
    missing = sorted(name for name in named if not (folder / name).exists())
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} if folder.exists() else set()
    orphans = sorted(name for name in there - named if name.split("/", 1)[0] in kept)
    result = []
    if missing:
        text = _("%(number)s files that rows name are missing: %(names)s") % {
            "number": len(missing),
            "names": ", ".join(missing[:MOST_NAMES]),
        }
        mend = _("Bring them back from a backup, or check that every node sees the same folder of uploads.")
        result.append(Finding("files_missing", _("Uploaded files"), "fail", text, mend))
    if orphans:
        size = sum(os.stat(folder / name).st_size for name in orphans)
        text = _("%(number)s files (%(size)s MB) belong to no row: %(names)s") % {
            "number": len(orphans),
            "size": f"{size / 1e6:.1f}",
            "names": ", ".join(orphans[:MOST_NAMES]),
        }
        mend = _("They do no harm. Remove them from %(folder)s when you are sure.") % {"folder": folder}
        result.append(Finding("files_orphan", _("Uploaded files"), "warn", text, mend))
    return result or [Finding("files", _("Uploaded files"), "ok", _("%(number)s files, each known") % {"number": len(there)})]


def secrets() -> list[Finding]:
    """Whether addresses of bots and keys of webhooks open with the secret key of this installation."""
    what = _("Secrets")
    if found := secret_text.unreadable():
        names = ", ".join(f"{label} ({number})" for label, number in sorted(found.items()))
        mend = _(
            "They were stored with another secret key: name it in DINGKE_OLD_SECRET_KEYS, or enter the addresses of the bots and"
            " webhooks again and make new keys."
        )
        return [Finding("secrets", what, "fail", _("cannot be read: %(names)s") % {"names": names}, mend)]
    return [Finding("secrets", what, "ok", _("all can be read"))]


def directory(now: datetime) -> list[Finding]:
    """The organisation's directory, where one is set: reached, bound to, and not empty."""
    from dingke.people.queries import directory_source, ldap

    if not directory_source.is_set():
        return []
    what, url = _("Directory"), str(settings.LDAP["url"])
    try:
        number = ldap.count(directory_source.source(), now=now)
    except directory_source.DirectoryRefused as refusal:
        return [Finding("directory", what, "fail", f"{url}: {refusal.message}"[:300], _("Look at the DINGKE_LDAP_ settings."))]
    if not number:
        return [
            Finding("directory", what, "fail", _("%(url)s: nobody is found") % {"url": url}, _("Look at DINGKE_LDAP_BASE and _FILTER."))
        ]
    return [Finding("directory", what, "ok", _("%(url)s, people: %(number)s") % {"url": url, "number": f"{number:,}"})]
