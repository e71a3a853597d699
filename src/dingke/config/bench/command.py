"""`dingke bench`: runs the engines one after the other, each in a process of its own, and puts their figures beside the goals."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from dingke.config.bench import postgres

SQLITE, POSTGRESQL = "sqlite", "postgresql"
Tell = Callable[[str, int, int | None], object]


class CannotMeasure(Exception):
    """Says what is missing."""


def engines(asked: str, url: str) -> list[str]:
    """The engines to measure. Raises `CannotMeasure` when PostgreSQL is asked for and neither given nor installed."""
    can = bool(url) or postgres.binaries() is not None
    if asked == POSTGRESQL and not can:
        raise CannotMeasure("PostgreSQL is not installed here; name a server with --postgres.")
    if asked in {SQLITE, POSTGRESQL}:
        return [asked]
    if asked != "all":
        raise CannotMeasure(f"{asked!r} is no engine; choose sqlite, postgresql or all.")
    return [SQLITE, POSTGRESQL] if can else [SQLITE]


@contextmanager
def _home(engine: str, keep: Path | None) -> Iterator[Path]:
    """Everything the run writes, away from the installation's own home."""
    if keep is not None:
        folder = keep / engine
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    folder = Path(tempfile.mkdtemp(prefix=f"dingke-bench-{engine}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _measured(engine: str, *, url: str, quick: bool, only: Sequence[str], keep: Path | None, tell: Tell) -> dict[str, Any]:
    with ExitStack() as stack:
        home = stack.enter_context(_home(engine, keep))
        database = f"sqlite:///{home / 'bench.sqlite3'}"
        if engine == POSTGRESQL:
            server = url or stack.enter_context(postgres.private_server(keep / "postgresql-server" if keep else None))
            database = stack.enter_context(postgres.own_database(server, keep=keep is not None))
        unlimited = {"DINGKE_API_PER_TOKEN": "0", "DINGKE_API_PER_ADDRESS": "0"}  # all requests come from one address
        environment = {**os.environ, **unlimited, "DINGKE_HOME": str(home), "DINGKE_DATABASE_URL": database}
        for name in ("DINGKE_DEBUG", "DINGKE_HOSTS", "DJANGO_SETTINGS_MODULE"):
            environment.pop(name, None)
        command = [sys.executable, "-m", "dingke.config.bench.measure", "--only", ",".join(only), *(["--quick"] if quick else [])]
        with (home / "bench.log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log)
            result = None
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    if not line.startswith(b"{"):
                        continue
                    said = json.loads(line)
                    if "result" in said:
                        result = said["result"]
                    else:
                        tell(f"{engine}: {said['what']}", said["done"], said["total"])
            finally:
                if process.poll() is None and result is None:
                    process.terminate()
                code = process.wait()
        if code or result is None:
            raise CannotMeasure(f"{engine}: the run ended with {code}\n{(home / 'bench.log').read_text(errors='replace')[-3000:]}")
        return dict(result)


def run(*, asked: str, url: str, quick: bool, only: Sequence[str], keep: Path | None, tell: Tell) -> dict[str, Any]:
    """Figures of every engine with the machine they were taken on."""
    named = os.environ.get("DINGKE_DATABASE_URL", "")
    url = url or (named if named.startswith("postgres") else "")
    found = [_measured(engine, url=url, quick=quick, only=only, keep=keep, tell=tell) for engine in engines(asked, url)]
    return {"machine": machine(), "taken_at": datetime.now().astimezone().isoformat(timespec="minutes"), "quick": quick, "engines": found}


def machine() -> dict[str, Any]:
    """Processor, memory and versions, as far as the system tells them."""
    processor, memory = platform.processor() or platform.machine(), 0
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), processor)
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    except (OSError, ValueError):
        pass
    return {
        "processor": processor,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_mb": memory,
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
    }
