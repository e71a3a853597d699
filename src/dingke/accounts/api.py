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
from dingke.accounts.queries.contacts import account_phone, contacts_of, shown_way
from dingke.accounts.schemas import AccountIn, AccountOut, AccountPatch, ContactOut, HitOut
from dingke.core.doors import DoorRequest
from dingke.core.rest import PageOf, ProblemOut, checked_size, page_answer, projected, wanted_fields, write_once
from dingke.core.scope import Scope

router = Router(tags=["accounts"])
PROBLEMS = {401: ProblemOut, 403: ProblemOut, 404: ProblemOut, 409: ProblemOut, 422: ProblemOut}


def account_out(scope: Scope, account: Account) -> AccountOut:
    """The account with field rights applied."""
    standing = getattr(account, "standing", None)
    sees_amount, sees_cost = not scope.hides("amount"), not scope.hides("cost")
    return AccountOut(
        **{
            name: getattr(account, name)
            for name in (
                "id",
                "version",
                "name",
                "short_name",
                "english_name",
                "customer_type",
                "form",
                "city",
                "address",
                "website",
                "credit_code",
                "external_key",
                "employees",
                "currency",
                "founded_year",
                "influence",
                "description",
                "custom",
                "parent_id",
                "owner_id",
                "is_key",
                "key_since",
                "lifecycle_stage",
                "is_pooled",
                "last_contact_at",
                "created_at",
                "updated_at",
                "archived_at",
            )
        },
        industry=account.industry.code if account.industry else None,
        region=account.region.code if account.region else None,
        phone=account_phone(scope, account),
        annual_revenue=account.annual_revenue if sees_amount else None,
        tags=sorted(link.tag.name for link in account.tag_links.all()),
        owner=str(account.owner) if account.owner else None,
        abc=standing.abc if standing else None,
        face=(standing.face or None) if standing else None,
        revenue=standing.revenue if standing and sees_amount else None,
        margin=standing.margin if standing and sees_amount and sees_cost else None,
        last_order_date=standing.last_order_date if standing else None,
    )


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
        return 201, account_out(request.scope, account).model_dump(mode="json")

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
def get_account(request: DoorRequest, account_id: int, fields: str = "") -> dict[str, Any]:
    account = account_queries.account_for(request.scope, account_id)
    return projected(AccountOut, [account], lambda row: account_out(request.scope, row), fields)[0]


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
        return 200, account_out(request.scope, edited).model_dump(mode="json")

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
