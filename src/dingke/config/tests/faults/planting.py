"""A company whose every text is an attack: run as a program on an empty home, it prints the pages to open as JSON.

Every text field that people or files can fill is filled with markup that would run, or at least show as an element, if any page put
it out unescaped. A new text field is planted by itself; what is no text of people stands in CODES.
"""

from __future__ import annotations

import json
import os
import sys
from html.parser import HTMLParser
from typing import Any

MARK = "planted"
LONG = f'"\'><img src=/x {MARK} onerror="window.{MARK}=1"><script>window.{MARK}=1</script><b {MARK}>'
MIDDLE = f"\"'><b {MARK} onclick=window.{MARK}=1>"
SHORT = f"'\"><b {MARK}>"
ALIVE = (LONG, MIDDLE, SHORT)
SUFFIX = 5  # room for the number of the row, where texts must differ
ADDRESS = f"javascript:window.{MARK}=1//"

# text columns that hold a code of the program, a key or a digest: nobody writes words there
CODES = {
    "insights.ScoreRun": {"formula_version", "holder"},
    "insights.GuardDecision": {"guard"},
    "accounts.SearchEntry": {"kind"},
    "accounts.Todo": {"source"},
    "accounts.DossierEntry": {"field"},
    "accounts.Question": {"field"},
    "accounts.HandoverRow": {"part"},
    "pipeline.Opportunity": {"stage"},
    "pipeline.StageSpell": {"stage"},
    "pipeline.StepRun": {"stage", "step"},
    "pipeline.GateWaiver": {"stage", "condition"},
    "qualification.DemoBlock": {"structure", "form"},
    "qualification.ValueLine": {"lever"},
    "qualification.Amplification": {"item"},
    "qualification.RedFlag": {"code"},
    "qualification.Objection": {"stage", "standard", "timing_reason"},
    "approvals.FlowVersion": {"kind"},
    "approvals.Approval": {"kind"},
    "notices.Notice": {"kind", "subject", "key"},
    "notices.Preference": {"kind", "mail"},
    "notices.Rhythm": {"time_zone"},
    "people.User": {"password", "username", "language", "theme"},
    "people.Team": {"path"},
    "people.ApiToken": {"start", "digest", "last_used_address"},
    "people.RequestCount": {"caller"},
    "people.SharedCache": {"cache_key", "value"},
    "core.AuditEntry": {"action", "target", "trace_id"},
    "core.OutboxEvent": {"name"},
    "core.Job": {"kind", "trace_id"},
    "core.ListItem": {"list_code", "code"},
    "core.Setting": {"key"},
    "core.CustomField": {"target", "key"},
    "core.SavedView": {"page"},
    "core.ImportFile": {"file", "target"},
    "core.ImportChange": {"target"},
    "core.MappingMemory": {"target", "headers_key"},
    "core.StagedRow": {"kind", "key"},
    "core.IdempotencyKey": {"key", "digest"},
}
ADDRESSES = {("accounts.Account", "website"), ("approvals.Approval", "link"), ("notices.Notice", "link")}
# texts of people inside JSON
INSIDE: dict[tuple[str, str], Any] = {
    ("accounts.Account", "custom"): {"plants": LONG},
    ("accounts.Contact", "custom"): {"role": LONG},
    ("accounts.Nomination", "tests"): {"LARGE_SALES": {"answer": "YES", "words": LONG}},
    ("accounts.Nomination", "features"): {"STABILITY": {"answer": "YES", "words": LONG}},
    ("core.AuditEntry", "changes"): {"name": [LONG, LONG], "phone": ["", LONG]},
    ("core.ImportFailure", "values"): {"客户": LONG, LONG: LONG},
    ("core.SavedView", "query"): {"text": LONG, LONG: LONG},
}


def text_for(texts: tuple[str, ...], length: int | None) -> str | None:
    """The strongest attack that fits."""
    return next((text for text in texts if length is None or len(text) <= length), None)


