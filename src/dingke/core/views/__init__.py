"""Doors of the core: health, progress, settings. `from dingke.core import views`, then `views.job`, `views.settings.index` …"""

from dingke.core.views.system import cancel_job, healthz, job, readyz, style

__all__ = ["cancel_job", "healthz", "job", "readyz", "style"]
