"""A Spark cluster on this machine for a test: a standalone master and two workers, each a process of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

QUICK = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
"""For a life of seconds: much of the usual start is compiling what is never used again."""
OPTIONS = "; ".join(
    (
        "spark.driver.host=127.0.0.1",
        "spark.driver.bindAddress=127.0.0.1",
        "spark.driver.memory=512m",
        "spark.executor.memory=512m",
        "spark.executor.cores=1",
        "spark.default.parallelism=2",
        "spark.sql.shuffle.partitions=2",
        "spark.sql.codegen.wholeStage=false",
        "spark.sql.adaptive.enabled=false",
        f"spark.driver.extraJavaOptions={QUICK}",
        f"spark.executor.extraJavaOptions={QUICK}",
    )
)
WORKERS = 2
UP_WITHIN = 60.0


def missing() -> str:
    """What is not there, "" when nothing."""
    try:
        import pyspark  # noqa: F401
    except ImportError:
        return "pyspark"
    return "" if shutil.which("java") or os.environ.get("JAVA_HOME") else "Java"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """The address of its master."""
    import pyspark

    home = Path(pyspark.__file__).parent
    port = free_port()
    master = f"spark://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_DAEMON_JAVA_OPTS": QUICK,
        "SPARK_CONF_DIR": str(folder),
    }
    java = [str(home / "bin" / "spark-class"), "org.apache.spark.deploy"]
    at = ["--host", "127.0.0.1", "--webui-port", "0"]
    commands = {"master": [java[0], f"{java[1]}.master.Master", *at, "--port", str(port)]} | {
        f"worker-{number}": [
            *[java[0], f"{java[1]}.worker.Worker", *at, "--cores", "1", "--memory", "512m"],
            *["--work-dir", str(folder / f"work-{number}"), master],
        ]
        for number in range(WORKERS)
    }
    started: list[subprocess.Popen[bytes]] = []
    try:
        for name, command in commands.items():
            with (folder / f"{name}.log").open("wb") as log:
                started.append(subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder))
        for name, word in [("master", b"ALIVE"), *((name, b"Successfully registered") for name in commands if name != "master")]:
            _wait_for(folder / f"{name}.log", word, started)
        yield master
    finally:
        for one in reversed(started):
            one.terminate()
        for one in started:
            with suppress(subprocess.TimeoutExpired):
                one.wait(timeout=20)
            one.kill()


def _wait_for(log: Path, word: bytes, started: list[subprocess.Popen[bytes]]) -> None:
    until = time.monotonic() + UP_WITHIN
    while word not in log.read_bytes():
        ended = [one.args for one in started if one.poll() is not None]
        if ended or time.monotonic() > until:
            raise RuntimeError(f"{log.name}: the cluster did not come up\n{log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.1)
