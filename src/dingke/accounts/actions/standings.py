"""Where accounts stand: the scores that `insights` writes down, and the face that a person confirms (A-10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from itertools import compress
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from dingke.accounts import access
from dingke.accounts.models import Account, FaceMark, Standing
from dingke.core import audit
from dingke.core.access import needs
from dingke.core.errors import Invalid
from dingke.core.importing.inserts import insert_columns
from dingke.core.scope import Scope


def set_standings(*, columns: Mapping[str, Sequence[Any]], by: Scope, now: datetime) -> int:
    """Replaces the stored scores of the whole company by those of one run, in one transaction. Returns their number.

    Columns by attribute of `Standing`, of values as the database takes them (`insert_columns`). Rows of accounts that were deleted
    meanwhile are left out; accounts without a row in this run lose theirs.
    """
    needs(by, "insights.score").enforce()
    if len(set(columns["run_id"])) > 1:
        raise ValueError("the standings of one run are set at a time")
    with transaction.atomic():
        living = set(Account.objects.order_by().values_list("pk", flat=True))
        kept = [account_id in living for account_id in columns["account_id"]]
        if not all(kept):
            columns = {name: list(compress(column, kept)) for name, column in columns.items()}
        Standing.objects.all().delete()  # all of them change: writing anew is several times faster than updating each
        insert_columns(Standing, columns)
    return sum(kept)


@transaction.atomic
def confirm_face(*, account: Account, face: str, extra_step: str, note: str = "", proposed: str = "", by: Scope, now: datetime) -> FaceMark:
    """Confirms the face of an account with the extra step it asks for: figures propose, a person decides.

    Red needs an action plan, black a long-term goal, white a margin floor in percent.
    """
    needs(by, "accounts.confirm_face").enforce()
    access.can_edit(by, account).enforce()
    if face not in FaceMark.Face.values:
        raise Invalid(_("Choose a face."), fields={"face": _("Choose a face.")})
    step = _extra_step(face, extra_step.strip())
    assert by.user_id is not None, "a person confirms a face"
    mark = FaceMark.objects.create(
        account=account, face=face, proposed=proposed, extra_step=step, note=note.strip(), confirmed_by_id=by.user_id, confirmed_at=now
    )
    before = Standing.objects.filter(account=account).values_list("face", flat=True).first()
    Standing.objects.filter(account=account).update(face=face)
    changes = {"face": [before or None, face], "extra_step": [None, step]}
    audit.record(target=mark, action="accounts.confirm_face", by=by, now=now, changes=changes, account_id=account.pk)
    return mark


def _extra_step(face: str, text: str) -> str:
    missing = {
        FaceMark.Face.RED: _("A red face needs an action plan that turns it into a long-term relation."),
        FaceMark.Face.BLACK: _("A black face needs its long-term goal before resources are given."),
        FaceMark.Face.WHITE: _("A white face needs a margin floor, in percent."),
    }.get(FaceMark.Face(face))
    if missing is None:
        return text
    if not text:
        raise Invalid(missing, fields={"extra_step": missing})
    if face != FaceMark.Face.WHITE:
        return text
    try:
        floor = Decimal(text.rstrip("%％ ").strip())
    except InvalidOperation:
        floor = Decimal("NaN")
    if not floor.is_finite() or not -100 <= floor <= 100:
        raise Invalid(missing, fields={"extra_step": missing})
    return f"{floor.normalize():f}%"
