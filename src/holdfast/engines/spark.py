"""Apache Spark: an existing cluster, the session that a notebook already has, or local threads."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import ibis

from holdfast.engines import compilers
from holdfast.engines.base import Engine
from holdfast.engines.paths import backslashed
from holdfast.errors import InputError, MissingExtra

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa
    from ibis.backends import BaseBackend
    from pyspark.sql import SparkSession

# dates and instants mean the same everywhere; NULL stays NULL on its way to and from Arrow
SESSION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.ansi.enabled": "true",
}
START = {
    "spark.app.name": "holdfast",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",
}
ONE_MACHINE = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "4",
}


class Spark(Engine):
    """Takes the session that runs in this process; starts one, and stops it on `close`, where there is none."""

    name: ClassVar[str] = "spark"
    options: ClassVar[Mapping[str, str]] = {
        "master": "the cluster, such as spark://host:7077, yarn, k8s://…; local[*] by default",
        "spark.…": "any Spark setting, such as spark.executor.memory",
    }

    def __init__(self, options: Mapping[str, str], *, lake_root: Path | None = None) -> None:
        super().__init__()
        _require_spark()
        self._session, self._started = _session(dict(options))
        self.backend = _backend(self._session)

    def _read(self, files: list[str], schema: pa.Schema, name: str) -> ir.Table:
        rows = self._session.read.schema(_spark_schema(schema)).parquet(*map(_uri, files))
        rows.createOrReplaceTempView(name)
        return self.backend.table(name)

    def _empty(self, schema: pa.Schema, name: str) -> ir.Table:
        self._session.createDataFrame([], _spark_schema(schema)).createOrReplaceTempView(name)
        return self.backend.table(name)

    def _collect(self, sql: str) -> pa.Table:
        # Ibis goes through pandas, where an int64 with a NULL becomes a float
        return self._session.sql(sql).toArrow()

    def close(self) -> None:
        if self._started:
            self._session.stop()


def _backend(session: SparkSession) -> BaseBackend:
    from ibis.backends.pyspark import Backend

    class Corrected(Backend):
        compiler = compilers.Spark()

    Corrected.register_options()
    return Corrected().connect(session)


def _require_spark() -> None:
    try:
        import pyspark  # noqa: F401
    except ImportError as error:
        raise MissingExtra("the engine spark needs pyspark", hint="pip install 'holdfast[spark]'") from error
    if not has_java():
        raise MissingExtra(
            "the engine spark needs Java 17 or newer, and there is no `java` on this machine",
            hint="on Debian and Ubuntu: sudo apt-get install default-jre-headless",
        )


def has_java() -> bool:
    """Whether Spark would find a Java: on the path, or where JAVA_HOME says."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java") is not None or (home is not None and Path(home, "bin", "java").exists())


def _session(options: dict[str, str]) -> tuple[SparkSession, bool]:
    """The session for these options, and whether it was started here."""
    from pyspark.sql import SparkSession

    master = options.pop("master", None)
    running = _running()
    if running is not None:
        return _beside(running, master, options), False
    # each failed query would be logged a second time, with the JVM's stack
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)
    settings = START | (ONE_MACHINE if _on_one_machine(master) else {}) | SESSION | options
    builder = SparkSession.builder.master(master or "local[*]")
    for key, value in settings.items():
        builder = builder.config(key, value)
    try:
        return builder.getOrCreate(), True
    except Exception as error:
        given = master or "local[*]"
        raise InputError(f"no Spark session on {given}: {error}", hint="is the master running?") from error


def _running() -> SparkSession | None:
    """The session of this process; of another thread, where this one has none."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    if SparkSession.getActiveSession() is None and SparkContext._active_spark_context is not None:  # noqa: SLF001
        return SparkSession.builder.getOrCreate()
    return SparkSession.getActiveSession()


def _beside(running: SparkSession, master: str | None, options: dict[str, str]) -> SparkSession:
    """A session of its own (views, settings) in the Spark application that already runs."""
    current = running.conf.get("spark.master", None)
    if master is not None and master != current:
        raise InputError(
            f"this process already uses the Spark master {current}, not {master}",
            hint="one process has one Spark application: stop the first session, or leave the master out",
        )
    session = running.newSession()
    for key, value in (SESSION | options).items():
        if session.conf.isModifiable(key):
            session.conf.set(key, value)
    return session


def _on_one_machine(master: str | None) -> bool:
    return master is None or master.startswith(("local", "spark://127.0.0.1", "spark://localhost"))


def _uri(file: str) -> str:
    """A local path with its scheme, or the file system of the cluster would be asked; object stores keep theirs."""
    return backslashed(f"file://{file}" if file.startswith("/") else file)


def _spark_schema(schema: pa.Schema) -> object:
    from ibis.backends.pyspark.datatypes import PySparkSchema

    return PySparkSchema.from_ibis(ibis.schema({field.name: field.type for field in schema}))


ENGINE = Spark
