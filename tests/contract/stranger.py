"""A stranger at the topics: writes raw bytes, reads raw records, and knows nothing of the bank's code."""

import asyncio
import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.partitioner import murmur2

CLOUDEVENTS = ("content-type", b"application/cloudevents+json; charset=utf-8")
Headers = Sequence[tuple[str, bytes | None]]
Place = tuple[str, int, int]


@dataclass(frozen=True)
class Heard:
    """A record as Kafka gave it."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def header(self) -> Mapping[str, bytes | None]:
        return dict(self.headers)

    @cached_property
    def event(self) -> dict[str, Any]:
        try:
            event = json.loads(self.value or b"")
        except (ValueError, RecursionError):
            return {}
        return event if isinstance(event, dict) else {}

    @property
    def data(self) -> Any:
        return self.event["data"]


class Stranger:
    """Writes to any topic and has heard everything on all of them."""

    def __init__(self, servers: str) -> None:
        self.servers = servers
        self.heard: dict[str, list[Heard]] = defaultdict(list)
        self.caused: dict[tuple[str, str], list[Heard]] = defaultdict(list)
        self.buried: dict[Place, list[Heard]] = defaultdict(list)
        self.noticed: dict[str, Heard] = {}
        self.given_up: dict[str, str] = {}
        self._news = asyncio.Condition()

    async def __aenter__(self) -> "Stranger":
        self.producer = AIOKafkaProducer(bootstrap_servers=self.servers, acks="all", max_request_size=8 << 20)
        self.consumer = AIOKafkaConsumer(
            bootstrap_servers=self.servers, auto_offset_reset="earliest", fetch_max_wait_ms=20, max_poll_records=5000
        )
        await self.producer.start()
        await self.consumer.start()
        topics = [topic for topic in await self.consumer.topics() if not topic.startswith("__")]
        self.partitions = {topic: sorted(await self.producer.partitions_for(topic)) for topic in topics}
        self.consumer.assign([TopicPartition(topic, n) for topic, lots in self.partitions.items() for n in lots])
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *failure: object) -> None:
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        await self.consumer.stop()
        await self.producer.stop()

    async def _listen(self) -> None:
        while True:
            batches = await self.consumer.getmany(timeout_ms=1000)
            for record in (record for batch in batches.values() for record in batch):
                self._take(
                    Heard(record.topic, record.partition, record.offset, record.key, record.value, record.headers)
                )
            async with self._news:
                self._news.notify_all()

    def _take(self, heard: Heard) -> None:
        self.heard[heard.topic].append(heard)
        if heard.topic.endswith(".dlq"):
            header = {name: (value or b"").decode() for name, value in heard.headers if name.startswith("nb-")}
            place = (header.get("nb-topic", "?"), int(header.get("nb-partition", -1)), int(header.get("nb-offset", -1)))
            self.buried[place].append(heard)
            self.given_up[str(heard.event.get("id"))] = header.get("nb-reason", "?")
        if heard.topic == "notification.events":
            self.noticed.update(dict.fromkeys(heard.data["notices"], heard))
        if cause := heard.event.get("causationid"):
            self.caused[heard.topic, cause].append(heard)

    async def until(self, look: Callable[[], Any], seconds: float = 8) -> Any:
        """Wait until a look at what was heard gives something, and give it."""
        async with asyncio.timeout(seconds), self._news:
            while not (found := look()):
                await self._news.wait()
            return found

    def home(self, topic: str, key: str) -> int:
        """Give the partition of a key, as every Kafka client but librdkafka reckons it."""
        lots = self.partitions[topic]
        return int(lots[(murmur2(key.encode()) & 0x7FFFFFFF) % len(lots)])

    async def write(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Headers = (), partition: int | None = None
    ) -> Place:
        """Write a record and give where it went."""
        record = await self.producer.send_and_wait(topic, value, key, partition, headers=list(headers))
        return record.topic, record.partition, record.offset

    async def say(self, topic: str, type: str, subject: str, data: Any, **attributes: Any) -> str:
        """Write an event, keyed by its subject, without waiting for Kafka; give its id."""
        told = event(type, subject, data, **attributes)
        await self.producer.send(topic, json.dumps(told).encode(), subject.encode(), headers=[CLOUDEVENTS])
        return str(told["id"])

    async def answer(self, id: str, topic: str = "inventory.events") -> Heard:
        """Give the first record that this event has caused; fail at once if it is a dead letter."""
        caused = await self.until(lambda: self.caused.get((topic, id)) or self.given_up.get(id))
        assert not isinstance(caused, str), f"dead letter instead of an answer: {caused}"
        return caused[0]

    async def command(self, type: str, number: str, data: Any, **attributes: Any) -> dict[str, Any]:
        """Send a command to inventory; give its answer's envelope."""
        id = await self.say("inventory.commands", type, number, data, **attributes)
        return (await self.answer(id)).event

    async def bills(self, type: str, subscription: str, data: Any, **attributes: Any) -> dict[str, Any]:
        """Tell a fact of billing; give the answer's envelope."""
        id = await self.say("billing.events", type, subscription, data, **attributes)
        return (await self.answer(id, "provisioning.events")).event

    async def dead_letter(self, place: Place, service: str) -> Heard:
        """Give the dead letter that a service made of the record there."""

        def look() -> Heard | None:
            return next((one for one in self.buried[place] if one.header["nb-service"] == service.encode()), None)

        return await self.until(look)


def event(type: str, subject: str, data: Any, **attributes: Any) -> dict[str, Any]:
    """Give a CloudEvent as a stranger would write it; attributes of None are left out."""
    whole = {
        "specversion": "1.0", "id": str(uuid.uuid4()), "source": "/stranger", "type": type, "subject": subject,
        "data": data, **attributes,
    }  # fmt: skip
    return {name: value for name, value in whole.items() if value is not None}


def written(told: Mapping[str, Any]) -> bytes:
    return json.dumps(told).encode()
