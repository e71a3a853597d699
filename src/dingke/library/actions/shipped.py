"""Brings in what is shipped: playbooks/library/*.yaml. What the company changed stays as changed.

A newer shipped text becomes a new version where nobody changed the old one, else a proposed version that somebody may take over.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction
from django.db.models import Max

from dingke.core.lists import PLAYBOOKS
from dingke.library.actions.terms import terms_for
from dingke.library.calc.versions import TEXT_FIELDS, digest
from dingke.library.models import Entry, EntryTerms, EntryVersion, LadderLevel, Portrait

FOLDER = PLAYBOOKS / "library"
PROGRAM = "Dingke"


def read_entries(folder: Path = FOLDER) -> list[dict[str, Any]]:
    """Every shipped entry as a record of fields. ValueError on a code that stands twice."""
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    for file in sorted(folder.glob("*.yaml")):
        for group in yaml.safe_load(file.read_text(encoding="utf-8")).get("groups", []):
            for place, raw in enumerate(group["entries"], start=1):
                row = {**{name: value for name, value in group.items() if name != "entries"}, **raw}
                if row["code"] in seen:
                    raise ValueError(f"the shipped entry {row['code']} stands twice")
                seen.add(row["code"])
                rows.append({**_entry(row), "position": group.get("start", 0) + place * 10})
    return rows


def _entry(row: dict[str, Any]) -> dict[str, Any]:
    content = dict(row.get("content", {}))
    if row.get("parts"):
        content["parts"] = row["parts"]
    if row.get("source"):
        content["source"] = row["source"]
    return {
        "code": row["code"], "kind": row["kind"], "topic": row.get("topic", ""), "about": row.get("about", ""),
        "title_zh": row["zh"], "title_en": row["en"],
        "body_zh": (row.get("body_zh") or "").strip(), "body_en": (row.get("body_en") or "").strip(), "content": content,
        "industries": row.get("industries", []), "product_families": row.get("families", []), "stages": row.get("stages", []),
        "form": row.get("form", ""), "spin": row.get("spin", ""), "dimension": row.get("dimension", ""),
    }  # fmt: skip


@transaction.atomic
def load_shipped(*, now: datetime, folder: Path = FOLDER) -> int:
    """Returns how many entries came, were renewed or proposed. Run again without a new release it changes nothing."""
    wanted = read_entries(folder)
    known = {row.code: row for row in Entry.objects.filter(code__in=[row["code"] for row in wanted]).order_by("pk")}
    fresh = [row for row in wanted if row["code"] not in known]
    about = {row["code"]: row["about"] for row in wanted if row["about"]}
    made = [_new(row, now) for row in fresh]
    Entry.objects.bulk_create(made, batch_size=100)
    _keep_first_versions(made, now)
    by_code = {**known, **{row.code: row for row in made}}
    linked = [row for row in made if row.code in about]
    for row in linked:
        row.about = by_code[about[row.code]]
    Entry.objects.bulk_update(linked, ["about"], batch_size=100)
    changed = sum(_renew(known[row["code"]], row, now) for row in wanted if row["code"] in known)
    _load_products()
    return len(made) + changed


def _new(row: dict[str, Any], now: datetime) -> Entry:
    text = {name: row[name] for name in TEXT_FIELDS}
    return Entry(
        code=row["code"], kind=row["kind"], position=row["position"], **text, state=Entry.State.PUBLISHED, number=1, published_at=now,
        is_own=False, shipped_digest=digest(text),
    )  # fmt: skip


def _keep_first_versions(made: list[Entry], now: datetime) -> None:
    EntryVersion.objects.bulk_create(
        [_version(entry, {name: getattr(entry, name) for name in TEXT_FIELDS}, 1, EntryVersion.State.PUBLISHED, now) for entry in made],
        batch_size=100,
    )
    EntryTerms.objects.bulk_create([EntryTerms(entry_id=entry.pk, terms=terms_for(entry)) for entry in made], batch_size=100)


def _version(entry: Entry, text: dict[str, Any], number: int, state: str, now: datetime) -> EntryVersion:
    return EntryVersion(
        entry=entry, number=number, state=state, origin=EntryVersion.Origin.SHIPPED, text=text, by_name=PROGRAM, at=now,
        decided_at=now if state == EntryVersion.State.PUBLISHED else None,
    )  # fmt: skip


def _renew(entry: Entry, row: dict[str, Any], now: datetime) -> int:
    text = {name: row[name] for name in TEXT_FIELDS}
    newest = digest(text)
    if newest == entry.shipped_digest:
        return 0
    last = EntryVersion.objects.filter(entry=entry).aggregate(last=Max("number"))["last"] or 0
    entry.shipped_digest = newest
    if entry.is_changed or entry.state != Entry.State.PUBLISHED:
        # an older proposal of ours is out of date: the newest one takes its place
        EntryVersion.objects.filter(entry=entry, state=EntryVersion.State.PROPOSED, origin=EntryVersion.Origin.SHIPPED).update(
            state=EntryVersion.State.DECLINED, decided_at=now, decided_by_name=PROGRAM
        )
        _version(entry, text, last + 1, EntryVersion.State.PROPOSED, now).save()
        entry.save(update_fields=["shipped_digest"])
        return 1
    for name, value in text.items():
        setattr(entry, name, value)
    entry.number, entry.published_at = last + 1, now
    entry.version += 1
    entry.save()
    _version(entry, text, last + 1, EntryVersion.State.PUBLISHED, now).save()
    EntryTerms.objects.update_or_create(entry=entry, defaults={"terms": terms_for(entry)})
    return 1


def _load_products() -> None:
    """Ladder and portraits: added where missing; what stands there is the company's."""
    content = yaml.safe_load((FOLDER / "products.yaml").read_text(encoding="utf-8"))
    have = set(LadderLevel.objects.order_by().values_list("code", flat=True))
    LadderLevel.objects.bulk_create(
        [
            LadderLevel(
                code=row["code"],
                label_zh=row["zh"],
                label_en=row["en"],
                is_standard=row.get("is_standard", True),
                problems=row["problems"],
                families=row["families"],
                position=place * 10,
                is_own=False,
            )
            for place, row in enumerate(content["ladder"], start=1)
            if row["code"] not in have
        ]
    )
    rungs = {row.code: row for row in LadderLevel.objects.order_by("pk")}
    filled = set(Portrait.objects.order_by().values_list("family", flat=True))
    Portrait.objects.bulk_create(
        [
            Portrait(
                family=row["family"],
                family_en=row["en"],
                industries=row.get("industries", []),
                industry_zh=row.get("industry", {}).get("zh", ""),
                industry_en=row.get("industry", {}).get("en", ""),
                sales_below=Decimal(row["sales_below"]) if row.get("sales_below") else None,
                staff_below=row.get("staff_below"),
                operators=row.get("operators", []),
                needs=row.get("needs", []),
                values=row.get("values", []),
                ladder=rungs.get(row.get("ladder", "")),
                is_filled=row.get("is_filled", True),
                is_own=False,
                position=place * 10,
            )
            for place, row in enumerate(content["portraits"], start=1)
            if row["family"] not in filled
        ]
    )
