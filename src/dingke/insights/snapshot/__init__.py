"""The snapshot of the money facts as Parquet, incremental, for the analytics engine.

Brought in at the first use: a web process that only reads scores does not carry the engine in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dingke.insights.snapshot.store import Brought, checksum, engine, folder, held, refresh, tables

__all__ = ["Brought", "checksum", "engine", "folder", "held", "refresh", "tables"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    from dingke.insights.snapshot import store

    return getattr(store, name)
