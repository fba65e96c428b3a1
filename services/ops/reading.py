"""Records read from Kafka by hand, without a consumer group: nobody's progress is touched."""

import asyncio
from collections.abc import AsyncIterator, Collection
from typing import Any

from contracts.topics import EVERY_TOPIC
from services.chassis.errors import Unusable
from services.ops.connection import PATIENCE, kafka_trouble
from services.ops.faults import WrongUsage
from services.ops.settings import ClientSettings
from services.ops.topics import partitions_of

Bounds = dict[Any, tuple[int, int]]


def known_topic(name: str) -> str:
    """Give the name of a topic of the system. Raises `WrongUsage` with those that exist."""
    names = [topic.name for topic in EVERY_TOPIC]
    if name not in names:
        raise WrongUsage(f"There is no topic {name!r}; there are {', '.join(names)}.")
    return name


async def existing(settings: ClientSettings, names: Collection[str]) -> dict[str, int]:
    """Give the number of partitions of each of the topics. Raises `Unusable` if one is missing."""
    found = await partitions_of(settings.kafka, names)
    missing = [name for name in names if name not in found]
    if missing:
        raise Unusable(
            f"Kafka at {settings.kafka} (KAFKA_BOOTSTRAP_SERVERS) has no topic {missing[0]}; "
            "run numberbank topics create."
        )
    return found


async def bounds(consumer: Any, partitions: Collection[tuple[str, int]], settings: ClientSettings) -> Bounds:
    """Take these partitions, and give where each begins and ends now."""
    from aiokafka import TopicPartition

    wanted = [TopicPartition(*partition) for partition in partitions]
    with kafka_trouble(settings.kafka):
        async with asyncio.timeout(PATIENCE):
            consumer.assign(wanted)
            beginnings, ends = await asyncio.gather(consumer.beginning_offsets(wanted), consumer.end_offsets(wanted))
    return {each: (beginnings[each], ends[each]) for each in wanted}


async def since(consumer: Any, ends: Bounds, at: int, settings: ClientSettings) -> dict[Any, int]:
    """Give the first offset of each partition that Kafka has got at `at` (Unix milliseconds) or later."""
    with kafka_trouble(settings.kafka):
        async with asyncio.timeout(PATIENCE):
            found = await consumer.offsets_for_times(dict.fromkeys(ends, at))
    return {each: found[each].offset if found.get(each) else end for each, (_, end) in ends.items()}


async def read_all(consumer: Any, limits: Bounds, settings: ClientSettings) -> AsyncIterator[Any]:
    """Give all records between the bounds; within a partition in order. Raises `Unusable` when Kafka falls silent."""
    left = {each for each, (beginning, end) in limits.items() if beginning < end}
    for each, (beginning, _) in limits.items():
        consumer.seek(each, beginning)
    consumer.pause(*[each for each in limits if each not in left])
    silent = 0.0
    while left:
        found = await consumer.getmany(timeout_ms=500)
        silent = 0.0 if found else silent + 0.5
        for each, records in found.items():
            for record in records:
                if record.offset < limits[each][1]:
                    yield record
        with kafka_trouble(settings.kafka):
            if silent >= PATIENCE:
                raise TimeoutError
        for each in list(left):
            # The position and not the last record: a topic may end with records that nobody is handed.
            if await consumer.position(each) >= limits[each][1]:
                left.discard(each)
                consumer.pause(each)
