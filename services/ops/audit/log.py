"""The topics between two offsets each, read one partition at a time: memory does not grow with them."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import Any

from services.chassis.records import Lot
from services.ops.connection import PATIENCE, kafka_trouble
from services.ops.reading import bounds
from services.ops.settings import ClientSettings

Limits = dict[Lot, tuple[int, int]]
CHUNK = 2_000  # records handed over at once


class Log:
    """Reads partitions to the end that they had; `progress` is told how many records were passed."""

    def __init__(self, client: Any, settings: ClientSettings, progress: Callable[[int], None]) -> None:
        self._client, self._settings, self._progress = client, settings, progress
        self.limits: Limits = {}
        self.counts: dict[str, int] = {}

    @property
    def size(self) -> int:
        """How many offsets there are to pass."""
        return sum(end - beginning for beginning, end in self.limits.values())

    async def open(self, counts: Sequence[tuple[str, int]]) -> None:
        """Take where these topics, with so many partitions, begin and end: one after the other, in this order."""
        self.counts = dict(counts)
        for topic, count in counts:
            found = await bounds(self._client, [(topic, part) for part in range(count)], self._settings)
            self.limits.update((Lot(*each), limits) for each, limits in found.items())
        wanted = [_partition(lot) for lot in self.limits]
        self._client.assign(wanted)
        self._client.pause(*wanted)

    async def newer(self, lots: Iterable[Lot]) -> Limits:
        """Give what has been written to partitions since their ends were taken."""
        lots = list(lots)
        with kafka_trouble(self._settings.kafka):
            ends = await self._client.end_offsets([_partition(lot) for lot in lots]) if lots else {}
        return {lot: (self.limits[lot][1], ends[_partition(lot)]) for lot in lots}

    def whole(self, lot: Lot) -> bool:
        """Tell whether all that was ever written to a partition is still there."""
        return self.limits[lot][0] == 0

    async def read(self, lot: Lot, limits: tuple[int, int] | None = None) -> AsyncIterator[Sequence[Any]]:
        """Give the records of a partition in order, some at a time. Raises `Unusable` when Kafka falls silent."""
        beginning, end = limits or self.limits[lot]
        if beginning >= end:
            return
        partition, silent, passed = _partition(lot), 0.0, beginning
        self._client.seek(partition, beginning)
        self._client.resume(partition)
        with kafka_trouble(self._settings.kafka):
            while passed < end:
                found = (await self._client.getmany(partition, timeout_ms=500, max_records=CHUNK)).get(partition, ())
                # The position and not the last record: a partition may end with records that nobody is handed.
                before, passed = passed, min(await self._client.position(partition), end)
                self._progress(passed - before)
                silent = 0.0 if passed > before else silent + 0.5
                if silent >= PATIENCE:
                    raise TimeoutError
                if found:
                    yield found if found[-1].offset < end else [each for each in found if each.offset < end]
        self._client.pause(partition)


def _partition(lot: Lot) -> Any:
    from aiokafka import TopicPartition

    return TopicPartition(*lot)
