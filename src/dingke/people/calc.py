"""Who may do what: roles, their permissions, their reach over accounts, and the fields they do not see. The one table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    REP = "REP"
    KEY_ACCOUNT_MANAGER = "KEY_ACCOUNT_MANAGER"
    SALES_MANAGER = "SALES_MANAGER"
    DIRECTOR = "DIRECTOR"
    SERVICE = "SERVICE"
    FINANCE = "FINANCE"
    ADMINISTRATOR = "ADMINISTRATOR"
    READ_ONLY = "READ_ONLY"


class Reach(StrEnum):
    """Which accounts a role sees by itself, besides those shared with the person and those of the person's territories."""

    OWN = "OWN"
    TEAM = "TEAM"
    ALL = "ALL"


REACH: dict[Role, Reach] = {
    Role.REP: Reach.OWN,
    Role.KEY_ACCOUNT_MANAGER: Reach.TEAM,  # own accounts, and a team's once the person leads one
    Role.SALES_MANAGER: Reach.TEAM,
    Role.DIRECTOR: Reach.ALL,
    Role.SERVICE: Reach.ALL,
    Role.FINANCE: Reach.ALL,
    Role.ADMINISTRATOR: Reach.ALL,
    Role.READ_ONLY: Reach.ALL,
}

SELLS = {Role.REP, Role.KEY_ACCOUNT_MANAGER, Role.SALES_MANAGER, Role.DIRECTOR}
LEADS = {Role.SALES_MANAGER, Role.DIRECTOR}

SEES_POOL = {Role.REP, Role.KEY_ACCOUNT_MANAGER, Role.SALES_MANAGER, Role.DIRECTOR, Role.ADMINISTRATOR}

# permission -> the roles that carry it
PERMISSIONS: dict[str, set[Role]] = {
    "accounts.create": SELLS | {Role.ADMINISTRATOR},
    "accounts.edit": SELLS | {Role.ADMINISTRATOR},  # on an account that is the person's own, shared for edit, or of the team led
    "accounts.edit_all": {Role.DIRECTOR, Role.ADMINISTRATOR},
    "accounts.assign": LEADS | {Role.ADMINISTRATOR},
    "accounts.archive": LEADS | {Role.ADMINISTRATOR},
    "accounts.merge": LEADS | {Role.ADMINISTRATOR},
    "accounts.pool": SEES_POOL,
    "accounts.claim": {Role.REP, Role.KEY_ACCOUNT_MANAGER, Role.SALES_MANAGER},
    "accounts.nominate": SELLS,
    "accounts.confirm_face": LEADS | {Role.KEY_ACCOUNT_MANAGER},
    "ledger.see": SELLS | {Role.FINANCE, Role.ADMINISTRATOR, Role.READ_ONLY, Role.SERVICE},
    "ledger.edit": {Role.FINANCE, Role.DIRECTOR, Role.ADMINISTRATOR},
    "products.edit": {Role.FINANCE, Role.DIRECTOR, Role.ADMINISTRATOR},
    "pipeline.see": SELLS | {Role.FINANCE, Role.ADMINISTRATOR, Role.READ_ONLY, Role.SERVICE},
    "pipeline.edit": SELLS | {Role.ADMINISTRATOR},  # on a deal of an account that the person may edit, or the person's own
    "pipeline.decide": LEADS,  # red flags (E-02), waivers of must-conditions, dropping (E-22)
    "pipeline.review": LEADS | {Role.KEY_ACCOUNT_MANAGER},  # calls a deal review 过堂 (P-09)
    "playbooks.edit": {Role.DIRECTOR, Role.ADMINISTRATOR},
    "library.see": SELLS | {Role.SERVICE, Role.ADMINISTRATOR, Role.READ_ONLY},
    "library.edit": SELLS | {Role.ADMINISTRATOR},  # own entries and drafts
    "library.publish": LEADS | {Role.ADMINISTRATOR},
    "insights.see": SELLS | {Role.FINANCE, Role.ADMINISTRATOR, Role.READ_ONLY},
    "insights.score": {Role.SALES_MANAGER, Role.DIRECTOR, Role.ADMINISTRATOR},
    "insights.decide": LEADS | {Role.ADMINISTRATOR},
    "approvals.decide_any": {Role.ADMINISTRATOR},
    "imports.run": {Role.DIRECTOR, Role.ADMINISTRATOR, Role.FINANCE},
    "exports.run": LEADS | {Role.KEY_ACCOUNT_MANAGER, Role.FINANCE, Role.ADMINISTRATOR},
    "settings.edit": {Role.ADMINISTRATOR, Role.DIRECTOR},
    "people.edit": {Role.ADMINISTRATOR},
    "audit.see": {Role.DIRECTOR, Role.ADMINISTRATOR},
    "privacy.erase": {Role.DIRECTOR, Role.ADMINISTRATOR},
    "jobs.see_all": {Role.ADMINISTRATOR},
}

