"""The ceiling: what bare clients do in the same transaction, when nothing is read, decided or checked.

A lane for each partition takes 1,000 records, finds their documents, deletes and inserts them whole, replaces its
fence with what is to be published, commits, publishes. Bytes and batches are those of inventory, made once. The
driver is the faster one, so that the ceiling is an honest one.
"""

import asyncio
import os
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pymongo import AsyncMongoClient

from contracts.topics import INVENTORY_COMMANDS, INVENTORY_EVENTS
from services.chassis.fence import name_of
from services.chassis.garbage import look_seldom
from services.chassis.headers import published_headers
from services.chassis.records import Lot
from tests.bench.bare import MAJORITY, SNAPSHOT, advance, database_of, producer_of, publish, replace
from tests.bench.load import PARTITIONS
from tests.bench.sample import sample

MOST = 1_000  # records of a batch


class Bare(NamedTuple):
    """The clients that the lanes share."""

    consumer: AIOKafkaConsumer
    producer: AIOKafkaProducer
    mongo: AsyncMongoClient[Any]
    numbers: Any
    fences: Any


async def lane(bare: Bare, tp: TopicPartition) -> None:
    """Carry the records of one partition, for ever."""
    document, event = sample()
    writer = name_of("inventory", Lot(*tp))
    headers = list(published_headers(event, writer, 1, MOST - 1))
    await bare.fences.insert_one({"_id": writer, "batch": 0})
    batch = 0
    while True:
        records = (await bare.consumer.getmany(tp, timeout_ms=1_000, max_records=MOST)).get(tp, ())
        if not records:
            continue
        keys = [record.key for record in records]
        ids = list({key.decode() for key in keys})
        fence = {
            "_id": writer,
            "batch": batch + 1,
            "next": records[-1].offset + 1,
            "out": [[key, event.value] for key in keys],
        }
        await transact(bare, ids, [{**document, "_id": id} for id in ids], fence)
        batch += 1
        await publish(bare.producer, INVENTORY_EVENTS.name, tp.partition, [(key, event.value) for key in keys], headers)


async def transact(bare: Bare, ids: list[str], documents: list[Any], fence: dict[str, Any]) -> None:
    """Read the documents, write them, and write the fence that has the batch before."""
    async with (
        bare.mongo.start_session() as session,
        await session.start_transaction(SNAPSHOT, MAJORITY),
    ):
        await bare.numbers.find({"_id": {"$in": ids}}, session=session, batch_size=len(ids) + 1).to_list(None)
        await replace(bare.numbers, ids, documents, session)
        await advance(bare.fences, fence, session)


async def main() -> None:
    """Run all lanes until killed."""
    servers = os.environ["KAFKA_BOOTSTRAP_SERVERS"]
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, auto_offset_reset="earliest", fetch_max_wait_ms=100)
    producer = producer_of()
    mongo: AsyncMongoClient[Any] = AsyncMongoClient(os.environ["MONGODB_URL"])
    database = database_of(mongo)
    numbers, fences = [await database.create_collection(name) for name in ("numbers", "fences")]
    await consumer.start()
    await producer.start()
    places = [TopicPartition(INVENTORY_COMMANDS.name, number) for number in range(PARTITIONS)]
    consumer.assign(places)
    look_seldom()
    bare = Bare(consumer, producer, mongo, numbers, fences)
    await asyncio.gather(*(lane(bare, place) for place in places))


if __name__ == "__main__":
    asyncio.run(main())
