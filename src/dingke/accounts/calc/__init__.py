"""The method of the accounts domain: names and codes, duplicates, lifecycle, dossier, key account, pool, key dates."""

from __future__ import annotations

from dingke.accounts.calc import credit_code, duplicates, key_account, lifecycle, next_step, pool
from dingke.core.reasons import Sentences

SENTENCES: Sentences = (
    credit_code.SENTENCES | duplicates.SENTENCES | lifecycle.SENTENCES | key_account.SENTENCES | pool.SENTENCES | next_step.SENTENCES
)
"""Every sentence this domain's method can give."""
