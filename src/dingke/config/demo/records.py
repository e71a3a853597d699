"""The records of the demonstration world: frozen, with natural keys, money as Decimal in CNY with two places.

Codes are upper-case English; which ones a field may hold stands beside it, the longer lists in `codes.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

CURRENCY = "CNY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    name: str
    short_name: str
    english_name: str
    credit_code: str
    address: str
    phone: str
    website: str
    business: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    code: str
    name: str
    name_en: str
    provinces: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Industry:
    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    code: str
    name: str
    name_en: str
    parent: str | None
    leader: str | None  # username


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    username: str
    name: str
    english_name: str
    role: str  # ROLES
    team: str
    title: str
    email: str
    mobile: str
    joined_date: date
    is_active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Territory:
    code: str
    name: str
    name_en: str
    region: str
    industries: tuple[str, ...]
    team: str
    members: tuple[str, ...]  # usernames


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductFamily:
    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    code: str
    name: str
    name_en: str
    family: str
    unit: str
    list_price: Decimal
    cost: Decimal
    is_high_profit: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Competitor:
    code: str
    name: str
    name_en: str
    strength: str
    weakness: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageEntry:
    stage: str  # STAGES
    entered_date: date
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    code: str
    name: str
    short_name: str
    english_name: str
    customer_type: str  # CUSTOMER_TYPES
    form: str  # FORMS
    industry: str
    region: str
    province: str
    city: str
    address: str
    phone: str
    website: str
    credit_code: str  # empty when nobody has written it down
    parent: str | None
    employees: int | None
    annual_revenue: Decimal | None
    founded_date: date | None
    payment_term_days: int
    stage_history: tuple[StageEntry, ...]
    owner: str | None  # username; None: in the public pool
    owned_since: date | None
    previous_owner: str | None
    pooled_date: date | None
    pool_reason: str
    collaborators: tuple[str, ...]
    tags: tuple[str, ...]
    influence: int  # 0-100
    lead_source: str  # LEAD_SOURCES
    created_date: date

    @property
    def stage(self) -> str:
        """The stage of today: the last one entered."""
        return self.stage_history[-1].stage


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    account: str
    department: str
    department_kind: str  # USING, PURCHASING, SUPPORTING, MANAGEMENT
    title: str
    level: str  # TOP, MANAGEMENT, OPERATOR
    is_primary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    channel: str  # CHANNELS
    is_given: bool
    date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFact:
    field: str  # BACKGROUND, EDUCATION, INTEREST, CHARACTER, CONCERN
    text: str
    source: str  # INFORMATION_SOURCES
    date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    code: str
    account: str
    name: str
    english_name: str
    gender: str  # MALE, FEMALE
    jobs: tuple[Job, ...]
    mobile: str
    phone: str
    email: str
    wechat: str
    consents: tuple[Consent, ...]
    birthday: date | None
    facts: tuple[PersonFact, ...]
    has_left: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierEntry:
    account: str
    field: str  # DOSSIER_FIELDS
    text: str
    source: str  # INFORMATION_SOURCES
    date: date
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompetitorFact:
    account: str
    competitor: str
    field: str  # COMPETITOR_FIELDS
    text: str
    source: str  # INFORMATION_SOURCES
    date: date
    recorded_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyDate:
    account: str
    contact: str | None
    kind: str  # BIRTHDAY, COMPANY_ANNIVERSARY, COOPERATION_ANNIVERSARY
    date: date  # the original day; the month and day come back every year
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    product: str
    quantity: int
    list_price: Decimal
    unit_price: Decimal
    amount: Decimal
    unit_cost: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    number: str
    account: str
    order_date: date
    delivered_date: date | None
    seller: str  # username
    status: str  # CONFIRMED, DELIVERED
    lines: tuple[OrderLine, ...]
    amount: Decimal
    cost: Decimal

    @property
    def gross_profit(self) -> Decimal:
        return self.amount - self.cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivable:
    number: str
    account: str
    order: str
    kind: str  # FULL, ADVANCE, DELIVERY, RETENTION
    invoice_date: date
    due_date: date
    amount: Decimal
    dispute_date: date | None
    dispute_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    number: str
    receivable: str
    account: str
    paid_date: date
    amount: Decimal
    method: str  # BANK_TRANSFER, ACCEPTANCE_BILL


@dataclass(frozen=True, slots=True, kw_only=True)
class Incentive:
    number: str
    account: str
    kind: str  # REBATE, DISCOUNT, PROMOTION
    period_start: date
    period_end: date
    base_amount: Decimal  # revenue of the period
    amount: Decimal
    gross_profit: Decimal  # of the same period, before this incentive
    agreed_date: date
    decided_by: str
    aim: str
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answered question: value is YES, NO, UNKNOWN (A-01 to A-03) or 1 to 5 (A-04)."""

    code: str
    value: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Nomination:
    account: str
    proposed_by: str
    proposed_date: date
    reason: str
    definition: tuple[Answer, ...]
    features: tuple[Answer, ...]
    tests: tuple[Answer, ...]
    quality: tuple[Answer, ...]
    methods: tuple[str, ...]
    benefits: tuple[Answer, ...]  # A-07; evidence is the measure
    status: str  # PENDING, APPROVED, REJECTED
    decided_by: str | None
    decided_date: date | None
    decision_reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    account: str
    contact: str | None
    author: str
    date: date
    kind: str  # CALL, VISIT, WECHAT, EMAIL, REMARK
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    account: str
    owner: str
    title: str
    created_date: date
    due_date: date
    done_date: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    code: str
    title: str
    title_en: str
    sentence: str
    sentence_en: str
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    today: date
    start: date
    company: Company
    regions: tuple[Region, ...]
    industries: tuple[Industry, ...]
    teams: tuple[Team, ...]
    users: tuple[User, ...]
    territories: tuple[Territory, ...]
    families: tuple[ProductFamily, ...]
    products: tuple[Product, ...]
    competitors: tuple[Competitor, ...]
    accounts: tuple[Account, ...]
    contacts: tuple[Contact, ...]
    dossier_entries: tuple[DossierEntry, ...]
    competitor_facts: tuple[CompetitorFact, ...]
    key_dates: tuple[KeyDate, ...]
    orders: tuple[Order, ...]
    receivables: tuple[Receivable, ...]
    payments: tuple[Payment, ...]
    incentives: tuple[Incentive, ...]
    nominations: tuple[Nomination, ...]
    notes: tuple[Note, ...]
    tasks: tuple[Task, ...]
    stories: tuple[Story, ...]
