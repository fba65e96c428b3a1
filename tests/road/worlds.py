"""Two worlds for the same suite: the doubles in memory, and real Kafka with real MongoDB."""

import asyncio
import json
import uuid
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import AsyncMongoClient

from contracts.message import Topic
from services.chassis.clock import SystemClock
from services.chassis.kafka import KafkaBroker
from services.chassis.memory import MemoryBroker, MemoryCluster, MemoryDatabase, MemoryStore
from services.chassis.metrics import Metrics
from services.chassis.mongo import MongoStore
from services.chassis.parts import Parts
from services.chassis.records import Headers, Record
from services.chassis.road import Road
from services.chassis.service import Service
from services.chassis.stops import never
from services.ops.topics import create_topics

PARTITIONS = 4


class Instance:
    """A running road that a test can stop, or drop as a crash would."""

    def __init__(self, road: Road) -> None:
        self.road = road
        self._stop = asyncio.Event()
        self.task = asyncio.create_task(road.run(self._stop))

    async def stop(self) -> None:
        self._stop.set()
        try:
            await self.task
        finally:
            self.road.parts.store.close()

    async def crash(self) -> None:
        """Cut all lanes off wherever they are; nothing is drained or noted."""
        if self.task.done():
            self.road.parts.store.close()
            return
        lanes = list(self.road._tasks.values())
        for lane in lanes:
            lane.cancel()
        await asyncio.gather(*lanes, return_exceptions=True)
        self.road.lanes.clear()
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task
        self.road.parts.store.close()


class World(Protocol):
    async def start(self, service: Service) -> Instance: ...

    async def write(
        self, topic: str, key: str | None, value: bytes | None, headers: Headers = (), partition: int | None = None
    ) -> None: ...

    async def read(self, topic: str) -> list[Record]: ...

    async def documents(self, collection: str) -> list[dict[str, Any]]: ...


class MemoryWorld:
    """Everything in this process."""

    def __init__(self, topics: Sequence[Topic]) -> None:
        self.cluster, self.database = MemoryCluster([topic.name for topic in topics], PARTITIONS), MemoryDatabase()

    async def start(self, service: Service) -> Instance:
        broker = MemoryBroker(self.cluster, service.name)
        store = MemoryStore(self.database, service.owner, fences=service.fences)
        return Instance(Road(Parts(service, broker, store, SystemClock(), Metrics(), never, 0.01)))

    async def write(
        self, topic: str, key: str | None, value: bytes | None, headers: Headers = (), partition: int | None = None
    ) -> None:
        self.cluster.write(topic, key, value, headers, partition)
        await asyncio.sleep(0)

    async def read(self, topic: str) -> list[Record]:
        await asyncio.sleep(0.001)
        return [record for lot, log in self.cluster.logs.items() if lot.topic == topic for record in log]

    async def documents(self, collection: str) -> list[dict[str, Any]]:
        return list(self.database.collections[collection].values())

    async def close(self) -> None:
        """Nothing is left open."""


class RealWorld:
    """Real servers; the topics are new, the database has a name of its own."""

    def __init__(self, kafka: str, mongo: str, topics: Sequence[Topic]) -> None:
        self.kafka, self.new, self.topics = kafka, topics, [topic.name for topic in topics]
        self.instances: list[Instance] = []
        self.mongo = mongo.replace("/?", f"/t{uuid.uuid4().hex[:12]}?", 1)

    async def open(self) -> None:
        self.admin = AIOKafkaAdminClient(bootstrap_servers=self.kafka)
        await self.admin.start()
        await self.remove_topics()
        await self.create_topics()
        self.producer = AIOKafkaProducer(bootstrap_servers=self.kafka, max_request_size=4 << 20)
        await self.producer.start()
        self.consumer = AIOKafkaConsumer(bootstrap_servers=self.kafka, auto_offset_reset="earliest")
        await self.consumer.start()
        self.consumer.assign([TopicPartition(topic, n) for topic in self.topics for n in range(PARTITIONS)])
        self.read_so_far: dict[str, list[Record]] = defaultdict(list)
        self.client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(self.mongo)

    async def remove_topics(self) -> None:
        await self.admin.delete_topics(self.topics)
        while set(self.topics) & set(await self.admin.list_topics()):
            await asyncio.sleep(0.05)

    async def create_topics(self, partitions: int = PARTITIONS) -> None:
        await create_topics(self.kafka, partitions, topics=self.new)

    async def start(self, service: Service, session_timeout: float = 6.0) -> Instance:
        broker, store = (
            KafkaBroker(service.name, [self.kafka], session_timeout),
            MongoStore(self.mongo, service.owner, service.fences),
        )
        await broker.connect()
        await store.connect(service)
        instance = Instance(Road(Parts(service, broker, store, SystemClock(), Metrics(), never)))
        self.instances.append(instance)
        return instance

    async def write(
        self, topic: str, key: str | None, value: bytes | None, headers: Headers = (), partition: int | None = None
    ) -> None:
        encoded = key.encode() if key is not None else b"" if value is None else None
        await self.producer.send_and_wait(topic, value, encoded, partition, headers=list(headers))

    async def read(self, topic: str) -> list[Record]:
        lots, records = [TopicPartition(topic, n) for n in range(PARTITIONS)], self.read_so_far[topic]
        for lot, end in (await self.consumer.end_offsets(lots)).items():
            while await self.consumer.position(lot) < end:
                for batch in (await self.consumer.getmany(timeout_ms=100)).values():
                    for r in batch:
                        record = Record(r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, r.headers)
                        self.read_so_far[r.topic].append(record)
        return list(records)

    async def documents(self, collection: str) -> list[dict[str, Any]]:
        database = self.client.get_default_database()
        return await database[collection].find().to_list(None)

    async def close(self) -> None:
        for instance in self.instances:
            await instance.crash()
        await self.consumer.stop()
        await self.client.drop_database(self.client.get_default_database().name)
        await self.client.close()
        await self.producer.stop()
        await self.admin.close()


async def until(condition: Any, seconds: float = 30.0) -> Any:
    """Wait for a condition to hold, and give its value. Raises `TimeoutError` with what it was at last."""
    async with asyncio.timeout(seconds):
        while not (value := await condition()):
            await asyncio.sleep(0.01)
        return value


def command(subject: str, amount: int = 1, *, id: str | None = None, type: str = "account.add") -> bytes:
    """Write a command as a stranger would."""
    return json.dumps({
        "specversion": "1.0", "id": id or uuid.uuid4().hex, "source": "/test", "type": type, "subject": subject,
        "data": {"amount": amount},
    }).encode()  # fmt: skip
