"""New accounts of an import that seem to be there already: told beside the row, left out, or taken as the one that is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dingke.accounts.calc import duplicates
from dingke.accounts.models import Account
from dingke.accounts.queries import duplicates as duplicate_queries
from dingke.accounts.queries.likeness import Likeness, likenesses
from dingke.core.importing.outcomes import Alike, Batch, Resemblance, said
from dingke.core.links import link_to
from dingke.core.reasons import Sentences

SENTENCES = Sentences(
    {
        "RESEMBLES": ("This resembles {name}, which is there already. {why}", "与已有客户“{name}”相似。{why}"),
        "HIDDEN": ("An account that you cannot see resembles this.", "有您无权查看的客户与此相似。"),
    }
)


def alike_of(batch: Batch, accounts: Sequence[Account]) -> list[tuple[Resemblance, Likeness] | None]:
    """For each account that is about to be created, what it resembles and how that is said to the person who imports."""
    asked = [
        duplicate_queries.record(name=account.name, credit_code=account.credit_code or "", phones=[account.phone], website=account.website)
        for account in accounts
    ]
    found = likenesses(batch.by, asked, run_id=batch.run_id)
    return [(_told(likeness), likeness) if likeness is not None else None for likeness in found]


def _told(likeness: Likeness) -> Resemblance:
    """Nothing of an account that the caller does not see is said. A phone that both share stands in the row itself."""
    if not likeness.is_visible:
        return Resemblance(said(SENTENCES, "HIDDEN"))
    why = [" ".join(duplicates.SENTENCES.text(reason, "en") for reason in likeness.match.reasons)]
    why.append("".join(duplicates.SENTENCES.text(reason, "zh") for reason in likeness.match.reasons))
    english, chinese = (said(SENTENCES, "RESEMBLES", name=likeness.name, why=text)[place] for place, text in enumerate(why))
    return Resemblance((english, chinese), link_to("workspace:account", likeness.account_id))


def certain_accounts(batch: Batch, found: Sequence[tuple[Resemblance, Likeness] | None]) -> dict[int, Account]:
    """The accounts that rows certainly mean, when the person chose to take them, by their id."""
    if batch.when_alike is not Alike.UPDATE:
        return {}
    ids = {each[1].account_id for each in found if each is not None and each[1].is_certain and each[1].is_visible}
    rows = Account.objects.visible_to(batch.by).filter(pk__in=ids, archived_at__isnull=True).order_by("pk") if ids else []
    return {row.pk: row for row in rows}


def kept_key(account: Account, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values for an account that was found by likeness: a key under which it is known elsewhere already stays."""
    return {name: value for name, value in values.items() if name != "external_key" or not account.external_key}
