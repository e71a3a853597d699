"""Keeps docs/openapi.json equal to what the API says of itself: fails when it differs, writes it with `--write`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dingke.config.settings")
import django

django.setup()
from django.utils import translation

from dingke.config.routers import api

STORED = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def main(arguments: list[str]) -> int:
    with translation.override("en"):
        current = json.dumps(json.loads(json.dumps(api.get_openapi_schema(), default=str)), indent=1, ensure_ascii=False) + "\n"
    if "--write" in arguments:
        STORED.write_text(current, encoding="utf-8")
    elif not STORED.exists() or STORED.read_text(encoding="utf-8") != current:
        print("docs/openapi.json is not current: run `make openapi` and look at the difference")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
