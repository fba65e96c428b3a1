"""The same ten thousand records against real Kafka and MongoDB, read by the four services as a real process."""

import asyncio
import os
from collections import defaultdict
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.topics import EVERY_TOPIC, SERVICES
from services.ops.stack import local_stack
from services.ops.topics import create_topics
from tests.hostile.good import good_messages
from tests.hostile.judging import judge
from tests.hostile.record import INPUTS, Hostile
from tests.hostile.writing import mixed
from tests.integration.bank import PARTITIONS, Bank
from tests.road.worlds import until


async def test_hostile_records_cost_themselves_and_nobody_else(hostile: list[Hostile], tmp_path: Path) -> None:
    good = good_messages(subjects=10, rounds=20)
    with local_stack(environ=os.environ) as stack:
        await create_topics(stack.env["KAFKA_BOOTSTRAP_SERVERS"], PARTITIONS)
        async with Bank(stack, tmp_path) as bank:
            running = await bank.run(*SERVICES, NUMBERBANK_DIGEST_PERIOD="1s").until_ready()
            await write(bank, mixed(hostile, good))
            await until(lambda: all_read(bank), 120)
            assert await running.ready()
            records = await everything(bank)
            assert await running.stop() == 0
        judge(lambda topic: records[topic], PARTITIONS, good)


async def write(bank: Bank, records: list[Hostile]) -> None:
    """Write records in order, without waiting for each."""
    sent = []
    for record in records:
        topic, partition, key, value, headers = record.outgoing(PARTITIONS)
        sent.append(await bank.producer.send(topic, value, key, partition, headers=[*(headers or ())]))
    await asyncio.gather(*sent)


async def all_read(bank: Bank) -> bool:
    """Tell whether every fence stands where its topic ends, and has published what it holds."""
    database = bank.mongo.get_default_database("numberbank")
    lots = [TopicPartition(name, number) for name in INPUTS for number in range(PARTITIONS)]
    before = await ends(bank, lots)
    fences = {fence["_id"]: fence for name in SERVICES async for fence in database[f"{name}.fences"].find()}
    for lot, end in before.items():
        for reader in set(INPUTS[lot.topic].read_by) & set(SERVICES):
            fence = fences.get(f"{reader}/{lot.topic}/{lot.partition}")
            if fence is None or fence["next"] < end:
                return False
    await asyncio.sleep(0.5)  # for what the last batches have said
    return before == await ends(bank, lots)


async def ends(bank: Bank, lots: list[TopicPartition]) -> dict[TopicPartition, int]:
    async with AIOKafkaConsumer(bootstrap_servers=bank.env["KAFKA_BOOTSTRAP_SERVERS"]) as consumer:
        return dict(await consumer.end_offsets(lots))


async def everything(bank: Bank) -> dict[str, list[Any]]:
    """Give all records of all topics, partition by partition."""
    lots = [TopicPartition(topic.name, number) for topic in EVERY_TOPIC for number in range(PARTITIONS)]
    found: dict[str, list[Any]] = defaultdict(list)
    async with AIOKafkaConsumer(
        bootstrap_servers=bank.env["KAFKA_BOOTSTRAP_SERVERS"], auto_offset_reset="earliest"
    ) as consumer:
        consumer.assign(lots)
        for lot, end in (await consumer.end_offsets(lots)).items():
            while await consumer.position(lot) < end:
                for taken, batch in (await consumer.getmany(timeout_ms=200)).items():
                    found[taken.topic] += batch
    return found
