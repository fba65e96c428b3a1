"""Reads Kafka's batches although a header's name is not UTF-8.

The protocol says it is; librdkafka writes whatever it is given. aiokafka decodes strictly, and one such record
would stop its partition for ever. What aiokafka's own reader cannot decode is read again, with escapes.
"""

import struct
from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

_LENGTH = struct.Struct(">qi")  # base offset and length, in front of every batch


class _Lenient(bytearray):
    """Bytes that can always be decoded."""

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        return _Lenient(part) if isinstance(index, slice) else part

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        """Decode, with escapes for what is not in the encoding."""
        return super().decode(encoding, "backslashreplace")


class _Batch:
    """A batch of aiokafka's, read again leniently where it fails."""

    def __init__(self, batch: Any, raw: bytes) -> None:
        self._batch, self._raw = batch, raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        last = -1
        try:
            for record in self._batch:
                last = record.offset
                yield record
        except UnicodeDecodeError:
            yield from (record for record in self._leniently() if record.offset > last)

    def _leniently(self) -> Iterator[Any]:
        again = _DefaultRecordBatchPy(self._raw)
        again._maybe_uncompress()
        again._buffer = _Lenient(again._buffer)
        return iter(again)


class TolerantRecords:
    """What the fetcher takes for the records of one fetched partition."""

    def __init__(self, data: bytes) -> None:
        self._records, self._data, self._position = MemoryRecords(data), data, 0

    def has_next(self) -> bool:
        """Tell whether there is another batch."""
        return bool(self._records.has_next())

    def size_in_bytes(self) -> int:
        """Give the size of all batches."""
        return int(self._records.size_in_bytes())

    def next_batch(self) -> Any:
        """Give the next batch, None after the last one."""
        batch = self._records.next_batch()
        if batch is None:
            return None
        begin = self._position
        _, length = _LENGTH.unpack_from(self._data, begin)
        self._position = begin + _LENGTH.size + length
        return _Batch(batch, bytes(memoryview(self._data)[begin : self._position]))


def tolerate() -> None:
    """Let all consumers of this process read so."""
    fetcher.MemoryRecords = TolerantRecords
