"""The WSGI application that granian serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dingke.config.settings")
application = get_wsgi_application()

from dingke.config.life import tracing  # noqa: E402 (needs the settings)

tracing.start("web")
