"""`dingke up`: web, workers and scheduler as child processes; what dies is started again, a stop loses no job."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field

STOP_AFTER = 25.0  # seconds a child has to finish what it holds
CALM_AFTER = 30.0  # a child that lived this long starts again at once
CHECK_EVERY = 0.3


@dataclass
class Child:
    """One supervised process and how often it died in a row."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    not_before: float = 0.0
    environment: dict[str, str] = field(default_factory=dict)

    def start(self) -> None:
        # a group of its own: Ctrl+C reaches the supervisor alone, which then stops the children in order
        self.process = subprocess.Popen(self.command, env={**os.environ, **self.environment}, start_new_session=True)
        self.started = time.monotonic()

    def look(self, announce: Callable[[str], object]) -> None:
        """Starts the process again when it died, waiting longer each time it dies young."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.not_before:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        self.deaths = 0 if now - self.started > CALM_AFTER else self.deaths + 1
        wait = min(30.0, 0.5 * 2 ** min(self.deaths, 6))
        announce(f"{self.name} ended with {code}; starting again in {wait:.1f} s")
        self.process, self.not_before = None, now + wait


def web_command(*, host: str, port: int, processes: int = 1) -> list[str]:
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", str(processes),
        "--blocking-threads", os.environ.get("DINGKE_WEB_THREADS") or "4",
        "--no-ws", "--log-level", "warning", "dingke.config.wsgi:application",
    ]  # fmt: skip


def children(*, host: str, port: int, workers: int, scheduler: bool = True, processes: int = 1) -> list[Child]:
    settings = {"DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "dingke.config.settings")}
    numbers = {} if processes == 1 else {"PROMETHEUS_MULTIPROC_DIR": tempfile.mkdtemp(prefix="dingke-metrics-")}  # counted together
    result = [Child("web", web_command(host=host, port=port, processes=processes), environment={**settings, **numbers})]
    for number in range(1, workers + 1):
        result.append(Child(f"worker {number}", [sys.executable, "-m", "dingke.config.worker"], environment=settings))
    if scheduler:
        result.append(Child("scheduler", [sys.executable, "-m", "dingke.config.scheduler"], environment=settings))
    return result


def run(*, host: str, port: int, workers: int, announce: Callable[[str], object], scheduler: bool = True, processes: int = 1) -> int:
    """Runs until SIGTERM or Ctrl+C; then stops the web first, lets workers finish their job, and returns 0."""
    from dingke.config.life import beats
    from dingke.config.models import Beat

    family = children(host=host, port=port, workers=workers, scheduler=scheduler, processes=processes)
    with beats.beating(Beat.Kind.WEB):
        return _watch(family, announce)


def _watch(family: list[Child], announce: Callable[[str], object]) -> int:
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    while not stopping:
        for child in family:
            child.look(announce)
        time.sleep(CHECK_EVERY)
    announce("stopping")
    running = [child.process for child in family if child.process is not None and child.process.poll() is None]
    for process in running:
        process.terminate()
    until = time.monotonic() + STOP_AFTER
    for process in running:
        try:
            process.wait(max(0.1, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()  # its job is found lost by its heartbeat and put back in the queue
            process.wait(5)
    return 0
