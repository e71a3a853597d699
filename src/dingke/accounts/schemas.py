"""Shapes of the API's input and output about accounts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ninja import Schema
from pydantic import Field


class AccountOut(Schema):
    """An account as the caller may see it; fields without the right are null."""

    id: int
    version: int
    name: str
    short_name: str
    english_name: str
    customer_type: str
    form: str
    industry: str | None
    region: str | None
    city: str
    address: str
    phone: str | None
    website: str
    credit_code: str | None
    external_key: str | None
    employees: int | None
    annual_revenue: Decimal | None
    currency: str
    founded_year: int | None
    influence: int | None
    description: str
    custom: dict[str, Any]
    tags: list[str]
    parent_id: int | None
    owner_id: int | None
    owner: str | None
    is_key: bool
    key_since: date | None
    lifecycle_stage: str
    is_pooled: bool
    abc: str | None
    face: str | None
    revenue: Decimal | None
    margin: Decimal | None
    last_order_date: date | None
    last_contact_at: datetime | None
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None


class AccountIn(Schema, extra="forbid"):
    """Facts of a new account. `industry` and `region` are codes of the master lists."""

    name: str = Field(max_length=200)
    short_name: str = Field("", max_length=80)
    english_name: str = Field("", max_length=200)
    customer_type: str = "ORGANISATION"
    form: str = "ENTERPRISE"
    industry: str | None = None
    region: str | None = None
    source: str | None = None
    parent_id: int | None = None
    credit_code: str | None = Field(None, max_length=40)
    phone: str = Field("", max_length=40)
    website: str = Field("", max_length=200)
    city: str = Field("", max_length=60)
    address: str = Field("", max_length=300)
    employees: int | None = Field(None, ge=0, le=2_147_483_647)
    annual_revenue: Decimal | None = Field(None, max_digits=18, decimal_places=2)
    currency: str = Field("CNY", pattern="^[A-Z]{3}$")
    founded_year: int | None = Field(None, ge=1000, le=3000)
    influence: int | None = Field(None, ge=0, le=100)
    description: str = Field("", max_length=20_000)
    external_key: str | None = Field(None, max_length=120)
    custom: dict[str, Any] = Field(default_factory=dict)
    tags: list[str] = Field(default_factory=list, max_length=50)


class AccountPatch(AccountIn, extra="forbid"):
    """Facts to change; what is left out stays. With `version` a stale change is refused with 409."""

    name: str = Field("", max_length=200)
    version: int | None = None


class ContactOut(Schema):
    id: int
    account_id: int
    name: str
    salutation: str
    is_main: bool
    left_date: date | None
    jobs: list[dict[str, Any]]
    ways: list[dict[str, Any]]


class HitOut(Schema):
    kind: str
    object_id: int
    account_id: int
    title: str
    subtitle: str
