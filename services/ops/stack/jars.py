"""Kafka's jars: fetched once per user from Maven's central repository, checked against committed hashes."""

import hashlib
import shutil
import tempfile
import tomllib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from services.ops.stack.errors import StackError
from services.ops.stack.lock import exclusive
from services.ops.stack.settings import Settings

VERSION = "4.3.0"
LOCK_FILE = Path(__file__).with_name("kafka.lock.toml")  # in jgo's own form, no host in it
MEGABYTES = 45
AT_ONCE = 4  # downloads side by side


def fetch_jars(settings: Settings, progress: Callable[[str], None]) -> list[Path]:
    """Return the jars of Kafka and all that it needs; download them if this user has none yet.

    Several processes may ask at once: one downloads, the others wait for it. Raises StackError.
    """
    locked = _locked()
    digest = hashlib.sha256("".join(sorted(locked.values())).encode()).hexdigest()[:12]
    folder = settings.cache / f"kafka-{VERSION}-{digest}" / "jars"
    if not folder.exists():
        with exclusive(folder.with_name("jars.lock")):
            if not folder.exists():
                progress(f"downloading Kafka {VERSION}, once, about {MEGABYTES} MB")
                _download(folder, settings.maven)
    return [folder / name for name in locked]


def _locked() -> dict[str, str]:
    """Return the file name of every jar with its SHA-256, in the order of the class path."""
    entries = tomllib.loads(LOCK_FILE.read_text())["dependencies"]
    return {f"{entry['artifactId']}-{entry['version']}.jar": entry["sha256"] for entry in entries}


def _download(folder: Path, mirror: str | None) -> None:
    """Fill `folder` completely or not at all."""
    from jgo.env import LockFile  # slow to import and not needed once the jars are here
    from jgo.maven import MavenContext

    mirrored = {"mirror": mirror} if mirror else None  # None: Maven's central repository
    lock = LockFile.load(LOCK_FILE)
    for left_over in folder.parent.glob("fetch-*"):  # of a process that was killed; we hold the lock
        shutil.rmtree(left_over)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="fetch-") as fresh:
        maven = MavenContext(repo_cache=Path(fresh), remote_repos=mirrored, timeout=30)
        artifacts = [maven.project(d.groupId, d.artifactId).at_version(d.version).artifact() for d in lock.dependencies]
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                files = list(pool.map(lambda artifact: artifact.resolve(), artifacts))
        except (OSError, RuntimeError) as error:  # what requests and jgo raise
            raise StackError(f"Kafka cannot be downloaded; connect to the network, or start Docker: {error}") from error
        if wrong := lock.verify_checksums(Path(fresh)):
            raise StackError(f"What was downloaded is not the Kafka we know: {'; '.join(wrong)}")
        _keep(files, Path(fresh) / "jars", folder)


def _keep(files: list[Path], together: Path, folder: Path) -> None:
    together.mkdir()
    for file in files:
        file.rename(together / file.name)
    together.rename(folder)
