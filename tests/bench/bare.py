"""What bare clients do alike: connect, write whole documents with a fence, publish in closed batches."""

import asyncio
import os
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from bson.codec_options import CodecOptions
from pymongo import AsyncMongoClient
from pymongo.read_concern import ReadConcern
from pymongo.write_concern import WriteConcern

from tests.bench.load import BATCH_BYTES

MAJORITY = WriteConcern("majority", j=True)
SNAPSHOT = ReadConcern("snapshot")


def producer_of() -> AIOKafkaProducer:
    """Make the producer that services have too."""
    return AIOKafkaProducer(
        bootstrap_servers=os.environ["KAFKA_BOOTSTRAP_SERVERS"],
        acks="all",
        enable_idempotence=True,
        linger_ms=2,
        max_batch_size=BATCH_BYTES,
    )


def database_of(mongo: AsyncMongoClient[Any]) -> Any:
    """Give the database, as services write to it."""
    return mongo.get_default_database(codec_options=CodecOptions(tz_aware=True), write_concern=MAJORITY)


async def replace(documents: Any, ids: Sequence[str], new: Sequence[Any], session: Any) -> None:
    """Delete and insert documents whole."""
    await documents.delete_many({"_id": {"$in": list(ids)}}, session=session)
    await documents.insert_many(new, session=session)


async def advance(fences: Any, fence: dict[str, Any], session: Any) -> None:
    """Write the fence that has the batch before."""
    wanted = {"_id": fence["_id"], "batch": fence["batch"] - 1}
    assert (await fences.replace_one(wanted, fence, session=session)).matched_count == 1


async def publish(
    producer: AIOKafkaProducer, topic: str, partition: int, out: Sequence[Any], headers: list[Any]
) -> None:
    """Write records, pairs of key and value, in closed batches, and wait until they are safe."""
    sent = []
    builder = producer.create_batch()
    for key, value in out:
        while builder.append(key=key, value=value, timestamp=None, headers=headers) is None:
            sent.append(await producer.send_batch(builder, topic, partition=partition))
            builder = producer.create_batch()
    sent.append(await producer.send_batch(builder, topic, partition=partition))
    await asyncio.gather(*sent)
