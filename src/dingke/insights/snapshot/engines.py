"""What computes the figures: DuckDB in this process, or Apache Spark on a cluster. Both run the same Ibis expressions over the same files.

`DINGKE_ENGINE` chooses. Everything that differs between the two stands here: how a file becomes a table, how a table that several metrics
start from is computed once, and how rows come back as Arrow.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import ibis
import pyarrow as pa
from django.conf import settings
from django.utils.translation import gettext as _

from dingke.core.errors import Refusal

T = TypeVar("T")
DUCKDB, SPARK = "duckdb", "spark"
ANSWERS_WITHIN = 5.0  # seconds in which a master takes a connection
WORKERS_WITHIN = 60.0  # seconds in which the master gives an executor
_numbers = count()


class UnableToCompute(Refusal):
    """The engine that is set cannot be used now; nothing was changed."""


class Engine(Protocol):
    """`name`: DUCKDB or SPARK."""

    name: str

    def table(self, name: str, file: Path) -> Any:
        """A Parquet file as an Ibis table."""

    def keep(self, name: str, table: Any) -> Any:
        """Computed once for all that starts from it; it goes with the engine."""

    def rows(self, table: Any) -> pa.Table:
        """The table computed, as Arrow."""

    def disconnect(self) -> None: ...


class DuckDB:
    """In this process, on two threads, spilling into a folder."""

    name = DUCKDB

    def __init__(self, scratch: Path) -> None:
        self.backend = ibis.duckdb.connect(temp_directory=str(scratch), threads=2)

    def table(self, name: str, file: Path) -> Any:
        return self.backend.read_parquet(str(file), table_name=name)

    def keep(self, name: str, table: Any) -> Any:
        return self.backend.create_table(f"{name}_{next(_numbers)}", table, temp=True)

    def rows(self, table: Any) -> pa.Table:
        return table.to_pyarrow()

    def disconnect(self) -> None:
        self.backend.disconnect()


class Spark:
    """A standalone cluster. This process is the driver; the workers read the files by their path, which is the same on all machines."""

    name = SPARK

    def __init__(self, master: str, scratch: Path, options: dict[str, str]) -> None:
        _ask_for_java()
        try:
            from pyspark.sql import SparkSession
        except ImportError as error:
            raise UnableToCompute(_("Spark is set as the engine, but pyspark is not installed: pip install 'dingke[spark]'.")) from error
        _ask_for_master(master)
        told = {
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.log.level": "ERROR",
            "spark.local.dir": str(scratch),
            "spark.sql.warehouse.dir": str(scratch / "warehouse"),
            "spark.sql.session.timeZone": "UTC",
            **options,
        }
        builder = SparkSession.builder.master(master).appName("dingke score")
        for key, value in told.items():
            builder = builder.config(key, value)
        self.session: Any = None
        try:
            self.session = _spoken(builder.getOrCreate)
            self._wait_for_workers(master)
            self.backend = ibis.pyspark.connect(self.session)
        except BaseException:
            self.disconnect()
            raise

    def _wait_for_workers(self, master: str) -> None:
        """A job without an executor would wait for ever."""
        until = time.monotonic() + WORKERS_WITHIN
        memory = self.session.sparkContext._jsc.sc().getExecutorMemoryStatus
        while memory().size() < 2:  # the driver counts as one
            if time.monotonic() > until:
                raise UnableToCompute(
                    _("The Spark master %(master)s has no worker with room for a score run. The last scores stay as they are.")
                    % {"master": master}
                )
            time.sleep(0.2)

    def table(self, name: str, file: Path) -> Any:
        return _spoken(lambda: self.backend.read_parquet(file.resolve().as_uri(), table_name=name))

    def keep(self, name: str, table: Any) -> Any:
        kept = f"{name}_{next(_numbers)}"

        def laid() -> Any:
            self.session.sql(self.backend.compile(table)).cache().createOrReplaceTempView(kept)
            return self.backend.table(kept)

        return _spoken(laid)

    def rows(self, table: Any) -> pa.Table:
        """Straight from the executors as Arrow: by way of pandas whole numbers beside unknown ones would become floats."""
        return _spoken(lambda: self.session.sql(self.backend.compile(table)).toArrow())

    def disconnect(self) -> None:
        """Ends the session and its Java process, which would keep its memory as long as this process lives."""
        from pyspark import SparkContext

        if self.session is not None:
            with suppress(Exception):
                self.session.stop()
        gateway: Any = SparkContext._gateway
        if gateway is None:
            return
        with suppress(Exception):
            gateway.shutdown()
        process = getattr(gateway, "proc", None)
        if process is not None:
            with suppress(OSError):
                process.stdin.close()
            process.terminate()
            process.wait(timeout=30)
        SparkContext._gateway = SparkContext._jvm = None


def connect(scratch: Path) -> Engine:
    """The engine that is set. Raises `UnableToCompute` when it cannot be had."""
    scratch.mkdir(parents=True, exist_ok=True)
    named = str(settings.ENGINE).strip()
    if named in {"", DUCKDB}:
        return DuckDB(scratch)
    if named.startswith("spark://"):
        return Spark(named, scratch, _options(settings.SPARK_OPTIONS))
    raise UnableToCompute(_("DINGKE_ENGINE is duckdb or spark://host:port, not %(name)s.") % {"name": named})


def _options(text: str) -> dict[str, str]:
    """ "key=value; key=value" """
    pairs = (part.partition("=") for part in text.split(";") if part.strip())
    return {key.strip(): value.strip() for key, _equals, value in pairs}


def _ask_for_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if (home and (Path(home) / "bin" / "java").exists()) or shutil.which("java"):
        return
    raise UnableToCompute(_("Spark is set as the engine, but there is no Java here. It needs Java 17 (Debian: openjdk-17-jre-headless)."))


def _ask_for_master(master: str) -> None:
    """Spark itself would ask for a minute. Several masters stand by for one another: one that answers is enough."""
    hosts = master.removeprefix("spark://").split(",")
    for one in hosts:
        parts = urlsplit(f"//{one}")
        with suppress(OSError, ValueError), socket.create_connection((parts.hostname or "", parts.port or 7077), timeout=ANSWERS_WITHIN):
            return
    raise UnableToCompute(_("The Spark master %(master)s does not answer. The last scores stay as they are.") % {"master": master})


def _spoken(work: Callable[[], T]) -> T:
    """What Spark refuses, as a sentence; the whole story stays in the log as the cause."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        return work()
    except (Py4JError, PySparkException, ConnectionError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
        raise UnableToCompute(_("Spark gave up: %(reason)s The last scores stay as they are.") % {"reason": first}) from error
