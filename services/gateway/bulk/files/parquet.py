"""Parquet: some hundred rows at a time; a row's line is its number.

Few bytes can stand for many: the texts that a group of rows draws on are looked at before its rows are, and what is
larger than any file of numbers has need to be is refused.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from contracts.fields import format_instant, parse_instant
from services.gateway.bulk.files.found import Found
from services.gateway.bulk.files.lines import LONGEST
from services.gateway.bulk.files.objects import flat
from services.gateway.domain.row import WrongFile

ROWS = 256  # at once
LARGEST = 16 << 20  # bytes of them
LARGEST_GROUP = 64 << 20  # bytes of a row group
_TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
_BROKEN = (pa.ArrowException, OSError, ValueError)


class ParquetTable:
    """Rows of typed columns. `columns`: their names, known from the beginning."""

    def __init__(self, stream: BinaryIO) -> None:
        try:
            metadata = pq.read_metadata(stream)  # type: ignore[no-untyped-call]
            self._file, self._texts = (
                pq.ParquetFile(stream, metadata=metadata, read_dictionary=each, buffer_size=1 << 16)  # type: ignore[no-untyped-call]
                for each in ([], _texts(metadata))
            )
        except _BROKEN as error:
            raise WrongFile(f"The file is no Parquet that can be read: {error}; write it anew.") from None
        _check_groups(metadata)
        self.columns: Sequence[str] = [
            f"{field.name}.{each.name}" if pa.types.is_struct(field.type) else field.name
            for field in self._file.schema_arrow
            for each in (field.type if pa.types.is_struct(field.type) else [field])
        ]

    def __iter__(self) -> Iterator[Found]:
        """Give the rows; null is absent. Raises `WrongFile` where the file is damaged."""
        line, names = 0, self._file.schema_arrow.names
        try:
            for batch in self._batches():
                _check_size(batch)
                for row in zip(*batch.columns, strict=True):  # one by one: each is a copy of its texts
                    line += 1
                    yield Found(line, _present({name: cell.as_py() for name, cell in zip(names, row, strict=True)}))
        except WrongFile:
            raise
        except _BROKEN as error:
            raise WrongFile(f"The file is damaged behind row {line}: {error}; write it anew.") from None

    def _batches(self) -> Iterator[Any]:
        for group in range(self._file.num_row_groups):
            for first in self._texts.iter_batches(batch_size=1, row_groups=[group]):  # type: ignore[no-untyped-call]
                _check_size(first)  # with it come all texts that are stored once for many rows
                break
            yield from self._file.iter_batches(batch_size=ROWS, row_groups=[group])  # type: ignore[no-untyped-call]


def _texts(metadata: Any) -> list[str]:
    columns = (metadata.schema.column(at) for at in range(metadata.num_columns))
    return [each.path for each in columns if each.physical_type == "BYTE_ARRAY" and each.logical_type.type != "DECIMAL"]


def _check_groups(metadata: Any) -> None:
    """Refuse groups of rows that are too large, as they say or as they are stored."""
    for at in range(metadata.num_row_groups):
        group = metadata.row_group(at)
        stored = sum(group.column(each).total_compressed_size for each in range(group.num_columns))
        if max(group.total_byte_size, stored) > LARGEST_GROUP:
            raise WrongFile(f"Row group {at + 1} has more than {LARGEST_GROUP >> 20} MiB; write smaller ones.")


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


def _present(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _said(value) for name, value in flat(row).items() if value is not None}


def _said(value: Any) -> Any:
    return format_instant(parse_instant(value)) if isinstance(value, datetime) and value.tzinfo else value
