"""Tags that come with imported accounts: new ones are made, and those an account carries already stay as they are."""

from __future__ import annotations

from collections.abc import Sequence

from dingke.accounts.models import Account, AccountTag, Tag
from dingke.core.importing.outcomes import Written


def write_tags(wanted: Sequence[tuple[Account, Sequence[str]]]) -> dict[int, list[Written]]:
    """Gives each account its tags in a few statements. Returns what was written, by account."""
    names = {name for _account, tags in wanted for name in tags}
    if not names:
        return {}
    Tag.objects.bulk_create([Tag(name=name) for name in sorted(names)], ignore_conflicts=True)
    tags = {tag.name: tag for tag in Tag.objects.filter(name__in=names).order_by("pk")}
    ids = [account.pk for account, _tags in wanted]
    carried = set(AccountTag.objects.filter(account_id__in=ids, tag__in=tags.values()).order_by().values_list("account_id", "tag_id"))
    links = {
        (account.pk, tags[name].pk): AccountTag(account=account, tag=tags[name])
        for account, chosen in wanted
        for name in chosen
        if (account.pk, tags[name].pk) not in carried
    }
    written: dict[int, list[Written]] = {}
    for link in AccountTag.objects.bulk_create(links.values()):
        written.setdefault(link.account_id, []).append(Written(link._meta.label_lower, link.pk, True))
    return written
