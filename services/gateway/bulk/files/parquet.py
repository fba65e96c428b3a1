"""Parquet: some thousand rows at a time; a row's line is its number."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from contracts.fields import format_instant, parse_instant
from services.gateway.bulk.files.found import Found
from services.gateway.bulk.files.objects import flat
from services.gateway.domain.row import WrongFile

ROWS = 2_048  # at once
_BROKEN = (pa.ArrowException, OSError, ValueError)


class ParquetTable:
    """Rows of typed columns. `columns`: their names, known from the beginning."""

    def __init__(self, stream: BinaryIO) -> None:
        try:
            self._file = pq.ParquetFile(stream)  # type: ignore[no-untyped-call]
        except _BROKEN as error:
            raise WrongFile(f"The file is no Parquet that can be read: {error}; write it anew.") from None
        self.columns: Sequence[str] = [
            f"{field.name}.{each.name}" if pa.types.is_struct(field.type) else field.name
            for field in self._file.schema_arrow
            for each in (field.type if pa.types.is_struct(field.type) else [field])
        ]

    def __iter__(self) -> Iterator[Found]:
        """Give the rows; null is absent. Raises `WrongFile` where the file is damaged."""
        line = 0
        try:
            for batch in self._file.iter_batches(batch_size=ROWS):  # type: ignore[no-untyped-call]
                for row in batch.to_pylist():
                    line += 1
                    yield Found(line, _present(row))
        except _BROKEN as error:
            raise WrongFile(f"The file is damaged behind row {line}: {error}; write it anew.") from None


def _present(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _said(value) for name, value in flat(row).items() if value is not None}


def _said(value: Any) -> Any:
    return format_instant(parse_instant(value)) if isinstance(value, datetime) and value.tzinfo else value
