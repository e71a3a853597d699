"""The API's door to accounts and contacts."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from ninja import Router, Status

from dingke.accounts.actions import account as actions
from dingke.accounts.models import Account, Contact
from dingke.accounts.queries import account as account_queries
from dingke.accounts.queries import api as api_queries
from dingke.accounts.queries import list_filter, search
from dingke.accounts.queries.contacts import contacts_of, shown_way
from dingke.accounts.schemas import AccountIn, AccountOut, AccountPatch, ContactOut, HitOut
from dingke.core.doors import DoorRequest
from dingke.core.rest import PageOf, ProblemOut, checked_size, page_answer, record_answer, wanted_fields, write_once
from dingke.core.scope import Scope

router = Router(tags=["accounts"])
PROBLEMS = {401: ProblemOut, 403: ProblemOut, 404: ProblemOut, 409: ProblemOut, 422: ProblemOut}


def _written(scope: Scope, account: Account) -> dict[str, Any]:
    """The record of an account that was just written."""
    record = api_queries.account_record(scope, account.pk, names=wanted_fields(AccountOut, ""))
    return AccountOut(**record).model_dump(mode="json")


@router.get("/", response={200: PageOf, **PROBLEMS})
def list_accounts(
    request: DoorRequest, cursor: str = "", size: int = 50, fields: str = "", text: str = "", abc: str = "", key: str = "", owner: str = ""
) -> HttpResponse:
    """Visible accounts in the order of their names. `abc` takes classes separated by commas, `owner` "mine", "teams", "none" or ids."""
    params = {"text": text, "abc": abc.split(",") if abc else [], "key": key, "owner": owner.split(",") if owner else []}
    filters = list_filter.filter_from(params, request.scope)
    names = wanted_fields(AccountOut, fields)
    page = api_queries.account_records(
        request.scope, filters, today=timezone.localdate(), size=checked_size(size), cursor=cursor or None, names=names
    )
    return page_answer(page)


@router.post("/", response={201: AccountOut, **PROBLEMS})
def create_account(request: DoorRequest, body: AccountIn) -> Status[Any]:
    """Creates an account that belongs to the caller. Send an Idempotency-Key so that a repeated request writes once."""

    def write() -> tuple[int, dict[str, Any]]:
        values = api_queries.account_values(request.scope, body.model_dump(exclude={"tags"}))
        account = actions.create_account(values=values, tags=body.tags, by=request.scope, now=timezone.now())
        return 201, _written(request.scope, account)

    return write_once(request, write)


@router.get("/search", response={200: list[HitOut], **PROBLEMS})
def search_accounts(request: DoorRequest, q: str, limit: int = 20) -> list[dict[str, Any]]:
    """Accounts and contacts by name, pinyin, initials, phone or tax id."""
    hits = search.search(request.scope, q, limit=checked_size(limit))
    return [
        HitOut(kind=hit.kind, object_id=hit.object_id, account_id=hit.account_id, title=hit.title, subtitle=hit.subtitle).model_dump()
        for hit in hits
    ]


@router.get("/{int:account_id}", response={200: dict[str, Any], **PROBLEMS})
def get_account(request: DoorRequest, account_id: int, fields: str = "") -> HttpResponse:
    return record_answer(api_queries.account_record(request.scope, account_id, names=wanted_fields(AccountOut, fields)))


@router.patch("/{int:account_id}", response={200: AccountOut, **PROBLEMS})
def edit_account(request: DoorRequest, account_id: int, body: AccountPatch) -> Status[Any]:
    """Changes the facts that are sent."""

    def write() -> tuple[int, dict[str, Any]]:
        account = account_queries.account_for(request.scope, account_id)
        sent = body.model_dump(exclude_unset=True)
        version, tags = sent.pop("version", None), sent.pop("tags", None)
        values = api_queries.account_values(request.scope, sent)
        edited = actions.edit_account(
            account=account, values=values, tags=tags, by=request.scope, now=timezone.now(), expected_version=version
        )
        return 200, _written(request.scope, edited)

    return write_once(request, write)


def contact_out(scope: Scope, contact: Contact) -> ContactOut:
    ways = [shown_way(scope, way) for way in contact.ways.all()]
    return ContactOut(
        id=contact.pk,
        account_id=contact.account_id,
        name=contact.name,
        salutation=contact.salutation,
        is_main=contact.is_main,
        left_date=contact.left_date,
        jobs=[
            {"title": job.title, "department": job.department, "level": job.level, "is_current": job.is_current}
            for job in contact.jobs.all()
        ],
        ways=[{"kind": way.kind, "value": way.value} for way in ways],
    )


@router.get("/{int:account_id}/contacts", response={200: list[ContactOut], **PROBLEMS})
def list_contacts(request: DoorRequest, account_id: int) -> list[dict[str, Any]]:
    account = account_queries.account_for(request.scope, account_id)
    return [contact_out(request.scope, row).model_dump(mode="json") for row in contacts_of(request.scope, account)]
