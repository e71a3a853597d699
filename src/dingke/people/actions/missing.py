"""People of the system that a whole list does not name: what becomes of each, and, when it was chosen, the closing of their sign-ins.

What they own stays with them; the result tells how many customers wait for a hand-over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from dingke.core import access
from dingke.core.importing.outcomes import Absent, Batch, Outcome, Said, said, updated
from dingke.core.links import link_to
from dingke.core.models import ImportChange, ImportFailure, ImportRun
from dingke.core.reasons import Sentences
from dingke.people.actions.users import deactivate_user
from dingke.people.calc import Role
from dingke.people.models import User
from dingke.people.queries.directory import account_counts

KEEP, CLOSE, CLOSE_MANY = "KEEP", "CLOSE", "CLOSE_MANY"
DIRECTORY = "directory"  # a run whose list is the organisation's directory
SENTENCES = Sentences(
    {
        "OUTSIDE": ("Is marked as outside or service account and stays.", "已标记为外部或服务账号，予以保留。"),
        "SELF": ("This is you; you stay.", "这是您本人，予以保留。"),
        "LAST": ("Is the last administrator and stays.", "是最后一位管理员，予以保留。"),
        "CLOSES": ("The sign-in is closed. Customers that wait for a hand-over: {accounts}.", "停用登录。待移交客户：{accounts} 个。"),
        "STAYS": ("Is not named and stays as it is. Customers: {accounts}.", "名单中没有，保持不变。名下客户：{accounts} 个。"),
        "ROWS_FAILED": (
            "Nobody was closed: rows failed ({failed}), and whoever they mean would count as missing.",
            "未停用任何人员：有 {failed} 行失败，这些行对应的人员会被误判为缺失。",
        ),
        "NOBODY_NAMED": ("Nobody was closed: the list names nobody.", "未停用任何人员：名单中没有任何人员。"),
        "TOO_MANY": (
            "Nobody was closed: {number} of {staff} people would be, more than {most}%. Choose to close many if that is right.",
            "未停用任何人员：将停用 {number} 人（共 {staff} 人），超过 {most}%。如确实如此，请选择“允许大量停用”。",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Fate:
    """A person who is not named; `kept` says why the sign-in stays open all the same."""

    user: User
    accounts: int
    kept: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """Who would be closed, who stays and why, and what keeps anybody from being closed."""

    fates: Sequence[Fate]
    refusal: Said | None = None

    @property
    def closing(self) -> list[Fate]:
        return [fate for fate in self.fates if not fate.kept]


def choice(batch: Batch) -> str:
    chosen = str(batch.options.get("missing", KEEP))
    return chosen if chosen in {CLOSE, CLOSE_MANY} else KEEP


def plan(batch: Batch, *, failed: int) -> Plan:
    """Judges everybody whom the run has not marked as named. Of the directory only people who came from it can be missing."""
    label = User._meta.label_lower
    named = set(ImportChange.objects.filter(run_id=batch.run_id, target=label).order_by().values_list("target_id", flat=True))
    staff = User.objects.filter(is_active=True).order_by("pinyin", "pk")
    if batch.options.get("source") == DIRECTORY:
        staff = staff.exclude(directory_id="")
    people = list(staff)
    absent = [user for user in people if user.pk not in named]
    administrators = set(User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).order_by().values_list("pk", flat=True))
    numbers = account_counts(user.pk for user in absent)
    fates = []
    for user in absent:
        kept = "OUTSIDE" if user.is_outside else "SELF" if user.pk == batch.by.user_id else ""
        if not kept and administrators == {user.pk}:
            kept = "LAST"
        if not kept:
            administrators.discard(user.pk)
        fates.append(Fate(user, numbers.get(user.pk, 0), kept))
    found = Plan(fates)
    number, most = len(found.closing), settings.CLOSE_AT_MOST
    counted = sum(not user.is_outside for user in people)
    if not named and number:
        return Plan(fates, said(SENTENCES, "NOBODY_NAMED"))
    if failed and number:
        return Plan(fates, said(SENTENCES, "ROWS_FAILED", failed=failed))
    if choice(batch) != CLOSE_MANY and number > max(1, counted * most / 100):
        return Plan(fates, said(SENTENCES, "TOO_MANY", number=number, staff=counted, most=most))
    return found


def absent_people(batch: Batch) -> list[Absent]:
    """The same for a page that looks before it writes."""
    access.needs(batch.by, "people.edit").enforce()
    found = plan(batch, failed=int(batch.options.get("failed_rows", 0)))
    closes = choice(batch) != KEEP and found.refusal is None
    rows = []
    for fate in found.fates:
        code = fate.kept or ("CLOSES" if closes else "STAYS")
        params = {} if fate.kept else {"accounts": fate.accounts}
        href = link_to("accounts:handover_plan", fate.user.pk) if fate.accounts else link_to("people:person", fate.user.pk)
        rows.append(Absent(fate.user.name, said(SENTENCES, code, **params), href))
    if choice(batch) != KEEP and found.refusal is not None:
        rows.insert(0, Absent("", found.refusal))
    return rows


@transaction.atomic
def close_missing(batch: Batch) -> list[Outcome]:
    """Ends a run over people: closes whom it does not name when that was chosen, and takes the marks away. Told in
    `options["absent"]` of the run; a run that is finished twice does nothing the second time."""
    access.needs(batch.by, "people.edit").enforce()
    run = ImportRun.objects.select_for_update().get(pk=batch.run_id or 0)
    waiting = run.files.filter(target="people").filter(Q(rows_total=None) | Q(rows_done__lt=F("rows_total")))
    if "absent" in run.options or waiting.exists():
        return []
    outcomes: list[Outcome] = []
    result: dict[str, Any] = {}
    if choice(batch) != KEEP:
        failed = ImportFailure.objects.filter(file__run=run, file__target="people").count()
        found = plan(batch, failed=failed)
        kept = [{"name": fate.user.name, "why": list(said(SENTENCES, fate.kept))} for fate in found.fates if fate.kept]
        result = {"closed": [], "kept": kept, "accounts": 0, "refused": list(found.refusal or ())}
        for fate in found.closing if found.refusal is None else []:
            deactivate_user(user=fate.user, by=batch.by, now=batch.now)
            outcomes.append(updated(fate.user, {"is_active": [True, False]}))
            result["closed"].append({"id": fate.user.pk, "name": fate.user.name, "accounts": fate.accounts})
            result["accounts"] += fate.accounts
    run.options = {**run.options, "absent": result}
    run.save(update_fields=["options"])
    ImportChange.objects.filter(run=run, target=User._meta.label_lower, is_created=False, before={}).delete()
    return outcomes
