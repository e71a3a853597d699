"""Fails when docs/openapi.json differs from what the API describes itself as."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dingke.config.settings")
import django

django.setup()
from dingke.config.routers import api

stored = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"
current = json.loads(json.dumps(api.get_openapi_schema(), default=str))
if not stored.exists() or json.loads(stored.read_text(encoding="utf-8")) != current:
    print("docs/openapi.json is not current: run `make openapi` and look at the difference")
    sys.exit(1)
