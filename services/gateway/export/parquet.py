"""Parquet: columns with their types, some ten thousand rows at a time."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from services.gateway.export.columns import COLUMNS, row_of

ROWS = 16_384  # of a group: what is kept in memory
_TYPES = {
    "number": pa.string(), "text": pa.string(), "time": pa.timestamp("ms", tz="UTC"), "integer": pa.int64(),
    "flag": pa.bool_(), "list": pa.list_(pa.string()),
}  # fmt: skip
SCHEMA = pa.schema([(column.name, _TYPES[column.kind]) for column in COLUMNS])


class ParquetWriter:
    """A table of typed columns; nothing in it can be a formula."""

    def __init__(self, stream: BinaryIO) -> None:
        self._file: Any = pq.ParquetWriter(stream, SCHEMA, compression="zstd")  # type: ignore[no-untyped-call]
        self._waiting: list[list[Any]] = []

    def begin(self) -> None:
        """Need no beginning."""

    def write(self, numbers: Sequence[dict[str, Any]]) -> None:
        """Write numbers, when there are enough for a group of rows."""
        self._waiting += [row_of(data) for data in numbers]
        if len(self._waiting) >= ROWS:
            self._put()

    def end(self) -> None:
        """Write the last rows and where each group is."""
        self._put()
        self._file.close()

    def _put(self) -> None:
        columns = zip(*self._waiting, strict=True) if self._waiting else [()] * len(COLUMNS)
        self._file.write_table(
            pa.table(
                [
                    pa.array(_times(values) if column.kind == "time" else values, _TYPES[column.kind])
                    for column, values in zip(COLUMNS, columns, strict=True)
                ],
                schema=SCHEMA,
            )
        )
        self._waiting = []


def _times(values: Sequence[str | None]) -> list[datetime | None]:
    return [None if value is None else _time(value) for value in values]


@lru_cache(maxsize=4096)
def _time(value: str) -> datetime:
    return datetime.fromisoformat(value)
