"""What requests for approval need to know of accounts: the facts a flow looks at, and the facts an approver reads."""

from __future__ import annotations

from decimal import Decimal

from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from dingke.accounts.calc.key_account_lists import ENTRY_TESTS, FEATURES
from dingke.accounts.models import Account, Collaborator, Nomination
from dingke.accounts.queries.nomination import answers_of
from dingke.accounts.queries.pool import reason_texts
from dingke.approvals.calc.flow import Facts
from dingke.approvals.models import Approval
from dingke.approvals.queries import Fact
from dingke.core.money import compact
from dingke.core.scope import Scope
from dingke.people.calc import Role


def flow_facts(
    account: Account, *, asker_id: int, type_code: str = "", amount: Decimal | None = None, owner_id: int | None = None
) -> Facts:
    """`owner_id` stands in for the owner, where another account's owner is meant or this one lies in the pool."""
    region = account.region
    standing = getattr(account, "standing", None)
    owner = account.owner
    managers = [owner.pk] if owner is not None and owner.role == Role.KEY_ACCOUNT_MANAGER else []
    shared = Collaborator.objects.filter(account=account, user__role=Role.KEY_ACCOUNT_MANAGER.value, user__is_active=True)
    managers += list(shared.order_by("pk").values_list("user_id", flat=True))
    return Facts(
        asker=asker_id,
        owner=owner_id if owner_id is not None else account.owner_id,
        managers=tuple(dict.fromkeys(managers)),
        amount=amount,
        type=type_code,
        regions=tuple(code for code in (region.code, str(region.data.get("parent") or "")) if code) if region else (),
        account_class=standing.abc if standing else "",
    )


def account_facts(scope: Scope, account_id: int, *, label: str = "") -> list[Fact]:
    """The account in a few lines for whoever is asked, also where the account itself is not theirs to see: name, owner, place,
    class, and the revenue of twelve months where the role sees amounts."""
    rows = Account.objects.select_related("owner", "industry", "region", "standing")
    account = rows.filter(pk=account_id).order_by("pk").first()
    if account is None:
        return []
    visible = Account.objects.visible_to(scope).filter(pk=account_id).exists()
    facts = [Fact(label or _("Account"), account.name, reverse("workspace:account", args=[account_id]) if visible else "")]
    facts.append(Fact(_("Owner"), str(account.owner or _("public pool"))))
    place = " · ".join(item.label for item in (account.industry, account.region) if item is not None)
    if place:
        facts.append(Fact(_("Industry and region"), place))
    standing = getattr(account, "standing", None)
    if standing is not None and not scope.hides("amount"):
        text = compact(standing.revenue, get_language() or "zh")
        facts.append(Fact(_("Revenue, 12 months"), f"{text} · {standing.abc}" if standing.abc else text))
    return facts


def nomination_facts(scope: Scope, approval: Approval) -> list[Fact]:
    """The account, and how much of the nomination is answered."""
    row = Nomination.objects.filter(pk=approval.subject_id).order_by("pk").first()
    if row is None:
        return []
    answers = answers_of(row)
    yes = sum(one.answer == "YES" for one in answers.features.values())
    passed = sum(one.answer == "YES" for one in answers.tests.values())
    facts = account_facts(scope, row.account_id)
    facts.append(Fact(_("Features answered with yes"), f"{yes} / {len(FEATURES)}"))
    facts.append(Fact(_("Entry tests passed"), f"{passed} / {len(ENTRY_TESTS)}"))
    return facts


def merge_facts(scope: Scope, approval: Approval) -> list[Fact]:
    """Both accounts: the one that stays and the one that goes into it."""
    payload = approval.payload
    return [
        *account_facts(scope, int(payload.get("kept", 0)), label=_("Stays")),
        *account_facts(scope, int(payload.get("gone", 0)), label=_("Goes into it")),
    ]


def claim_facts_shown(scope: Scope, approval: Approval) -> list[Fact]:
    """The account, and which limits the claim breaks."""
    facts = account_facts(scope, approval.subject_id)
    facts += [Fact(_("Against it"), text, tone="amber") for text in reason_texts(approval.payload.get("reasons", []))]
    return facts


def keep_facts(scope: Scope, approval: Approval) -> list[Fact]:
    """The account, why it would go back, and until when it is to stay."""
    facts = account_facts(scope, approval.subject_id)
    facts += [Fact(_("Rule of the pool"), text, tone="amber") for text in reason_texts(approval.payload.get("reasons", []))]
    facts.append(Fact(_("To stay until"), str(approval.payload.get("until", ""))))
    return facts
