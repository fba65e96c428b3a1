"""Waiting for so many records in a topic, with an end to one's patience."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from services.ops.connection import consumer
from tests.bench.load import PARTITIONS
from tests.bench.processes import Running

LOOK = 0.03  # seconds between looks
PATIENCE = 60.0  # seconds without any new record


class Sight(NamedTuple):
    """How many records there were, when, and how much processor had been used by then."""

    records: int
    at: float
    cpu: float


class Watch:
    """Counts the records of one topic."""

    def __init__(self, reader: AIOKafkaConsumer, topic: str) -> None:
        self._reader, self._topic = reader, topic
        self._places = [TopicPartition(topic, number) for number in range(PARTITIONS)]

    async def count(self) -> int:
        """Count them now."""
        return sum((await self._reader.end_offsets(self._places)).values())

    async def until(self, wanted: int, who: Running) -> Sight:
        """Wait until there are so many. Raises `RuntimeError` when `who` ends or rests before."""
        found, moved = 0, time.monotonic()
        while True:
            now, at = await self.count(), time.monotonic()
            if now >= wanted:
                return Sight(now, at, who.cpu)
            if who.ended or (now == found and at - moved > PATIENCE):
                raise RuntimeError(f"{self._topic} came to an end, or to rest, at {now} of {wanted} records.")
            if now != found:
                found, moved = now, at
            await asyncio.sleep(LOOK)


@asynccontextmanager
async def watching(servers: str, topic: str) -> AsyncIterator[Watch]:
    """Watch a topic."""
    async with consumer(servers) as reader:
        yield Watch(reader, topic)
