"""A real Spark cluster for the length of a test run: a master and two workers, each a process of its own."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

WORKERS = 2
START_SECONDS = 60
PARENT_DIED = 1  # PR_SET_PDEATHSIG


@dataclass(frozen=True)
class Cluster:
    master: str
    workers: int


@contextmanager
def spark_cluster(folder: Path) -> Iterator[Cluster]:
    """Start it on free ports of the loopback, and end every process of it whatever happens."""
    with ExitStack() as stack:
        log = folder / "master.log"
        master = stack.enter_context(_daemon("org.apache.spark.deploy.master.Master", ["--port", "0"], log))
        url = _wait_for(r"Starting Spark master at (spark://\S+)", log, master)[0]
        for number in range(1, WORKERS + 1):
            work = folder / f"worker-{number}"
            arguments = ["--cores", "2", "--memory", "3g", "--work-dir", str(work), url]
            stack.enter_context(
                _daemon("org.apache.spark.deploy.worker.Worker", arguments, folder / f"worker-{number}.log")
            )
        _wait_for(r"Registering worker", log, master, times=WORKERS)
        yield Cluster(url, WORKERS)


@contextmanager
def _daemon(main_class: str, arguments: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    import pyspark

    home = Path(pyspark.__file__).parent
    command = [str(home / "bin" / "spark-class"), main_class, "--host", "127.0.0.1", "--webui-port", "0", *arguments]
    environment = os.environ | {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_NO_DAEMONIZE": "1",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509 (no thread runs yet)
        )
    try:
        yield process
    finally:
        _end(process)


def _end_with_parent() -> None:
    """The kernel ends the process when the test run dies without a word."""
    ctypes.CDLL(None).prctl(PARENT_DIED, signal.SIGKILL)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop, wait, and then end the whole process group: a worker's executors belong to it."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def _wait_for(pattern: str, log: Path, process: subprocess.Popen[bytes], times: int = 1) -> list[str]:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        found = re.findall(pattern, log.read_text(errors="replace"))
        if len(found) >= times:
            return found
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise RuntimeError(f"the Spark cluster did not start; {log} says:\n{log.read_text(errors='replace')[-3000:]}")
