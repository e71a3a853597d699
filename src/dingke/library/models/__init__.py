"""The tables of the library."""

from dingke.library.models.entry import Entry, EntryMark, EntryTerms, EntryUse, EntryVersion
from dingke.library.models.products import LadderLevel, Portrait

__all__ = ["Entry", "EntryMark", "EntryTerms", "EntryUse", "EntryVersion", "LadderLevel", "Portrait"]
