"""Writes that may be sent twice: the answer to an idempotency key is kept and given again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from dingke.core.errors import Invalid, Refusal
from dingke.core.models import IdempotencyKey
from dingke.core.scope import Scope


class KeyReused(Refusal):
    """The key was sent before with another body."""

    status = 422
    code = "idempotency_key_reused"


def once(
    *, key: str, scope: Scope, path: str, body: bytes, now: datetime, write: Callable[[], tuple[int, dict[str, Any]]]
) -> tuple[int, dict[str, Any]]:
    """Runs `write` unless this caller sent this key before; then gives the stored (status, answer). No key: just runs.

    Key and write are one transaction, so of two requests at once one writes and the other waits for its answer.
    """
    if not key:
        return write()
    if len(key) > 100:
        raise Invalid(_("An idempotency key has at most 100 characters."))
    digest = hashlib.sha256(path.encode() + b"\0" + body).hexdigest()
    try:
        with transaction.atomic():
            row = IdempotencyKey.objects.create(actor_id=scope.me, key=key, digest=digest, at=now)
            status, answer = write()
            row.status, row.answer = status, json.loads(json.dumps(answer, default=str))
            row.save(update_fields=["status", "answer"])
            return status, answer
    except IntegrityError:
        stored = IdempotencyKey.objects.filter(actor_id=scope.me, key=key).order_by("id").first()
        if stored is None:
            raise
    if stored.digest != digest:
        raise KeyReused(_("This idempotency key was used for another request."))
    return stored.status, stored.answer
