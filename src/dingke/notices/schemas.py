"""The shape of notices in the API."""

from __future__ import annotations

from datetime import datetime

from ninja import Schema


class NoticeOut(Schema):
    id: int
    kind: str
    title: str
    body: str
    why: str
    link: str
    subject: str
    subject_id: int
    count: int
    at: datetime
    read_at: datetime | None
    archived_at: datetime | None


class MarkIn(Schema):
    """Which notices were read; `all` for every one."""

    ids: list[int] = []
    all: bool = False


class ReadOut(Schema):
    changed: int
    unread: int
