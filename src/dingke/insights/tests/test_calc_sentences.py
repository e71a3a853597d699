"""The reason codes of all methods stand in one name space, so a stored reason finds its sentence by its code alone."""

from __future__ import annotations

from dingke.accounts import calc as accounts
from dingke.insights import calc as insights


def test_no_code_has_two_meanings() -> None:
    assert len(accounts.SENTENCES | insights.SENTENCES) == len(accounts.SENTENCES) + len(insights.SENTENCES)
