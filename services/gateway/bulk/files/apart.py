"""A Parquet file, read by a process of its own: whatever is in the file, no gateway ends by it.

That process has the file, and none of our settings; it says in lines what it finds (see `parquet`).
"""

import logging
import os
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from shutil import copyfileobj
from typing import IO, Any, BinaryIO

import orjson

from services.gateway.bulk.files.found import Broken, Found
from services.gateway.domain.row import WrongFile

log = logging.getLogger(__name__)

FAILED = 1  # what Python ends with after an exception: then it was not the file
SAID = 4_000  # bytes of what the reader said when it ended
READER = "services.gateway.bulk.files.parquet"
ENVIRON = {"ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "1"}  # so that memory is what is used


class ParquetTable:
    """Rows of typed columns. `columns`: their names, known from the beginning."""

    def __init__(self, stream: BinaryIO) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed when this is no longer needed
        with _file(stream) as file:
            self._reader = subprocess.Popen(
                [sys.executable, "-P", "-m", READER],  # -P: nothing is imported from where somebody happens to be
                stdin=file, stdout=subprocess.PIPE, stderr=self._errors, start_new_session=True,
                env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **ENVIRON},
            )  # fmt: skip
        weakref.finalize(self, _ended, self._reader, self._errors)
        self.columns: Sequence[str] = self._said("columns", behind=0)[1]

    def __iter__(self) -> Iterator[Found | Broken]:
        """Give the rows; null is absent. Raises `WrongFile` where the file is damaged."""
        line = 0
        while (words := self._said("row", "broken", "end", behind=line))[0] != "end":
            line += 1
            if words[0] == "row":
                yield Found(line, words[1])
            else:
                yield Broken(line, words[1], "wrong_field", words[2])

    def _said(self, *expected: str, behind: int) -> list[Any]:
        """Give the next line. Raises `WrongFile` for whatever is none of the expected ones."""
        assert self._reader.stdout is not None
        words: list[Any] = _words(self._reader.stdout.readline())
        if words[0] in expected:
            return words
        if words[0] == "wrong":
            raise WrongFile(words[1])
        if words[0]:
            self._reader.kill()  # it says what nobody expects, and may go on
        code = self._reader.wait()
        self._errors.seek(0)
        log.warning("reader ended", extra={"code": code})
        log.debug("its last words", extra={"said": self._errors.read(SAID).decode(errors="replace")})
        if code == FAILED:
            raise RuntimeError("What reads Parquet has failed; see the log.")
        raise WrongFile(
            f"The file is damaged behind row {behind}, or its groups of rows are far too large; write it anew."
        )


def _words(line: bytes) -> list[Any]:
    """Read a line; one that was cut off says nothing."""
    return list(orjson.loads(line)) if line.endswith(b"\n") else [""]


@contextmanager
def _file(stream: BinaryIO) -> Iterator[Any]:
    """Give what a process can read from the beginning: a file that has a number."""
    try:
        os.lseek(stream.fileno(), 0, os.SEEK_SET)
    except OSError:
        with tempfile.TemporaryFile() as file:
            copyfileobj(stream, file)
            file.seek(0)
            yield file
    else:
        yield stream


def _ended(reader: "subprocess.Popen[bytes]", errors: IO[bytes]) -> None:
    """End the process, wherever it is."""
    errors.close()
    reader.kill()
    reader.wait()
    if reader.stdout is not None:
        reader.stdout.close()