class Elements(HTMLParser):
    """Whether a planted text became an element, or an address that runs."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if MARK in values or any((values.get(name) or "").lower().startswith("javascript:") for name in ("href", "src", "action")):
            self.found.append(self.get_starttag_text() or tag)


def planted_elements(html: str) -> list[str]:
    parser = Elements()
    parser.feed(html)
    return parser.found


def plant(texts: tuple[str, ...] = ALIVE) -> int:
    """Fills every text of people in every row with the first of the texts that fits; answers how many columns."""
    from django.apps import apps
    from django.db import IntegrityError, transaction
    from django.db.models import CharField, JSONField, TextField

    columns = 0
    for model in apps.get_models():
        if not model.__module__.startswith("dingke.") or model.__module__.startswith("dingke.config."):
            continue
        label = model._meta.label
        for column in model._meta.concrete_fields:
            name = column.name
            if isinstance(column, JSONField):
                if (label, name) in INSIDE:
                    columns += 1
                    model.objects.update(**{name: INSIDE[label, name]})
                continue
            if not isinstance(column, (CharField, TextField)) or column.choices or name in CODES.get(label, ()):
                continue
            text = ADDRESS if (label, name) in ADDRESSES else text_for(texts, column.max_length and column.max_length - SUFFIX)
            if text is None:
                continue
            columns += 1
            try:
                with transaction.atomic():
                    model.objects.update(**{name: text})
            except IntegrityError:  # one of its kind
                for key in model.objects.values_list("pk", flat=True):
                    model.objects.filter(pk=key).update(**{name: f"{text}{key}"})
    return columns


def fill(things: Any) -> None:
    """One thing of every kind on the owner's account, a few accounts more, and a score run over their orders."""
    from datetime import date, timedelta

    from dingke.accounts.models import Account, Collaborator, Tag
    from dingke.accounts.tests.factories import NOW, TODAY, make_account
    from dingke.config.tests.test_rights import MAKERS
    from dingke.core.models import CustomField, ImportFailure
    from dingke.core.scope import Scope
    from dingke.insights.actions import run_scores
    from dingke.ledger.tests.factories import make_order

    for name in MAKERS:
        things.of(name)
    cast = things.cast
    accounts = [things.account, *(make_account(owner=cast.owner.user) for _number in range(4)), make_account()]
    for number, account in enumerate(accounts):
        for month in range(6):
            make_order(account, amount=f"{1000 * (number + 1)}.00", cost="600.00", on=TODAY - timedelta(days=30 * month + number))
    CustomField.objects.create(target="contact", key="role", label_zh="角色", label_en="Role")
    ImportFailure.objects.create(file_id=things.of("file_id"), row_number=2, values=["a"], reason_zh="x", reason_en="x")
    things.account.tags.add(Tag.objects.get(pk=things.of("tag_id")))
    Collaborator.objects.create(account=things.account, user=cast.colleague.user, added_at=NOW)
    Account.objects.filter(pk=things.account.pk).update(lifecycle_stage="NEW", stage_since=date(2020, 1, 1))
    run_scores(by=Scope.system(), now=NOW, as_of=TODAY)


def pages_of(things: Any) -> tuple[list[dict[str, str]], list[str]]:
    """Every page with the sign-in of somebody who may open it; and those that broke, or where a planted or sent text is an element."""
    from dingke.config.tests.test_rights import OPEN, PAGES

    people = things.cast.people()
    found: list[dict[str, str]] = []
    bad: list[str] = []
    for route in PAGES:
        if route.name in OPEN or route.door is None or "GET" not in route.door["methods"]:
            continue
        url = route.filled({name: things.of(name) for name in route.parameters})
        for who in ("owner", "director", "administrator", "finance"):
            client = people[who].client
            client.raise_request_exception = False
            answer = client.get(url)
            if answer.status_code >= 500:
                bad.append(f"{url}: {answer.status_code}")
            if answer.status_code != 200:
                continue
            if answer["Content-Type"].startswith("text/html"):
                found.append({"session": client.cookies["sessionid"].value, "url": url})
                for html in (answer, client.get(url, dict.fromkeys(SENT, LONG)), client.get(url, headers={"HX-Request": "true"})):
                    bad += [f"{url}: {element}" for element in planted_elements(html.content.decode())]
            break
    return found, bad


SENT = ("q", "text", "next", "sort", "cursor", "tab", "view", "kind", "owner", "period", "start", "end")


def main() -> None:
    import django

    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS.append("testserver")
    from dingke.accounts.tests.factories import make_account
    from dingke.config import installation
    from dingke.config.tests.test_rights import Things
    from dingke.conftest import make_cast

    installation.prepare()
    installation.collect_static()
    cast = make_cast()
    things = Things(cast, make_account("江州重工集团有限公司", owner=cast.owner.user, short_name="江州重工", city="厦门"))
    fill(things)
    columns = plant()
    pages, bad = pages_of(things)
    print(json.dumps({"columns": columns, "pages": pages, "bad": bad}))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dingke.config.settings")
    sys.exit(main())
