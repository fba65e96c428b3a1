"""The lines of a text in UTF-8, each of bounded length. Other encodings are found, and said once."""

import hashlib
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from services.gateway.bulk.files.found import Broken
from services.gateway.domain.row import WrongFile

LONGEST = 32_768  # bytes of a line


class Line(NamedTuple):
    """A line without its end. `whole`: it has one; `long`: there was more than is kept."""

    number: int  # from 1
    text: str
    whole: bool = True
    long: bool = False

    @property
    def too_long(self) -> Broken:
        """What it is if it is too long."""
        return Broken(
            self.number, self.text[:100], "too_long", f"This line has more than {LONGEST} bytes; no command does."
        )


class Lines:
    """Goes through a stream once. `digest`: of all bytes that were read."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self.digest = stream, hashlib.sha256()

    def __iter__(self) -> Iterator[Line]:
        """Give the lines. Raises `WrongFile` for another encoding."""
        number = 0
        while raw := self._read():
            number += 1
            if number == 1:
                raw = _begun(raw)
            long = len(raw) > LONGEST
            if long and not raw.endswith(b"\n"):
                self._skip()
            text = raw.decode(errors="ignore") if long else _decoded(raw, number)
            yield Line(number, text.rstrip("\r\n"), raw.endswith(b"\n"), long)

    def _read(self) -> bytes:
        raw = self._stream.readline(LONGEST + 1)
        self.digest.update(raw)
        return raw

    def _skip(self) -> None:
        while (raw := self._read()) and not raw.endswith(b"\n"):
            pass


def _begun(raw: bytes) -> bytes:
    if raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) or b"\x00" in raw[:1024]:
        raise WrongFile("The file is in UTF-16, from line 1 on; save it as UTF-8.")
    return raw.removeprefix(BOM_UTF8)


def _decoded(raw: bytes, number: int) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise WrongFile(
            f"Line {number} is not UTF-8: its byte {error.start + 1} is {raw[error.start]:#04x}. The file may be in "
            "Latin-1, as Windows has it; save it as UTF-8."
        ) from None