# field right -> the roles that see it; everybody else sees it masked, on pages, in search, exports and the API
FIELD_RIGHTS: dict[str, set[Role]] = {
    "amount": SELLS | {Role.FINANCE, Role.ADMINISTRATOR, Role.READ_ONLY},
    "cost": LEADS | {Role.KEY_ACCOUNT_MANAGER, Role.FINANCE, Role.ADMINISTRATOR},
    "phone": SELLS | {Role.SERVICE, Role.ADMINISTRATOR},
    "invoicing": SELLS | {Role.FINANCE, Role.ADMINISTRATOR},
}


def permissions_of(role: Role) -> frozenset[str]:
    return frozenset(code for code, roles in PERMISSIONS.items() if role in roles)


def hidden_fields_of(role: Role) -> frozenset[str]:
    return frozenset(code for code, roles in FIELD_RIGHTS.items() if role not in roles)


# ---- API tokens: what a program may do in a person's name ---------------------------------------------------------------

# permissions that only read; every other one changes something
READING = {"accounts.pool", "ledger.see", "pipeline.see", "library.see", "insights.see", "audit.see", "jobs.see_all"}
# permission prefix -> resource of the API, where they are not called the same
RESOURCE_OF = {"products": "ledger", "playbooks": "pipeline"}


def permissions_within(permissions: frozenset[str], token_scopes: frozenset[str]) -> frozenset[str]:
    """A person's permissions cut down to the scopes of a token ("accounts:read", "ledger:write" …).

    Reading permissions stay with any scope on their resource, changing ones with its `write` scope only.
    """
    kept = set()
    for code in permissions:
        prefix = code.partition(".")[0]
        resource = RESOURCE_OF.get(prefix, prefix)
        if f"{resource}:write" in token_scopes or (code in READING and f"{resource}:read" in token_scopes):
            kept.add(code)
    return frozenset(kept)


# ---- where somebody signed in -------------------------------------------------------------------------------------------

_BROWSERS = (  # the first that fits: those built on others come before what they are built on
    ("micromessenger", "WeChat"),
    ("dingtalk", "DingTalk"),
    ("lark", "Feishu"),
    ("edg", "Edge"),
    ("opr/", "Opera"),
    ("firefox", "Firefox"),
    ("fxios", "Firefox"),
    ("crios", "Chrome"),
    ("chrome", "Chrome"),
    ("safari", "Safari"),
)
_SYSTEMS = (
    ("harmony", "HarmonyOS"),
    ("iphone", "iPhone"),
    ("ipad", "iPad"),
    ("android", "Android"),
    ("windows", "Windows"),
    ("mac os", "macOS"),
    ("linux", "Linux"),
)


def device_of(user_agent: str) -> tuple[str, str]:
    """(browser, system) that a user agent names, each "" when it names none that is known."""
    text = user_agent.lower()
    return next((name for sign, name in _BROWSERS if sign in text), ""), next((name for sign, name in _SYSTEMS if sign in text), "")


# ---- second factor ------------------------------------------------------------------------------------------------------

SECOND_FACTOR_KEY = "people.second_factor"


@dataclass(frozen=True, slots=True)
class SecondFactorRules:
    """The roles whose people must have a second factor. Empty: everybody is free to have one."""

    roles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = set(self.roles) - set(Role)
        if unknown:
            raise ValueError(", ".join(sorted(unknown)))
