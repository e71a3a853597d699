"""Wheel builds carry the front-end files and the compiled translations, neither of which is committed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class DingkeBuildHook(BuildHookInterface):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        if not (root / "node_modules").exists():
            subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=root, check=True)
        subprocess.run([sys.executable, "tools/collect_vendor.py"], cwd=root, check=True)
        subprocess.run([sys.executable, "tools/messages.py", "compile"], cwd=root, check=True)
