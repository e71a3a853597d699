"""Settings of the test run: the product's own, with fast hashing and mail kept in memory."""

import os
import tempfile

os.environ.setdefault("DINGKE_HOME", tempfile.mkdtemp(prefix="dingke-test-"))
os.environ.setdefault("DINGKE_SECRET_KEY", "only-for-tests")

from dingke.config.settings import *  # noqa: F403
from dingke.config.settings import DATABASE_URL, DATABASES, MIDDLEWARE

if DATABASE_URL.startswith("sqlite"):
    DATABASES["default"]["TEST"] = {"NAME": None}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": UPLOADS}},  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
ALLOWED_HOSTS = ["*"]
AXES_ENABLED = False
REQUEST_COUNT_SECONDS = 0  # every request tells at once: the number of queries does not hang on the clock
DINGKE_STRICT_TEMPLATES = True
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]  # the test server serves static files itself
