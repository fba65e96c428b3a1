"""A file that grows beside the one it will be, with a note of where it is whole.

`FILE.part` is what there is so far, `FILE.part.json` says up to which byte it is good and where the search goes on. The
file has its name only when it is complete. Killed at any moment, a format that goes on is cut back to the note.
"""

import contextlib
import fcntl
import hashlib
import json
import os
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from services.ops.faults import WrongUsage

_TAIL = 65_536  # bytes before the end that the note vouches for


class Reached(NamedTuple):
    """How far an export is: the cursor behind its last number, None at its beginning; rows; its search, as JSON."""

    cursor: str | None = None
    rows: int = 0
    search: str = ""


class Unfinished:
    """An export under way. Use as a context manager; `finish` gives the file its name."""

    def __init__(self, output: Path, kind: str, asked: str, *, goes_on: bool, anew: bool, replace: bool) -> None:
        self._output, self._kind, self._goes_on, self._asked = output, kind, goes_on, asked
        self._part, self._note = Path(f"{output}.part"), Path(f"{output}.part.json")
        if output.is_dir() or (output.exists() and not replace):
            what = "is a folder" if output.is_dir() else "is there already"
            raise WrongUsage(f"--output: {output} {what}; name another file{_or_replace(output)}.")
        with _written(self._part):
            self.stream: BinaryIO = open(self._part, "r+b" if self._part.exists() else "w+b")  # noqa: SIM115
        try:
            self._alone()
            self.reached = self._begun(anew)
        except BaseException:
            self.stream.close()
            raise

    def note(self, reached: Reached) -> None:
        """Make what is written safe, and note how far it is."""
        if not self._goes_on:
            return
        self.stream.flush()
        os.fsync(self.stream.fileno())
        size = self.stream.tell()
        noted = {
            "format": self._kind,
            "asked": self._asked,
            "size": size,
            "tail": self._tail(size),
            **reached._asdict(),
        }
        draft = Path(f"{self._note}~")
        draft.write_text(json.dumps(noted), "utf-8")
        draft.replace(self._note)

    def finish(self) -> int:
        """Give the file its name; give its size."""
        self.stream.flush()
        os.fsync(self.stream.fileno())
        self._part.replace(self._output)
        self._note.unlink(missing_ok=True)
        return self._output.stat().st_size

    def close(self) -> None:
        """Leave what can go on where it is, and nothing else."""
        if not self._goes_on:
            self._part.unlink(missing_ok=True)  # none is left of a file that has its name
        self.stream.close()

    def _alone(self) -> None:
        try:
            fcntl.flock(self.stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise WrongUsage(f"--output: another export is writing {self._part}; wait, or name another file.") from None

    def _begun(self, anew: bool) -> Reached:
        """Go on where the note says, or at the beginning of an empty file."""
        size = self.stream.seek(0, os.SEEK_END)
        if anew or size == 0:
            self._cut(0)
            self._note.unlink(missing_ok=True)
            return Reached()
        noted = self._noted(size)
        if noted is None:
            raise WrongUsage(
                f"--output: {self._part} is half of a file, and not of this export as it was left; "
                "give the same filters and format again, name another file, or begin again with --anew, which drops "
                "that half."
            )
        self._cut(noted["size"])
        return Reached(noted["cursor"], noted["rows"], noted["search"])

    def _noted(self, size: int) -> dict[str, Any] | None:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            noted: dict[str, Any] = json.loads(self._note.read_text("utf-8"))
            same = (noted["format"], noted["asked"]) == (self._kind, self._asked)
            good = same and self._goes_on and 0 <= noted["size"] <= size
            if good and noted["tail"] == self._tail(noted["size"]) and isinstance(noted["rows"], int):
                return noted
        return None

    def _tail(self, size: int) -> str:
        self.stream.seek(max(size - _TAIL, 0))
        tail = self.stream.read(min(size, _TAIL))
        self.stream.seek(size)
        return hashlib.blake2b(tail, digest_size=16).hexdigest()

    def _cut(self, size: int) -> None:
        self.stream.truncate(size)
        self.stream.seek(size)


def _or_replace(output: Path) -> str:
    return "" if output.is_dir() else ", or say --replace"


@contextlib.contextmanager
def _written(path: Path) -> Any:
    try:
        yield
    except OSError as error:
        raise WrongUsage(
            f"--output: {path} cannot be written ({error.strerror}); name a file in a folder that you may write to."
        ) from None
