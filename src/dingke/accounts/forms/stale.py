"""A stale save of a form of the customer base; see core.stale."""

from dingke.core.stale import KEEP, differences, merged

__all__ = ["KEEP", "differences", "merged"]
