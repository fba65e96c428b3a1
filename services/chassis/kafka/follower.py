"""Reads a topic outside of any group: whoever follows it keeps the place, and Kafka keeps the records."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from services.chassis.errors import KafkaAway
from services.chassis.kafka.handing import record_of
from services.chassis.records import Record
from services.chassis.security.cluster import Cluster

log = logging.getLogger(__name__)

DEADLINE = 10.0  # seconds to begin
CLOSE = 2.0  # seconds to leave
AHEAD = 128 * 1024  # bytes of each partition that are fetched before they are asked for, at most
MOST = 200  # records at once


class Follower:
    """A topic, read from a place on. A place has the next offset of each partition."""

    def __init__(self, name: str, cluster: Cluster, topic: str, partitions: int) -> None:
        self._lots = [TopicPartition(topic, nth) for nth in range(partitions)]
        self._consumer = AIOKafkaConsumer(
            **cluster.client,
            client_id=f"numberbank-{name}-follower",
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            fetch_max_wait_ms=200,
            max_partition_fetch_bytes=AHEAD,
            request_timeout_ms=int(DEADLINE * 1000),
        )

    async def begin(self, place: Sequence[int] | None) -> list[int] | None:
        """Begin there, or with what comes next; give the place, None for no place of this topic. Raises `KafkaAway`."""
        try:
            async with asyncio.timeout(DEADLINE):
                await self._consumer.start()
                self._consumer.assign(self._lots)
                first = await self._consumer.beginning_offsets(self._lots)
                ends = await self._consumer.end_offsets(self._lots)
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("Kafka away", extra={"trouble": type(error).__name__})
            raise KafkaAway(type(error).__name__) from error
        begin = [ends[lot] for lot in self._lots] if place is None else list(place)
        if len(begin) != len(self._lots):
            return None
        for lot, offset in zip(self._lots, begin, strict=True):
            if not first[lot] <= offset <= ends[lot]:
                return None
            self._consumer.seek(lot, offset)
        return begin

    async def read(self, seconds: float) -> list[Record]:
        """Give what has come, in order within a partition; nothing if it takes longer, also while Kafka is away."""
        fetched = await self._consumer.getmany(timeout_ms=int(seconds * 1000), max_records=MOST)
        return [record_of(record) for records in fetched.values() for record in records]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        with suppress(KafkaError, OSError, TimeoutError):
            async with asyncio.timeout(CLOSE):
                await self._consumer.stop()
