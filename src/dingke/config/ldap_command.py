"""`dingke ldap`: people and teams from the organisation's directory, looked at or brought in."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from dingke.config.console import REFUSED, AsJson, Shown, bar, fail, prepared, screen, show, speak

SHOWN = 200


def ldap(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")] = False,
    allow_many: Annotated[bool, typer.Option("--allow-many", help="Also when more people than usual would be closed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Bring people and teams from the organisation's directory (LDAP), set by the DINGKE_LDAP_ settings.

    Exit code 2 when the directory cannot be read or too many people would be closed: nothing is changed then.
    """
    prepared()
    speak()
    from django.utils import timezone

    from dingke.core.errors import Refusal
    from dingke.core.scope import Scope
    from dingke.people.actions import directory_sync

    by, now = Scope.system(), timezone.now()
    try:
        with bar() as progress:
            tell = Shown(progress, "directory").tell
            if dry_run:
                found = directory_sync.look(by=by, now=now, many=allow_many, tell=tell)
            else:
                run = directory_sync.synchronise(by=by, now=now, many=allow_many, tell=tell)
    except Refusal as refusal:
        fail(refusal.message, REFUSED)
    if not dry_run:
        show({"run": run.pk, **run.counts["total"]}, as_json)
    elif as_json:
        show(found, as_json)
    else:
        _print(found)


def _print(found: dict[str, Any]) -> None:
    from django.utils.translation import get_language
    from django.utils.translation import gettext as _

    place = 1 if (get_language() or "").startswith("zh") else 0
    words = {"created": _("new"), "updated": _("changed"), "failed": _("not taken")}
    table = Table(_("Person"), _("Sign-in name"), _("What happens"), _("In detail"))
    for one in found["absent"]:
        table.add_row(one["name"], "", _("not in the directory"), one["says"][place])
    changing = [one for one in found["people"] if one["what"] in words]
    for one in changing[:SHOWN]:
        table.add_row(one["name"], one["username"], words[one["what"]], "\n".join(said[place] for said in one["says"]))
    if changing or found["absent"]:
        screen.print(table)
    if len(changing) > SHOWN:
        screen.print(_("and %(n)s more") % {"n": len(changing) - SHOWN}, highlight=False)
    show(found["counts"], False)
