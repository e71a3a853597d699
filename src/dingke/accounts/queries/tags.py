"""The list of tags with how often each is used."""

from __future__ import annotations

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from dingke.accounts.models import Tag
from dingke.core.errors import NotVisible


def all_tags() -> QuerySet[Tag]:
    """Every tag by name, with `uses`, the number of accounts that carry it."""
    return Tag.objects.annotate(uses=Count("account_links")).order_by("name")


def tag_for(tag_id: int) -> Tag:
    tag = Tag.objects.filter(pk=tag_id).first()
    if tag is None:
        raise NotVisible(_("This tag is gone."))
    return tag
