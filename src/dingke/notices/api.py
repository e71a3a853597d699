"""The API's door to the caller's own notices."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from ninja import Router

from dingke.core.doors import DoorRequest
from dingke.core.rest import PageOf, ProblemOut, checked_size, projected
from dingke.notices.actions import inbox as actions
from dingke.notices.queries import inbox as queries
from dingke.notices.schemas import MarkIn, NoticeOut, ReadOut

router = Router(tags=["notices"])
PROBLEMS = {401: ProblemOut, 404: ProblemOut, 422: ProblemOut}


def notice_out(shown: queries.Shown) -> NoticeOut:
    notice = shown.notice
    return NoticeOut(
        id=notice.pk, kind=notice.kind, title=shown.title, body=shown.body, why=shown.why, link=notice.link, subject=notice.subject,
        subject_id=notice.subject_id, count=notice.count, at=notice.at, read_at=notice.read_at, archived_at=notice.archived_at,
    )  # fmt: skip


@router.get("/", response={200: PageOf, **PROBLEMS})
def list_notices(
    request: DoorRequest, cursor: str = "", size: int = 50, fields: str = "", unread: bool = False, archived: bool = False, kind: str = ""
) -> dict[str, Any]:
    """The caller's notices, newest first, in the caller's language. A page may hold fewer than `size`: what may not be seen any more
    is left out."""
    chosen = queries.InboxFilter(show="archived" if archived else "unread" if unread else "all", kind=kind)
    page = queries.inbox(request.scope, chosen, today=timezone.localdate(), cursor=cursor or None, size=checked_size(size))
    return {"items": projected(NoticeOut, page.items, notice_out, fields), "next": page.next_cursor}


@router.post("/read", response={200: ReadOut, **PROBLEMS})
def mark_read(request: DoorRequest, body: MarkIn) -> dict[str, int]:
    """Marks the named notices of the caller, or all of them, as read. Ids of other people's notices change nothing."""
    now = timezone.now()
    changed = actions.mark_all_read(by=request.scope, now=now) if body.all else actions.mark_read(ids=body.ids, by=request.scope, now=now)
    return {"changed": changed, "unread": queries.bell(request.scope).unread}


@router.post("/{int:notice_id}/read", response={200: NoticeOut, **PROBLEMS})
def read_one(request: DoorRequest, notice_id: int) -> NoticeOut:
    queries.notice_for(request.scope, notice_id)
    actions.mark_read(ids=[notice_id], by=request.scope, now=timezone.now())
    return notice_out(queries.notice_for(request.scope, notice_id))
