"""A lock between processes, held for a `with` block, let go by the kernel when its holder dies."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(file: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock on `file`; without `wait` raise BlockingIOError if somebody else holds it."""
    import fcntl  # not on Windows, where a stack says so before it comes here

    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
