"""What the API reads: pages of opportunities, and codes turned into rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from dingke.accounts.queries.account import account_for
from dingke.core import company
from dingke.core.errors import Invalid
from dingke.core.paging import Page, indexed_page
from dingke.core.scope import Scope
from dingke.people import queries as people
from dingke.people.models import User
from dingke.pipeline.models import Opportunity, PlaybookVersion
from dingke.pipeline.queries.list import as_rows
from dingke.pipeline.queries.list_filter import DealFilter, filtered
from dingke.pipeline.queries.opportunity import opportunity_for
from dingke.pipeline.queries.playbooks import offered_versions, version_for_family

PLAIN = (
    "id", "version", "name", "account_id", "owner_id", "stage", "stage_since", "state", "unit", "mode", "product_family", "currency",
    "probability", "forecast", "opened_date", "expected_date", "next_step", "next_step_date", "open_question", "ended_date",
    "recheck_date", "external_key", "created_at", "updated_at", "archived_at",
)  # fmt: skip
AMOUNTS = ("amount", "won_amount")


def opportunity_records(
    scope: Scope, wanted: DealFilter, *, today: date, size: int, cursor: str | None, names: Sequence[str]
) -> Page[dict[str, Any]]:
    """Opportunities by their id, with the named fields, field rights applied: two queries."""
    rows = filtered(scope, wanted, today=today).select_related("account", "owner", "playbook_version__playbook", "end_reason", "lost_to")
    page = indexed_page(rows, field="id", nullable=False, size=size, cursor=cursor)
    return Page(_records(scope, page.items, names, today=today), page.next_cursor)


def opportunity_record(scope: Scope, opportunity_id: int, *, names: Sequence[str], today: date) -> dict[str, Any]:
    """One opportunity as `opportunity_records` gives it, archived ones included. Raises `NotVisible`."""
    return _records(scope, [opportunity_for(scope, opportunity_id)], names, today=today)[0]


def _records(scope: Scope, deals: Sequence[Opportunity], names: Sequence[str], *, today: date) -> list[dict[str, Any]]:
    hides = scope.hides("amount")
    found = []
    for row in as_rows(deals, today=today):
        deal = row.deal
        record: dict[str, Any] = {name: getattr(deal, name) for name in PLAIN}
        for name in AMOUNTS:
            amount = getattr(deal, name)
            record[name] = None if hides or amount is None else str(amount)
        record |= {
            "account": deal.account.shown_name if deal.account else None,
            "owner": str(deal.owner),
            "playbook": deal.playbook_version.playbook.code,
            "playbook_version": deal.playbook_version.number,
            "stage_name": row.stage,
            "end_reason": deal.end_reason.code if deal.end_reason else None,
            "lost_to": deal.lost_to.name if deal.lost_to else None,
        }
        found.append({name: record[name] for name in names})
    return found


def opportunity_values(scope: Scope, sent: Mapping[str, Any]) -> tuple[dict[str, Any], PlaybookVersion, User | None]:
    """What was sent as the action wants it: facts, the playbook's version, the owner. Raises `Invalid`, `NotVisible`."""
    values = {name: value for name, value in sent.items() if name not in {"account_id", "owner_id", "playbook"}}
    values["currency"] = values.get("currency") or company.currency()
    account_id, owner_id, code = sent.get("account_id"), sent.get("owner_id"), sent.get("playbook", "")
    if account_id is not None:
        values["account"] = account_for(scope, account_id)
    owner = None
    if owner_id is not None:
        owner = people.user_by_id(owner_id)
        if owner is None:
            raise Invalid(_("There is no such person."), fields={"owner_id": _("There is no such person.")})
    if code:
        version = next((one for one in offered_versions() if one.playbook.code == code), None)
    else:
        version = version_for_family(values.get("product_family", ""))
    if version is None:
        raise Invalid(_("There is no such published playbook."), fields={"playbook": _("There is no such published playbook.")})
    return values, version, owner
