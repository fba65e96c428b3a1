"""Parquet as JSON Lines: `python -m services.gateway.bulk.files.parquet <FILE`, a process of its own (see `apart`).

First come the columns, then the rows, some hundred at a time; a row's line is its number. What reads Parquet is no
Python: by some wrong bytes it ends its process, or asks for more memory than there is. Either ends this one, which has
limits of its own.
"""

import resource
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import Any, BinaryIO

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from contracts.fields import format_instant, parse_instant
from services.gateway.bulk.files.lines import LONGEST
from services.gateway.bulk.files.objects import flat
from services.gateway.domain.row import WrongFile

ROWS = 256  # at once
LARGEST = 16 << 20  # bytes of them
MEMORY = 2 << 30  # bytes of this process, of which the interpreter and its libraries take about 1 GiB of addresses
PROCESSOR = 300  # seconds: some ten times as many as five million rows take
_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
_BROKEN = (pa.ArrowException, OSError, ValueError, MemoryError)


def said(stream: BinaryIO) -> Iterator[bytes]:
    """Give the lines: columns, rows, why one is none, at last that all were read or why not."""
    try:
        table = pq.ParquetFile(stream, buffer_size=1 << 16, pre_buffer=False)  # type: ignore[no-untyped-call]
    except _BROKEN as error:
        yield _line("wrong", f"The file is no Parquet that can be read: {error}; write it anew.")
        return
    yield _line("columns", _columns(table.schema_arrow))
    line = 0
    try:
        for row in _rows(table):
            line += 1
            yield _row(line, row)
    except WrongFile as error:
        yield _line("wrong", f"{error}")
    except _BROKEN as error:
        yield _line("wrong", f"The file is damaged behind row {line}: {error}; write it anew.")
    else:
        yield _line("end")


def _columns(schema: Any) -> Sequence[str]:
    return [
        f"{field.name}.{each.name}" if pa.types.is_struct(field.type) else field.name
        for field in schema
        for each in (field.type if pa.types.is_struct(field.type) else [field])
    ]


def _rows(table: Any) -> Iterator[Mapping[str, Any]]:
    names = table.schema_arrow.names
    for batch in table.iter_batches(batch_size=ROWS, use_threads=False):
        _check_size(batch)
        for row in zip(*batch.columns, strict=True):  # one by one: each is a copy of its texts
            yield {name: cell.as_py() for name, cell in zip(names, row, strict=True)}


def _check_size(batch: Any) -> None:
    """Refuse rows that are too large before they become objects."""
    if batch.nbytes > LARGEST:
        raise WrongFile(f"There are {ROWS} rows of more than {LARGEST >> 20} MiB; no commands have so much.")
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if _longest(column) > LONGEST:
            raise WrongFile(f"Column {name[:100]!r} has a text of more than {LONGEST} bytes; no command has.")


def _longest(column: Any) -> int:
    """Give how many bytes the longest text has."""
    if pa.types.is_dictionary(column.type):
        return _longest(column.dictionary)
    if pa.types.is_nested(column.type):
        return max(
            map(_longest, column.flatten() if pa.types.is_struct(column.type) else [column.flatten()]), default=0
        )
    if any(each(column.type) for each in _TEXTS):
        return pc.max(pc.binary_length(column)).as_py() or 0  # type: ignore[attr-defined]
    return 0


def _row(line: int, row: Mapping[str, Any]) -> bytes:
    """Give a row; null is absent."""
    try:
        return _line("row", {name: _plain(value) for name, value in flat(row).items() if value is not None})
    except (TypeError, ValueError, OverflowError) as error:
        return _line("broken", str(row.get("number", "")), f"This row has a value that cannot be read: {error}.")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo:
        return format_instant(parse_instant(value))
    is_text = isinstance(value, Decimal) or (isinstance(value, float) and not isfinite(value))
    return str(value) if is_text else value


def _line(*words: Any) -> bytes:
    return orjson.dumps(words, option=orjson.OPT_APPEND_NEWLINE)


def main() -> None:
    """Read standard input, write to standard output."""
    for limit, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, PROCESSOR)):
        with suppress(ValueError, OSError):  # not every system has all
            resource.setrlimit(limit, (most, most))
    with open(0, "rb", closefd=False) as stream, open(1, "wb", closefd=False) as lines:
        for line in said(stream):
            lines.write(line)


if __name__ == "__main__":
    main()
