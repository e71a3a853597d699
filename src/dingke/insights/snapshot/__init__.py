"""The snapshot of the money facts as Parquet, incremental, for the analytics engine."""

from dingke.insights.snapshot.store import Brought, engine, folder, refresh, tables

__all__ = ["Brought", "engine", "folder", "refresh", "tables"]
