"""What is shipped with the program and lives in tables: master lists, the library, playbooks. Brought in at set-up and at each upgrade."""

from __future__ import annotations

from datetime import datetime

from dingke.core import lists
from dingke.library.actions import shipped as library
from dingke.pipeline.actions import shipped as playbooks


def load_shipped(*, now: datetime) -> None:
    """Adds what is missing; what the company changed stays as it is."""
    lists.load_shipped()
    library.load_shipped(now=now)
    playbooks.load_shipped(now=now)
