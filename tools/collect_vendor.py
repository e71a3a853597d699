"""Collects the front-end files the product needs from node_modules into the package; none of them is committed."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
CORE = ROOT / "src" / "dingke" / "core"
VENDOR = CORE / "static" / "vendor"
FILES = {
    "htmx.org/dist/htmx.min.js": "htmx.js",
    "@alpinejs/csp/dist/cdn.min.js": "alpine.js",
    "@tabler/core/dist/css/tabler.min.css": "tabler.css",
    "@tabler/core/dist/js/tabler.min.js": "tabler.js",
    "echarts/dist/echarts.min.js": "echarts.js",
    "sortablejs/Sortable.min.js": "sortable.js",
    "tom-select/dist/js/tom-select.complete.min.js": "tom-select.js",
    "tom-select/dist/css/tom-select.bootstrap5.min.css": "tom-select.css",
}


def main() -> int:
    if not MODULES.exists():
        print("node_modules is missing: run `npm ci` first", file=sys.stderr)
        return 1
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in FILES.items():
        text = (MODULES / source).read_text(encoding="utf-8")
        (VENDOR / name).write_text(re.sub(r"\n?(//|/\*)# sourceMappingURL=[^\n]*", "", text), encoding="utf-8")
    icons: dict[str, str] = {}
    for file in sorted((MODULES / "@tabler" / "icons" / "icons" / "outline").glob("*.svg")):
        svg = file.read_text(encoding="utf-8")
        inner = svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]
        icons[file.stem] = re.sub(r"\s+", " ", inner).replace('<path stroke="none" d="M0 0h24v24H0z" fill="none" />', "").strip()
    (CORE / "vendor_icons.json").write_text(json.dumps(icons), encoding="utf-8")
    licences = VENDOR / "licences"
    licences.mkdir(exist_ok=True)
    for package in {"/".join(source.split("/")[: 2 if source.startswith("@") else 1]) for source in FILES} | {"@tabler/icons"}:
        for licence in (MODULES / package).glob("LICENSE*"):
            shutil.copy(licence, licences / f"{package.replace('/', '-').lstrip('@')}-{licence.name}")
    print(f"collected {len(FILES)} files and {len(icons)} icons")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
