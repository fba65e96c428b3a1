"""Where a stack keeps its data: a folder that is named and stays, or a temporary one."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from services.ops.stack.errors import StackError
from services.ops.stack.lock import exclusive

PREFIX = "numberbank-stack-"
YOUNG_SECONDS = 60  # a folder this young may be about to be locked by its owner
LOCK = "lock"  # held as long as the stack lives


@contextmanager
def data_folder(named: Path | None) -> Iterator[Path]:
    """Give the folder `named`, or a temporary one that is removed at the end; nobody else's while it is ours.

    Raises StackError if another stack uses the named folder, or if it cannot be written.
    """
    if named is None:
        sweep(Path(tempfile.gettempdir()))
        with tempfile.TemporaryDirectory(prefix=PREFIX) as folder, exclusive(Path(folder) / LOCK):
            yield Path(folder)
        return
    with ExitStack() as held:
        yield _held(named.resolve(), held)


def _held(folder: Path, held: ExitStack) -> Path:
    try:
        held.enter_context(exclusive(folder / LOCK, wait=False))
    except BlockingIOError as error:
        raise StackError(f"Another stack uses {folder}: stop it, or name another folder.") from error
    except OSError as error:
        raise StackError(f"The folder {folder} cannot hold the data of a stack: {error}.") from error
    return folder


def sweep(parent: Path) -> None:
    """Remove the temporary folders of stacks whose process was killed before it could."""
    for lock in parent.glob(f"{PREFIX}*/{LOCK}"):
        with suppress(OSError):  # in use, or another user's
            if time.time() - lock.stat().st_mtime > YOUNG_SECONDS:
                _remove(lock)


def _remove(lock: Path) -> None:
    with exclusive(lock, wait=False):
        shutil.rmtree(lock.parent, ignore_errors=True)
