"""CSV and JSON Lines: what is written stands, so an export that was cut off goes on behind it."""

import csv
import io
from collections.abc import Sequence
from typing import Any, BinaryIO

import orjson

from services.gateway.export.cells import cells_of
from services.gateway.export.columns import NAMES, row_of


class CsvWriter:
    """RFC 4180 in UTF-8, with a line of headings; cells that could be formulas have an apostrophe before them."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def begin(self) -> None:
        """Write the headings."""
        self._put([NAMES])

    def write(self, numbers: Sequence[dict[str, Any]]) -> None:
        """Write a line for each number."""
        self._put([cells_of(row_of(data)) for data in numbers])

    def end(self) -> None:
        """Need nothing more."""

    def _put(self, rows: Sequence[Sequence[str]]) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        self._stream.write(text.getvalue().encode())


class JsonLinesWriter:
    """One object a line, as `numberbank find --json` has it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def begin(self) -> None:
        """Need no beginning."""

    def write(self, numbers: Sequence[dict[str, Any]]) -> None:
        """Write a line for each number."""
        self._stream.write(b"".join([orjson.dumps(data, option=orjson.OPT_APPEND_NEWLINE) for data in numbers]))

    def end(self) -> None:
        """Need nothing more."""
