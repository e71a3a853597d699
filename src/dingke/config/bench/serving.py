"""The server under measurement: the same web process that `dingke up` supervises, on a free port, and what memory it takes."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dingke.config import supervisor

HOST = "127.0.0.1"
STARTS_WITHIN = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(log: Path) -> Iterator[tuple[int, int]]:
    """Port and process id of a web server on the current installation; stopped at the end."""
    port = free_port()
    web = next(child for child in supervisor.children(host=HOST, port=port, workers=0) if child.name == "web")
    with log.open("wb") as output:
        process = subprocess.Popen(
            web.command, env={**os.environ, **web.environment}, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        _wait(process, port, log)
        yield port, process.pid
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the web server ended at once:\n{log.read_text(errors='replace')[-2000:]}")
        try:
            with socket.create_connection((HOST, port), timeout=1):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("the web server did not answer in time")


def resident_megabytes(process_id: int) -> float:
    """Resident memory of a process and its children. 0 where the system has no /proc."""
    total, waiting = 0, [process_id]
    while waiting:
        current = waiting.pop()
        try:
            for line in Path(f"/proc/{current}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    total += int(line.split()[1])
            for task in Path(f"/proc/{current}/task").iterdir():
                waiting += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return round(total / 1024, 1)
